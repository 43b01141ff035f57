"""What all commands share: flags, one-line errors, exit codes.

Exit codes: 0 done, 1 a defect of nlpfeat or a check that failed, 2 a mistake that the user can mend, 130 stopped
by Ctrl-C.
"""

import argparse
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from nlpfeat.errors import UserError, nearest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read by XLA when JAX is imported


def stop(signum: int, frame: FrameType | None) -> None:
    """Stop at once. Files appear whole or not at all, so nothing is lost that was there.

    An exception would be met anywhere: inside an import, where it becomes an ImportError, or inside a callback
    of XLA, which swallows it.
    """
    print("stopped", file=sys.stderr, flush=True)
    os._exit(128 + signum)


# Before a command imports what takes seconds; a sweep then installs a handler that saves first.
signal.signal(signal.SIGINT, stop)


class Parser(argparse.ArgumentParser):
    """A parser that complains in one line and knows `--config.key=value`."""

    def error(self, message: str) -> NoReturn:
        """Complain; argparse itself would print the usage as well."""
        raise UserError(f"{message} (see --help)")

    def parse(self, argv: list[str] | None = None) -> argparse.Namespace:
        """Parse; unknown flags are a UserError that names the nearest flag."""
        known, unknown = self.parse_known_intermixed_args(argv)
        if unknown:
            flags = [option for action in self._actions for option in action.option_strings]
            self.error(f"unknown argument {unknown[0]!r}; {nearest(unknown[0].split('=')[0], flags)}")
        return known


def parser(doc: str, examples: list[str]) -> Parser:
    """A parser with the command's docstring as its description, and examples below the flags."""
    lines = "\n".join(f"  {example}" for example in examples)
    return Parser(
        description=doc,
        epilog=f"examples:\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_study(arguments: Parser, default: str = "runs/spirals") -> None:
    """The flag that names an existing study."""
    arguments.add_argument(
        "--study",
        type=Path,
        default=Path(default),
        metavar="DIR",
        help="the study's folder (default: %(default)s)",
    )


def add_member(arguments: Parser) -> None:
    """The flags that name one net of a study of texts."""
    arguments.add_argument("--width", metavar="N", help="the member's width")
    arguments.add_argument(
        "--seed", metavar="N", default="median", help="its seed, or median or best (default: median)"
    )
    arguments.add_argument("--step", type=int, metavar="N", help="a kept checkpoint (default: the last)")


def open_named(arguments: Parser, argv: list[str]) -> tuple[Any, argparse.Namespace]:
    """The study that the command line names, and the flags, with one for each further axis of its grid.

    --help is answered first, before what takes seconds to import.

    Raises:
      UserError: if there is no such study, or for a flag that is unknown.
    """
    if "-h" in argv or "--help" in argv:
        arguments.parse(argv)
    only = Parser(add_help=False, allow_abbrev=False)
    add_study(only, str(arguments.get_default("study")))
    path = only.parse_known_args(argv)[0].study

    from experiments.members import add_axes
    from nlpfeat.sweeps.study import open_study

    study = open_study(path)
    add_axes(arguments, study)
    return study, arguments.parse(argv)


def quiet_libraries() -> None:
    """Keep stderr for the person who runs the command: what fails is told once, by `main`.

    When a disk is full, Orbax's worker threads each log the failure and then report to an event loop that is
    closed, although the error itself reaches the caller of `save` as an exception.
    """
    logging.getLogger("absl").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="orbax")
    usual = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        if str(unraisable.exc_value) != "Event loop is closed":
            usual(unraisable)

    sys.unraisablehook = hook


def main(command: Callable[[list[str]], int]) -> NoReturn:
    """Run a command and exit: mistakes become one line on stderr and exit code 2."""
    quiet_libraries()
    try:
        code = command(sys.argv[1:])
        sys.stdout.flush()
    except UserError as error:
        code = fail(str(error))
    except BrokenPipeError:  # the reader of stdout has gone, as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        code = fail(
            f"cannot read or write{where}: {error.strerror or error}. Nothing half-written was kept: "
            "mend that and run the same command again"
        )
    except Exception as error:
        if not (isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error)):
            raise
        code = fail(
            f"out of memory: {str(error).splitlines()[0][:150]}. Ask for less at once: narrower, fewer seeds"
        )
    sys.exit(code)


def fail(message: str) -> int:
    """Print a mistake; its exit code."""
    print(f"error: {message}", file=sys.stderr)
    return 2


def split_config_flags(argv: list[str]) -> tuple[list[str], dict[str, str]]:
    """Part `--config.key=value` and `--config.key value` from the other arguments."""
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


def load_config(reference: str) -> tuple[str, dict[str, Any]]:
    """Run a config file: "configs/spirals.py" or, for a variant, "configs/spirals.py:smoke".

    Returns:
      The config's name, from the file's (and the variant's), and its content as a nested dict. Configs of a folder in
      configs/ stay together: configs/all_systems/spirals.py:smoke is all_systems-smoke/spirals.

    Raises:
      UserError: if there is no such file or variant, or the file fails.
    """
    file, _, variant = reference.partition(":")
    path = Path(file)
    if not path.is_file():
        here = [str(p) for p in sorted(path.parent.glob("*.py"))] if path.parent.is_dir() else []
        raise UserError(f"--config: no file {file!r}; {nearest(file, here or ['configs/spirals.py'])}")
    namespace: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    try:
        exec(compile(path.read_text(), str(path), "exec"), namespace)
    except (Exception, SystemExit) as error:
        raise UserError(f"--config: {path} fails: {type(error).__name__}: {error}") from error
    get_config = namespace.get("get_config")
    if not callable(get_config):
        raise UserError(f"--config: {path} has no function get_config() that returns a ConfigDict")
    try:
        config: Any = get_config(variant) if variant else get_config()
    except (Exception, SystemExit) as error:
        raise UserError(f"--config: get_config({variant!r}) of {path} fails: {error}") from error
    if not hasattr(config, "to_dict"):
        raise UserError(f"--config: get_config() of {path} returns no ConfigDict")
    folder = path.parent.name if path.parent.parent.name == "configs" else ""
    first, rest = (folder, f"/{path.stem}") if folder else (path.stem, "")
    return first + (f"-{variant}" if variant else "") + rest, config.to_dict()
