"""Motions of points of the plane from the input to the embedding: along straight lines, or layer by layer in steps."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from nlpfeat.geometry.decomposition import decompose
from nlpfeat.geometry.network import LINEAR, RELU, Network

Points = Float[np.ndarray, "*n 2"]


def interpolate(points: Points, images: Points, tau: float) -> Points:
    """(1 - τ) x + τ E(x): the input at τ = 0, the embedding at τ = 1."""
    return (1 - tau) * points + tau * images


def ease(t: float) -> float:
    """A smooth step from 0 to 1, with zero velocity at both ends."""
    return t * t * (3 - 2 * t)


@runtime_checkable
class Move(Protocol):
    """A continuous motion of the plane: the identity at t = 0, complete at t = 1."""

    def __call__(self, points: Points, t: float) -> Points:
        """The points (…, 2) at time t."""
        ...


@dataclass(frozen=True)
class Rotate:
    """Rotation by `angle`, in radians."""

    angle: float

    def __call__(self, points: Points, t: float) -> Points:
        """Rotate by t · angle."""
        c, s = np.cos(t * self.angle), np.sin(t * self.angle)
        return points @ np.array([[c, s], [-s, c]])


@dataclass(frozen=True)
class Scale:
    """Scaling by one factor per axis; -1 reflects it."""

    factors: tuple[float, float]

    def __call__(self, points: Points, t: float) -> Points:
        """Scale by factors from 1 to their own."""
        return points * (1 + t * (np.array(self.factors) - 1))


@dataclass(frozen=True)
class Shift:
    """Translation by `offset`."""

    offset: tuple[float, float]

    def __call__(self, points: Points, t: float) -> Points:
        """Translate by t · offset."""
        return points + t * np.array(self.offset)


@dataclass(frozen=True)
class Bend:
    """The activation: negative coordinates are multiplied by `negative_slope`."""

    negative_slope: float

    def __call__(self, points: Points, t: float) -> Points:
        """Apply slopes from 1 to the negative slope."""
        return np.where(points < 0, (1 + t * (self.negative_slope - 1)) * points, points)


class Step(NamedTuple):
    """One step of a layer."""

    layer: int  # from 1
    sign: str  # its symbol in the formula
    verb: str
    numbers: str  # its parameters in words
    move: Move


def undrawable(network: Network) -> list[int]:
    """The layers before the head, numbered from 1, that do not map the plane to the plane."""
    return [i for i, layer in enumerate(network.layers[:-1], 1) if layer.weight.shape != (2, 2)]


def steps(network: Network) -> list[Step]:
    """The steps of every layer before the head: Vᵀ, scaling, reflection, U, bias, activation.

    Layers without reflection or activation lack that step. The composition of all steps is the forward pass.

    Raises:
      ValueError: if a layer does not map the plane to the plane.
    """
    if undrawable(network):
        raise ValueError(f"layers {undrawable(network)} do not map the plane to the plane")
    found = []
    for number, layer in enumerate(network.layers[:-1], 1):
        parts = decompose(layer)
        turn, back = (float(np.arctan2(m[1, 0], m[0, 0])) for m in (parts.right, parts.left))
        first, second = np.diag(parts.scaling).tolist()
        x, y = parts.bias.tolist()
        found.append(Step(number, "Vᵀ", "rotate", _minus(f"{np.degrees(turn):+.0f}°"), Rotate(turn)))
        found.append(Step(number, "Σ", "scale by", f"{first:.3g}, {second:.3g}", Scale((first, second))))
        if parts.reflection[1, 1] < 0:
            found.append(Step(number, "±", "reflect", "y → −y", Scale((1.0, -1.0))))
        found.append(Step(number, "U", "rotate", _minus(f"{np.degrees(back):+.0f}°"), Rotate(back)))
        found.append(Step(number, "+ b", "shift by", _minus(f"{x:+.2g}, {y:+.2g}"), Shift((x, y))))
        if layer.negative_slope != LINEAR:
            left = "0" if layer.negative_slope == RELU else f"{layer.negative_slope:.2g} z"
            found.append(
                Step(number, "( )⁺", "positive part:", f"z < 0 → {left}", Bend(layer.negative_slope))
            )
    return found


def _minus(text: str) -> str:
    """A number with a minus sign instead of a hyphen."""
    return text.replace("-", "−")


def walk(points: Points, path: list[Step], position: float) -> Points:
    """The points after `position` steps.

    Args:
      points: (…, 2).
      path: the steps.
      position: from 0 to the number of steps; the last step may be partial.
    """
    whole = int(position)
    for step in path[:whole]:
        points = step.move(points, 1.0)
    return points if whole == len(path) else path[whole].move(points, position - whole)
