"""Restore one member of a study and compare it with its record."""

import argparse

from nlpfeat.cli.parsing import Command, Parser, add_json, add_step, add_study
from nlpfeat.config.files import expand_path

# Cropped and padded arithmetic differ by rounding, which may move a point that lies on a boundary.
TOLERANCE = 2e-3


def add_flags(parser: Parser) -> None:
    """All flags but those of further axes."""
    add_study(parser)
    parser.add_argument("--width", metavar="N", help="the member's width")
    parser.add_argument("--seed", metavar="N", help="the member's seed, or median or best")
    add_step(parser)
    parser.add_argument(
        "--out", type=expand_path, metavar="FILE.npz", help="write the parameters, named module/parameter"
    )
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Evaluate the member, print it, write its parameters. Exit code 1 if its record is not reproduced."""
    from dataclasses import fields

    import jax
    import numpy as np
    from flax.traverse_util import flatten_dict

    from nlpfeat.cli.members import member_of, settings_of
    from nlpfeat.cli.tables import print_json
    from nlpfeat.config.choices import value_text
    from nlpfeat.config.fields import setting_names
    from nlpfeat.data.core import split_names
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.store.atomic import atomic
    from nlpfeat.study.select import NAMED_SEEDS
    from nlpfeat.study.session import open_study
    from nlpfeat.training.recipe import DescentSettings
    from nlpfeat.training.step import evaluate

    use_all_cores()
    study = open_study(args.study)
    if args.seed in NAMED_SEEDS:
        settings = member_of(study, args)
    else:
        settings = settings_of(args, setting_names(study.spec.settings))
    member = study.restore(args.step, **settings)
    found = jax.device_get(
        evaluate(member.program, member.params, member.data._replace(splits=member.recorded_splits))
    )
    gap = max(float(np.max(np.abs(found[name] - member.record[name]))) for name in found)
    agrees = all(
        np.allclose(found[name], member.record[name], rtol=0, atol=TOLERANCE, equal_nan=True)
        for name in found
    )
    params: dict[str, np.ndarray] = dict(flatten_dict(member.params, sep="/"))  # pyright: ignore[reportAssignmentType]
    splits = split_names(member.splits)
    if args.out:
        with atomic(args.out) as part, part.open("wb") as file:
            np.savez(file, **params)  # pyright: ignore[reportArgumentType]
    if args.json:
        print_json(
            {
                "id": member.id,
                "step": member.step,
                "shapes": {name: list(leaf.shape) for name, leaf in params.items()},
                "evaluated": {name: values.tolist() for name, values in found.items()},
                "recorded": {name: values.tolist() for name, values in member.record.items()},
                "splits": splits,
                "agrees": agrees,
            }
        )
        return 0 if agrees else 1
    usual = {one.name: one.default for one in fields(DescentSettings)}  # of the recipe, which are many
    settings = ", ".join(
        f"{name} {value_text(name, float(value))}"
        for name, value in vars(member.settings).items()
        if name in ("width", "seed", "learning_rate") or value != usual.get(name)
    )
    print(f"member {member.id} of {study.path} at step {member.step}: {settings}")
    for name, leaf in params.items():
        print(f"  {name:<20} {' x '.join(map(str, leaf.shape))}")
    print(f"  {sum(leaf.size for leaf in params.values())} parameters")
    for name, values in found.items():
        for split, now, then in zip(splits, values, member.record[name], strict=True):
            print(f"{split} {name}: {now:.6f} (recorded {then:.6f})")
    print("agrees with the record" if agrees else f"DIFFERS from the record by {gap:.3g}")
    if args.out:
        print(f"parameters: {args.out}")
    return 0 if agrees else 1


COMMAND = Command(
    "restore",
    "restore one member, evaluate it, and compare it with its record",
    add_flags,
    run,
    description="The member is named by its settings: --width, --seed, and any further axis of the grid, such as --noise=0.2.\n"
    "Its parameters are cropped to its own width. Exit code 1 if it does not reproduce its record.",
    examples=(
        "nlpfeat restore --width=8 --seed=3",
        "nlpfeat restore --study=runs/spirals --width=100 --seed=0 --step=500 --out=member.npz",
    ),
    python='nlpfeat.open_study("runs/spirals").restore(width=8, seed=3).params',
)
