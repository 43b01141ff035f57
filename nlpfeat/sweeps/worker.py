"""What runs on the machines of a Ray cluster: a worker trains one bucket after another, and tells a board how far it is."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ray

from nlpfeat.errors import UserError
from nlpfeat.sweeps import devices, programs, run
from nlpfeat.sweeps.prepare import Maker, maker
from nlpfeat.sweeps.run import Interrupted, Outcome
from nlpfeat.sweeps.spec import Spec
from nlpfeat.sweeps.study import open_study


class Board:
    """Where workers tell how far they are, and are told to stop. A Ray actor."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[int, int]] = {}
        self._stop = False

    def tell(self, bucket: str, members: int, step: int) -> bool:
        """The members of a bucket have reached a step; whether to save and stop here."""
        self._told[bucket] = members, step
        return self._stop

    def stopping(self) -> bool:
        """Whether not to begin."""
        return self._stop

    def news(self, *, stop: bool) -> dict[str, tuple[int, int]]:
        """What was told since the last call."""
        self._stop = stop
        told, self._told = self._told, {}
        return told


class Teller:
    """Follows a run in a worker (`nlpfeat.sweeps.run.Watch`)."""

    def __init__(self, ask: Callable[[str, int, int], bool]) -> None:
        self._ask, self._stop = ask, False

    def step(self, bucket: str, members: int, step: int) -> None:
        """Tell it to the board."""
        self._stop = self._ask(bucket, members, step)

    def interrupted(self) -> bool:
        """What the board answered."""
        return self._stop


@functools.lru_cache(maxsize=1)
def _maker(spec: Spec) -> Maker:
    """A worker trains one bucket after another: files are read, and programs compiled, once."""
    return maker(spec)


def work(study: Path, label: str, widest: int, folder: str, board: Any) -> Outcome | None:
    """Train one bucket in a worker; None if it was asked to stop."""
    try:
        os.chdir(folder)  # where relative paths of a config begin
    except OSError as error:
        raise UserError(f"{folder} is not to be seen from {os.uname().nodename}: {error.strerror}") from None
    devices.pin_numbers()
    if ray.get(board.stopping.remote()):
        return None
    there = open_study(study)
    watch = Teller(lambda *told: ray.get(board.tell.remote(*told)))
    try:
        return run.run(there, _maker(there.spec), [label], widest, programs.member_mesh(), watch)
    except Interrupted:
        return None
