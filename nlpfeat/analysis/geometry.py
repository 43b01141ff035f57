"""Measure the geometry of every member of a study at every kept checkpoint, on all cores.

Exactly, where nets are layers on points of the plane; elsewhere the separability of their last features.

One file for each bucket and step, so that what was measured stays when the process dies. The numbers join the
study's array, under the same labels (`nlpfeat.sweeps.combine`).
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray as xr

from nlpfeat.config.schema import digest
from nlpfeat.data.core import Splits, split_names
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.geometry.measures import MEASURES, Sample, measure, measure_features, of_diverged
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.geometry.warping import QUANTILES
from nlpfeat.parallel import process_pool
from nlpfeat.store import provenance, results
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.locks import lock
from nlpfeat.study.forward import forward
from nlpfeat.study.restore import RestoredBucket, kept_steps, restore_bucket, study_factory
from nlpfeat.sweeps.members import MemberFactory
from nlpfeat.tasks.spec import Spec

SAMPLE = 1000  # examples of each part that the features of texts are measured on
WINDOW = 1.1  # half the side of the box that maps are measured on: data fill the unit disc


class MeasureJob(NamedTuple):
    """A bucket at a step, to be measured."""

    label: str
    step: int
    members: int


def unmeasured(study: StudyFolder) -> list[MeasureJob]:
    """The finished buckets and their kept steps that have not been measured, bucket after bucket.

    Raises:
      UserError: if no bucket is finished, or its nets sort nothing into classes.
    """
    row = study.spec.task
    if not row.evaluation.kind:
        look = (
            "factors top"
            if row.views.factors
            else "words dimensions"
            if row.views.word_vectors
            else "characters width"
        )
        command, what = look.split()
        raise UserError(
            f"{study.path} is a study of {study.spec.task.name}, without classes to part: look at it by "
            f"python -m experiments.{command} --study={study.path} {what}"
        )
    finished = [label for label in study.buckets() if study.result(label).exists()]
    if not any(kept_steps(study, label) for label in finished):
        raise UserError(
            f"{study.path} has no finished bucket with a checkpoint: run the sweep to its end first"
        )
    sizes = {label: len(study.bucket(label)) for label in finished}
    return [
        MeasureJob(label, step, sizes[label])
        for label in finished
        for step in kept_steps(study, label)
        if not _sound(study, label, step)
    ]


def _sound(study: StudyFolder, label: str, step: int) -> bool:
    """Whether a part is measured, whole, and by the measures of today."""
    try:
        found = results.read_results(study.measures(label, step))
    except (FileNotFoundError, DamagedFile):
        return False
    return bool(found.attrs.get("measures") == digest(MEASURES) and found.attrs.get("window") == WINDOW)


def measure_study(
    study: StudyFolder, work: list[MeasureJob], done: Callable[[MeasureJob, int], None]
) -> None:
    """Measure `work` and write it, each part whole or not at all.

    Args:
      done: called with the part at hand and how many of its members are measured.

    Raises:
      UserError: if another process measures this study; DamagedFile if a checkpoint cannot be read.
    """
    if not work:
        return
    factory = study_factory(study)
    with lock(study.path / "measure.lock", wait=False) as free:
        if not free:
            raise UserError(f"another process is measuring {study.path}: wait for it, or stop it")
        with process_pool() as pool:
            for part in work:
                _write(study, factory, part, pool, done)


def _write(
    study: StudyFolder,
    factory: MemberFactory,
    part: MeasureJob,
    pool: Executor,
    done: Callable[[MeasureJob, int], None],
) -> None:
    bucket = restore_bucket(study, factory, part.label, part.step)
    submit = _submit_features if study.spec.task.views.piecewise_linear is None else _submit_layers
    futures = [submit(study.spec, factory, bucket, place, pool) for place in range(part.members)]
    found = []
    for future in futures:
        found.append(future.result())
        done(part, len(found))
    dataset = to_dataset(found, list(bucket.members.index), part.step, split_names(bucket.splits))
    dataset.attrs = {"commit": provenance.commit(), "window": WINDOW, "measures": digest(MEASURES)}
    study.measures(part.label, part.step).parent.mkdir(exist_ok=True)
    results.write_results(dataset, study.measures(part.label, part.step))


def _submit_layers(
    spec: Spec, factory: MemberFactory, bucket: RestoredBucket, place: int, pool: Executor
) -> Future[Any]:
    """Exact geometry, of a net that is given as layers on points of the plane."""
    task, settings = spec.task, bucket.settings(place)
    assert task.views.piecewise_linear is not None
    arms = task.arms(spec.data) if task.arms else np.zeros((0, 0, 2))
    splits = jax.device_get(factory.draw(settings))
    layers = [
        (np.asarray(w), np.asarray(b), slope)
        for w, b, slope in task.views.piecewise_linear(bucket.params(place), settings)
    ]
    return pool.submit(measure_layers, layers, sample_of(splits, arms))


def _submit_features(
    spec: Spec, factory: MemberFactory, bucket: RestoredBucket, place: int, pool: Executor
) -> Future[Any]:
    """The separability of the last features of any other net, on some examples of each part."""
    settings = bucket.settings(place)
    splits, features, scores, labels = jax.device_get(factory.draw(settings)), {}, {}, {}
    module, params = factory.module(int(settings.width)), bucket.params(place)
    for name in split_names(splits):
        targets = np.asarray(splits[name].targets)
        index = np.sort(np.random.default_rng(0).permutation(len(targets))[:SAMPLE])
        found = forward(
            spec.task,
            module,
            params,
            settings,
            factory.dataset.arrays,
            splits[name],
            index,
            ("features", "scores"),
        )
        features[name], scores[name] = (found[key].astype(np.float64) for key in ("features", "scores"))
        labels[name] = targets[index]
    return pool.submit(measure_features, features, scores, labels)


def sample_of(splits: Splits, arms: np.ndarray) -> Sample:
    """A member's data as plain points (n, 2) and labels (n,)."""
    names = split_names(splits)
    points = {name: np.stack([np.asarray(x, np.float64) for x in splits[name].inputs], 1) for name in names}
    labels = {name: np.asarray(splits[name].targets) for name in names}
    return Sample(points, labels, arms, WINDOW)


def measure_layers(
    layers: list[tuple[np.ndarray, np.ndarray, float]], points: Sample
) -> dict[str, np.ndarray]:
    """All measures of a net given as layers."""
    if not all(np.isfinite(array).all() for weight, bias, _ in layers for array in (weight, bias)):
        return of_diverged(points, len(layers[-1][1]), len(layers))
    return measure(Network(tuple(Layer(*layer) for layer in layers)), points)


def to_dataset(
    found: list[dict[str, np.ndarray]], members: list[str], step: int, splits: list[str]
) -> xr.Dataset:
    """Measures of members at a step, with a flat `member` axis; NaN for the layers that a shallower one lacks."""
    classes, depth = found[0]["components"].shape[0], max(len(one["layer_norm"]) for one in found)
    coords: dict[str, Any] = {"id": ("member", members), "step": [step], "split": splits}
    coords |= {"class": np.arange(classes), "quantile": list(QUANTILES), "layer": np.arange(1, depth + 1)}

    def column(name: str, dims: tuple[str, ...]) -> np.ndarray:
        values = [one[name] for one in found]
        if dims == ("layer",):
            values = [np.pad(v, (0, depth - len(v)), constant_values=np.nan) for v in values]
        return np.stack(values)[:, None]

    data = {
        name: (
            ("member", "step", *about.dims),
            column(name, about.dims),
            {"units": about.units, "long_name": about.about},
        )
        for name, about in MEASURES.items()
    }
    return xr.Dataset(data, coords)
