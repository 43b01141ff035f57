"""Interrupted, killed, extended, sharded: the numbers stay those of the undisturbed run."""

import functools
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
import xarray as xr

from nlpfeat.data.core import Examples, count, split_names
from nlpfeat.errors import UserError
from nlpfeat.store import netcdf
from nlpfeat.store.layout import open_folder
from nlpfeat.store.locks import lock
from nlpfeat.study.session import Study
from nlpfeat.sweeps import launch
from nlpfeat.sweeps.compilation import compilations
from nlpfeat.sweeps.runner import Interrupted
from nlpfeat.tasks.registry import TASKS
from nlpfeat.training import checkpoints
from nlpfeat.training.step import evaluate
from tests.toys import SPIRALS, TOYS, Quiet, study, with_grid, with_training

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Each toy, run without interruption when first asked for."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return functools.cache(lambda name: study(TOYS[name], folder / name)[1])


def same(left, right):
    """Equal in labels and, bit for bit, in numbers."""
    assert left.member_id.equals(right.member_id)
    for name in ("loss", TASKS[left.attrs["task"]].evaluation.headline.name):
        xr.testing.assert_identical(left[name], right[name])
        assert left[name].notnull().all()


@pytest.mark.slow  # of two records at a time: tests/test_every_task.py
@pytest.mark.parametrize("name", sorted(TASKS))
@pytest.mark.parametrize("patience", [1, 3, 5])
def test_interrupted_and_resumed_equals_uninterrupted(undisturbed, name, patience, tmp_path):
    """Stopped after every `patience` stops until done: before, between and after phases and checkpoints."""
    spec, path = TOYS[name], tmp_path / "study"
    for _ in range(30):
        try:
            job = launch.begin(spec, path)
            launch.train(job, Quiet(patience))
            break
        except Interrupted:
            continue
    same(launch.finish(job.folder)[0], undisturbed(name))


KILLED = """
import os, signal, sys
from pathlib import Path
import jax
jax.config.update("jax_num_cpu_devices", 2)
from nlpfeat.sweeps import launch
from nlpfeat.training import checkpoints
from tests.toys import TOYS, Quiet

kind, name, path, place = sys.argv[1:]
die = lambda: os.kill(os.getpid(), signal.SIGKILL)

class Watch(Quiet):
    def step(self, *seen):
        super().step(*seen)
        if kind == "between" and len(self.seen) == int(place):
            die()

if kind == "during":
    saves, whole = [], checkpoints.ocp.save
    def save(path, tree, **options):
        saves.append(path)
        if len(saves) == int(place):
            checkpoints.ocp.save_async(path, tree, **options)
            die()
        whole(path, tree, **options)
    checkpoints.ocp.save = save

launch.train(launch.begin(TOYS[name], Path(path)), Watch())
"""


@pytest.mark.parametrize(
    ("kind", "name", "place"),
    [
        pytest.param("between", "spirals", 2, marks=pytest.mark.slow),
        pytest.param("between", "planted_words", 4, marks=pytest.mark.slow),
        ("during", "spirals", 1),
        pytest.param("during", "planted_words", 3, marks=pytest.mark.slow),
    ],
)
def test_killed_and_run_again_equals_undisturbed(undisturbed, kind, name, place, tmp_path):
    path = tmp_path / "study"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, kind, name, path, str(place)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (path / "results.nc").exists()
    _, dataset = study(TOYS[name], path)
    same(dataset, undisturbed(name))
    assert not list(path.rglob("*.part"))
    assert not list(path.rglob("*orbax-checkpoint-tmp*"))


def test_a_kill_loses_at_most_one_stretch(tmp_path):
    """Killed when step 30 was reached but not saved: the checkpoint of step 20 saves all before it."""
    line = [sys.executable, "-c", KILLED, "between", "spirals", tmp_path / "study", "4"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    watch = Quiet()
    launch.train(launch.begin(SPIRALS, tmp_path / "study"), watch)
    assert [step for _, _, step in watch.seen] == [30]


def test_a_setting_swept_once_leaves_the_study_what_it_was(tmp_path):
    """Extended along noise, the study still takes its first command, and refuses another fixed noise."""
    path, first = tmp_path / "study", with_grid(SPIRALS, width=(2,), seed=(0,))
    study(first, path)
    study(with_grid(SPIRALS, width=(2,), seed=(0,), noise=(0.1,)), path)
    changed = replace(first, settings=replace(first.settings, noise=0.3))
    with pytest.raises(UserError, match=r"settings\.noise \(0\.2 there, 0\.3 asked\)"):
        launch.begin(changed, path)
    assert not launch.begin(first, path).missing


def test_what_a_kill_at_the_very_start_leaves_does_no_harm(tmp_path):
    path = tmp_path / "study"
    path.mkdir()
    (path / "lock").touch()
    (path / ".config.json.1234.part").write_text("{")
    study(with_grid(SPIRALS, width=(2,), seed=(0,)), path)
    assert not list(path.rglob("*.part"))


def test_run_again_trains_nothing(tmp_path):
    _, first = study(SPIRALS, tmp_path / "study")
    watch = Quiet()
    _, second = study(SPIRALS, tmp_path / "study", watch)
    assert watch.seen == []
    same(first, second)


def test_extension_trains_only_the_new_members(undisturbed, tmp_path):
    """More widths, seeds, and an axis that was not there before."""
    path = tmp_path / "study"
    study(with_grid(SPIRALS, width=(2, 8), seed=(0,)), path)
    before = open_folder(path).members()
    watch = Quiet()
    _, dataset = study(SPIRALS, path, watch)
    trained = {(bucket, members) for bucket, members, _ in watch.seen}
    assert sum(members for _, members in trained) == 4
    assert not {bucket for bucket, _ in trained} & set(before["bucket"])
    after = open_folder(path).members()
    assert after.loc[before.index].equals(before)
    assert dataset.member_id.equals(undisturbed("spirals").member_id)
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(dataset[name], undisturbed("spirals")[name], atol=1e-5)

    _, wider = study(with_grid(SPIRALS, width=(2,), seed=(0,), noise=(0.1, 0.2)), path)
    assert wider.loss.dims == ("width", "seed", "noise", "step", "split")
    assert int((wider.member_id != "").sum()) == 7
    xr.testing.assert_equal(wider.loss.sel(noise=0.2, drop=True), dataset.loss.drop_vars("noise"))


def test_another_config_is_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "study"
    study(with_grid(SPIRALS, width=(2,), seed=(0,)), path)
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}
    changed = with_training(SPIRALS, steps=(40,), batch_size=5)
    with pytest.raises(
        UserError, match=r"training.batch_size \(0 there, 5 asked\); training.steps"
    ) as caught:
        launch.begin(changed, path)
    assert "\n" not in str(caught.value)
    assert {p: p.read_bytes() for p in path.rglob("*") if p.is_file()} == before


def test_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("do not touch")
    with pytest.raises(UserError, match="is not a study"):
        launch.begin(SPIRALS, tmp_path)


def test_shards_together_are_the_whole(undisturbed, tmp_path):
    path = tmp_path / "study"
    sizes = []
    for index in (0, 1, 2):
        watch = Quiet()
        plan = launch.run(SPIRALS, path, watch, shard=(index, 3))
        sizes.append(sum({bucket: members for bucket, members, _ in watch.seen}.values()))
    dataset = netcdf.read_netcdf(plan.folder.combined)
    assert sum(sizes) == 6
    assert min(sizes) > 0
    assert dataset.member_id.equals(undisturbed("spirals").member_id)
    np.testing.assert_allclose(dataset.loss, undisturbed("spirals").loss, atol=1e-5)


def test_a_bucket_held_by_another_process_is_left_to_it(tmp_path):
    job = launch.begin(SPIRALS, tmp_path / "study")
    with lock(job.folder.checkpoints(job.missing[0]) / "lock", wait=False) as held:
        assert held
        outcome = launch.train(job, Quiet())
    assert outcome.busy == [job.missing[0]]
    assert outcome.finished == job.missing[1:]


def test_programs_compiled(tmp_path):
    """One training program a bucket; data and first draws once a study. Frozen parameters: tests/test_every_task.py."""
    spec = with_grid(SPIRALS, width=(2, 3, 40), seed=(0, 1, 2), learning_rate=(1e-3, 1e-2))
    job = launch.begin(spec, tmp_path / "study")
    assert len(job.missing) == 2
    jax.clear_caches()
    with compilations() as compiled:
        launch.train(job, Quiet())
    assert compiled.programs["advance"] == len(job.missing)
    assert compiled.programs["make_splits"] == compiled.programs["init"] == 1
    once = {"make_splits", "init", "product"}  # the last for the peak of the devices
    assert set(compiled.programs) == {"advance", "fresh_record", "init_members", *once}


def test_members_are_the_table_written_before_anything_runs(tmp_path):
    job = launch.begin(SPIRALS, tmp_path / "study")
    table = job.folder.members()
    assert len(table) == 6
    assert (table["bucket"] != "").all()
    assert json.loads((tmp_path / "study" / "config.json").read_text())["task"] == "spirals"
    assert not list((tmp_path / "study" / "results").iterdir())


def damage(path: Path):
    """Cut a file, or every file of a folder, in half."""
    for target in [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]:
        os.truncate(target, target.stat().st_size // 2)


def test_a_bucket_goes_on_from_the_last_checkpoint_that_is_sound(tmp_path, caplog):
    spec = with_grid(SPIRALS, width=(2, 40), seed=(0, 1))
    _, undisturbed = study(spec, tmp_path / "undisturbed")
    job = launch.begin(spec, tmp_path / "study")
    with pytest.raises(Interrupted):
        launch.train(job, Quiet(patience=3))
    folder = job.folder.checkpoints(job.missing[0])
    latest = folder / f"step_{checkpoints.saved_steps(folder)[-1]:08d}"
    damage(latest)
    same(study(spec, tmp_path / "study")[1], undisturbed)
    (told,) = [record.getMessage() for record in caplog.records if record.name.startswith("nlpfeat")]
    assert f"{latest} is damaged" in told
    assert "goes on from the checkpoint before" in told


def test_a_damaged_result_is_named_and_rebuilt(undisturbed, tmp_path):
    made, _ = study(SPIRALS, tmp_path / "study")
    label = made.members()["bucket"].iloc[0]
    damage(made.result(label))
    with pytest.raises(UserError, match=f"{label}.nc is damaged"):
        study(SPIRALS, tmp_path / "study")
    wider = with_grid(SPIRALS, width=(60,), seed=(0,))
    with pytest.raises(UserError, match=f"{label}.nc is damaged"):
        study(wider, tmp_path / "study")
    assert netcdf.read_netcdf(made.combined)["width"].to_numpy().tolist() == [60]  # what is whole is combined
    made.result(label).unlink()
    same(study(SPIRALS, tmp_path / "study")[1].sel(width=[2, 3, 8]), undisturbed("spirals"))


@pytest.mark.parametrize("name", ["members/w2-2-*.csv", "manifest.json"])
def test_damaged_tables_are_named(name, tmp_path):
    study(with_grid(SPIRALS, width=(2,), seed=(0,)), tmp_path / "study")
    (path,) = (tmp_path / "study").glob(name)
    damage(path)
    with pytest.raises(UserError, match=path.name):
        launch.begin(SPIRALS, tmp_path / "study")


@pytest.mark.parametrize("lost", [False, True])
def test_a_damaged_config_is_written_anew_by_the_sweep_that_made_it(lost, tmp_path, caplog):
    """And by no other: the ids of its members say which it was."""
    made, before = study(with_grid(SPIRALS, width=(2,), seed=(0,)), tmp_path / "study")
    damage(made.config)
    if lost:
        made.config.unlink()
    with pytest.raises(UserError, match=r"config\.json is damaged|is not a study"):
        open_folder(made.path)
    with pytest.raises(UserError, match=r"config\.json is damaged|is not a study"):
        launch.begin(with_training(SPIRALS, steps=(40,)), made.path)
    _, after = study(with_grid(SPIRALS, width=(2,), seed=(0,)), made.path)
    same(after, before)
    told = [record.getMessage() for record in caplog.records if record.name.startswith("nlpfeat")]
    assert lost or ["config.json is damaged" in line for line in told] == [True]


def test_a_member_table_that_was_deleted_is_planned_as_before(tmp_path):
    """The mend that a damaged table's message names: nothing is trained again."""
    spec = with_grid(SPIRALS, width=(2, 3, 40), seed=(0, 1))
    made, _ = study(spec, tmp_path / "study")
    before = made.members()
    made.table(made.buckets()[0]).unlink()
    assert not launch.begin(spec, tmp_path / "study").missing
    assert made.members().equals(before)


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "name", ["spirals", *(pytest.param(n, marks=SLOW) for n in ("spirals_deep", "annulus"))]
)
def test_the_last_record_is_over_ten_thousand_fresh_points(name, tmp_path):
    """Of every split that is not learned from; those before it, and the training part, over the splits."""
    spec = with_grid(TOYS[name], width=(3,), seed=(0,))
    made, dataset = study(spec, tmp_path / "study")
    member = Study(made).restore(width=3, seed=0)
    fresh = member.recorded_splits
    for split in ("train", "test"):
        record = evaluate(member.program, member.params, member.data._replace(splits={split: fresh[split]}))
        kept = dataset.sel(width=3, seed=0, split=split).isel(step=-1)
        assert float(record["loss"][0]) == pytest.approx(kept["loss"].item(), abs=1e-5)
        assert float(record["accuracy"][0]) == pytest.approx(kept["accuracy"].item(), abs=2e-4)
    assert count(fresh["train"]) == count(member.splits["train"])
    for split in member.splits.keys() - {"train"}:
        assert count(fresh[split]) >= 10_000
        assert not np.isin(
            np.asarray(member.splits[split].inputs[0]), np.asarray(fresh[split].inputs[0])
        ).all()
    first = Study(made).restore(0, width=3, seed=0)
    assert first.recorded_splits is first.splits


NOTHING = Examples((), ())


def test_records_stack_splits_in_their_one_order():
    assert split_names(dict.fromkeys(("validation", "test", "train"), NOTHING)) == [
        "train",
        "validation",
        "test",
    ]
    assert split_names(dict.fromkeys(("test", "train"), NOTHING)) == ["train", "test"]
