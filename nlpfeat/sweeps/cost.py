"""Estimate the cost of a sweep before it starts: every program is compiled and timed for a moment, at its real shapes."""

import math
import time
from typing import NamedTuple

import jax
import numpy as np
import pandas as pd
from jaxtyping import PyTree

from nlpfeat.sweeps import programs
from nlpfeat.sweeps.buckets import BucketSize
from nlpfeat.sweeps.compilation import compilations
from nlpfeat.sweeps.compute import bytes_per_step, flops_per_step, peak_flops
from nlpfeat.sweeps.members import MemberFactory, prepare
from nlpfeat.sweeps.plan import LaunchPlan
from nlpfeat.sweeps.runner import initial_state, step_inputs
from nlpfeat.training.step import Interval, State

# A program is timed for the interval between two records, or for as many steps as take about this long.
TIMING_SECONDS = 0.5
MAX_TIMED = 12  # sizes of buckets


class BucketCost(NamedTuple):
    """The expected cost of one bucket on this machine."""

    label: str
    members: int
    width: int  # padded
    programs: int  # training programs to compile
    megabytes: float  # on all devices together
    disk_megabytes: float  # of kept checkpoints and results
    compile_seconds: float
    train_seconds: float
    mflops_per_step: float  # of one member, as padded
    megabytes_per_step: float  # the least that a step of one member moves
    share_of_peak: float  # of the operations per second that the devices reach in products of matrices; NaN: too short to time


def estimate_cost(plan: LaunchPlan) -> list[BucketCost]:
    """The cost of training the buckets that a launch has to train.

    Buckets of equal width and size cost the same and share their programs, so one of them is measured. At most MAX_TIMED
    sizes are measured, spread over the range of their work; the cost of the others is interpolated.
    """
    widest = max((plan.wanted[label].width for label in plan.missing), default=0)
    sizes = {plan.wanted[label]: label for label in reversed(plan.missing)}
    by_work = sorted(sizes, key=lambda size: size.cost)
    chosen = [
        by_work[i] for i in np.unique(np.linspace(0, len(by_work) - 1, MAX_TIMED).astype(int)) if by_work
    ]
    peak = peak_flops() if chosen else 1.0
    known = {
        size: measure_bucket(plan.factory, sizes[size], plan.bucket(sizes[size]), widest, peak)
        for size in chosen
    }
    costs, seen = [], set()
    for label in plan.missing:
        size = plan.wanted[label]
        cost = known.get(size) or _between(size, known)
        first = cost._replace(label=label)
        costs.append(first._replace(programs=0, compile_seconds=0.0) if size in seen else first)
        seen.add(size)
    return costs


def _between(size: BucketSize, known: dict[BucketSize, BucketCost]) -> BucketCost:
    """The cost of a bucket, interpolated by its work between those that were measured."""
    work = [one.cost for one in known]

    def at(values: list[float]) -> float:
        return float(np.interp(size.cost, work, values))

    rows = list(known.values())
    numbers = {name: at([getattr(row, name) for row in rows]) for name in BucketCost._fields[4:]}
    return rows[0]._replace(members=size.members, width=size.width, **numbers)


def measure_bucket(
    factory: MemberFactory, label: str, members: pd.DataFrame, widest: int, peak: float
) -> BucketCost:
    """Compile a bucket's training program and time it.

    Args:
      peak: floating-point operations per second of the devices, from `peak_flops`.
    """
    training = factory.spec.training
    with compilations() as compiled:
        bucket = prepare(factory, label, members, programs.member_mesh(), widest)
        phase = training.phases[0]
        longest = min(training.longest_interval, phase.stop)
        inputs = step_inputs(training, bucket, 0, longest)
        state = initial_state(bucket, phase.frozen, bucket.params)
        static = (bucket.program._replace(frozen=phase.frozen), bucket.layout)
        interval = Interval(0, 1)
        program = programs.advance.lower(*static, state, bucket.data, inputs, interval).compile()

    def timed(state: State, steps: int) -> tuple[State, float]:
        began = time.perf_counter()
        state, record = program(state, bucket.data, inputs, interval._replace(steps=steps))
        jax.block_until_ready((state, record))
        return state, time.perf_counter() - began

    state, record_seconds = timed(state, 0)
    steps, step_seconds = 1, 0.0
    while True:  # a record may take much longer than a step: more steps, until they take long enough to tell
        state, seconds = timed(state, steps)
        step_seconds = max(seconds - record_seconds, 0.0) / steps
        if steps == longest or step_seconds * steps > TIMING_SECONDS / 2:
            break
        expected = TIMING_SECONDS / max(step_seconds, TIMING_SECONDS / (8 * steps))
        steps = min(longest, max(int(expected), 2 * steps))
    memory: PyTree = program.memory_analysis()
    # The state's output is its input, donated.
    size = memory.argument_size_in_bytes + memory.temp_size_in_bytes
    width = int(members["width"].max())
    flops = flops_per_step(factory, width)
    frozen_sets = len({phase.frozen for phase in training.phases})
    kept = sum(stop.keep for stop in training.stops)
    saved = sum(leaf.nbytes for leaf in jax.tree.leaves(state)) / bucket.layout.members * len(members)
    return BucketCost(
        label=label,
        members=len(members),
        width=width,
        programs=frozen_sets,
        megabytes=size * bucket.layout.mesh.size / 2**20,
        disk_megabytes=kept * saved / 2**20,
        compile_seconds=compiled.seconds * frozen_sets,
        train_seconds=step_seconds * training.total + record_seconds * len(training.stops),
        mflops_per_step=flops / 1e6,
        megabytes_per_step=bytes_per_step(factory, width) / 2**20,
        share_of_peak=len(members) * flops / step_seconds / peak if step_seconds else math.nan,
    )
