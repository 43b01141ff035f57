"""Measure the geometry of every member of a study at every kept checkpoint, on all cores.

The geometry is exact where networks are piecewise linear on points of the plane; elsewhere the separability of the last
features is measured on a sample. Each bucket and step has a file of its own, so a process that dies loses only those at
hand. `nlpfeat.store.combine` joins the measures to the study's array, under the same labels.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import groupby, takewhile
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float, Int, PyTree

from nlpfeat.data.core import Examples, Params, count, split_names
from nlpfeat.digests import digest
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.geometry.decision import DecisionRegions, decision_regions
from nlpfeat.geometry.measures import MEASURES, Sample, measure_features, measure_layers
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.geometry.regions import Regions, linear_regions
from nlpfeat.geometry.warping import QUANTILES, determinants
from nlpfeat.models.masking import crop
from nlpfeat.parallel import process_pool
from nlpfeat.progress import Track, untracked
from nlpfeat.stats.equal_loss import at_level, at_steps, loss_steps
from nlpfeat.stats.summaries import flat_measures
from nlpfeat.store import provenance, results
from nlpfeat.store.atomic import discard_parts
from nlpfeat.store.combine import read_combined
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.locks import lock
from nlpfeat.store.netcdf import write_netcdf
from nlpfeat.study.forward import forward
from nlpfeat.study.restore import TrainedMember, kept_steps, restore_bucket
from nlpfeat.study.select import final_scores, median_seed, point_of
from nlpfeat.study.session import Study
from nlpfeat.sweeps import launch
from nlpfeat.sweeps.members import tree_stack
from nlpfeat.tasks.registry import require_view
from nlpfeat.training.step import fresh_splits

SAMPLE = 500  # examples per split on which networks off the plane are measured
MAX_FEATURES = 4096  # numbers per example of a layer that is measured beside the last features
WINDOW = 1.1  # half the side of the box in which maps are measured; the data fill the unit disc

log = logging.getLogger(__name__)

Measures: TypeAlias = dict[str, np.ndarray]  # of one member: measure -> its dims beside member and step


class MeasureJob(NamedTuple):
    """A bucket at a step, to be measured.

    Attributes:
      label: of the bucket.
      step: of the checkpoint.
      members: how many the bucket has.
    """

    label: str
    step: int
    members: int


def unmeasured(study: Study) -> list[MeasureJob]:
    """The finished buckets with those of their kept steps that have not been measured, bucket after bucket.

    Raises:
      UserError: if the task is no classification, or no bucket is finished.
    """
    task, folder = study.task, study.folder
    if task.evaluation.kind != "classification":
        other = "factors" if task.views.factors else "word vectors" if task.views.word_vectors else "text"
        raise UserError(
            f"{study.path} is a study of {task.name}, a {task.evaluation.kind} task without classes to separate: "
            f"analyse its {other} instead"
        )
    kept = {label: kept_steps(folder, label) for label in folder.buckets() if folder.result(label).exists()}
    if not any(kept.values()):
        raise UserError(
            f"{study.path} has no finished bucket with a checkpoint: run the sweep to its end first"
        )
    return [
        MeasureJob(label, step, len(folder.bucket(label)))
        for label, steps in kept.items()
        for step in steps
        if not _is_current(folder, label, step)
    ]


def _is_current(folder: StudyFolder, label: str, step: int) -> bool:
    """Whether the measures of a bucket at a step are on disk, whole, and as this version computes them."""
    try:
        found = results.read_measures(folder, label, step)
    except (FileNotFoundError, DamagedFile):
        return False
    return bool(found.attrs.get("measures") == digest(MEASURES) and found.attrs.get("window") == WINDOW)


def measure_study(study: Study, jobs: list[MeasureJob], track: Track = untracked) -> None:
    """Measure `jobs` and write one file per job, whole or not at all. What another process is measuring is waited for.

    Args:
      study: whose checkpoints are read.
      jobs: from `unmeasured`.
      track: follows the members of all jobs.

    Raises:
      DamagedFile: if a checkpoint cannot be read.
    """
    if not jobs:
        return
    path = study.path / "measure.lock"
    with lock(path, wait=False) as free:
        if free:
            _measure_all(study, jobs, track)
            return
    log.warning("another process is measuring %s: waiting for it", study.path)
    with lock(path, wait=True):
        left = [job for job in jobs if not _is_current(study.folder, job.label, job.step)]
        if left:
            _measure_all(study, left, track)


def measure(study: Study, *, track: Track = untracked) -> xr.Dataset:
    """Measure the geometry of every member at every kept checkpoint that has not been measured yet, on all cores.

    It starts processes: a script that calls it has `if __name__ == "__main__":` above the call, as Python asks for.

        nlpfeat.measure(nlpfeat.open_study("runs/spirals"))["regions"].isel(step=-1).median("seed")

    Args:
      study: of a classification task.
      track: follows the members.

    Returns:
      The array of the study, `Study.results`, with the measures among its variables.

    Raises:
      UserError: if the task is no classification, or no bucket is finished; DamagedFile if a checkpoint cannot be read.
    """
    measure_study(study, unmeasured(study), track)
    dataset, damaged = launch.finish(study.folder)
    launch.require_whole(damaged)
    if dataset is not None:
        dataset.close()
    return read_combined(study.folder)


class _Submitted(NamedTuple):
    """A job whose members are being measured.

    Attributes:
      job: it.
      members: their ids.
      splits: their names.
      futures: of the measures of each member.
    """

    job: MeasureJob
    members: list[str]
    splits: list[str]
    futures: list[Future[Measures]]


def _measure_all(study: Study, jobs: list[MeasureJob], track: Track) -> None:
    discard_parts(study.path / "measures")
    with process_pool() as pool:
        measured = (one for job in _submit(study, jobs, pool) for one in _finish(study, job))
        for _ in track(measured, "checkpoints of members measured", sum(job.members for job in jobs)):
            pass


def _submit(study: Study, jobs: list[MeasureJob], pool: Executor) -> Iterator[_Submitted]:
    """Each job, once the next is submitted, too: no process waits while a file is written and the next checkpoint is read."""
    ahead: list[_Submitted] = []
    for label, of_bucket in groupby(jobs, lambda job: job.label):
        known: list[_Known] = []  # the same at all steps
        for job in of_bucket:
            members = list(restore_bucket(study.folder, study.factory, label, job.step))
            if study.task.views.piecewise_linear is None:
                futures = [_submit_features(member, pool) for member in members]
            else:
                known = known or _known(members, int(study.members["width"].max()))
                futures = _submit_layers(members, known, pool)
            ahead.append(
                _Submitted(job, [member.id for member in members], split_names(members[0].splits), futures)
            )
            if len(ahead) > 1:
                yield ahead.pop(0)
    yield from ahead


def _finish(study: Study, submitted: _Submitted) -> Iterator[Measures]:
    """The measures of each member of a job; the file is written after the last."""
    found = []
    for future in submitted.futures:
        found.append(future.result())
        yield found[-1]
    job = submitted.job
    dataset = to_dataset(found, submitted.members, job.step, submitted.splits)
    dataset.attrs = {
        "bucket": job.label,
        "commit": provenance.commit(),
        "window": WINDOW,
        "measures": digest(MEASURES),
    }
    path = study.folder.measures(job.label, job.step)
    path.parent.mkdir(exist_ok=True)
    write_netcdf(dataset, path)


def layers_of(member: TrainedMember) -> list[Layer]:
    """The layers of a piecewise-linear network on points of the plane, the head last.

    Raises:
      UserError: if the task has no such view.
    """
    return _layers(member, member.params)


def initial_layers_of(members: Sequence[TrainedMember], units: int) -> list[list[Layer]]:
    """The same layers of some members of a study before training, made at a padded width of `units`."""
    factory = members[0].factory
    made = factory.new_members(tree_stack([member.settings for member in members]), units)
    return [
        _layers(member, crop(new.params, factory.shapes(int(member.settings.width))))
        for member, new in zip(members, made, strict=True)
    ]


def _layers(member: TrainedMember, params: Params) -> list[Layer]:
    layers = require_view(member.task, "piecewise_linear").layers(member.module, params, member.settings)
    return [Layer(np.asarray(weight), np.asarray(bias), slope) for weight, bias, slope in layers]


def sample_of(member: TrainedMember) -> Sample:
    """The data of a member of a task with piecewise-linear networks, as arrays: inputs (n, d) and labels (n,) of each split.

    On the plane all examples and new ones, elsewhere at most `SAMPLE` of each split.
    """
    names = split_names(member.splits)
    on_plane = require_view(member.task, "piecewise_linear").on_plane
    given = {name: inputs_of(member, member.splits[name], None if on_plane else SAMPLE) for name in names}
    curves = require_view(member.task, "piecewise_linear").class_curves
    fresh = fresh_splits(member.task, member.dataset.metadata, member.settings) if on_plane else {}
    return Sample(
        {name: points for name, (points, _) in given.items()},
        {name: labels for name, (_, labels) in given.items()},
        curves(member.factory.spec.data) if curves else np.zeros((0, 0, 2)),
        WINDOW if on_plane else 0.0,
        {name: inputs_of(member, examples) for name, examples in fresh.items()},
    )


def inputs_of(
    member: TrainedMember, examples: Examples, most: int | None = None
) -> tuple[Float[np.ndarray, "n d"], Int[np.ndarray, " n"]]:
    """The inputs of a piecewise-linear network as it reads them, float64 (n, d), and labels (n,).

    Args:
      member: of a task with that view.
      examples: of a split of the member.
      most: random examples, the same for all members; None for all.
    """
    chosen = None
    if most is not None:
        chosen = np.sort(np.random.default_rng(0).permutation(count(examples))[:most])
    read, labels = member.task.data.batch(member.dataset.arrays, examples, chosen)
    points = np.stack(read, 1) if isinstance(read, tuple) else np.asarray(read)
    return points.reshape(len(points), -1).astype(np.float64), np.asarray(labels)


class _Known(NamedTuple):
    """What of a member is the same at each of its steps.

    Attributes:
      initial: its layers before training.
      sample: its data.
      digest: of both.
    """

    initial: list[Layer]
    sample: Sample
    digest: bytes


def _known(members: list[TrainedMember], units: int) -> list[_Known]:
    """Of each member; `units` is the padded width at which one program makes the first weights of all widths."""
    found = []
    for member, initial in zip(members, initial_layers_of(members, units), strict=True):
        sample = sample_of(member)
        found.append(_Known(initial, sample, _digest((initial, sample))))
    return found


def _digest(arrays: PyTree) -> bytes:
    return hashlib.sha256(b"".join(np.asarray(array).tobytes() for array in jax.tree.leaves(arrays))).digest()


def _submit_layers(
    members: list[TrainedMember], known: list[_Known], pool: Executor
) -> list[Future[Measures]]:
    """Exact geometry. Equal networks on equal data are measured once: before training, those of all learning rates.

    Args:
      members: to be measured.
      known: of each.
      pool: does the work.
    """
    submitted: dict[bytes, Future[Measures]] = {}
    futures = []
    for member, (initial, sample, fixed) in zip(members, known, strict=True):
        layers = layers_of(member)
        key = _digest(layers) + fixed
        if key not in submitted:
            submitted[key] = pool.submit(measure_layers, layers, initial, sample)
        futures.append(submitted[key])
    return futures


def _submit_features(member: TrainedMember, pool: Executor) -> Future[Measures]:
    """Separability of the last features and of all before them, on a sample of each split."""
    features, scores, labels = {}, {}, {}
    names = _layers_in_order(member)
    layers = [{} for _ in names]
    for name in split_names(member.splits):
        targets = np.asarray(member.splits[name].targets)
        index = np.sort(np.random.default_rng(0).permutation(len(targets))[:SAMPLE])
        found = forward(
            member.program, member.params, member.data, name, index, (*names, "features", "scores")
        )
        if "features" not in found:
            raise UserError(
                f"the network of {member.task.name} returns scores only: for these measures it returns its last hidden layer, too, as "
                '{"features": hidden, "scores": scores}'
            )
        features[name], scores[name] = (found[key].astype(np.float64) for key in ("features", "scores"))
        labels[name] = targets[index]
        for of_split, key in zip(layers, names, strict=True):
            of_split[name] = found[key].reshape(len(index), -1).astype(np.float64)
    return pool.submit(measure_features, features, scores, labels, layers)


def _layers_in_order(member: TrainedMember) -> list[str]:
    """The names of what the network computes before its last features: arrays of numbers of one example each, in the module's order."""
    batch = member.task.data.batch(member.dataset.arrays, member.splits["train"], np.arange(1))
    outputs: PyTree = member.module.apply({"params": member.params}, batch.inputs, member.settings)
    before = [*takewhile(lambda name: name != "features", outputs)]
    return [
        name
        for name in before
        if jnp.issubdtype(outputs[name].dtype, jnp.floating) and outputs[name][0].size <= MAX_FEATURES
    ]


def to_dataset(found: list[Measures], members: list[str], step: int, splits: list[str]) -> xr.Dataset:
    """Measures of a bucket at a step, with a flat `member` axis.

    Args:
      found: per member. A network with fewer layers than the deepest one has NaN for those that it lacks.
      members: their ids.
      step: of the checkpoint.
      splits: in the order of the measures.
    """
    classes, depth = found[0]["components"].shape[0], max(len(one["layer_spectral_norm"]) for one in found)
    coords = {
        "id": ("member", members),
        "step": [step],
        "split": splits,
        "class": np.arange(classes),
        "quantile": list(QUANTILES),
        "layer": np.arange(1, depth + 1),
    }

    def column(name: str, dims: tuple[str, ...]) -> np.ndarray:
        values = [one[name] for one in found]
        if dims == ("layer",):
            values = [np.pad(v, (0, depth - len(v)), constant_values=np.nan) for v in values]
        return np.stack(values)[:, None]

    data = {
        name: (
            ("member", "step", *about.dims),
            column(name, about.dims),
            {"units": about.units, "long_name": about.description},
        )
        for name, about in MEASURES.items()
    }
    return xr.Dataset(data, coords)


def is_measured(dataset: xr.Dataset) -> bool:
    """Whether any member in a study's array, or in a part of it, is measured."""
    return "violations" in dataset and bool(dataset["violations"].notnull().any())


def measures_of(dataset: xr.Dataset) -> xr.Dataset:
    """One number per measure, member, step and, for some, split, at the steps that were measured.

    Members that diverged are not separable and have no other measure; a warning tells how many.

    Args:
      dataset: a study's array, dims width, seed, step, split, and those of the measures.
    """
    last = dataset.isel(step=-1)
    measured = last["separable"].notnull().any("split")
    lost = int((measured & last["violations"].isnull()).sum())
    if lost:
        log.warning(
            "%d of %d measured members diverged: they count as not separable, and have no other measure",
            lost,
            int(measured.sum()),
        )
    return flat_measures(dataset).sel(step=results.measured_steps(dataset))


# Besides the last step, weights are compared at this training loss in nats and at this median margin on the train split.
LOSS, MARGIN = 0.7, 1.0
WEIGHTS = ("spectral_product", "path_norm", "mean_path_norm")


def weights_at_equal_terms(dataset: xr.Dataset) -> xr.Dataset:
    """Measures of the weights at the last step, at equal training loss, and at equal median margin.

    Weights are interpolated linearly between checkpoints, so the study must keep those of several steps.

    Args:
      dataset: a study's array with measures, dims width, seed, step, split.

    Returns:
      The measures of `WEIGHTS` that the task has, dims term, width, seed; NaN where a member does not reach the term, or has
      diverged by then. The coordinate `term` describes the terms.
    """
    kept, order = dataset.sel(step=results.measured_steps(dataset)), ("width", "seed", "step")
    steps = kept["step"].to_numpy().astype(float)
    margins = kept["median_margin"].sel(split="train").transpose(*order).to_numpy()
    rising = at_level(np.broadcast_to(steps, margins.shape), margins, MARGIN, falling=False)
    when = {
        f"at training loss {LOSS:g}": loss_steps(dataset, LOSS).transpose(*order[:2]).to_numpy(),
        f"at median margin {MARGIN:g}": rising,
    }
    found = {}
    for name in WEIGHTS:
        values = kept[name].transpose(*order).to_numpy()
        if not np.isnan(values).all():
            terms = [values[..., -1], *(at_steps(values, steps, first) for first in when.values())]
            found[name] = (("term", *order[:2]), np.stack(terms))
    coords = {"term": [f"at step {steps[-1]:g}", *when], "width": kept["width"], "seed": kept["seed"]}
    return xr.Dataset(found, coords)


class PlaneMap(NamedTuple):
    """The plane as one member maps it, at its last step.

    Attributes:
      member: the network.
      regions: of the embedding, where it is linear.
      decision: the region of each class.
    """

    member: TrainedMember
    regions: Regions
    decision: DecisionRegions

    @property
    def log_det(self) -> np.ndarray | None:
        """log|det| of the embedding on each region, NaN where it is flattened; None if it does not map to the plane."""
        if self.regions.network.outputs != 2:
            return None
        det = np.abs(determinants(self.regions.affine[0]))
        return np.log(det, out=np.full(len(det), np.nan), where=det > 0)


def plane_maps(study: Study, dataset: xr.Dataset) -> list[PlaneMap]:
    """The plane as the median seed of each width maps it; widths without a measured seed are left out.

    Members that diverged have no map: they are left out, with a warning.

    Args:
      study: of a task with exact geometry.
      dataset: the part of its array at one point of the further axes, with measures.
    """
    found = []
    measured = dataset["violations"].isel(step=-1).notnull()
    scores = final_scores(dataset, study.task.evaluation.headline).isel(split=-1).where(measured)
    for width in dataset["width"].to_numpy().tolist():
        of_width = scores.sel(width=width).dropna("seed")
        here = dataset.sel(width=width)
        lost, ran = results.diverged_count(here), int((here["member_id"] != "").sum())
        if lost:
            text = "width %d: %d of %d members diverged, and the median seed is that of the others"
            log.warning(text, width, lost, ran)
        if not of_width.sizes["seed"]:
            continue
        point = point_of(study, dataset.sel(width=width))
        member = study.restore(**{**point, "seed": median_seed(of_width)})
        network = Network(tuple(layers_of(member)))
        regions = linear_regions(network.until(len(network.layers) - 1), WINDOW)
        found.append(PlaneMap(member, regions, decision_regions(network, WINDOW)))
    return found
