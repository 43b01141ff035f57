"""Configs that leave settings to the data: the variants `own`."""

from collections.abc import Mapping
from typing import NamedTuple

from jaxtyping import PyTree

from nlpfeat.config.schema import flatten, read_sections
from nlpfeat.errors import UserError
from nlpfeat.tasks.registry import find_task

KEY = "fit_to_data"  # of a config


class FittedConfig(NamedTuple):
    """A config whose settings are chosen.

    Attributes:
      config: nested, without the key.
      notes: what was set and why, one line each.
    """

    config: dict[str, PyTree]
    notes: tuple[str, ...]


def fit_to_data(config: Mapping[str, PyTree], overrides: Mapping[str, str] | None = None) -> FittedConfig:
    """Read the data of a config with the key "fit_to_data", and set what suits them; other configs stay as they are.

    What the config or the overrides set stays. So does everything in a study that is extended later, as long as its files do not
    change: the rules depend on them alone.

    Args:
      config: nested mapping, as `nlpfeat.tasks.spec.resolve` takes it.
      overrides: dotted key -> text.

    Raises:
      UserError: if the task has no such rules, and as its data.
    """
    rest, texts = {key: value for key, value in config.items() if key != KEY}, dict(overrides or {})
    if not config.get(KEY):
        return FittedConfig(rest, ())
    task = find_task(str(texts.get("task", rest.get("task"))))
    if task is None or task.fit is None:
        raise UserError(f"config.{KEY}: the task {rest.get('task')!r} has no rules that fit it to data")
    flat = flatten(rest)
    given = {key: text for key, text in texts.items() if key != "task"}
    spec: PyTree = read_sections(
        {key: value for key, value in flat.items() if key != "task"}, given, task.sections
    ).values["data"]
    sections: dict[str, dict[str, PyTree]] = {
        name: dict(rest.get(name, {})) for name in ("data", "training", "settings")
    }
    notes = []
    for key, value, why in task.fit(spec):
        section, _, name = key.partition(".")
        if {key, f"sweep.{name}"} & (flat.keys() | texts.keys()):
            continue
        sections[section][name] = value
        if why:
            notes.append(f"{key} = {value!r}: {why}")
    return FittedConfig(rest | sections, tuple(notes))
