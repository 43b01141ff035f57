"""The recipe at which a study is read: a point of its further axes, or the best per width, and a moment of training."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd
import xarray as xr

from nlpfeat.analysis import time
from nlpfeat.analysis.selection import STEP, at_choices, choose, require_single
from nlpfeat.errors import UserError
from nlpfeat.store.results import describe_value
from nlpfeat.study.session import Study
from nlpfeat.sweeps.compute import flops_per_step


@dataclass(frozen=True)
class RecipeOptions:
    """At which recipe a study is read.

    At most one moment of training is given: `step`, `loss`, `flops`, `convergence` or `early_stopping`. Without any, the last step
    counts.

    Attributes:
      at: values of further axes of the grid.
      select: further axes, or "step", whose best value is chosen for each width; see `nlpfeat.analysis.selection`.
      step: a recorded step.
      loss: a training loss: each member where it first reaches it.
      flops: floating-point operations of training: each width at the step at which it has taken them.
      convergence: each member where it has converged.
      early_stopping: each member at its best step on validation.
      swapped: whether the half of the seeds that is reported otherwise chooses, for the other one.
    """

    at: dict[str, float] = field(default_factory=dict)
    select: tuple[str, ...] = ()
    step: int | None = None
    loss: float | None = None
    flops: float | None = None
    convergence: bool = False
    early_stopping: bool = False
    swapped: bool = False

    @property
    def moments(self) -> dict[str, float | bool]:
        """The moment of training that was asked for, by name: at most one, as none of them goes with another."""
        asked = {
            "step": self.step,
            "loss": self.loss,
            "flops": self.flops,
            "convergence": self.convergence,
            "early_stopping": self.early_stopping,
        }
        return {name: value for name, value in asked.items() if value is not None and value is not False}


AS_TRAINED = RecipeOptions()  # one recipe, at the last step


class ReadStudy(NamedTuple):
    """A study read at a recipe.

    Attributes:
      dataset: the members, at their moment of training.
      training: the same members at all recorded steps.
      grid: the grid that was chosen from, at the moment of training; the same as `dataset` where nothing was chosen.
      choices: how the recipe was chosen, see `nlpfeat.analysis.selection.choose`; None where nothing was chosen.
    """

    dataset: xr.Dataset
    training: xr.Dataset
    grid: xr.Dataset
    choices: pd.DataFrame | None


def read_study(study: Study, options: RecipeOptions) -> ReadStudy:
    """Read a study at a recipe: first the moment of training, then the choice.

    Raises:
      UserError: if no bucket is finished, two moments are asked for, or a step is to be chosen besides; and as the functions of `nlpfeat.analysis.time` and `nlpfeat.analysis.selection`.
    """
    whole = study.results.sel(options.at)
    grid = at_moment(study, whole, options)
    whole = whole.sel(width=grid["width"])
    if not options.select:
        return ReadStudy(grid, whole, grid, None)
    swapped = options.swapped
    choices = choose(grid, study.task, options.select, swapped=swapped)
    return ReadStudy(
        at_choices(grid, study.task, choices, swapped=swapped),
        at_choices(whole, study.task, choices, whole_training=True, swapped=swapped),
        grid,
        choices,
    )


def read_single(study: Study, options: RecipeOptions) -> ReadStudy:
    """As `read_study`, of a study that has one recipe per width then: dims width, seed, step, split.

    Raises:
      UserError: if a further axis that is neither chosen nor fixed has several values; and as `read_study`.
    """
    if not options.select:
        require_single(study.results.sel(options.at))
    read = read_study(study, options)
    return read._replace(dataset=_flat(read.dataset), training=_flat(read.training))


def varied_of(study: Study, names: Sequence[str]) -> tuple[str, ...]:
    """Those of the names of axes, or "step", of which a study has several values."""
    return tuple(name for name in names if study.results.sizes.get(name, 1) > 1)


def _flat(dataset: xr.Dataset) -> xr.Dataset:
    """Without dims of further axes, all of which have one value."""
    return dataset.squeeze([dim for dim in dataset["member_id"].dims if dim not in ("width", "seed")])


def at_moment(study: Study, dataset: xr.Dataset, options: RecipeOptions) -> xr.Dataset:
    """The array of a study, or a part of it, at the moment of training that the options name.

    Raises:
      UserError: as `read_study`.
    """
    names = [name if name == "early_stopping" else f"at_{name}" for name in options.moments]
    if len(names) > 1:
        raise UserError(f"{' and '.join(names)}: choose one moment of training")
    if names and STEP in options.select:
        raise UserError(
            f"{names[0]}: each member has one moment of training then, and select finds no step to choose from"
        )
    if options.step is not None:
        return time.at_step(dataset, options.step)
    if options.loss is not None:
        return time.at_loss(dataset, options.loss)
    if options.flops is not None:
        widths = dataset["width"].to_numpy().tolist()
        per_step = {width: flops_per_step(study.factory, width) for width in widths}
        return time.at_flops(dataset, options.flops, per_step)
    if options.convergence:
        return time.at_convergence(dataset)
    return time.early_stopping(dataset, study.task) if options.early_stopping else dataset


def point_suffix(dataset: xr.Dataset, point: dict[str, float]) -> str:
    """A point of the grid in the name of a file, such as "-noise=0.1"."""
    return "".join(f"-{name}={describe_value(dataset[name], value)}" for name, value in sorted(point.items()))


def recipe_in_words(options: RecipeOptions) -> str:
    """The recipe at which several studies are read, such as "one recipe of its own (learning rate, steps: see its config)"."""
    chosen = " and ".join(name.replace("_", " ") for name in options.select)
    words = "one recipe of its own (learning rate, steps: see its config)"
    if chosen:
        words = f"{chosen} chosen per width (on validation and one half of the seeds, for the other half, and the reverse)"
    moments = {
        "step": f"at step {options.step or 0:,}",
        "loss": f"each member where its training loss first reaches {options.loss or 0:g}",
        "flops": f"after {options.flops or 0:.3g} FLOPs of training",
        "convergence": "each member at convergence",
        "early_stopping": "each member at its best step on validation",
    }
    return ", ".join([words, *(moments[name] for name in options.moments)])


def recipe_suffix(options: RecipeOptions) -> str:
    """Choice and moment of training in the name of a file, such as "-best-learning_rate-at-loss=0.1"; "" without them."""
    chosen = "".join(f"-{name}" for name in options.select)
    parts = [f"-best{chosen}"] if chosen else []
    for name, value in options.moments.items():
        prefix = "-" if name == "early_stopping" else "-at-"
        parts.append(prefix + name.replace("_", "-") + ("" if value is True else f"={value:g}"))
    return "".join(parts)
