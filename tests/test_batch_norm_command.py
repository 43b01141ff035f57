"""`nlpfeat batch-norm`: the learning rates that a network survives, with batch norm and without."""

import json

import numpy as np
import pytest

from nlpfeat.analysis.fine_tuning import Survival, evaluate_on, fine_tune, insert_norms
from nlpfeat.cli.batch_norm import plain
from nlpfeat.study.session import open_study
from nlpfeat.training.losses import squared_error
from nlpfeat.training.metrics import Metric, accuracy
from tests.commands import run
from tests.toys import SPIRALS, TOYS, study, with_grid, with_training


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    spec = with_training(with_grid(SPIRALS, width=(16,), seed=(0,)), steps=(400,), record_every=400)
    spec = with_grid(spec, width=(16,), seed=(0,), learning_rate=(0.02,))
    return study(spec, tmp_path_factory.mktemp("trained") / "study")[0]


@pytest.mark.slow
def test_the_figure_and_its_numbers(trained):
    asked = ["--width=16", "--seed=0", "--learning-rates=0.0001,3", "--steps=30", "--repeats=2"]
    done = run("batch-norm", f"--study={trained.path}", *asked, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["inserted"] == pytest.approx(told["before"], abs=1e-6)
    for condition in ("with", "without"):
        assert np.shape(told["scores"][condition]) == (2, 2)
        assert np.median(told["scores"][condition][0]) > 0.5  # a small step does no harm
    assert (trained.path / "figures" / "batch-norm-width=16-seed=0.png").stat().st_size > 5000
    done = run("batch-norm", f"--study={trained.path}", *asked)
    assert "largest rate survived" in " ".join(done.stdout.split())


def test_a_step_of_no_length_changes_nothing(trained):
    """With batch norm too: its statistics are taken anew and are the same."""
    member = open_study(trained.path).restore(width=16, seed=0)
    before = evaluate_on(member, None, "test")
    for norms in (None, insert_norms(member)):
        after = fine_tune(member, norms, 0.0, 3, 0, "test")
        assert after.loss == pytest.approx(before.loss, rel=1e-4)


def test_tuning_lowers_the_loss(trained):
    member = open_study(trained.path).restore(width=16, seed=0)
    before = evaluate_on(member, None, "train").loss
    for norms in (None, insert_norms(member)):
        assert fine_tune(member, norms, 0.01, 60, 0, "train").loss < before


def test_the_largest_rate_survived():
    scores = np.array([[[0.9], [0.8], [0.3], [0.9]], [[0.4], [0.9], [0.9], [0.9]]])
    found = Survival([1.0, 2.0, 3.0, 4.0], scores, 0.9, 0.9, 0.3, Metric("accuracy", accuracy), "test", 10)
    assert found.half == pytest.approx(0.6)
    assert found.largest_rate("without") == 2.0  # what comes back later does not count
    assert found.largest_rate("with") is None


def test_of_an_error_less_survives():
    """Half-way from the baseline, an error of 1.2, down to .8; a repeat that diverged survived nothing."""
    scores = np.array([[[0.8], [0.9], [1.1], [0.8]], [[0.8], [np.nan], [0.8], [0.8]]])
    metric = Metric("squared_error", squared_error, mode="min")
    found = Survival([1.0, 2.0, 3.0, 4.0], scores, 0.8, 0.8, 1.2, metric, "test", 10)
    assert (found.largest_rate("without"), found.largest_rate("with")) == (2.0, 1.0)
    np.testing.assert_array_equal(plain(found)["scores"]["with"], [[0.8], [np.nan], [0.8], [0.8]])


@pytest.mark.slow
@pytest.mark.parametrize("task", ["ratings_net", "char_rnn"])
def test_tasks_whose_error_falls(task, tmp_path):
    """The task's own baseline and direction: a rate that makes the network useless is not survived."""
    spec = with_training(
        with_grid(TOYS[task], width=(8,), seed=(0,), learning_rate=(0.02,)), steps=(60,), record_every=60
    )
    made, _ = study(spec, tmp_path / task)
    done = run(
        "batch-norm",
        f"--study={made.path}",
        "--width=8",
        "--seed=0",
        "--learning-rates=1e-6,1e4",
        "--steps=5",
        "--json",
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["inserted"] == pytest.approx(told["before"], rel=1e-4)
    assert told["metric"] == made.spec.task.evaluation.headline.name
    learned = told["before"] < told["baseline"]
    assert learned == (task == "char_rnn")  # four ratings in ten are noise, and the toy has few
    assert told["survived"]["without"] == (1e-6 if learned else None)


def test_nets_that_cannot_have_it(tmp_path):
    made, _ = study(with_grid(TOYS["reviews_bag"], width=(2,), seed=(0,)), tmp_path / "online")
    done = run("batch-norm", f"--study={made.path}", "--width=2", "--seed=0")
    assert (done.returncode, "a rule of its own" in done.stderr) == (2, True)
    made, _ = study(with_grid(TOYS["eleven_lines"], width=(2,), seed=(0,)), tmp_path / "lines")
    done = run("batch-norm", f"--study={made.path}", "--width=2", "--seed=0")
    assert (done.returncode, "no dense layers" in done.stderr) == (2, True)
