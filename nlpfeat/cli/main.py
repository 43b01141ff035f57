"""The command `nlpfeat`, in one table: `nlpfeat NAME …`, `python -m nlpfeat NAME …`, `python -m experiments.NAME …`."""

import shlex
import sys
from collections.abc import Sequence
from typing import NoReturn

from nlpfeat import __version__
from nlpfeat.cli import (
    across_tasks,
    batch_norm,
    characters,
    check,
    compare,
    compile_for,
    completion,
    coordinate_check,
    double_descent,
    factors,
    film,
    listing,
    measure,
    most_wrong,
    playground,
    plot,
    predict,
    process,
    recommend_model,
    report,
    restore,
    sections,
    superposition,
    sweep,
    trace,
    units,
    width,
    words,
    write,
)
from nlpfeat.cli.parsing import (
    Command,
    Parser,
    add_further_axes,
    check_members,
    in_terms_of_flags,
    parse,
    parser_of,
    refuse_flags_of,
    split_config_flags,
    split_task_flags,
)
from nlpfeat.errors import UserError, did_you_mean

COMMANDS = (
    sweep.COMMAND,
    listing.COMMAND,
    plot.COMMAND,
    width.COMMAND,
    measure.COMMAND,
    sections.COMMAND,
    report.COMMAND,
    playground.COMMAND,
    film.COMMAND,
    restore.COMMAND,
    check.COMMAND,
    compare.COMMAND,
    across_tasks.COMMAND,
    double_descent.COMMAND,
    units.COMMAND,
    superposition.COMMAND,
    compile_for.COMMAND,
    coordinate_check.COMMAND,
    words.COMMAND,
    predict.COMMAND,
    most_wrong.COMMAND,
    recommend_model.COMMAND,
    factors.COMMAND,
    characters.COMMAND,
    write.COMMAND,
    batch_norm.COMMAND,
    trace.COMMAND,
    completion.COMMAND,
)


def _add_version(parser: Parser) -> None:
    parser.add_argument("--version", action="version", version=__version__)


ROOT = Command(
    "nlpfeat",
    "What features does a neural network learn, and what does its width buy?",
    _add_version,
    description="A task of your own: --task=FILE.py (or a module) runs the Python file that registers it; any command takes that flag.\n"
    "A study remembers the file, so that later commands need it no more. See examples/digits.py.",
    examples=(
        "nlpfeat sweep spirals",
        "nlpfeat plot --study=runs/spirals",
        "nlpfeat words neighbours --study=runs/reviews_bag --width=10 excellent",
    ),
    subcommands=COMMANDS,
)


def dispatch(argv: Sequence[str]) -> int:
    """Find the command, parse its flags, run it.

    Returns:
      Its exit code.

    Raises:
      UserError: for a mistake in the arguments, and those of the command.
    """
    path, (rest, tasks) = [ROOT], split_task_flags(argv)
    modules = []
    if tasks and not {"-h", "--help"} & set(rest):
        from nlpfeat.tasks.outside import load_task

        modules = [load_task(task) for task in tasks]
    while path[-1].subcommands:
        if not rest or rest[0].startswith("-"):
            parser = parser_of(path[-1], " ".join(one.name for one in path))
            if rest and rest[0] in ("-h", "--help", "--version"):
                parser.parse_args(rest[:1])
            names = ", ".join(one.name for one in path[-1].subcommands)
            parser.error(f"which subcommand? The name comes first; it is one of {names}")
        path.append(_chosen(path, rest.pop(0)))
    command, parent = path[-1], path[-2]
    parser = parser_of(command, " ".join(one.name for one in path))
    siblings = () if parent is ROOT else parent.subcommands
    line = f"nlpfeat {shlex.join(argv)}"
    assert command.run is not None
    if command.takes_config:
        rest, overrides = split_config_flags(rest)
        parser.set_defaults(overrides=overrides)
    given = {argument.split("=")[0] for argument in rest}
    settings = None
    if command.opens_study and not given & {"-h", "--help", command.in_place_of_study}:
        try:
            settings = add_further_axes(parser, rest)
        except UserError:
            refuse_flags_of(siblings, parser, rest)  # the mistake to name first
            raise
    args = parse(parser, rest, siblings)
    args.task_modules = modules
    if settings is not None:
        check_members(args, settings)
    try:
        return command.run(args, line)
    except UserError as error:
        error.args = (in_terms_of_flags(str(error), parser),)
        raise


def _chosen(path: Sequence[Command], name: str) -> Command:
    known = {one.name: one for one in path[-1].subcommands}
    if name not in known:
        raise UserError(
            f"{' '.join(one.name for one in path)} has no subcommand {name!r}; {did_you_mean(name, known)}"
        )
    return known[name]


def main(*prefix: str) -> NoReturn:
    """Run the command that `sys.argv` names and exit.

    Args:
      prefix: goes before its arguments: the name of a command, for the doors in experiments/.
    """
    process.run(dispatch, [*prefix, *sys.argv[1:]])
