"""Ratings of the user: splits of a column or a second file, none at all, files of MovieLens, lists and pairs."""

import numpy as np
import pandas as pd
import pytest

import nlpfeat
from nlpfeat.analysis.rating_evaluation import RatingEvaluationOptions, _quality, _resampled
from nlpfeat.data.ratings import rating_table
from nlpfeat.data.ratings.rating_table import RatingsSpec
from nlpfeat.errors import UserError
from nlpfeat.tasks.ratings import BayesSettings
from tests.data.tables import csv
from tests.toys import ROOT

EXAMPLES = ROOT / "configs" / "examples"
ROWS = [(user, item, 1 + (3 * user + item) % 5) for user in range(6) for item in range(5)]


def lines(separator="\t", rows=ROWS, extra="881250949"):
    return "".join(separator.join([*map(str, row), extra]) + "\n" for row in rows)


def splits_of(spec, seed=0):
    table = rating_table.load(spec)
    made = rating_table.make_splits(table.metadata, BayesSettings(seed=np.int32(seed)))
    rated = table.metadata.rated
    return table, {
        name: {(rated.users[rated.user[i]], rated.items[rated.item[i]]) for i in np.asarray(one.inputs)}
        for name, one in made.items()
    }


@pytest.mark.parametrize(
    ("separator", "name"), [("\t", "u.data"), ("::", "ratings.dat"), ("|", "r.txt"), (";", "r.csv")]
)
def test_two_files_without_headers(separator, name, tmp_path):
    base, test = (
        csv(tmp_path, lines(separator, ROWS[:24]), name),
        csv(tmp_path, lines(separator, ROWS[24:]), f"t-{name}"),
    )
    spec = RatingsSpec(path=base, test_path=test, columns="user,item,rating,time")
    table, splits = splits_of(spec)
    assert {name: len(one) for name, one in splits.items()} == {"train": 24, "test": 6}
    assert ("5", "4") in splits["test"]
    assert any("24 train, 0 validation, 6 test" in note for note in table.notes)
    assert any("1 users have no rating in the train split" in note for note in table.notes)
    _, other = splits_of(spec, seed=1)
    assert other == splits  # the same for all seeds


def test_a_column_of_splits_and_validation_by_seed(tmp_path):
    parts = ["train"] * 20 + ["test"] * 10
    rows = [(*row, part) for row, part in zip(ROWS, parts, strict=True)]
    path = csv(tmp_path, "user,item,rating,split\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows))
    _, splits = splits_of(RatingsSpec(path=path, validation_share=0.25))
    assert {name: len(one) for name, one in splits.items()} == {"train": 15, "validation": 5, "test": 10}
    _, other = splits_of(RatingsSpec(path=path, validation_share=0.25), seed=1)
    assert other["test"] == splits["test"]
    assert other["validation"] != splits["validation"]
    wrong = csv(tmp_path, "user,item,rating,part\na,b,1,x\n", "w.csv")
    with pytest.raises(UserError, match="line 2: part is 'x'"):
        rating_table.load(RatingsSpec(path=wrong, split="part"))


def test_a_pair_in_both_splits_is_told(tmp_path):
    head = "user,item,rating\n"
    base, test = csv(tmp_path, head + "a,x,1\nb,y,2\na,y,3\n"), csv(tmp_path, head + "a,x,5\n", "t.csv")
    table = rating_table.load(RatingsSpec(path=base, test_path=test))
    assert len(table.metadata.rated.stars) == 4  # not merged
    assert any(
        "1 pairs of a user and an item have ratings in more than one split" in note for note in table.notes
    )


def test_no_test_split(tmp_path):
    path = csv(tmp_path, "user,item,rating\n" + "".join(f"{u},{i},{s}\n" for u, i, s in ROWS))
    _, splits = splits_of(RatingsSpec(path=path, test_share=0.0))
    assert {name: len(one) for name, one in splits.items()} == {"train": 30}
    study = nlpfeat.sweep(
        "ratings_bayes:smoke",
        tmp_path / "study",
        width=2,
        seed=0,
        data={"path": path, "items": "", "test_share": 0.0},
        training={"steps": (5,)},
    )
    assert "train_rmse" in study.table


def test_items_of_movielens(tmp_path):
    path = csv(tmp_path, lines(), "u.data")
    items = "".join(f"{i}|Caf\u00e9 {i} (199{i})|01-Jan-1995||{i % 2}|1|{int(i == 3)}\n" for i in range(5))
    described = csv(tmp_path, items.encode("latin-1"), "u.item")
    asked = {
        "path": path,
        "columns": "user,item,rating,time",
        "items": described,
        "item_columns": "item,title,released,url,odd,all,third",
    }
    known = rating_table.load(RatingsSpec(**asked, encoding="latin-1")).metadata
    assert known.titles[2] == "Caf\u00e9 2 (1992)"
    assert known.described.genres == (
        (),
        ("odd",),
        (),
        ("odd", "third"),
        (),
    )  # a column of ones tells nothing
    with pytest.raises(UserError, match=r"u\.item line 1: not UTF-8.*--config\.data\.encoding=latin-1"):
        rating_table.load(RatingsSpec(**asked))
    with pytest.raises(ValueError, match="there is no 'latin-99'"):
        RatingsSpec(**asked, encoding="latin-99")


@pytest.fixture(scope="module")
def member(tmp_path_factory):
    data = {"path": str(EXAMPLES / "tastes.csv"), "items": str(EXAMPLES / "dishes.csv")}
    folder = tmp_path_factory.mktemp("tastes") / "study"
    study = nlpfeat.sweep("ratings_bayes:smoke", folder, width=(2, 4), seed=(0, 1), data=data)
    return study.restore(width=4, seed="median")


def test_errors_on_the_shipped_ratings(member):
    found = nlpfeat.evaluate_ratings(member, RatingEvaluationOptions(top_k=3)).table.set_index("model")
    own, mean = found.iloc[0], found.loc["mean rating"]
    assert own["rmse"] == pytest.approx(float(member.record["rmse"][-1]), abs=1e-5)
    assert own["mae"] == pytest.approx(float(member.record["mae"][-1]), abs=1e-5)
    assert own["rmse"] < mean["rmse"]
    assert mean["rmse"] ** 2 == pytest.approx(
        member.factory.spec.task.evaluation.baseline((), *(member.splits[n] for n in ("train", "test"))),
        rel=1e-5,
    )
    for row in found.to_dict("records"):
        for name in ("recall", "ndcg"):
            assert 0 <= row[f"{name}_low"] <= row[name] <= row[f"{name}_high"] <= 1


def test_recall_and_ndcg_by_hand():
    scores, ties = np.array([5.0, 4.0, 3.0, 2.0, 1.0]), np.random.default_rng(0)
    recall, ndcg = _quality(scores, np.array([0]), np.array([2, 4]), 2, ties)  # the list: 1, 2
    assert recall == 0.5
    assert ndcg == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))
    assert _quality(scores, np.array([0]), np.array([1, 2]), 2, ties) == (1.0, 1.0)
    low, middle, high = _resampled(np.array([0, 0, 1]), np.array([1.0, 1.0, 4.0]))
    assert (low, middle, high) == (1.0, 2.0, 4.0)


def test_pairs_of_known_and_unknown(member):
    table = member.dataset.metadata
    users, items = table.rated.users[:2], table.rated.items[:2]
    found = nlpfeat.predict_pairs(
        member, [users[0], users[0], "nobody", "nobody"], [items[1], "nothing", items[1], "nothing"]
    )
    assert found["known"].tolist() == ["both", "user", "item", "neither"]
    one = nlpfeat.predicted_item(nlpfeat.known_user(member, users[0]), items[1]).table
    assert found["predicted"][0] == pytest.approx(float(one["predicted"].iloc[0]), abs=1e-3)
    train = np.asarray(member.splits["train"].targets)
    assert found["predicted"][3] == pytest.approx(train.mean(), abs=1e-3)
    assert found["predicted"].between(table.low, table.high).all()


def test_recommendations_to_all_are_those_to_each(member):
    table = nlpfeat.recommended_to_all(member, nlpfeat.analysis.ratings.ItemOptions(top_k=2))
    assert isinstance(table, pd.DataFrame)
    name = member.dataset.metadata.rated.users[3]
    alone = nlpfeat.recommended_items(
        nlpfeat.known_user(member, name), nlpfeat.analysis.ratings.ItemOptions(top_k=2)
    ).table
    assert table[table["user"] == name]["item"].tolist() == alone["item"].tolist()
