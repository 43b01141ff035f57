"""What the unwarper of a page shows: nets of the plane with their weights at kept steps, and at many steps of a few."""

from typing import Any, NamedTuple

import jax
import numpy as np
import xarray as xr

from nlpfeat.analysis.geometry import WINDOW
from nlpfeat.cli.progress import Counter
from nlpfeat.films.camera import disc_grid, film_steps, radius_of, some
from nlpfeat.report.nets import Axis, Net, Nets
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.results import further_axes
from nlpfeat.study.replay import replay
from nlpfeat.study.restore import is_finite
from nlpfeat.study.select import best_member, choose_seed, finished_buckets, members_at_steps
from nlpfeat.sweeps.members import MemberFactory

DOTS = 1000  # training points shown of a net, at most
READ = 5000  # members whose checkpoints are read, at most
GRID_LINES, GRID_POINTS = 9, 33

Layers = list[tuple[np.ndarray, np.ndarray, float]]


class Found(NamedTuple):
    """A net with its layers at some steps, and its training points."""

    settings: dict[str, float]  # as they were written; the nets' own are rounded to single precision
    steps: list[int]
    layers: list[Layers]
    points: tuple[np.ndarray, np.ndarray]  # (n, 2), and their classes (n,)

    @property
    def numbers(self) -> np.ndarray:
        """All weights and biases in the order in which the page reads them."""
        parts = [
            np.ravel(part) for layers in self.layers for weight, bias, _ in layers for part in (weight, bias)
        ]
        return np.concatenate(parts).astype(np.float32)


def nets_of_page(
    study: StudyFolder, factory: MemberFactory, dataset: xr.Dataset, frames: int, budget: float
) -> tuple[Nets | None, list[str]]:
    """The nets of a study, of as many seeds as `budget` bytes hold, or None; and what is left out.

    None where they are not of the plane, or all diverged.

    Args:
      frames: steps at which one member of each width is shown, trained again for it; 0: kept steps only.
    """
    task = study.spec.task
    if task.views.piecewise_linear is None or study.spec.model.embedding != 2:
        return None, []
    found = _kept(study, factory)
    if not found:
        return None, ["no unwarper: every net diverged"]
    seeds = _seeds(found, budget)
    found = {name: one for name, one in found.items() if one.settings["seed"] in seeds}
    starred = starred_members(dataset.sel(seed=seeds), study)
    notes = []
    if frames:
        notes.append(
            f"one net of each width, of median or best score, has {frames} steps in the unwarper; the others have their checkpoints"
        )
        with Counter("nets trained again", len(starred)) as progress:
            for one in progress.each(iter(starred)):
                again = replay(study, factory, one, film_steps(study.spec.training.total, frames))
                there = [place for place, params in enumerate(again.params) if is_finite(params)]
                layers = [task.views.piecewise_linear(again.params[place], again.settings) for place in there]
                if again.id in found:
                    steps = again.steps[there].tolist()
                    found[again.id] = found[again.id]._replace(steps=steps, layers=layers)
    if len(seeds) < dataset.sizes["seed"]:
        notes.append(f"the unwarper has room for {len(seeds)} of {dataset.sizes['seed']} seeds")
    return _packed(found, starred), notes


def _kept(study: StudyFolder, factory: MemberFactory) -> dict[str, Found]:
    """The nets at their kept steps, those that diverged left out."""
    layers, found = study.spec.task.views.piecewise_linear, {}
    assert layers is not None
    table = study.members().sort_values("seed").head(READ)
    written: dict[Any, Any] = table[list(study.spec.settings._fields)].to_dict("index")
    work = finished_buckets(study, table)
    with Counter("checkpoints of buckets", len(work)) as progress:
        for one in progress.each(iter(work)):
            for net in members_at_steps(study, factory, table, [one]):
                if not is_finite(net.params):
                    continue
                if net.id not in found:
                    found[net.id] = Found(written[net.id], [], [], _points(factory, net.settings))
                found[net.id].steps.append(net.step)
                found[net.id].layers.append(layers(net.params, net.settings))
    return found


def _points(factory: MemberFactory, settings: Any) -> tuple[np.ndarray, np.ndarray]:
    """The training points of a member, evenly spread ones if there are many."""
    train = jax.device_get(factory.draw(settings))["train"]
    points, labels = np.stack(train.inputs, 1), np.asarray(train.targets)
    shown = some(len(points), DOTS)
    return points[shown].astype(np.float32), labels[shown]


def _seeds(found: dict[str, Found], budget: float) -> list[int]:
    """The first seeds whose nets, with their points, take no more than `budget` bytes; one at least."""
    sizes: dict[int, int] = {}
    counted: set[bytes] = set()
    for one in found.values():
        seed, points = int(one.settings["seed"]), one.points[0].tobytes()
        new = 0 if points in counted else len(points) + len(one.points[1])
        counted.add(points)
        sizes[seed] = sizes.get(seed, 0) + one.numbers.nbytes + new
    seeds = sorted(sizes)
    total = np.cumsum([sizes[seed] for seed in seeds])
    return seeds[: max(1, int(np.searchsorted(total, budget, side="right")))]


def starred_members(dataset: xr.Dataset, study: StudyFolder) -> list[dict[str, float]]:
    """One member of each width where not all diverged: that of median score or, where recipes differ too, the best.

    Of a single width the one of median score and the best.
    """
    task, further = study.spec.task, further_axes(dataset)
    scored = dataset[task.evaluation.headline.name].isel(step=-1).notnull().any(("seed", "split", *further))
    widths = dataset["width"].to_numpy()[scored.to_numpy()].tolist()
    chosen = []
    for width in widths:
        if further:
            chosen.append(best_member(dataset.sel(width=[width]), task))
        else:
            chosen.append({"width": width, "seed": choose_seed(dataset, task, {"width": width}, best=False)})
    return chosen if len(widths) > 1 else [*chosen, best_member(dataset, task)]


def _packed(found: dict[str, Found], starred: list[dict[str, float]]) -> Nets:
    """The nets as the page wants them, each at its places on the axes in which they differ."""
    names = next(iter(found.values())).settings
    values = {name: sorted({one.settings[name] for one in found.values()}) for name in names}
    axes = [Axis(name, values[name]) for name in names if len(values[name]) > 1]

    def place(settings: dict[str, float]) -> tuple[int, ...]:
        return tuple(axis.values.index(settings[axis.name]) for axis in axes)

    steps_of: list[list[int]] = []
    points: dict[bytes, int] = {}
    sets, nets, numbers, start = [], [], [], 0
    for name, one in found.items():
        if one.steps not in steps_of:
            steps_of.append(one.steps)
        key = one.points[0].tobytes()
        if key not in points:
            points[key] = len(sets)
            sets.append(one.points)
        shapes = [weight.shape for weight, _, _ in one.layers[0]]
        slopes = [float(slope) for _, _, slope in one.layers[0]]
        nets.append(
            Net(name, place(one.settings), steps_of.index(one.steps), shapes, slopes, start, points[key])
        )
        numbers.append(one.numbers)
        start += len(numbers[-1])
    ends = [place(one) for one in (starred[0], starred[-1])]
    lines = disc_grid(max(radius_of(part) for part, _ in sets), GRID_LINES, GRID_POINTS)
    return Nets(axes, steps_of, nets, np.concatenate(numbers), sets, lines, WINDOW, (ends[0], ends[1]))
