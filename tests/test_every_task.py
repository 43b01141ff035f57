"""Every row of the table inherits every one of these tests."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlpfeat.data.examples import count, split_names
from nlpfeat.models.width import crop
from nlpfeat.sweeps import grid
from nlpfeat.sweeps.prepare import maker
from nlpfeat.sweeps.restore import restore
from nlpfeat.sweeps.stacks import at, stack_settings
from nlpfeat.training.member import evaluate
from tests.toys import largest_gap, study, trained, with_grid


def native(make, state, table, place):
    """A member's own parameters out of a padded bucket."""
    settings = at(stack_settings(make.spec.settings, table), place)
    shapes = make.shapes(make.example(settings, 3), int(table["width"].iloc[place]))
    return crop(at(state.params, place), shapes)


def test_padded_trains_as_native(toy):
    """The same member, alone at its own width and padded to 13, agrees after 300 steps."""
    widths = (1, 3, 8)
    wide_make, wide_table, padded, padded_record = trained(
        with_grid(toy, width=widths, seed=(4,)), 300, units=13
    )
    for place, width in enumerate(widths):
        make, table, alone, record = trained(with_grid(toy, width=(width,), seed=(4,)), 300)
        assert table.index[0] == wide_table.index[place]
        ours, theirs = native(wide_make, padded, wide_table, place), native(make, alone, table, 0)
        assert [leaf.shape[1:] for leaf in jax.tree.leaves(padded)] != [
            leaf.shape[1:] for leaf in jax.tree.leaves(alone)
        ]
        assert largest_gap(ours, theirs) <= 1e-5
        assert largest_gap(record["loss"][0], padded_record["loss"][place]) <= 1e-5


def test_member_alone_equals_member_in_a_sweep(toy):
    spec = with_grid(toy, width=(2, 5, 8), seed=(0, 1, 2))
    make, table, together, _ = trained(spec, 100)
    for place in (0, 4, 8):
        row = table.iloc[place]
        one = with_grid(toy, width=(int(row["width"]),), seed=(int(row["seed"]),))
        alone_make, alone_table, alone, _ = trained(one, 100)
        assert alone_table.index[0] == row.name
        gap = largest_gap(native(make, together, table, place), native(alone_make, alone, alone_table, 0))
        assert gap <= 1e-5


def test_one_device_equals_two(toy):
    _, _, two, _ = trained(toy, 50)
    _, _, one, _ = trained(toy, 50, devices=jax.devices()[:1])
    assert largest_gap(one.params, two.params) <= 1e-5


def test_units_start_the_same_at_every_width(toy):
    """Unit i's draws are equal up to one scale per parameter, that of the fan-in."""
    make = maker(toy)
    settings = toy.settings._replace(width=np.int32(5), seed=np.int32(3))
    wide = make.example(settings._replace(width=np.int32(16)), 16)
    narrow = make.example(settings, 16)
    cropped = crop(wide.params, make.shapes(narrow, 5))
    own = crop(narrow.params, make.shapes(narrow, 5))
    for left, right in zip(jax.tree.leaves(cropped), jax.tree.leaves(own), strict=True):
        if not left.any():
            assert not right.any()
            continue
        scale = np.abs(right).max() / np.abs(left).max()
        np.testing.assert_allclose(left * scale, right, rtol=2e-6)
        # Between no fan that counts units, and all of it: Glorot's fan-in and fan-out may both, and multiply.
        assert 1 - 1e-6 <= scale <= 16 / 5


def test_padding_never_reaches_the_scores(toy):
    """Whatever stands in the units past the width, every named intermediate of the member's own stays."""
    make = maker(toy)
    example = make.example(toy.settings._replace(width=np.int32(4), seed=np.int32(0)), 9)
    inside = jax.tree.map(lambda leaf: np.ones(leaf.shape, bool), make.shapes(example, 4))
    padded = make.shapes(example, 9)

    def pad(mask, like):
        more = [(0, n - m) for n, m in zip(like.shape, mask.shape, strict=True)]
        return np.pad(mask, more) if more else mask

    own = jax.tree.map(pad, inside, padded)
    spoilt = jax.tree.map(lambda leaf, keep: np.where(keep, leaf, 1e3), example.params, own)
    record = evaluate(
        toy.row, make.module(9), example.params, example.settings, make.source.arrays, example.splits
    )
    after = evaluate(toy.row, make.module(9), spoilt, example.settings, make.source.arrays, example.splits)
    assert largest_gap(record, after) == 0


def test_trace_holds_answers_and_metrics_are_their_means(toy):
    make = maker(toy)
    example = make.example(toy.settings._replace(width=np.int32(8), seed=np.int32(0)), 8)

    def whole(split):
        batch = toy.row.batch(make.source.arrays, example.splits[split], None)
        return make.module(8).apply({"params": example.params}, batch.inputs, example.settings), batch.targets

    trace, targets = whole("train")
    n = count(example.splits["train"])
    assert all(leaf.shape[0] == n for leaf in jax.tree.leaves(trace))
    if "scores" in trace and toy.row.classes:
        assert trace["scores"].shape == (n, int(targets.max()) + 1)
    for _, metric in (("loss", toy.row.loss), *toy.row.metrics):
        assert metric(trace, targets).shape == (n,)
    record = evaluate(
        toy.row, make.module(8), example.params, example.settings, make.source.arrays, example.splits
    )
    for i, split in enumerate(split_names(example.splits)):
        trace, targets = whole(split)
        if (
            "scores" in trace and trace["scores"].ndim == 2
        ):  # nets of characters: tests/models/test_recurrent.py
            right = np.argmax(trace["scores"], 1)
            assert record["accuracy"][i] == pytest.approx(np.mean(right == targets))
        elif "prediction" in trace:  # windows are held to loops in tests/models/test_window_nets.py
            errors = (np.asarray(trace["prediction"]) - np.asarray(targets)) ** 2
            assert float(record["squared_error"][i]) == pytest.approx(errors.mean(), rel=1e-5)


def test_training_lowers_the_loss(toy):
    spec = with_grid(toy, width=(8,), seed=(0, 1, 2))
    make, table, _, before = trained(spec, 0)
    _, _, _, after = trained(spec, 300)
    splits = make.draw(at(stack_settings(spec.settings, table), 0))
    train = split_names(splits).index("train")
    assert (after["loss"][:, train] < before["loss"][:, train]).all()


def test_every_traced_setting_can_be_swept(toy, tmp_path):
    """An axis over each traced setting gives members that differ, in one program."""
    for name, value in toy.settings._asdict().items():
        if name in ("width", "seed"):
            continue
        other = value - 1 if isinstance(value, int) else value / 2 + 0.05
        spec = with_grid(toy, width=(4,), seed=(0,), **{name: (value, other)})
        _, _, state, _ = trained(spec, 40)
        first, second = at(state.params, 0), at(state.params, 1)
        assert largest_gap(first, second) > 0, name


def test_restored_member_is_the_recorded_one(toy, tmp_path):
    made, dataset = study(toy, tmp_path / "study")
    for width, seed in ((2, 0), (3, 1), (8, 1)):
        member = restore(made, {"width": width, "seed": seed})
        record = evaluate(
            toy.row, member.module, member.params, member.settings, member.source.arrays, member.splits
        )
        recorded = dataset.sel(width=width, seed=seed).isel(step=-1)
        assert str(recorded.member_id.item()) == member.id
        for i, split in enumerate(split_names(member.splits)):
            assert float(record["loss"][i]) == pytest.approx(float(recorded.loss.sel(split=split)), abs=1e-5)
            for name, _ in toy.row.metrics:
                kept = float(recorded[name].sel(split=split))
                assert float(record[name][i]) == pytest.approx(kept, abs=1e-5)
    assert grid.select(made.members(), {"width": 8}).shape[0] == 2
    assert jnp.isfinite(jax.tree.leaves(member.params)[0]).all()
