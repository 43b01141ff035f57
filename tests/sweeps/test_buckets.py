"""Buckets: a partition of the members, with bounded padding, the same for every launcher."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.store import layout
from nlpfeat.sweeps import buckets
from nlpfeat.sweeps.plan import all_members
from tests.toys import SPIRALS, with_grid

many_widths = st.lists(st.integers(1, 500), min_size=1, max_size=40).map(np.array)


@settings(max_examples=100, deadline=None)
@given(many_widths, st.integers(1, 12))
def test_partition_with_bounded_padding(widths, at_least):
    parts = buckets.partition_widths(widths, at_least)
    assert sorted(np.concatenate(parts)) == list(range(len(widths)))
    for part in parts:
        narrowest, widest = widths[part].min(), widths[part].max()
        assert widest + buckets.OVERHEAD <= buckets.MAX_RATIO * (narrowest + buckets.OVERHEAD)
    assert len(parts) >= min(at_least, len(widths))
    again = buckets.partition_widths(widths, at_least)
    assert [part.tolist() for part in again] == [part.tolist() for part in parts]


@settings(max_examples=100, deadline=None)
@given(many_widths, st.integers(1, 8), st.integers(1, 4))
def test_a_plan_broken_off_is_taken_up_where_it_stopped(widths, done, most):
    """Of the parts, narrowest first, some are known: the others are parted as before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets, "MAX_MEMBERS", most)
        whole = buckets.partition_widths(widths)
        left = np.sort(np.concatenate(whole[done:])) if whole[done:] else np.zeros(0, int)
        again = [left[part] for part in buckets.partition_widths(widths[left])]
    assert [part.tolist() for part in again] == [part.tolist() for part in whole[done:]]


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=4), st.floats(1, 1e6), max_size=12), st.integers(1, 6)
)
def test_shards_cover_every_bucket_once(costs, shards):
    taken = [label for i in range(shards) for label in buckets.buckets_of_shard(costs, i, shards)]
    assert sorted(taken) == sorted(costs)


@pytest.mark.parametrize("index", [-1, 4])
def test_there_is_no_share_beyond_the_last(index):
    with pytest.raises(ValueError, match="of 4"):
        buckets.buckets_of_shard({"w2-2-a": 1.0}, index, 4)


def test_the_default_study_needs_three_programs():
    table = all_members(with_grid(SPIRALS, width=(2, 4, 8, 16, 32, 64, 100), seed=range(32)))
    labels = [
        layout.bucket_label(table.index[part], table["width"].to_numpy()[part])
        for part in buckets.partition_widths(table["width"].to_numpy())
    ]
    assert [label.rsplit("-", 1)[0] for label in labels] == ["w2-4", "w8-32", "w64-100"]
    assert labels == sorted(labels, key=layout.label_order)


def test_large_buckets_are_split():
    assert list(map(len, buckets.partition_widths(np.full(buckets.MAX_MEMBERS + 5, 4)))) == [
        buckets.MAX_MEMBERS,
        5,
    ]
