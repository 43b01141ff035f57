"""Tasks from outside the package: the file or module of `--task`, and what a study records of it."""

import importlib
import logging
from pathlib import Path
from types import ModuleType

from nlpfeat.config.files import expand_path, run_file
from nlpfeat.config.trusted import is_trusted, trust
from nlpfeat.digests import file_digest
from nlpfeat.errors import UserError
from nlpfeat.tasks.registry import Origin, find_task, origin_of

log = logging.getLogger(__name__)


def load_task(reference: str) -> ModuleType:
    """Run the file, or import the module, that registers a task: "digits.py" or "mypackage.tasks".

    The user names it, so studies of its tasks may run it again.

    Raises:
      UserError: if there is no such file or module, or if it raises an exception.
    """
    path = expand_path(reference)
    if path.is_file():
        trust(str(path.resolve()))
        return run_file(path.resolve(), "task file")
    if reference.endswith(".py") or "/" in reference or "\\" in reference:
        raise UserError(f"--task: no file {reference!r}")
    module = _import(reference)
    if module is None:
        raise UserError(
            f"--task: no file and no module {reference!r}: install it, or put its folder on PYTHONPATH"
        )
    if module.__file__:
        trust(str(Path(module.__file__).resolve()))
    return module


def _import(name: str) -> ModuleType | None:
    """A module; None if there is none of that name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name + ".").startswith(error.name + "."):
            return None
        raise UserError(f"the module {name} fails: {type(error).__name__}: {error}") from error
    except Exception as error:
        raise UserError(f"the module {name} fails: {type(error).__name__}: {error}") from error


def require_task(name: str, origin: Origin | None, study: Path) -> None:
    """Have the task of a study in the table, from where the study says that it comes.

    Args:
      name: of the task.
      origin: as the study records it; None if it records none.
      study: its folder, for messages.

    Raises:
      UserError: if that is gone, fails, was never run by this user, or if a task of another file has that name.
    """
    if find_task(name) is None:
        _load_origin(name, origin, study)
    here = origin_of(name)
    if origin is None or here is None or origin.sha256 == here.sha256:
        return
    if origin.file not in ("", here.file) and is_unchanged(origin):
        raise UserError(
            f"two tasks have the name {name!r}: that of {here.file or 'this session'}, and that of {study}, of {origin.file}: leave the "
            "first out of this command, or rename one of them"
        )
    if here.file == origin.file != "":
        log.warning("%s has changed since %s was trained: numbers may differ", here.file, study)
        return
    log.warning(
        "the task %r is that of %s, and %s was trained with that of %s: numbers may differ",
        name, here.file or "this session", study, origin.file or "a session",
    )  # fmt: skip


def is_unchanged(origin: Origin) -> bool:
    """Whether the file of a task is there, and holds what it held when a study recorded it."""
    path = Path(origin.file)
    return path.is_file() and file_digest(path) == origin.sha256


def _load_origin(name: str, origin: Origin | None, study: Path) -> None:
    study_of = f"{study} is a study of {name!r}"
    mend = "in Python run the file that registers it first; give commands that file by --task=FILE.py"
    if origin is None:
        raise UserError(f"{study_of}, a task that is not registered here: {mend}")
    if not origin.file:
        raise UserError(f"{study_of}, a task that was registered in an interactive session: {mend}")
    if not is_trusted(origin.file):
        raise UserError(
            f"{study_of}, a task of {origin.file}, and a study runs no program by itself: if you trust that file, give it once by "
            f"--task={origin.file}"
        )
    if origin.module and (module := _import(origin.module)) is not None:
        if find_task(name) is not None:
            return
        log.info("%s registers no task %r", module.__name__, name)
    if not Path(origin.file).is_file():
        missing = f"the module {origin.module} ({origin.file})" if origin.module else origin.file
        raise UserError(
            f"{study_of}, a task of {missing}, which is missing: put it back, or give its new place by --task=FILE.py"
        )
    if "." in origin.module:
        raise UserError(
            f"{study_of}, a task of the module {origin.module}, which is missing here: install it, or put its folder on PYTHONPATH"
        )
    run_file(Path(origin.file), "task file")
    if find_task(name) is None:
        raise UserError(f"{study_of}, and {origin.file} registers no such task any longer: {mend}")
