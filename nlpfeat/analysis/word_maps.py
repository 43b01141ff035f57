"""Words on planes, one per member or file: good and bad words where texts have classes, else the most frequent words."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from sklearn.cluster import KMeans

from nlpfeat.analysis.embeddings import (
    class_index,
    has_classes,
    polar_groups,
    texts_of,
    word_space,
    word_vectors,
)
from nlpfeat.embeddings.neighbours import nearest_of, unit_length
from nlpfeat.embeddings.projections import align, pca, stacked, tsne
from nlpfeat.embeddings.separability import PolarWords, effective_dimensions
from nlpfeat.embeddings.space import WordSpace
from nlpfeat.errors import UserError
from nlpfeat.progress import Track, untracked
from nlpfeat.study.select import describe_settings, format_number
from nlpfeat.study.session import Study

log = logging.getLogger(__name__)

Method = Literal["tsne", "pca"]
METHODS: dict[Method, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "tsne": ("t-SNE", tsne),
    "pca": ("PCA", pca),
}
MAX_CLUSTERS = 8


@dataclass(frozen=True)
class WordMapOptions:
    """Which words, and how they are projected.

    Attributes:
      method: of projection.
      step: a kept checkpoint; None for the last.
      per_class: words typical of a class, and of the others, of texts with classes.
      class_name: of that class; empty for the last one.
      max_items: the most frequent words, of texts without classes and of files.
    """

    method: Method = "tsne"
    step: int | None = None
    per_class: int = 500
    class_name: str = ""
    max_items: int = 350


class Plane(NamedTuple):
    """The words of a map in one space, projected.

    Attributes:
      title: the member or file, and the projection.
      points: of the words.
      rank: dimensions that the words fill; up to one, the points are stacked on a number line.
      neighbours: the nearest words of each in the whole space by Euclidean distance, nearest first; at most `NEIGHBOURS` of `nlpfeat.embeddings.neighbours`.
    """

    title: str
    points: Float[np.ndarray, "n 2"]
    rank: int
    neighbours: Int[np.ndarray, "n neighbours"]


class WordMap(NamedTuple):
    """The same words on several planes.

    Attributes:
      method: of projection.
      planes: one per space, each aligned to the first.
      table: one row per word, the order of the points: "word"; "group", which is the class, "not" the class, or the number of a k-means
        cluster; "polarity" of words of texts with classes, "rank" by frequency of others; "count" where it is known.
      class_name: the class whose words are held against the others; None where the groups are clusters.
      clustered: the space whose vectors were clustered, where there are several; else "".
    """

    method: Method
    planes: list[Plane]
    table: pd.DataFrame
    class_name: str | None = None
    clustered: str = ""


class Titled(NamedTuple):
    """The vectors of the words of a map in one space."""

    title: str
    vectors: Float[np.ndarray, "n d"]


def word_map(
    study: Study,
    members: Sequence[Mapping[str, float]],
    options: WordMapOptions = WordMapOptions(),
    track: Track = untracked,
) -> WordMap:
    """The words of a study in the spaces of members.

    Args:
      study: of word vectors.
      members: the settings of each.
      options: of the map.
      track: follows the loop over planes.

    Raises:
      UserError: if there are too few words, or a member is missing or has diverged.
    """
    groups = polar_groups(study, options.per_class, options.class_name) if has_classes(study) else None
    spaces: list[Titled] = []
    first = None
    for settings in members:
        member = study.restore_converged(options.step, **settings)
        title = f"{describe_settings(settings)}, step {member.step}"
        if groups is not None:
            spaces.append(Titled(title, word_vectors(member)[groups.words]))
        else:
            space = word_space(study, member)
            first = first or space
            spaces.append(Titled(title, _frequent(space, options)))
    planes = project(spaces, options.method, track)
    if first is not None:
        return _clustered(first, spaces, planes, options.method)
    assert groups is not None
    name = texts_of(study).corpus.classes[class_index(study, options.class_name)]
    return WordMap(options.method, planes, _polar(study, groups, name), name)


def space_map(space: WordSpace, options: WordMapOptions = WordMapOptions()) -> WordMap:
    """The most frequent words of a file of vectors.

    Raises:
      UserError: if there are too few words.
    """
    spaces = [Titled(space.title, _frequent(space, options))]
    return _clustered(space, spaces, project(spaces, options.method), options.method)


def map_name(members: Sequence[Mapping[str, float]], options: WordMapOptions) -> str:
    """The name of the files of a map, such as "words-tsne-width=2+10-seed=1"; options that are not the default are in it.

    Args:
      members: their settings: each once, or one value per map.
      options: of the map.
    """
    parts, usual = [f"words-{options.method}"], WordMapOptions()
    for name in members[0]:
        values = dict.fromkeys(format_number(member[name]) for member in members)
        parts.append(f"{name}={'+'.join(values)}")
    changed = {name: getattr(options, name) for name in ("step", "per_class", "max_items")}
    parts += [f"{k.replace('_', '-')}={v}" for k, v in changed.items() if v != getattr(usual, k)]
    if options.class_name:
        parts.append("class=" + re.sub(r"[^\w.-]", "_", options.class_name))
    return "-".join(parts)


def project(spaces: Sequence[Titled], method: Method, track: Track = untracked) -> list[Plane]:
    """The plane of each space, aligned to the first.

    Args:
      spaces: vectors of the same words.
      method: of projection.
      track: follows the loop over spaces.

    Raises:
      UserError: for fewer than three words.
    """
    if len(spaces[0].vectors) < 3:
        raise UserError(f"a map needs three words, and there are {len(spaces[0].vectors)}")
    name, projection = METHODS[method]
    planes: list[Plane] = []
    for title, vectors in track(spaces, "maps", len(spaces)):
        points = effective_dimensions(vectors)
        rank = points.shape[1]
        near = nearest_of(points)
        if rank > 1:
            plane, heading = projection(points), f"{title}: {name} of {rank} dimensions"
            planes.append(Plane(heading, align(plane, planes[0].points) if planes else plane, rank, near))
            continue
        shown = "its map is empty" if rank == 0 else "they are drawn on a number line"
        log.warning("%s: the words fill %d of %d dimensions, so %s", title, rank, vectors.shape[1], shown)
        line = points[:, 0] if rank else np.zeros(len(points))
        if planes and line @ planes[0].points[:, 0] < 0:
            line = -line
        planes.append(
            Plane(
                f"{title}: number line, as the words fill {rank} dimension{'' if rank == 1 else 's'}",
                stacked(line),
                rank,
                near,
            )
        )
    return planes


def _frequent(space: WordSpace, options: WordMapOptions) -> Float[np.ndarray, "n d"]:
    """The most frequent words at length 1: the length of a vector reflects the frequency of its word, not its meaning."""
    return unit_length(space.vectors[: options.max_items])


def _polar(study: Study, groups: PolarWords, name: str) -> pd.DataFrame:
    vocabulary = texts_of(study).vocabulary
    columns = {
        "word": [vocabulary.words[i] or "(empty)" for i in groups.words],
        "group": np.where(groups.labels == 1, name, f"not {name}"),
        "polarity": groups.polarity.round(3),
        "count": vocabulary.counts[groups.words].sum(1),
    }
    return pd.DataFrame(columns)


def _clustered(space: WordSpace, spaces: Sequence[Titled], planes: list[Plane], method: Method) -> WordMap:
    """Words grouped by the k-means clusters of the space of most dimensions, numbered by their most frequent words."""
    widest = max(spaces, key=lambda one: one.vectors.shape[1])
    count = len(widest.vectors)
    labels = KMeans(min(MAX_CLUSTERS, count), random_state=0).fit_predict(widest.vectors)
    labels = np.unique(labels, return_index=True)[1].argsort().argsort()[labels]
    columns = {"word": list(space.words[:count]), "group": labels + 1, "rank": np.arange(1, count + 1)}
    if space.counts is not None:
        columns["count"] = space.counts[:count]
    return WordMap(method, planes, pd.DataFrame(columns), clustered=widest.title if len(spaces) > 1 else "")
