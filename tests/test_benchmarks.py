"""Benchmarks do not rot: what they time of nlpfeat still runs."""

import pytest

from benchmarks import accelerator, common, members, sequences, spirals
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


def test_numbers_of_an_accelerator(monkeypatch):
    """Beside itself the CPU has no difference."""
    monkeypatch.setattr(accelerator, "TASKS", {"spirals": (2, 4)})
    assert accelerator.numbers("", 2) == {"spirals": 0.0}


def test_table_of_an_accelerator(monkeypatch, capsys):
    monkeypatch.setattr(accelerator, "SPIRALS", ((2, 3),))
    monkeypatch.setattr(accelerator, "NETWORKS", ("imdb_cnn",))
    ours = {"2 × 3": [2.0, 4.0, 3.0], "imdb_cnn × 1": [1.0], "imdb_cnn × 16": [0.5]}
    rivals = {name: {"2 × 3": [6.0]} for name in ("stacked", "compiled", "jaxvmap", "cpu")}
    accelerator._print_times({"nlpfeat": ours, "networks": {"imdb_cnn": [2.0]}} | rivals)
    _, _, plane, _, _, _, net = capsys.readouterr().out.splitlines()
    assert plane.startswith("| 2 | 3 | 3.00 (2.00–4.00) | 6.00 (6.00–6.00) |")
    assert plane.endswith("| 2.0 | 2.0 | 2.0 | 2.0 |")
    assert net.endswith("| 2.0 | 4.0 |")


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
