"""The process of a command: signals, streams, the environment, one-line errors and exit codes.

Exit codes: 0 done, 1 a defect of nlpfeat or a check that failed, 2 a mistake that the user can correct, 130 stopped
by Ctrl-C.
"""

import errno
import io
import logging
import os
import signal
import sys
import sysconfig
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

import nlpfeat
from nlpfeat import numerics
from nlpfeat.errors import UserError

FULL = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
)  # a disk, a quota or a limit: the user's, whether or not a file is named


def stop(signum: int, frame: FrameType | None) -> None:
    """Stop at once. Files appear whole or not at all, so nothing is lost that was there.

    An exception would be met anywhere: inside an import, where it becomes an ImportError, or inside a callback
    of XLA, which swallows it.
    """
    print("stopped", file=sys.stderr, flush=True)
    os._exit(128 + signum)


def quiet_libraries() -> None:
    """Keep stderr for the person who runs the command: a failure is reported once, by `run`.

    When a disk is full, Orbax's worker threads each log the failure and then report to an event loop that is
    closed, although the error itself reaches the caller of `save` as an exception.
    """
    for name in ("absl", "asyncio"):  # the latter tells of each task of a reading that failed
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="orbax")
    usual = sys.unraisablehook

    def hook(unraisable: "sys.UnraisableHookArgs") -> None:
        if str(unraisable.exc_value) != "Event loop is closed":
            usual(unraisable)

    sys.unraisablehook = hook


class NoteHandler(logging.Handler):
    """Shows what the library logs as notes on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        print(f"note: {record.getMessage()}", file=sys.stderr, flush=True)


def show_notes() -> None:
    """Show what the library logs as notes on stderr."""
    logger = logging.getLogger("nlpfeat")
    logger.handlers, logger.propagate = [NoteHandler()], False


def run(command: Callable[[list[str]], int], argv: list[str]) -> NoReturn:
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
    show_notes()
    try:
        pin_numbers()
        code = command(readable(argv))
        sys.stdout.flush()
    except UserError as error:
        code = fail(str(error))
    except BrokenPipeError:  # the reader of stdout has gone, as in `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        message = mistake(error)
        if message is None:
            raise
        code = fail(message)
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
    for name in numerics.drop_variables(os.environ):
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
    """What the user did, or can correct, that made a command fail by another exception than a UserError; None if it is a defect."""
    text = (str(error).splitlines() or [""])[0]
    if isinstance(error, OSError) and (error.errno in FULL or of_user(error.filename)):
        where = f" {os.fsdecode(error.filename)}" if error.filename else ""
        return (
            f"cannot read or write{where}: {error.strerror or error}. Nothing half-written was kept: correct that and run the "
            "same command again"
        )
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
        wanted = f": {text[:150]}" if text else ""
        return f"out of memory{wanted}. Ask for less at once: narrower, fewer seeds"
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


def of_user(file: object) -> bool:
    """Whether a file is the user's, and not a part of nlpfeat, of Python or of a library."""
    if not isinstance(file, (str, bytes, os.PathLike)):
        return False
    path = Path(os.fsdecode(file)).absolute()
    code = [Path(nlpfeat.__file__).parent]
    code += [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return not any(path.is_relative_to(folder) for folder in code)


def fail(message: str) -> int:
    """Print a mistake; its exit code."""
    print(f"error: {message}", file=sys.stderr)
    return 2
