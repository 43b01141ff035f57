"""A GPU or TPU beside its rivals and beside the CPU: time of a training step, and whether the numbers are those of the CPU.

  peak      what the device reaches in products of matrices, in whole float32 and as JAX rounds them by default, and in copies
  spirals   µs per step and member, by width and number of members: nlpfeat, the careful rivals of `benchmarks.spirals` on the
            same device, and nlpfeat on the cores of the CPU
  networks  ms per step and network of networks that read words or characters: nlpfeat with one member and with many, and the
            same network in eager PyTorch on the same device
  choices   the same for blocks of members and precisions of products that `nlpfeat.sweeps.programs.PLATFORMS` might have
  numbers   small studies of unlike tasks, the same steps here and on the CPU: the largest difference of a recorded loss

Each rival is timed in a process of its own, in interleaved rounds; medians (range). Compiling is not counted. PyTorch's columns need
a PyTorch that sees the device. On a machine without an accelerator the CPU is compared with itself. Prints Markdown.

Usage: NLPFEAT_DATA=… python -m benchmarks.accelerator [--rounds=3] [--steps=50] [--texts=reviews.csv] [--parts=peak,times,choices,numbers]
"""

import argparse
import json
import statistics
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any
from unittest.mock import patch

from benchmarks import characters, sequences, spirals
from benchmarks.common import (
    Step,
    cell,
    first_state,
    flags_of,
    in_rounds,
    machine,
    one_bucket,
    print_markdown,
    timed,
)
from nlpfeat import parallel

Numbers = dict[str, float]  # by case

SPIRALS = ((2, 32), (32, 32), (100, 32), (32, 1024), (1024, 32))  # width, members
NETWORKS = (*sequences.NETS, "LSTM, 128", "LSTM, 512", "transformer, 4 × 128")
MEMBERS = (1, 16)  # of the networks
# MiB of activations of a block, and precisions, for which those of PLATFORMS are exchanged.
BLOCKS, PRECISIONS = (64, 256, 1024, 4096), ("default", "float32")
# Spirals by width and members, and networks of which there are as many as the last of MEMBERS.
CHOICES = ((32, 1024), "imdb_cnn", "imdb_lstm")
TASKS = {  # whose numbers are compared, and the two widths
    "spirals": (4, 8),
    "spirals_deep": (4, 8),
    "wound_spirals": (4, 8),
    "mnist1d_conv": (4, 8),
    "planted_words": (4, 8),
    "superposition": (4, 8),
    "sparse_parity": (4, 8),
    "imdb_cnn": (16, 32),
    "imdb_lstm": (16, 32),
}
SAME = 1e-4  # of a loss: a difference of rounding after some tens of steps
LENGTH = 50  # words of a text, for these
COPIED = 2**30  # bytes


def nlpfeat(texts: str) -> Numbers:
    """All cases: µs of spirals, ms of networks."""
    found = times_of_spirals(spirals.nlpfeat)
    for net, members in product(NETWORKS, MEMBERS):
        if net in sequences.NETS:
            found[f"{net} × {members}"] = timed(*sequences.nlpfeat(net, members, texts)) / 1e3
        else:
            found[f"{net} × {members}"] = characters.milliseconds(*characters.nlpfeat(net, members))
    return found


def choices(texts: str) -> Numbers:
    """Milliseconds per step and member, by block and precision."""
    import jax

    from nlpfeat.sweeps import programs

    parallel.use_all_cores()
    name, found = programs.platform_of(programs.member_mesh()), {}
    for case in CHOICES:
        for mib, precision in product(BLOCKS, PRECISIONS):
            platform = programs.PLATFORMS[name]._replace(block_bytes=mib * 2**20, matmul_precision=precision)
            with patch.dict(programs.PLATFORMS, {name: platform}):
                if isinstance(case, str):
                    step, members = sequences.nlpfeat(case, MEMBERS[-1], texts)
                else:
                    step, members = spirals.nlpfeat(*case), case[1]
                found[f"{case} {mib} {precision}"] = timed(step, members) / 1e3
            jax.clear_caches()  # programs are cached by layouts, which do not hold the precision
    return found


def times_of_spirals(make: Callable[[int, int], Step]) -> Numbers:
    """Microseconds per step and member of a rival, made from width and members."""
    return {_case(width, members): timed(make(width, members), members) for width, members in SPIRALS}


def cpu() -> Numbers:
    """The same on the cores."""
    import jax

    jax.config.update("jax_platforms", "cpu")
    return times_of_spirals(spirals.nlpfeat)


def pytorch(make: Callable[[int, int], Step]) -> Numbers:
    """A rival of the spirals in PyTorch, on the accelerator."""
    _use_accelerator()
    return times_of_spirals(lambda width, members: _waited(make(width, members)))


def pytorch_networks(texts: str) -> Numbers:
    """Networks in eager PyTorch, one at a time."""
    _use_accelerator()
    found = {}
    for net in NETWORKS:
        if net in sequences.NETS:
            step, networks = sequences.pytorch(net, texts)
            found[net] = timed(_waited(step), networks) / 1e3
        else:
            step, networks = characters.pytorch(net)
            found[net] = characters.milliseconds(_waited(step), networks)
    return found


def _use_accelerator() -> None:
    import torch  # pyright: ignore[reportMissingImports]

    torch.set_default_device("cuda" if torch.cuda.is_available() else "cpu")


def _waited(step: Step) -> Step:
    """The same, returning when the device is done."""
    import torch  # pyright: ignore[reportMissingImports]

    def waited(n: int) -> None:
        step(n)
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    return waited


def _case(width: int, members: int) -> str:
    return f"{width} × {members}"


def peak() -> Numbers:
    """TFLOP/s of products in float32 and by JAX's default, GB/s of a copy, read and written."""
    import jax
    import jax.numpy as jnp

    from nlpfeat.sweeps import programs
    from nlpfeat.sweeps.compute import fastest

    size = programs.PLATFORMS[programs.platform_of(programs.member_mesh())].peak_size
    matrix = jax.random.normal(jax.random.key(0), (size, size))
    products = {
        precision: 2e-12
        * size**3
        / fastest(
            partial(jax.jit(jnp.matmul, static_argnames="precision"), matrix, matrix, precision=precision)
        )
        for precision in ("float32", "default")
    }
    copied = 2e-9 * COPIED / fastest(partial(jax.jit(lambda x: x + 1), jnp.zeros(COPIED // 4, jnp.float32)))
    return {
        "products, float32, TFLOP/s": products["float32"],
        "products, default, TFLOP/s": products["default"],
        "copy, GB/s": copied,
    }


def numbers(texts: str, steps: int) -> Numbers:
    """The largest difference of a loss between the devices here and the CPU, by task."""
    import jax
    import numpy as np

    parallel.use_all_cores()
    found = {}
    for task in TASKS:
        here, host = (_losses(devices, task, texts, steps) for devices in (jax.devices(), jax.devices("cpu")))
        found[task] = float(np.nanmax(np.abs(here - host)))
    return found


def _losses(devices: list[Any], task: str, texts: str, steps: int) -> Any:
    """The losses of four members of a task after some steps: (members, splits)."""
    import jax
    import numpy as np

    from nlpfeat.sweeps.runner import advance

    training = {"steps": (steps,), "record_every": steps, "snapshots": ()}
    # Short texts: what is compared is the arithmetic.
    data = {"data": {"path": texts, "length": LENGTH}} if task in sequences.NETS else {}
    config = {"task": task, **data, "training": training, "sweep": {"width": TASKS[task], "seed": (0, 1)}}
    with jax.default_device(devices[0]):
        factory, bucket = one_bucket(config, devices)
        *_, (_, record) = advance(factory.spec.training, bucket, first_state(bucket), 0, [steps])
        return np.asarray(bucket.to_host(record)["loss"])


def devices() -> Numbers:
    """The devices of this machine, by name."""
    import jax

    return {jax.devices()[0].device_kind: len(jax.devices())}


def main() -> None:
    """Print the tables."""
    parser = flags_of(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=50, help="of the comparison of numbers")
    parser.add_argument("--texts", default="", help="labelled texts in place of IMDB")
    parser.add_argument("--parts", default="peak,numbers,times,choices", help="which of them (default: all)")
    parser.add_argument("--rival", help=argparse.SUPPRESS)
    args = parser.parse_args()
    rivals: dict[str, Callable[[], Numbers]] = {
        "nlpfeat": partial(nlpfeat, args.texts),
        "stacked": partial(pytorch, spirals.stacked),
        "compiled": partial(pytorch, spirals.compiled),
        "jaxvmap": partial(times_of_spirals, spirals.jaxvmap),
        "cpu": cpu,
        "networks": partial(pytorch_networks, args.texts),
    }
    others = {
        "peak": peak,
        "choices": partial(choices, args.texts),
        "numbers": partial(numbers, args.texts, args.steps),
        "devices": devices,
    }
    if args.rival:
        print(json.dumps((rivals | others)[args.rival]()))
        return
    parts = args.parts.split(",")
    arguments = (f"--texts={args.texts}", f"--steps={args.steps}")
    run = partial(in_rounds, "benchmarks.accelerator")
    ((name, (count,)),) = run(["devices"], 1)["devices"].items()
    print(f"{count} × {name}; the CPU: {machine()}\n")
    if "peak" in parts:
        rows = [(what, f"{rate:,.1f}") for what, (rate,) in run(["peak"], 1)["peak"].items()]
        print_markdown(("peak of one device", "reached"), rows)
        print()
    if "numbers" in parts:
        rows = [
            (task, f"{difference:.1e}", "yes" if difference < SAME else "NO")
            for task, (difference,) in run(["numbers"], 1, *arguments)["numbers"].items()
        ]
        heads = ("task", f"largest difference of a loss after {args.steps} steps", f"below {SAME:.0e}")
        print_markdown(heads, rows)
        print()
    if "times" in parts:
        _print_times(run(list(rivals), args.rounds, *arguments))
        print()
    if "choices" in parts:
        times = run(["choices"], 1, *arguments)["choices"]
        rows = [
            [case, precision, *(f"{times[f'{case} {mib} {precision}'][0]:.3g}" for mib in BLOCKS)]
            for case, precision in product(CHOICES, PRECISIONS)
        ]
        print_markdown(
            ("ms per step and member", "products", *(f"blocks of {mib} MiB" for mib in BLOCKS)), rows
        )


def _print_times(found: dict[str, dict[str, list[float]]]) -> None:
    """The tables of spirals and of networks."""
    rows = []
    others = ("stacked", "compiled", "jaxvmap", "cpu")
    for width, members in SPIRALS:
        case = _case(width, members)
        ours = statistics.median(found["nlpfeat"][case])
        ratios = [f"{statistics.median(found[rival][case]) / ours:.1f}" for rival in others]
        rows.append(
            [width, members, *(cell(found[rival][case], 2) for rival in ("nlpfeat", *others)), *ratios]
        )
    titles = [*(spirals.TITLES[rival] for rival in others[:-1]), "nlpfeat on the CPU"]
    heads = ["width", "members", "nlpfeat, µs", *titles, *(f"× {title}" for title in titles)]
    print_markdown(heads, rows)
    print()
    rows = []
    for net in NETWORKS:
        rival = found["networks"][net]
        ours = [found["nlpfeat"][f"{net} × {members}"] for members in MEMBERS]
        ratios = [f"{statistics.median(rival) / statistics.median(times):.1f}" for times in ours]
        rows.append([net, *(cell(times, 2) for times in ours), cell(rival, 2), *ratios])
    members = [f"nlpfeat, {count} member{'s' * (count > 1)}" for count in MEMBERS]
    print_markdown(
        ("network", *(f"{text}, ms" for text in members), "PyTorch", *(f"× {text}" for text in members)), rows
    )


if __name__ == "__main__":
    main()
