"""Training steps of lesson 5's nets on IMDB: nlpfeat beside the same nets in PyTorch, in turn, in one run.

  nlpfeat  `nlpfeat.sweeps.programs.advance` of one seed a core, compiled: the time of a step of all of them over their
           number, batches being drawn on the device, and an evaluation of four batches at the end of a stretch
  pytorch  the same layers, dropout and Adam, eager, one net on all cores, batches cut from a tensor
  batches  nlpfeat's batches alone: what the data cost

Batches are of 64 reviews. Reading and compiling are apart. Each is timed in a process of its own, in rounds that interleave
them; medians (range) of milliseconds a step and net are quoted.

Usage: NLPFEAT_DATA=… python -m benchmarks.sequences [--rounds=5] [--nets=imdb_dense,imdb_cnn]
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.spirals import machine, timed
from nlpfeat import parallel

NETS = ("imdb_dense", "imdb_cnn", "imdb_multicnn", "imdb_lstm")
BATCH, DOCUMENTS = 64, 256
STRETCH = (
    32  # steps a call of a program: their number is part of its shape, so that others would be compiled anew
)

Stepper = tuple[Callable[[int], Any], int]  # does n steps of so many nets


def bucket(net: str) -> Any:
    """One seed a core of a net as its task has it by default, on the first reviews."""
    from nlpfeat.sweeps import plan, programs
    from nlpfeat.sweeps.members import member_factory, prepare
    from nlpfeat.tasks.spec import resolve

    parallel.use_all_cores()
    spec = resolve({"task": net, "sweep": {"seed": tuple(range(parallel.cores()))}})
    table = plan.all_members(spec).assign(bucket="b")
    return spec.task, prepare(
        member_factory(spec), "b", table, programs.member_mesh(), int(table["width"].max())
    )


def nlpfeat(net: str) -> Stepper:
    """Steps of a bucket."""
    import jax

    from nlpfeat.sweeps import programs
    from nlpfeat.sweeps.runner import initial_state

    task, made = bucket(net)
    state = initial_state(task, made, (), made.params)
    few = {"train": jax.tree.map(lambda leaf: leaf[:DOCUMENTS], made.splits["train"])}
    members, rng = made.layout.members, np.random.default_rng(0)

    def step(n: int) -> None:
        nonlocal state
        for start in range(0, n, STRETCH):
            order = rng.integers(0, DOCUMENTS, (members, STRETCH, BATCH)).astype(np.int32)
            order = programs.put(made.layout, order)
            steps = min(STRETCH, n - start)
            state, record = programs.advance(
                task,
                made.module,
                (),
                made.layout,
                state,
                made.settings,
                made.arrays,
                few,
                order,
                1.0,
                0,
                steps,
            )
            jax.block_until_ready((state, record))

    return step, members


def batches(net: str) -> Stepper:
    """The same without a net: words are summed, so that they are fetched."""
    import jax
    import jax.numpy as jnp

    task, made = bucket(net)
    train, rng = made.splits["train"], np.random.default_rng(0)

    @jax.jit
    def fetch(arrays: Any, order: Any) -> Any:
        def one(total: Any, index: Any) -> Any:
            return total + task.data.batch(arrays, train, index).inputs.words.sum(), None

        return jax.lax.scan(one, jnp.int32(0), order)[0]

    def step(n: int) -> None:
        for _ in range(0, n, STRETCH):
            order = rng.integers(0, DOCUMENTS, (STRETCH, BATCH)).astype(np.int32)
            jax.block_until_ready(fetch(made.arrays, order))

    return step, 1


def pytorch(net: str) -> Stepper:
    """The same net, written as its users write it."""
    import torch  # pyright: ignore[reportMissingImports]

    from nlpfeat.data.text import sequences

    texts, *_ = sequences.load(sequences.SequenceSpec(), 0)
    from nlpfeat.data.core import Examples

    first = sequences.batch(texts, Examples(np.arange(DOCUMENTS), np.zeros(DOCUMENTS)), None).inputs.words
    words = torch.from_numpy(np.asarray(first).astype(np.int64))
    labels = torch.randint(0, 2, (DOCUMENTS,)).float()
    model = _torch_net(net)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = torch.nn.BCEWithLogitsLoss()

    def step(n: int) -> None:
        for _ in range(n):
            index = torch.randint(0, DOCUMENTS, (BATCH,))
            loss = criterion(model(words[index])[:, 0], labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return step, 1


def _torch_net(net: str) -> Any:
    """Lesson 5's nets as PyTorch modules; whole words are dropped as Keras's embeddings drop them."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch import nn  # pyright: ignore[reportMissingImports]
    from torch.nn import functional  # pyright: ignore[reportMissingImports]

    dimension = 50 if net == "imdb_multicnn" else 32

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(5000, dimension)
            taps = {"imdb_cnn": (5,), "imdb_multicnn": (3, 4, 5)}.get(net, ())
            self.filters = nn.ModuleList(nn.Conv1d(dimension, 64, t, padding="same") for t in taps)
            inputs = 250 * 64 * len(taps) or 500 * dimension
            self.lstm = nn.LSTM(dimension, 100, batch_first=True) if net == "imdb_lstm" else None
            self.dense = nn.Linear(inputs, 100) if net != "imdb_lstm" else None
            self.classes = nn.Linear(100, 1)

        def forward(self, ids: Any) -> Any:
            if net == "imdb_dense":
                seen = self.words(ids)
            else:
                keep = functional.dropout(torch.ones(5000, 1), 0.2)
                seen = functional.embedding(ids, self.words.weight * keep)
            if self.lstm is not None:
                return self.classes(self.lstm(seen)[0][:, -1])
            if self.filters:
                seen = functional.dropout(seen, 0.2).transpose(1, 2)
                rate = 0.2 if net == "imdb_cnn" else 0.0
                found = [functional.dropout(functional.relu(one(seen)), rate) for one in self.filters]
                seen = torch.cat([functional.max_pool1d(one, 2).flatten(1) for one in found], 1)
                seen = seen if net == "imdb_cnn" else functional.dropout(seen, 0.5)
            assert self.dense is not None
            hidden = functional.relu(self.dense(seen.flatten(1)))
            return self.classes(functional.dropout(hidden, 0.7))

    return Net().train()


RIVALS: dict[str, Callable[[str], Stepper]] = {"nlpfeat": nlpfeat, "pytorch": pytorch, "batches": batches}


def main() -> None:
    """Print a Markdown table of medians and ratios."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--nets", default=",".join(NETS))
    arguments.add_argument("--rival", choices=sorted(RIVALS), help=argparse.SUPPRESS)
    flags = arguments.parse_args()
    nets = flags.nets.split(",")
    if flags.rival:
        print(json.dumps({net: timed(*RIVALS[flags.rival](net)) / 1e3 for net in nets}))
        return
    found: dict[str, dict[str, list[float]]] = {name: {net: [] for net in nets} for name in RIVALS}
    for turn in range(flags.rounds):
        for name in RIVALS:
            print(f"round {turn + 1} of {flags.rounds}: {name}", file=sys.stderr)
            line = [sys.executable, "-m", "benchmarks.sequences", f"--rival={name}", f"--nets={flags.nets}"]
            done = subprocess.run(line, check=True, capture_output=True, text=True)
            for net, value in json.loads(done.stdout).items():
                found[name][net].append(value)
    print(f"ms per step of 64 reviews and net, median (range) of {flags.rounds} rounds; {machine()}\n")
    print("| net | nlpfeat | PyTorch | × PyTorch | its batches alone |")
    print("|---|---|---|---|---|")
    for net in nets:
        told = partial(_told, found, net)
        ratio = statistics.median(found["pytorch"][net]) / statistics.median(found["nlpfeat"][net])
        print(f"| {net} | {told('nlpfeat')} | {told('pytorch')} | {ratio:.1f} | {told('batches')} |")


def _told(found: dict[str, dict[str, list[float]]], net: str, name: str) -> str:
    values = found[name][net]
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


if __name__ == "__main__":
    main()
