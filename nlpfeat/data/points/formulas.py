"""Classes of the plane by formulas such as "y > sin(3*x)": parsed, checked and computed by this module, never run as Python."""

import ast
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from nlpfeat.errors import UserError, did_you_mean

Value: TypeAlias = Any  # a number, or an array (n,) of numbers or truth values

LONGEST = 1000  # characters
LARGEST = 1e38  # number
DEEPEST = 50  # operations within each other
CONSTANTS = MappingProxyType({"pi": math.pi, "e": math.e})
VARIABLES: Mapping[str, Callable[[Array, Array], Array]] = MappingProxyType(
    {
        "x": lambda x, y: x,
        "y": lambda x, y: y,
        "r": jnp.hypot,  # the distance from the origin
        "angle": lambda x, y: jnp.arctan2(y, x),
    }
)
FUNCTIONS: Mapping[str, tuple[Callable[..., Array], int]] = MappingProxyType(
    {  # name -> function, number of arguments
        "sin": (jnp.sin, 1),
        "cos": (jnp.cos, 1),
        "tan": (jnp.tan, 1),
        "exp": (jnp.exp, 1),
        "log": (jnp.log, 1),
        "sqrt": (jnp.sqrt, 1),
        "abs": (jnp.abs, 1),
        "floor": (jnp.floor, 1),
        "sign": (jnp.sign, 1),
        "hypot": (jnp.hypot, 2),
        "atan2": (jnp.arctan2, 2),
        "min": (jnp.minimum, 2),
        "max": (jnp.maximum, 2),
    }
)
OPERATORS: Mapping[type[ast.operator], Callable[[Value, Value], Value]] = MappingProxyType(
    {
        ast.Add: jnp.add,
        ast.Sub: jnp.subtract,
        ast.Mult: jnp.multiply,
        ast.Div: jnp.divide,
        ast.FloorDiv: lambda a, b: jnp.floor(jnp.divide(a, b)),
        ast.Mod: jnp.mod,
        ast.Pow: jnp.power,
    }
)
COMPARISONS: Mapping[type[ast.cmpop], Callable[[Value, Value], Value]] = MappingProxyType(
    {
        ast.Lt: jnp.less,
        ast.LtE: jnp.less_equal,
        ast.Gt: jnp.greater,
        ast.GtE: jnp.greater_equal,
        ast.Eq: jnp.equal,
        ast.NotEq: jnp.not_equal,
    }
)


def parse_conditions(text: str) -> tuple[ast.expr, ...]:
    """The conditions of a text, separated by semicolons.

    A condition compares formulas of x, y, r and angle (r from the origin, angle from the x-axis): numbers, pi, e, + - * / // % **,
    parentheses, `FUNCTIONS`, < <= > >= == !=, and, or, not.

    Raises:
      UserError: for anything else.
    """
    if len(text) > LONGEST:
        raise UserError(f"classes: {len(text):,} characters are too long a formula; at most {LONGEST:,}")
    parts = [part.strip() for part in text.split(";")]
    if not all(parts):
        raise UserError(f"classes: {text!r} has an empty condition; write one as in 'y > sin(3*x)'")
    return tuple(_condition(part) for part in parts)


def classes_at(
    conditions: tuple[ast.expr, ...], x: Float[Array | np.ndarray, " n"], y: Float[Array | np.ndarray, " n"]
) -> Int[Array, " n"]:
    """The class of each point, int32 (n,): the number of the first condition that holds there, else their count."""
    found = jnp.full(jnp.shape(x), len(conditions), jnp.int32)
    for number, condition in reversed(list(enumerate(conditions))):
        found = jnp.where(jnp.broadcast_to(_value(condition, x, y), jnp.shape(x)), number, found)
    return found


def undefined_at(
    conditions: tuple[ast.expr, ...], x: Float[Array | np.ndarray, " n"], y: Float[Array | np.ndarray, " n"]
) -> Bool[Array, " n"]:
    """Where some part of a condition is not a number, such as log(x) at x < 0: (n,)."""
    lost = jnp.zeros(jnp.shape(x), bool)
    for condition in conditions:
        for node in ast.walk(condition):
            if isinstance(node, (ast.BinOp, ast.Call)):
                lost |= jnp.isnan(jnp.broadcast_to(_value(node, x, y), jnp.shape(x)))
    return lost


def _condition(text: str) -> ast.expr:
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise UserError(f"classes: cannot read {text!r}; write a condition, as in 'y > sin(3*x)'") from None
    _check(text, tree, 0)
    if not _is_condition(tree):
        raise UserError(f"classes: {text!r} is a number and no condition; compare it, as in '{text} > 0'")
    return tree


def _is_condition(tree: ast.expr) -> bool:
    return isinstance(tree, (ast.Compare, ast.BoolOp)) or (
        isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not)
    )


def _check(text: str, tree: ast.expr, depth: int) -> None:
    """Refuse what is no part of a formula.

    Raises:
      UserError: naming it.
    """
    if depth > DEEPEST:
        raise UserError(f"classes: {text[:60]!r} … has more than {DEEPEST} operations within each other")
    match tree:
        case ast.Name(id=name):
            known = [*VARIABLES, *CONSTANTS]
            if name not in known:
                raise UserError(f"classes: {text!r} names {name!r}; {did_you_mean(name, known)}")
            return
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            if not abs(min(max(value, -LARGEST), LARGEST)) < LARGEST:
                raise UserError(f"classes: a number of {text[:60]!r} is too large")
            return
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
            parts = [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            parts = [left, right]
        case ast.BinOp(op=ast.BitXor()):
            raise UserError(f"classes: {text!r}: write ** for a power, as in x**2")
        case ast.Compare(left=left, ops=ops, comparators=others) if all(
            type(op) in COMPARISONS for op in ops
        ):
            parts = [left, *others]
        case ast.BoolOp(values=parts):
            pass
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if name in FUNCTIONS:
            if len(parts) != FUNCTIONS[name][1]:
                raise UserError(
                    f"classes: {text!r}: {name} takes {FUNCTIONS[name][1]} arguments, not {len(parts)}"
                )
        case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
            raise UserError(f"classes: {text!r} calls {name!r}; {did_you_mean(name, FUNCTIONS)}")
        case _:
            raise UserError(
                f"classes: {text!r} holds more than a formula of x and y may: numbers, x, y, r, angle, pi, e, + - * / // % **, "
                f"comparisons, and, or, not, and {', '.join(FUNCTIONS)}"
            )
    for part in parts:
        _check(text, part, depth + 1)


def _value(tree: ast.expr, x: Value, y: Value) -> Value:  # noqa: PLR0911  (a case for each kind of node)
    match tree:
        case ast.Name(id=name):
            return VARIABLES[name](x, y) if name in VARIABLES else CONSTANTS[name]
        case ast.Constant(value=value):
            return float(value)  # pyright: ignore[reportArgumentType]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return jnp.logical_not(_value(operand, x, y))
        case ast.UnaryOp(op=op, operand=operand):
            value = _value(operand, x, y)
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](_value(left, x, y), _value(right, x, y))
        case ast.Compare(left=left, ops=ops, comparators=others):
            values = [_value(part, x, y) for part in (left, *others)]
            held: Value = True
            for op, one, other in zip(ops, values, values[1:], strict=False):
                held = jnp.logical_and(held, COMPARISONS[type(op)](one, other))
            return held
        case ast.BoolOp(op=op, values=parts):
            both = jnp.logical_and if isinstance(op, ast.And) else jnp.logical_or
            held = _value(parts[0], x, y)
            for part in parts[1:]:
                held = both(held, _value(part, x, y))
            return held
        case ast.Call(func=ast.Name(id=name), args=parts):
            return FUNCTIONS[name][0](*(_value(part, x, y) for part in parts))
    raise AssertionError(ast.dump(tree))  # refused by `_check`
