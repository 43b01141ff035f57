"""Films of members of a study: restored or trained again, then turned into scenes."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import PyTree

from nlpfeat import parallel
from nlpfeat.analysis.geometry import WINDOW, layers_of, sample_of
from nlpfeat.analysis.sampling import SamplingOptions, require_characters, sample_member
from nlpfeat.analysis.text_statistics import vocabulary_of
from nlpfeat.config.files import expand_path
from nlpfeat.data.core import split_names
from nlpfeat.data.text.characters import Book
from nlpfeat.errors import UserError
from nlpfeat.films import interpolation, layers, motion, regions, training, writing
from nlpfeat.films.camera import evenly_spaced, film_steps
from nlpfeat.films.files import write_film
from nlpfeat.films.film import Film
from nlpfeat.films.scene import Replayed, Scene
from nlpfeat.geometry.network import Network
from nlpfeat.plotting.style import THEMES
from nlpfeat.progress import Track, untracked
from nlpfeat.store import provenance
from nlpfeat.store.provenance import signature
from nlpfeat.store.results import read_bucket
from nlpfeat.study.replay import Replay, replay
from nlpfeat.study.restore import TrainedMember, find_member
from nlpfeat.study.select import describe_settings, format_number, with_seed
from nlpfeat.study.session import Study

# A replay equals the record to the bit on the machine that made it; elsewhere rounding differs, and the difference grows.
TOLERANCE = 0.01
MAX_POINTS = 750  # training points shown
SAMPLING = SamplingOptions(temperature=0.8, characters=1200)  # of the text in a frame


class DiffersFromRecord(Exception):
    """A member that was trained again does not reproduce the record of the study."""


class FilmKind(NamedTuple):
    """A kind of film."""

    heading: str
    note: str  # how to read it
    check: Callable[[Study], None]  # raises a UserError if the networks of a study cannot be shown
    scene: Callable[
        [Study, Mapping[str, float], int], Scene
    ]  # (study, settings of the member, frames) -> its scene


def make_film(
    study: Study,
    kind: str,
    members: Sequence[Mapping[str, float]],
    frames: int,
    style: str,
    stamp: str,
    track: Track = untracked,
) -> Film:
    """A film of one or several members side by side.

    Args:
      study: whose members they are.
      kind: one of `KINDS`.
      members: the settings of each.
      frames: at most; training has no more frames than steps.
      style: one of `nlpfeat.plotting.style.THEMES`.
      stamp: command, commit and config.
      track: follows the members.

    Raises:
      UserError: if the networks cannot be shown, a member is missing, not trained to the end or diverged.
      DiffersFromRecord: if a member that is trained again does not reproduce its record.
    """
    made = KINDS[kind]
    made.check(study)
    scenes = tuple(made.scene(study, one, frames) for one in track(members, "members", len(members)))
    heading = f"{made.heading} ({study.task.summary})" if len(members) > 1 else made.heading
    titles = tuple(map(describe_settings, members))
    return Film(scenes, titles, heading, made.note, stamp, THEMES[style])


def save_film(
    study: Study,
    kind: str = "training",
    *,
    frames: int = 300,
    fps: int = 25,
    style: str = "light",
    folder: str | Path | None = None,
    stamp: str = "nlpfeat.save_film",
    gif: bool = False,
    track: Track = untracked,
    **settings: float | str | Sequence[float],
) -> list[Path]:
    """Make a film of one member, or of several widths side by side, and write it: an mp4, a page that plays offline, a poster.

    It starts processes: a script that calls it has `if __name__ == "__main__":` above the call, as Python asks for.

        nlpfeat.save_film(nlpfeat.open_study("runs/spirals"), "training", width=(2, 8, 100), seed="median")

    Args:
      study: whose members they are.
      kind: one of `KINDS`.
      frames: at most.
      fps: frames per second.
      style: one of `nlpfeat.plotting.style.THEMES`.
      folder: of the files; None for that of the study's figures.
      stamp: below each frame, before the commit and the hash of the config.
      gif: whether a GIF is written beside the mp4, of at most 3 MB for 60 frames.
      track: follows the members, then the frames.
      settings: of the member: width, one or several; seed, or "median" or "best" (by the headline metric); further axes.

    Returns:
      The paths.

    Raises:
      UserError, DiffersFromRecord: as `make_film`.
    """
    given = {"seed": "median"} | settings
    widths = np.atleast_1d(np.asarray(given.pop("width"))).tolist()
    point: PyTree = given
    members = [with_seed(study.results, study.task, {"width": width} | point) for width in widths]
    film = make_film(study, kind, members, frames, style, signature(stamp, study.folder), track)
    folder = study.folder.figures if folder is None else expand_path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return write_film(film, folder / film_name(kind, members, style), fps, track, gif=gif)


def film_name(kind: str, members: Sequence[Mapping[str, float]], style: str) -> str:
    """The name of a film's files, such as "film-training-width=100-seed=3"."""
    parts = [
        f"{name}={'+'.join(dict.fromkeys(format_number(member[name]) for member in members))}"
        for name in members[0]
    ]
    return "-".join([f"film-{kind}", *parts, *(["dark"] if style == "dark" else [])])


def _training(study: Study, settings: Mapping[str, float], frames: int) -> Scene:
    return training.embedding_scene(_replayed(study, settings, frames))


def _regions(study: Study, settings: Mapping[str, float], frames: int) -> Scene:
    return regions.region_scene(_replayed(study, settings, frames), WINDOW)


def _interpolation(study: Study, settings: Mapping[str, float], frames: int) -> Scene:
    member = _final(study, settings)
    return interpolation.interpolation_scene(_network(member), *_train_points(member), frames, WINDOW)


def _layers(study: Study, settings: Mapping[str, float], frames: int) -> Scene:
    member = _final(study, settings)
    network = _network(member)
    others = motion.undrawable(network)
    if others:
        shapes = [layer.weight.shape for layer in network.layers[:-1]]
        named = ", ".join(f"layer {i} ({n} → {m})" for i, (m, n) in enumerate(shapes, 1) if i in others)
        rest = ", ".join(str(i) for i in range(1, len(shapes) + 1) if i not in others)
        raise UserError(
            f"a film of layers needs layers from plane to plane (2 → 2), but {named} of this network cannot be shown "
            f"({'layer ' + rest + ' can' if rest else 'no other can'}); take a member of width 2, or another kind of film"
        )
    return layers.layer_scene(network, *_train_points(member), frames)


def _writing(study: Study, settings: Mapping[str, float], frames: int) -> Scene:
    replayed = _replay(study, settings, frames)
    book: Book = study.dataset.metadata
    return writing.WritingScene(
        replayed.steps,
        _accuracy(replayed),
        prompt=book.prompt,
        texts=tuple(sample_member(member, book.prompt, SAMPLING)[0] for member in replayed.members),
        vocabulary=vocabulary_of(book.text("train")),
    )


def _check_plane(study: Study) -> None:
    """Check that the networks of a study are piecewise linear on the plane."""
    if study.task.views.plane is None:
        raise UserError(
            f"{study.path} is a study of {study.task.name}: this kind of film shows piecewise-linear networks on the "
            "plane (tasks with the view `piecewise_linear` on the plane); character networks have the kind writing"
        )


def _check_embedding(study: Study) -> None:
    """Check that, in addition, their embedding is 2-D."""
    _check_plane(study)
    if study.spec.model.embedding != 2:
        raise UserError(
            f"the embedding of this study has {study.spec.model.embedding} dimensions, and this film shows a plane: sweep with "
            "model.embedding=2, or make a film of the regions"
        )


KINDS = {
    "training": FilmKind("Training: the embedding, step by step", training.NOTE, _check_embedding, _training),
    "interpolation": FilmKind(
        "From the input to the embedding", interpolation.NOTE, _check_embedding, _interpolation
    ),
    "layers": FilmKind("The network, layer by layer", layers.NOTE, _check_embedding, _layers),
    "regions": FilmKind("The input plane as the network sees it", regions.NOTE, _check_plane, _regions),
    "writing": FilmKind(
        "What the network writes, step by step",
        writing.NOTE,
        lambda study: require_characters(study.task, study.path),
        _writing,
    ),
}


def _replay(study: Study, settings: Mapping[str, float], frames: int) -> Replay:
    """The member, trained again, at the steps of a film."""
    found = replay(study, settings, film_steps(study.spec.training.total, frames))
    if found.gap > TOLERANCE:
        label = str(find_member(study.folder, settings)["bucket"])
        made = json.loads(read_bucket(study.folder, label).attrs["provenance"])
        raise DiffersFromRecord(
            f"trained again, this member differs from the study's record by {found.gap:.3g} (loss in nats, or fraction): the "
            f"study was made by commit {made['commit']} with jax {made['jax']} on {made['device']}, this is "
            f"{provenance.commit()} on {parallel.describe_devices()}. Make the film where the study was made"
        )
    return found


def _replayed(study: Study, settings: Mapping[str, float], frames: int) -> Replayed:
    """As `_replay`, of a network on the plane."""
    found = _replay(study, settings, frames)
    networks = [_network(member) for member in found.members]
    return Replayed(found.steps, networks, _accuracy(found), *_train_points(found.members[0]))


def _final(study: Study, settings: Mapping[str, float]) -> TrainedMember:
    """The member at the end of its training.

    Raises:
      UserError: if its last checkpoint is missing, or its training diverged.
    """
    member, last = study.restore_converged(None, **settings), study.spec.training.total
    if member.step != last:
        raise UserError(
            f"the last checkpoint of this member is of step {member.step}, not {last}: run the sweep to its end"
        )
    return member


def _network(member: TrainedMember) -> Network:
    """The network of a member.

    Raises:
      UserError: if its training diverged, or it has a single class.
    """
    plain = layers_of(member)
    if len(plain[-1].bias) < 2:
        raise UserError(
            "this study has a single class: there are no decision regions; sweep with more classes"
        )
    try:
        return Network(tuple(plain))
    except ValueError as error:
        raise UserError(f"this member cannot be shown: {error}") from error


def _train_points(member: TrainedMember) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 2) and labels (n,) of the train split, at most `MAX_POINTS`."""
    sample = sample_of(member)
    shown = evenly_spaced(len(sample.labels["train"]), MAX_POINTS)
    return sample.points["train"][shown], sample.labels["train"][shown]


def _accuracy(found: Replay) -> dict[str, np.ndarray]:
    """Accuracy (steps,) by split; where there is a test split, without the validation split, on which members are chosen."""
    names = split_names(found.members[0].splits)
    shown = [name for name in names if name != "validation" or "test" not in names]
    return {name: found.record["accuracy"][:, names.index(name)] for name in shown}
