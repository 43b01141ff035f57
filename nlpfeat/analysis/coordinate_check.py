"""Coordinate check: how the pre-activations of each layer, and their change in training, scale with the width.

In a parametrisation that learns features at every width, the change of each layer's pre-activations is of the same size at all
widths. Source: Yang et al. 2022, "Tensor Programs V", appendix D.1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from flax import traverse_util
from jax import Array
from jaxtyping import Float, PyTree

from nlpfeat.data.core import Examples, Params, count
from nlpfeat.errors import UserError
from nlpfeat.progress import Track, untracked
from nlpfeat.stats.intervals import Interval
from nlpfeat.stats.power_laws import log_slope
from nlpfeat.sweeps.members import MemberFactory, NewMember, batch_rows, member_factory, tree_stack
from nlpfeat.tasks.spec import Spec
from nlpfeat.training.parametrisation import NAMES
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.step import Program, State, StepScales, init_state, learning_rate_scales, train_step
from nlpfeat.training.task import GradientDescent

EXAMPLES = 256  # on which pre-activations are evaluated
QUANTITIES = ("size", "change")


@dataclass(frozen=True)
class CoordinateCheckOptions:
    """What is checked.

    Attributes:
      parametrisations: their names.
      widths: at least two.
      seeds: at least three, for intervals.
      steps: of training.
    """

    parametrisations: tuple[str, ...] = ("standard", "maximal_update")
    widths: tuple[int, ...] = (8, 16, 32, 64, 128, 256, 512, 1024)
    seeds: tuple[int, ...] = tuple(range(8))
    steps: int = 10

    def __post_init__(self) -> None:
        if len(set(self.widths)) < 2 or min(self.widths) < 1:
            raise UserError("widths: a slope needs at least two widths, as in 8,64,512")
        if len(set(self.seeds)) < 3:
            raise UserError("seeds: an interval needs at least three seeds")
        if self.steps < 1:
            raise UserError("steps: at least 1")


class CoordinateCheck(NamedTuple):
    """The sizes of pre-activations, and their slopes in the width.

    Attributes:
      sizes: one row per parametrisation, layer, step, width and seed: parametrisation, layer, step, width, seed; size, the mean
        absolute pre-activation; change, the mean absolute difference from step 0.
      slopes: one row per parametrisation, layer, step and quantity ("size" or "change"): parametrisation, layer, step, quantity;
        slope of the logarithm of the quantity in the logarithm of the width, with low and high, its 95 % interval over seeds.
    """

    sizes: pd.DataFrame
    slopes: pd.DataFrame


def coordinate_check(
    spec: Spec, options: CoordinateCheckOptions = CoordinateCheckOptions(), track: Track = untracked
) -> CoordinateCheck:
    """Train a few steps at each width, without padding, and measure the pre-activations of every layer.

    Args:
      spec: of a study; its axes beside width, seed and parametrisation have one value, that of its settings.
      options: what is checked.
      track: follows the widths.

    Raises:
      UserError: for a task without other parametrisations than the standard one.
    """
    if not isinstance(spec.settings, DescentSettings):
        raise UserError(f"{spec.task.name} learns by a rule of its own: it has no parametrisations to check")
    codes = tuple(NAMES.index(name) for name in options.parametrisations)
    axes = {"width": options.widths, "seed": options.seeds, "parametrisation": codes}
    factory = member_factory(replace(spec, sweep=tuple((name, values) for name, values in axes.items())))
    frames = [
        _sizes_at(factory, width, codes, options)
        for width in track(options.widths, "widths", len(options.widths))
    ]
    sizes = pd.concat(frames, ignore_index=True)
    return CoordinateCheck(sizes, slopes_of(sizes))


def _sizes_at(
    factory: MemberFactory, width: int, codes: Sequence[int], options: CoordinateCheckOptions
) -> pd.DataFrame:
    """The rows of one width."""
    spec, task = factory.spec, factory.spec.task
    base = spec.settings
    grid = [(code, seed) for code in codes for seed in options.seeds]
    each = [
        jax.tree.map(np.asarray, replace(base, width=width, seed=seed, parametrisation=code))
        for code, seed in grid
    ]
    made = [factory.new_member(settings, width) for settings in each]
    settings = tree_stack([jax.tree.map(np.asarray, one.settings) for one in made])
    params = tree_stack([one.params for one in made])
    splits = tree_stack([one.splits for one in made]) if task.data.per_seed else made[0].splits
    examples = count(made[0].splits["train"])
    size = spec.training.batch_size
    learner = task.learner
    assert isinstance(learner, GradientDescent)
    indices = None
    if size:
        indices = np.stack([learner.sampler(examples, size, seed, 0, options.steps) for _, seed in grid])
    program = Program(task, factory.module(width), (), ("parametrisation",))
    run = partial(_trajectory, program, batch_rows(spec.training, made[0].splits), options.steps)
    axes = (0, 0, None, 0 if task.data.per_seed else None, None if indices is None else 0)
    found = jax.device_get(
        jax.jit(jax.vmap(run, axes))(params, settings, factory.dataset.arrays, splits, indices)
    )
    rows = []
    for layer in layer_names(program, made[0], factory):
        quantities = found[layer]
        for member, (code, seed) in enumerate(grid):
            for step in range(options.steps + 1):
                values = {name: float(quantities[name][member, step]) for name in QUANTITIES}
                where = {"parametrisation": NAMES[code], "layer": layer, "step": step}
                rows.append({**where, "width": width, "seed": seed, **values})
    return pd.DataFrame(rows)


def _trajectory(
    program: Program,
    rows: int,
    steps: int,
    params: Params,
    settings: PyTree,
    arrays: PyTree,
    splits: PyTree,
    indices: Array | None,
) -> dict[str, dict[str, Float[Array, " steps"]]]:
    """The size and the change of the pre-activations of each layer at the steps from 0 to `steps`."""
    task, train = program.task, splits["train"]
    some = jnp.linspace(0, count(train) - 1, min(EXAMPLES, count(train))).astype(jnp.int32)
    evaluated = task.data.batch(arrays, train, some)
    state = init_state(program, rows, params, settings)
    first = pre_activations(program, state.params, evaluated, settings)

    def batch_of(step: Array | int) -> Examples:
        return task.data.batch(arrays, train, None if indices is None else indices[step])

    layers = learning_rate_scales(program, jax.eval_shape(batch_of, 0), settings)
    scales = StepScales(jnp.float32(1.0), layers=layers)

    def measured(now: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
        return {
            name: {"size": abs(values).mean(), "change": abs(values - first[name]).mean()}
            for name, values in now.items()
        }

    def advance(state: State, step: Array) -> tuple[State, PyTree]:
        state = train_step(program, state, settings, batch_of(step), scales, step)
        return state, measured(pre_activations(program, state.params, evaluated, settings))

    _, later = jax.lax.scan(advance, state, jnp.arange(steps))
    return jax.tree.map(lambda a, b: jnp.concatenate([a[None], b]), measured(first), later)


def pre_activations(program: Program, params: Params, batch: Examples, settings: PyTree) -> dict[str, Array]:
    """The output of every layer that has parameters, before its activation, by name.

    The states of recurrent layers are outputs after the activation. A network without layers of its own has the outputs "features"
    and "scores".
    """
    carry = program.task.model.carry
    inputs = carry.inject(carry.init(program.module, count(batch)), batch.inputs)
    applied: PyTree = program.module.apply(
        {"params": params}, inputs, settings, capture_intermediates=True, mutable=["intermediates"]
    )
    outputs, captured = applied
    with_parameters = {"/".join(path[:-1]) for path in traverse_util.flatten_dict(params)}
    found = {}
    for path, calls in traverse_util.flatten_dict(captured["intermediates"]).items():
        name = "/".join(path[:-1])
        if name and name in with_parameters:
            found[name] = jax.tree.leaves(calls)[0]
    return found or {name: outputs[name] for name in ("features", "scores")}


def layer_names(program: Program, member: NewMember, factory: MemberFactory) -> list[str]:
    """The names of the layers of `pre_activations`, in the order in which the network calls them."""
    names: list[str] = []

    def collect() -> None:
        batch = program.task.data.batch(factory.dataset.arrays, member.splits["train"], jnp.arange(1))
        names.extend(pre_activations(program, member.params, batch, member.settings))

    jax.eval_shape(collect)
    return names


def slopes_of(sizes: pd.DataFrame) -> pd.DataFrame:
    """The slopes of `CoordinateCheck`, from its sizes. A quantity that is 0 at some width has no slope."""
    rows = []
    for where, group in sizes.groupby(["parametrisation", "layer", "step"], sort=False):
        for quantity in QUANTITIES:
            by_seed = group.pivot(index="width", columns="seed", values=quantity)
            interval = log_slope(by_seed.index.to_numpy(float), by_seed.to_numpy())
            named = dict(zip(("parametrisation", "layer", "step"), where, strict=True))  # pyright: ignore[reportArgumentType]
            rows.append({**named, "quantity": quantity, **_renamed(interval)})
    return pd.DataFrame(rows)


def _renamed(interval: Interval) -> dict[str, float]:
    return {"slope": interval.estimate, "low": interval.low, "high": interval.high}
