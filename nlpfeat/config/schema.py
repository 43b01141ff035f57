"""The study's spec: a config read once, checked key by key, and frozen.

Every complaint is one line that names the key, the mistake and the mend.
"""

import ast
import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from nlpfeat.config.fields import Range
from nlpfeat.errors import UserError, nearest
from nlpfeat.tasks.registry import TASKS
from nlpfeat.training.schedule import TrainingSpec
from nlpfeat.training.task import Task


@dataclass(frozen=True)
class Spec:
    """Everything that decides what a study computes. Equal specs, equal numbers.

    Attributes:
      task: name of the row of `nlpfeat.tasks.TASKS`.
      data, model, training: frozen dataclasses, static.
      settings: the task's NamedTuple with a Python number for each traced setting: the values of all members
        where `sweep` names no others.
      sweep: the axes of the grid, (name of a traced setting, its values), in order.
    """

    task: str
    data: Any
    model: Any
    training: TrainingSpec
    settings: Any
    sweep: tuple[tuple[str, tuple[Any, ...]], ...]

    @property
    def row(self) -> Task:
        """The task's row of the table."""
        return TASKS[self.task]

    def to_dict(self) -> dict[str, Any]:
        """Nested dict of plain values: what `resolve` reads, what a study stores as JSON."""
        return {
            "task": self.task,
            "data": asdict(self.data),
            "model": asdict(self.model),
            "training": asdict(self.training),
            "settings": self.settings._asdict(),
            "sweep": dict(self.sweep),
        }


def digest(value: Any) -> str:
    """SHA-256 of a plain value as canonical JSON, in hexadecimal."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def identity(spec: Spec) -> dict[str, Any]:
    """The part of a spec that may not change within a study, flat: all but the grid."""
    return flatten({key: part for key, part in spec.to_dict().items() if key != "sweep"})


def config_hash(spec: Spec) -> str:
    """Twelve hexadecimal digits that stamp the figures of a study."""
    return digest(identity(spec))[:12]


def differences(there: Spec, asked: Spec) -> list[str]:
    """The keys in which two specs differ, each with both values. What `asked` sweeps does not count."""
    left, right = identity(there), identity(asked)
    swept = {f"settings.{name}" for name, _ in asked.sweep}
    return [
        f"{key} ({left.get(key)!r} there, {right.get(key)!r} asked)"
        for key in sorted(left.keys() | right.keys())
        if left.get(key) != right.get(key) and key not in swept
    ]


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"data": {"arms": 5}} -> {"data.arms": 5}."""
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def resolve(config: Mapping[str, Any], overrides: Mapping[str, str] | None = None) -> Spec:
    """Check a config, apply the overrides of the command line, and freeze it.

    Args:
      config: nested mapping with "task" and any of "data", "model", "training", "settings", "sweep". What is
        missing takes the default of the task's types.
      overrides: dotted key -> text, such as {"sweep.width": "(2,8)"}.

    Raises:
      UserError: for an unknown key (the nearest is named), a value of another type or out of range, text that
        is not a Python literal, an empty axis or one with duplicates.
    """
    flat = flatten(config)
    texts = dict(overrides or {})
    name = texts.pop("task", flat.pop("task", None))
    if name not in TASKS:
        raise UserError(f"config.task: no task {name!r}; {nearest(str(name), TASKS)}")
    task = TASKS[name]
    types_by_section = {
        "data": task.data,
        "model": task.model,
        "training": TrainingSpec,
        "settings": task.settings,
    }
    hints = {
        f"{section}.{key}": hint
        for section, cls in types_by_section.items()
        for key, hint in get_type_hints(cls, include_extras=True).items()
    }
    axes = get_type_hints(task.settings, include_extras=True)
    hints |= {f"sweep.{axis}": tuple[hint, ...] for axis, hint in axes.items()}  # pyright: ignore[reportInvalidTypeArguments]

    values = {}
    for key, raw in [*flat.items(), *texts.items()]:
        if key in types_by_section or key == "sweep":
            raise UserError(f"config.{key} is a section; set its keys, as in config.sweep.width=(2,8)")
        if key not in hints:
            raise UserError(f"config.{key}: unknown key; {_nearest_key(key, hints)}")
        value = _literal(key, raw, hints[key]) if key in texts and raw is texts[key] else raw
        values[key] = _coerce(key, value, hints[key])

    def section(name: str) -> Any:
        cls = types_by_section[name]
        given = {k.split(".", 1)[1]: v for k, v in values.items() if k.startswith(name + ".")}
        try:
            return cls(**given)
        except ValueError as error:
            raise UserError(f"config.{name}.{error}") from error

    sweep = {k.split(".", 1)[1]: v for k, v in values.items() if k.startswith("sweep.")}
    for axis, points in sweep.items():
        if not points:
            raise UserError(f"config.sweep.{axis}: the grid is empty; give at least one value, as in (2,8)")
        repeated = sorted({p for p in points if points.count(p) > 1})
        if repeated:
            raise UserError(f"config.sweep.{axis}: {repeated[0]} appears twice; list each value once")
    settings, model, data = section("settings"), section("model"), section("data")
    for key, most in task.limits(model, data).items():
        largest = max(sweep.get(key, (getattr(settings, key),)))
        if largest > most:
            where = "sweep" if key in sweep else "settings"
            raise UserError(f"config.{where}.{key}: {largest:g} is more than this model has, {most:g}")
    for axis in ("width", "seed"):  # every study has these two axes
        sweep.setdefault(axis, (getattr(settings, axis),))
    order = {axis: i for i, axis in enumerate(settings._fields)}
    return Spec(
        name,
        data,
        model,
        section("training"),
        settings,
        tuple(sorted(sweep.items(), key=lambda item: order[item[0]])),
    )


def _nearest_key(key: str, hints: Mapping[str, Any]) -> str:
    """The known key whose last part is nearest; among equals, one of the same section."""
    section, _, name = key.rpartition(".")

    def similarity(known: str) -> tuple[float, bool]:
        ratio = difflib.SequenceMatcher(None, name, known.rpartition(".")[2]).ratio()
        return ratio, known.startswith(section + ".")

    best = max(hints, key=similarity)
    if similarity(best)[0] >= 0.6:
        return f"did you mean config.{best}?"
    return f"known: {', '.join(k for k in hints if k.startswith(section + '.')) or ', '.join(hints)}"


def _literal(key: str, text: str, hint: Any) -> Any:
    """The value that `text` spells on a command line."""
    if _origin(hint) is str:
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise UserError(f"config.{key}: cannot read {text!r}; expected {_describe(hint)}") from None
    return (value,) if _origin(hint) is tuple and not isinstance(value, (tuple, list)) else value


def _coerce(key: str, value: Any, hint: Any) -> Any:
    """`value` as the type `hint` says, or a UserError. Whole numbers pass as floats, lists as tuples."""
    kind = _origin(hint)
    wrong = UserError(f"config.{key}: {value!r} is not {_describe(hint)}")
    if kind is tuple:
        if not isinstance(value, (tuple, list, range)):
            raise wrong
        return tuple(_coerce(key, item, get_args(hint)[0]) for item in value)
    if kind is float and type(value) is int:
        value = float(value)
    if kind is float and value == 0:
        value = 0.0  # -0.0 is the same number, and would be another member
    if type(value) is not kind:
        raise wrong
    for bound in getattr(hint, "__metadata__", ()):
        complaint = bound.complaint(value) if isinstance(bound, Range) else None
        if complaint:
            raise UserError(f"config.{key}: {value!r} {complaint}")
    return value


def _origin(hint: Any) -> type:
    """The plain type behind a hint: int, float, bool, str or tuple."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return get_origin(hint) or hint


def _describe(hint: Any) -> str:
    """A hint in words, with an example."""
    if _origin(hint) is tuple:
        return f"a tuple, each item {_describe(get_args(hint)[0])}, as in (2,8)"
    return {int: "a whole number", float: "a number", bool: "True or False", str: "text"}[_origin(hint)]
