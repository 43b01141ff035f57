"""Compare two studies at equal training loss: how hard does one have to pull to do what the other does?

Each member is taken when its training loss first reaches --loss, not at the same step. For every width of the study the
medians over seeds of stretch and weights, and their ratio to those of one width of the other study, with a bootstrap
95 % interval (seeds that never reach the loss are left out, and counted). Both studies must be measured; between two
checkpoints logarithms are taken to be linear, so keep many (config.training.snapshots).
"""

import json
import math
import shlex
from typing import Any

import numpy as np
from nlpfeat.cli.command import add_study, parser

from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError
from nlpfeat.store import precheck

EXAMPLES = [
    "python -m experiments.compare --study=runs/spirals_deep-recipe --with=runs/spirals_deep-wide",
    "python -m experiments.compare --study=runs/spirals_deep-recipe --with=runs/spirals_deep-wide --loss=0.3 --json",
]
SHOWN = {
    "lipschitz": "largest stretch (exact Lipschitz)",
    "spectral_product": "Π σ_max of all layers",
    "layer_norm": "largest σ_max of a layer",
    "regions": "linear regions",
}


def command(argv: list[str]) -> int:
    """The command. Table and paths on stdout."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add_study(arguments)
    arguments.add_argument(
        "--with", dest="other", type=expand_path, required=True, metavar="DIR", help="the other study"
    )
    arguments.add_argument(
        "--width", type=int, metavar="N", help="its width to compare with (default: its widest)"
    )
    arguments.add_argument(
        "--loss", type=float, default=0.1, metavar="X", help="training loss, in nats (default: %(default)s)"
    )
    arguments.add_argument("--json", action="store_true", help="print the numbers as JSON")
    flags = arguments.parse(argv)
    if not 0 < flags.loss < math.inf:
        raise UserError(
            f"--loss: {flags.loss:g} is no positive number; give a training loss in nats, as in 0.1"
        )
    for path in (flags.study, flags.other):
        precheck.require_study(path)

    from nlpfeat.cli.tables import print_comparison
    from nlpfeat.plotting.figures.compare import figure
    from nlpfeat.plotting.save import save, stamp
    from nlpfeat.store.layout import open_folder

    study, other = open_folder(flags.study), open_folder(flags.other)
    mine, theirs = (measured(one) for one in (study, other))
    width = int(theirs["width"].max()) if flags.width is None else flags.width
    if width not in theirs["width"]:
        there = ", ".join(str(w) for w in theirs["width"].to_numpy())
        raise UserError(f"--width: {other.path} has no width {width}; it has {there}")
    rows = compare(mine, theirs.sel(width=[width]), flags.loss)
    for side, one, part in ((0, study, mine), (1, other, theirs.sel(width=[width]))):
        if not any(row["reached"][side] for row in rows):
            lowest = float(part["loss"].sel(split="train").min())
            raise UserError(
                f"--loss: no seed of {one.path} has a checkpoint before and after a training loss of {flags.loss:g} nats; "
                f"its lowest is {lowest:.3g}, and snapshots are kept at the steps of config.training.snapshots"
            )
    line = f"python -m experiments.compare {shlex.join(argv)}"
    drawn = figure(mine, theirs, width, (study.path.name, other.path.name), flags.loss)
    commits = " ".join(sorted({c for part in (mine, theirs) for c in part.attrs["commits"].split()}))
    stamp(
        drawn, f"{line}   commit {commits}   config {mine.attrs['config_hash']} {theirs.attrs['config_hash']}"
    )
    study.figures.mkdir(exist_ok=True)
    paths = [
        str(path) for path in save(drawn, study.figures / f"compare-{other.path.name}-loss={flags.loss:g}")
    ]
    if flags.json:
        print(json.dumps({"loss": flags.loss, "with": {"width": width}, "rows": rows, "paths": paths}))
        return 0
    print_comparison(rows, f"{other.path.name} at width {width}", flags.loss)
    print("\n".join(paths))
    return 0


def measured(study: Any) -> Any:
    """The array of a measured study with the axes width and seed only.

    Raises:
      UserError: if it is not there, not measured, or has further axes.
    """
    from nlpfeat.store.results import further_axes, read_results

    if not study.combined.exists():
        raise UserError(f"{study.combined} does not exist yet: run the sweep to its end first")
    dataset = read_results(study.combined)
    further = further_axes(dataset)
    if further:
        raise UserError(
            f"{study.path} has further axes ({', '.join(further)}): compare studies of one recipe; sweep that one alone"
        )
    if "violations" not in dataset:
        raise UserError(
            f"{study.path} is not measured: run python -m experiments.measure --study={study.path}"
        )
    return dataset


def compare(mine: Any, theirs: Any, level: float) -> list[dict[str, Any]]:
    """One row for each width of `mine` and measure: medians and their ratio to those of `theirs`, one width."""
    from nlpfeat.stats.equal_loss import at_equal_loss
    from nlpfeat.stats.intervals import ratio_of_medians
    from nlpfeat.stats.quantiles import quartiles_of
    from nlpfeat.stats.summaries import json_number

    def values(dataset: Any, name: str) -> Any:
        found = at_equal_loss(dataset, name, level)
        found = (found.max("layer") if "layer" in found.dims else found).to_numpy().ravel()
        return found[~np.isnan(found)]

    rows = []
    for width in mine["width"].to_numpy().tolist():
        parts = (mine.sel(width=[width]), theirs)
        trained = [int((part["member_id"] != "").sum()) for part in parts]
        for name, about in SHOWN.items():
            both = [values(part, name) for part in parts]
            quartiles = [
                [json_number(float(q)) for q in quartiles_of(part, axis=0)] if len(part) else [None] * 3
                for part in both
            ]
            rows.append(
                {
                    "width": width,
                    "measure": name,
                    "about": about,
                    "reached": [len(part) for part in both],
                    "trained": trained,
                    "quartiles": quartiles,
                    "ratio": [json_number(x) for x in ratio_of_medians(*both)],
                }
            )
    return rows
