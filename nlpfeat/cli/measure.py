"""Measure the geometry of every member of a study at every kept checkpoint."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_json, add_study
from nlpfeat.cli.recipe import add_at, add_select, check_flags, recipe_options

if TYPE_CHECKING:
    from jaxtyping import PyTree

    from nlpfeat.analysis.geometry import MeasureJob
    from nlpfeat.study.session import Study

# The columns of the table: what fits on a screen. --json has all measures.
SHOWN = {
    "regions": "regions",
    "regions_ratio": "R/(H²/2)",
    "components_in_box": "parts",
    "separable": "separable",
    "log_det": "log|det|",
    "winding_angle": "winding",
    "roughness": "TV",
    "dead_units": "dead",
    "kernel_change": "Δkernel",
    "spectral_product": "Π σ_max",
}
# Those of networks that are not on the plane.
SHOWN_OFF_PLANE = {
    "regions": "regions",
    "line_regions_within": "regions within",
    "line_regions_between": "between",
    "class_connected": "connected",
    "boundary_distance": "to boundary",
    "fold_distance": "to fold",
    "fold_density_data": "folds at data",
    "fold_density_boundary": "at boundary",
    "fold_density_far": "far",
}
CAPTION_OFF_PLANE = (
    "Medians over seeds, on the last split. regions within, between: activation regions along a line between two training examples of one "
    "class, of two; connected: share of lines within a class that never leave the region of the class; to boundary: distance to the decision "
    "boundary on the way to an example of another class; to fold: distance to the nearest fold; folds: per unit of length, near the training "
    "examples, near the boundary, and as far beyond the second example as it lies from the first; regions: cells of three inputs in the box of "
    "the data. "
    "--by-layer: separability layer by layer. --json has all measures with quartiles."
)
LAYERS = (
    "Medians over seeds at the last step, of what each layer reads: layer 1 reads the input, the last one the last features. train … test: accuracy of "
    "a linear classifier of the training examples; separable: share of seeds whose training classes are linearly separable there, which is "
    "certified; margin: of the separator found, in RMS radii; participation: dimensions in use, weighted by variance; intrinsic: dimension of "
    "the manifold, from the two nearest neighbours; labels: alignment with them; input: similarity to the input. On at most 500 examples of "
    "each split."
)
CAPTION = (
    "Medians over seeds, on the last split. regions R: linear pieces of the map in the box; parts: "
    "connected components of the decision regions of all classes in the box; separable: share of seeds whose embedded "
    "classes are linearly separable; log|det|: log of the area factor of the map, -inf where it "
    "flattens; winding: degrees that an embedded class curve turns around the middle; TV: total "
    "variation of the map's gradient; dead: units that are inactive at every training point; Δkernel: change of the tangent "
    "kernel since the start, 0 is lazy; Π σ_max: product of spectral norms. –: not defined. --json has all measures with quartiles."
)


def add_flags(parser: Parser) -> None:
    """All flags."""
    add_study(parser)
    add_select(parser)
    add_at(parser)
    moment = parser.add_mutually_exclusive_group()
    moment.add_argument("--at-step", type=int, metavar="N", help="a measured step (default: the last)")
    moment.add_argument(
        "--at-loss",
        type=float,
        metavar="X",
        help="each member where its training loss first reaches X, interpolated between measured steps",
    )
    parser.add_argument(
        "--by-layer", action="store_true", help="print separability and dimension layer by layer"
    )
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Measure what is missing, print medians over seeds at the last step. Exit code 1 if a theorem is violated."""
    from nlpfeat.store import precheck

    check_flags(args)
    precheck.require_study(args.study)

    def stop(signum: int, frame: FrameType | None) -> None:
        print(f"\nstopped; finished parts are saved. Resume with:\n  {line}", file=sys.stderr, flush=True)
        os._exit(128 + signum)

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, stop)

    from nlpfeat.analysis.geometry import unmeasured
    from nlpfeat.analysis.recipe import read_study
    from nlpfeat.cli.tables import print_json
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.stats.summaries import summarize_layers, summarize_measures
    from nlpfeat.store.results import recipe
    from nlpfeat.study.session import open_study

    use_all_cores()
    study = open_study(args.study)
    jobs = unmeasured(study)
    asked = (args.select, args.at, args.at_step is not None, args.at_loss is not None)
    if any(asked):  # a mistake in them is reported before the work
        read_study(study, recipe_options(args, study.results))
    _measure(study, jobs, line)
    measured = open_study(args.study)
    read = read_study(measured, recipe_options(args, measured.results)).dataset
    rows = summarize_layers(read) if args.by_layer else summarize_measures(read)
    if args.json:
        print_json(rows)
    elif not rows:
        print(f"nothing to show of step {int(read['step'][-1])}: no kept checkpoint of it is measured")
    elif args.by_layer:
        print_layers(rows, recipe(read))
    else:
        print_measures(rows, recipe(read), on_plane=study.task.views.plane is not None)
    print(f"results: {study.folder.combined}", file=sys.stderr)
    violations = measured.results["violations"]
    count, broken = int(violations.count()), int((violations > 0).sum())
    print(f"theorems: {broken} of {count} checkpoints of members violate one", file=sys.stderr)
    return 1 if broken else 0


def _measure(study: "Study", jobs: "list[MeasureJob]", line: str) -> None:
    """Measure what is missing, and join it to the study's array."""
    from nlpfeat.analysis.geometry import measure_study
    from nlpfeat.cli.progress import track
    from nlpfeat.store import provenance
    from nlpfeat.store.layout import log_command
    from nlpfeat.store.locks import lock
    from nlpfeat.sweeps import launch

    began = time.perf_counter()
    total = sum(job.members for job in jobs)
    print(
        f"{study.path}: {total} checkpoints of members to measure on {os.cpu_count()} cores", file=sys.stderr
    )
    if jobs:
        now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        with lock(study.path / "lock", wait=True):
            log_command(study.folder, {"command": line, "time": now} | provenance.provenance())
        measure_study(study, jobs, track)
        print(f"measured {total} checkpoints in {time.perf_counter() - began:.1f} s", file=sys.stderr)
    dataset, damaged = launch.finish(study.folder)
    launch.require_whole(damaged)
    assert dataset is not None
    dataset.close()


def print_layers(rows: "Sequence[Mapping[str, PyTree]]", recipe: str) -> None:
    """Print what each layer reads, one row per width, point of the further axes and layer."""
    from nlpfeat.cli.tables import print_columns
    from nlpfeat.config.choices import value_text

    columns = {
        name: [value_text(name, row[name]) for row in rows]
        for name, value in rows[0].items()
        if not isinstance(value, list)
    }
    for name, value in rows[0].items():
        if isinstance(value, list):
            medians = [row[name][1] for row in rows]
            columns[name.removesuffix("_probe").replace("_", " ")] = [
                "–" if median is None else f"{median:.3g}" for median in medians
            ]
    print_columns(columns, f"Recipe: {recipe}. {LAYERS}")


def print_measures(rows: "Sequence[Mapping[str, PyTree]]", recipe: str, *, on_plane: bool) -> None:
    """Print the medians of the `SHOWN` measures, one row per width and point of the further axes, and at which recipe."""
    from nlpfeat.cli.tables import print_columns
    from nlpfeat.config.choices import value_text

    axes = [name for name, value in rows[0].items() if not isinstance(value, list) and name != "diverged"]
    columns = {axis: [value_text(axis, row[axis]) for row in rows] for axis in axes}
    columns["members"] = [
        f"{row['members']} ({row['diverged']} diverged)" if row["diverged"] else str(row["members"])
        for row in rows
    ]
    for name, head in (SHOWN if on_plane else SHOWN_OFF_PLANE).items():
        medians = [row[name][1] for row in rows]
        if any(median is not None for median in medians):
            columns[head] = ["–" if median is None else f"{median:.3g}" for median in medians]
    print_columns(columns, f"Recipe: {recipe}. {CAPTION if on_plane else CAPTION_OFF_PLANE}")


COMMAND = Command(
    "measure",
    "measure the geometry of every member of a study at every kept checkpoint",
    add_flags,
    run,
    description="On the plane: linear regions, decision regions of the whole plane, stretch, folds, roughness. For inputs of any\n"
    "dimension: every fold along lines between examples, folds near data and boundary, connected classes. For every classifier:\n"
    "separability with certificates, also layer by layer. See nlpfeat/geometry/measures.py. The numbers join STUDY/results.nc under the same labels. Run again\n"
    "after an interruption or an extended sweep, it measures only what is missing; delete STUDY/measures to measure anew.\n"
    "On stdout: medians over seeds at the last step. Exit code 1 if a theorem is violated.",
    examples=(
        "nlpfeat measure --study=runs/spirals",
        "nlpfeat measure --study=runs/spirals --json",
        "nlpfeat measure --study=runs/spirals --at-step=1000",
        "nlpfeat measure --study=runs/spirals --at-loss=0.7",
        "nlpfeat measure --study=runs/digits --by-layer",
        "nlpfeat plot --study=runs/spirals",
    ),
    python='nlpfeat.measure(nlpfeat.open_study("runs/spirals"))["regions"]',
    opens_study=False,
)
