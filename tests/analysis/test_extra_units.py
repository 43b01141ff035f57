"""Pruning, matching, ensembles, redundancy, superposition and luck, against hand computation and planted answers."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import nlpfeat
from nlpfeat.analysis import basins, ensembles, luck, pruning, redundancy, superposition
from nlpfeat.errors import UserError
from nlpfeat.models import units
from nlpfeat.stats.intervals import difference_interval, mean_interval, pair_interval
from tests.toys import TOYS, factory_of, study, with_grid

SPIRALS = with_grid(TOYS["spirals"], width=(2, 4, 8), seed=(0, 1, 2))


@pytest.fixture(scope="module")
def spirals(tmp_path_factory):
    folder, _ = study(SPIRALS, tmp_path_factory.mktemp("extra") / "study")
    return replace(nlpfeat.open_study(folder.path), known_factory=factory_of(SPIRALS))


@pytest.fixture(scope="module")
def pruned(spirals):
    options = pruning.PruningOptions(train=True, rates=(1.0, 10.0), steps=20, tuning_steps=5)
    return pruning.prune(spirals, 8, options)


# --- pruning


def test_all_units_kept_are_the_whole_network(spirals):
    found = pruning.prune(spirals, 8, pruning.PruningOptions(kept=(8,)))
    for criterion in ("magnitude", "loss"):
        rows = found.members[found.members["criterion"] == criterion].sort_values("seed")
        recorded = [spirals.restore(width=8, seed=seed).record["accuracy"][-1] for seed in range(3)]
        np.testing.assert_allclose(rows["test"], recorded, atol=1e-6)
    assert found.contrasts.empty
    assert found.trained == ""


def test_every_condition_has_its_seeds_and_one_best_rate(pruned):
    assert set(pruned.members["condition"]) == set(pruning.CONDITIONS)
    assert (pruned.curves["seeds"] == 3).all()
    assert pruned.curves["kept"].unique().tolist() == [2, 4]
    trained = pruned.members[pruned.members["condition"] != pruning.PRUNED]
    rates = trained[trained["best"]].groupby(["condition", "criterion", "kept"])["learning_rate"]
    assert (rates.nunique() == 1).all()
    for where, rows in trained.groupby(["condition", "criterion", "kept"]):
        medians = rows.groupby("learning_rate")["validation"].median()
        assert rows.loc[rows["best"], "learning_rate"].iloc[0] == medians.idxmax(), where


def test_native_networks_train_as_in_a_study(spirals):
    """At the study's own rate and steps a narrow network is the study's own of that width."""
    options = pruning.PruningOptions(kept=(4,), criteria=("magnitude",), train=True, rates=(1.0,))
    found = pruning.prune(spirals, 8, options)
    rows = found.members[found.members["condition"] == pruning.NATIVE].sort_values("seed")
    recorded = [spirals.restore(width=4, seed=seed).record["accuracy"][-1] for seed in range(3)]
    np.testing.assert_allclose(rows["test"], recorded, atol=1e-6)


def test_loss_contributions_are_differences_of_losses(spirals):
    member = spirals.restore(width=4, seed=0)
    (found,) = pruning.loss_contributions(member)(member)
    train = member.splits["train"]

    def loss(params):
        logits = np.asarray(member.module.apply({"params": params}, train.inputs, member.settings)["scores"])
        return -np.log(np.exp(logits)[np.arange(len(logits)), train.targets] / np.exp(logits).sum(1)).mean()

    (layer,) = member.unit_layers
    expected = [
        loss(units.without_unit(member.params, layer, unit)) - loss(member.params) for unit in range(4)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kept": (9,)}, "9 of 8 units"),
        ({"kept": (0,)}, "0 of 8 units"),
        ({"criteria": ("size",)}, "there is no 'size'"),
    ],
)
def test_what_cannot_be_pruned_is_refused(spirals, options, words):
    with pytest.raises(UserError, match=words):
        pruning.prune(spirals, 8, pruning.PruningOptions(**options))


def test_tasks_without_units_are_refused(tmp_path):
    spec = with_grid(TOYS["reviews_bag"], width=(2, 3), seed=(0, 1))
    folder, _ = study(spec, tmp_path / "study")
    opened = nlpfeat.open_study(folder.path)
    for ask in (lambda s: pruning.prune(s, 3), basins.basins, redundancy.redundancy, luck.luck):
        with pytest.raises(UserError, match=r"no hidden units of which some can be taken.*spirals"):
            ask(opened)


# --- lines between networks


def test_a_network_and_its_reordering_lie_in_one_basin(spirals):
    member = spirals.restore(width=8, seed=0)
    layers = member.unit_layers
    line = basins.Line(member, np.linspace(0, 1, 5, dtype=np.float32))
    other = units.take_units(member.params, layers, [np.roll(np.arange(8), 3)])
    loss = line(member.params, other)["loss"]
    assert loss[0] == pytest.approx(loss[-1], abs=1e-6)
    matched = units.take_units(other, layers, basins.match_by_weights(member.params, other, layers))
    assert basins.barrier(line.points, line(member.params, matched)["loss"]) == pytest.approx(0, abs=1e-6)


def test_a_barrier_is_the_rise_above_the_chord():
    points = np.linspace(0, 1, 5)
    assert basins.barrier(points, np.array([1.0, 2.0, 5.0, 3.0, 3.0])) == pytest.approx(3.0)
    assert basins.barrier(points, 1 + points) == pytest.approx(0.0)


def test_all_pairs_of_every_width_are_followed(spirals):
    found = basins.basins(spirals, basins.BasinOptions(points=3))
    assert len(found.pairs) == 3 * 3 * 3  # widths, methods, pairs
    assert set(found.merged["members"]) == {1, 2, 3}
    assert set(found.paths["t"]) == {0.0, 0.25, 0.5, 0.75, 1.0}
    alone = found.merged[found.merged["members"] == 1].groupby("width")["metric"]
    np.testing.assert_allclose(
        alone.max(), alone.min(), atol=1e-3
    )  # no matching changes what a network computes


# --- ensembles


def test_parts_of_an_error_by_hand():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3), size=(5, 7))
    targets = rng.integers(3, size=7)
    error, between = 0.0, []
    off = probabilities - np.eye(3)[targets]
    for i in range(5):
        error += (off[i] ** 2).sum(-1).mean() / 5
        between += [(off[i] * off[j]).sum(-1).mean() for j in range(5) if j != i]
    parts = ensembles._Moments.of(probabilities, targets).parts(np.arange(5))
    assert parts.bias == pytest.approx(np.mean(between))
    assert parts.bias + parts.variance == pytest.approx(error)
    assert parts.variance == pytest.approx(probabilities.var(0, ddof=1).sum(-1).mean())


def test_ensembles_by_hand(spirals):
    found = ensembles.ensembles(spirals)
    members = [spirals.restore(width=4, seed=seed) for seed in (0, 1)]
    test = members[0].splits["test"]
    means = np.mean(
        [
            np.exp(m.forward(test.inputs)["scores"])
            / np.exp(m.forward(test.inputs)["scores"]).sum(1, keepdims=True)
            for m in members
        ],
        0,
    )
    row = found.ensembles[(found.ensembles["width"] == 4) & (found.ensembles["members"] == 2)].iloc[0]
    assert row["accuracy"] == pytest.approx((means.argmax(1) == test.targets).mean())
    assert row["units"] == 8
    wide = found.contrasts[(found.contrasts["equal"] == "units") & (found.contrasts["width"] == 4)].iloc[0]
    singles = [
        (spirals.restore(width=8, seed=s).predict(test.inputs) == test.targets).mean() for s in range(3)
    ]
    assert wide["difference"] == pytest.approx(row["accuracy"] - np.mean(singles))


def test_sources_of_variance_are_recovered():
    rng = np.random.default_rng(0)
    draws = 40
    data, start = rng.normal(0, 2.0, (draws, 1, 5, 1)), rng.normal(0, 1.0, (1, draws, 5, 1))
    values = data + start + rng.normal(0, 0.5, (draws, draws, 5, 1))
    found = ensembles.variance_sources(values)
    assert found["data"] == pytest.approx(4.0, rel=0.2)
    assert found["initial"] == pytest.approx(1.0, rel=0.2)
    assert found["both"] == pytest.approx(0.25, rel=0.1)


def test_draws_are_crossed_with_starts(spirals):
    found = ensembles.ensembles(spirals, ensembles.EnsembleOptions(widths=(2, 4), draws=3))
    assert found.sources["width"].tolist() == [2, 4]
    assert np.isfinite(found.sources.to_numpy()).all()
    with pytest.raises(UserError, match="at least 3"):
        ensembles.EnsembleOptions(draws=2)


def test_intervals():
    values = np.random.default_rng(0).normal(size=12)
    low, mean, high = mean_interval(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (low, mean, high) == pytest.approx((expected.low, values.mean(), expected.high))
    other = values + np.arange(12)
    expected = stats.ttest_ind(values, other, equal_var=False).confidence_interval(0.95)
    assert difference_interval(values, other)[::2] == pytest.approx((expected.low, expected.high))
    assert np.isnan(mean_interval(values[:1]).low)
    assert np.isnan(difference_interval(values[:1], other).low)
    same = np.full((8, 8), 2.0)
    assert pair_interval(same) == (2.0, 2.0, 2.0)
    effects = np.arange(8.0)
    pairs = (effects[:, None] + effects[None]) / 2
    low, mean, high = pair_interval(pairs)
    assert mean == pytest.approx(3.5)
    assert low < 2.5  # as wide as the mean of eight seeds, not of 28 pairs
    assert high > 4.5


# --- redundancy


def test_removal_areas_are_those_of_a_fine_grid(spirals):
    member = spirals.restore(width=8, seed=0)
    found = redundancy.removal_areas(member, 1.0)
    side = (np.arange(200) + 0.5) / 100 - 1
    points = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2).astype(np.float32)
    whole = member.predict(points)
    (layer,) = member.unit_layers
    for unit in range(8):
        other = replace(member, params=units.without_unit(member.params, layer, unit))
        assert found[unit] == pytest.approx((other.predict(points) != whole).mean(), abs=5e-3)


def test_a_planted_idle_unit_and_a_copy_are_counted(spirals):
    member = spirals.restore(width=8, seed=0)
    hidden = {name: leaf.copy() for name, leaf in member.params["hidden"].items()}
    hidden["weight"][7], hidden["bias"][7] = 0.0, -1.0  # never active
    hidden["weight"][6], hidden["bias"][6] = 2 * hidden["weight"][5], 2 * hidden["bias"][5]  # a copy
    params = {**member.params, "hidden": hidden}
    planted = redundancy.member_redundancy(replace(member, params=params))
    before = redundancy.member_redundancy(member)
    assert planted["dead"] >= 1
    assert planted["copies"] >= 1
    assert planted["idle"] >= 1
    assert planted["needed"] <= 6
    assert before["rank"] <= 8
    tree = redundancy.fold_tree(replace(member, params=params))
    assert tree.tree[:, 2].min() == pytest.approx(0, abs=1e-6)
    assert tree.dead[7]


def test_redundancy_of_all_members_at_all_steps(spirals):
    table = redundancy.redundancy(spirals, redundancy.RedundancyOptions(all_steps=True))
    assert len(table) == 9 * table["step"].nunique()
    assert (table["needed"] <= table["width"]).all()
    with pytest.raises(UserError, match="agreement"):
        redundancy.RedundancyOptions(agreement=0)


# --- networks of other kinds


@pytest.mark.parametrize(
    ("name", "axes"),
    [("spirals_deep", {"depth": (3,)}), ("imdb_cnn", {}), ("mnist1d", {}), ("imdb_lstm", {})],
)
def test_every_kind_of_network_is_pruned_matched_and_taken_apart(name, axes, tmp_path):
    spec = with_grid(TOYS[name], width=(3, 8), seed=(0, 1, 2), **axes)
    folder, _ = study(spec, tmp_path / "study")
    opened = replace(nlpfeat.open_study(folder.path), known_factory=factory_of(spec))
    assert pruning.prune(opened, 8).curves["kept"].unique().tolist() == [2, 4]
    found = basins.basins(opened, basins.BasinOptions(points=3, geometry=1))
    assert set(found.pairs["method"]) == set(basins.METHODS)
    table = redundancy.redundancy(opened)
    assert (table["dead"] <= table["width"]).all()
    assert (table["needed"] <= table["width"]).all()
    starts = luck.luck(opened).members
    assert (starts["dead_first"] <= starts["width"]).all()


def test_characters_have_probabilities_and_shared_data_no_draws(tmp_path):
    spec = with_grid(TOYS["char_rnn"], width=(2, 4), seed=(0, 1, 2))
    folder, _ = study(spec, tmp_path / "study")
    opened = nlpfeat.open_study(folder.path)
    found = ensembles.ensembles(opened)
    member = opened.restore(width=4, seed=0)
    singles = found.ensembles[(found.ensembles["width"] == 4) & (found.ensembles["members"] == 1)]
    accuracies = [opened.restore(width=4, seed=seed).record["accuracy"][-1] for seed in range(3)]
    assert singles["accuracy"].iloc[0] == pytest.approx(np.mean(accuracies), abs=0.05)
    assert member.task.evaluation.kind == "sequence"
    with pytest.raises(UserError, match="share their data"):
        ensembles.ensembles(opened, ensembles.EnsembleOptions(draws=3))


def test_rates_are_those_of_the_pruned_networks(tmp_path):
    spec = with_grid(TOYS["spirals"], width=(4,), seed=(0, 1), learning_rate=(0.02,))
    folder, _ = study(spec, tmp_path / "study")
    options = pruning.PruningOptions(
        train=True, rates=(2.0, 2.0), criteria=("magnitude", "magnitude"), steps=4
    )
    found = pruning.prune(nlpfeat.open_study(folder.path), 4, options)
    trained = found.members[found.members["condition"] == pruning.NATIVE]
    assert trained["learning_rate"].unique() == pytest.approx([0.04])
    assert (found.curves["seeds"] == 2).all()


def test_a_warm_up_must_end(tmp_path):
    spec = with_grid(TOYS["spirals"], width=(4,), seed=(0, 1), schedule=(1,), warmup_steps=(8,))
    folder, _ = study(spec, tmp_path / "study")
    with pytest.raises(UserError, match="warm-up of 8 steps leaves none of 4"):
        pruning.prune(nlpfeat.open_study(folder.path), 4, pruning.PruningOptions(train=True, steps=16))


# --- superposition


@pytest.mark.parametrize("corners", [3, 4, 5, 6, 9])
def test_a_regular_polygon_shares_two_dimensions_equally(corners):
    angles = 2 * np.pi * np.arange(corners) / corners
    vectors = 1.3 * np.stack([np.cos(angles), np.sin(angles)], 1)
    np.testing.assert_allclose(superposition.feature_dimensions(vectors), 2 / corners)
    found = superposition.feature_geometry(vectors)
    assert found["represented"] == corners
    assert found["per_dimension"] == pytest.approx(corners / 2)
    assert found["overlap"] == pytest.approx(found["welch"])  # a tight frame


def test_orthogonal_features_have_a_dimension_each():
    found = superposition.feature_geometry(np.eye(4)[:3])
    assert (found["represented"], found["dimensions"], found["overlap"]) == (3, 1.0, 0.0)
    nothing = superposition.feature_geometry(np.zeros((3, 2)))
    assert nothing["represented"] == 0


def test_sparse_features_become_a_regular_pentagon(tmp_path):
    opened = nlpfeat.sweep(
        "superposition:plane",
        tmp_path / "study",
        sparsity=(0.95,),
        seed=range(4),
        training={"steps": (1500,)},
    )
    found = nlpfeat.superposition(opened).members
    best = found.loc[found["loss"].idxmin()]
    assert best["represented"] == 5
    assert best["dimensions"] == pytest.approx(2 / 5, abs=0.02)
    vectors = superposition.vectors_of(opened.restore(width=2, seed=int(best["seed"])))
    angles = np.sort(np.arctan2(vectors[:, 1], vectors[:, 0]))
    np.testing.assert_allclose(np.diff(angles), 2 * np.pi / 5, atol=0.15)


def test_words_and_factors_have_the_same_measures(tmp_path):
    for name in ("reviews_batch", "ratings_bias"):
        spec = with_grid(TOYS[name], width=(2, 3), seed=(0, 1))
        folder, _ = study(spec, tmp_path / name)
        found = superposition.superposition(nlpfeat.open_study(folder.path))
        assert len(found.members) == 4
        assert (found.members["represented"] > 0).all()


# --- luck


def test_a_planted_unit_that_sees_the_parity_is_good(tmp_path):
    spec = with_grid(TOYS["sparse_parity"], width=(4,), seed=(0,))
    folder, _ = study(spec, tmp_path / "study")
    opened = nlpfeat.open_study(folder.path)
    count_good = luck._good_units(opened)
    bits = np.asarray(opened.dataset.arrays)[: opened.spec.data.train]
    seen = (bits[:, :4].prod(1) > 0).astype(float)
    other = (bits[:, 10:14].prod(1) > 0).astype(float)
    assert count_good(seen[:, None]) == 1
    assert count_good(np.stack([seen, -seen, other], 1)) in (
        2,
        3,
    )  # 40 examples: another parity may look like it


def test_luck_of_a_study(spirals):
    found = luck.luck(spirals)
    assert len(found.members) == 9
    member = spirals.restore(width=8, seed=1)
    first = spirals.factory.new_member(member.settings, 8).params
    hidden = np.maximum(
        np.stack(member.splits["train"].inputs).T @ first["hidden"]["weight"].T + first["hidden"]["bias"], 0
    )
    row = found.members[(found.members["width"] == 8) & (found.members["seed"] == 1)].iloc[0]
    assert row["dead_first"] == (hidden == 0).all(0).sum()
    assert found.by_good.empty
