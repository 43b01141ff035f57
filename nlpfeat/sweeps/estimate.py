"""What a sweep will cost, told before it starts."""

import time
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax

from nlpfeat.sweeps import grid, programs
from nlpfeat.sweeps.buckets import assign
from nlpfeat.sweeps.compilation import CompileClock
from nlpfeat.sweeps.run import orders, prepare
from nlpfeat.sweeps.spec import Spec
from nlpfeat.sweeps.study import Study, open_study, plan

# A bucket is timed for so many steps, or until this many seconds have passed.
SECONDS = 0.5


class BucketCost(NamedTuple):
    """The expected cost of one bucket, from compiling and timing its program on this machine."""

    label: str
    members: int
    padded_width: int
    bytes_per_device: int
    compile_seconds: float
    train_seconds: float


def planned(spec: Spec, path: Path, at_least: int) -> tuple[Study, Any, list[str]]:
    """The study as it would be (nothing is written), its member table, and the buckets still to train."""
    wanted = grid.expand(spec)
    study = Study(path, spec)
    if (path / "config.json").exists():
        open_study(path)
        table = plan(study, wanted, at_least)
    else:
        table = wanted.assign(bucket=assign(wanted, at_least))
    labels = [
        label for label in table.loc[wanted.index, "bucket"].unique() if not study.result(label).exists()
    ]
    return study, table, labels


def measure(study: Study, table: Any, label: str) -> BucketCost:
    """Compile a bucket's program and time a few of its steps. Uses the real data and shapes."""
    spec = study.spec
    members = table[table["bucket"] == label]
    source = spec.row.load(spec.data)
    mesh = programs.member_mesh()
    bucket = prepare(study, label, members, source, jax.jit(partial(spec.row.draw, source)), mesh)
    phase = spec.training.phases[0]
    with CompileClock() as clock:
        state = programs.start(
            spec.row, bucket.module, phase.frozen, bucket.layout, bucket.settings, bucket.splits
        )
        longest = min(spec.training.record_every, spec.training.total)
        order = orders(spec.training, bucket, 0, min(longest, phase.stop))
        fixed = (spec.row, bucket.module, phase.frozen, bucket.layout)
        rest = (bucket.settings, bucket.splits, order, phase.rate, 0)
        analysis = programs.advance.lower(*fixed, state, *rest, 1).compile().memory_analysis()
        state, _ = programs.advance(*fixed, state, *rest, 0)
        jax.block_until_ready(state)
    steps, seconds = 1, 0.0
    while True:
        began = time.perf_counter()
        state, record = programs.advance(*fixed, state, *rest, steps)
        jax.block_until_ready((state, record))
        seconds = time.perf_counter() - began
        if steps >= min(longest, phase.stop) or seconds > SECONDS:
            break
        steps = min(2 * steps, longest, phase.stop)
    size = analysis.argument_size_in_bytes + analysis.temp_size_in_bytes + analysis.output_size_in_bytes
    return BucketCost(
        label,
        len(members),
        int(members["width"].max()),
        int(size) // mesh.size if mesh.devices.flat[0].platform != "cpu" else int(size),
        clock.seconds,
        seconds / steps * spec.training.total,
    )
