"""Restore one member of a study: print its parameters' shapes, evaluate it, compare with the record.

The member is named by its settings: --width and --seed, and any further axis of the grid, such as --noise=0.2.
Its parameters are cropped to its own width. Exit code 1 if it does not reproduce its record.
"""

import json
from pathlib import Path
from typing import Any

from nlpfeat.cli.command import add_study, parse_named, parser
from nlpfeat.config.files import expand_path

EXAMPLES = [
    "python -m experiments.restore --width=8 --seed=3",
    "python -m experiments.restore --study=runs/spirals --width=100 --seed=0 --step=500 --out=member.npz",
]

# Cropped and padded arithmetic differ by rounding, which may move a point that lies on a boundary.
TOLERANCE = 2e-3


def command(argv: list[str]) -> int:
    """The command. Exit code 1 if the record is not reproduced."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add_study(arguments)
    arguments.add_argument("--width", metavar="N", help="the member's width")
    arguments.add_argument("--seed", metavar="N", help="the member's seed")
    arguments.add_argument("--step", type=int, metavar="N", help="a kept checkpoint (default: the last)")
    arguments.add_argument(
        "--out", type=expand_path, metavar="FILE.npz", help="write the parameters, named module/parameter"
    )
    arguments.add_argument("--json", action="store_true", help="print JSON")
    flags = parse_named(arguments, argv)

    from nlpfeat import parallel
    from nlpfeat.store.layout import open_folder
    from nlpfeat.study.restore import restore
    from nlpfeat.study.select import wanted

    parallel.use_all_cores()
    study = open_folder(flags.study)
    member = restore(study, wanted(flags, study.spec.settings._fields), flags.step)
    return report(study, member, flags.out, as_json=flags.json)


def report(study: Any, member: Any, out: Path | None, *, as_json: bool) -> int:
    """Evaluate, print, write, and say whether the record is reproduced."""
    import jax
    import numpy as np
    from flax.traverse_util import flatten_dict

    from nlpfeat.data.core import split_names
    from nlpfeat.store.atomic import atomic
    from nlpfeat.study.restore import recorded_splits
    from nlpfeat.training.step import evaluate

    record = jax.device_get(
        evaluate(
            study.spec.task,
            member.module,
            member.params,
            member.settings,
            member.dataset.arrays,
            recorded_splits(study, member),
        )
    )
    gap = max(float(np.max(np.abs(record[name] - member.record[name]))) for name in record)
    agrees = all(
        np.allclose(record[name], member.record[name], rtol=0, atol=TOLERANCE, equal_nan=True)
        for name in record
    )
    params: dict[str, Any] = dict(flatten_dict(member.params, sep="/"))
    if out:
        with atomic(out) as part, part.open("wb") as file:
            np.savez(file, **params)
    if as_json:
        result = {
            "id": member.id,
            "step": member.step,
            "shapes": {name: list(leaf.shape) for name, leaf in params.items()},
            "evaluated": {name: values.tolist() for name, values in record.items()},
            "recorded": {name: values.tolist() for name, values in member.record.items()},
            "splits": split_names(member.splits),
            "agrees": agrees,
        }
        print(json.dumps(result))
        return 0 if agrees else 1
    settings = ", ".join(f"{name} {value:g}" for name, value in member.settings._asdict().items())
    print(f"member {member.id} of {study.path} at step {member.step}: {settings}")
    for name, leaf in params.items():
        print(f"  {name:<20} {' x '.join(map(str, leaf.shape))}")
    print(f"  {sum(leaf.size for leaf in params.values())} parameters")
    for name, values in record.items():
        for split, now, then in zip(split_names(member.splits), values, member.record[name], strict=True):
            print(f"{split} {name}: {now:.6f} (recorded {then:.6f})")
    print("agrees with the record" if agrees else f"DIFFERS from the record by {gap:.3g}")
    if out:
        print(f"parameters: {out}")
    return 0 if agrees else 1
