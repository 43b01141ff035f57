"""What the benchmarks share: the machine in words, timing, one bucket of members, rounds of processes, cells of tables."""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpfeat.parallel import cores

if TYPE_CHECKING:
    from jaxtyping import PyTree

    from nlpfeat.sweeps.members import Bucket, MemberFactory
    from nlpfeat.training.step import Indices, Record, State

Step = Callable[[int], object]  # takes a number of training steps of all members
Stepper = tuple[Step, int]  # a step, and the number of networks that it trains
TIMED_SECONDS = 1.0  # duration of a timed call, about


def flags_of(docstring: str | None) -> argparse.ArgumentParser:
    """The parser of a benchmark, which shows the module's docstring."""
    return argparse.ArgumentParser(
        description=docstring, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def machine() -> str:
    """The machine in words."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.exists() else ""
    models = [line.split(":")[1].strip() for line in text.splitlines() if line.startswith("model name")]
    model = models[0] if models else platform.processor()
    avx512 = " with AVX-512" if "avx512f" in text else ""
    return f"{cores()} cores of {model}{avx512}"


def seconds(work: Callable[[], object]) -> float:
    """The duration of a call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def timed(step: Step, members: int) -> float:
    """Microseconds per step and member."""
    step(1)
    n, duration = 1, 0.0
    while duration < TIMED_SECONDS:
        n = max(n + 1, int(n * min(10.0, 1.2 * TIMED_SECONDS / max(duration, 1e-4))))
        duration = seconds(lambda n=n: step(n))
    return duration / n / members * 1e6


def one_bucket(
    config: Mapping[str, "PyTree"], devices: Sequence[Any] | None = None
) -> tuple["MemberFactory", "Bucket"]:
    """All members of a config's grid as one bucket, padded to the widest, on some devices; None for all of them."""
    from nlpfeat import parallel
    from nlpfeat.sweeps import plan, programs
    from nlpfeat.sweeps.members import member_factory, prepare
    from nlpfeat.tasks.spec import resolve

    parallel.use_all_cores()
    spec = resolve(config)
    factory, members = member_factory(spec), plan.all_members(spec)
    return factory, prepare(
        factory, "all", members, programs.member_mesh(devices), int(members["width"].max())
    )


def first_state(bucket: "Bucket") -> "State":
    """The state of a bucket before the first step."""
    from nlpfeat.sweeps.runner import initial_state

    return initial_state(bucket, (), bucket.params)


def advance(
    bucket: "Bucket", state: "State", indices: "Indices", steps: int, max_steps: int
) -> tuple["State", "Record"]:
    """Train for some steps at the member's own learning rate, record, and wait for both.

    Args:
      bucket: from `one_bucket`.
      state: donated.
      indices: of the examples of each step, padded to one number of steps, as another number is another program.
      steps: 0 for a record without training.
      max_steps: of the calls of one program.
    """
    import jax
    import numpy as np

    from nlpfeat.sweeps import programs
    from nlpfeat.training.step import Interval, StepInputs, StepScales

    scales = StepScales(bucket.to_devices(np.ones((len(bucket.members), max_steps), np.float32)))
    done = programs.advance(
        bucket.program,
        bucket.layout,
        state,
        bucket.data,
        StepInputs(indices, scales),
        Interval(0, steps),
    )
    return jax.block_until_ready(done)


def stepper(bucket: "Bucket", indices: "Indices", max_steps: int) -> Step:
    """A function that trains on from the state in which its last call left the bucket.

    Args:
      bucket: from `one_bucket`.
      indices: as for `advance`.
      max_steps: per call of the program.
    """
    state = first_state(bucket)

    def step(n: int) -> None:
        nonlocal state
        for start in range(0, n, max_steps):
            state, _ = advance(bucket, state, indices, min(max_steps, n - start), max_steps)

    return step


def in_rounds(
    module: str, rivals: Sequence[str], rounds: int, *arguments: str
) -> dict[str, dict[str, list[float]]]:
    """Run each rival once per round, interleaved, each in a process of its own.

    Args:
      module: run as `python -m MODULE --rival=NAME ARGUMENTS`, which prints {case: number} as JSON.
      rivals: their names.
      rounds: how many.
      arguments: further ones.

    Returns:
      rival -> case -> one number per round.
    """
    found: dict[str, dict[str, list[float]]] = {rival: {} for rival in rivals}
    for turn in range(rounds):
        for rival in rivals:
            print(f"round {turn + 1} of {rounds}: {rival}", file=sys.stderr)
            line = [sys.executable, "-m", module, f"--rival={rival}", *arguments]
            done = subprocess.run(line, check=True, capture_output=True, text=True)
            for case, number in json.loads(done.stdout).items():
                found[rival].setdefault(case, []).append(number)
    return found


def cell(values: Sequence[float], digits: int) -> str:
    """The median with the range."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def print_markdown(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table."""
    for row in (heads, ["---"] * len(heads), *rows):
        print(f"| {' | '.join(map(str, row))} |")
