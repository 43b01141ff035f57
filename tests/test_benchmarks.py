"""Benchmarks do not rot: what they time of nlpfeat still runs."""

import pytest

from benchmarks import sequences, spirals
from tests.requirements import needs_data


@pytest.fixture(autouse=True)
def devices_are_set(monkeypatch):
    monkeypatch.setattr(devices, "use_all_cores", lambda: None)


def test_steps_of_the_spirals():
    spirals.nlpfeat(2, 2, 10)(2)


@pytest.mark.slow
@needs_data
@pytest.mark.parametrize("net", sequences.NETS)
def test_steps_of_the_sequences(net):
    for rival in (sequences.nlpfeat, sequences.batches):
        step, members = rival(net)
        step(1)
        assert members in (1, 2)
