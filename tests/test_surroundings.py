"""What surrounds a command: signals, streams, variables of the environment, links, other repositories. None changes a number or a file silently."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from functools import partial

import h5py
import matplotlib as mpl
import numpy as np
import pytest

from nlpfeat import numerics
from nlpfeat.cli import process as command
from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError
from nlpfeat.plotting.style import STYLE, house_style
from nlpfeat.store import netcdf
from nlpfeat.store.layout import FORMAT, open_folder
from nlpfeat.store.locks import lock
from nlpfeat.sweeps import launch
from nlpfeat.training import checkpoints
from tests.commands import ROOT, process, run
from tests.toys import SPIRALS, study, with_grid

SMALL = ("--config=configs/spirals.py:smoke", "--config.sweep.width=(2,)", "--config.sweep.seed=(0,)")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("small") / "study"
    assert process("sweep", *SMALL, f"--study={path}").returncode == 0
    return path


def python(code, *arguments, **variables):
    """Python code in a process of its own."""
    line = [sys.executable, "-c", code, *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"} | variables
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)


# --- signals, exceptions


def test_importing_a_command_touches_no_signal():
    code = (
        "import signal, os\n"
        "def surroundings(): return [*map(signal.getsignal, (signal.SIGINT, signal.SIGTERM)), dict(os.environ)]\n"
        "before = surroundings()\n"
        "import nlpfeat.cli.main\n"
        "assert surroundings() == before\n"
    )
    done = python(code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "/data/mine.csv"),
            "/data/mine.csv: Permission denied",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left"),
        (
            OSError(errno.EIO, "Input/output error", "/data/study/results.nc"),
            "results.nc: Input/output error",
        ),
        (OSError("a defect"), None),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), None),
        (
            FileNotFoundError(errno.ENOENT, "No such file", str(ROOT / "nlpfeat" / "report" / "gone.html")),
            None,
        ),
        (FileNotFoundError(errno.ENOENT, "No such file", os.__file__), None),
    ],
)
def test_only_the_users_own_files_are_mistakes(error, told, monkeypatch, capsys):
    """Anything else is a defect, and keeps its traceback."""

    def fails(argv):
        raise error

    if told is None:
        with pytest.raises(OSError, match=r".") as caught:
            command.run(fails, [])
        assert caught.value is error
        return
    with pytest.raises(SystemExit) as stopped:
        command.run(fails, [])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("report", ["--study={}/none"]),
        ("plot", ["--study={}/none"]),
        ("measure", ["--study={}/none"]),
        ("film", ["training", "--study={}", "--width=99"]),
        ("film", ["trainings", "--study={}", "--width=2"]),
        ("restore", ["--study={}", "--width=2", "--seed=7"]),
        ("batch-norm", ["--study={}", "--width=2", "--learning-rates=a"]),
        ("words", ["map", "--study={}/none"]),
        ("write", ["--study={}", "--temperature=inf"]),
    ],
)
def test_cheap_mistakes_wait_for_no_slow_import(name, arguments, small):
    """They are answered where neither JAX nor pandas can be imported."""
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('jax', 'pandas', 'flax', 'sklearn', 'matplotlib')))\n"
        "from nlpfeat.cli.main import main\n"
        "main()"
    )
    done = python(code, name, *(argument.format(small) for argument in arguments))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


def test_flags_of_further_axes_take_either_form(small):
    """Before and after what they stand beside, with an equals sign and without."""
    axis = ("--learning-rate", "0.001")
    done = run("words", "neighbours", f"--study={small}", *axis, "--width=2", "good")
    assert "unknown argument" not in done.stderr
    assert run("restore", f"--study={small}", "--learning-rate=7", "--width=2", "--seed=0").returncode == 2


def test_a_missing_config_is_not_proposed(tmp_path):
    done = run("sweep", "--config=configs/spirals.py", folder=tmp_path)
    assert done.returncode == 2
    assert "did you mean" not in done.stderr
    assert "nlpfeat ships one with the name 'spirals'" in done.stderr
    done = run("sweep", "--config=plans/spirals.py", folder=tmp_path)
    assert str(tmp_path / "plans") in done.stderr


# --- streams


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("latin-1", marks=pytest.mark.slow)])
def test_a_terminal_without_a_letter_shows_a_question_mark(encoding, small):
    done = process("sweep", *SMALL, f"--study={small}", env={**os.environ, "PYTHONIOENCODING": encoding})
    assert done.returncode == 0, done.stderr
    assert "test accuracy ? 0.99" in done.stdout


@pytest.mark.slow
def test_closed_streams(small):
    """Nothing is printed, and nothing of it lands in the files that are opened next; nor does a note become a result."""
    line = f"{sys.executable} -m nlpfeat sweep {' '.join(map(repr, SMALL))} --study={small}"
    assert subprocess.run(f"{line} <&- >&- 2>&-", shell=True, cwd=ROOT, check=False).returncode == 0
    assert netcdf.read_netcdf(small / "results.nc").loss.notnull().all()
    done = subprocess.run(f"{line} 2>&-", shell=True, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "results:" not in done.stdout


def test_bytes_that_are_no_text():
    line = [sys.executable.encode(), b"-m", b"nlpfeat", b"write", b"--prompt=caf\xe9"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert r"--prompt=caf\xe9" in done.stderr


# --- variables


@pytest.mark.slow
def test_a_variable_changes_no_number(small, tmp_path):
    """Not to the bit; and what was made without it is read with it."""
    path = tmp_path / "study"
    changed = {
        "JAX_ENABLE_X64": "1",
        "JAX_DEFAULT_MATMUL_PRECISION": "bfloat16",
        "JAX_RANDOM_SEED_OFFSET": "5",
    }
    done = process("sweep", *SMALL, f"--study={path}", env=os.environ | changed)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("is not heeded") == 3
    left, right = (netcdf.read_netcdf(one / "results.nc") for one in (path, small))
    assert left.drop_attrs().equals(right.drop_attrs())
    done = process("restore", f"--study={small}", "--width=2", "--seed=0", env=os.environ | changed)
    assert "agrees with the record" in done.stdout


def test_another_precision_is_no_damage(tmp_path):
    checkpoints.save(tmp_path, 3, {"a": np.ones(2, np.float64), "b": np.ones(2, np.float32)})
    with pytest.raises(UserError, match="float64") as caught:
        checkpoints.load(tmp_path, 3, {"a": np.ones(2, np.float32), "b": np.ones(2, np.float32)})
    assert "delete" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "variables"), [("sweep", {"JAX_PLATFORMS": "rocm"}), ("plot", {"MPLBACKEND": "nonsense"})]
)
def test_a_variable_that_cannot_be_heeded_is_named(name, variables, small, tmp_path):
    asked = SMALL if name == "sweep" else ()
    folder = tmp_path / "study" if name == "sweep" else small
    done = process(name, *asked, f"--study={folder}", env=os.environ | variables)
    ((variable, value),) = variables.items()
    assert done.returncode == 2, done.stderr
    assert f"error: {variable}={value}: " in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_variables_that_would_change_numbers_are_put_aside(monkeypatch, capsys):
    """And named, unless they say what is so anyway."""
    for name, value in (
        ("JAX_ENABLE_X64", "1"),
        ("JAX_THREEFRY_PARTITIONABLE", "0"),
        ("JAX_RANDOM_SEED_OFFSET", "0"),
    ):
        monkeypatch.setenv(name, value)
    command.pin_numbers()
    told = capsys.readouterr().err
    assert [name in told for name in ("X64", "PARTITIONABLE", "OFFSET")] == [True, True, False]
    assert not os.environ.keys() & {name.upper() for name in numerics.OPTIONS}


def test_figures_start_from_the_defaults_of_matplotlib():
    with mpl.rc_context(
        {"text.usetex": True, "font.size": 30, "axes.facecolor": "pink", "savefig.bbox": "tight"}
    ):
        with house_style():
            found = {name: mpl.rcParams[name] for name in ("text.usetex", "axes.facecolor", "savefig.bbox")}
            assert found == {name: mpl.rcParamsDefault[name] for name in found}
            assert mpl.rcParams["font.size"] == STYLE["font.size"]
        assert mpl.rcParams["font.size"] == 30


@pytest.mark.slow
def test_a_matplotlibrc_of_ones_own_changes_no_picture(small, tmp_path):
    """Nor does it matter what it says of LaTeX, fonts, or a backend with windows."""
    shutil.copytree(small, tmp_path / "study")
    (tmp_path / "matplotlibrc").write_text(
        "text.usetex: True\nfont.size: 30\naxes.facecolor: pink\nsavefig.bbox: tight\nbackend: TkAgg\n"
    )
    pictures = []
    for line in (run, partial(process, env=os.environ | {"MATPLOTLIBRC": str(tmp_path / "matplotlibrc")})):
        done = line("plot", f"--study={tmp_path / 'study'}")
        assert done.returncode == 0, done.stderr
        pictures.append(
            [file.read_bytes() for file in sorted((tmp_path / "study" / "figures").glob("*.png"))]
        )
    assert len(pictures[0]) > 2
    assert pictures[0] == pictures[1]


@pytest.mark.slow
def test_a_tilde_is_home_in_every_path(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine.csv").write_bytes((ROOT / "tests" / "reviews.csv").read_bytes())
    config = (ROOT / "configs" / "reviews_bag.py").read_bytes()
    (tmp_path / "mine.py").write_bytes(config)
    own = ("--config=~/mine.py:smoke", "--config.data.path=~/mine.csv", "--config.sweep.width=(2,)")
    done = run("sweep", *own, "--config.sweep.seed=(0,)", "--study=~/texts", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    member = ("--study=~/texts", "--width=2", "--seed=0")
    done = run("words", "export", *member, "--out=~/words.txt", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    done = run("words", "neighbours", "--vectors=~/words.txt", "food", folder=tmp_path)
    assert "no file" not in done.stderr
    assert run("restore", *member, "--out=~/net.npz", folder=tmp_path).returncode == 0
    assert {"texts", "words.txt", "net.npz"} <= {path.name for path in tmp_path.iterdir()}
    assert not list(tmp_path.rglob("~*"))
    with pytest.raises(UserError, match="no home directory of that name"):
        expand_path("~nobody-of-this-name/x")


def test_a_tilde_is_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    assert str(expand_path("~/x/y.csv")) == "/home/ada/x/y.csv"
    assert str(expand_path("a~/x")) == "a~/x"
    for name, flag in (
        ("restore", "--study"),
        ("report", "--out"),
        ("words", "--vectors"),
        ("sweep", "--config"),
    ):
        done = run(name, *(["map"] if name == "words" else []), f"{flag}=~/none/x")
        assert done.returncode == 2
        assert "/home/ada/none" in done.stderr or "'~/none/x'" in done.stderr


# --- files that others hold, or that lie elsewhere


def test_a_file_that_another_program_holds_is_not_damaged(small):
    code = "import h5py, sys, time; file = h5py.File(sys.argv[1], 'a'); print('held', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, small / "results.nc"], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline()
        done = run("plot", f"--study={small}")
    finally:
        holder.kill()
        holder.wait()
    assert done.returncode == 2
    assert "is open in another program" in done.stderr
    assert "delete" not in done.stderr


def test_a_file_that_may_not_be_read_is_not_damaged(tmp_path, monkeypatch):
    def refuses(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(netcdf.xr, "open_dataset", refuses)
    monkeypatch.setattr(netcdf, "require_own_storage", lambda path: None)
    with pytest.raises(PermissionError) as caught:
        netcdf.read_netcdf(tmp_path / "results.nc")
    assert caught.value.filename == str(tmp_path / "results.nc")
    assert h5py.version.hdf5_version


LINKS = [
    "lock",
    "measure.lock",
    "results.nc",
    "checkpoints/{}/lock",
    "checkpoints/{}/step_00000040",
    "checkpoints",
    "figures/a.png",
]


@pytest.mark.parametrize(
    ("name", "there"), [*((name, True) for name in LINKS), ("lock", False), ("results.nc", False)]
)
def test_a_link_that_leaves_the_study_is_refused(name, there, small, tmp_path):
    """Whatever it leads to stays as it is, or stays away."""
    shutil.copytree(small, tmp_path / "study")
    (label,) = open_folder(small).buckets()
    link, outside = tmp_path / "study" / name.format(label), tmp_path / "outside"
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    if there:
        outside.mkdir() if "step" in name or name == "checkpoints" else outside.write_text("precious")
    link.symlink_to(outside)
    for line in (["sweep", *SMALL[:2], "--config.sweep.seed=(1,)"], ["measure"]):
        done = run(*line, f"--study={tmp_path / 'study'}")
        assert done.returncode == 2, (line, done.stderr)
        assert str(link) in done.stderr.splitlines()[-1]
    assert outside.exists() == there
    assert not there or (
        list(outside.iterdir()) == [] if outside.is_dir() else outside.read_text() == "precious"
    )


def test_a_lock_follows_no_link_and_empties_no_file(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "lock").symlink_to(tmp_path / "mine.txt")
    with pytest.raises(UserError, match="is a link"), lock(tmp_path / "new" / "lock", wait=False):
        pass
    with pytest.raises(UserError, match="is a link"):
        launch.begin(with_grid(SPIRALS, width=(2,), seed=(0,)), tmp_path / "new")
    assert (tmp_path / "mine.txt").read_text() == "precious"
    with lock(tmp_path / "mine.txt", wait=False) as held:
        assert held
    assert (tmp_path / "mine.txt").read_text() == "precious"


def test_the_studys_own_folder_may_be_a_link(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "study").symlink_to(tmp_path / "scratch")
    made, _ = study(with_grid(SPIRALS, width=(2,), seed=(0,)), tmp_path / "study")
    (made.path / "again").symlink_to(made.path / "results.nc")  # within the study
    assert open_folder(tmp_path / "study").buckets() == made.buckets()


def test_another_format_is_refused(small, tmp_path):
    shutil.copytree(small, tmp_path / "study")
    config = tmp_path / "study" / "config.json"
    for stored in (
        config.read_text().replace(f'"format": {FORMAT},', ""),
        config.read_text().replace(f'"format": {FORMAT},', '"format": 9,'),
    ):
        config.write_text(stored)
        for line in (["restore", "--width=2", "--seed=0"], ["sweep", *SMALL]):
            done = run(*line, f"--study={tmp_path / 'study'}")
            assert done.returncode == 2
            assert "of format" in done.stderr


def test_installed_within_another_repository_it_is_not_of_that_commit(tmp_path):
    """Nor in a hook of git's, which tells git of a repository by variables."""
    place = tmp_path / "lib"
    place.mkdir()
    shutil.copytree(ROOT / "nlpfeat", place / "nlpfeat", ignore=shutil.ignore_patterns("__pycache__"))
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path)]
    (tmp_path / "theirs.txt").write_text("theirs")
    for line in (["init", "-q"], ["add", "theirs.txt"], ["commit", "-qm", "theirs"]):
        subprocess.run([*git, *line], check=True)
    theirs = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout
    code = "from nlpfeat.store import provenance; print(provenance.__file__, provenance.commit())"
    done = python(f"import sys; sys.path.insert(0, {str(place)!r})\n{code}")
    assert done.stdout.split() == [str(place / "nlpfeat" / "store" / "provenance.py"), "unknown"], done.stderr
    done = python(code, GIT_DIR=str(tmp_path / ".git"))
    assert theirs[:10] not in done.stdout


def test_ctrl_c_stops_a_command_at_once():
    code = (
        "import time\nfrom nlpfeat.cli.process import run\n"
        "def command(argv): print('here', flush=True); time.sleep(60)\nrun(command, [])"
    )
    line = [sys.executable, "-c", code]
    asleep = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert asleep.stdout.readline()
    asleep.send_signal(signal.SIGINT)
    assert asleep.wait(20) == 130
    assert b"stopped" in asleep.stderr.read()
