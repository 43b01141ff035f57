"""The wheel, installed into an empty environment and used from an empty folder. CI runs this test; it downloads what it installs."""

import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.commands import ROOT

pytestmark = pytest.mark.slow


def run(*line, folder):
    # PYTHONPATH and the state of other tests would bring the checkout in
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "MPLBACKEND": "agg"}
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (line, done.stdout[-500:], done.stderr[-2000:])
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    line = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", f"--wheel-dir={folder}", str(ROOT)]
    subprocess.run(line, check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def programs(wheel, tmp_path_factory):
    """The folder of programs of an environment that holds the wheel and what it brings."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    subprocess.run([environment / "bin" / "pip", "install", "--quiet", wheel], check=True)
    return environment / "bin"


def test_what_the_wheel_holds(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"nlpfeat"}
    shipped = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "configs").rglob("*.*")
        if "__pycache__" not in path.parts
    }
    assert {f"nlpfeat/{name}" for name in shipped} <= set(names)
    assert {
        "nlpfeat/report/web/playground.js",
        "nlpfeat/report/web/page.html",
        "nlpfeat/report/web/style.css",
    } <= set(names)


def test_it_brings_what_running_and_looking_needs_and_no_more(programs, tmp_path):
    listed = run(programs / "python", "-m", "pip", "list", folder=tmp_path)
    there = {line.split()[0].lower() for line in listed.splitlines()[2:]}
    assert {"jax", "matplotlib", "imageio-ffmpeg", "xarray"} <= there
    assert not {"pytest", "ruff", "ray", "jupyterlab", "sphinx", "torch", "bokeh"} & there


def test_from_an_empty_folder_to_the_first_width_curve(programs, tmp_path):
    nlpfeat = programs / "nlpfeat"
    shown = run(nlpfeat, "sweep", "spirals:smoke", "--plot", folder=tmp_path)
    assert "accuracy-width.png" in shown
    assert "spirals" in run(nlpfeat, "list", folder=tmp_path)
    run(nlpfeat, "sweep", "reviews_bag:smoke", folder=tmp_path)  # on the texts that are shipped
    code = (
        "import nlpfeat; study = nlpfeat.open_study('runs/spirals-smoke'); "
        "print(len(nlpfeat.regions(study.restore(width=8, seed=0), 1.1)))"
    )
    assert int(run(programs / "python", "-c", code, folder=tmp_path)) > 1


def test_a_task_from_outside(programs, tmp_path):
    nlpfeat = programs / "nlpfeat"
    shutil.copy(ROOT / "examples" / "digits.py", tmp_path / "digits.py")
    run(nlpfeat, "sweep", "digits.py:smoke", "--study=digits", folder=tmp_path)
    (tmp_path / "elsewhere").mkdir()
    study = f"--study={tmp_path / 'digits'}"
    # the user's own list of task files lies in the home folder
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "MPLBACKEND": "agg"}
    for command in (["width"], ["restore", "--width=8", "--seed=0"]):
        done = subprocess.run(
            [nlpfeat, *command, study],
            cwd=tmp_path / "elsewhere", env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
