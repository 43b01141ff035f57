"""Validation of configs: every key is known, and every value has the right type and lies in its range.

Each error names the key, the mistake and the correction.
"""

import ast
import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple, get_args, get_origin, get_type_hints

from jaxtyping import PyTree

from nlpfeat.config import limits, tied_axes
from nlpfeat.config.fields import Choice, Range, Settings, choice_of, setting_hints
from nlpfeat.errors import UserError, did_you_mean


class Sections(NamedTuple):
    """A validated config.

    Attributes:
      values: an instance of its frozen dataclass per section.
      sweep: the values of each axis that the config names.
      zipped: groups of axes that are walked together.
      formulas: the formula of each axis that is a function of others.
    """

    values: dict[str, object]
    sweep: dict[str, tuple[float, ...]]
    zipped: tuple[tuple[str, ...], ...] = ()
    formulas: dict[str, str] = {}  # noqa: RUF012  (never changed)


def flatten(tree: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """A nested mapping with dotted keys: {"data": {"arms": 5}} -> {"data.arms": 5}."""
    flat: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def hints_of(section: type) -> dict[str, object]:
    """The type of each key of a section, with its range, by name."""
    if issubclass(section, Settings):
        return setting_hints(section)
    return get_type_hints(section, include_extras=True)


def read_sections(
    config: Mapping[str, object], overrides: Mapping[str, str], types: Mapping[str, type]
) -> Sections:
    """Validate the sections of a config, after applying the overrides of the command line.

    Args:
      config: flat, {"data.points": 200, "sweep.width": (2, 8)}. Missing keys take the defaults of their dataclass.
      overrides: flat, key -> text.
      types: the dataclass of each section. The keys of "settings" are also the axes of "sweep".

    Raises:
      UserError: for an unknown key (the nearest known key is named), a value of the wrong type or out of range, text that
        is not a Python literal, and an axis that is empty or has duplicates.
    """
    hints: dict[str, object] = {
        f"{section}.{key}": hint for section, cls in types.items() for key, hint in hints_of(cls).items()
    }
    hints |= {f"sweep.{axis}": tuple[hint, ...] for axis, hint in hints_of(types["settings"]).items()}  # pyright: ignore[reportInvalidTypeArguments]
    values: dict[str, dict[str, object]] = {section: {} for section in (*types, "sweep")}
    zipped: object = ()
    formulas: dict[str, str] = {}
    for key, given, is_text in _given(config, overrides):
        if key == "sweep.zip":
            zipped = given
            continue
        if key in values:
            raise UserError(f"config.{key} is a section; set its keys, as in config.sweep.width=(2,8)")
        if key not in hints:
            raise UserError(f"config.{key}: unknown key; {_nearest_key(key, hints)}")
        section, _, name = key.partition(".")
        if section == "sweep" and _is_formula(given, hints[key], is_text=is_text):
            formulas[name] = str(given).strip()
            continue
        value = _literal(key, str(given), hints[key]) if is_text else given
        values[section][name] = _coerce(key, value, hints[key])
    sweep: dict[str, tuple[float, ...]] = values.pop("sweep")  # pyright: ignore[reportAssignmentType]
    groups = tied_axes.read_zipped(zipped, sweep)
    followers = {axis for group in groups for axis in group}
    for axis, points in sweep.items():
        _check_axis(axis, points, distinct=axis not in followers)
    made = {}
    for section, cls in types.items():
        try:
            made[section] = cls(**values[section])
        except ValueError as error:
            raise UserError(f"config.{section}.{error}") from error
    settings = made["settings"]
    for axis in ("width", "seed"):  # every study has these two axes
        if axis not in formulas:
            sweep.setdefault(axis, (getattr(settings, axis),))
    for axis, text in formulas.items():
        _check_formula(axis, text, sweep, hints[f"settings.{axis}"])
    return Sections(made, sweep, groups, formulas)


def _given(config: Mapping[str, object], overrides: Mapping[str, str]) -> list[tuple[str, object, bool]]:
    """(key, value, whether the value is text of the command line) of all keys."""
    return [(key, value, False) for key, value in config.items() if key not in overrides] + [
        (key, text, True) for key, text in overrides.items()
    ]


def _is_formula(given: object, hint: object, *, is_text: bool) -> bool:
    """Whether what is given for an axis is a formula of others, such as "0.1 / width", and no values."""
    if not isinstance(given, str) or choice_of(_item(hint)):
        return False
    if not is_text:
        return True
    try:
        ast.literal_eval(given)
    except (ValueError, SyntaxError):
        return True
    return False


def _check_formula(axis: str, text: str, sweep: Mapping[str, tuple[float, ...]], hint: PyTree) -> None:
    """Check a formula at all values of the axes that it names.

    Raises:
      UserError: if it is no formula of axes, or gives a value of the wrong type or out of range.
    """
    for at, value in tied_axes.formula_values(axis, text, sweep, _origin(hint)):
        wrong = complaint(hint, value)
        if wrong:
            raise UserError(
                f"config.sweep.{axis}: {text} is {value:g} at {tied_axes.point_text(at)}, and {wrong}"
            )


def _check_axis(axis: str, points: Sequence[float], *, distinct: bool) -> None:
    if not points:
        raise UserError(f"config.sweep.{axis}: the grid is empty; give at least one value, as in (2,8)")
    repeated = sorted(point for point, times in Counter(points).items() if times > 1)
    if repeated and distinct:
        raise UserError(f"config.sweep.{axis}: {repeated[0]} appears twice; list each value once")


def _nearest_key(key: str, hints: Mapping[str, object]) -> str:
    """A hint for an unknown key: the known key with the most similar last part, the same section winning ties."""
    section, _, name = key.rpartition(".")

    def similarity(known: str) -> tuple[float, bool]:
        ratio = difflib.SequenceMatcher(None, name, known.rpartition(".")[2]).ratio()
        return ratio, known.startswith(section + ".")

    best = max(hints, key=similarity)
    if similarity(best)[0] >= 0.6:
        return f"did you mean config.{best}?"
    return f"known: {', '.join(k for k in hints if k.startswith(section + '.')) or ', '.join(hints)}"


def _literal(key: str, text: str, hint: object) -> object:
    """The value that a text of the command line represents."""
    if _origin(hint) is str:
        return text
    if choice_of(_item(hint)):  # names need no quotes
        found = [part.strip(" '\"") for part in text.strip(" ()[]").split(",") if part.strip()]
        return tuple(found) if _origin(hint) is tuple else text.strip(" '\"")
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise UserError(f"config.{key}: cannot read {text!r}; expected {_describe(hint)}") from None
    return (value,) if _origin(hint) is tuple and not isinstance(value, (tuple, list)) else value


def _coerce(key: str, value: PyTree, hint: PyTree) -> PyTree:
    """`value` converted to the type `hint`, or a UserError. Integers are accepted as floats, lists as tuples, names of choices."""
    kind, choice = _origin(hint), choice_of(hint)
    if choice:
        return _chosen(key, value, choice)
    wrong = UserError(f"config.{key}: {value!r} is not {_describe(hint)}")
    if kind is tuple:
        if not isinstance(value, (tuple, list, range)):
            raise wrong
        return tuple(_coerce(key, item, get_args(hint)[0]) for item in value)
    if kind is float and type(value) is int:
        value = float(value)
    if kind is float and value == 0:
        value = 0.0  # -0.0 equals 0.0 but is written differently, and would name another member
    if type(value) is not kind:
        raise wrong
    wrong_value = complaint(hint, value)
    if wrong_value:
        raise UserError(f"config.{key}: {value!r} {wrong_value}")
    return value


def _chosen(key: str, value: PyTree, choice: Choice) -> int:
    """The number of a choice, given by its name or number."""
    if isinstance(value, str) and value in choice.names:
        return choice.names.index(value)
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if type(value) is int and 0 <= value < len(choice.names):
        return value
    raise UserError(f"config.{key}: there is no {str(value)!r}; {did_you_mean(str(value), choice.names)}")


def complaint(hint: PyTree, value: PyTree) -> str | None:
    """Why a value is out of the range of a field of the type `hint`, in words; None if it is not."""
    if type(value) is int and not -limits.INT32 - 1 <= value <= limits.INT32:
        return f"must be at most {limits.INT32:,} in size, as programs count with 32 bits"
    bounds = (bound for bound in getattr(hint, "__metadata__", ()) if isinstance(bound, Range))
    return next((found for bound in bounds if (found := bound.complaint(value))), None)


def _origin(hint: PyTree) -> type:
    """The plain type of a hint: int, float, bool, str or tuple."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return get_origin(hint) or hint


def _item(hint: PyTree) -> PyTree:
    """The type of the items of a tuple, or the type itself."""
    return get_args(hint)[0] if _origin(hint) is tuple else hint


def _describe(hint: object) -> str:
    """A hint in words, for an error message."""
    if _origin(hint) is tuple:
        return f"a tuple, each item {_describe(get_args(hint)[0])}, as in (2,8)"
    return {int: "a whole number", float: "a number", bool: "True or False", str: "text"}[_origin(hint)]
