"""Fields of settings: which values are valid, and what may differ between the members of one compiled program.

A subclass of `Settings` is *traced*: its fields are scalars of a program, and sweeping them costs no compilation. Any other
frozen dataclass of a config is *static*: changing it makes another program, and another study.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, TypeAlias, TypeVar, dataclass_transform

import jax


@dataclass(frozen=True)
class Range:
    """Valid values of a number: low ≤ value ≤ high, or low < value where `open`."""

    low: float
    high: float = math.inf
    open: bool = False

    def complaint(self, value: float) -> str | None:
        """What is wrong with `value`, or None."""
        if not math.isfinite(value):
            return "must be finite"
        if value < self.low or (self.open and value == self.low):
            return f"must be {'more than' if self.open else 'at least'} {self.low:g}"
        return f"must be at most {self.high:g}" if value > self.high else None

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f"{'>' if self.open else '≥'} {self.low:g}"
        return f"{'more than ' if self.open else ''}{self.low:g} to {self.high:g}"


Count = Annotated[int, Range(1)]
NonNegativeInt = Annotated[int, Range(0)]
Seed = Annotated[int, Range(0, 2**31 - 1)]
Positive = Annotated[float, Range(0, open=True)]
NonNegative = Annotated[float, Range(0)]
Fraction = Annotated[float, Range(0, 1)]

# Python numbers in a config, arrays (members,) in a bucket, traced scalars in a program.
Scalar: TypeAlias = Any
T = TypeVar("T")


def traced(default: float, hint: object) -> Scalar:
    """A field of `Settings`.

    Args:
      default: its value where a config has no other.
      hint: the type of that value with its range, such as `Count`.
    """
    return field(default=default, metadata={"hint": hint})


@dataclass_transform(frozen_default=True, field_specifiers=(traced,))
def settings_class(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass and a JAX pytree of its fields."""
    made = dataclass(frozen=True)(cls)
    names = [one.name for one in fields(made)]  # pyright: ignore[reportArgumentType]

    def flatten(settings: T) -> tuple[list[tuple[jax.tree_util.GetAttrKey, object]], None]:
        return [(jax.tree_util.GetAttrKey(name), getattr(settings, name)) for name in names], None

    def unflatten(
        _: None, values: Iterable[object]
    ) -> T:  # JAX also passes placeholders, which are no scalars
        settings = object.__new__(made)
        for name, value in zip(names, values, strict=True):
            object.__setattr__(settings, name, value)
        return settings

    jax.tree_util.register_pytree_with_keys(made, flatten, unflatten)
    return made


@settings_class
class Settings:
    """What the settings of every task have; each task's own subclass adds to it."""

    width: Scalar = traced(1, Count)
    seed: Scalar = traced(0, Seed)
    learning_rate: Scalar = traced(1e-3, Positive)


def setting_names(settings: Settings | type[Settings]) -> tuple[str, ...]:
    """The names of all settings, in order."""
    return tuple(one.name for one in fields(settings))


def setting_hints(settings: type[Settings]) -> dict[str, object]:
    """The type with its range of each setting by name."""
    return {one.name: one.metadata["hint"] for one in fields(settings)}
