"""How a member is trained: steps, phases, batches, and what is recorded and kept when."""

from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated, NamedTuple

from nlpfeat.config.fields import Count, NonNegativeInt, Positive, Range


class Phase(NamedTuple):
    """A stretch of training with one learning rate and one set of trained parameters."""

    start: int
    stop: int
    lr_scale: float  # multiplies the member's learning rate
    frozen: tuple[str, ...]  # names of parameters or submodules that do not move


class Stop(NamedTuple):
    """A step at which the program returns to the host with a record."""

    step: int
    checkpoint: bool  # whether the state is saved there
    keep: bool  # whether the saved state outlives the next one


@dataclass(frozen=True)
class TrainingSpec:
    """Static settings of training. The tuples have one entry per phase.

    Attributes:
      steps: how many steps each phase takes.
      lr_scales: what multiplies the learning rate in each phase; empty for all 1.
      frozen: the parameters that stay put in each phase, named by module or module/parameter; empty for none.
        Where the set differs from the phase before, the optimizer starts afresh; else it is carried over.
      batch_size: examples a step; 0 for all of them.
      record_every: steps between two records.
      checkpoint_every: steps between two checkpoints; a killed process loses at most those.
      snapshots: further steps that are recorded, and whose checkpoint is kept, as the last step's is. Those
        past the last step are never reached.
    """

    steps: tuple[Count, ...] = (2000,)
    lr_scales: tuple[Positive, ...] = ()
    frozen: tuple[tuple[str, ...], ...] = ()
    batch_size: NonNegativeInt = 0
    record_every: Count = 50
    checkpoint_every: Count = 500
    snapshots: tuple[Annotated[int, Range(0)], ...] = ()

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("steps must name at least one phase, as in (2000,)")
        for name in ("lr_scales", "frozen"):
            if len(getattr(self, name)) not in (0, len(self.steps)):
                raise ValueError(
                    f"{name} has {len(getattr(self, name))} entries for the {len(self.steps)} phases of steps"
                )

    @property
    def total(self) -> int:
        """Steps of all phases together."""
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

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Where the program returns to the host: every recorded step, in order, from 0 to the last."""
        saved = {*range(0, self.total, self.checkpoint_every), self.total} - {0}
        kept = {step for step in self.snapshots if step < self.total} | {self.total}
        ends = {phase.stop for phase in self.phases}
        steps = {*range(0, self.total, self.record_every), *saved, *kept, *ends}
        return tuple(Stop(step, step in saved | kept, step in kept) for step in sorted(steps))

    def phase_at(self, step: int) -> Phase:
        """The phase that ends at or after `step`; a state saved between two phases is that of the first."""
        return next(phase for phase in self.phases if step <= phase.stop)
