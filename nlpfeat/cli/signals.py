"""Ctrl-C in the middle of a sweep: the first asks, the second stops."""

import os
import signal
import sys
from types import FrameType


class StopRequest:
    """Turns the first Ctrl-C (or SIGTERM) into a request to stop; the second stops at once.

    Args:
      again: the command that resumes.
    """

    def __init__(self, again: str) -> None:
        self.signum: int | None = None
        self.again = again
        self._usual = {s: signal.signal(s, self._ask) for s in (signal.SIGINT, signal.SIGTERM)}

    def release(self) -> None:
        """From now on a signal stops at once, as usual."""
        for signum, usual in self._usual.items():
            signal.signal(signum, usual)

    def _ask(self, signum: int, frame: FrameType | None) -> None:
        if self.signum is not None:
            print(
                f"stopped. Resume from the last checkpoint with:\n  {self.again}",
                file=sys.stderr,
                flush=True,
            )
            os._exit(128 + signum)
        self.signum = signum
        print("\nstopping: saving at the next recorded step", file=sys.stderr)
