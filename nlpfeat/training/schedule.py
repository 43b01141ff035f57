"""The schedule of training: steps, phases with their learning rates, records and checkpoints."""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from math import log10
from typing import Annotated, NamedTuple

from nlpfeat.config import limits
from nlpfeat.config.fields import Count, NonNegativeInt, Positive, Range


class Phase(NamedTuple):
    """An interval of training with one learning rate and one set of trained parameters.

    Attributes:
      start, stop: the steps from `start` to `stop` - 1.
      lr_scale: factor of the learning rate of the member, applied by `nlpfeat.training.step.train_step`.
      frozen: names of parameters or submodules that are not trained.
    """

    start: int
    stop: int
    lr_scale: float
    frozen: tuple[str, ...]


class Stop(NamedTuple):
    """A step at which the program returns to the host with a record.

    Attributes:
      checkpoint: whether the state is saved.
      keep: whether the checkpoint is kept after the next one.
    """

    step: int
    checkpoint: bool
    keep: bool


@dataclass(frozen=True)
class TrainingSpec:
    """Static settings of training. The tuples have one entry per phase.

    Attributes:
      steps: number of steps of each phase.
      lr_scales: factor of the learning rate in each phase; empty for 1.
      frozen: parameters that are not trained in each phase, named by module or module/parameter; empty for none. The state of
        the optimizer is reset where this set changes between two phases.
      batch_size: examples per step; 0 for all.
      record_every: steps between two records.
      records_per_decade: records between two powers of ten, evenly spaced in the logarithm of the step, in place of
        `record_every`; 0 for none. For long training, most of which happens early.
      checkpoint_every: steps between two checkpoints, and the most that a killed process loses.
      snapshots: further steps that are recorded, and whose checkpoints are kept, like that of the last step. Snapshots
        after the last step are ignored.
      train_sample: how many training examples a record is evaluated on; 0 for all.
    """

    steps: tuple[Count, ...] = (2000,)
    lr_scales: tuple[Positive, ...] = ()
    frozen: tuple[tuple[str, ...], ...] = ()
    batch_size: NonNegativeInt = 0
    record_every: Count = 50
    records_per_decade: NonNegativeInt = 0
    checkpoint_every: Count = 500
    snapshots: tuple[Annotated[int, Range(0)], ...] = ()
    train_sample: NonNegativeInt = 0

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("steps must name at least one phase, as in (2000,)")
        for name in ("lr_scales", "frozen"):
            if len(getattr(self, name)) not in (0, len(self.steps)):
                raise ValueError(
                    f"{name} has {len(getattr(self, name))} entries for the {len(self.steps)} phases of steps"
                )

        if self.total > limits.INT32:
            raise ValueError(
                f"steps: {self.total:,} in all are more than a program counts ({limits.INT32:,})"
            )
        recorded = () if self.records_per_decade else ("record_every",)
        for name in (*recorded, "checkpoint_every"):
            if self.total // getattr(self, name) > limits.STOPS:
                raise ValueError(
                    f"{name}: {getattr(self, name)} makes more than {limits.STOPS:,} in {self.total:,} steps; raise it"
                )

    @property
    def total(self) -> int:
        """Number of steps of all phases."""
        return sum(self.steps)

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases in order."""
        stops = list(accumulate(self.steps))
        scales = self.lr_scales or (1.0,) * len(stops)
        frozen = self.frozen or ((),) * len(stops)
        starts = [0, *stops[:-1]]
        sets = (tuple(sorted(set(names))) for names in frozen)
        return tuple(map(Phase._make, zip(starts, stops, scales, sets, strict=True)))

    @cached_property
    def stops(self) -> tuple[Stop, ...]:
        """The steps at which the program returns to the host, with a record at each: in order, from 0 to the last step."""
        saved = {*range(0, self.total, self.checkpoint_every), self.total} - {0}
        kept = {step for step in self.snapshots if step < self.total} | {self.total}
        ends = {phase.stop for phase in self.phases}
        steps = {*self._recorded, *saved, *kept, *ends}
        return tuple(Stop(step, step in saved | kept, step in kept) for step in sorted(steps))

    @property
    def _recorded(self) -> set[int]:
        if not self.records_per_decade:
            return set(range(0, self.total, self.record_every))
        places = range(int(self.records_per_decade * log10(self.total)) + 1)
        return {0, *(round(10 ** (place / self.records_per_decade)) for place in places)}

    @cached_property
    def longest_interval(self) -> int:
        """The largest number of steps between two stops."""
        steps = [stop.step for stop in self.stops]
        return max(after - before for before, after in pairwise(steps))

    @property
    def kept_steps(self) -> set[int]:
        """The steps whose checkpoints outlive the training."""
        return {stop.step for stop in self.stops if stop.keep}

    def phase_at(self, step: int) -> Phase:
        """The first phase that ends at or after `step`: a state saved between two phases belongs to the first."""
        return next(phase for phase in self.phases if step <= phase.stop)
