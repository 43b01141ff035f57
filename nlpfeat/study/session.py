"""An opened study: what every analysis starts from."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import xarray as xr
from jaxtyping import PyTree

from nlpfeat.config.files import expand_path, study_folder
from nlpfeat.data.core import Dataset
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.stats.summaries import summarize
from nlpfeat.store.combine import read_combined
from nlpfeat.store.layout import StudyFolder, open_folder
from nlpfeat.study.restore import TrainedMember, restore, study_factory
from nlpfeat.sweeps import launch
from nlpfeat.sweeps.members import MemberFactory
from nlpfeat.sweeps.runner import ProgressCallback
from nlpfeat.tasks.fit import fit_to_data
from nlpfeat.tasks.spec import Spec, changed_config, read_config, resolve
from nlpfeat.training.task import Task

log = logging.getLogger(__name__)


@dataclass(frozen=True, repr=False)
class Study:
    """A study that is open: its folder, and what is read from it once, when it is first asked for.

    Attributes:
      folder: where it is.
      known_factory: the factory of its members, where it is at hand: files are read and programs compiled once.
    """

    folder: StudyFolder
    known_factory: MemberFactory | None = None

    def __repr__(self) -> str:
        axes = ", ".join(f"{len(values)} values of {name}" for name, values in self.spec.sweep)
        return f"Study({str(self.path)!r}: {self.task.name}, {axes})"

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

    @property
    def table(self) -> pd.DataFrame:
        """The headline metric at the last step: one row per width and point of further axes.

        Columns: the axes; "members", "diverged"; "test_accuracy" and the like, quartiles [low, median, high]; "success", the share
        of seeds that reach the task's threshold with its Wilson interval [low, estimate, high].
        """
        return pd.DataFrame(summarize(self.results))

    def restore(self, step: int | None = None, **settings: float | str) -> TrainedMember:
        """Restore a member, as in `study.restore(width=8, seed=3)`.

        Args:
          step: a step whose checkpoint was kept; the last one if None.
          settings: width and seed, and those that the grid varies besides. A seed may be "median" or "best", by the headline metric
            at the last step, and a width "best", by the median on validation.

        Raises:
          UserError: if the study lacks the member or the step; DamagedFile if its checkpoint cannot be read.
        """
        if {type(settings.get("width")), type(settings.get("seed"))} & {str}:
            from nlpfeat.study.select import with_seed, with_width  # which open studies themselves

            settings = with_width(self.results, self.task, settings)
            settings = {**with_seed(self.results, self.task, settings)}
        text = next((name for name, value in settings.items() if isinstance(value, str)), None)
        if text is not None:
            raise UserError(f"{text}: {settings[text]!r} is not a number")
        numbers: PyTree = settings
        return restore(self.folder, self.factory, numbers, step)

    def restore_converged(self, step: int | None = None, **settings: float | str) -> TrainedMember:
        """As `restore`, of a member whose training did not diverge.

        Raises:
          UserError: if it did, and as `restore`.
        """
        member = self.restore(step, **settings)
        if not member.finite:
            raise UserError(
                f"the training of this member diverged by step {member.step}: its parameters are not finite"
            )
        return member


def open_study(path: str | Path) -> Study:
    """Open the study in a folder.

        study = nlpfeat.open_study("runs/spirals")
        study.results["accuracy"].sel(split="test").isel(step=-1)
        study.restore(width=8, seed=3).params

    Raises:
      UserError: if there is none, if it is of another format, or if a link in it leads out of it; DamagedFile if its
        config cannot be read.
    """
    return Study(open_folder(expand_path(path)))


def sweep(
    config: str | Path | Mapping[str, PyTree] | Spec,
    study: str | Path | None = None,
    *,
    progress: ProgressCallback | None = None,
    factory: MemberFactory | None = None,
    **changes: PyTree,
) -> Study:
    """Train what a study lacks of a grid, in this process and to its end; train nothing twice.

        study = nlpfeat.sweep("spirals", width=(2, 8, 32), seed=range(8), learning_rate=1e-2, study="runs/mine")
        nlpfeat.sweep("spirals", width=(2, 8, 32), learning_rate="0.1 / width", data={"arms": 3}, study="runs/three_arms")

    Called again, it resumes what was interrupted; with more widths or seeds, it extends the study.

    Args:
      config: the name of a config that nlpfeat ships, or of a registered task; the path of a config; or a nested mapping with
        "task" and any of "data", "model", "training", "settings", "sweep".
      study: the folder, made if there is none; by default runs/CONFIG, or runs/CONFIG-FILE for a file of the user.
      progress: called at every recorded step, and asked whether to stop; None: nobody is.
      factory: of the study's members, where it is at hand.
      changes: changes of the config. A traced setting takes a number for all members, several values for an axis of the grid, or
        the formula of an axis that is tied to others, such as "0.1 / width". `data`, `model` and `training` take a mapping of keys
        to change; `zip` takes axes that are walked together, such as ("width", "learning_rate").

    Raises:
      UserError: for a mistake in the config, if `study` holds something else, or files in it are damaged.
    """
    spec = config if isinstance(config, Spec) else _resolve(config, changes)
    if study is None:
        name = spec.task.name if isinstance(config, (Mapping, Spec)) else str(config)
        study = study_folder(name, str(dict(changes.get("data", {})).get("path", "")))
    plan = launch.run(spec, expand_path(study), progress, factory=factory)
    return Study(plan.folder, plan.factory)


def _resolve(config: str | Path | Mapping[str, PyTree], changes: Mapping[str, PyTree]) -> Spec:
    found = config if isinstance(config, Mapping) else read_config(config)
    fitted = fit_to_data(changed_config(found, changes))
    for note in fitted.notes:
        log.info(note)
    return resolve(fitted.config)
