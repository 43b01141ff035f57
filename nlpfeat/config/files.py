"""Paths that users write, and config files, which are Python programs."""

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import nlpfeat
from nlpfeat.errors import UserError, did_you_mean


def expand_path(text: str | Path) -> Path:
    """A path with `~` expanded to the home directory.

    A shell does not expand it in `--study=~/x`, nor within quotes.

    Raises:
      UserError: if there is no user of that name.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise UserError(f"{text!r}: there is no home directory of that name; write the path out") from None


def shipped_configs() -> Path:
    """The folder of the configs that nlpfeat ships: inside the package where it is installed, beside it in a checkout."""
    package = Path(nlpfeat.__file__).parent
    inside = package / "configs"
    return inside if inside.is_dir() else package.parent / "configs"


def split_reference(reference: str) -> tuple[str, str]:
    """The file or name of a config, and its variant: "configs/spirals.py:smoke" is ("configs/spirals.py", "smoke")."""
    file, suffix, variant = reference.partition(".py:")
    if suffix or reference.endswith(".py"):
        return (f"{file}.py" if suffix else reference), variant
    name, _, variant = reference.partition(":")
    return name, variant


def is_name(reference: str) -> bool:
    """Whether a reference is the name of a shipped config or of a task, such as "spirals:smoke", and no path."""
    file, _ = split_reference(reference)
    return not (file.endswith(".py") or "/" in file or "\\" in file)


def has_config(reference: str) -> bool:
    """Whether a reference is the name of a shipped config, or the path of a file."""
    file, _ = split_reference(reference)
    return (shipped_configs() / f"{file}.py").is_file() if is_name(reference) else expand_path(file).is_file()


def config_name(reference: str) -> str:
    """The name of a config, from its file and variant: "configs/spirals.py:smoke" is "spirals-smoke"."""
    file, variant = split_reference(reference)
    return Path(file).stem + (f"-{variant}" if variant else "")


def study_folder(reference: str, data: str = "") -> Path:
    """Where the study of a config goes unless a folder is named: runs/NAME, followed by the name of the user's file, if there is one."""
    return Path("runs") / (config_name(reference) + (f"-{Path(data).stem}" if data else ""))


def load_config(reference: str | Path) -> dict[str, object]:
    """Run a config: one that nlpfeat ships, by name ("spirals"), or a file ("mine.py"); after a colon, its variant.

        nlpfeat.load_config("spirals:smoke")
        nlpfeat.load_config("configs/spirals.py:smoke")

    A config is a Python program: run only files that you trust.

    Returns:
      The config as a nested dict.

    Raises:
      UserError: if there is no such config or variant, or if the file raises an exception.
    """
    from ml_collections import ConfigDict  # which takes a tenth of a second to import

    _, variant = split_reference(str(reference))
    get_config, path = get_config_of(str(reference))
    try:
        config = get_config(variant) if variant else get_config()
    except (Exception, SystemExit) as error:
        called = f"get_config({variant!r})" if variant else "get_config()"
        raise UserError(f"config {path}: {called} fails: {type(error).__name__}: {error}") from error
    if not isinstance(config, ConfigDict):
        raise UserError(f"config {path}: get_config() does not return a ConfigDict")
    return config.to_dict()


def get_config_of(reference: str) -> tuple[Callable[..., object], Path]:
    """The function `get_config` of a config file, and the path of the file.

    Raises:
      UserError: if there is no such file, if it raises an exception, or if it does not define the function.
    """
    path = config_path(reference)
    get_config = vars(run_file(path, "config")).get("get_config")
    if not callable(get_config):
        raise UserError(
            f"config {path}: no function get_config(); write one, as examples/digits.py has it, or, if the file registers a task, "
            f"sweep that at its defaults: nlpfeat sweep --task={path}"
        )
    return get_config, path


def config_path(reference: str) -> Path:
    """The file of a config.

    Raises:
      UserError: if there is none; the nearest is named.
    """
    file, _ = split_reference(reference)
    path = expand_path(file)
    if has_config(reference):
        return shipped_configs() / f"{file}.py" if is_name(reference) else path
    if is_name(reference):
        here = next(
            (one for one in (Path(f"{file}.py"), Path("configs") / f"{file}.py") if one.is_file()), Path()
        )
        names = [known.stem for known in sorted(shipped_configs().glob("*.py"))]
        remedy = f"did you mean the file {here}?" if here.is_file() else did_you_mean(file, names)
        raise UserError(f"config: nlpfeat ships none with the name {file!r}; {remedy}")
    there = [str(p) for p in sorted(path.parent.glob("*.py"))] if path.parent.is_dir() else []
    remedy = (
        did_you_mean(file, there)
        if there
        else f"{path.parent.absolute()} holds no config; name the path of one"
    )
    shipped = shipped_configs() / path.name
    if path.parent.name == "configs" and shipped.is_file():
        remedy = f"nlpfeat ships one with the name {path.stem!r}: leave out the folder and .py"
    raise UserError(f"config: no file {file!r}; {remedy}")


def run_file(path: Path, what: str) -> ModuleType:
    """Run a Python file of the user as a module, which may import the files beside it.

    Args:
      path: of the file.
      what: kind of the file, for the error message.

    Returns:
      The module, with what the file defines.

    Raises:
      UserError: if the file raises an exception; its line is named.
    """
    file = str(path.absolute())
    module = ModuleType(f"nlpfeat-file:{file}")
    module.__file__ = file
    beside = str(path.absolute().parent)
    sys.modules[module.__name__] = module  # where dataclasses look the types of their fields up
    sys.path.insert(0, beside)
    try:
        exec(compile(path.read_bytes(), file, "exec"), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        line = _line_of(error, file)
        where = f"{path}, line {line}," if line else str(path)
        reason = f"{type(error).__name__}: {getattr(error, 'msg', None) or error}"
        raise UserError(f"{what} {where} fails: {reason}") from error
    finally:
        sys.path.remove(beside)
    return module


def _line_of(error: BaseException, file: str) -> int | None:
    """The last line of a file that an exception passed through; None if it passed through none."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return lines[-1] if lines else None
