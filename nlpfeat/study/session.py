"""An opened study: what every analysis starts from."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import xarray as xr
from jaxtyping import PyTree

from nlpfeat.data.core import Dataset
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.store.combine import read_combined
from nlpfeat.store.layout import StudyFolder, open_folder
from nlpfeat.study.restore import TrainedMember, restore, study_factory
from nlpfeat.sweeps import launch
from nlpfeat.sweeps.members import MemberFactory
from nlpfeat.sweeps.runner import ProgressCallback
from nlpfeat.tasks.spec import Spec, resolve
from nlpfeat.training.task import Task

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Study:
    """A study that is open: its folder, and what is read from it once, when it is first asked for.

    Attributes:
      folder: where it is.
      known_factory: the factory of its members, where it is at hand: files are read and programs compiled once.
    """

    folder: StudyFolder
    known_factory: MemberFactory | None = None

    @property
    def path(self) -> Path:
        """Of its folder."""
        return self.folder.path

    @property
    def spec(self) -> Spec:
        """Everything that decides what it computes."""
        return self.folder.spec

    @property
    def task(self) -> Task:
        """What its members are trained on."""
        return self.spec.task

    @cached_property
    def factory(self) -> MemberFactory:
        """Makes its members; the files of the dataset are read and compared with those that it was trained on.

        Raises:
          UserError: if the files cannot be had or read, or have changed.
        """
        return self.known_factory or study_factory(self.folder)

    @property
    def dataset(self) -> Dataset:
        """What all its members share."""
        return self.factory.dataset

    @cached_property
    def members(self) -> pd.DataFrame:
        """The settings and the bucket of all members ever planned, indexed by id."""
        return self.folder.members()

    @cached_property
    def results(self) -> xr.Dataset:
        """The labelled array of all finished members: dims width, seed, further axes, step, split.

        An array that is damaged is made again from the results of the buckets.

        Raises:
          UserError: if no bucket is finished, or results of a bucket are damaged.
        """
        try:
            return read_combined(self.folder)
        except DamagedFile as error:
            log.warning("%s; it is made again from the finished buckets", error.what)
        dataset, damaged = launch.finish(self.folder)
        launch.require_whole(damaged)
        if dataset is not None:
            dataset.close()
        return read_combined(self.folder)

    def member(self, step: int | None = None, **settings: float) -> TrainedMember:
        """Restore a member, as in `study.member(width=8, seed=3)`.

        Args:
          step: a step whose checkpoint was kept; the last one if None.
          settings: width and seed, and those that the grid varies besides.

        Raises:
          UserError: if the study lacks the member or the step; DamagedFile if its checkpoint cannot be read.
        """
        return restore(self.folder, self.factory, settings, step)

    def trained_member(self, step: int | None = None, **settings: float) -> TrainedMember:
        """As `member`, of one whose training did not diverge.

        Raises:
          UserError: if it did, and as `member`.
        """
        member = self.member(step, **settings)
        if not member.finite:
            raise UserError(
                f"the training of this member diverged by step {member.step}: its parameters are not finite"
            )
        return member


def open_study(path: str | Path) -> Study:
    """Open the study in a folder.

    Raises:
      UserError: if there is none, if it is of another format, or if a link in it leads out of it; DamagedFile if its
        config cannot be read.
    """
    return Study(open_folder(Path(path)))


def sweep(
    config: Mapping[str, PyTree] | Spec,
    path: str | Path,
    progress: ProgressCallback | None = None,
    factory: MemberFactory | None = None,
) -> Study:
    """Train what the study at `path` lacks of a grid, in this process and to its end; train nothing twice.

    Args:
      config: from `load_config`, or nested with "task" and any of "data", "model", "training", "settings", "sweep".
      path: of the study's folder, made if there is none.
      progress: called at every recorded step, and asked whether to stop; None: nobody is.
      factory: of the study's members, where it is at hand.

    Raises:
      UserError: for a mistake in the config, if `path` holds something else, or files in it are damaged.
    """
    spec = config if isinstance(config, Spec) else resolve(config)
    plan = launch.run(spec, Path(path), progress, factory=factory)
    return Study(plan.folder, plan.factory)
