"""Width sweeps on spirals: nlpfeat beside PyTorch, on the same work, interleaved in one run.

Three rivals train the same members by the 2021 recipe (full batch of K × N points, Adam 1e-3, L2 1e-5):

  loop     the usual first version: one eager network after another
  stacked  the careful version: all members of a width in batched matrices, fused Adam
  nlpfeat  `nlpfeat.sweeps.programs.advance`, compiled, on all cores

Each rival is timed in a process of its own, after a warm-up, in interleaved rounds; the medians over rounds are quoted.
Compile time is not counted. The slow loop is timed on a few steps of two members, which cost the same as any others.

Usage: python -m benchmarks.spirals [--points=200] [--seeds=32] [--rounds=5] [--widths=2,8,32,100]
"""

import argparse
import json
import statistics
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from torch import Tensor  # pyright: ignore[reportMissingImports]

WIDTHS = (2, 4, 8, 16, 32, 64, 100)


def nlpfeat(width: int, seeds: int, points: int) -> Step:
    """The bucket of one width."""
    sweep = {"width": (width,), "seed": tuple(range(seeds))}
    _, bucket = one_bucket({"task": "spirals", "data": {"points": points}, "sweep": sweep})
    return stepper(bucket, None, 2000)


def torch_data(seeds: int, points: int) -> tuple["Tensor", "Tensor"]:
    """Spirals (seeds, 5·points, 2) and their labels (5·points,)."""
    import torch  # pyright: ignore[reportMissingImports]

    t = torch.linspace(0, 1, points)
    arm = torch.arange(5)[:, None]
    angle = (2 * t + arm) * (2 * torch.pi / 5) + 0.2 * torch.randn(seeds, 5, points)
    radius = 0.8 * t + 0.2
    inputs = torch.stack([radius * angle.sin(), radius * angle.cos()], dim=-1).reshape(seeds, -1, 2)
    return inputs, torch.arange(5).repeat_interleave(points)


def loop(width: int, seeds: int, points: int) -> Step:
    """The notebook's training loop, one member after another; two members stand for all."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch import nn  # pyright: ignore[reportMissingImports]

    inputs, labels = torch_data(2, points)
    nets = [
        nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, 2), nn.Linear(2, 5)) for _ in range(2)
    ]
    optimizers = [torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-5) for net in nets]
    criterion = nn.CrossEntropyLoss()

    def step(n: int) -> None:
        for x, net, optimizer in zip(inputs, nets, optimizers, strict=True):
            for _ in range(n):
                loss = criterion(net(x), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    return step


def stacked(width: int, seeds: int, points: int) -> Step:
    """All members of a width as batched matrices, features × points (the faster layout), with fused Adam."""
    import torch  # pyright: ignore[reportMissingImports]

    inputs, labels = torch_data(seeds, points)
    x = inputs.transpose(1, 2).contiguous()
    target = labels.expand(seeds, -1)

    def linear(outputs: int, fan_in: int) -> "list[Tensor]":
        bound = fan_in**-0.5
        shapes = ((seeds, outputs, fan_in), (seeds, outputs, 1))
        return [torch.empty(shape).uniform_(-bound, bound).requires_grad_() for shape in shapes]

    (w1, b1), (w2, b2), (w3, b3) = linear(width, 2), linear(2, width), linear(5, 2)
    optimizer = torch.optim.Adam([w1, b1, w2, b2, w3, b3], lr=1e-3, weight_decay=1e-5, fused=True)

    def step(n: int) -> None:
        for _ in range(n):
            hidden = torch.relu(torch.baddbmm(b1, w1, x))
            scores = torch.baddbmm(b3, w3, torch.baddbmm(b2, w2, hidden))
            # the sum over members of each member's mean loss: their gradients do not mix
            loss = torch.nn.functional.cross_entropy(scores, target, reduction="sum") / x.shape[2]
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()

    return step


RIVALS = {"nlpfeat": nlpfeat, "stacked": stacked, "loop": loop}


def main() -> None:
    """Print a Markdown table of medians and ratios."""
    parser = flags_of(__doc__)
    parser.add_argument("--points", type=int, default=200, help="points per arm")
    parser.add_argument("--seeds", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--rival", choices=sorted(RIVALS), help=argparse.SUPPRESS)
    args = parser.parse_args()
    widths = [int(width) for width in args.widths.split(",")]
    if args.rival:
        members = 2 if args.rival == "loop" else args.seeds
        rival = RIVALS[args.rival]
        print(json.dumps({w: timed(rival(w, args.seeds, args.points), members) for w in widths}))
        return
    arguments = (f"--points={args.points}", f"--seeds={args.seeds}", f"--widths={args.widths}")
    found = in_rounds("benchmarks.spirals", list(RIVALS), args.rounds, *arguments)
    print(
        f"µs per step and member: {5 * args.points} points, {args.seeds} seeds, median (range) of {args.rounds} rounds;\n"
        f"{machine()}\n"
    )
    medians = {name: {w: statistics.median(v) for w, v in cases.items()} for name, cases in found.items()}

    def ratios(numbers: dict[str, float]) -> list[str]:
        return [f"{numbers[name] / numbers['nlpfeat']:.1f}" for name in ("stacked", "loop")]

    rows = [
        [
            width,
            *(cell(found[name][width], 1) for name in RIVALS),
            *ratios({name: medians[name][width] for name in RIVALS}),
        ]
        for width in map(str, widths)
    ]
    totals = {name: sum(cases.values()) for name, cases in medians.items()}
    rows.append(["all", *(f"{totals[name]:.0f}" for name in RIVALS), *ratios(totals)])
    heads = ("width", "nlpfeat", "stacked PyTorch", "eager PyTorch loop", "× stacked", "× loop")
    print_markdown(heads, rows)


if __name__ == "__main__":
    main()
