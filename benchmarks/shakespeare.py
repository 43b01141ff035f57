"""Bits per character on Tiny Shakespeare: nlpfeat's LSTM beside PyTorch's, at equal size, batches, steps and learning rate.

  nlpfeat         `char_rnn` with character vectors that start U(±.05), as in Keras 1
  nlpfeat, std 1  the same with character vectors of standard deviation 1, as in PyTorch
  pytorch         torch.nn.Embedding and torch.nn.LSTM with their own initial values
  pytorch, ours   the same with the initial values of "nlpfeat, std 1"

One layer without dropout, windows of 40 characters, 32 per step, the state carried on; Adam. All read the same windows in the same
order. Held-out bits are those of the last tenth of the text. Seconds are those of training on all cores: nlpfeat trains two seeds
at a time, PyTorch one.

Usage: NLPFEAT_DATA=… python -m benchmarks.shakespeare [--units 64 256] [--steps=2000] [--seeds=3]
"""

import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.common import flags_of, machine, one_bucket, print_markdown
from nlpfeat.parallel import cores

if TYPE_CHECKING:
    from nlpfeat.sweeps.members import Bucket, MemberFactory

WINDOW, ROWS, LEARNING_RATE = 40, 32, 3e-3
UNIT_STANDARD_DEVIATION = 3**0.5


def bucket_of(
    units: int, steps: int, seeds: tuple[int, ...], init_scale: float
) -> tuple["MemberFactory", "Bucket"]:
    """The bucket of some seeds."""
    return one_bucket(
        {
            "task": "char_rnn",
            "data": {"book": "shakespeare", "window": WINDOW},
            "model": {"init_scale": init_scale},
            "training": {
                "steps": (steps,),
                "batch_size": ROWS,
                "record_every": steps,
                "checkpoint_every": steps,
            },
            "settings": {"learning_rate": LEARNING_RATE, "dropout": 0.0},
            "sweep": {"width": (units,), "seed": seeds},
        }
    )


def nlpfeat(units: int, steps: int, seeds: int, init_scale: float) -> tuple[list[float], float]:
    """Held-out bits of each seed, and seconds per seed with all cores at work."""
    from nlpfeat.sweeps.runner import advance, initial_state

    bits, took = [], 0.0
    for first in range(0, seeds, cores()):
        some = tuple(range(first, min(first + cores(), seeds)))
        factory, bucket = bucket_of(units, steps, some, init_scale)
        state = initial_state(bucket, (), bucket.params)
        began = time.perf_counter()
        [(_, record)] = advance(factory.spec.training, bucket, state, 0, [steps])
        found = bucket.to_host(record)["bits"]
        took += time.perf_counter() - began
        bits += np.asarray(found)[: len(some), 1].tolist()
    return bits, took / seeds


def pytorch(units: int, steps: int, seed: int, *, from_ours: bool) -> tuple[float, float]:
    """Held-out bits, and seconds."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch import nn  # pyright: ignore[reportMissingImports]

    from nlpfeat.data.core import split_names
    from nlpfeat.sweeps.members import tree_index
    from nlpfeat.sweeps.runner import batch_indices

    factory, bucket = bucket_of(units, steps, (seed,), UNIT_STANDARD_DEVIATION)
    book, training = factory.dataset.metadata, factory.spec.training
    order = np.asarray(batch_indices(training, bucket, 0, steps)).reshape(-1, ROWS)[:steps]
    splits = bucket.first.splits
    starts = np.asarray(splits["train"].inputs.start)
    text = torch.from_numpy(book.numbers.astype(np.int64))
    vocabulary = len(book.alphabet.characters) + 1
    torch.manual_seed(seed)
    embedding, lstm, head = (
        nn.Embedding(vocabulary, 24),
        nn.LSTM(24, units, batch_first=True),
        nn.Linear(units, vocabulary),
    )
    if from_ours:
        params = tree_index(bucket.to_host(bucket.params), 0)
        layer = params["layer_0"]
        with torch.no_grad():
            embedding.weight.copy_(torch.tensor(params["characters"]["table"]))
            inputs, recurrent, bias, other_bias = lstm.parameters()
            for theirs, ours in ((inputs, layer["weight"]), (recurrent, layer["recurrent"])):
                theirs.copy_(torch.tensor(np.asarray(ours).reshape(len(ours), -1).T.copy()))
            bias.copy_(torch.tensor(np.asarray(layer["bias"]).reshape(-1)))
            other_bias.zero_()
            head.weight.copy_(torch.tensor(np.asarray(params["next"]["weight"]).T.copy()))
            head.bias.zero_()
    parameters = [*embedding.parameters(), *lstm.parameters(), *head.parameters()]
    optimizer, criterion = torch.optim.Adam(parameters, lr=LEARNING_RATE), nn.CrossEntropyLoss()

    def windows(first: np.ndarray, length: int) -> "torch.Tensor":
        return text[torch.from_numpy(first[:, None] + np.arange(length + 1))]

    state, stop = None, np.full(ROWS, -1)
    began = time.perf_counter()
    for rows in order:
        first = np.minimum(starts[rows], len(text) - WINDOW - 1)
        tokens = windows(first, WINDOW)
        if state is not None:
            follows = torch.from_numpy((first == stop).astype(np.float32))[None, :, None]
            state = tuple(part.detach() * follows for part in state)
        outputs, state = lstm(embedding(tokens[:, :-1]), state)
        loss = criterion(head(outputs).flatten(0, 1), tokens[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        stop = first + WINDOW
    took = time.perf_counter() - began
    # The held-out tenth in the streams in which nlpfeat reads it.
    held = text[book.train :]
    length = (len(held) - 1) // ROWS
    streams = torch.stack([held[row * length : row * length + length + 1] for row in range(ROWS)])
    with torch.no_grad():
        outputs, _ = lstm(embedding(streams[:, :-1]))
        nats = criterion(head(outputs).flatten(0, 1), streams[:, 1:].flatten())
    assert split_names(splits)[1] == "validation"
    return float(nats) / np.log(2), took


def main() -> None:
    """Print a Markdown table."""
    parser = flags_of(__doc__)
    parser.add_argument("--units", type=int, nargs="*", default=[64, 256])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    print(f"{machine()}; {args.steps:,} steps of {ROWS} windows, Adam at {LEARNING_RATE:g}\n")
    rows = []
    for units in args.units:
        for name, init_scale in (("nlpfeat", 0.05), ("nlpfeat, std 1", UNIT_STANDARD_DEVIATION)):
            bits, took = nlpfeat(units, args.steps, args.seeds, init_scale)
            rows.append([units, name, *summary(bits), f"{took:.0f}"])
        for name, from_ours in (("pytorch", False), ("pytorch, ours", True)):
            both = [pytorch(units, args.steps, seed, from_ours=from_ours) for seed in range(args.seeds)]
            rows.append(
                [
                    units,
                    name,
                    *summary([bits for bits, _ in both]),
                    f"{np.mean([took for _, took in both]):.0f}",
                ]
            )
    print_markdown(("LSTM units", "network", "held-out bits, mean", "each seed", "seconds per seed"), rows)


def summary(bits: list[float]) -> tuple[str, str]:
    """The mean, and each seed."""
    return f"{np.mean(bits):.3f}", ", ".join(f"{one:.3f}" for one in bits)


if __name__ == "__main__":
    main()
