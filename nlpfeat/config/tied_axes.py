"""Axes of a grid that are tied to others: walked together (zip), or a formula of them, such as "0.1 / width"."""

import ast
import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from nlpfeat.errors import UserError, did_you_mean

_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
FUNCTIONS = {
    "sqrt": math.sqrt,
    "log": math.log,
    "log2": math.log2,
    "exp": math.exp,
    "round": round,
    "min": min,
    "max": max,
}
DIGITS = 12  # of a value: mathematical functions differ between machines in the last ones, and an id is a hash of all digits


def read_zipped(given: Any, sweep: Mapping[str, Sequence[float]]) -> tuple[tuple[str, ...], ...]:
    """The groups of axes that are walked together.

    Args:
      given: ("width", "learning_rate"), several such groups, or text: "width,learning_rate; noise,dropout".
      sweep: the values of each axis.

    Raises:
      UserError: for a group that names no axis, one axis twice, or axes of different lengths.
    """
    if isinstance(given, str):
        given = [part.strip(" ()[]'\"").split(",") for part in given.split(";")]
        given = [[name.strip(" '\"") for name in group] for group in given]
    groups = [given] if isinstance(given, (tuple, list)) and given and isinstance(given[0], str) else given
    if not isinstance(groups, (tuple, list)):
        raise _not_groups(given)
    seen: list[str] = []
    for group in groups:
        if not isinstance(group, (tuple, list)) or len(group) < 2:
            raise _not_groups(given)
        for name in group:
            if name not in sweep:
                raise UserError(
                    f"config.sweep.zip: {name!r} is no axis with values; {did_you_mean(str(name), sweep)}"
                )
            if name in seen:
                raise UserError(f"config.sweep.zip: {name} is tied twice")
            seen.append(name)
        lengths = {name: len(sweep[name]) for name in group}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} has {length}" for name, length in lengths.items())
            raise UserError(
                f"config.sweep.zip: axes that are walked together need equally many values; {listed}"
            )
        points = list(zip(*(sweep[name] for name in group), strict=True))
        if len(set(points)) < len(points):
            raise UserError(f"config.sweep.zip: {', '.join(group)} take the same values twice")
    return tuple(tuple(group) for group in groups)


def _not_groups(given: object) -> UserError:
    return UserError(
        f"config.sweep.zip: cannot read {given!r}; name axes to walk together, as in ('width', 'learning_rate')"
    )


def parse_formula(axis: str, text: str, sweep: Mapping[str, Sequence[float]]) -> ast.expr:
    """The syntax tree of a formula of axes.

    Args:
      axis: that the formula gives.
      text: such as "0.1 / width": numbers, axes, + - * / // **, parentheses, `FUNCTIONS`.
      sweep: the values of each axis.

    Raises:
      UserError: for anything else, a name that is no axis, and a formula without one.
    """
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        raise UserError(
            f"config.sweep.{axis}: cannot read {text!r}: give values, as in (2,8), or a formula of other axes, as in '0.1 / width'"
        ) from None
    names = _check(axis, text, tree)
    others = [name for name in sweep if name != axis]
    for name in names:
        if name not in others:
            raise UserError(
                f"config.sweep.{axis}: {text!r} names {name!r}, which is no axis with values; {did_you_mean(name, others)}"
            )
    if not names:
        raise UserError(
            f"config.sweep.{axis}: {text!r} names no axis; as one value for all members, give config.settings.{axis}={text}"
        )
    return tree


def _check(axis: str, text: str, tree: ast.expr) -> list[str]:
    """The names in a tree, which is made of what a formula may have only."""
    match tree:
        case ast.Name(id=name):
            return [name]
        case ast.Constant(value=value) if type(value) in (int, float):
            return []
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return _check(axis, text, operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _check(axis, text, left) + _check(axis, text, right)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS and args:
            return [found for part in args for found in _check(axis, text, part)]
    raise UserError(
        f"config.sweep.{axis}: a formula has numbers, axes, + - * / // **, parentheses and {', '.join(FUNCTIONS)}; "
        f"{ast.unparse(tree)!r} in {text!r} is none of them"
    )


def names_in(tree: ast.expr) -> list[str]:
    """The axes that a formula names, each once, in the order of their appearance."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in FUNCTIONS]
    return list(dict.fromkeys(node.id for node in found))


def point_text(at: Mapping[str, float]) -> str:
    """Values of axes in words, such as "width 8, noise 0.2"."""
    return ", ".join(f"{name} {value:g}" for name, value in at.items())


def formula_values(
    axis: str, text: str, sweep: Mapping[str, Sequence[float]], kind: type
) -> Iterator[tuple[dict[str, float], float]]:
    """The values of a formula at all combinations of the axes that it names, rounded to `DIGITS` significant digits.

    Args:
      axis: that the formula gives.
      text: the formula.
      sweep: the values of each axis.
      kind: int or float, the type of the setting.

    Yields:
      The values of the axes, and that of the formula.

    Raises:
      UserError: as `parse_formula`; where it has no value, or no whole one for a whole number.
    """
    tree = parse_formula(axis, text, sweep)
    names = names_in(tree)
    for point in product(*(sweep[name] for name in names)):
        at = dict(zip(names, point, strict=True))
        yield at, _value(axis, text, tree, at, kind)


def formula_column(
    axis: str, text: str, columns: Mapping[str, np.ndarray], kind: type
) -> Float[np.ndarray, " members"] | Int[np.ndarray, " members"]:
    """The values of a formula for members.

    Args:
      axis, text, kind: as for `formula_values`.
      columns: the values of each axis (members,).
    """
    tree = parse_formula(axis, text, dict.fromkeys(columns, ()))
    names = names_in(tree)
    points, inverse = np.unique(np.stack([columns[name] for name in names], 1), axis=0, return_inverse=True)
    values = [
        _value(axis, text, tree, dict(zip(names, point, strict=True)), kind) for point in points.tolist()
    ]
    return np.array(values)[inverse.reshape(-1)]


def _value(axis: str, text: str, tree: ast.expr, at: Mapping[str, float], kind: type) -> float:
    try:
        number = float(_evaluate(tree, at))
    except (ArithmeticError, ValueError, TypeError) as error:
        raise UserError(f"config.sweep.{axis}: {text} has no value at {point_text(at)}: {error}") from None
    if math.isfinite(number):
        number = float(f"{number:.{DIGITS}g}")
    if kind is int:
        if not number.is_integer():
            raise UserError(
                f"config.sweep.{axis}: {text} is {number:g} at {point_text(at)}, and must be a whole number: use round(…) or //"
            )
        return int(number)
    return number


def _evaluate(tree: ast.expr, at: Mapping[str, float]) -> float:
    match tree:
        case ast.Name(id=name):
            return float(at[name])
        case ast.Constant(value=int() | float() as value):
            return float(value)  # powers of whole numbers may have millions of digits
        case ast.UnaryOp(op=op, operand=operand):
            return _OPERATORS[type(op)](_evaluate(operand, at))
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_evaluate(left, at), _evaluate(right, at))
        case ast.Call(func=ast.Name(id=name), args=args):
            return FUNCTIONS[name](*(_evaluate(part, at) for part in args))
    raise TypeError(ast.unparse(tree))
