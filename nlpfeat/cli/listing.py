"""List tasks and configs, or the settings of one task."""

import argparse
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_json

if TYPE_CHECKING:
    import pandas as pd

MAX_VARIANTS = 6  # listed per config
# Commands that need a view of a task, or classes; every task has sweep, plot, restore and report.
COMMANDS = {
    "plane": "film, measure, compare, sections",
    "piecewise_linear": "measure, sections",
    "word_vectors": "words",
    "factors": "factors",
    "units": "units",
}


def add_flags(parser: Parser) -> None:
    """All flags."""
    parser.add_argument("task", nargs="?", metavar="TASK", help="describe this task in full")
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Print the tables."""
    from nlpfeat.cli.tables import print_json
    from nlpfeat.tasks.describe import config_table, describe_task, known_configs, task_table

    if args.task is None:
        tasks, configs = task_table(), config_table(known_configs())
        if args.json:
            print_json({"tasks": tasks, "configs": configs})
            return 0
        _print(tasks, "nlpfeat list TASK describes a task in full")
        configs["variants"] = configs["variants"].map(_shortened)
        if len(configs):
            _print(configs, "nlpfeat sweep CONFIG:VARIANT runs a config")
        return 0
    task = describe_task(args.task)
    if args.json:
        print_json(task._asdict())
        return 0
    print(f"{task.name}: {task.summary}\nwidth: {task.width_label}; kind of prediction: {task.kind}\n")
    _print(
        task.settings,
        "--config.SECTION.KEY=VALUE sets a key of a config; settings can be axes, as in --config.sweep.width=(2,8)",
    )
    _print(task.metrics)
    for view in task.views:
        print(f"view {view}: nlpfeat {COMMANDS[view]}")
    return 0


def _print(table: "pd.DataFrame", caption: str = "") -> None:
    from nlpfeat.cli.tables import print_columns

    print_columns({str(name): table[name].astype(str).tolist() for name in table}, caption)


def _shortened(variants: tuple[str, ...]) -> str:
    """The first variants, and how many there are."""
    listed = ", ".join(variants[:MAX_VARIANTS])
    return f"{listed}, … ({len(variants)})" if len(variants) > MAX_VARIANTS else listed


COMMAND = Command(
    "list",
    "all tasks and configs, or the settings of one task",
    add_flags,
    run,
    description="Configs are those that nlpfeat ships, by name, and the files configs/*.py of the working directory. They are Python\n"
    "programs, which are run to read their variants.",
    examples=("nlpfeat list", "nlpfeat list spirals", "nlpfeat list char_rnn --json"),
    python='nlpfeat.describe_task("spirals").settings',
    opens_study=False,
)
