"""Every bit of a study counts: what changed is told, and no number changes in silence; what is sound is never called damaged."""

import errno
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from unittest import mock

import h5py
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlpfeat import numerics
from nlpfeat.analysis.geometry import measure_study, unmeasured
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.store import layout, netcdf
from nlpfeat.store.atomic import write_csv
from nlpfeat.store.combine import read_combined
from nlpfeat.store.containment import Outside
from nlpfeat.store.json_files import parse_json, write_json
from nlpfeat.store.layout import open_folder, read_manifest
from nlpfeat.store.netcdf import open_netcdf, write_netcdf
from nlpfeat.store.precheck import FORMAT
from nlpfeat.store.results import read_bucket, read_measures
from nlpfeat.study.check import check_study
from nlpfeat.study.session import open_study
from nlpfeat.sweeps import launch, runner
from nlpfeat.tasks.spec import member_ids
from nlpfeat.training import checkpoints
from tests.commands import run
from tests.test_strangers import forge
from tests.toys import SPIRALS, study, with_grid

GRID = with_grid(SPIRALS, width=(2, 40), seed=(0, 1))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished and measured study of two buckets; not to be changed."""
    made, dataset = study(GRID, tmp_path_factory.mktemp("integrity") / "study")
    dataset.close()
    opened = open_study(made.path)
    with mock.patch("nlpfeat.analysis.geometry.process_pool", partial(ThreadPoolExecutor, 1)):
        measure_study(opened, unmeasured(opened)[:1])
    combined, damaged = launch.finish(made)
    assert not damaged
    combined.close()
    return made.path


@pytest.fixture
def copied(whole, tmp_path):
    """A copy that may be changed."""
    return Path(shutil.copytree(whole, tmp_path / "study"))


def numbers(dataset):
    """All that a dataset holds, comparable."""
    variables = {name: (v.dims, v.dtype.str, v.to_numpy().tolist()) for name, v in dataset.variables.items()}
    return repr((sorted(variables.items()), dataset.attrs))


def same_numbers(path, other):
    """Whether two studies have the same losses and accuracies."""
    with xr.open_dataset(path / "results.nc") as left, xr.open_dataset(other / "results.nc") as right:
        return all(np.array_equal(left[name], right[name]) for name in ("loss", "accuracy"))


def read_all(path, kind):
    """Everything that commands read of the files of a kind."""
    folder = open_folder(path)
    found = [folder.spec, dict(folder.numerics), folder.data_sha256, folder.members().to_csv()]
    if kind == "manifest.json":
        found.append(read_manifest(folder))
    if kind == "results.nc":
        found.append(numbers(read_combined(folder)))
    for label in folder.buckets():
        if kind == "results":
            found.append(numbers(read_bucket(folder, label)))
        for step in checkpoints.saved_steps(folder.checkpoints(label)):
            if kind == "measures" and folder.measures(label, step).exists():
                found.append(numbers(read_measures(folder, label, step)))
            if kind == "checkpoints":
                arrays = checkpoints.read(folder.checkpoints(label), step)
                found.append({name: array.tobytes() for name, array in arrays.items()})
    return repr(found)


KINDS = ("config.json", "manifest.json", "members", "results", "measures", "results.nc", "checkpoints")


@pytest.fixture(scope="module")
def expected(whole):
    return {kind: read_all(whole, kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_byte_changes_no_number_in_silence(kind, whole, expected, data):
    """Whichever file and byte, and whatever it becomes. More of them: `python -m benchmarks.chaos --only=flip`."""
    files = [path for path in sorted(whole.rglob("*")) if path.is_file() and path.stat().st_size]
    file = data.draw(st.sampled_from([path for path in files if path.relative_to(whole).parts[0] == kind]))
    before = file.read_bytes()
    place = data.draw(st.integers(0, len(before) - 1))
    changed = data.draw(st.integers(1, 255))
    try:
        file.write_bytes(before[:place] + bytes([before[place] ^ changed]) + before[place + 1 :])
        try:
            assert read_all(whole, kind) == expected[kind]
        except UserError as error:
            assert "\n" not in str(error)
    finally:
        file.write_bytes(before)


def test_check_counts_what_is_sound(copied):
    done = run("check", f"--study={copied}", "--json")
    counts = json.loads(done.stdout)["counts"]
    assert done.returncode == 0
    assert all(one["files"] == one["sound"] > 0 for one in counts.values())
    assert counts["checkpoints"]["files"] == 4
    folder = open_folder(copied)
    first, second = folder.buckets()
    folder.result(first).write_bytes(b"")
    flip(max(folder.checkpoints(second).glob("step_*/state/d/*"), key=lambda path: path.stat().st_size))
    shutil.rmtree(folder.checkpoints(first) / "step_00000000")
    done = run("check", f"--study={copied}")
    assert done.returncode == 2
    errors = done.stderr.splitlines()
    assert len(errors) == 3
    assert all(line.startswith("error: ") for line in errors)
    told = "\n".join(errors)
    assert all(word in told for word in (f"{first}.nc is damaged", "step_000000", "is damaged"))


def flip(path, place=None):
    """Flip a bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if place is None else place] ^= 1
    path.write_bytes(content)


def test_a_file_under_anothers_name_is_told(copied):
    folder = open_folder(copied)
    first, second = folder.buckets()
    shutil.copy(folder.result(first), folder.result(second))
    with pytest.raises(DamagedFile, match=f"{second}.nc is damaged, as it holds bucket {first}"):
        read_bucket(folder, second)
    steps = checkpoints.saved_steps(folder.checkpoints(first))
    shutil.copy(folder.measures(first, steps[0]), folder.measures(first, steps[1]))
    with pytest.raises(DamagedFile, match="at step"):
        read_measures(folder, first, steps[1])
    places = [folder.checkpoints(first) / f"step_{step:08d}" for step in steps]
    shutil.rmtree(places[0])
    shutil.copytree(places[1], places[0])
    with pytest.raises(DamagedFile, match=f"step_{steps[0]:08d} is damaged"):
        checkpoints.read(folder.checkpoints(first), steps[0])
    shutil.copy(folder.table(first), folder.table(second))
    with pytest.raises(DamagedFile, match=f"{second}.csv is damaged"):
        folder.members()


def test_a_setting_of_a_table_that_changed_is_told(copied):
    """The row is as good as any other; its id is not."""
    folder = open_folder(copied)
    table = folder.table(folder.buckets()[0])
    table.write_text(table.read_text().replace("0.001", "0.002", 1))
    with pytest.raises(DamagedFile, match="csv is damaged"):
        folder.members()


def test_a_missing_table_is_told_and_planned_anew(copied):
    folder = open_folder(copied)
    before, label = folder.members(), folder.buckets()[0]
    folder.table(label).unlink()
    errors = [str(found.error) for found in check_study(folder) if found.error]
    assert any(f"{label}.csv is missing" in error for error in errors)
    _, damaged = launch.finish(folder)
    assert f"{label}.csv is missing" in str(damaged[0])
    launch.run(GRID, copied)
    assert folder.members().equals(before)


@pytest.mark.parametrize("how", ["flipped", "of another study"])
def test_a_combined_array_is_made_again_without_asking(how, copied, tmp_path, caplog):
    before = numbers(open_study(copied).results)
    combined = copied / "results.nc"
    if how == "flipped":
        for place in range(2000, combined.stat().st_size, 100):
            flip(combined, place)
    else:
        other, _ = study(with_grid(SPIRALS, width=(3,), seed=(0,)), tmp_path / "other")
        shutil.copy(other.combined, combined)
    caplog.clear()
    assert numbers(open_study(copied).results) == before
    (told,) = [record.getMessage() for record in caplog.records if record.name.startswith("nlpfeat")]
    assert told.startswith(f"{combined} is damaged")
    assert "is made again from the finished buckets" in told


def test_what_mends_a_checkpoint_of_a_finished_bucket(copied, whole):
    """The two things that the message names; the step before is where training goes on."""
    folder = open_folder(copied)
    label = folder.buckets()[0]
    last = folder.checkpoints(label) / f"step_{GRID.training.total:08d}"
    for path in last.glob("state/d/*"):
        flip(path)
    with pytest.raises(DamagedFile, match=f"delete it and {folder.result(label)}, and run the sweep again"):
        open_study(copied).restore(width=int(folder.bucket(label)["width"].iloc[0]), seed=0)
    shutil.rmtree(last)
    folder.result(label).unlink()
    launch.run(GRID, copied)
    assert same_numbers(copied, whole)
    assert not [found.error for found in check_study(folder) if found.error]


def test_nothing_is_left_over_of_a_kill_between_save_and_discard(tmp_path, monkeypatch):
    def killed(*arguments):
        raise KeyboardInterrupt

    path = tmp_path / "study"
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(runner.checkpoints, "discard", killed)
        study(GRID, path)
    folder = open_folder(path)
    label = next(label for label in folder.buckets() if checkpoints.saved_steps(folder.checkpoints(label)))
    (folder.checkpoints(label) / "step_00000010.discarded").mkdir()
    study(GRID, path)
    for one in folder.buckets():
        names = {entry.name for entry in folder.checkpoints(one).iterdir()}
        assert names == {"lock", *(f"step_{step:08d}" for step in GRID.training.kept_steps)}


def test_checksums_stand_on_every_array_and_metadata(whole):
    folder = open_folder(whole)
    label = next(label for label in folder.buckets() if list((whole / "measures").glob(f"{label}*")))
    for path in (
        folder.combined,
        folder.result(label),
        next((whole / "measures").glob(f"{label}*")),
    ):
        assert path.read_bytes()[8] == 3  # the superblock of HDF5 1.10, with checksums in all metadata
        with h5py.File(path) as file, xr.open_dataset(path) as dataset:
            assert all(file[name].fletcher32 for name, one in dataset.variables.items() if one.ndim)
            assert dataset.attrs["labels_sha256"] == netcdf.labels_digest(dataset)


def test_scalars_and_names_are_in_the_digest(tmp_path):
    """HDF5 has checksums for neither."""
    path = tmp_path / "a.nc"
    dataset = xr.Dataset({"x": ((), 1.5), "y": ("place", np.arange(3.0))}, {"noise": 0.1})
    write_netcdf(dataset, path)
    with h5py.File(path, "r+") as file:
        file["x"][()] = 2.5
    with pytest.raises(DamagedFile, match=r"a\.nc is damaged"):
        open_netcdf(path)


# --- what is sound


def test_a_file_that_may_not_be_read_is_not_damaged(copied, monkeypatch):
    """A checkpoint, too: it is told as the system tells it."""

    def refused(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    folder = open_folder(copied)
    label = folder.buckets()[0]
    monkeypatch.setattr(checkpoints, "require_readable", refused)
    monkeypatch.setattr(
        checkpoints.ocp, "load", lambda *arguments: (_ for _ in ()).throw(ValueError("denied"))
    )
    with pytest.raises(PermissionError) as caught:
        checkpoints.read(folder.checkpoints(label), 0)
    assert "step_00000000" in str(caught.value.filename)


def test_memory_that_runs_out_is_no_damage(copied, monkeypatch):
    def too_large(*arguments, **options):
        raise MemoryError

    folder = open_folder(copied)
    label = folder.buckets()[0]
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints.ocp, "load", too_large)
        with pytest.raises(MemoryError):
            checkpoints.read(folder.checkpoints(label), 0)
    for reads in ("decode_cf", "open_dataset"):  # the fast way and the other
        monkeypatch.setattr(netcdf.xr, reads, too_large)
    with pytest.raises(MemoryError):
        read_bucket(folder, label)


def test_a_full_disk_ends_in_one_error_and_no_file(tmp_path, monkeypatch):
    """HDF5 is not told of it, as it could neither close the file nor leave it."""
    usual, room = netcdf.io.FileIO.write, 4000
    written = []

    def write(self, data):
        written.append(len(data))
        if sum(written) > room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return usual(self, data)

    class Full(netcdf._Output):
        def write(self, data, /):
            try:
                return write(self, bytes(data)) if self.failure is None else len(data)
            except OSError as error:
                self.failure = error
                return len(data)

    monkeypatch.setattr(netcdf, "_Output", Full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_netcdf(xr.Dataset({"x": ("place", np.arange(3000.0))}), tmp_path / "a.nc")
    assert caught.value.filename == str(tmp_path / "a.nc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("renamed", [False, True])
def test_a_study_whose_folder_goes_while_it_trains_is_trained_by_the_same_command(renamed, whole, tmp_path):
    path, aside = tmp_path / "study", tmp_path / "aside"

    class Gone(runner.NoProgress):
        def step(self, bucket, members, step):
            if step == 10:
                path.rename(aside) if renamed else shutil.rmtree(path)

    with pytest.raises(UserError, match="was deleted or renamed while it trained"):
        launch.run(GRID, path, Gone())
    assert not path.exists()
    made = launch.run(GRID, path)
    assert same_numbers(path, whole)
    if renamed:
        assert launch.make_plan(made.factory, aside).missing


def test_a_task_that_has_gained_a_setting_is_told_from_damage(copied):
    """Nothing is to be deleted then, neither where the settings of members are others, nor those of all."""
    for table in (copied / "members").glob("*.csv"):
        rows = [line.split(",") for line in table.read_text().splitlines()]
        table.write_text("".join(",".join(row[:-1]) + "\n" for row in rows))
    with pytest.raises(UserError, match="has other settings in this nlpfeat") as caught:
        open_folder(copied).members()
    assert not isinstance(caught.value, DamagedFile)


def test_a_model_that_has_gained_a_setting_is_told_from_damage(copied):
    stored = parse_json(copied / "config.json")
    forge(copied / "config.json", model=stored["model"] | {"embedding": 3})
    with pytest.raises(UserError, match="has other settings in this nlpfeat"):
        open_folder(copied).members()


def test_what_is_left_of_a_deleted_folder_is_taken_up(whole, tmp_path):
    """A run that goes on may leave folders behind without the config; a folder of somebody else's is left alone."""
    path = tmp_path / "study"
    label = open_folder(whole).buckets()[0]
    (path / "checkpoints" / label).mkdir(parents=True)
    (path / "checkpoints" / label / "lock").touch()
    launch.run(GRID, path)
    for name, file in (("results", "mine.txt"), ("members", "mine.csv"), ("other", "x")):
        (tmp_path / name / name).mkdir(parents=True)
        (tmp_path / name / name / file).touch()
        with pytest.raises(UserError, match="is not a study"):
            launch.begin(GRID, tmp_path / name)


# --- numerics


def test_a_study_computed_otherwise_is_not_mixed(copied, monkeypatch):
    """Neither trained nor read under other options; read, but not trained, by other versions and compilers."""
    recorded = dict(open_folder(copied).numerics)
    assert recorded == numerics.current()
    forge(copied / "config.json", numerics=recorded | {"jax_enable_x64": True})
    for attempt in (lambda: launch.begin(GRID, copied), lambda: open_study(copied).restore(width=2, seed=0)):
        with pytest.raises(UserError, match="jax_enable_x64 is True there and False here"):
            attempt()
    for name in ("jax", "XLA_FLAGS"):
        forge(copied / "config.json", numerics=recorded | {name: "other"})
        with pytest.raises(UserError, match=f"{name} is 'other' there and '.*' here"):
            launch.begin(GRID, copied)
        assert open_study(copied).restore(width=2, seed=0).finite


def test_a_variable_is_put_aside_and_a_choice_in_python_is_recorded(monkeypatch, caplog):
    import jax

    monkeypatch.setenv("JAX_RANDOM_SEED_OFFSET", "5")
    jax.config.update("jax_random_seed_offset", 5)
    numerics.pin()
    assert "JAX_RANDOM_SEED_OFFSET" not in os.environ
    assert numerics.current()["jax_random_seed_offset"] == 0
    assert "JAX_RANDOM_SEED_OFFSET is not heeded" in caplog.text
    jax.config.update("jax_random_seed_offset", 7)
    try:
        numerics.pin()
        assert numerics.current()["jax_random_seed_offset"] == 7
        numerics.use({"jax_random_seed_offset": 0})
        assert numerics.current()["jax_random_seed_offset"] == 0
    finally:
        jax.config.update("jax_random_seed_offset", 0)


def test_flags_that_change_no_number_are_not_recorded(monkeypatch):
    monkeypatch.setenv(
        "XLA_FLAGS", "--xla_dump_to=x --xla_b=1 --xla_force_host_platform_device_count=4 --xla_a=2"
    )
    assert numerics.current()["XLA_FLAGS"] == "--xla_a=2 --xla_b=1"


# --- limits


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("data.arms=4294967301", "at most 2,147,483,647"),
        ("training.steps=(2147483647,2)", "more than a program counts"),
        ("training.record_every=1", None),
        ("data.arms=2147483647", "ask for less"),
        ("model.embedding=2000000000", "ask for less"),
        ("training.batch_size=2147483647", "ask for less"),
        ("sweep.width=(2147483647,)", "ask for less"),
    ],
)
def test_what_a_program_cannot_hold_is_refused(override, told, tmp_path):
    line = ("--config=configs/spirals.py:smoke", f"--config.{override}", f"--study={tmp_path / 'study'}")
    done = run("sweep", *line, *([] if told else ["--config.training.steps=(2000000000,)"]))
    assert done.returncode == 2, done.stderr
    assert (told or "more than 1,000,000") in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "study").exists()


def test_every_whole_number_has_a_largest_value():
    from nlpfeat.config import limits
    from nlpfeat.config.schema import hints_of, read_sections
    from nlpfeat.tasks.registry import TASKS

    for task in TASKS.values():
        for section, cls in task.sections.items():
            for key, hint in hints_of(cls).items():
                if getattr(hint, "__origin__", hint) is int:
                    with pytest.raises(UserError, match=f"{section}.{key}: "):
                        read_sections({f"{section}.{key}": limits.INT32 + 1}, {}, task.sections)


# --- strangers


def test_numbers_of_another_file_are_refused_before_any_is_read(copied, tmp_path):
    """External storage, external links and virtual datasets."""
    folder = open_folder(copied)
    label = folder.buckets()[0]
    secret = tmp_path / "secret"
    secret.write_bytes(b"precious" * 100)
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["x"] = np.arange(10.0)
    for how in ("external", "link", "soft", "virtual", "group"):
        with h5py.File(folder.result(label), "w") as file:
            if how == "external":
                file.create_dataset("loss", (4,), "f4", external=[(str(secret), 0, 16)])
            elif how == "link":
                file["loss"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "x")
            elif how == "soft":
                file["loss"] = h5py.SoftLink("/elsewhere")
            elif how == "group":
                file.create_group("loss")
            else:
                virtual = h5py.VirtualLayout((10,), "f8")
                virtual[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (10,))
                file.create_virtual_dataset("loss", virtual)
        with pytest.raises(Outside, match="'loss'"):
            read_bucket(folder, label)
        done = run("check", f"--study={copied}")
        assert done.returncode == 2
        assert "'loss'" in done.stderr


@pytest.mark.parametrize(
    "name", ["config.json", "members/{}.csv", "results/{}.nc", "checkpoints/{}/lock", "measure.lock"]
)
def test_a_fifo_is_not_waited_for(name, copied):
    label = open_folder(copied).buckets()[0]
    file = copied / name.format(label)
    file.unlink(missing_ok=True)
    os.mkfifo(file)
    for line in (["check"], ["restore", "--width=2", "--seed=0"]):
        done = run(*line, f"--study={copied}")
        assert done.returncode == 2
        assert str(file) in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[" * 200_000, "is damaged"),
        (b'{"a":' * 100_000, "is damaged"),
        (b"\xff\xfe", "is damaged"),
        (b"[1]", "is damaged"),
        (b"x" * (17 * 2**20), "more than any study's"),
    ],
)
def test_a_config_that_is_no_config_is_answered_at_once(content, told, copied):
    (copied / "config.json").write_bytes(content)
    done = run("plot", f"--study={copied}")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert told in done.stderr


def test_a_grid_of_a_billion_members_is_not_expanded(copied, monkeypatch):
    thousand = list(range(1, 1001))
    forge(copied / "config.json", sweep={"width": thousand, "seed": thousand, "noise": thousand})
    monkeypatch.setattr(layout, "resolve", lambda *arguments: pytest.fail("it was resolved"))
    done = run("plot", f"--study={copied}")
    assert done.returncode == 2
    assert "1,000,000,000 members" in done.stderr


def test_a_foreign_file_among_the_tables_is_named(copied):
    foreign = copied / "members" / "notes.csv"
    foreign.write_text("id,width\n")
    for line in (["plot"], ["check"], ["sweep", "--config=configs/spirals.py:smoke", "--dry-run"]):
        done = run(*line, f"--study={copied}")
        assert done.returncode == 2, done.stdout
        assert done.stderr.count("\n") == 1, done.stderr


def test_folders_of_steps_that_nlpfeat_does_not_write_are_left_alone(copied):
    folder = open_folder(copied)
    label = folder.buckets()[0]
    before = checkpoints.saved_steps(folder.checkpoints(label))
    for name in ("step_12345678901234567890123", "step_7", "step_0000000030", "step_٣٣٣٣٣٣٣٣"):
        (folder.checkpoints(label) / name).mkdir()
    assert checkpoints.saved_steps(folder.checkpoints(label)) == before


def test_results_without_attributes_are_damaged(copied):
    folder = open_folder(copied)
    label = folder.buckets()[0]
    with h5py.File(folder.result(label), "r+") as file:
        for name in list(file.attrs):
            if not name.startswith("_"):
                del file.attrs[name]
    with pytest.raises(DamagedFile, match="is damaged"):
        read_bucket(folder, label)


def test_a_study_of_another_format_is_refused_in_one_line(copied):
    """An older one, which had other settings, and a newer one."""
    content = parse_json(copied / "config.json")
    del content["sha256"]
    (copied / "config.json").write_text(json.dumps(content | {"format": FORMAT - 1}))
    with pytest.raises(
        UserError, match=f"is a study of format {FORMAT - 1}, and this nlpfeat reads format {FORMAT}"
    ):
        open_folder(copied)
    write_json(copied / "config.json", content | {"format": FORMAT + 1})
    with pytest.raises(UserError, match=f"is a study of format {FORMAT + 1}"):
        open_folder(copied)


def test_a_table_for_spreadsheets_runs_no_formula(tmp_path):
    """Text that would begin a formula stands behind an apostrophe; numbers stay as they are."""
    words = ["=1+1", "+a", "-b", "@c", "\t=d", "\r=e", "\x1b[2J", "＝f", "good", "", "-0.5"]
    path = write_csv(pd.DataFrame({"=word": words, "x": np.arange(-5.0, 6.0)}), tmp_path / "a" / "table.csv")
    back = pd.read_csv(path, keep_default_na=False)
    assert back.columns.tolist() == ["'=word", "x"]
    told = back["'=word"].tolist()
    assert told == [*(f"'{word}".replace("\r", "\n") for word in words[:8]), *words[8:]]
    assert back["x"].tolist() == np.arange(-5.0, 6.0).tolist()


def test_settings_that_no_config_may_have_are_refused_in_a_table(copied):
    """Whoever wrote it, its ids and its name fit them."""
    folder = open_folder(copied)
    label = folder.buckets()[0]
    for change in ({"width": 2**40}, {"seed": -1}, {"learning_rate": float("inf")}):
        members = folder.bucket(label).iloc[:1].assign(**change)
        ids = member_ids(folder.spec, {name: members[name].tolist() for name in members})
        members.index = pd.Index(ids, name="id", dtype=object)
        forged = layout.bucket_label(ids, members["width"].to_numpy())
        layout.write_bucket(folder, forged, members)
        with pytest.raises(DamagedFile, match=forged):
            folder.bucket(forged)
        folder.table(forged).unlink()


def test_a_damaged_config_opens_no_way_outside(copied, tmp_path):
    """The sweep that would write it anew still refuses links."""
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.rmtree(copied / "results")
    (copied / "results").symlink_to(outside)
    for damage in (lambda: (copied / "config.json").write_bytes(b"{"), (copied / "config.json").unlink):
        damage()
        with pytest.raises(Outside, match="leads out of the study"):
            launch.begin(GRID, copied)
    (copied / "results").unlink()
    (copied / "config.json").symlink_to(tmp_path / "elsewhere.json")
    shutil.copy(copied / "manifest.json", tmp_path / "elsewhere.json")
    with pytest.raises(UserError, match="is a link"):
        open_folder(copied)
