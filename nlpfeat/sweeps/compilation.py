"""How many programs were compiled, and how long that took."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import jax


@dataclass
class Compilations:
    """What XLA compiled: seconds of tracing, lowering and compiling, and programs by the jitted function's name."""

    seconds: float = 0.0
    programs: Counter[str] = field(default_factory=Counter)


@contextmanager
def compilations() -> Iterator[Compilations]:
    """Count compilations while the block runs."""
    seen = Compilations()

    def listen(event: str, duration_secs: float, **kwargs: str | int) -> None:
        if event.startswith("/jax/core/compile/"):
            seen.seconds += duration_secs
        if event == "/jax/core/compile/backend_compile_duration":
            name = str(kwargs.get("fun_name", "?"))
            seen.programs[name.removeprefix("jit(").removesuffix(")")] += 1

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield seen
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
