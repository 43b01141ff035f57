"""The published editions of MovieLens, read from small archives of the same layout."""

import zipfile

import numpy as np
import pytest

from nlpfeat.data.ratings import rating_table
from nlpfeat.data.ratings.movielens import EDITIONS, movielens
from nlpfeat.data.ratings.rating_table import RatingsSpec
from nlpfeat.errors import UserError
from nlpfeat.models.bayes_factors import init_override
from nlpfeat.tasks.ratings import BayesSettings
from nlpfeat.tasks.spec import resolve

DAY = 86_400
# 20 ratings: user, item, stars, seconds
RATINGS = [(1 + k // 5, 1 + k % 5, 1 + (k * 7) % 5, 1000 + k * DAY // 3) for k in range(20)]
GENRES = ["0"] * 19


def archive(path, files):
    with zipfile.ZipFile(path, "w") as made:
        for name, text in files.items():
            made.writestr(f"{path.stem}/{name}", text.encode("latin-1"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Archives of the editions with folds and with facts about users."""
    monkeypatch.setenv("NLPFEAT_DATA", str(tmp_path))
    lines = ["\t".join(map(str, row)) for row in RATINGS]
    tests = {f"u{fold + 1}.test": "\n".join(lines[fold::5]) + "\n" for fold in range(5)}
    item = "\n".join(
        "|".join(
            [str(i), f"Café {i} (199{i})", "01-Jan-1995", "", "url", *GENRES[:8], str(i % 2), *GENRES[9:]]
        )
        for i in range(1, 6)
    )
    user = "\n".join(f"{u}|{20 + 7 * u}|{'MF'[u % 2]}|writer|12345" for u in range(1, 5))
    archive(
        tmp_path / "ml-100k.zip", {"u.data": "\n".join(lines) + "\n", "u.item": item, "u.user": user, **tests}
    )
    archive(
        tmp_path / "ml-1m.zip",
        {
            "ratings.dat": "".join("::".join(map(str, row)) + "\n" for row in RATINGS),
            "movies.dat": "".join(f"{i}::Café {i} (199{i})::Comedy|Drama\n" for i in range(1, 6)),
            "users.dat": "".join(f"{u}::{'MF'[u % 2]}::25::4::12345\n" for u in range(1, 5)),
        },
    )
    return tmp_path


@pytest.mark.parametrize("edition", ["100k", "1m"])
def test_an_edition_has_ratings_films_users_and_times(folder, edition):
    found = movielens(edition)
    assert found.rated.users == ("1", "2", "3", "4")
    assert found.described.titles[2] == "Café 3 (1993)"  # Latin-1
    assert "Drama" in found.described.genres[0]
    rows = zip(found.rated.user + 1, found.rated.item + 1, found.rated.stars, found.rated.time, strict=True)
    assert list(rows) == RATINGS
    assert all(len(facts) == 3 for facts in found.facts)


def test_each_published_fold_is_a_test_split(folder):
    dataset = rating_table.load(RatingsSpec(edition="100k", validation_share=0.25))
    table = dataset.metadata
    tested = []
    for fold in range(1, 6):
        splits = rating_table.make_splits(table, BayesSettings(seed=np.int32(3), fold=np.int32(fold)))
        test = np.sort(np.asarray(splits["test"].inputs))
        assert test.tolist() == list(range(fold - 1, 20, 5))
        assert [len(splits[name].inputs) for name in ("train", "validation")] == [12, 4]
        tested += test.tolist()
    assert sorted(tested) == list(range(20))
    drawn = rating_table.make_splits(table, BayesSettings(seed=np.int32(3), fold=np.int32(0)))["test"].inputs
    assert sorted(np.asarray(drawn).tolist()) not in [list(range(fold, 20, 5)) for fold in range(5)]


def test_a_fold_that_does_not_exist_is_refused():
    config = {"task": "ratings_bayes", "data": {"edition": "100k"}, "sweep": {"fold": (1, 6)}}
    with pytest.raises(UserError, match=r"config.sweep.fold: 6 must be at most 5"):
        resolve(config)
    with pytest.raises(UserError, match=r"config.sweep.fold: 1 must be at most 0"):
        resolve({"task": "ratings_dot", "sweep": {"fold": (1,)}})
    with pytest.raises(UserError, match=r"config.data.edition: no edition '100'; did you mean '100k'"):
        resolve({"task": "ratings_dot", "data": {"edition": "100"}})


def test_folds_that_do_not_fit_are_named(folder):
    with zipfile.ZipFile(folder / "ml-100k.zip") as old:
        files = {name.split("/")[1]: old.read(name).decode("latin-1") for name in old.namelist()}
    archive(folder / "ml-100k.zip", {**files, "u1.test": files["u2.test"]})
    with pytest.raises(UserError, match=r"ml-100k.zip: u1.test to u5.test are not five equal parts"):
        movielens("100k")
    archive(folder / "ml-100k.zip", {name: text for name, text in files.items() if name != "u.user"})
    with pytest.raises(UserError, match=r"ml-100k.zip cannot be read"):
        movielens("100k")


def test_times_become_days_of_users_and_intervals_since_their_first_rating(folder):
    rated = movielens("100k").rated
    times, sizes = rating_table.rating_times(rated)
    for a in range(20):
        for b in range(20):
            same = rated.user[a] == rated.user[b] and rated.time[a] // DAY == rated.time[b] // DAY
            assert (times["user_day"][a] == times["user_day"][b]) == same
    assert dict(sizes) == {"user_day": times["user_day"].max() + 1, "elapsed": 10}
    first = times["elapsed"][rated.time == np.array([rated.time[rated.user == u].min() for u in rated.user])]
    assert (first == 0).all()
    assert (times["elapsed"][rated.time > rated.time[rated.user == 0].min()][1:] > 0).any()
    assert rating_table.rating_times(rated._replace(time=None)) == ({}, ())


def test_facts_are_left_out_when_asked(folder):
    with_facts = rating_table.load(RatingsSpec(edition="100k")).metadata.features
    assert with_facts.users == 3 + 2 + 1  # decades of age, genders, one occupation
    assert with_facts.items == 2 + 1  # the year, its square, one genre
    assert rating_table.load(RatingsSpec(edition="100k", facts=False)).metadata.features == (0, 0)


def test_implicit_feedback_is_that_of_the_train_split(tmp_path):
    rng = np.random.default_rng(0)
    rows = "".join(f"{u},{i},3\n" for u in range(9) for i in range(12) if rng.random() < 0.5)
    (tmp_path / "own.csv").write_text("user,item,rating\n" + rows)
    table = rating_table.load(RatingsSpec(path=str(tmp_path / "own.csv"))).metadata
    settings = BayesSettings(seed=np.int32(0))
    sides = {name: {"implicit": np.zeros((n, 10), np.float32)} for name, n in (("users", 9), ("items", 12))}
    splits = rating_table.make_splits(table, settings)
    found = init_override(table, sides, settings, splits)
    train = np.asarray(splits["train"].inputs)
    rated = np.zeros((9, 12))
    rated[table.rated.user[train], table.rated.item[train]] = 1
    left, _, right = np.linalg.svd(rated)
    for name, vectors in (("users", left[:, :8]), ("items", right[:8].T)):
        part = found[name]["implicit"]
        assert not part[:, 8:].any()  # the Lanczos method finds all but the last of nine
        centred = vectors - vectors.mean(0)
        np.testing.assert_allclose(np.abs(part[:, :8]), np.abs(centred / centred.std(0)), atol=1e-4)


def test_every_edition_is_read_by_its_own_reader():
    assert {edition.file.name for edition in EDITIONS.values()} == {
        "ml-latest-small.zip",
        "ml-100k.zip",
        "ml-1m.zip",
    }
