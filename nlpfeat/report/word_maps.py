"""Maps of words, one per member: of good and bad words where texts have classes, else of the most frequent words."""

import html
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from sklearn.cluster import KMeans

from nlpfeat.analysis.embeddings import has_classes, polar_groups, texts_of, word_space, word_vectors
from nlpfeat.embeddings.neighbours import unit
from nlpfeat.embeddings.projections import align, pca, tsne
from nlpfeat.embeddings.separability import PolarWords, effective_dimensions
from nlpfeat.embeddings.space import WordSpace
from nlpfeat.errors import UserError
from nlpfeat.plotting.figures.maps import Panel, Points
from nlpfeat.progress import Track, untracked
from nlpfeat.report.maps import MapText
from nlpfeat.study.select import describe_settings, format_number
from nlpfeat.study.session import Study

log = logging.getLogger(__name__)

Method = Literal["tsne", "pca"]
GOOD, BAD = "#009E73", "#1a1a1a"  # Trask's map: green for good words, black for bad ones
METHODS: dict[Method, tuple[str, Callable[[np.ndarray], np.ndarray], str]] = {
    "tsne": (
        "t-SNE",
        tsne,
        "t-SNE keeps neighbours together; the distances between groups, and their sizes, mean nothing.",
    ),
    "pca": (
        "PCA",
        pca,
        "PCA shows the two directions of largest variance; distances are true as far as they lie in these.",
    ),
}
USAGE = "Wheel to zoom, drag to pan; point at a word to read it; more labels appear as you zoom in."
# Colours that the colour-blind distinguish, and a marker besides, per cluster.
CLUSTERS = (
    ("#0072B2", "circle"),
    ("#D55E00", "triangle"),
    ("#009E73", "square"),
    ("#CC79A7", "diamond"),
    ("#9a6a00", "inverted_triangle"),
    ("#2a8fc4", "plus"),
    ("#1a1a1a", "x"),
    ("#777777", "star"),
)


@dataclass(frozen=True)
class WordMapOptions:
    """Which words, and how they are projected.

    Attributes:
      method: of projection.
      step: a kept checkpoint; None for the last.
      per_class: good and bad words, of texts with classes.
      max_items: the most frequent words, of texts without classes and of files.
    """

    method: Method = "tsne"
    step: int | None = None
    per_class: int = 500
    max_items: int = 350


class WordMap(NamedTuple):
    """A map, for `nlpfeat.report.maps.write_map`."""

    panels: list[Panel]
    points: Points
    text: MapText


class Titled(NamedTuple):
    """The vectors of the words of a map in one space."""

    title: str
    vectors: Float[np.ndarray, "n d"]


def word_map(
    study: Study,
    members: Sequence[Mapping[str, float]],
    options: WordMapOptions,
    track: Track = untracked,
) -> WordMap:
    """The maps of members, each aligned to the first.

    Args:
      study: of word vectors.
      members: the settings of each.
      options: of the map.
      track: follows the loop over maps.

    Raises:
      UserError: if there are too few words, or a member is missing or has diverged.
    """
    groups = polar_groups(study, options.per_class) if has_classes(study) else None
    spaces: list[Titled] = []
    space = None
    for settings in members:
        member = study.trained_member(options.step, **settings)
        title = f"{describe_settings(settings)}, step {member.step}"
        if groups is not None:
            spaces.append(Titled(title, word_vectors(member)[groups.words]))
        else:
            own = word_space(study, member)
            space = space or own
            spaces.append(Titled(title, _frequent(own, options)))
    panels = project(spaces, options.method, track)
    if space is None:
        assert groups is not None
        return WordMap(panels, *_polar(study, groups, options.method))
    return WordMap(panels, *_clustered(space, spaces, options.method))


def space_map(space: WordSpace, options: WordMapOptions) -> WordMap:
    """The map of the most frequent words of a file of vectors.

    Raises:
      UserError: if there are too few words.
    """
    spaces = [Titled(space.title, _frequent(space, options))]
    return WordMap(project(spaces, options.method), *_clustered(space, spaces, options.method))


def _frequent(space: WordSpace, options: WordMapOptions) -> Float[np.ndarray, "n d"]:
    """The most frequent words at length 1: the length of a vector reflects the frequency of its word, not its meaning."""
    return unit(space.vectors[: options.max_items])


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
    return "-".join(parts)


def project(spaces: Sequence[Titled], method: Method, track: Track = untracked) -> list[Panel]:
    """The map of each space, aligned to the first.

    Args:
      spaces: vectors of the same words.
      method: of projection.
      track: follows the loop over spaces.

    Raises:
      UserError: for fewer than three words.
    """
    if len(spaces[0].vectors) < 3:
        raise UserError(f"a map needs three words, and there are {len(spaces[0].vectors)}")
    name, projection, _ = METHODS[method]
    panels: list[Panel] = []
    for title, vectors in track(spaces, "maps", len(spaces)):
        points = effective_dimensions(vectors)
        rank = points.shape[1]
        if rank <= 1:
            shown = "its map is empty" if rank == 0 else "the map shows nothing but their order along a line"
            log.warning("%s: the words fill %d of %d dimensions, so %s", title, rank, vectors.shape[1], shown)
        plane = projection(points) if rank else np.zeros((len(points), 2))
        heading = f"{title}: {name} of {rank} {'dimension' if rank == 1 else 'dimensions'}"
        panels.append(Panel(heading, align(plane, panels[0].points) if panels else plane))
    return panels


def _polar(study: Study, groups: PolarWords, method: Method) -> tuple[Points, MapText]:
    """Good and bad words; the most extreme of either sign are labelled first, in turn."""
    texts, good = texts_of(study), groups.labels == 1
    columns = {
        "group": np.where(good, "good", "bad"),
        "polarity": groups.polarity.round(3),
        "count": texts.vocabulary.counts[groups.words].sum(1),
    }
    points = Points(
        "word",
        [texts.vocabulary.words[i] or "(empty)" for i in groups.words],
        columns,
        np.where(good, GOOD, BAD).tolist(),
        np.where(good, "circle", "triangle").tolist(),
        -np.where(good, np.cumsum(good), np.cumsum(~good)).astype(float),
    )
    last = texts.corpus.classes[-1]
    about = (
        f"<p><b>Words in the space of the network.</b> The {int(good.sum())} words most typical of {html.escape(last)} texts (green "
        f"dots) and the {int((~good).sum())} most typical of the others (black triangles). The network treats neighbouring words "
        f"alike. {METHODS[method][2]} {USAGE}</p>"
    )
    heading = f"Words of {last} texts (green dots) and of the others (black triangles): the network treats neighbours alike"
    return points, MapText(heading, about)


def _clustered(space: WordSpace, spaces: Sequence[Titled], method: Method) -> tuple[Points, MapText]:
    """The most frequent words, coloured by the k-means clusters of the space of most dimensions."""
    widest = max(spaces, key=lambda one: one.vectors.shape[1])
    count = len(widest.vectors)
    clusters = min(len(CLUSTERS), count)
    labels = KMeans(clusters, random_state=0).fit_predict(widest.vectors)
    # Clusters are numbered by their most frequent words.
    labels = np.unique(labels, return_index=True)[1].argsort().argsort()[labels]
    columns: dict[str, np.ndarray] = {"group": labels + 1, "rank": np.arange(1, count + 1)}
    if space.counts is not None:
        columns["count"] = space.counts[:count]
    colours, markers = zip(*(CLUSTERS[label] for label in labels), strict=True)
    weights = -np.arange(count, dtype=float)
    points = Points("word", space.words[:count], columns, colours, markers, weights)
    origin = f" of {widest.title}" if len(spaces) > 1 else ""
    about = (
        f"<p><b>Words by their contexts.</b> The {count} most frequent words; neighbours occur in similar contexts. Colours and "
        f"shapes: {clusters} k-means clusters{html.escape(origin)}. {METHODS[method][2]} {USAGE}</p>"
    )
    heading = f"The {count} most frequent words: neighbours occur in similar contexts; colours and shapes: {clusters} clusters{origin}"
    return points, MapText(heading, about)
