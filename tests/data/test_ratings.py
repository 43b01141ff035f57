"""Ratings: numbers that do not depend on the order of a file, parts by seed, and mistakes named by their line."""

import random

import numpy as np
import pytest

from nlpfeat.data.ratings import rating_table
from nlpfeat.data.ratings.files import year
from nlpfeat.data.ratings.rating_table import RatingsSpec
from nlpfeat.errors import UserError
from nlpfeat.tasks.ratings import DotSettings

ROWS = [("7", "10", "4.5"), ("7", "9", "0.5"), ("12", "10", "3"), ("12", "100", "5"), ("3", "9", "2.5")]


def write(path, rows, head="user,item,rating"):
    path.write_text(head + "\n" + "".join(",".join(row) + "\n" for row in rows))
    return str(path)


def parts(spec, seed):
    """{split: {(user's name, item's name, stars)}}"""
    dataset = rating_table.load(spec)
    arrays, table = dataset.arrays, dataset.metadata
    found = {}
    for name, examples in rating_table.make_splits(table, DotSettings(seed=np.int32(seed))).items():
        whole = rating_table.batch(arrays, examples, None)
        found[name] = {
            (table.rated.users[u], table.rated.items[i], float(s))
            for u, i, s in zip(whole.inputs.user, whole.inputs.item, whole.targets, strict=True)
        }
    return found


def test_numbers_follow_names_not_places(tmp_path):
    dataset = rating_table.load(RatingsSpec(path=write(tmp_path / "a.csv", ROWS)))
    arrays, table, notes = dataset.arrays, dataset.metadata, dataset.notes
    assert table.rated.users == ("3", "7", "12")  # as numbers, not by the alphabet
    assert table.rated.items == ("9", "10", "100")
    assert list(zip(arrays.user, arrays.item, table.rated.stars, strict=True)) == [
        (0, 0, 2.5),
        (1, 0, 0.5),
        (1, 1, 4.5),
        (2, 1, 3.0),
        (2, 2, 5.0),
    ]
    assert (table.low, table.high) == (0.5, 5.0)
    assert "5 ratings of 3 items by 3 users" in notes[0]
    assert "1 items are rated once" in notes[1]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_a_file_changes_nothing(tmp_path, seed):
    rng = random.Random(seed)
    rows = [(f"u{rng.randrange(9)}", f"i{k}", str(rng.randrange(1, 11) / 2)) for k in range(40)]
    spec = RatingsSpec(path=write(tmp_path / "a.csv", rows), validation_share=0.25)
    first, before = parts(spec, seed), rating_table.load(spec)
    rng.shuffle(rows)
    write(tmp_path / "a.csv", rows)
    after = rating_table.load(spec)
    assert parts(spec, seed) == first
    assert before.digest == after.digest
    assert [len(first[name]) for name in ("train", "validation", "test")] == [24, 8, 8]
    assert set.union(*first.values()) == {(u, i, float(s)) for u, i, s in rows}
    assert parts(spec, seed + 1) != first


def test_a_batch_is_of_the_rows_asked_for(tmp_path):
    dataset = rating_table.load(RatingsSpec(path=write(tmp_path / "a.csv", ROWS), test_share=0.2))
    arrays, table = dataset.arrays, dataset.metadata
    train = rating_table.make_splits(table, DotSettings(seed=np.int32(0)))["train"]
    some = rating_table.batch(arrays, train, np.array([2, 0]))
    for row, place in enumerate((2, 0)):
        n = int(train.inputs[place])
        assert int(some.inputs.user[row]) == arrays.user[n]
        assert int(some.inputs.item[row]) == arrays.item[n]
        assert float(some.targets[row]) == table.rated.stars[n]


def test_a_pair_rated_twice_counts_once_by_its_mean(tmp_path):
    rows = [*ROWS, ("7", "10", "3.5"), ("3", "9", "2.5")]
    dataset = rating_table.load(RatingsSpec(path=write(tmp_path / "a.csv", rows)))
    table, notes = dataset.metadata, dataset.notes
    assert len(table.rated.stars) == 5
    assert table.rated.stars[2] == 4.0
    assert any("2 ratings repeat a user and an item" in note for note in notes)


def test_columns_of_other_names_and_tabs(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("who\twhat\tscore\tmore\nAna\tsoup\t3\tx\nBen\tpie, sweet\t4\ty\nAna\tpie, sweet\t1\tz\n")
    spec = RatingsSpec(path=str(path), user="who", item="what", rating="score", test_share=0.34)
    table = rating_table.load(spec).metadata
    assert table.rated.items == ("pie, sweet", "soup")
    assert table.described.titles == table.rated.items


def test_titles_years_and_genres(tmp_path):
    items = tmp_path / "items.csv"
    items.write_text(
        'item,title,genres\n100,"Pie, The (1985)",Sweet | Baked\n9,Soup,(no genres listed)\n77,Else (2001),Hot\n,,\n'
    )
    spec = RatingsSpec(path=write(tmp_path / "a.csv", ROWS), items=str(items))
    dataset = rating_table.load(spec)
    arrays, table, notes = dataset.arrays, dataset.metadata, dataset.notes
    assert any("1 of 3 items are not described" in note for note in notes)
    assert table.described.titles == ("Soup", "10", "Pie, The (1985)")
    assert table.described.genres == ((), (), ("Sweet", "Baked"))
    assert arrays.item_features.shape == (3, 4) == (3, table.features.items)  # year, its square, two genres
    np.testing.assert_allclose(arrays.item_features.mean(0), 0, atol=1e-6)
    assert [year(t) for t in ("A (1999)", "B (1978-1980) ")] == [1999, 1978]
    assert np.isnan(year("(2010) C"))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([*ROWS, ("", "9", "3")], ("line 7", "no user")),
        ([*ROWS[:2], ("3", " ", "3"), *ROWS], ("line 4", "no item")),
        ([*ROWS, ("3", "10", "five")], ("line 7", "'five' is no number")),
        ([*ROWS, ("3", "10", "nan")], ("line 7", "is no number")),
        ([*ROWS, ("3", "10")], ("line 7", "2 fields")),
        ([("1", "9", "3"), ("1", "10", "3")], ("1 different user",)),
        ([], ("no rows",)),
        ([*ROWS, ("3", "10", "1_0")], ("line 7", "'1_0' is no number")),
        ([*ROWS, ("3", "10", "1e39")], ("line 7", "'1e39' is no number below a million")),
    ],
)
def test_mistakes_are_named_by_their_line(tmp_path, rows, words):
    with pytest.raises(UserError) as error:
        rating_table.load(RatingsSpec(path=write(tmp_path / "a.csv", rows)))
    for word in (*words, "a.csv"):
        assert word in str(error.value)


def test_missing_columns_are_named_and_how_to_name_others(tmp_path):
    path = write(tmp_path / "a.csv", ROWS, head="users,what,rating")
    with pytest.raises(UserError, match=r"'user' and none 'item'.* --config\.data\.user=users"):
        rating_table.load(RatingsSpec(path=path))
    with pytest.raises(UserError, match=r"config\.data\.path: no file"):
        rating_table.load(RatingsSpec(path=str(tmp_path / "b.csv")))
    with pytest.raises(UserError, match="is a folder"):
        rating_table.load(RatingsSpec(path=str(tmp_path)))
    with pytest.raises(ValueError, match="three columns"):
        RatingsSpec(path=path, user="what", item="what")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("item,title\n9,Soup\n9,Pie\n", "items.csv line 3: item '9' is described twice"),
        ("item,title\n77,Soup\n", "describes none of the items that are rated, such as item '9'"),
        ("item,name\n9,Soup\n", "no column 'title'; its columns are item, name: rename one"),
        ("item\n9\n", "no column 'title'; add it"),
    ],
)
def test_what_is_wrong_with_a_file_of_items(tmp_path, text, told):
    path, items = write(tmp_path / "a.csv", ROWS), tmp_path / "items.csv"
    with pytest.raises(UserError, match=r"config\.data\.items: no file"):
        rating_table.load(RatingsSpec(path=path, items=str(items)))
    items.write_text(text)
    with pytest.raises(UserError) as error:
        rating_table.load(RatingsSpec(path=path, items=str(items)))
    assert told in str(error.value)
