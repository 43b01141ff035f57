"""Learning-rate schedules: the factor of the learning rate of a member at each step, from Optax.

Schedules are computed on the host and are arguments of the training program, so that members with different schedules share it.
"""

from collections.abc import Callable
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Float, PyTree

from nlpfeat.config.choices import SCHEDULES as NAMES

ONE_CYCLE_WARMUP = 0.3  # share of a phase, where no warm-up is set, as in Optax and PyTorch


def _constant(steps: int, warmup: int, final: float) -> optax.Schedule:
    return optax.warmup_constant_schedule(0.0, 1.0, warmup) if warmup else optax.constant_schedule(1.0)


def _linear(steps: int, warmup: int, final: float) -> optax.Schedule:
    decay = optax.linear_schedule(1.0, final, steps - warmup)
    return (
        optax.join_schedules([optax.linear_schedule(0.0, 1.0, warmup), decay], [warmup]) if warmup else decay
    )


def _cosine(steps: int, warmup: int, final: float) -> optax.Schedule:
    if not warmup:
        return optax.cosine_decay_schedule(1.0, steps, alpha=final)
    return optax.warmup_cosine_decay_schedule(0.0, 1.0, warmup, steps, end_value=final)


def _one_cycle(steps: int, warmup: int, final: float) -> optax.Schedule:
    """Smith & Topin 2018: from 1/25 up to 1 and down to 1/250,000, both along a cosine; `final` has no effect."""
    return optax.cosine_onecycle_schedule(steps, 1.0, pct_start=warmup / steps or ONE_CYCLE_WARMUP)


# (steps of a phase, steps of its warm-up, factor at its end) -> the factor at each step of the phase.
SCHEDULES: dict[str, Callable[[int, int, float], optax.Schedule]] = {
    "constant": _constant,
    "linear": _linear,
    "cosine": _cosine,
    "one_cycle": _one_cycle,
}
assert tuple(SCHEDULES) == NAMES
CONSTANT = NAMES.index("constant")


@lru_cache(maxsize=64)
def lr_scales(
    phases: tuple[tuple[int, float], ...], schedule: int, warmup_steps: int, final_lr_scale: float
) -> Float[np.ndarray, " steps"]:
    """The factor of the learning rate at every step of training: float32.

    Each phase runs the schedule from its start to its end.

    Args:
      phases: steps and factor of each phase.
      schedule: its number in `NAMES`.
      warmup_steps: fewer than the steps of any phase.
      final_lr_scale: factor at the end of a phase, of linear and cosine schedules.
    """
    make = SCHEDULES[NAMES[schedule]]

    def factors(steps: int) -> np.ndarray:
        if schedule == CONSTANT and not warmup_steps:
            return np.ones(steps, np.float32)
        schedule_of_step: PyTree = make(steps, warmup_steps, final_lr_scale)
        return np.asarray(jax.vmap(schedule_of_step)(jnp.arange(steps)), np.float32)

    scales = np.concatenate([np.float32(scale) * factors(steps) for steps, scale in phases])
    scales.flags.writeable = False  # the cache returns it again
    return scales
