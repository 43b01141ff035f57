"""A task that is registered from outside the package has the commands of one inside; its generic tests: test_every_task.py."""

import json

import pytest

import nlpfeat
from nlpfeat.errors import UserError
from nlpfeat.tasks.registry import TASKS, require_view
from tests.commands import ROOT, process
from tests.outside import CHECKERBOARD, get_config

REGISTER = f"--register={ROOT / 'tests' / 'outside.py'}"


def test_from_python(tmp_path):
    study = nlpfeat.sweep(get_config().to_dict(), tmp_path / "study")
    assert study.results["accuracy"].sizes == {"width": 2, "seed": 2, "step": 4, "split": 2}
    again = nlpfeat.open_study(tmp_path / "study")
    assert again.task is CHECKERBOARD
    assert again.restore(width=8, seed=1).params["hidden"]["weight"].shape == (8, 2)


@pytest.mark.slow
def test_from_the_command_line(tmp_path):
    """In processes of their own, which do not have the task until the file is run."""
    path = tmp_path / "study"
    done = process("sweep", f"--config={ROOT / 'tests' / 'outside.py'}", f"--study={path}")
    assert done.returncode == 0, done.stderr
    for line in (["measure"], ["plot"], ["restore", "--width=8", "--seed=0"], ["report", "--frames=0"]):
        done = process(REGISTER, *line, f"--study={path}")
        assert done.returncode == 0, done.stderr
    done = process(REGISTER, "list", "checkerboard", "--json")
    assert "jitter" in done.stdout
    assert json.loads(done.stdout)
    done = process("plot", f"--study={path}")
    assert (done.returncode, "--register" in done.stderr) == (2, True)


def test_a_task_of_the_package_is_not_replaced():
    with pytest.raises(UserError, match="of its own"):
        nlpfeat.register_task(TASKS["spirals"])


def test_a_view_that_a_task_lacks_is_named_with_the_tasks_that_have_it():
    with pytest.raises(UserError, match=r"word vectors.*reviews_bag"):
        require_view(CHECKERBOARD, "word_vectors")
