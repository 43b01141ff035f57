"""Paths that users write, and config files, which are Python programs."""

from collections.abc import Callable
from pathlib import Path

from ml_collections import ConfigDict

from nlpfeat.errors import UserError, did_you_mean


def expand_path(text: str) -> Path:
    """A path with `~` expanded to the home directory.

    A shell does not expand it in `--study=~/x`, nor within quotes.

    Raises:
      UserError: if there is no user of that name.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise UserError(f"{text!r}: there is no home directory of that name; write the path out") from None


def config_name(reference: str) -> str:
    """The name of a config, from its file and variant: "configs/spirals.py:smoke" is "spirals-smoke"."""
    file, _, variant = reference.partition(":")
    return Path(file).stem + (f"-{variant}" if variant else "")


def load_config(reference: str) -> dict[str, object]:
    """Run a config file: "configs/spirals.py" or, for a variant, "configs/spirals.py:smoke".

    A config is a Python program: run only files that you trust.

    Returns:
      The config as a nested dict.

    Raises:
      UserError: if there is no such file or variant, or if the file raises an exception.
    """
    _, _, variant = reference.partition(":")
    get_config, path = get_config_of(reference)
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
    file = reference.partition(":")[0]
    path = expand_path(file)
    if not path.is_file():
        here = [str(p) for p in sorted(path.parent.glob("*.py"))] if path.parent.is_dir() else []
        remedy = (
            did_you_mean(file, here)
            if here
            else f"{path.parent.absolute()} holds no config; name the path of one"
        )
        raise UserError(f"config: no file {file!r}; {remedy}")
    get_config = run_file(path, "config").get("get_config")
    if not callable(get_config):
        raise UserError(f"config {path}: no function get_config() that returns a ConfigDict")
    return get_config, path


def run_file(path: Path, what: str) -> dict[str, object]:
    """Run a Python file of the user and return its global names.

    Args:
      what: kind of the file, for the error message.

    Raises:
      UserError: if the file raises an exception.
    """
    namespace: dict[str, object] = {"__name__": path.stem, "__file__": str(path)}
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), namespace)
    except (Exception, SystemExit) as error:
        raise UserError(f"{what} {path} fails: {type(error).__name__}: {error}") from error
    return namespace
