"""Double descent on MNIST-1D: nlpfeat beside the loop of the authors' notebook in PyTorch, on the same work, interleaved in one run.

40 → H → H → 10, SGD with momentum .9, batches of 100 of 4,000 examples. Three rivals train the same members:

  notebook  the authors' loop: one network after another, batches from a DataLoader
  lean      the same loop, with batches by a random permutation of two tensors
  nlpfeat   `nlpfeat.sweeps.programs.advance`, compiled, on all cores, with a record of all 16,000 examples every 1,000 steps

Each rival is timed in a process of its own, after a warm-up, in interleaved rounds; the medians over rounds are quoted. Compile time is not
counted. The loops are timed on one member, which costs the same as any other.

Usage: python -m benchmarks.double_descent [--seeds=32] [--rounds=3] [--widths=2,9,27,61,135,300]
"""

import argparse
import json
import statistics

from benchmarks.common import (
    Step,
    cell,
    flags_of,
    in_rounds,
    machine,
    one_bucket,
    print_markdown,
    stepper,
    timed,
)

WIDTHS = (2, 3, 4, 5, 7, 9, 12, 16, 21, 27, 36, 47, 61, 80, 104, 135, 177, 230, 300)
BATCH, STEPS = 100, 1000


def nlpfeat(width: int, seeds: int) -> Step:
    """The bucket of one width."""
    from nlpfeat.sweeps.runner import batch_indices

    config = {
        "task": "mnist1d",
        "training": {"steps": (STEPS,), "batch_size": BATCH},
        "sweep": {"width": (width,), "seed": tuple(range(seeds))},
    }
    factory, bucket = one_bucket(config)
    indices = batch_indices(factory.spec.training, bucket, 0, STEPS)
    return stepper(bucket, indices, STEPS)


def network(width: int) -> object:
    """The notebook's network, its examples, and its optimizer."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch import nn  # pyright: ignore[reportMissingImports]

    from nlpfeat.data.images.mnist1d import mnist1d

    inputs, labels = mnist1d(16_000)
    net = nn.Sequential(
        nn.Linear(40, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    return net, torch.tensor(inputs[:4000], dtype=torch.float32), torch.tensor(labels[:4000]), optimizer


def notebook(width: int, seeds: int) -> Step:
    """Batches from a DataLoader, as in the notebook."""
    from torch import nn  # pyright: ignore[reportMissingImports]
    from torch.utils.data import DataLoader, TensorDataset  # pyright: ignore[reportMissingImports]

    net, inputs, labels, optimizer = network(width)  # pyright: ignore[reportGeneralTypeIssues]
    criterion = nn.CrossEntropyLoss()
    loader = DataLoader(TensorDataset(inputs, labels), batch_size=BATCH, shuffle=True)

    def step(n: int) -> None:
        done = 0
        while done < n:
            for x, y in loader:
                optimizer.zero_grad()
                criterion(net(x), y).backward()
                optimizer.step()
                done += 1
                if done == n:
                    return

    return step


def lean(width: int, seeds: int) -> Step:
    """Batches by indices into two tensors."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch import nn  # pyright: ignore[reportMissingImports]

    net, inputs, labels, optimizer = network(width)  # pyright: ignore[reportGeneralTypeIssues]
    criterion = nn.CrossEntropyLoss()

    def step(n: int) -> None:
        order = torch.randperm(len(inputs))
        for i in range(n):
            if i * BATCH % len(inputs) == 0:
                order = torch.randperm(len(inputs))
            rows = order[i * BATCH % len(inputs) :][:BATCH]
            optimizer.zero_grad()
            criterion(net(inputs[rows]), labels[rows]).backward()
            optimizer.step()

    return step


RIVALS = {"nlpfeat": nlpfeat, "lean": lean, "notebook": notebook}


def main() -> None:
    """Print a Markdown table of medians and ratios."""
    parser = flags_of(__doc__)
    parser.add_argument("--seeds", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--rival", choices=sorted(RIVALS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    widths = [int(width) for width in args.widths.split(",")]
    if args.rival:
        members = args.seeds if args.rival == "nlpfeat" else 1
        rival = RIVALS[args.rival]
        print(json.dumps({width: timed(rival(width, args.seeds), members) for width in widths}))
        return
    arguments = (f"--seeds={args.seeds}", f"--widths={args.widths}")
    found = in_rounds("benchmarks.double_descent", list(RIVALS), args.rounds, *arguments)
    print(
        f"µs per step and member: {args.seeds} seeds, median (range) of {args.rounds} rounds;\n{machine()}\n"
    )
    medians = {name: {w: statistics.median(v) for w, v in cases.items()} for name, cases in found.items()}
    totals = {name: sum(cases.values()) for name, cases in medians.items()}
    narrow = {name: sum(v for w, v in cases.items() if int(w) <= 32) for name, cases in medians.items()}
    rows = [
        [width, *(cell(found[name][width], 1) for name in RIVALS), *_ratios(medians, width)]
        for width in map(str, widths)
    ]
    for label, numbers in (("up to 32", narrow), ("all", totals)):
        one = {name: {label: number} for name, number in numbers.items()}
        rows.append([label, *(f"{numbers[name]:.0f}" for name in RIVALS), *_ratios(one, label)])
    print_markdown(("width", "nlpfeat", "lean loop", "notebook's loop", "× lean", "× notebook"), rows)


def _ratios(numbers: dict[str, dict[str, float]], case: str) -> list[str]:
    return [f"{numbers[name][case] / numbers['nlpfeat'][case]:.1f}" for name in ("lean", "notebook")]


if __name__ == "__main__":
    main()
