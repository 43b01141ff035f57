"""Newton's method for smooth convex functions of up to some hundred unknowns.

Second derivatives cost the square of the unknowns, their product with one vector as much as a gradient. The matrix is therefore kept for
several steps: as a preconditioner, with which the method of conjugate gradients solves the equation of a step in a few products.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float
from scipy.linalg.lapack import (  # without the checks of scipy.linalg, which cost as much as small systems
    dpotrf,
    dpotrs,
)

CONVERGED = 1e-8  # gain that a step promises, after which it is the last
STEPS, HALVINGS = 200, 40

Vector: TypeAlias = Float[np.ndarray, " unknowns"]


class Objective(NamedTuple):
    """A function, by what its derivatives at a point need.

    Attributes:
      value: of a point, with a state that the others read.
      gradient: from the point and its state.
      product: of the second derivatives in a state with a vector.
      hessian: the second derivatives in a state.
      products: that cost as much as `hessian`.
    """

    value: Callable[[Vector], tuple[float, Any]]
    gradient: Callable[[Vector, Any], Vector]
    product: Callable[[Any, Vector], Vector]
    hessian: Callable[[Any], Float[np.ndarray, "unknowns unknowns"]]
    products: int


def minimise(of: Objective, start: Vector) -> Vector:
    """The point at which a convex function is smallest. Steps are halved until the function falls."""
    here, factor, gain, products = start, None, 1.0, 0
    value, state = of.value(here)
    for _ in range(STEPS):
        gradient, step = of.gradient(here, state), None
        if factor is not None and 2 * products < of.products:  # a step on they may be twice as many
            step, products = _conjugate(of, state, gradient, factor, gain)
        if step is None:
            factor, products = _factor(of.hessian(state)), 0
            step = dpotrs(factor, gradient, lower=1)[0]
        gain = float(gradient @ step)
        if gain <= CONVERGED:
            return here - step  # near the optimum each step squares the distance
        for share in 0.5 ** np.arange(HALVINGS):
            found, there = of.value(here - share * step)
            if found <= value - share * gain / 4:
                break
        else:  # rounding hides what is left to gain
            break
        here, value, state = here - share * step, found, there
    return here


def _factor(hessian: Float[np.ndarray, "unknowns unknowns"]) -> np.ndarray:
    hessian[np.diag_indices_from(hessian)] += 1e-12 * hessian.trace()  # directions without curvature
    factor, failed = dpotrf(hessian.T, lower=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("second derivatives that are not positive: the function is not convex")
    return factor


def _conjugate(
    of: Objective, state: object, gradient: Vector, factor: np.ndarray, gain: float
) -> tuple[Vector | None, int]:
    """The step by conjugate gradients, as exact as the gain of the last step asks for, and the products that it took; None after `of.products`."""
    step, rest = np.zeros_like(gradient), gradient
    direction = solved = dpotrs(factor, rest, lower=1)[0]
    size = float(rest @ solved)
    enough = size * min(0.04, max(gain, 1e-4))
    for number in range(1, of.products + 1):
        curved = of.product(state, direction)
        length = size / float(direction @ curved)
        step, rest = step + length * direction, rest - length * curved
        solved = dpotrs(factor, rest, lower=1)[0]
        before, size = size, float(rest @ solved)
        if size <= enough:
            return step, number
        direction = solved + size / before * direction
    return None, of.products
