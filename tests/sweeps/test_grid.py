"""Grids: every point once, under an id that depends on nothing but its own settings."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.digests import digest
from nlpfeat.store.layout import select_members, varying_settings
from nlpfeat.sweeps.plan import all_members, as_ids, id_numbers, member_rows
from tests.toys import SPIRALS, with_grid

widths = st.lists(st.integers(1, 300), min_size=1, max_size=6, unique=True)
seeds = st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=5, unique=True)
noises = st.lists(st.floats(0, 2), min_size=1, max_size=3, unique=True)


@settings(max_examples=50, deadline=None)
@given(widths, seeds, noises)
def test_every_point_once(width, seed, noise):
    table = all_members(with_grid(SPIRALS, width=width, seed=seed, noise=noise))
    points = set(zip(table["width"], table["seed"], table["noise"], strict=True))
    assert points == {(w, s, n) for w in width for s in seed for n in noise}
    assert len(table) == len(points) == table.index.nunique()


@settings(max_examples=50, deadline=None)
@given(widths, seeds, st.randoms())
def test_ids_do_not_depend_on_place_or_company(width, seed, random):
    table = all_members(with_grid(SPIRALS, width=width, seed=seed))
    w, s = random.choice(width), random.choice(seed)
    alone = all_members(with_grid(SPIRALS, seed=[s], width=[w]))
    assert select_members(table, {"width": w, "seed": s}).index.tolist() == alone.index.tolist()


@settings(max_examples=30, deadline=None)
@given(widths, seeds, noises, st.randoms())
def test_rows_at_some_places_are_those_of_the_whole(width, seed, noise, random):
    spec = with_grid(SPIRALS, width=width, seed=seed, noise=noise)
    table = all_members(spec)
    places = np.array(random.choices(range(len(table)), k=5))
    pd.testing.assert_frame_equal(member_rows(spec, places), table.iloc[places])
    assert as_ids(id_numbers(spec)) == list(table.index)


def test_an_id_is_the_hash_of_the_resolved_config():
    """Published studies name their members by it: it may not change."""
    (member,) = all_members(with_grid(SPIRALS, width=[2], seed=[0])).index
    spec = with_grid(SPIRALS, width=[2], seed=[0]).to_dict()
    static = digest({key: part for key, part in spec.items() if key not in ("sweep", "settings")})
    assert member == digest([static, spec["settings"] | {"width": 2, "seed": 0}])[:16]


def test_ids_depend_on_every_setting():
    base = all_members(with_grid(SPIRALS, width=[2], seed=[0])).index[0]
    others = [
        all_members(with_grid(SPIRALS, width=[3], seed=[0])).index[0],
        all_members(with_grid(SPIRALS, width=[2], seed=[1])).index[0],
        all_members(with_grid(SPIRALS, width=[2], seed=[0], noise=[0.3])).index[0],
    ]
    assert len({base, *others}) == 4


def test_a_swept_value_gives_the_id_of_the_fixed_one():
    swept = all_members(with_grid(SPIRALS, width=[2], seed=[0], noise=[0.1, 0.2]))
    fixed = all_members(with_grid(SPIRALS, width=[2], seed=[0]))
    assert fixed.index[0] in swept.index
    assert varying_settings(swept, ["width", "seed", "noise", "weight_decay"]) == ["width", "seed", "noise"]
