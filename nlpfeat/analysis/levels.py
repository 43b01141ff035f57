"""Levels of success of a study: what its last split can resolve, and the Bayes accuracy where it is known."""

from dataclasses import replace
from functools import partial

import jax
import xarray as xr

from nlpfeat.config.fields import setting_names
from nlpfeat.data.core import generated
from nlpfeat.stats.resolution import require_resolved, unresolved
from nlpfeat.study.session import Study
from nlpfeat.tasks.spec import Spec


def bayes_accuracy(spec: Spec, dataset: xr.Dataset) -> float | None:
    """The accuracy of the best possible classifier, where it is known.

    Args:
      spec: of the study.
      dataset: a part of its array; of an axis with several values, the lowest one counts.
    """
    known = spec.task.data.bayes_accuracy
    if known is None:
        return None
    settings = {
        name: dataset[name].to_numpy().min().item()
        for name in setting_names(spec.settings)
        if name in dataset
    }
    return known(spec.data, replace(spec.settings, **settings))


def evaluated_points(study: Study, split: str, *, last: bool) -> int:
    """How many examples of a split a record is evaluated on.

    Args:
      split: its name.
      last: whether it is the record of the last step, which may be on fresh examples.
    """
    spec, dataset = study.spec, study.dataset
    data, fresh = spec.task.data, spec.task.data.fresh_splits
    splits = jax.eval_shape(partial(data.splits, dataset.metadata), spec.settings)
    if last and fresh is not None:
        splits = splits | jax.eval_shape(partial(fresh, dataset.metadata), spec.settings)
    return jax.eval_shape(spec.task.evaluation.indices, dataset.arrays, splits[split]).shape[0]


def require_levels(study: Study, dataset: xr.Dataset, levels: tuple[float, ...], *, last: bool) -> None:
    """Refuse levels of success that the last split cannot resolve.

    Args:
      dataset: the part of the study's array that is read.
      levels: of the headline metric.
      last: see `evaluated_points`.

    Raises:
      UserError: naming the number of points that a level takes.
    """
    for level in levels if _is_held_out_accuracy(study, dataset) else ():
        require_resolved(level, *_resolution(study, dataset, last=last))


def doubts(study: Study, dataset: xr.Dataset, *, last: bool) -> str | None:
    """Why the task's own level of success means little on the last split, in words; None where it is resolved.

    Of data that are read from files, which takes time, nothing is said.
    """
    success = study.spec.success
    if success is None or not _is_held_out_accuracy(study, dataset) or study.task.data.load is not generated:
        return None
    return unresolved(success.threshold, *_resolution(study, dataset, last=last))


def _is_held_out_accuracy(study: Study, dataset: xr.Dataset) -> bool:
    """Whether success is judged by an accuracy on other examples than those of the training."""
    return study.task.evaluation.headline.is_share and str(dataset["split"].to_numpy()[-1]) != "train"


def _resolution(study: Study, dataset: xr.Dataset, *, last: bool) -> tuple[int, float]:
    """The number of points of the last split, and the best possible accuracy: 1 where it is not known."""
    best = bayes_accuracy(study.spec, dataset)
    split = str(dataset["split"].to_numpy()[-1])
    return evaluated_points(study, split, last=last), 1.0 if best is None else best
