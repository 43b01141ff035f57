"""Width sweeps on spirals: nlpfeat beside PyTorch, on the same work, in turn, in one run.

Three rivals do the 2021 recipe (full batch of K × N points, Adam 1e-3, L2 1e-5) for the same members:

  loop     what a user writes first: one eager net after another
  stacked  what a careful user writes next: all members of a width in batched matrices, fused Adam
  nlpfeat  `nlpfeat.sweeps.programs.advance`, compiled, on all cores

Each is timed in a process of its own, after a warm-up, in rounds that interleave them, and the median over rounds
is quoted. Compile time is apart. The slow loop is timed on a few steps of a few members, which cost the same as
any others.

Usage: python -m benchmarks.spirals [--points=200] [--seeds=32] [--rounds=5] [--widths=2,8,32,100]
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nlpfeat.parallel import cores

WIDTHS = (2, 4, 8, 16, 32, 64, 100)
SECONDS = 1.0  # a timed stretch lasts about this long


def machine() -> str:
    """The machine in words."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.exists() else ""
    models = [line.split(":")[1].strip() for line in text.splitlines() if line.startswith("model name")]
    model = models[0] if models else platform.processor()
    avx512 = " with AVX-512" if "avx512f" in text else ""
    return f"{cores()} cores of {model}{avx512}"


def timed(step: Callable[[int], Any], members: int) -> float:
    """Microseconds per step and member of `step(n)`, which does n steps of all members."""
    step(1)
    n, seconds = 1, 0.0
    while seconds < SECONDS:
        n = max(n + 1, int(n * min(10.0, 1.2 * SECONDS / max(seconds, 1e-4))))
        began = time.perf_counter()
        step(n)
        seconds = time.perf_counter() - began
    return seconds / n / members * 1e6


def nlpfeat(width: int, seeds: int, points: int) -> Callable[[int], Any]:
    """The bucket of one width."""
    import jax

    from nlpfeat import parallel
    from nlpfeat.sweeps import plan, programs
    from nlpfeat.sweeps.members import member_factory, prepare
    from nlpfeat.sweeps.runner import initial_state
    from nlpfeat.tasks.spec import resolve

    parallel.use_all_cores()
    spec = resolve(
        {
            "task": "spirals",
            "data": {"points": points},
            "sweep": {"width": (width,), "seed": tuple(range(seeds))},
        }
    )
    table = plan.all_members(spec).assign(bucket="b")
    bucket = prepare(member_factory(spec), "b", table, programs.member_mesh(), width)
    state = initial_state(spec.task, bucket, (), bucket.params)

    def step(n: int) -> None:
        nonlocal state
        state, record = programs.advance(
            spec.task,
            bucket.module,
            (),
            bucket.layout,
            state,
            bucket.settings,
            bucket.arrays,
            bucket.splits,
            None,
            1.0,
            0,
            n,
        )
        jax.block_until_ready((state, record))

    return step


def torch_data(seeds: int, points: int) -> tuple[Any, Any]:
    """Spirals (seeds, 5·points, 2) and their labels (5·points,)."""
    import torch  # pyright: ignore[reportMissingImports]

    t = torch.linspace(0, 1, points)
    arm = torch.arange(5)[:, None]
    angle = (2 * t + arm) * (2 * torch.pi / 5) + 0.2 * torch.randn(seeds, 5, points)
    radius = 0.8 * t + 0.2
    inputs = torch.stack([radius * angle.sin(), radius * angle.cos()], dim=-1).reshape(seeds, -1, 2)
    return inputs, torch.arange(5).repeat_interleave(points)


def loop(width: int, seeds: int, points: int) -> Callable[[int], Any]:
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


def stacked(width: int, seeds: int, points: int) -> Callable[[int], Any]:
    """All members of a width as batched matrices, features × points (the faster layout), with fused Adam."""
    import torch  # pyright: ignore[reportMissingImports]

    inputs, labels = torch_data(seeds, points)
    x = inputs.transpose(1, 2).contiguous()
    target = labels.expand(seeds, -1)

    def linear(outputs: int, fan_in: int) -> list[Any]:
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


def measure(rival: str, widths: list[int], seeds: int, points: int) -> dict[int, float]:
    """Microseconds per step and member, by width, of one rival; run in a process of its own."""
    members = 2 if rival == "loop" else seeds
    return {width: timed(RIVALS[rival](width, seeds, points), members) for width in widths}


def main() -> None:
    """Print a Markdown table of medians and ratios."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--points", type=int, default=200, help="points an arm")
    arguments.add_argument("--seeds", type=int, default=32)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    arguments.add_argument("--rival", choices=sorted(RIVALS), help=argparse.SUPPRESS)
    flags = arguments.parse_args()
    widths = [int(width) for width in flags.widths.split(",")]
    if flags.rival:
        print(json.dumps(measure(flags.rival, widths, flags.seeds, flags.points)))
        return
    figures: dict[str, dict[int, list[float]]] = {name: {w: [] for w in widths} for name in RIVALS}
    for turn in range(flags.rounds):
        for name in RIVALS:
            print(f"round {turn + 1} of {flags.rounds}: {name}", file=sys.stderr)
            line = [sys.executable, "-m", "benchmarks.spirals", f"--rival={name}", f"--points={flags.points}"]
            line += [f"--seeds={flags.seeds}", f"--widths={flags.widths}"]
            done = subprocess.run(line, check=True, capture_output=True, text=True)
            for width, value in json.loads(done.stdout).items():
                figures[name][int(width)].append(value)
    report(figures, widths, flags)


def report(figures: dict[str, dict[int, list[float]]], widths: list[int], flags: argparse.Namespace) -> None:
    """The table, and the totals for the whole grid."""
    middle = {name: {w: statistics.median(v) for w, v in by.items()} for name, by in figures.items()}
    print(
        f"µs per step and member: {5 * flags.points} points, {flags.seeds} seeds, median (range) of {flags.rounds} rounds;"
    )
    print(f"{machine()}\n")
    print("| width | nlpfeat | stacked PyTorch | eager PyTorch loop | × stacked | × loop |")
    print("|---|---|---|---|---|---|")
    for width in widths:
        cells = [
            f"{middle[name][width]:.1f} ({min(figures[name][width]):.1f}–{max(figures[name][width]):.1f})"
            for name in ("nlpfeat", "stacked", "loop")
        ]
        ratios = [f"{middle[name][width] / middle['nlpfeat'][width]:.1f}" for name in ("stacked", "loop")]
        print(f"| {width} | {' | '.join([*cells, *ratios])} |")
    totals = {name: sum(by.values()) for name, by in middle.items()}
    ratios = [f"{totals[name] / totals['nlpfeat']:.1f}" for name in ("stacked", "loop")]
    sums = " | ".join(f"{totals[name]:.0f}" for name in ("nlpfeat", "stacked", "loop"))
    print(f"| all | {sums} | {' | '.join(ratios)} |")


if __name__ == "__main__":
    main()
