"""What the accelerator of this machine does: time of a training step, and whether its numbers are those of the CPU.

  steps   µs per step and member of spirals, by width and number of members, on the accelerator and on the CPU's cores
  numbers small studies of unlike tasks on generated data, the same steps on both: the largest difference of a recorded loss

On a machine without one it compares the CPU with itself. Prints Markdown.

Usage: python -m benchmarks.accelerator [--rounds=3] [--steps=50]
"""

import statistics
from typing import Any

import jax
import numpy as np

from benchmarks.common import cell, first_state, flags_of, machine, one_bucket, print_markdown, stepper, timed
from nlpfeat import parallel

CASES = ((2, 32), (32, 32), (100, 32), (32, 1024), (1024, 32))  # width, members
TASKS = ("spirals", "spirals_deep", "wound_spirals", "planted_words", "superposition", "sparse_parity")
SAME = 1e-4  # of a loss: a difference of rounding after some tens of steps


def losses(devices: list[Any], task: str, steps: int) -> np.ndarray:
    """The losses of four members of a task after some steps: (members, splits)."""
    from nlpfeat.sweeps.runner import advance

    training = {"steps": (steps,), "record_every": steps, "snapshots": ()}
    config = {"task": task, "training": training, "sweep": {"width": (4, 8), "seed": (0, 1)}}
    with jax.default_device(devices[0]):
        factory, bucket = one_bucket(config, devices)
        *_, (_, record) = advance(factory.spec.training, bucket, first_state(bucket), 0, [steps])
        return np.asarray(bucket.to_host(record)["loss"])


def main() -> None:
    """Print both tables."""
    parser = flags_of(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=50, help="of the comparison of numbers")
    args = parser.parse_args()
    parallel.use_all_cores()
    here, host = jax.devices(), jax.devices("cpu")
    name = f"{len(here)} × {here[0].device_kind}"
    print(f"{name}; the CPU: {machine()}\n")
    rows = []
    for width, members in CASES:
        config = {"task": "spirals", "sweep": {"width": (width,), "seed": tuple(range(members))}}
        times: dict[str, list[float]] = {"here": [], "host": []}
        for _ in range(args.rounds):
            for label, devices in (("here", here), ("host", host)):
                with jax.default_device(devices[0]):
                    times[label].append(timed(stepper(one_bucket(config, devices)[1], None, 2000), members))
        ratio = statistics.median(times["host"]) / statistics.median(times["here"])
        rows.append([width, members, cell(times["here"], 2), cell(times["host"], 2), f"{ratio:.1f}"])
    print_markdown(("width", "members", f"{name}, µs per step and member", "CPU, µs", "× CPU"), rows)
    print()
    found = []
    for task in TASKS:
        first, second = (losses(devices, task, args.steps) for devices in (here, host))
        difference = float(np.nanmax(np.abs(first - second)))
        found.append([task, f"{difference:.1e}", "yes" if difference < SAME else "NO"])
    print_markdown(
        ("task", f"largest difference of a loss after {args.steps} steps", f"below {SAME:.0e}"), found
    )


if __name__ == "__main__":
    main()
