"""Draw a study: its headline measure against width, and its learning curves, as PNG and PDF.

Every seed is a point or a thin line; median, interquartile band, success rate with its Wilson interval, and H50
(the width at which half of the seeds succeed, at the study's own rate and steps) with its bootstrap interval. A grid with further axes gets a figure of its
own: which recipe succeeds how often, and the best one. Figures go to STUDY/figures.

--kind=all_systems draws all studies of a folder in one figure: what width buys each, between chance and its best.
"""

import json
import math
import shlex
import sys
from pathlib import Path
from typing import Any

from nlpfeat.cli.command import parser

from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError
from nlpfeat.store import precheck

EXAMPLES = [
    "python -m experiments.plot --study=runs/spirals",
    "python -m experiments.plot --study=runs/spirals --threshold=0.95 --json",
    "python -m experiments.plot --study=runs/noise --at noise=0.1",
    "python -m experiments.plot --kind=all_systems --study=runs/all_systems     # what make all-systems has swept",
]

FEW = 6  # points of further axes that are all drawn


def command(argv: list[str]) -> int:
    """The command. Paths of the figures, and the numbers in them, on stdout."""
    arguments = parser(__doc__ or "", EXAMPLES)
    arguments.add_argument(
        "--kind",
        choices=("study", "all_systems"),
        default="study",
        help="one study's figures, or one figure of all studies in a folder (default: %(default)s)",
    )
    arguments.add_argument(
        "--study",
        type=expand_path,
        metavar="DIR",
        help="its folder (default: runs/spirals, or runs/all_systems)",
    )
    arguments.add_argument(
        "--threshold",
        type=float,
        metavar="X",
        help="what counts as success (default: the task's own level, .99 for spirals)",
    )
    arguments.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="where the grid has further axes, the point to draw (default: each, if there are few)",
    )
    arguments.add_argument("--json", action="store_true", help="print the numbers as JSON")
    flags = arguments.parse(argv)
    if flags.threshold is not None and not math.isfinite(flags.threshold):
        raise UserError(f"--threshold: {flags.threshold:g} is no finite number")

    line = f"python -m experiments.plot {shlex.join(argv)}".strip()
    if flags.kind == "all_systems":
        if flags.at or flags.threshold is not None:
            raise UserError("--at and --threshold are for one study; --kind=all_systems has neither")
        return together(flags.study or Path("runs/all_systems"), line, as_json=flags.json)
    return alone(flags.study or Path("runs/spirals"), flags, line)


def together(folder: Path, line: str, *, as_json: bool) -> int:
    """Draw all studies of a folder in one figure."""
    from nlpfeat.analysis import across_tasks

    found = across_tasks.systems(folder)
    numbers = across_tasks.table(found)
    paths = across_tasks.draw(found, numbers, folder / "figures", line)
    if as_json:
        print(numbers.to_json(orient="records"))
        return 0
    across_tasks.print_systems(numbers)
    for path in paths:
        print(f"  {path}")
    return 0


def alone(path: Path, flags: Any, line: str) -> int:
    """Draw one study."""
    if not (path / "config.json").exists() and any(path.glob("*/config.json")):
        raise UserError(
            f"{path} holds several studies: name one of them, or draw all with --kind=all_systems"
        )
    precheck.require_study(path)

    from nlpfeat.plotting.figures import study as figures
    from nlpfeat.store.layout import open_folder
    from nlpfeat.store.results import further_axes, read_results
    from nlpfeat.tasks.registry import TASKS

    study = open_folder(path)
    if not study.combined.exists():
        raise UserError(f"{study.combined} does not exist yet: run the sweep to its end first")
    dataset = read_results(study.combined)
    study.figures.mkdir(exist_ok=True)
    commits = " ".join(sorted({*dataset.attrs["commits"].split(), *dataset.attrs["measured"].split()}))
    stamp = f"{line}   commit {commits}   config {dataset.attrs['config_hash']}"
    task = TASKS[dataset.attrs["task"]]
    goal = (
        task.evaluation.criterion
        if flags.threshold is None
        else task.evaluation.criterion._replace(level=flags.threshold)
    )
    at, numbers = point(flags.at, dataset, further_axes(dataset)), []
    grid = dataset.sel(at)
    further = further_axes(grid)
    if any(grid.sizes[name] > 1 for name in further):
        numbers += figures.draw_grid(study, task, dataset, at, goal, stamp)
    points = math.prod(grid.sizes[name] for name in further)
    if points > FEW:
        names = " ".join(f"--at {name}=…" for name in further)
        print(
            f"{points} points of {', '.join(further)}: name one for its own figures, {names}", file=sys.stderr
        )
    else:
        for where, part in figures.points(dataset, at):
            numbers += figures.draw(study, task, part, goal, stamp, where)
    if flags.json:
        print(json.dumps(numbers))
        return 0
    for entry in numbers:
        print(entry["text"])
        for file in entry["paths"]:
            print(f"  {file}")
    return 0


def point(assignments: list[str], dataset: Any, further: list[str]) -> dict[str, float]:
    """Read NAME=VALUE pairs and check them against the axes of the grid."""
    chosen = {}
    for text in assignments:
        name, _, value = text.partition("=")
        if name not in further:
            raise UserError(
                f"--at {text}: the grid has {'no axis ' + name if further else 'no further axes'}; "
                f"it has {', '.join(further) or 'width and seed'}"
            )
        values = dataset[name].to_numpy()
        try:
            found = float(value) in values
        except ValueError:
            found = False
        if not found:
            raise UserError(f"--at {text}: {name} is one of {', '.join(f'{v:g}' for v in values)}")
        chosen[name] = float(value)
    return chosen
