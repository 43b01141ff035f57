"""How many programs were compiled, and how long that took."""

from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import jax


@dataclass
class CompileClock:
    """Counts XLA compilations while it is open, by the name of the jitted function.

    Use as a context manager: `with CompileClock() as clock: …; clock.seconds`.
    """

    seconds: float = 0.0
    programs: Counter[str] = field(default_factory=Counter)

    def _listen(self, event: str, duration_secs: float, **kwargs: str | int) -> None:
        if event.startswith("/jax/core/compile/"):  # tracing, lowering and compiling
            self.seconds += duration_secs
        if event == "/jax/core/compile/backend_compile_duration":
            name = str(kwargs.get("fun_name", "?"))
            self.programs[name.removeprefix("jit(").removesuffix(")")] += 1

    def __enter__(self) -> Self:
        jax.monitoring.register_event_duration_secs_listener(self._listen)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        jax.monitoring.unregister_event_duration_listener(self._listen)
