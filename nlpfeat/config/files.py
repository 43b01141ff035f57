"""Paths as people write them."""

from pathlib import Path
from typing import Any

from nlpfeat.errors import UserError, nearest


def expand_path(text: str) -> Path:
    """The path that a text names, `~` being someone's home: a shell leaves it alone in `--study=~/x` and within quotes.

    Raises:
      UserError: if nobody has such a home.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise UserError(f"{text!r}: there is no home of that name; write the path out") from None


def load_config(reference: str) -> tuple[str, dict[str, Any]]:
    """Run a config file: "configs/spirals.py" or, for a variant, "configs/spirals.py:smoke".

    Returns:
      The config's name, from the file's (and the variant's), and its content as a nested dict. Configs of a folder in
      configs/ stay together: configs/all_systems/spirals.py:smoke is all_systems-smoke/spirals.

    Raises:
      UserError: if there is no such file or variant, or the file fails.
    """
    file, _, variant = reference.partition(":")
    path = expand_path(file)
    if not path.is_file():
        here = [str(p) for p in sorted(path.parent.glob("*.py"))] if path.parent.is_dir() else []
        mend = (
            nearest(file, here) if here else f"{path.parent.absolute()} holds no config; name the path of one"
        )
        raise UserError(f"--config: no file {file!r}; {mend}")
    namespace: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    try:
        exec(compile(path.read_bytes(), str(path), "exec"), namespace)
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
