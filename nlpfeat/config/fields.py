"""Types of the fields of a config: their valid ranges, and which of them are traced.

The fields of a subclass of `Settings` are *traced*: they are scalar arguments of a compiled program, so that sweeping them needs
no recompilation. The fields of all other frozen dataclasses of a config are *static*: another value needs another program,
and belongs to another study.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, TypeAlias, TypeVar, dataclass_transform

import jax


@dataclass(frozen=True)
class Range:
    """Valid values of a number: low ≤ value ≤ high.

    Attributes:
      low, high: bounds.
      open: whether `low` itself is excluded.
    """

    low: float
    high: float = math.inf
    open: bool = False

    def complaint(self, value: float) -> str | None:
        """Why `value` is invalid, in words; None if it is valid."""
        if not math.isfinite(value):
            return "must be finite"
        if value < self.low or (self.open and value == self.low):
            return f"must be {'more than' if self.open else 'at least'} {self.low:g}"
        return f"must be at most {self.high:g}" if value > self.high else None

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f"{'>' if self.open else '≥'} {self.low:g}"
        return f"{'more than ' if self.open else ''}{self.low:g} to {self.high:.10g}"


@dataclass(frozen=True)
class Divisor:
    """Valid values of a number: the divisors of another number, and 0.

    Attributes:
      of: that number.
      name: its key in a config.
    """

    of: int
    name: str

    def complaint(self, value: float) -> str | None:
        """Why `value` is invalid, in words; None if it is valid."""
        if value == 0 or self.of % value == 0:
            return None
        below = next(d for d in range(min(int(value), self.of), 0, -1) if self.of % d == 0)
        return f"must divide {self.name}={self.of}, or be 0 for all of them: the next smaller one is {below}"

    def __str__(self) -> str:
        return f"0 or a divisor of {self.name}"


@dataclass(frozen=True)
class Multiple:
    """Valid values of a number: the multiples of another number.

    Attributes:
      of: that number.
      name: its key in a config.
    """

    of: int
    name: str

    def complaint(self, value: float) -> str | None:
        """Why `value` is invalid, in words; None if it is valid."""
        if value % self.of == 0:
            return None
        below, above = (int(value // self.of + i) * self.of for i in (0, 1))
        near = f"{below} or {above}" if below else f"{above}"
        return f"must be a multiple of {self.name}={self.of}: the nearest is {near}"

    def __str__(self) -> str:
        return f"a multiple of {self.name}"


@dataclass(frozen=True)
class Choice:
    """A setting with names for its values, which are whole numbers from 0, so that programs can trace it."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.names)


@dataclass(frozen=True)
class Off:
    """Marks a setting whose part of a training step is not compiled where all members of a program have this value."""

    value: float


Count = Annotated[int, Range(1)]
NonNegativeInt = Annotated[int, Range(0)]
Seed = Annotated[int, Range(0, 2**31 - 1)]
Positive = Annotated[float, Range(0, open=True)]
NonNegative = Annotated[float, Range(0)]
Fraction = Annotated[float, Range(0, 1)]
DropoutRate = Annotated[float, Range(0, 1), Off(0.0)]

# A Python number in a config, an array (members,) in a bucket, a traced scalar in a program. No union of these types supports
# all of the arithmetic that each of them does.
Scalar: TypeAlias = Any
T = TypeVar("T")


def traced(default: float, hint: object) -> Scalar:
    """A field of a subclass of `Settings`.

    Args:
      default: the value of configs that do not set the field.
      hint: the type of the value with its range, such as `Count`.
    """
    return field(default=default, metadata={"hint": hint})


@dataclass_transform(frozen_default=True, field_specifiers=(traced,))
def settings_class(cls: type[T]) -> type[T]:
    """Class decorator: a frozen dataclass that is also a JAX pytree, with its fields as children."""
    frozen = dataclass(frozen=True)(cls)
    names = [one.name for one in fields(frozen)]  # pyright: ignore[reportArgumentType]

    def flatten(settings: T) -> tuple[list[tuple[object, object]], None]:
        return [(jax.tree_util.GetAttrKey(name), getattr(settings, name)) for name in names], None

    def unflatten(_: None, values: Iterable[object]) -> T:
        # Not by `__init__`, whose types are checked in tests: JAX also passes placeholders.
        settings = object.__new__(frozen)
        for name, value in zip(names, values, strict=True):
            object.__setattr__(settings, name, value)
        return settings

    jax.tree_util.register_pytree_with_keys(frozen, flatten, unflatten)
    return frozen


@settings_class
class Settings:
    """The traced settings that all tasks share. A task adds its own in a subclass."""

    width: Scalar = traced(1, Count)
    seed: Scalar = traced(0, Seed)
    learning_rate: Scalar = traced(1e-3, Positive)


def setting_names(settings: Settings | type[Settings]) -> tuple[str, ...]:
    """The names of the settings, in the order of their definition."""
    return tuple(one.name for one in fields(settings))


def setting_hints(settings: type[Settings]) -> dict[str, object]:
    """The type of each setting, with its range, by name."""
    return {one.name: one.metadata["hint"] for one in fields(settings)}


def off_values(settings: type[Settings]) -> dict[str, float]:
    """The settings that are marked by `Off`, with their values."""
    marks = {name: getattr(hint, "__metadata__", ()) for name, hint in setting_hints(settings).items()}
    return {name: mark.value for name, found in marks.items() for mark in found if isinstance(mark, Off)}


def choice_of(hint: object) -> Choice | None:
    """The names of the values of a setting, if its type has them."""
    return next((one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Choice)), None)
