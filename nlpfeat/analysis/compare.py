"""Compare two studies at equal training loss: how far must one stretch the plane to do what the other does?"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from nlpfeat.analysis.recipe import RecipeOptions, read_single, varied_of
from nlpfeat.analysis.selection import STEP
from nlpfeat.errors import UserError
from nlpfeat.stats.equal_loss import at_equal_loss
from nlpfeat.stats.intervals import ratio_of_medians
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.store.results import further_axes, recipe
from nlpfeat.study.session import Study

COMPARED = {
    "lipschitz": "largest stretch (exact Lipschitz)",
    "spectral_product": "Π σ_max of all layers",
    "layer_spectral_norm": "largest σ_max of a layer",
    "regions": "linear regions",
}


class Comparison(NamedTuple):
    """Two studies at equal training loss.

    Attributes:
      loss: in nats.
      width: of the other study, with which all widths are compared.
      names: of the folders of the study and of the other one.
      recipes: of both, in words.
      measures: of both studies, when the training loss of a member first reaches `loss`: dims width, seed, and layer for
        layer_spectral_norm; NaN where a member never reaches it.
      table: one row per width of the study and measure, see `compare`.
    """

    loss: float
    width: int
    names: tuple[str, str]
    recipes: tuple[str, str]
    measures: tuple[xr.Dataset, xr.Dataset]
    table: pd.DataFrame


def measured_array(study: Study, select: Sequence[str] = ()) -> xr.Dataset:
    """The array of a measured study with one recipe per width: dims width, seed, step and those of measures.

    Args:
      study: measured.
      select: further axes, of which the best value is chosen per width where the study has several.

    Raises:
      UserError: if the sweep has not run to its end, the study is not measured, or another axis has several values; and as
        `nlpfeat.analysis.selection.choose`.
    """
    own = varied_of(study, select)
    others = [name for name in varied_of(study, further_axes(study.results)) if name not in own]
    if others:
        raise UserError(
            f"{study.path} varies {', '.join(others)}: compare studies of one recipe per width; choose the best by "
            f"--select={','.join([*own, *others])}, or sweep one value alone"
        )
    if "violations" not in study.results:
        raise UserError(f"{study.path} is not measured: run nlpfeat measure --study={study.path}")
    return read_single(study, RecipeOptions(select=own)).dataset


def compare(
    study: Study, other: Study, loss: float = 0.1, width: int | None = None, select: Sequence[str] = ()
) -> Comparison:
    """Compare the members of two measured studies when their training loss first reaches `loss`.

    Between two checkpoints logarithms are interpolated linearly, so both studies should keep many
    (config.training.snapshots).

    Args:
      study: each width of which is compared.
      other: what it is compared with.
      loss: training loss in nats, more than 0.
      width: of the other study; None for its widest.
      select: further axes, of which the best value is chosen per width in the studies that have several; every other seed
        chooses, and the others are compared.

    Returns:
      A comparison whose table has the columns width, measure, description; reached and other_reached, the seeds that reach
      the loss; trained and other_trained, all seeds; low, median, high and other_low, other_median, other_high, the
      quartiles over the seeds that reach it; ratio with ratio_low and ratio_high, the ratio of the medians with its
      bootstrap interval.

    Raises:
      UserError: if a study is not measured or has further axes that are not chosen, if neither has an axis to choose, if the
        other has no such width, or no seed reaches the loss.
    """
    if STEP in select:
        raise UserError(
            "select: step: members are compared where they reach the loss, so there is no step to choose"
        )
    idle = [name for name in select if not varied_of(study, [name]) and not varied_of(other, [name])]
    if idle:
        raise UserError(f"select: neither study has several values of {', '.join(idle)}")
    arrays = measured_array(study, select), measured_array(other, select)
    widths = arrays[1]["width"].to_numpy().tolist()
    width = max(widths) if width is None else width
    if width not in widths:
        raise UserError(f"{other.path} has no width {width}; it has {', '.join(map(str, widths))}")
    measures = _at_loss(arrays[0], loss), _at_loss(arrays[1], loss)
    table = compare_measures(measures[0], measures[1].sel(width=width))
    for one, array, column in zip((study, other), arrays, ("reached", "other_reached"), strict=True):
        if not table[column].any():
            lowest = float(array["loss"].sel(split="train").min())
            raise UserError(
                f"no seed of {one.path} has a checkpoint before and after a training loss of {loss:g} nats; its lowest is "
                f"{lowest:.3g}, and snapshots are kept at the steps of config.training.snapshots"
            )
    recipes = recipe(arrays[0]), recipe(arrays[1])
    return Comparison(loss, width, (study.path.name, other.path.name), recipes, measures, table)


def _at_loss(dataset: xr.Dataset, loss: float) -> xr.Dataset:
    """The compared measures when each member first reaches a training loss, and whether there is such a member, `trained`."""
    # Width by width, as they may have been measured at different steps.
    widths = [dataset.sel(width=[width]) for width in dataset["width"].to_numpy().tolist()]
    found = {
        name: xr.concat([at_equal_loss(one, name, loss) for one in widths], "width") for name in COMPARED
    }
    return xr.Dataset(found).assign(trained=dataset["member_id"] != "")


def compare_measures(mine: xr.Dataset, theirs: xr.Dataset) -> pd.DataFrame:
    """The table of `compare`.

    Args:
      mine: measures at equal loss, dims width, seed and layer.
      theirs: of one width, dims seed and layer.
    """

    def row(width: int, name: str) -> dict[str, object]:
        parts = mine.sel(width=width), theirs
        values = [_of_seeds(part[name]) for part in parts]
        found: dict[str, object] = {"width": width, "measure": name, "description": COMPARED[name]}
        for prefix, part, seeds in zip(("", "other_"), parts, values, strict=True):
            quartiles = quartiles_of(seeds, axis=0) if len(seeds) else (np.nan,) * 3
            found |= {f"{prefix}reached": len(seeds), f"{prefix}trained": int(part["trained"].sum())}
            found |= dict(zip((f"{prefix}{q}" for q in ("low", "median", "high")), quartiles, strict=True))
        ratio = ratio_of_medians(values[0], values[1])
        return found | {"ratio_low": ratio.low, "ratio": ratio.estimate, "ratio_high": ratio.high}

    widths = mine["width"].to_numpy().tolist()
    return pd.DataFrame([row(width, name) for width in widths for name in COMPARED])


def _of_seeds(values: xr.DataArray) -> np.ndarray:
    """The values of the seeds that reach the loss, the largest of their layers."""
    found = (values.max("layer") if "layer" in values.dims else values).to_numpy().ravel()
    return found[~np.isnan(found)]
