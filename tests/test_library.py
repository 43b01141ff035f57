"""The public library: what a notebook calls, by the names of `nlpfeat` itself."""

import inspect
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

import nlpfeat
from nlpfeat.cli.main import COMMANDS
from nlpfeat.errors import UserError
from nlpfeat.tasks.names import TASK_NAMES
from nlpfeat.tasks.registry import TASKS, origin_of
from tests.commands import ROOT, run

SMALL = {"data": {"points": 20}, "training": {"steps": (20,), "record_every": 10, "snapshots": (0,)}}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("library") / "study")
    return nlpfeat.sweep("spirals", width=(2, 8), seed=range(2), learning_rate=1e-2, study=path, **SMALL)


def test_every_public_name_is_there_documented_and_listed():
    for name in nlpfeat.__all__:
        assert name in dir(nlpfeat)
        found = getattr(nlpfeat, name)
        if inspect.isroutine(found):
            assert inspect.getdoc(found), name
    with pytest.raises(AttributeError, match="no attribute 'swep'"):
        nlpfeat.swep  # noqa: B018


def test_every_public_name_is_in_the_reference():
    text = (ROOT / "docs" / "api.md").read_text()
    assert not [name for name in nlpfeat.__all__ if not re.search(rf"[. ]{name}\n", text)]


def test_a_keyword_is_a_setting_an_axis_or_a_section(study):
    assert dict(study.spec.sweep) == {"width": (2, 8), "seed": (0, 1)}
    assert study.spec.settings.learning_rate == 1e-2
    assert study.spec.data.points == 20
    assert study.spec.data.arms == 5  # as the shipped config has it


def test_numpy_values_are_values(tmp_path):
    study = nlpfeat.sweep(
        "spirals:smoke", tmp_path / "study", width=np.array([2, 3]), seed=np.int64(4), noise=np.float64(0.1)
    )
    assert dict(study.spec.sweep) == {"width": (2, 3), "seed": (4,)}
    assert study.spec.settings.noise == 0.1


def test_an_opened_study_has_its_array_table_and_members(study):
    again = nlpfeat.open_study(str(study.path))
    xr.testing.assert_identical(again.results, study.results)
    assert again.table["width"].tolist() == [2, 8]
    assert set(again.table) >= {"members", "test_accuracy", "success"}
    assert len(again.members) == 4
    assert "spirals" in repr(again)


def test_the_display_of_an_array_is_short(study):
    """Config and provenance are attributes of `member_id`; xarray would show all of them below every array."""
    assert len(repr(study.results).splitlines()) < 40
    assert {"config", "provenance", "buckets"} <= set(study.results["member_id"].attrs)


def test_a_member_predicts_and_gives_parameters_and_trace(study):
    member = study.restore(width=8, seed=1)
    assert member.params["hidden"]["weight"].shape == (8, 2)
    train = member.splits["train"]
    points = np.stack(train.inputs, 1)
    predicted = member.predict(points)
    np.testing.assert_array_equal(predicted, member.predict(train.inputs))  # as its module reads them
    assert (predicted == train.targets).mean() == pytest.approx(member.record["accuracy"][0])
    assert member.predict([(0.1, 0.5)]).shape == (1,)
    assert member.forward(points)["embedding"].shape == (len(points), 2)
    trace = member.trace
    assert trace["step"].to_numpy().tolist() == [0, 10, 20]
    stored = study.results.sel(width=8, seed=1)
    np.testing.assert_array_equal(trace["loss"], stored["loss"].transpose("step", "split"))
    assert "width 8" in repr(member)
    assert [layer[2] for layer in member.layers] == [0.0, 1.0, 1.0]


def test_a_seed_may_be_the_median_or_the_best(study, tmp_path):
    assert int(study.restore(width=8, seed="median").settings.seed) in (0, 1)
    assert int(study.restore(width=8, seed="best").settings.seed) in (0, 1)
    done = run("restore", f"--study={study.path}", "--width=8", "--seed=best", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    with pytest.raises(UserError, match="not a number"):
        study.restore(width=8, seed="worst")
    with pytest.raises(UserError, match="did you mean 'width'"):
        study.restore(widht=8, seed=0)


def test_points_of_another_shape_are_refused(study):
    with pytest.raises(UserError, match=r"points \(n, 2\)"):
        study.restore(width=8, seed=1).predict([1.0, 2.0, 3.0])
    with pytest.raises(UserError, match="reads no texts"):
        study.restore(width=8, seed=1).predict("an excellent film")


def test_regions_of_a_member(study):
    regions = nlpfeat.regions(study.restore(width=8, seed=1), 1.1)
    assert len(regions) > 8
    assert regions.area.sum() == pytest.approx(2.2**2)
    assert regions.affine[0].shape == (len(regions), 5, 2)
    assert regions.to_xarray().sizes["region"] == len(regions)
    with pytest.raises(ValueError, match="neither 'active'"):
        regions.plot(colour="area")
    for colour in ("active", "class"):
        assert f"{len(regions)} linear regions" in regions.plot(colour=colour).get_title()


def test_a_config_by_name_is_that_of_the_file():
    named = nlpfeat.load_config("spirals:smoke")
    assert named == nlpfeat.load_config(ROOT / "configs" / "spirals.py:smoke")
    assert named["data"]["points"] == 20


def test_a_name_that_nlpfeat_does_not_ship_is_told(tmp_path):
    with pytest.raises(UserError, match="did you mean 'spirals'"):
        nlpfeat.load_config("spirels")
    done = run("sweep", "--config=spirels", folder=tmp_path)
    assert (done.returncode, "did you mean 'spirals'" in done.stderr) == (2, True)


@pytest.mark.parametrize("line", [["spirals:smoke"], ["--config=spirals:smoke"]])
def test_a_shipped_config_is_swept_by_its_name(line, tmp_path):
    done = run("sweep", *line, "--config.sweep.width=(2,)", "--config.sweep.seed=(0,)", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "spirals-smoke" / "results.nc").exists()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ([], "which config?"),
        (["spirals", "--config=spirals"], "two configs"),
        (["spirals", "--plot", "--json"], "--plot and --json"),
    ],
)
def test_which_config_is_asked_for(line, says, tmp_path):
    done = run("sweep", *line, folder=tmp_path)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


def leaves(commands):
    for command in commands:
        if command.subcommands:
            yield from leaves(command.subcommands)
        else:
            yield command


@pytest.mark.parametrize("command", list(leaves(COMMANDS)), ids=lambda command: command.name)
def test_every_command_names_the_line_of_python_that_does_the_same(command):
    if command.name == "completion":
        return  # of a shell
    names = compile(command.python, command.name, "exec").co_names
    assert "nlpfeat" in names or "nlpfeat" in command.python
    assert not [name for name in names if f"nlpfeat.{name}" in command.python and not hasattr(nlpfeat, name)]


def test_importing_is_light():
    """No module of a library beside Python's own; a test on time would fail on a slow machine."""
    code = (
        "import sys; before = set(sys.modules); import nlpfeat; new = set(sys.modules) - before\n"
        "print(sorted(name for name in new if name.split('.')[0] not in (*sys.stdlib_module_names, 'nlpfeat')), len(new))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    outside, count = done.stdout.strip().rsplit(" ", 1)
    assert outside == "[]"
    assert int(count) < 30


HEAVY = ("jax", "numpy", "pandas", "scipy", "xarray", "sklearn", "matplotlib", "orbax")
LOADED = f"""import sys
from nlpfeat.cli import main, process
try:
    process.run(main.dispatch, sys.argv[1:])
except SystemExit as stopped:
    print(stopped.code, *[name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["--help"], 0),
        (["sweep", "--help"], 0),
        (["sweep", "spirls"], 2),
        (["sweep", "spirals", "--shard=9/4"], 2),
        (["plot", "--study=nowhere"], 2),
        (["swep"], 2),
    ],
)
def test_help_and_first_mistakes_import_nothing_heavy(line, code, tmp_path):
    """What makes a command slow to start is not needed to tell a mistyped name."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *line],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr.splitlines()[-1] == str(code), done.stderr


def test_the_table_of_tasks_is_light():
    """The packages of analysis and figures wait until they are called."""
    code = "import sys, nlpfeat.tasks.registry; print(*sorted({'.'.join(name.split('.')[:2]) for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"scipy.stats", "scipy.ndimage", "xarray", "sklearn", "matplotlib", "orbax", "h5netcdf", "ray"}
    assert not heavy & set(done.stdout.split())


def test_names_of_tasks_are_those_of_the_table():
    """They are read without the table."""
    assert tuple(name for name in TASKS if origin_of(name) is None) == TASK_NAMES


def test_importing_and_help_survive_without_posix_locks(tmp_path):
    """As on Windows, where Python has no `fcntl`; training then says so."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['fcntl'] = None\n")
    code = (
        "import pkgutil, importlib, nlpfeat\n"
        "for m in pkgutil.walk_packages(nlpfeat.__path__, 'nlpfeat.'):\n"
        "    if m.name not in ('nlpfeat.sweeps.ray', 'nlpfeat.__main__'): importlib.import_module(m.name)\n"
        "from nlpfeat.cli import process, main\n"
        "process.run(main.dispatch, ['sweep', 'spirals:smoke', '--study=x'])\n"
    )
    path = f"{tmp_path}:{ROOT}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "POSIX file locks" in done.stderr
