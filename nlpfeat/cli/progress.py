"""Progress of long work: a bar on a terminal, plain lines elsewhere. Always on stderr."""

import sys
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from nlpfeat.cli.signals import StopRequest

SECONDS_BETWEEN_LINES = 5.0
T = TypeVar("T")
Shown = TypeVar("Shown", bound="_Shown")


class _Shown:
    """Bars on a terminal; elsewhere a line now and then, `_spoke` being when the last one was.

    Args:
      unit: what is counted.
    """

    def __init__(self, unit: str) -> None:
        self._console = Console(stderr=True)
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(unit),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._spoke = time.monotonic()

    def __enter__(self: Shown) -> Shown:  # noqa: PYI019 - the import hook of the tests cannot check Self
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()


class SweepProgress(_Shown):
    """Follows a run (`nlpfeat.sweeps.runner.ProgressCallback`): a bar for all buckets together, and one for each that is being trained.

    Args:
      sizes: members of each bucket to train.
      steps: steps of a member.
      request: set once the user wants to stop.
    """

    def __init__(self, sizes: dict[str, int], steps: int, request: StopRequest) -> None:
        self._sizes, self._steps, self._request = sizes, steps, request
        super().__init__("steps")
        self._tasks: dict[str, TaskID] = {}
        self._all = self._bars.add_task(f"all {len(sizes)} buckets", total=steps * len(sizes))
        self._reached = dict.fromkeys(sizes, 0)

    def step(self, bucket: str, members: int, step: int) -> None:
        """A bucket has reached a step."""
        if self._console.is_terminal:
            if bucket not in self._tasks:
                title = f"{bucket}: {members} members"
                self._tasks[bucket] = self._bars.add_task(title, total=self._steps)
            self._reached[bucket] = step
            self._bars.update(self._tasks[bucket], completed=step, visible=step < self._steps)
            self._bars.update(self._all, completed=sum(self._reached.values()))
        elif step == self._steps or time.monotonic() - self._spoke > SECONDS_BETWEEN_LINES:
            self._spoke = time.monotonic()
            left = list(self._sizes).index(bucket) + 1
            print(
                f"bucket {left} of {len(self._sizes)} ({bucket}, {members} members): step {step} of {self._steps}",
                file=sys.stderr,
                flush=True,
            )

    def interrupted(self) -> bool:
        """Whether the user has asked to stop."""
        return self._request.signum is not None


class _Counter(_Shown):
    """Progress of a loop."""

    def __init__(self, unit: str, total: int) -> None:
        self._unit, self._total = unit, total
        super().__init__(unit)
        self._bar = self._bars.add_task(unit, total=total)

    def done(self, count: int) -> None:
        """The first `count` items are done."""
        self._bars.update(self._bar, completed=count)
        late = time.monotonic() - self._spoke > SECONDS_BETWEEN_LINES
        if not self._console.is_terminal and (late or count == self._total):
            self._spoke = time.monotonic()
            print(f"{count} of {self._total} {self._unit}", file=sys.stderr, flush=True)


def track(items: Iterable[T], unit: str, total: int) -> Iterator[T]:
    """The items, with a bar on a terminal and a line now and then elsewhere (`nlpfeat.progress.Track`)."""
    with _Counter(unit, total) as counter:
        for number, item in enumerate(items, 1):
            yield item
            counter.done(number)
