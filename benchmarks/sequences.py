"""Training steps of the networks of lesson 5 on IMDB: nlpfeat beside the same networks in PyTorch, interleaved in one run.

  nlpfeat  `nlpfeat.sweeps.programs.advance` with one seed per core, compiled: the time of a step of all members over their
           number; batches are gathered on the device, and four batches are evaluated at the end of each interval
  pytorch  the same layers, dropout and Adam, eager, one network on all cores, batches cut from a tensor
  batches  the batches of nlpfeat alone: the cost of the data

Batches have 64 reviews. Reading and compiling are not counted. Each rival is timed in a process of its own, in interleaved
rounds; medians (range) of milliseconds per step and network are quoted.

Usage: NLPFEAT_DATA=… python -m benchmarks.sequences [--rounds=5] [--nets=imdb_dense,imdb_cnn]
"""

import argparse
import json
import statistics
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.common import (
    Stepper,
    cell,
    flags_of,
    in_rounds,
    machine,
    one_bucket,
    print_markdown,
    stepper,
    timed,
)
from nlpfeat.parallel import cores

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import PyTree
    from torch import Tensor, nn  # pyright: ignore[reportMissingImports]

    from nlpfeat.sweeps.members import Bucket

NETS = ("imdb_dense", "imdb_cnn", "imdb_multicnn", "imdb_lstm")
BATCH, DOCUMENTS = 64, 256
MAX_STEPS = 32  # per call of a program: the number is part of its shape, so another would be compiled anew


def bucket_of(net: str, seeds: int | None = None, texts: str = "") -> "Bucket":
    """Some seeds of a network with the defaults of its task.

    Args:
      seeds: None for one per core.
      texts: a file of labelled texts in place of IMDB.
    """
    seed = tuple(range(seeds or cores()))
    return one_bucket({"task": net, "data": {"path": texts}, "sweep": {"seed": seed}})[1]


def nlpfeat(net: str, seeds: int | None = None, texts: str = "") -> Stepper:
    """Steps of a bucket on the first reviews. Arguments as those of `bucket_of`."""
    import jax

    from nlpfeat.sweeps import programs

    bucket = bucket_of(net, seeds, texts)
    train = jax.tree.map(lambda leaf: leaf[:DOCUMENTS], bucket.data.splits["train"])
    bucket = replace(bucket, data=bucket.data._replace(splits={"train": train}))
    members = bucket.layout.members
    indices = np.random.default_rng(0).integers(0, DOCUMENTS, (members, MAX_STEPS, BATCH)).astype(np.int32)
    return stepper(bucket, programs.put(bucket.layout, indices), MAX_STEPS), members


def batches(net: str) -> Stepper:
    """The same without a network: the words of each batch are summed, so that they are gathered."""
    import jax
    import jax.numpy as jnp

    bucket = bucket_of(net)
    task, train, rng = bucket.program.task, bucket.data.splits["train"], np.random.default_rng(0)

    @jax.jit
    def gather(arrays: "PyTree", indices: "Array") -> "Array":
        def one(total: "Array", index: "Array") -> "tuple[Array, None]":
            return total + task.data.batch(arrays, train, index).inputs.words.sum(), None

        return jax.lax.scan(one, jnp.int32(0), indices)[0]

    def step(n: int) -> None:
        for _ in range(0, n, MAX_STEPS):
            indices = rng.integers(0, DOCUMENTS, (MAX_STEPS, BATCH)).astype(np.int32)
            jax.block_until_ready(gather(bucket.data.arrays, indices))

    return step, 1


def pytorch(net: str, texts: str = "") -> Stepper:
    """The same network as its users write it, on PyTorch's default device."""
    import torch  # pyright: ignore[reportMissingImports]

    from nlpfeat.data.core import Examples
    from nlpfeat.data.text import sequences

    arrays, *_ = sequences.load(sequences.SequenceSpec(path=texts), 0)
    first = Examples(np.arange(DOCUMENTS), np.zeros(DOCUMENTS))
    words = torch.tensor(np.asarray(sequences.batch(arrays, first, None).inputs.words).astype(np.int64))
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


def _torch_net(net: str) -> "nn.Module":
    """The networks of lesson 5 as PyTorch modules; whole words are dropped, as Keras's embeddings do."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch import nn  # pyright: ignore[reportMissingImports]
    from torch.nn import functional  # pyright: ignore[reportMissingImports]

    dimension = 50 if net == "imdb_multicnn" else 32

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(5000, dimension)
            kernel_sizes = {"imdb_cnn": (5,), "imdb_multicnn": (3, 4, 5)}.get(net, ())
            self.filters = nn.ModuleList(
                nn.Conv1d(dimension, 64, size, padding="same") for size in kernel_sizes
            )
            inputs = 250 * 64 * len(kernel_sizes) or 500 * dimension
            self.lstm = nn.LSTM(dimension, 100, batch_first=True) if net == "imdb_lstm" else None
            self.dense = nn.Linear(inputs, 100) if net != "imdb_lstm" else None
            self.classes = nn.Linear(100, 1)

        def forward(self, ids: "Tensor") -> "Tensor":
            if net == "imdb_dense":
                seen = self.words(ids)
            else:
                keep = functional.dropout(torch.ones(5000, 1), 0.2)
                seen = functional.embedding(ids, self.words.weight * keep)
            if self.lstm is not None:
                return self.classes(self.lstm(seen)[0][:, -1])
            if self.filters:
                seen = functional.dropout(seen, 0.2).transpose(1, 2)
                dropout = 0.2 if net == "imdb_cnn" else 0.0
                found = [functional.dropout(functional.relu(one(seen)), dropout) for one in self.filters]
                seen = torch.cat([functional.max_pool1d(one, 2).flatten(1) for one in found], 1)
                seen = seen if net == "imdb_cnn" else functional.dropout(seen, 0.5)
            assert self.dense is not None
            hidden = functional.relu(self.dense(seen.flatten(1)))
            return self.classes(functional.dropout(hidden, 0.7))

    return Net().train()


RIVALS: dict[str, Callable[[str], Stepper]] = {"nlpfeat": nlpfeat, "pytorch": pytorch, "batches": batches}


def main() -> None:
    """Print a Markdown table of medians and ratios."""
    parser = flags_of(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--nets", default=",".join(NETS))
    parser.add_argument("--rival", choices=sorted(RIVALS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    nets = args.nets.split(",")
    if args.rival:
        print(json.dumps({net: timed(*RIVALS[args.rival](net)) / 1e3 for net in nets}))
        return
    found = in_rounds("benchmarks.sequences", list(RIVALS), args.rounds, f"--nets={args.nets}")
    print(f"ms per step of 64 reviews and network, median (range) of {args.rounds} rounds; {machine()}\n")
    rows = []
    for net in nets:
        ratio = statistics.median(found["pytorch"][net]) / statistics.median(found["nlpfeat"][net])
        cells = {rival: cell(values[net], 2) for rival, values in found.items()}
        rows.append([net, cells["nlpfeat"], cells["pytorch"], f"{ratio:.1f}", cells["batches"]])
    print_markdown(("net", "nlpfeat", "PyTorch", "× PyTorch", "its batches alone"), rows)


if __name__ == "__main__":
    main()
