"""The command nlpfeat factors, and the analyses of ratings behind it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nlpfeat.analysis import new_users, ratings
from nlpfeat.data.ratings.catalogue import Catalogue
from nlpfeat.embeddings.alignment import cka, list_overlap, neighbour_overlap, principal_angles
from nlpfeat.embeddings.components import components, ends
from nlpfeat.errors import UserError
from nlpfeat.study.session import open_study
from tests.commands import ROOT, run
from tests.toys import TOYS, study, with_grid, with_training

TASTES = {
    "path": str(ROOT / "configs" / "examples" / "tastes.csv"),
    "items": str(ROOT / "configs" / "examples" / "dishes.csv"),
}


def of_dishes(task):
    """The toy of a task of ratings, on the 315 of dishes that ship with the configs."""
    return replace(TOYS[task], data=replace(TOYS[task].data, **TASTES))


@pytest.fixture(scope="module")
def tasted(tmp_path_factory):
    """A study of two widths and two seeds of variational Bayes on 315 ratings of dishes."""
    spec = with_grid(of_dishes("ratings_bayes"), width=(2, 4), seed=(0, 1))
    made, _ = study(with_training(spec, steps=(40,)), tmp_path_factory.mktemp("tastes") / "study")
    return made, pd.read_csv(TASTES["path"])


def look(tasted, *arguments):
    done = run("factors", *arguments, f"--study={tasted[0].path}", "--width=4", "--seed=0")
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(tasted, *arguments):
    return json.loads(look(tasted, *arguments, "--json"))


def test_top_and_bottom_are_the_ends_by_bias(tasted):
    best, worst = (rows(tasted, end, "--top-k=24") for end in ("top", "bottom"))
    assert [row["item"] for row in best] == [row["item"] for row in worst][::-1]
    biases = [row["bias"] for row in best]
    assert biases == sorted(biases, reverse=True)
    assert sum(row["ratings"] for row in best) == len(tasted[1])
    means = np.array([row["mean"] for row in best])
    assert means[:8].mean() > means[8:16].mean() > means[16:].mean()
    assert "of the 5 most rated items" in look(tasted, "top", "--max-items=5")


def test_recommendations_leave_out_what_was_rated(tasted):
    mine = set(tasted[1].loc[tasted[1]["user"] == "Ana", "item"].astype(str))
    given = rows(tasted, "recommend", "--user=Ana", "--top-k=100")
    assert {row["item"] for row in given} == {str(100 + k) for k in range(24)} - mine
    values = [row["predicted"] for row in given]
    assert values == sorted(values, reverse=True)
    assert rows(tasted, "predict", "--user=Ana", f"--item={given[0]['item']}")[0]["predicted"] == values[0]


def test_someone_new_is_served_by_a_few_ratings(tasted):
    """Who loves what is sweet is told other sweet things before those who hate it are."""
    sweet = ["Apple pie", "Brownies", "Cheesecake"]

    def rank(stars):
        flags = [f"--rating={title}={stars}" for title in sweet]
        given = rows(tasted, "recommend", *flags, "--top-k=100")
        names = [row["title"] for row in given]
        assert not any(name.startswith(title) for title in sweet for name in names)
        return np.mean([names.index(f"{title}") for title in ("Tiramisu (1986)", "Pancakes (1981)")])

    assert rank(5) < rank(0.5)


def test_a_new_user_with_the_ratings_of_a_user_is_predicted_alike(tasted):
    member = open_study(tasted[0].path).restore(width=4, seed=0)
    rated, train = member.dataset.metadata.rated, np.asarray(member.splits["train"].inputs)
    for user in (0, 7, 13):
        mine = train[rated.user[train] == user]
        fresh = new_users.fold_in_user(member, rated.item[mine], rated.stars[mine])
        items = np.arange(len(rated.items), dtype=np.int32)
        old = ratings.predict_ratings(member, np.full(len(items), user, np.int32), items)
        new = ratings.predict_ratings(fresh, np.full(len(items), len(rated.users), np.int32), items)
        assert np.abs(new - old).max() < 0.5
        assert np.sqrt(np.mean((new - old) ** 2)) < 0.15
        again = ratings.predict_ratings(fresh, np.full(len(items), user, np.int32), items)
        np.testing.assert_allclose(again, old, atol=1e-6)  # others stay as they were


@pytest.mark.parametrize(
    "name",
    [
        "ratings_bias",
        pytest.param("ratings_dot", marks=pytest.mark.slow),
        pytest.param("ratings_net", marks=pytest.mark.slow),
    ],
)
def test_new_users_of_nets_minimise_their_own_errors(name, tmp_path):
    spec = with_grid(of_dishes(name), width=(3,), seed=(0,))
    made, _ = study(with_training(spec, steps=(60,), lr_scales=(30.0,)), tmp_path / "study")
    member = open_study(made.path).restore(width=3, seed=0)
    items, stars = np.array([2, 5, 9], np.int32), np.array([5.0, 1.0, 3.0], np.float32)
    fresh = new_users.fold_in_user(member, items, stars)
    told = ratings.predict_ratings(fresh, np.full(3, member.module.users, np.int32), items)
    users = np.arange(member.module.users, dtype=np.int32)
    others = np.array(
        [
            ((ratings.predict_ratings(member, np.full(3, u, np.int32), items) - stars) ** 2).sum()
            for u in users
        ]
    )
    assert ((told - stars) ** 2).sum() < np.median(others)


def test_the_bias_of_someone_new_is_held_near_those_of_the_others(tmp_path):
    """One rating moves all predictions by less than it says."""
    spec = with_grid(of_dishes("ratings_bias"), width=(2,), seed=(0,))
    made, _ = study(with_training(spec, steps=(60,), lr_scales=(30.0,)), tmp_path / "study")
    member = open_study(made.path).restore(width=2, seed=0)
    others = member.params["user_bias"]["table"]
    fresh = [new_users.fold_in_user(member, np.array([2]), np.array([s], np.float32)) for s in (0.5, 5.0)]
    low, high = (float(one.params["user_bias"]["table"][-1, 0]) for one in fresh)
    assert others.mean() - 3 * others.std() < low < high < others.mean() + 3 * others.std()


def test_what_is_not_known_is_said_and_predictions_stay_in_range(tmp_path):
    """An item and a user without training ratings; titles stand as they are written."""
    lines = [f"{u},{i},{1 + (u + i) % 5}" for u in range(9) for i in range(9) if (u * i) % 3]
    (tmp_path / "r.csv").write_text("\n".join(["user,item,rating", *lines, "lone,[b]rare[/x],5"]) + "\n")
    spec = with_grid(of_dishes("ratings_bias"), width=(2,), seed=tuple(range(6)))
    spec = replace(spec, data=replace(spec.data, path=str(tmp_path / "r.csv"), items=""))
    made, _ = study(with_training(spec, steps=(20,)), tmp_path / "study")
    opened = open_study(made.path)
    held_out = next(
        s
        for s in range(6)
        if len(lines) not in np.asarray(opened.restore(width=2, seed=s).splits["train"].inputs)
    )
    common = (f"--study={made.path}", "--width=2", f"--seed={held_out}", "--user=lone")
    done = run("factors", "predict", *common, "--item=[b]rare[/x]")
    assert done.returncode == 0, done.stderr
    assert "no rating of user lone is in the training split" in done.stderr
    assert "[b]rare[/x] has no training rating" in done.stderr
    assert "[b]rare[/x]" in done.stdout
    assert "test" in done.stdout
    given = json.loads(run("factors", "recommend", *common, "--json").stdout)
    assert all(1 <= row["predicted"] <= 5 for row in given)
    measured = run("measure", f"--study={made.path}")
    assert (measured.returncode, "its factors" in measured.stderr) == (2, True)


def test_components_and_map(tasted):
    found = rows(tasted, "components", "--top-k=3")
    assert [row["component"] for row in found] == [1] * 6 + [2] * 6 + [3] * 6
    assert sum({row["component"]: row["share"] for row in found}.values()) + 0.35 > 0.99
    paths = look(tasted, "map", "--components=1,3").splitlines()
    assert [path.rsplit(".", 1)[1] for path in paths] == ["png", "pdf", "html", "csv"]
    page = Path(paths[2]).read_text("utf-8")
    assert "Rice pudding (1966)" in page
    table = pd.read_csv(paths[3])
    assert len(table) == 24
    assert table.loc[table["item"] == "Rice pudding (1966)", "year"].item() == 1966


def test_similar_and_stability(tasted):
    near = rows(tasted, "similar", "ramen", "--top-k=30")
    assert len(near) == 23
    assert "Ramen (2008)" not in [row["title"] for row in near]
    done = run("factors", "stability", f"--study={tasted[0].path}", "--json")
    pairs = json.loads(done.stdout)
    assert [(row["kind"], row["width"]) for row in pairs].count(("seeds", 4)) == 1
    assert [(row["kind"], row["width"]) for row in pairs].count(("widest", 2)) == 2
    assert "factor-stability.png" in run("factors", "stability", f"--study={tasted[0].path}").stdout


def test_titles_are_found_as_people_say_them():
    catalogue = Catalogue(
        ["1", "858", "9", "300", "7"],
        [
            "Toy Story (1995)",
            "Godfather, The (1972)",
            "300 (2007)",
            "Alien (1979)",
            "Alien: Resurrection (1997)",
        ],
    )
    for text, place in {
        "toy story": 0,
        "The Godfather": 1,
        "godfather, the (1972)": 1,
        "858": 1,
        "300": 2,  # a title before a number
        "Alien": 3,  # a whole title before the beginning of one
        "resurrection": 4,
    }.items():
        assert catalogue.index(text) == place
    for text in ("", "aliens", "story of"):
        with pytest.raises(UserError):
            catalogue.index(text)


def test_agreement_of_rotated_and_of_unrelated_vectors():
    rng = np.random.default_rng(0)
    one = rng.normal(size=(300, 4)) * [3, 2, 1.5, 0.5]
    turned = 2 * one @ np.linalg.qr(rng.normal(size=(4, 4)))[0] + 0.0
    other = rng.normal(size=(300, 4))
    assert cka(one, turned) == pytest.approx(1)
    assert cka(one, other) < 0.1
    assert neighbour_overlap(one, turned) == 1
    assert neighbour_overlap(one, other) == pytest.approx(10 / 299, abs=0.02)
    assert principal_angles(one, turned)[-1] == pytest.approx(0, abs=1e-4)
    assert principal_angles(one, other)[-1] > 60
    assert list_overlap(np.array([1, 2, 3, 4]), np.array([4, 3, 9, 8])) == 0.5


def test_components_of_a_planted_line():
    line = np.linspace(-1, 3, 9)
    found = components(np.stack([line, 2 * line, np.zeros(9)], 1), 2)
    assert found.share[0] == pytest.approx(1)
    low, high = ends(found.scores[:, 0], 2)
    assert low.tolist() == [0, 1]
    assert high.tolist() == [8, 7]
