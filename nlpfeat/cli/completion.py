"""Print a script that completes commands and flags in a shell."""

import argparse
from collections.abc import Sequence

from nlpfeat.cli.parsing import Command, Parser


def add_flags(parser: Parser) -> None:
    """All flags."""
    parser.add_argument("shell", choices=("bash", "zsh"))


def run(args: argparse.Namespace, line: str) -> int:
    """Print the script."""
    import shtab

    from nlpfeat.cli.main import ROOT

    parser = Parser(prog=ROOT.name, allow_abbrev=False)
    _add_commands(parser, ROOT.subcommands)
    print(shtab.complete(parser, args.shell))
    return 0


def _add_commands(parser: Parser, commands: Sequence[Command]) -> None:
    """Nest the parsers of commands and their subcommands, as shtab reads them."""
    if not commands:
        return
    nested = parser.add_subparsers()
    for command in commands:
        child = nested.add_parser(command.name, help=command.summary)
        command.add_flags(child)
        _add_commands(child, command.subcommands)


COMMAND = Command(
    "completion",
    "a script that completes commands and flags in bash or zsh",
    add_flags,
    run,
    description="Flags of further axes of a study's grid are not completed.",
    examples=(
        'eval "$(nlpfeat completion bash)"      # in ~/.bashrc',
        'eval "$(nlpfeat completion zsh)"       # in ~/.zshrc, after compinit',
    ),
    opens_study=False,
)
