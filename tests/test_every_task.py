"""What every row of the table is held to, by one study and one native training of each.

Compiling is the cost, not steps: a row compiles two training programs at the padded width (all parameters move, one
module is frozen) and one at a member's own width, and every test below runs those again. A row added to the table is
held from then on. The long forms, with more steps and more widths, are in `tests/test_every_task_longer.py`.
"""

import json
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from nlpfeat.data.core import split_names
from nlpfeat.models.masking import crop
from nlpfeat.study.replay import replay
from nlpfeat.study.restore import restore
from nlpfeat.study.session import Study
from nlpfeat.sweeps import plan, runner
from nlpfeat.sweeps.compilation import compilations
from nlpfeat.tasks.registry import TASKS
from nlpfeat.training.recipe import DescentSettings
from tests import golden
from tests.held import FREE, FROZEN, MEMBER, NARROW, SEED, WIDE, Held, evaluated
from tests.toys import largest_gap, with_grid

TOLERANCE = 1e-5


def close(left: Any, right: Any) -> bool:
    """Equal to rounding: a hundred-thousandth, of the larger where that is above 1."""
    return bool(np.allclose(left, right, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True))


def close_trees(left: Any, right: Any) -> bool:
    """`close`, leaf by leaf of two pytrees of equal shapes."""
    return all(jax.tree.leaves(jax.tree.map(lambda a, b: a.shape == b.shape and close(a, b), left, right)))


# A row of each kind of data, model and rule; the others are slow, and CI runs them on the other line of JAX.
QUICK = (
    "char_rnn",
    "checkerboard",
    "eleven_lines",
    "imdb_lstm",
    "mnist1d_conv",
    "ratings_bayes",
    "ratings_bias",
    "reviews_bag",
    "reviews_batch",
    "spirals",
    "spirals_deep",
    "windows_noise",
    "wound_spirals",
)
ROWS = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in sorted(TASKS)]


@pytest.fixture(scope="module", params=ROWS)
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """Each row in turn. No key may be used twice: JAX checks what is traced and run here."""
    jax.config.update("jax_debug_key_reuse", True)  # also in the threads that compile
    yield Held(request.param, tmp_path_factory.mktemp(request.param))
    jax.config.update("jax_debug_key_reuse", False)
    # Every program holds some maps of memory, of which Linux gives a process 65,530: beyond them it is killed.
    jax.clear_caches()


def test_one_program_per_bucket_and_frozen_set(held):
    """Data and first parameters: one program each for the whole study."""
    assert len(held.study.buckets()) == 1
    assert held.compiled.programs["advance"] == (2 if held.frozen else 1)
    assert held.compiled.programs["make_splits"] == held.compiled.programs["init"] == 1
    last = {"fresh_record"} if held.task.data.fresh_splits else set()
    once = {"baseline_targets", "product"}  # of the data, before any member; for the peak, after all
    assert set(held.compiled.programs) - once == {"advance", "make_splits", "init", "init_members"} | last


def test_interrupted_and_resumed_equals_uninterrupted(held):
    """To the bit, records and parameters; stopped before, at and after the end of a phase and a checkpoint."""
    again = held.sweep(held.spec, held.folder / "interrupted", patience=2)
    assert len(json.loads((again.path / "manifest.json").read_text())["commands"]) > 3  # launches
    with xr.open_dataset(again.combined) as dataset:
        xr.testing.assert_identical(dataset.drop_attrs(), held.dataset.drop_attrs())
    left, right = (restore(study, held.factory, MEMBER).params for study in (again, held.study))
    assert largest_gap(left, right) == 0


def test_padded_and_in_a_sweep_equals_native_and_alone(held):
    """Trained among six members padded to 8 units, or alone at 3 units: the same parameters and records."""
    study, _ = held.native
    alone, padded = restore(study, held.factory, MEMBER), held.restore(FREE)
    assert close_trees(alone.params, padded.params)
    with xr.open_dataset(study.combined) as dataset:
        theirs = dataset.isel(
            step=slice(0, -1 if held.task.data.fresh_splits else None)
        )  # its last is over fresh examples
        ours = held.dataset.sel(MEMBER | {"step": theirs["step"]})
        for name in [metric.name for metric in held.task.recorded]:
            assert close(ours[name], theirs[name].sel(MEMBER)), name


def test_restored_equals_the_record(held):
    """Restored at its own width and evaluated there: what the padded program recorded."""
    member, (study, bucket) = held.restore(), held.native
    last = held.dataset.sel(MEMBER).isel(step=-1)
    assert member.id == str(last["member_id"].item())
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(member.params))
    params = bucket.to_devices(jax.tree.map(lambda leaf: leaf[None], member.params))
    record = evaluated(study.spec, bucket, params, study.spec.training.total)
    for name, values in record.items():
        if name in [metric.name for metric in held.task.recorded]:
            assert close(values[0], last[name].sel(split=split_names(member.splits))), name
    for name, values in member.record.items():
        np.testing.assert_array_equal(values, last[name].sel(split=split_names(member.splits)))


def test_what_is_frozen_stays_and_the_rest_moves(held):
    if not held.frozen:
        pytest.skip("learns by a rule of its own, which freezes nothing (tests/training)")
    start, free, end = (held.restore(step).params for step in (0, FREE, FREE + FROZEN))
    for name in start:
        moved = [largest_gap(start[name], free[name]) > 0, largest_gap(free[name], end[name]) > 0]
        assert moved == [True, name != held.frozen], name


def test_units_start_the_same_at_every_width(held):
    """Unit i's draws are equal up to one scale per parameter, that of the fan-in."""
    wide, narrow = (
        held.factory.new_member(replace(held.spec.settings, width=np.int32(n), seed=np.int32(SEED)), WIDE)
        for n in (WIDE, NARROW)
    )
    shapes = held.factory.shapes(NARROW)
    for left, right in zip(
        *(jax.tree.leaves(crop(one.params, shapes)) for one in (wide, narrow)), strict=True
    ):
        if not left.any():
            assert not right.any()
            continue
        scale = np.abs(right).max() / np.abs(left).max()
        np.testing.assert_allclose(left * scale, right, rtol=2e-6)
        # Between no fan that counts units, and all of it: Glorot's fan-in and fan-out may both, and multiply.
        assert 1 - 1e-6 <= scale <= WIDE / NARROW + 1e-6


def test_padding_never_reaches_the_record(held):
    """Whatever stands in the units past the width, not a bit of the record changes."""
    table = held.study.members()
    bucket = held.bucket(table)

    def spoil(member: Any, width: int) -> Any:
        def past_the_width(leaf: np.ndarray, own: jax.ShapeDtypeStruct) -> np.ndarray:
            spoilt = np.full(leaf.shape, 1e3, leaf.dtype)
            inside = tuple(slice(n) for n in own.shape)
            spoilt[inside] = leaf[inside]
            return spoilt

        return jax.tree.map(past_the_width, member, held.factory.shapes(int(width)))

    params = bucket.to_host(bucket.params)
    members = [jax.tree.map(lambda leaf, i=i: leaf[i], params) for i in range(len(table))]
    spoilt = [spoil(one, width) for one, width in zip(members, table["width"], strict=True)]
    assert max(largest_gap(left, right) for left, right in zip(spoilt, members, strict=True)) > 100
    record = evaluated(
        held.spec, bucket, bucket.to_devices(jax.tree.map(lambda *leaves: np.stack(leaves), *spoilt))
    )
    before = evaluated(held.spec, bucket, bucket.params)
    for name, values in record.items():
        np.testing.assert_array_equal(values, before[name], err_msg=name)


def test_every_traced_setting_moves_the_parameters(held):
    """Each can be swept at no cost: no program is compiled for it. The recipe's own are tested in tests/training/test_recipe.py."""
    pairs, recipe = [], set(vars(DescentSettings())) - {"learning_rate"}
    for name, value in vars(held.spec.settings).items():
        # Of its folds, the toy has none.
        if name not in recipe | {"width", "seed", "fold"}:
            other = (value - 1 if value > 1 else value + 1) if isinstance(value, int) else value / 2
            pairs.append(
                (
                    name,
                    plan.all_members(
                        with_grid(held.spec, width=(WIDE,), seed=(0,), **{name: (value, other)})
                    ),
                )
            )
    half = len(held.study.members()) // 2
    with compilations() as compiled:
        for first in range(0, len(pairs), half):
            some = pairs[first : first + half]
            bucket = held.bucket(pd.concat([table for _, table in some]))
            state = runner.initial_state(bucket, (), bucket.params)
            ((state, _),) = runner.advance(held.spec.training, bucket, state, 0, [10])
            params = bucket.to_host(state.params)
            for i, (name, _) in enumerate(some):
                left, right = (
                    jax.tree.map(lambda leaf, at=at: leaf[at], params) for at in (2 * i, 2 * i + 1)
                )
                assert largest_gap(left, right) > 0, name
    assert "advance" not in compiled.programs


def test_a_replay_is_the_study(held):
    """A member trained again, at steps that the study never kept: the bits of the record and of every checkpoint."""
    steps = np.array([0, 7, FREE, 31, FREE + FROZEN])
    again = replay(Study(held.study, held.factory), MEMBER, steps)
    assert again.gap == 0
    for step in (0, FREE, FREE + FROZEN):
        there = again.members[int(np.flatnonzero(steps == step)[0])].params
        assert largest_gap(there, held.restore(step).params) == 0


def test_numbers_are_those_on_file(held):
    """Data, first parameters, records, views and defaults: `make golden` writes them anew, and git shows what changed."""
    golden.compare(held.spec.task.name, golden.numbers(held))
