"""Training steps of networks that read characters, nlpfeat beside the same networks in PyTorch; and how fast they sample text.

  nlpfeat   `nlpfeat.sweeps.programs.advance` with one seed per core, compiled: the time of a step of all members over their
            number; windows are cut on the device, dropout drawn, the state carried on; a call without steps is subtracted
  pytorch   the same layers with torch.nn.LSTM, dropout and Adam, eager, one network on all cores, the state carried on; of a
            transformer torch.nn.functional.scaled_dot_product_attention and torch.nn.RMSNorm
  sampling  `nlpfeat.analysis.sampling.sample_text`: 2,000 characters, one after another

LSTMs read windows of 40 characters, transformers of 64 (four blocks of four heads). Compile time is not counted. Each rival is
timed in a process of its own, in interleaved rounds; medians (range) are quoted.

Usage: NLPFEAT_DATA=… python -m benchmarks.characters [--rounds=5] [--nets …]
"""

import argparse
import json
import statistics
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.common import (
    Step,
    Stepper,
    advance,
    cell,
    first_state,
    flags_of,
    in_rounds,
    machine,
    one_bucket,
    print_markdown,
    seconds,
)
from nlpfeat.parallel import cores

if TYPE_CHECKING:
    from torch import Tensor  # pyright: ignore[reportMissingImports]

    from nlpfeat.sweeps.members import Bucket, MemberFactory

WINDOW = 40
# Units, layers and rows of a batch: those of the width study, and the lesson's.
LSTMS = {
    "LSTM, 128": (128, 1, 32),
    "LSTM, 256": (256, 1, 32),
    "LSTM, 512": (512, 1, 32),
    "LSTM, 2 × 512": (512, 2, 64),
}
HEADS, TRANSFORMER_WINDOW = 4, 64
# Units, blocks and rows of a batch: the last is nanoGPT's on a CPU.
TRANSFORMERS = {"transformer, 4 × 64": (64, 4, 32), "transformer, 4 × 128": (128, 4, 12)}
NETS = LSTMS | TRANSFORMERS
MAX_STEPS = 200  # per call of a program
TIMED_SECONDS = 4.0
CHARACTERS = 2000


def bucket_of(net: str, seeds: int) -> tuple["MemberFactory", "Bucket"]:
    """The bucket of some seeds of a network."""
    units, layers, rows = NETS[net]
    attends = net in TRANSFORMERS
    return one_bucket(
        {
            "task": "char_transformer" if attends else "char_rnn",
            "data": {"window": TRANSFORMER_WINDOW if attends else WINDOW},
            "model": {"blocks" if attends else "layers": layers},
            "training": {"batch_size": rows, "record_every": MAX_STEPS},
            "sweep": {"width": (units,), "seed": tuple(range(seeds))},
        }
    )


def nlpfeat(net: str, seeds: int | None = None) -> Stepper:
    """Steps of some seeds of a network; None for one per core."""
    from nlpfeat.data.samplers import subsample
    from nlpfeat.sweeps.runner import batch_indices

    factory, bucket = bucket_of(net, seeds or cores())
    task = bucket.program.task
    one_window = replace(task, evaluation=replace(task.evaluation, indices=partial(subsample, 1)))
    bucket = replace(bucket, program=bucket.program._replace(task=one_window))
    indices = batch_indices(factory.spec.training, bucket, 0, MAX_STEPS)
    state = first_state(bucket)

    def step(n: int) -> None:
        nonlocal state
        state, _ = advance(bucket, state, indices, n, MAX_STEPS)

    return step, bucket.layout.members


def pytorch(net: str) -> Stepper:
    """The same network as its users write it, on PyTorch's default device."""
    return (pytorch_transformer(net) if net in TRANSFORMERS else pytorch_lstm(net)), 1


def pytorch_transformer(net: str) -> Step:
    """As `pytorch`."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch import nn  # pyright: ignore[reportMissingImports]
    from torch.nn.functional import relu, scaled_dot_product_attention  # pyright: ignore[reportMissingImports]

    units, blocks, rows = NETS[net]

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.before_attention, self.before_dense = nn.RMSNorm(units), nn.RMSNorm(units)
            self.attention, self.out = nn.Linear(units, 3 * units), nn.Linear(units, units)
            self.expand, self.contract = nn.Linear(units, 4 * units), nn.Linear(4 * units, units)

        def forward(self, x: "Tensor") -> "Tensor":
            n, length, _ = x.shape
            parts = self.attention(self.before_attention(x)).view(n, length, 3, HEADS, -1)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            read = scaled_dot_product_attention(query, key, value, is_causal=True)
            x = x + self.out(read.transpose(1, 2).reshape(n, length, -1))
            return x + self.contract(relu(self.expand(self.before_dense(x))))

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.characters = nn.Embedding(58, units)
            self.positions = nn.Embedding(TRANSFORMER_WINDOW, units)
            self.blocks = nn.Sequential(*(Block() for _ in range(blocks)))
            self.norm, self.next = nn.RMSNorm(units), nn.Linear(units, 58)

        def forward(self, tokens: "Tensor") -> "Tensor":
            return self.next(self.norm(self.blocks(self.characters(tokens) + self.positions.weight)))

    model, criterion = Net().train(), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    text = torch.tensor(np.random.default_rng(0).integers(0, 58, 600_000))
    place = torch.arange(TRANSFORMER_WINDOW + 1)

    def step(n: int) -> None:
        for _ in range(n):
            tokens = text[torch.randint(len(text) - TRANSFORMER_WINDOW - 1, (rows, 1)) + place]
            loss = criterion(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return step


def pytorch_lstm(net: str) -> Step:
    """As `pytorch`."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch import nn  # pyright: ignore[reportMissingImports]

    units, layers, rows = NETS[net]
    text = torch.tensor(np.random.default_rng(0).integers(0, 58, 600_000))
    length = len(text) // rows
    streams = text[: rows * length].reshape(rows, length)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.characters = nn.Embedding(58, 24)
            self.lstm = nn.LSTM(24, units, layers, batch_first=True, dropout=0.2 if layers > 1 else 0.0)
            self.dropout, self.next = nn.Dropout(0.2), nn.Linear(units, 58)

        def forward(
            self, numbers: "Tensor", state: "tuple[Tensor, Tensor] | None"
        ) -> "tuple[Tensor, tuple[Tensor, Tensor]]":
            outputs, following = self.lstm(self.characters(numbers), state)
            return self.next(self.dropout(outputs)), following

    model, criterion = Net().train(), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    place, state = 0, None

    def step(n: int) -> None:
        nonlocal place, state
        for _ in range(n):
            window = streams[:, place : place + WINDOW + 1]
            scores, state = model(window[:, :-1], state)
            state = tuple(part.detach() for part in state)
            loss = criterion(scores.flatten(0, 1), window[:, 1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            place = (place + WINDOW) % (length - WINDOW)

    return step


def milliseconds(step: Step, networks: int) -> float:
    """Milliseconds per step and network; a call without steps is subtracted."""
    step(1)
    overhead, two = seconds(lambda: step(0)), seconds(lambda: step(2))
    n = int(np.clip(2 * TIMED_SECONDS / two, 4, MAX_STEPS))
    return (seconds(lambda: step(n)) - overhead) / n / networks * 1e3


def sampling(net: str) -> float:
    """Characters per second, one after another."""
    import jax

    from nlpfeat.analysis.sampling import SamplingOptions, sample_text

    factory, bucket = bucket_of(net, 1)
    params = jax.tree.map(lambda leaf: leaf[0], bucket.params)
    alphabet, settings = factory.dataset.metadata.alphabet, bucket.first.settings

    def sample(seed: int) -> None:
        options = SamplingOptions(0.8, CHARACTERS, sample_seed=seed)
        sample_text(bucket.program.module, params, settings, alphabet, "the ", options)

    sample(0)
    return CHARACTERS / seconds(lambda: sample(1))


RIVALS: dict[str, Callable[[str], float]] = {
    "nlpfeat": lambda net: milliseconds(*nlpfeat(net)),
    "pytorch": lambda net: milliseconds(*pytorch(net)),
    "sampling": sampling,
}


def main() -> None:
    """Print a Markdown table of medians and ratios."""
    parser = flags_of(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--nets", nargs="*", choices=sorted(NETS), default=list(NETS))
    parser.add_argument("--rival", choices=sorted(RIVALS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.rival:
        print(json.dumps({net: RIVALS[args.rival](net) for net in args.nets}))
        return
    found = in_rounds("benchmarks.characters", list(RIVALS), args.rounds, "--nets", *args.nets)
    print(f"ms per step and network, median (range) of {args.rounds} rounds; {machine()}\n")
    rows = []
    for net in args.nets:
        windows = NETS[net][2]
        medians = {rival: statistics.median(found[rival][net]) for rival in RIVALS}
        rows.append(
            [
                net,
                windows,
                *(cell(found[rival][net], 1) for rival in ("nlpfeat", "pytorch")),
                f"{medians['pytorch'] / medians['nlpfeat']:.2f}",
                f"{medians['nlpfeat'] / windows:.2f}",
                f"{medians['sampling']:,.0f}",
            ]
        )
    heads = ("network", "windows per step", "nlpfeat", "PyTorch", "× PyTorch", "s for 1,000 windows")
    print_markdown((*heads, "sampled, characters/s"), rows)


if __name__ == "__main__":
    main()
