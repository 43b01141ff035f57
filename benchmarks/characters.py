"""Training steps of nets that read characters, nlpfeat beside the same nets in PyTorch, in turn, in one run; and how fast they write.

  nlpfeat  `nlpfeat.sweeps.programs.advance` of one seed a core, compiled: the time of a step of all of them over their number; windows
           are cut on the device, dropout drawn, the state carried on; a call without steps, which takes a record, is subtracted
  pytorch  the same layers with torch.nn.LSTM, dropout and Adam, eager, one net on all cores, the state carried on
  writing  `nlpfeat.sweeps.writing.write`: 2,000 characters, one after another

Windows are of 40 characters. Compiling is apart. Each is timed in a process of its own, in rounds that interleave them; medians (range)
are quoted.

Usage: NLPFEAT_DATA=… python -m benchmarks.characters [--rounds=5]
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from benchmarks.spirals import machine
from nlpfeat import parallel

WINDOW = 40
# Units, layers and rows of a batch: those of the width study, and the lesson's.
NETS = {"128": (128, 1, 32), "256": (256, 1, 32), "512": (512, 1, 32), "2 × 512": (512, 2, 64)}
STRETCH = 200  # steps a call of a program, at most
SECONDS = 4.0
LETTERS = 2000


def bucket(name: str, seeds: int) -> tuple[Any, Any]:
    """A task and its bucket of so many seeds."""
    from nlpfeat.sweeps import plan, programs
    from nlpfeat.sweeps.members import member_factory, prepare
    from nlpfeat.tasks.spec import resolve

    units, layers, rows = NETS[name]
    config = {
        "task": "char_rnn",
        "model": {"layers": layers},
        "training": {"batch_size": rows, "record_every": STRETCH},
        "sweep": {"width": (units,), "seed": tuple(range(seeds))},
    }
    spec = resolve(config)
    table = plan.all_members(spec).assign(bucket="b")
    return spec, prepare(member_factory(spec), "b", table, programs.member_mesh(), units)


def nlpfeat(name: str) -> float:
    """Milliseconds of a step and net."""
    import jax

    from nlpfeat.data.samplers import subsample
    from nlpfeat.sweeps import programs
    from nlpfeat.sweeps.runner import batch_indices, initial_state

    parallel.use_all_cores()
    spec, made = bucket(name, parallel.cores())
    task = spec.task
    state = initial_state(task, made, (), made.params)
    task = replace(task, reading=partial(subsample, 1))  # a record over one window
    order = batch_indices(task, spec.training, made, 0, STRETCH)
    static = (task, made.module, (), made.layout)

    def step(n: int) -> None:
        nonlocal state
        state, record = programs.advance(
            *static, state, made.settings, made.arrays, made.splits, order, 1.0, 0, n
        )
        jax.block_until_ready((state, record))

    return milliseconds(step) / made.layout.members


def pytorch(name: str) -> float:
    """Milliseconds of a step of the same net, written as its users write it."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch import nn  # pyright: ignore[reportMissingImports]

    units, layers, rows = NETS[name]
    text = torch.from_numpy(np.random.default_rng(0).integers(0, 58, 600_000))
    long = len(text) // rows
    lanes = text[: rows * long].reshape(rows, long)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.characters = nn.Embedding(58, 24)
            self.lstm = nn.LSTM(24, units, layers, batch_first=True, dropout=0.2 if layers > 1 else 0.0)
            self.dropout, self.next = nn.Dropout(0.2), nn.Linear(units, 58)

        def forward(self, numbers: Any, state: Any) -> Any:
            said, state = self.lstm(self.characters(numbers), state)
            return self.next(self.dropout(said)), state

    model, criterion = Net().train(), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    place, state = 0, None

    def step(n: int) -> None:
        nonlocal place, state
        for _ in range(n):
            window = lanes[:, place : place + WINDOW + 1]
            scores, state = model(window[:, :-1], state)
            state = tuple(part.detach() for part in state)
            loss = criterion(scores.flatten(0, 1), window[:, 1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            place = (place + WINDOW) % (long - WINDOW)

    return milliseconds(step)


def milliseconds(step: Callable[[int], None]) -> float:
    """Of a step, a call without steps subtracted."""

    def seconds(n: int) -> float:
        began = time.perf_counter()
        step(n)
        return time.perf_counter() - began

    step(1)
    nothing, once = seconds(0), seconds(2)
    n = int(np.clip(2 * SECONDS / once, 4, STRETCH))
    return (seconds(n) - nothing) / n * 1e3


def writing(name: str) -> float:
    """Characters a second, one after another."""
    import jax

    from nlpfeat.analysis.sampling import sample_text

    spec, made = bucket(name, 1)
    params = jax.tree.map(lambda leaf: leaf[0], made.params)
    settings = spec.settings._replace(width=np.int32(NETS[name][0]))
    alphabet = spec.task.data.load(spec.data, spec.model).about.alphabet
    go = partial(sample_text, made.module, params, settings, alphabet, "the ", 0.8, LETTERS)
    go(draw=0)
    began = time.perf_counter()
    go(draw=1)
    return LETTERS / (time.perf_counter() - began)


RIVALS: dict[str, Callable[[str], float]] = {"nlpfeat": nlpfeat, "pytorch": pytorch, "writing": writing}


def main() -> None:
    """Print a Markdown table of medians and ratios."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--rival", choices=sorted(RIVALS), help=argparse.SUPPRESS)
    flags = arguments.parse_args()
    if flags.rival:
        print(json.dumps({name: RIVALS[flags.rival](name) for name in NETS}))
        return
    found: dict[str, dict[str, list[float]]] = {rival: {name: [] for name in NETS} for rival in RIVALS}
    for turn in range(flags.rounds):
        for rival in RIVALS:
            print(f"round {turn + 1} of {flags.rounds}: {rival}", file=sys.stderr)
            line = [sys.executable, "-m", "benchmarks.characters", f"--rival={rival}"]
            done = subprocess.run(line, check=True, capture_output=True, text=True)
            for name, value in json.loads(done.stdout).items():
                found[rival][name].append(value)
    print(f"ms per step and net, median (range) of {flags.rounds} rounds; {machine()}\n")
    print(
        "| LSTM units | windows a step | nlpfeat | PyTorch | × PyTorch | s for 1,000 windows | written, characters/s |"
    )
    print("|---|---|---|---|---|---|---|")
    for name, (_, _, rows) in NETS.items():
        middle = {rival: statistics.median(found[rival][name]) for rival in RIVALS}
        told = [
            f"{middle[r]:.1f} ({min(found[r][name]):.1f}–{max(found[r][name]):.1f})"
            for r in ("nlpfeat", "pytorch")
        ]
        ratio, thousand = middle["pytorch"] / middle["nlpfeat"], middle["nlpfeat"] / rows
        print(
            f"| {name} | {rows} | {' | '.join(told)} | {ratio:.2f} | {thousand:.2f} | {middle['writing']:,.0f} |"
        )


if __name__ == "__main__":
    main()
