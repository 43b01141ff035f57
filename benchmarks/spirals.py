"""Width sweeps on spirals: nlpfeat beside PyTorch and plain JAX, on the same work, interleaved in one run.

All train the same members by the 2021 recipe (full batch of K × N points, Adam 1e-3, L2 1e-5):

  loop      the usual first version: one eager network after another
  stacked   the careful version: all members of a width in batched matrices, fused Adam
  compiled  the same through torch.compile; it needs a C++ compiler
  torchvmap torch.func: vmap of the gradient of one member's loss, fused Adam
  jaxvmap   plain JAX: jit of a scan over vmap of one member's step, Optax, points × features, no blocks
  nlpfeat   `nlpfeat.sweeps.programs.advance`, on all cores
  floor     a loop written by hand with AVX-512, one member on one core: what this arithmetic takes at least

Each is timed in a process of its own, after a warm-up, in interleaved rounds; the medians over rounds are quoted. Compile time is
not counted, but in the last lines: there the whole command of the default sweep, from the shell to its table, stands beside
the loop's time for the same members. The slow loop is timed on a few steps of two members, which cost the same as any others.

Usage: python -m benchmarks.spirals [--rounds=5] [--widths=2,8,32,100] [--out=docs/scaling.png]
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.common import (
    Step,
    cell,
    flags_of,
    in_rounds,
    machine,
    one_bucket,
    print_markdown,
    seconds,
    stepper,
    timed,
)
from nlpfeat.parallel import cores

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor  # pyright: ignore[reportMissingImports]

WIDTHS = (2, 4, 8, 16, 32, 64, 100)
SEEDS, POINTS, STEPS = 32, 200, 2000  # of the default sweep; points per arm
MEMBERS, AT_WIDTH = (1, 8, 64, 512), 32  # for the cost against the number of members
FLOOR = Path(__file__).with_name("spirals_floor.c")


def nlpfeat(width: int, seeds: int) -> Step:
    """The bucket of one width."""
    sweep = {"width": (width,), "seed": tuple(range(seeds))}
    _, bucket = one_bucket({"task": "spirals", "data": {"points": POINTS}, "sweep": sweep})
    return stepper(bucket, None, STEPS)


def torch_data(seeds: int) -> tuple["Tensor", "Tensor"]:
    """Spirals (seeds, 5 · POINTS, 2) and their labels (5 · POINTS,)."""
    import torch  # pyright: ignore[reportMissingImports]

    t = torch.linspace(0, 1, POINTS)
    arm = torch.arange(5)[:, None]
    angle = (2 * t + arm) * (2 * torch.pi / 5) + 0.2 * torch.randn(seeds, 5, POINTS)
    radius = 0.8 * t + 0.2
    inputs = torch.stack([radius * angle.sin(), radius * angle.cos()], dim=-1).reshape(seeds, -1, 2)
    return inputs, torch.arange(5).repeat_interleave(POINTS)


def loop(width: int, seeds: int) -> Step:
    """The notebook's training loop, one member after another; two members stand for all."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch import nn  # pyright: ignore[reportMissingImports]

    inputs, labels = torch_data(2)
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


def stacked(width: int, seeds: int) -> Step:
    """All members of a width as batched matrices, features × points (the faster layout), with fused Adam."""
    return _batched(width, seeds, lambda function: function)


def compiled(width: int, seeds: int) -> Step:
    """As `stacked`, its forward and backward pass compiled."""
    import torch  # pyright: ignore[reportMissingImports]

    return _batched(width, seeds, torch.compile)


def _batched(
    width: int, seeds: int, compiler: "Callable[[Callable[..., Tensor]], Callable[..., Tensor]]"
) -> Step:
    import torch  # pyright: ignore[reportMissingImports]

    inputs, labels = torch_data(seeds)
    x = inputs.transpose(1, 2).contiguous()
    target = labels.expand(seeds, -1)

    def linear(outputs: int, fan_in: int) -> "list[Tensor]":
        bound = fan_in**-0.5
        shapes = ((seeds, outputs, fan_in), (seeds, outputs, 1))
        return [torch.empty(shape).uniform_(-bound, bound).requires_grad_() for shape in shapes]

    parameters = [*linear(width, 2), *linear(2, width), *linear(5, 2)]
    optimizer = torch.optim.Adam(parameters, lr=1e-3, weight_decay=1e-5, fused=True)

    @compiler
    def summed_loss(x: "Tensor", target: "Tensor", *parameters: "Tensor") -> "Tensor":
        w1, b1, w2, b2, w3, b3 = parameters
        hidden = torch.relu(torch.baddbmm(b1, w1, x))
        scores = torch.baddbmm(b3, w3, torch.baddbmm(b2, w2, hidden))
        # the sum over members of each member's mean loss: their gradients do not mix
        return torch.nn.functional.cross_entropy(scores, target, reduction="sum") / x.shape[2]

    def step(n: int) -> None:
        for _ in range(n):
            loss = summed_loss(x, target, *parameters)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()

    return step


def torchvmap(width: int, seeds: int) -> Step:
    """The gradient of one member's loss, mapped over all members."""
    import torch  # pyright: ignore[reportMissingImports]
    from torch.nn.functional import cross_entropy, linear, relu  # pyright: ignore[reportMissingImports]

    inputs, labels = torch_data(seeds)
    shapes = {"w1": (width, 2), "b1": (width,), "w2": (2, width), "b2": (2,), "w3": (5, 2), "b3": (5,)}
    parameters = {name: torch.empty(seeds, *shape).uniform_(-0.5, 0.5) for name, shape in shapes.items()}
    optimizer = torch.optim.Adam(list(parameters.values()), lr=1e-3, weight_decay=1e-5, fused=True)

    def loss(p: "dict[str, Tensor]", x: "Tensor") -> "Tensor":
        embedding = linear(relu(linear(x, p["w1"], p["b1"])), p["w2"], p["b2"])
        return cross_entropy(linear(embedding, p["w3"], p["b3"]), labels)

    gradient = torch.func.vmap(torch.func.grad(loss))

    def step(n: int) -> None:
        for _ in range(n):
            for name, value in gradient(parameters, inputs).items():
                parameters[name].grad = value
            optimizer.step()

    return step


def jaxvmap(width: int, seeds: int) -> Step:
    """What a JAX user writes first: one member's step, mapped over all members and scanned over steps."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    import optax

    rng, n = np.random.default_rng(0), 5 * POINTS
    inputs, labels = jnp.asarray(rng.normal(size=(seeds, n, 2)), jnp.float32), jnp.arange(n) % 5
    shapes = {"w1": (2, width), "b1": (width,), "w2": (width, 2), "b2": (2,), "w3": (2, 5), "b3": (5,)}
    parameters = {k: jnp.asarray(rng.uniform(-0.5, 0.5, (seeds, *v)), jnp.float32) for k, v in shapes.items()}
    optimizer = optax.chain(optax.add_decayed_weights(1e-5), optax.adam(1e-3))

    def loss(p: dict[str, jax.Array], x: jax.Array) -> jax.Array:
        embedding = jax.nn.relu(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]
        scores = embedding @ p["w3"] + p["b3"]
        return optax.softmax_cross_entropy_with_integer_labels(scores, labels).mean()

    def member_step(state: tuple, x: jax.Array) -> tuple:
        p, moments = state
        updates, moments = optimizer.update(jax.grad(loss)(p, x), moments, p)
        return optax.apply_updates(p, updates), moments

    @jax.jit
    def run(state: tuple, steps: int) -> tuple:
        return jax.lax.fori_loop(0, steps, lambda _, state: jax.vmap(member_step)(state, inputs), state)

    state = (parameters, jax.vmap(optimizer.init)(parameters))

    def step(n: int) -> None:
        nonlocal state
        state = jax.block_until_ready(run(state, n))

    return step


RIVALS = {
    "nlpfeat": nlpfeat,
    "stacked": stacked,
    "compiled": compiled,
    "torchvmap": torchvmap,
    "jaxvmap": jaxvmap,
    "loop": loop,
}
TITLES = {
    "nlpfeat": "nlpfeat",
    "stacked": "stacked PyTorch",
    "compiled": "stacked, torch.compile",
    "torchvmap": "torch.func.vmap",
    "jaxvmap": "plain jax.vmap",
    "loop": "eager PyTorch loop",
    "floor": "floor, core-µs",
}


def floor(widths: Sequence[int]) -> dict[str, float]:
    """Microseconds per step of one member on one core, by width; empty without a C compiler, or AVX-512."""
    compiler = shutil.which("cc")
    if compiler is None or "AVX-512" not in machine():
        return {}
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "floor"
        flags = ("-O3", "-march=native", "-ffast-math")
        subprocess.run([compiler, *flags, FLOOR, "-o", program, "-lm"], check=True)
        line = [program, str(5 * POINTS), *map(str, widths)]
        done = subprocess.run(line, check=True, capture_output=True, text=True)
    return {width: float(time) for width, time in (row.split() for row in done.stdout.splitlines())}


def whole_command() -> float:
    """Seconds of the default sweep, from the shell to its table."""
    with tempfile.TemporaryDirectory() as folder:
        line = [sys.executable, "-m", "nlpfeat", "sweep", "spirals", f"--study={folder}/study"]
        return seconds(lambda: subprocess.run(line, check=True, capture_output=True))


def main() -> None:
    """Print a Markdown table of medians and ratios, and save the figure."""
    parser = flags_of(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--rivals", default=",".join(RIVALS), help="which of them (default: all)")
    parser.add_argument("--out", type=Path, help="save the figure, as PNG")
    parser.add_argument("--rival", choices=[*RIVALS, "floor"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    widths = [int(width) for width in args.widths.split(",")]
    if args.rival:
        print(json.dumps(floor(widths) if args.rival == "floor" else _times(args.rival, widths, args.out)))
        return
    chosen = [name for name in args.rivals.split(",") if name != "compiled" or shutil.which("c++")]
    arguments = (f"--widths={args.widths}", *([f"--out={args.out}"] if args.out else []))
    found = in_rounds("benchmarks.spirals", [*chosen, "floor"], args.rounds, *arguments)
    print(
        f"µs per step and member: {5 * POINTS} points, {SEEDS} seeds, median (range) of {args.rounds} rounds;\n{machine()}\n"
    )
    medians = {name: {w: statistics.median(v) for w, v in cases.items()} for name, cases in found.items()}
    _print_table(found, medians, list(map(str, widths)))
    if "loop" in medians and set(WIDTHS) <= set(widths):
        loop_seconds = sum(medians["loop"][str(w)] for w in WIDTHS) * SEEDS * STEPS / 1e6
        whole = [whole_command() for _ in range(args.rounds)]
        print(
            f"\nThe default sweep of {len(WIDTHS) * SEEDS} members, the whole command: {cell(whole, 1)} s; the loop takes "
            f"{loop_seconds:.0f} s: {loop_seconds / statistics.median(whole):.1f} times as long"
        )
    if args.out:
        plot(medians, widths, args.out)


def _times(rival: str, widths: Sequence[int], out: Path | None) -> dict[str, float]:
    """Microseconds per step and member, by width, and by number of members for the figure."""
    make = RIVALS[rival]
    alone = rival == "loop"  # whose members cost the same, however many they are
    found = {str(width): timed(make(width, SEEDS), 2 if alone else SEEDS) for width in widths}
    if out and not alone and rival != "compiled":  # which compiles anew for each number
        found |= {f"members {n}": timed(make(AT_WIDTH, n), n) for n in MEMBERS}
    return found


def _print_table(
    found: dict[str, dict[str, list[float]]], medians: dict[str, dict[str, float]], widths: list[str]
) -> None:
    names = [name for name in TITLES if found.get(name)]
    rivals = [name for name in names if name not in ("nlpfeat", "floor")]
    rows = []
    for width in widths:
        ratios = [f"{medians[name][width] / medians['nlpfeat'][width]:.1f}" for name in rivals]
        rows.append([width, *(cell(found[name][width], 1) for name in names), *ratios])
        if "floor" in names:
            rows[-1].append(f"{cores() * medians['nlpfeat'][width] / medians['floor'][width]:.1f}")
    totals = {name: sum(medians[name][width] for width in widths) for name in names}
    last = ["all", *(f"{totals[name]:.0f}" for name in names)]
    last += [f"{totals[name] / totals['nlpfeat']:.1f}" for name in rivals]
    if "floor" in names:
        last.append(f"{cores() * totals['nlpfeat'] / totals['floor']:.1f}")
    heads = ["width", *(TITLES[name] for name in names), *(f"× {TITLES[name]}" for name in rivals)]
    heads += ["core time of nlpfeat × floor"] if "floor" in names else []
    print_markdown(heads, [*rows, last])


def plot(medians: dict[str, dict[str, float]], widths: Sequence[int], path: Path) -> None:
    """Time against width and against the number of members, for all rivals, on logarithmic axes."""
    import matplotlib.pyplot as plt

    from nlpfeat.plotting.style import BLUE, GREY, house_style, log_axis, width_axis

    with house_style():
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), sharey=True)
        others = iter(("#d95f02", "#e7a03c", "#7570b3", "#1b9e77", "#444444", GREY))
        for name, marker in zip([n for n in TITLES if medians.get(n)], "os^vDP*", strict=False):
            ours = name == "nlpfeat"
            look = {"color": BLUE if ours else next(others), "lw": 2.2 if ours else 1.2}
            look |= {"color": GREY, "ls": ":"} if name == "floor" else {}
            scale = 1 / cores() if name == "floor" else 1.0
            times = [scale * medians[name][str(width)] for width in widths]
            title = f"floor, on {cores()} cores" if name == "floor" else TITLES[name]
            left.plot(widths, times, marker=marker, ms=5, label=title, **look)
            many = [medians[name].get(f"members {n}") for n in MEMBERS]
            if None not in many:
                right.plot(MEMBERS, many, marker=marker, ms=5, **look)
        log_axis(left.yaxis)
        width_axis(left, list(widths), f"hidden width ({SEEDS} members)")
        left.set_ylabel("µs per step and member")
        log_axis(right.xaxis)
        right.set_xticks(MEMBERS, [f"{n:,}" for n in MEMBERS])
        right.set_xlabel(f"members trained together (width {AT_WIDTH})")
        figure.legend(loc="outside lower center", ncols=4)
        figure.suptitle(f"A training step on 1,000 points, {machine()}", fontsize=10, x=0.01, ha="left")
        figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
