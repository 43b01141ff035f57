"""A task from outside the package has the commands of one inside, from any folder; its generic tests: test_every_task.py."""

import json
import shutil
import sys
from importlib.metadata import EntryPoint, EntryPoints

import pytest

import nlpfeat
from nlpfeat.errors import UserError
from nlpfeat.tasks import registry
from nlpfeat.tasks.registry import TASKS, require_view
from tests.commands import ROOT, process, run
from tests.outside import CHECKERBOARD, get_config

DIGITS = ROOT / "examples" / "digits.py"
MINE = """
import flax.linen as nn
import numpy as np
import nlpfeat

def load():
    x = np.random.default_rng(0).normal(size=(60, 4))
    y = (x[:, 0] > 0).astype(int)
    return {"train": (x[:40], y[:40]), "test": (x[40:], y[40:])}

class Network(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        hidden = nn.relu(nn.Dense(self.width)(x))
        return {"features": hidden, "scores": nn.Dense(2)(hidden)}

nlpfeat.register_task(nlpfeat.classification_task("mine", load, Network))
"""
SWEEP = "nlpfeat.sweep('mine', width=2)\n"
GRID = ("--config.sweep.width=(1,3)", "--config.sweep.seed=(0,1)", "--config.training.steps=(10,)")


def forget():
    """As a new process: no task of a user is registered."""
    for name in [name for name in registry._REGISTRATIONS if name != CHECKERBOARD.name]:
        del TASKS[name], registry._REGISTRATIONS[name]


@pytest.fixture(autouse=True)
def nothing_registered(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    forget()
    yield
    forget()


@pytest.fixture
def mine(tmp_path):
    """A file with a task, and a study of it."""
    (tmp_path / "here").mkdir()
    file = tmp_path / "here" / "mine.py"
    file.write_text(MINE)
    done = run("sweep", f"--task={file}", *GRID, "--study=study", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    forget()
    return file, tmp_path / "study"


def test_from_python(tmp_path):
    study = nlpfeat.sweep(get_config().to_dict(), tmp_path / "study")
    assert study.results["accuracy"].sizes == {"width": 2, "seed": 2, "step": 4, "split": 2}
    again = nlpfeat.open_study(tmp_path / "study")
    assert again.task is CHECKERBOARD
    assert again.restore(width=8, seed=1).params["hidden"]["weight"].shape == (8, 2)


def test_the_example_is_short():
    lines = DIGITS.read_text().splitlines()
    assert len([line for line in lines if line.strip()]) <= 60


def test_the_example_learns_digits(tmp_path):
    """The shipped example, in a grid of its own, by its file alone; then every command, from another folder."""
    done = run(
        "sweep", f"{DIGITS}:smoke", "--config.training.steps=(300,)", "--study=digits", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    forget()
    (tmp_path / "elsewhere").mkdir()
    line = f"--study={tmp_path / 'digits'}"
    for command in (
        ["plot", line],
        ["width", line],
        ["restore", line, "--width=8", "--seed=0"],
        ["check", line],
        ["report", line, "--frames=0"],
    ):
        done = run(*command, folder=tmp_path / "elsewhere")
        assert done.returncode == 0, (command, done.stderr)
        forget()
    study = nlpfeat.open_study(tmp_path / "digits")
    assert study.results["accuracy"].sel(width=8, split="test").isel(step=-1).median() > 0.7
    member = study.restore(width=8, seed=0)
    pixels, digits = member.dataset.arrays, member.splits["train"].targets
    right = (member.predict(pixels[: len(digits)]) == digits).mean()
    assert right == pytest.approx(member.record["accuracy"][0])
    assert len(study.folder.buckets()) == 2  # of layers that are not padded, a program per width


def test_a_study_finds_the_file_of_its_task(mine, tmp_path):
    file, study = mine
    stored = json.loads((study / "config.json").read_text())["task_origin"]
    assert stored["file"] == str(file)
    for command in ("restore", "width"):
        flags = ["--width=3", "--seed=0"] if command == "restore" else []
        done = run(command, f"--study={study}", *flags, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        forget()
    done = run("sweep", f"--task={file}", *GRID[1:], "--config.sweep.width=(1,3,5)", f"--study={study}")
    assert done.returncode == 0, done.stderr  # extended


def test_a_file_that_this_user_never_ran_is_not_run(mine, tmp_path, monkeypatch):
    """A study is data, whoever made it."""
    file, study = mine
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "someone else"))
    done = run("width", f"--study={study}")
    assert done.returncode == 2
    assert f"--task={file}" in done.stderr
    assert "mine" not in TASKS
    assert run("width", f"--study={study}", f"--task={file}").returncode == 0
    forget()
    assert run("width", f"--study={study}").returncode == 0


def test_a_file_that_is_gone_is_named(mine, tmp_path):
    file, study = mine
    moved = shutil.move(file, tmp_path / "moved.py")
    done = run("width", f"--study={study}")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"{file}, which is missing" in done.stderr
    done = run("width", f"--task={moved}", f"--study={study}")
    assert done.returncode == 0, done.stderr


def test_a_file_that_changed_is_noted(mine):
    file, study = mine
    file.write_text(file.read_text() + "\n# a comment\n")
    done = run("width", f"--study={study}")
    assert done.returncode == 0
    assert "has changed since" in done.stderr
    forget()
    file.write_text("import nlpfeat\n")
    done = run("width", f"--study={study}")
    assert (done.returncode, "registers no such task any longer" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import nlpfeat\n\nnlpfeat.register(3)\n", "line 3, fails: AttributeError"),
        ("import nlpfeat\nx = (\n", "line 2, fails: SyntaxError"),
        ("import nowhere\n", "line 1, fails: ModuleNotFoundError: No module named 'nowhere'"),
        ("raise SystemExit('no')\n", "line 1, fails: SystemExit: no"),
        (MINE + MINE, "two tasks have the name 'mine'"),
        (MINE.replace('"mine"', '"spirals"'), "of its own"),
        (MINE.replace('"train"', '"trian"') + "nlpfeat.sweep('mine', width=2)", "returns a dict with train"),
        (MINE.replace("> 0).astype(int)", "> 0).astype(int) + 1") + SWEEP, "classes 0 to 2"),
        (MINE.replace("nn.Dense(2)", "nn.Dense(1)") + SWEEP, "classes 0 to 1"),
        (MINE.replace('"scores":', '"logits":') + SWEEP, 'no "scores"'),
        (MINE.replace("x[40:], y[40:]", "x[40:, :2], y[40:]") + SWEEP, "an input of test has the shape (2,)"),
        (MINE.replace("y[:40]", "y[:39]") + "nlpfeat.sweep('mine', width=2)", "expected (n, …) and (n,)"),
    ],
)
def test_a_file_that_fails_is_named_with_its_line(text, says, tmp_path):
    (tmp_path / "mine.py").write_text(text)
    done = run("list", "--task=mine.py", folder=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert says in done.stderr
    assert "mine.py" in done.stderr


def test_two_files_with_tasks_of_one_name(mine, tmp_path):
    file, study = mine
    (tmp_path / "other.py").write_text(MINE.replace("4))", "5))"))
    done = run("list", f"--task={file}", "--task=other.py", folder=tmp_path)
    assert done.returncode == 2
    assert "two tasks have the name 'mine'" in done.stderr
    assert f"{file}, line" in done.stderr
    forget()
    done = run("width", "--task=other.py", f"--study={study}", folder=tmp_path)
    assert (done.returncode, "two tasks have the name 'mine'" in done.stderr) == (2, True)


@pytest.mark.parametrize("flag", [["--task"], ["--task="], ["--task=nowhere.py"], ["--task=no.such.module"]])
def test_a_task_that_is_no_file_and_no_module(flag):
    done = run("list", *flag)
    assert (done.returncode, "--task" in done.stderr) == (2, True)


def test_a_task_of_a_notebook_cell(tmp_path):
    """Registered again, it is replaced; another process is told how to have it."""
    for _ in range(2):
        exec(MINE, {"__name__": "__main__"})
    study = nlpfeat.sweep("mine", tmp_path / "study", width=(1, 2), seed=0, training={"steps": (5,)})
    assert study.table["members"].tolist() == [1, 1]
    forget()
    with pytest.raises(UserError, match=r"interactive session.*--task=FILE"):
        nlpfeat.open_study(study.path)


def test_a_module_of_a_package(tmp_path, monkeypatch):
    package = tmp_path / "ours"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "names.py").write_text("NAME = 'mine'\n")
    (package / "tasks.py").write_text(
        MINE.replace("import nlpfeat", "import nlpfeat\nfrom .names import NAME")
    )
    monkeypatch.syspath_prepend(tmp_path)
    done = run("sweep", "--task=ours.tasks", *GRID, "--study=study", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in [name for name in sys.modules if name.startswith("ours")]:
        del sys.modules[name]
    forget()
    assert nlpfeat.open_study(tmp_path / "study").task.name == "mine"
    forget()
    for name in [name for name in sys.modules if name.startswith("ours")]:
        del sys.modules[name]
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(tmp_path)])
    with pytest.raises(UserError, match=r"the module ours\.tasks, which is missing"):
        nlpfeat.open_study(tmp_path / "study")


def test_an_entry_point_of_an_installed_package(tmp_path, monkeypatch):
    (tmp_path / "installed.py").write_text(MINE.replace("nlpfeat.register_task", "MINE = ") + "\n")
    point = EntryPoint("mine", "installed:MINE", registry.ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "entry_points", lambda **chosen: EntryPoints([point]).select(**chosen))
    study = nlpfeat.sweep("mine", tmp_path / "study", width=2, seed=0, training={"steps": (5,)})
    forget()
    assert nlpfeat.open_study(study.path).task.name == "mine"
    assert "mine" in run("list").stdout
    (tmp_path / "installed.py").write_text("1 / 0\n")
    forget()
    sys.modules.pop("installed")
    with pytest.raises(UserError, match="installed:MINE, fails: ZeroDivisionError"):
        registry.find_task("mine")


@pytest.mark.slow
def test_in_processes_of_their_own(tmp_path, monkeypatch):
    """Which do not have the task until the file is run; films and measures, on an exact geometry."""
    path, file = tmp_path / "study", ROOT / "tests" / "outside.py"
    done = process("sweep", file, f"--study={path}")
    assert done.returncode == 0, done.stderr
    for line in (
        ["measure"],
        ["plot"],
        ["restore", "--width=8", "--seed=0"],
        ["report", "--frames=0"],
        ["film", "regions", "--width=8", "--frames=5"],
    ):
        done = process(*line, f"--study={path}")
        assert done.returncode == 0, done.stderr
    done = process(f"--task={file}", "list", "checkerboard", "--json")
    assert "jitter" in done.stdout
    assert json.loads(done.stdout)


def test_a_task_of_the_package_is_not_replaced():
    with pytest.raises(UserError, match="of its own"):
        nlpfeat.register_task(TASKS["spirals"])


def test_a_view_that_a_task_lacks_is_named_with_the_tasks_that_have_it():
    with pytest.raises(UserError, match=r"word vectors.*reviews_bag"):
        require_view(CHECKERBOARD, "word_vectors")
