"""The scenes of `experiments.film`: members of a study, restored or trained again, as films of arrays."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nlpfeat import parallel
from nlpfeat.analysis.geometry import WINDOW
from nlpfeat.analysis.sampling import sample_text
from nlpfeat.analysis.text_statistics import vocabulary_of
from nlpfeat.data.core import split_names
from nlpfeat.errors import UserError
from nlpfeat.films import interpolation, layers, motion, regions, training, writing
from nlpfeat.films.camera import film_steps, some
from nlpfeat.films.scene import DOTS, Member, Scene
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.store import provenance
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.results import read_results
from nlpfeat.study.characters import Readers, check_reads
from nlpfeat.study.replay import Replay, replay
from nlpfeat.study.restore import find_member, restore
from nlpfeat.sweeps.members import MemberFactory

# A replay equals the record to the bit on the machine that made it; elsewhere rounding differs, and grows.
TOLERANCE = 0.01
WARMTH, LETTERS = 0.8, 1200  # temperature and characters of what is written in a frame


class DiffersFromRecord(Exception):
    """A member trained again is not the one that the study has."""


class Kind(NamedTuple):
    """A kind of film."""

    heading: str
    note: str
    check: Callable[[StudyFolder], None]  # whether a study's nets can be drawn; raises a UserError
    scene: Callable[
        [StudyFolder, MemberFactory, dict[str, float], int], Scene
    ]  # of (study, its maker, the member, frames)


def _training(study: StudyFolder, factory: MemberFactory, wanted: dict[str, float], frames: int) -> Scene:
    again = _again(study, factory, wanted, frames)
    nets = [_network(study, params, again.settings) for params in again.params]
    return training.film(nets, *_dots(again.splits), again.steps, _accuracy(again))


def _regions(study: StudyFolder, factory: MemberFactory, wanted: dict[str, float], frames: int) -> Scene:
    again = _again(study, factory, wanted, frames)
    nets = [_network(study, params, again.settings) for params in again.params]
    return regions.film(nets, *_dots(again.splits), again.steps, _accuracy(again), WINDOW)


def _interpolation(
    study: StudyFolder, factory: MemberFactory, wanted: dict[str, float], frames: int
) -> Scene:
    return interpolation.film(_trained(study, wanted), frames, WINDOW)


def _layers(study: StudyFolder, factory: MemberFactory, wanted: dict[str, float], frames: int) -> Scene:
    member = _trained(study, wanted)
    network, shapes = member.network, [layer.weight.shape for layer in member.network.layers[:-1]]
    flat = motion.undrawable(network)
    if flat:
        told = ", ".join(f"layer {i} ({n} → {m})" for i, (m, n) in enumerate(shapes, 1) if i in flat)
        rest = ", ".join(str(i) for i in range(1, len(shapes) + 1) if i not in flat)
        raise UserError(
            f"a layer film needs layers from plane to plane (2 → 2), but {told} of this net cannot be drawn "
            f"({'layer ' + rest + ' can' if rest else 'no other can'}); take a member of width 2, or another --kind"
        )
    return layers.film(member, frames)


def _writing(study: StudyFolder, factory: MemberFactory, wanted: dict[str, float], frames: int) -> Scene:
    again = _again(study, factory, wanted, frames)
    nets = Readers(study, factory, factory.dataset.metadata)
    module, alphabet = factory.module(int(again.settings.width)), nets.book.alphabet
    texts = (
        sample_text(module, params, again.settings, alphabet, nets.prompt, WARMTH, LETTERS, draw=0)[0]
        for params in again.params
    )
    words = vocabulary_of(nets.text("train", len(nets.book.numbers)))
    names = split_names(again.splits)
    scores = {name: again.record["accuracy"][:, i] for i, name in enumerate(names)}
    return writing.Writing(again.steps, nets.prompt, tuple(texts), words, scores)


def _on_the_plane(study: StudyFolder) -> None:
    """Raise a UserError if the nets of a study are not piecewise linear on the plane."""
    if study.spec.task.views.piecewise_linear is None:
        raise UserError(
            f"{study.path} is a study of {study.spec.task.name}: films are of piecewise-linear nets on the plane "
            "(tasks with `layers` in nlpfeat/tasks.py); those of char_rnn have --kind=writing"
        )


def _onto_the_plane(study: StudyFolder) -> None:
    """Raise a UserError if their embedding is not 2-D either."""
    _on_the_plane(study)
    if study.spec.model.embedding != 2:
        raise UserError(
            f"the embedding of this study has {study.spec.model.embedding} dimensions, and this film shows a plane: "
            "sweep with --config.model.embedding=2, or take --kind=regions"
        )


KINDS = {
    "training": Kind("Training: the embedding, step by step", training.NOTE, _onto_the_plane, _training),
    "interpolation": Kind(
        "From the input to the embedding", interpolation.NOTE, _onto_the_plane, _interpolation
    ),
    "layers": Kind("The net, layer by layer", layers.NOTE, _onto_the_plane, _layers),
    "regions": Kind("The input plane as the net sees it", regions.NOTE, _on_the_plane, _regions),
    "writing": Kind("What the net writes, step by step", writing.NOTE, check_reads, _writing),
}


def _again(study: StudyFolder, factory: MemberFactory, wanted: dict[str, float], frames: int) -> Replay:
    """The member trained again, with its parameters at the film's steps."""
    again = replay(study, factory, wanted, film_steps(study.spec.training.total, frames))
    if again.gap > TOLERANCE:
        label = str(find_member(study, wanted)["bucket"])
        there = json.loads(read_results(study.result(label)).attrs["provenance"])
        raise DiffersFromRecord(
            f"trained again, this member differs from the study's record by {again.gap:.3g} (loss in nats, or share): "
            f"the study comes from commit {there['commit']} with jax {there['jax']} on {there['device']}, this is "
            f"{provenance.commit()} on {parallel.describe_devices()}. Make the film where the study was made"
        )
    return again


def _trained(study: StudyFolder, wanted: dict[str, float]) -> Member:
    """The member at the end of its training.

    Raises:
      UserError: if its checkpoint is not there yet.
    """
    found, last = restore(study, wanted), study.spec.training.total
    if found.step != last:
        raise UserError(
            f"the last checkpoint of this member is of step {found.step}, not {last}: run the sweep to its end"
        )
    points, labels = _dots(found.splits)
    return Member(_network(study, found.params, found.settings), points, labels)


def _network(study: StudyFolder, params: Any, settings: Any) -> Network:
    """A member's net as plain layers.

    Raises:
      UserError: if its training diverged, or it tells no classes apart.
    """
    assert study.spec.task.views.piecewise_linear is not None
    layers = [
        Layer(np.asarray(w), np.asarray(b), s)
        for w, b, s in study.spec.task.views.piecewise_linear(params, settings)
    ]
    if len(layers[-1].bias) < 2:
        raise UserError("this study has a single class: there is nothing to draw between classes; sweep more")
    try:
        return Network(tuple(layers))
    except ValueError as error:
        raise UserError(f"this member cannot be drawn: {error}") from error


def _dots(splits: Any) -> tuple[np.ndarray, np.ndarray]:
    """Training points (n, 2) and labels (n,), as many as a picture bears."""
    inputs, targets = splits["train"]
    points = np.stack([np.asarray(x, np.float64) for x in inputs], 1)
    shown = some(len(points), DOTS)
    return points[shown], np.asarray(targets)[shown]


def _accuracy(again: Replay) -> dict[str, np.ndarray]:
    """Accuracy by split (steps,), train first, then the one that was never chosen on."""
    names = split_names(again.splits)
    shown = [name for name in names if name != "validation"]
    return {name: again.record["accuracy"][:, names.index(name)] for name in shown}
