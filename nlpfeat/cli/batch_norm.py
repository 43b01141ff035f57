"""Insert batch norm into a trained net, and see which learning rates it then survives.

Batch norm goes after the net's dense layers, set so that no output changes. Then the net is fine-tuned with it and
without, from the same weights, at growing learning rates. A rate is survived while, in the median of the repeats, at
least half of what was learned is left: the task's headline metric halfway between the trained net's and chance, which is
what the best answer gets that does not look at its input. A repeat that diverges is not survived.
"""

import json
import math
import shlex

from nlpfeat.cli.command import add_member, add_study, parse_named, parser

from nlpfeat.errors import UserError

EXAMPLES = [
    "python -m experiments.batch_norm --study=runs/imdb_dense --width=100",
    "python -m experiments.batch_norm --study=runs/spirals --width=32 --seed=3 --rates=0.001,0.01,0.1 --steps=200",
]


def command(argv: list[str]) -> int:
    """The command. A table on stdout, a figure in the study, progress on stderr."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add_study(arguments, "runs/imdb_dense")
    add_member(arguments)
    arguments.add_argument(
        "--rates",
        default="0.0003,0.001,0.003,0.01,0.03,0.1,0.3",
        metavar="R,R,…",
        help="learning rates (default: seven, .0003 to .3)",
    )
    arguments.add_argument(
        "--steps", type=int, default=100, metavar="N", help="of fine-tuning (default: 100)"
    )
    arguments.add_argument(
        "--repeats", type=int, default=3, metavar="N", help="orders of the examples (default: 3)"
    )
    arguments.add_argument("--json", action="store_true", help="print the numbers as JSON")
    flags = parse_named(arguments, argv)
    rates = _rates(flags.rates)
    for name in ("steps", "repeats"):
        if getattr(flags, name) < 1:
            raise UserError(f"--{name}: {getattr(flags, name)} must be at least 1")

    from nlpfeat import parallel
    from nlpfeat.plotting.figures import fine_tuning
    from nlpfeat.store.layout import open_folder
    from nlpfeat.study.restore import restore, study_factory
    from nlpfeat.study.select import member_of

    parallel.use_all_cores()
    study = open_folder(flags.study)
    task = study.spec.task
    if task.learner is not None:
        raise UserError(
            f"{study.path}: {study.spec.task.name} learns by a rule of its own, not by gradient descent"
        )
    member = restore(study, member_of(study, flags), flags.step, study_factory(study))
    found = fine_tuning.survival(
        task, member, rates, flags.steps, study.spec.training.batch_size, flags.repeats
    )
    line = f"python -m experiments.batch_norm {shlex.join(argv)}"
    paths = fine_tuning.draw(study, member, found, line)
    if flags.json:
        print(json.dumps(found.as_json() | {"paths": [str(one) for one in paths]}))
        return 0
    fine_tuning.print_table(found)
    for one in paths:
        print(one)
    return 0


def _rates(text: str) -> list[float]:
    try:
        rates = sorted({float(part) for part in text.split(",")})
    except ValueError:
        raise UserError(f"--rates: cannot read {text!r}; give numbers, as in 0.001,0.01,0.1") from None
    if not all(math.isfinite(rate) and rate > 0 for rate in rates):
        raise UserError(f"--rates: {text}: learning rates are more than 0")
    return rates
