"""What all commands share: flags, one-line errors, exit codes.

Exit codes: 0 done, 1 a defect of nlpfeat or a check that failed, 2 a mistake that the user can mend, 130 stopped
by Ctrl-C.
"""

import argparse
import errno
import io
import logging
import math
import os
import signal
import sys
import sysconfig
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import nlpfeat
from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError, nearest
from nlpfeat.store import precheck

PLAIN = ("width", "seed")  # axes of every study, with flags of their own
# Variables by which JAX computes other numbers under the same config, with the values that change nothing.
OFF, ON = ("0", "f", "false", "n", "no", "off"), ("1", "t", "true", "y", "yes", "on")
OTHER_NUMBERS = {
    "JAX_ENABLE_X64": OFF,
    "JAX_DEFAULT_MATMUL_PRECISION": ("default",),
    "JAX_DEFAULT_PRNG_IMPL": ("threefry2x32",),
    "JAX_ENABLE_CUSTOM_PRNG": OFF,
    "JAX_NUMPY_DTYPE_PROMOTION": ("standard",),
    "JAX_RANDOM_SEED_OFFSET": ("0",),
    "JAX_THREEFRY_PARTITIONABLE": ON,
}
FULL = (errno.ENOSPC, errno.EDQUOT)  # a disk or a quota: the user's, whether or not the error names a file


def stop(signum: int, frame: FrameType | None) -> None:
    """Stop at once. Files appear whole or not at all, so nothing is lost that was there.

    An exception would be met anywhere: inside an import, where it becomes an ImportError, or inside a callback
    of XLA, which swallows it.
    """
    print("stopped", file=sys.stderr, flush=True)
    os._exit(128 + signum)


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
        type=expand_path,
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


def parse_named(arguments: Parser, argv: list[str]) -> argparse.Namespace:
    """The flags, with one for each further axis of the grid of the study that they name; checked against its members.

    All this takes no import of seconds, so that a mistake is answered at once.

    Raises:
      UserError: if there is no such study, it has no such member, or for a flag that is unknown or wrong.
    """
    if "-h" in argv or "--help" in argv:
        arguments.parse(argv)
    only = Parser(add_help=False, allow_abbrev=False)
    add_study(only, str(arguments.get_default("study")))
    path = only.parse_known_args(argv)[0].study
    precheck.require_study(path)
    there = precheck.read_members(path)
    settings = list(there[0]) if there else _settings_of(path)
    for name in settings:
        if name not in PLAIN:
            arguments.add_argument(f"--{name}", metavar="X", help="a further axis of the grid")
    flags = arguments.parse(argv)
    texts = {name: [getattr(flags, name)] for name in settings if getattr(flags, name, None) is not None}
    if getattr(flags, "widths", None) is not None and getattr(flags, "width", None) is None:
        texts["width"] = flags.widths.split(",")
    if texts.get("seed") in (["median"], ["best"]):
        del texts["seed"]
    named = {name: "widths" if name == "width" and flags.width is None else name for name in texts}
    wanted = {name: [number(named[name], text) for text in found] for name, found in texts.items()}
    precheck.require_members(path, there, wanted)
    return flags


def _settings_of(path: Path) -> list[str]:
    from nlpfeat.store.layout import open_folder

    return list(open_folder(path).spec.settings._fields)


def number(name: str, text: str) -> float:
    """Read the value of an axis.

    Raises:
      UserError: if it is no finite number.
    """
    try:
        value = float(text)
    except ValueError:
        raise UserError(f"--{name}: {text!r} is not a number") from None
    if not math.isfinite(value):
        raise UserError(f"--{name}: {text!r} is no finite number")
    return value


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
    """Run a command and exit: mistakes become one line on stderr and exit code 2.

    A command owns its process: here, and nowhere at import, signals, streams and the environment are set.
    """
    signal.signal(signal.SIGINT, stop)  # a sweep then installs a handler that saves first
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read by XLA when JAX is imported
    if os.environ.get("MPLBACKEND", "").startswith("module://"):
        os.environ["MPLBACKEND"] = "agg"  # a notebook's backend need not be in this environment
    # Figures are the same whoever draws them; one's own file may not even be readable.
    os.environ["MATPLOTLIBRC"] = os.devnull
    open_streams()
    quiet_libraries()
    try:
        pin_numbers()
        code = command(readable(sys.argv[1:]))
        sys.stdout.flush()
    except UserError as error:
        code = fail(str(error))
    except BrokenPipeError:  # the reader of stdout has gone, as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        mend = mistake(error)
        if mend is None:
            raise
        code = fail(mend)
    sys.exit(code)


def open_streams() -> None:
    """Make stdout and stderr such that printing to them never fails for what is printed.

    A letter that the terminal's encoding lacks becomes a question mark. A stream that was closed swallows what it is given; its
    number is taken, as the next file that is opened would get it, and with it what libraries print.
    """
    while (spare := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(spare)
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  (open to the end)
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # and not what a test or a notebook has put in its place
            stream.reconfigure(errors="replace")


def pin_numbers() -> None:
    """Let the config alone decide what is computed: variables that would change it are put aside, and named."""
    for name, same in OTHER_NUMBERS.items():
        if os.environ.pop(name, "").lower() not in ("", *same):
            print(f"note: {name} is not heeded: the same config gives the same numbers", file=sys.stderr)


def readable(argv: list[str]) -> list[str]:
    """The arguments, if all of them are text.

    Raises:
      UserError: if bytes of one of them are not.
    """
    for argument in argv:
        try:
            argument.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(argument).decode(errors="backslashreplace")
            raise UserError(
                f"{shown}: bytes of this argument are not UTF-8; write it in a terminal that is set to UTF-8"
            ) from None
    return argv


def mistake(error: Exception) -> str | None:
    """What the user did, or can mend, that made a command fail by another exception than a UserError; None if it is a defect."""
    text = (str(error).splitlines() or [""])[0]
    if isinstance(error, OSError) and (error.errno in FULL or of_user(error.filename)):
        where = f" {os.fsdecode(error.filename)}" if error.filename else ""
        return (
            f"cannot read or write{where}: {error.strerror or error}. Nothing half-written was kept: mend that and run the "
            "same command again"
        )
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
        return f"out of memory: {text[:150]}. Ask for less at once: narrower, fewer seeds"
    platforms, backend = os.environ.get("JAX_PLATFORMS"), os.environ.get("MPLBACKEND")
    if platforms and not has_devices():
        return f"JAX_PLATFORMS={platforms}: JAX finds no such device on this machine; unset that variable, or set it to cpu"
    if backend and (text.startswith("Key backend") or (isinstance(error, ImportError) and "backend" in text)):
        return f"MPLBACKEND={backend}: matplotlib has no such backend; unset that variable"
    return None


def has_devices() -> bool:
    """Whether JAX, once it is imported, finds a device."""
    jax = sys.modules.get("jax")
    try:
        return jax is None or bool(jax.devices())
    except Exception:  # it fails an assertion where the platform is known but absent
        return False


def of_user(file: Any) -> bool:
    """Whether a file is the user's, and not a part of nlpfeat, of Python or of a library."""
    if not isinstance(file, (str, bytes, os.PathLike)):
        return False
    path = Path(os.fsdecode(file)).absolute()
    code = [Path(nlpfeat.__file__).parent, Path(__file__).parent]
    code += [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return not any(path.is_relative_to(folder) for folder in code)


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
