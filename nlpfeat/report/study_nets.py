"""The networks of a study's unwarper: their parameters at the kept checkpoints, and at many steps for a few of them."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from nlpfeat.errors import UserError
from nlpfeat.films.camera import evenly_spaced, film_steps, radius_of
from nlpfeat.progress import Track, untracked
from nlpfeat.report.live_recipe import recipe_of, trains_as_the_page
from nlpfeat.report.nets import Axis, Net, Nets
from nlpfeat.store.results import further_axes
from nlpfeat.study.replay import replay
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.select import best_member, choose_seed, finished_steps, members_at_steps
from nlpfeat.study.session import Study
from nlpfeat.training.task import PlainLayer

MAX_POINTS = 1000  # training points shown per network
MAX_MEMBERS = 5000  # whose checkpoints are read
POINT_BYTES = 17  # of a point on the page: two doubles and its class
FRAMES_SHARE = 0.6  # of the budget, at most, for the networks that are shown at many steps


class _Kept(NamedTuple):
    """A network at several steps.

    Attributes:
      settings: as in the member table; those of `TrainedMember` are rounded to single precision.
      members: by rising step, none of them diverged.
      points: of its training split.
      labels: their classes.
      whole: whether these are all points of the split.
    """

    settings: dict[str, float]
    members: list[TrainedMember]
    points: Float[np.ndarray, "n 2"]
    labels: Int[np.ndarray, " n"]
    whole: bool

    @property
    def steps(self) -> list[int]:
        """Of each member."""
        return [member.step for member in self.members]

    @property
    def parameters(self) -> Float[np.ndarray, " parameters"]:
        """All weights and biases in the order in which the page reads them."""
        parts = [
            np.ravel(part) for member in self.members for layer in plane_layers(member) for part in layer[:2]
        ]
        return np.concatenate(parts).astype(np.float32)


def nets_of_page(
    study: Study, frames: int, budget: float, track: Track = untracked
) -> tuple[Nets | None, list[str]]:
    """The networks of a study, and notes on what is left out; None if they are not on the plane or all diverged.

    Args:
      frames: number of steps at which one member per width is shown, which is trained again for it; 0: kept checkpoints only.
      budget: bytes for parameters and points: as many seeds are taken as fit, at least one.
      track: follows the checkpoints that are read and the networks that are trained again.
    """
    if study.task.views.plane is None or study.spec.model.embedding != 2:
        return None, []
    kept = _kept_nets(study, track)
    if not kept:
        return None, ["no unwarper: every network diverged"]
    notes = []
    widest = {settings["width"]: one_step_bytes(net) for net in kept.values() for settings in [net.settings]}
    fitting = int(FRAMES_SHARE * budget / sum(widest.values()))
    if frames > max(2, fitting):
        frames = max(2, fitting)
        notes.append(f"the unwarper has room for {frames} steps of one network per width")
    seeds = _seeds_within(kept, budget - frames * sum(widest.values()))
    kept = {name: net for name, net in kept.items() if net.settings["seed"] in seeds}
    try:
        starred = starred_members(study, study.results.sel(seed=seeds))
    except UserError:  # early checkpoints are finite, and no network reached the end
        return None, ["no unwarper: every network diverged"]
    if len(study.members) > MAX_MEMBERS:
        notes.append(f"the unwarper reads {MAX_MEMBERS:,} of {len(study.members):,} members")
    if frames:
        notes.append(
            f"one network per width, of median or best score, has {frames} steps in the unwarper; the others have their checkpoints"
        )
        steps = film_steps(study.spec.training.total, frames)
        for settings in track(starred, "networks trained again", len(starred)):
            members = [member for member in replay(study, settings, steps).members if member.finite]
            if members and members[0].id in kept:
                kept[members[0].id] = kept[members[0].id]._replace(members=members)
    if len(seeds) < study.results.sizes["seed"]:
        notes.append(f"the unwarper has room for {len(seeds)} of {study.results.sizes['seed']} seeds")
    return _packed(kept, starred, live=trains_as_the_page(study)), notes


def plane_layers(member: TrainedMember) -> list[PlainLayer]:
    """The layers of a member on the plane."""
    view = member.task.views.plane
    assert view is not None
    return view.layers(member.module, member.params, member.settings)


def _kept_nets(study: Study, track: Track) -> dict[str, _Kept]:
    """The networks by member id at their kept checkpoints, without those that diverged."""
    table = study.members.sort_values("seed").head(MAX_MEMBERS)
    names = list(vars(study.spec.settings))
    written: dict[str, dict[str, float]] = table[names].to_dict("index")  # pyright: ignore[reportAssignmentType]
    found: dict[str, _Kept] = {}
    work = finished_steps(study.folder, table)
    for bucket_step in track(work, "checkpoints of buckets", len(work)):
        for member in members_at_steps(study, table, [bucket_step]):
            if not member.finite:
                continue
            if member.id not in found:
                train = member.splits["train"]
                points = np.stack(train.inputs, 1)
                shown = evenly_spaced(len(points), MAX_POINTS)
                labels = np.asarray(train.targets)[shown]
                found[member.id] = _Kept(
                    written[member.id],
                    [],
                    points[shown].astype(np.float32),
                    labels,
                    len(shown) == len(points),
                )
            found[member.id].members.append(member)
    return found


def one_step_bytes(net: _Kept) -> int:
    """The bytes of a network's parameters at one step."""
    return net.parameters.nbytes // len(net.members)


def _seeds_within(kept: dict[str, _Kept], budget: float) -> list[int]:
    """The first seeds whose networks, with their points, take at most `budget` bytes; at least one."""
    sizes: dict[int, int] = {}
    counted: set[bytes] = set()
    for net in kept.values():
        seed, key = int(net.settings["seed"]), net.points.tobytes()
        new = 0 if key in counted else POINT_BYTES * len(net.points)
        counted.add(key)
        sizes[seed] = sizes.get(seed, 0) + net.parameters.nbytes + new
    seeds = sorted(sizes)
    total = np.cumsum([sizes[seed] for seed in seeds])
    return seeds[: max(1, int(np.searchsorted(total, budget, side="right")))]


def starred_members(study: Study, dataset: xr.Dataset) -> list[dict[str, float]]:
    """The settings of one member per width, without the widths of which all members diverged.

    It is the member of median score or, where the grid has further axes, the best. For a single width: the median and the best.

    Args:
      dataset: the study's array, or the part of it to choose from.
    """
    task, further = study.task, further_axes(dataset)
    scored = dataset[task.evaluation.headline.name].isel(step=-1).notnull().any(("seed", "split", *further))
    widths = dataset["width"].to_numpy()[scored.to_numpy()].tolist()
    chosen = []
    for width in widths:
        if further:
            chosen.append(best_member(dataset.sel(width=[width]), task))
        else:
            chosen.append({"width": width, "seed": choose_seed(dataset, task, {"width": width}, best=False)})
    return chosen if len(widths) > 1 else [*chosen, best_member(dataset, task)]


def _packed(kept: dict[str, _Kept], starred: list[dict[str, float]], *, live: bool) -> Nets:
    """The networks as the page reads them, each at its indices on the axes in which they differ; with their recipes if the page trains so."""
    names = next(iter(kept.values())).settings
    values = {name: sorted({net.settings[name] for net in kept.values()}) for name in names}
    axes = [Axis(name, values[name]) for name in names if len(values[name]) > 1]

    def grid_index(settings: dict[str, float]) -> tuple[int, ...]:
        return tuple(axis.values.index(settings[axis.name]) for axis in axes)

    step_lists: list[list[int]] = []
    sets: dict[bytes, int] = {}
    points, nets, parameters, offset = [], [], [], 0
    for name, net in kept.items():
        if net.steps not in step_lists:
            step_lists.append(net.steps)
        key = net.points.tobytes()
        if key not in sets:
            sets[key] = len(points)
            points.append((net.points, net.labels))
        layers, at, steps = (
            plane_layers(net.members[0]),
            grid_index(net.settings),
            step_lists.index(net.steps),
        )
        shapes = [(len(bias), weight.shape[1]) for weight, bias, _ in layers]
        slopes = [float(slope) for _, _, slope in layers]
        recipe = recipe_of(net.members[0]) if live and net.whole else None
        nets.append(Net(name, at, steps, shapes, slopes, offset, sets[key], recipe))
        parameters.append(net.parameters)
        offset += len(parameters[-1])
    start = grid_index(starred[0]), grid_index(starred[-1])
    radius = max(radius_of(part) for part, _ in points)
    return Nets(axes, step_lists, nets, np.concatenate(parameters), points, radius, start)
