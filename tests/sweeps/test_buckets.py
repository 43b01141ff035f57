"""Buckets: a partition of the members, with bounded padding, the same for every launcher."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.sweeps import buckets
from nlpfeat.sweeps.grid import expand
from tests.toys import SPIRALS, with_grid

tables = st.lists(st.integers(1, 500), min_size=1, max_size=40).map(
    lambda widths: pd.DataFrame({"width": widths}, index=[f"m{i:03}" for i in range(len(widths))])
)


@settings(max_examples=100, deadline=None)
@given(tables, st.integers(1, 12))
def test_partition_with_bounded_padding(table, at_least):
    labels = buckets.assign(table, at_least)
    assert list(labels.index) == list(table.index)
    assert (labels != "").all()
    for _, part in table.groupby(labels):
        narrowest, widest = part["width"].min(), part["width"].max()
        assert widest + buckets.OVERHEAD <= buckets.RATIO * (narrowest + buckets.OVERHEAD)
    assert labels.nunique() >= min(at_least, len(table))
    assert labels.equals(buckets.assign(table, at_least))


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=4), st.floats(1, 1e6), max_size=12), st.integers(1, 6)
)
def test_shards_cover_every_bucket_once(costs, shards):
    for numbering in (range(shards), range(1, shards + 1)):
        taken = [label for i in numbering for label in buckets.shard(costs, i, shards)]
        assert sorted(taken) == sorted(costs)


def test_the_default_study_needs_three_programs():
    table = expand(with_grid(SPIRALS, width=(2, 4, 8, 16, 32, 64, 100), seed=range(32)))
    labels = buckets.assign(table)
    assert sorted(label.rsplit("-", 1)[0] for label in labels.unique()) == ["w2-4", "w64-100", "w8-32"]


def test_large_buckets_are_split():
    table = expand(with_grid(SPIRALS, width=(4,), seed=range(buckets.MEMBERS + 5)))
    assert sorted(buckets.assign(table).value_counts()) == [5, buckets.MEMBERS]
