"""Commands, run as a user runs them, or in this process, which saves the seconds that one of their own takes to start."""

import contextlib
import io
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from unittest import mock

from nlpfeat.cli import main
from nlpfeat.cli import process as command_process

ROOT = Path(__file__).parents[1]


def process(*arguments, **options):
    """In a process of its own: where signals, limits, stdin or counts of compilations matter."""
    line = [sys.executable, "-m", "nlpfeat", *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300, **options)


def run(*arguments, folder=ROOT):
    """In this process, as if started in `folder`: exit code, stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    code = 1
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch("nlpfeat.parallel.use_all_cores"),
    ):
        try:
            command_process.run(main.dispatch, list(map(str, arguments)))
        except SystemExit as stop:
            code = stop.code
        except Exception:
            traceback.print_exc()
        finally:
            for number, handler in usual.items():
                signal.signal(number, handler)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
