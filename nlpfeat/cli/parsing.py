"""Flags: what commands share, and how their mistakes are told in one line."""

import argparse
import math
import re
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple, NoReturn

from nlpfeat.config.choices import CHOICES, value_of
from nlpfeat.config.files import config_path, expand_path, has_config, is_name, split_reference
from nlpfeat.errors import UserError, did_you_mean
from nlpfeat.store import precheck
from nlpfeat.tasks.names import ENTRY_POINTS, TASK_NAMES

AXES = ("width", "seed")  # axes of every study, with flags of their own


class Command(NamedTuple):
    """A command or subcommand: parse, one call, print.

    Attributes:
      name: as it is typed.
      summary: one line, in the list of commands.
      add_flags: adds its arguments to a parser.
      run: (parsed arguments, the command as it was typed) -> exit code. None for a command that only has subcommands.
      description: further paragraphs of its help.
      examples: lines of its help.
      python: what does the same from Python, in one line.
      opens_study: whether --study names an existing study: it is checked before anything slow is imported, and the further
        axes of its grid become flags.
      in_place_of_study: a flag that takes the place of --study.
      takes_config: whether --config.KEY=VALUE sets keys of a config: they become `overrides`, key -> text.
      subcommands: commands below this one.
    """

    name: str
    summary: str
    add_flags: Callable[["Parser"], None] = lambda parser: None
    run: Callable[[argparse.Namespace, str], int] | None = None
    description: str = ""
    examples: Sequence[str] = ()
    python: str = ""
    opens_study: bool = True
    in_place_of_study: str | None = None
    takes_config: bool = False
    subcommands: tuple["Command", ...] = ()


class Parser(argparse.ArgumentParser):
    """A parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        """Complain; argparse itself would print the usage as well."""
        raise UserError(f"{message} (see {self.prog} --help)")

    @property
    def flags(self) -> list[str]:
        """All flags that it takes."""
        return [option for action in self._actions for option in action.option_strings]


def parser_of(command: Command, prog: str) -> Parser:
    """The parser of a command, without its subcommands."""
    lines = "".join(f"  {example}\n" for example in command.examples)
    epilog = f"examples:\n{lines}" if lines else ""
    if command.python:
        epilog += f"\nfrom Python, after import nlpfeat:\n  {command.python}\n"
    parts = [command.summary, command.description, *_listed(command)]
    parser = Parser(
        prog=prog,
        usage=f"{prog} [-h] SUBCOMMAND …" if command.subcommands else None,
        description="\n\n".join(part.strip() for part in parts if part),
        epilog=epilog or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_flags(parser)
    return parser


def _listed(command: Command) -> list[str]:
    if not command.subcommands:
        return []
    longest = max(len(one.name) for one in command.subcommands)
    lines = [f"  {one.name.ljust(longest)}  {one.summary}" for one in command.subcommands]
    return ["subcommands (each has --help):\n" + "\n".join(lines)]


def add_study(parser: Parser, default: str = "runs/spirals") -> None:
    """The flag that names an existing study."""
    parser.add_argument(
        "--study",
        type=expand_path,
        default=Path(default),
        metavar="DIR",
        help="the study's folder (default: %(default)s)",
    )


def add_config(parser: Parser) -> None:
    """The argument that names a config, with or without its flag."""
    parser.add_argument(
        "name",
        nargs="?",
        metavar="CONFIG",
        help="a config that nlpfeat ships (nlpfeat list), such as spirals or spirals:smoke; a Python file, such as mine.py; "
        "or a task, at its defaults",
    )
    parser.add_argument("--config", metavar="CONFIG", help="the same, as a flag")


def config_of(args: argparse.Namespace) -> str:
    """The config that the arguments name: CONFIG, --config, or else that of the one file of --task.

    Raises:
      UserError: if they name none, two, or one that is not there.
    """
    given = [reference for reference in (args.name, args.config) if reference]
    if len(given) == 1:
        name, _ = split_reference(given[0])
        known = not is_name(given[0]) or has_config(given[0]) or name in TASK_NAMES or args.task_modules
        if not known and not entry_points(group=ENTRY_POINTS, name=name):
            config_path(given[0])  # which tells the mistake, before anything slow is imported
        return given[0]
    if given:
        raise UserError(f"--config: two configs, {given[0]} and {given[1]}: give one")
    if len(args.task_modules) == 1:
        from nlpfeat.tasks.registry import tasks_of

        (module,) = args.task_modules
        names = tasks_of(module.__file__)
        if "get_config" in vars(module):
            return module.__file__
        if len(names) == 1:
            return names[0]
    raise UserError(
        "--config: which config? Name one that nlpfeat ships, a Python file, or a task, as in: nlpfeat sweep spirals (nlpfeat list names all)"
    )


def add_json(parser: Parser) -> None:
    """The flag for programs that read what a command prints."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_member(parser: Parser) -> None:
    """The flags that name one member of a study."""
    parser.add_argument("--width", metavar="N", help="the member's width, or best, by validation")
    parser.add_argument(
        "--seed", metavar="N", default="median", help="its seed, or median or best (default: %(default)s)"
    )
    add_step(parser)


def add_widths(parser: Parser) -> None:
    """The flag that names several members, one for each width."""
    parser.add_argument("--widths", metavar="N,N,…", help="several widths side by side")


def add_step(parser: Parser) -> None:
    """The flag that names a checkpoint."""
    parser.add_argument("--step", type=int, metavar="N", help="a kept checkpoint (default: the last)")


def add_count(parser: Parser, flag: str, default: int, description: str) -> None:
    """A flag with a whole number, such as --top-k."""
    parser.add_argument(
        flag, type=int, default=default, metavar="N", help=f"{description} (default: {default:,})"
    )


def require_range(args: argparse.Namespace, name: str, low: float, high: float = math.inf) -> None:
    """Check the value of a flag, if it has one.

    Raises:
      UserError: if it is outside low … high.
    """
    value = getattr(args, name)
    if value is not None and not (low <= value <= high and math.isfinite(value)):
        allowed = f"{low:,g} to {high:,g}" if math.isfinite(high) else f"a finite number, at least {low:g}"
        raise UserError(f"--{name.replace('_', '-')}: {value:g} must be {allowed}")


def number(flag: str, text: str) -> float:
    """Read the value of an axis: a number, or the name of a choice.

    Raises:
      UserError: if it is no finite number.
    """
    try:
        value = value_of(flag, text)
    except ValueError:
        names = CHOICES.get(flag)
        what = f"none of {', '.join(names)}" if names else "not a number"
        raise UserError(f"--{flag.replace('_', '-')}: {text!r} is {what}") from None
    if not math.isfinite(value):
        raise UserError(f"--{flag.replace('_', '-')}: {text!r} is not a finite number")
    return value


def numbers(flag: str, text: str, example: str) -> list[float]:
    """Read numbers with commas between them.

    Raises:
      UserError: for anything else.
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise UserError(f"--{flag}: cannot read {text!r}; write numbers, as in {example}") from None


def add_further_axes(parser: Parser, argv: Sequence[str]) -> list[str]:
    """Add a flag for each further axis of the grid of the study that --study names.

    Returns:
      The names of all its settings.

    Raises:
      UserError: if there is no such study.
    """
    only = Parser(prog=parser.prog, add_help=False, allow_abbrev=False)
    add_study(only, str(parser.get_default("study")))
    settings = precheck.setting_names(only.parse_known_args(argv)[0].study)
    for name in settings:
        flag = f"--{name.replace('_', '-')}"
        if name not in AXES and flag not in parser.flags:
            parser.add_argument(flag, dest=name, metavar="X", help="a further axis of the grid")
    return settings


def check_members(args: argparse.Namespace, settings: Sequence[str]) -> None:
    """Check that the study has the members that the flags name, in no time.

    Raises:
      UserError: if not; the values that it has are listed.
    """
    texts = {name: [getattr(args, name)] for name in settings if getattr(args, name, None) is not None}
    if getattr(args, "widths", None) is not None and getattr(args, "width", None) is None:
        texts["width"] = args.widths.split(",")
    for name, words in (("seed", ("median", "best")), ("width", ("best",))):
        if set(texts.get(name, ())) & set(words):
            del texts[name]
    flags = {
        name: "widths" if name == "width" and getattr(args, "width", None) is None else name for name in texts
    }
    wanted = {name: [number(flags[name], text) for text in found] for name, found in texts.items()}
    precheck.require_members(args.study, precheck.read_members(args.study), wanted)


def parse(parser: Parser, argv: Sequence[str], siblings: Sequence[Command] = ()) -> argparse.Namespace:
    """Parse; an unknown flag is a UserError that names the subcommand that takes it, or the nearest flag."""
    known, unknown = parser.parse_known_intermixed_args(argv)
    if unknown:
        refuse_flags_of(siblings, parser, unknown)
        flag = unknown[0].split("=")[0]
        parser.error(f"unknown argument {unknown[0]!r}; {did_you_mean(flag, parser.flags)}")
    return known


def refuse_flags_of(siblings: Sequence[Command], parser: Parser, argv: Sequence[str]) -> None:
    """Refuse a flag that other subcommands take.

    Raises:
      UserError: if there is one; the subcommands that take it are named.
    """
    for flag in (argument.split("=")[0] for argument in argv if argument.startswith("--")):
        takers = [one.name for one in siblings if flag in parser_of(one, one.name).flags]
        if takers and flag not in parser.flags:
            parser.error(f"{parser.prog} takes no {flag}, which belongs to: {', '.join(takers)}")


def in_terms_of_flags(message: str, parser: Parser) -> str:
    """The message of an error of the library, which speaks of arguments, with the flags in their place.

    An argument is named at the beginning, before a colon or a value and a colon; one with an underscore is known anywhere.
    """
    for flag in parser.flags:
        name = flag.removeprefix("--").replace("-", "_")
        pattern = rf"\b{name}\b" if "_" in name else rf"^{name}(?=:| \S+:)"
        message = re.sub(pattern, flag, message)
    return message


def split_task_flags(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Separate `--task=FILE` and `--task FILE`, which any command takes, from the other arguments.

    Raises:
      UserError: if no file follows.
    """
    others: list[str] = []
    tasks: list[str] = []
    queue = list(argv)
    while queue:
        argument = queue.pop(0)
        flag, equals, value = argument.partition("=")
        if flag != "--task":
            others.append(argument)
            continue
        if not equals:
            value = queue.pop(0) if queue and not queue[0].startswith("-") else ""
        if not value:
            raise UserError(
                "--task needs the Python file, or the module, that registers a task, as in --task=digits.py"
            )
        tasks.append(value)
    return others, tasks


def split_config_flags(argv: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Separate `--config.key=value` and `--config.key value` from the other arguments."""
    others: list[str] = []
    overrides: dict[str, str] = {}
    queue = list(argv)
    while queue:
        argument = queue.pop(0)
        if not argument.startswith("--config."):
            others.append(argument)
            continue
        key, equals, value = argument.removeprefix("--config.").partition("=")
        if not equals:
            if not queue or queue[0].startswith("--"):
                raise UserError(f"{argument} needs a value, as in {argument}=…")
            value = queue.pop(0)
        overrides[key] = value
    return others, overrides
