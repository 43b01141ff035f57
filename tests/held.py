"""One study and one native training of a row of the table: what `test_every_task.py` and `golden.py` look at."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from nlpfeat.store.layout import StudyFolder
from nlpfeat.study.restore import TrainedMember, restore
from nlpfeat.sweeps import launch, programs, runner
from nlpfeat.sweeps.compilation import compilations
from nlpfeat.sweeps.members import Bucket, member_factory, prepare
from nlpfeat.sweeps.runner import Interrupted
from nlpfeat.tasks.spec import Spec
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.task import GradientDescent
from tests.toys import Quiet, toy, with_grid, with_training

NARROW, WIDE, SEED = 3, 8, 1
MEMBER = {"width": NARROW, "seed": SEED}  # padded from 3 to 8 units in the study
FREE, FROZEN = 24, 16  # steps with all parameters free, then with one module frozen


class Held:
    """A row's study, trained without a pause, and its member of width 3 trained alone in a program of that width."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        plain = toy(name, steps=(FREE, FROZEN), snapshots=(0, FREE))
        plain = with_grid(plain, width=(NARROW, WIDE), seed=(0, SEED, 2))
        plain = replace(plain, settings=turned_on(plain.settings))
        self.task = plain.task
        factory = member_factory(plain)
        descends = isinstance(self.task.learner, GradientDescent)
        self.frozen = min(factory.shapes(NARROW)) if descends else ""
        frozen = ((), (self.frozen,)) if self.frozen else ()
        self.spec = with_training(plain, frozen=frozen)
        self.factory = replace(factory, spec=self.spec)
        with compilations() as self.compiled:
            self.study = self.sweep(self.spec, folder / "study")
        self.dataset = xr.open_dataset(self.study.combined).load()

    def sweep(self, spec: Spec, path: Path, patience: int = 10**9) -> StudyFolder:
        """Train a study, stopped after every `patience` records and resumed until it is done, by the row's one maker."""
        factory = replace(self.factory, spec=spec)
        for _ in range(20):
            job = launch.begin(spec, path, factory=factory)
            try:
                launch.train(job, Quiet(patience))
            except Interrupted:
                continue
            launch.finish(job.folder)
            return job.folder
        raise AssertionError("never done")

    def restore(self, step: int | None = None) -> TrainedMember:
        """The padded member at its own width."""
        return restore(self.study, self.factory, MEMBER, step)

    def bucket(self, table: pd.DataFrame) -> Bucket:
        """Members laid out as those of the study are, so that its program serves them."""
        assert len(table) <= len(self.study.members())
        fill = np.minimum(np.arange(len(self.study.members())), len(table) - 1)
        return prepare(self.factory, "b", table.iloc[fill], programs.member_mesh(), WIDE)

    @cached_property
    def native(self) -> tuple[StudyFolder, Bucket]:
        """The member alone, in a study of its own, while all parameters are free; and its bucket."""
        spec = with_training(self.spec, steps=(FREE,), frozen=())
        spec = with_grid(spec, width=(NARROW,), seed=(SEED,))
        study = self.sweep(spec, self.folder / "native")
        factory = replace(self.factory, spec=spec)
        return study, prepare(factory, "b", study.members(), programs.member_mesh(), NARROW)


def turned_on(settings: Any) -> Any:
    """The defaults, but none of the task's own that turns something off: a share dropped of 0 would hold nothing."""
    off = {
        name
        for name, value in vars(settings).items()
        if name not in vars(DescentSettings()) and isinstance(value, float) and value == 0
    }
    return replace(settings, **dict.fromkeys(off, 0.1))


def evaluated(spec: Spec, bucket: Bucket, params: Any, step: int = 0) -> dict[str, np.ndarray]:
    """The record (members, splits) of the parameters (places, …), by the training program: after no step, as at `step`."""
    state = runner.initial_state(bucket, (), params)
    ((_, record),) = runner.advance(spec.training, bucket, state, step, [step])
    return bucket.to_host(record)
