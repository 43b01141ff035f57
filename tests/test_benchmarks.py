"""Benchmarks do not rot: what they time of nlpfeat still runs."""

import pytest

from benchmarks import common, members, sequences, spirals
from nlpfeat import parallel
from tests.requirements import needs_data


@pytest.fixture(autouse=True)
def devices_are_set(monkeypatch):
    monkeypatch.setattr(parallel, "use_all_cores", lambda: None)


def test_steps_of_the_spirals():
    spirals.nlpfeat(2, 2)(2)


def test_a_bucket_advances_from_its_first_state():
    _, bucket = common.one_bucket({"task": "spirals", "data": {"points": 10}, "sweep": {"width": (2, 3)}})
    state, record = common.advance(bucket, common.first_state(bucket), None, 2, 10)
    assert record["loss"].shape == (bucket.layout.members, 3)
    assert set(state.params) == set(bucket.params)


def test_stages_of_many_members(tmp_path):
    for stage in members.STAGES.values():
        stage(200, tmp_path / "study")


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize("net", sequences.NETS)
def test_steps_of_the_sequences(net):
    for rival in (sequences.nlpfeat, sequences.batches):
        step, nets = rival(net)
        step(1)
        assert nets in (1, 2)
