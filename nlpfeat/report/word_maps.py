"""What the interactive map of words shows: colours, markers, captions. `nlpfeat.report.map_page` draws it."""

from collections.abc import Sequence

import numpy as np

from nlpfeat.analysis.word_maps import MAX_CLUSTERS, WordMap
from nlpfeat.plotting.figures.maps import Panel, Points
from nlpfeat.report.map_page import Map

GOOD, BAD = "#009E73", "#1a1a1a"  # Trask's map: green for good words, black for bad ones
CAVEATS = {
    "tsne": "t-SNE keeps neighbours together; the distances between groups, and their sizes, mean nothing.",
    "pca": "PCA shows the two directions of largest variance; distances are true as far as they lie in these.",
}
USAGE = (
    "Wheel to zoom, drag to move; point at a word to read it, click it for its nearest words in the whole space; more labels appear as "
    "you zoom in."
)
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
assert len(CLUSTERS) == MAX_CLUSTERS


def word_map_page(result: WordMap) -> Map:
    """The map of words, ready for `nlpfeat.report.map_page.write_map`."""
    panels = [Panel(plane.title, plane.points, plane.rank <= 1, plane.neighbours) for plane in result.planes]
    return Map(panels, *(_clusters if result.class_name is None else _polar)(result))


def _polar(result: WordMap) -> tuple[Points, str, str]:
    """Words of a class and of the others; the most extreme of either sign are labelled first, in turn."""
    last = str(result.class_name)
    good = (result.table["group"] == last).to_numpy()
    points = _points(
        result,
        np.where(good, GOOD, BAD).tolist(),
        np.where(good, "circle", "triangle").tolist(),
        -np.where(good, np.cumsum(good), np.cumsum(~good)).astype(float),
    )
    heading = f"Words of {last} texts (green dots) and of the others (black triangles): the network treats neighbours alike"
    about = (
        f"Words in the space of the network. The {int(good.sum())} words most typical of {last} texts (green "
        f"dots) and the {int((~good).sum())} most typical of the others (black triangles). The network treats neighbouring words "
        f"alike. {CAVEATS[result.method]} {USAGE}"
    )
    return points, heading, about


def _clusters(result: WordMap) -> tuple[Points, str, str]:
    """The most frequent words, coloured by cluster; the most frequent are labelled first."""
    group = result.table["group"]
    count, clusters = len(group), group.nunique()
    colours, markers = zip(*(CLUSTERS[number - 1] for number in group), strict=True)
    points = _points(result, colours, markers, -np.arange(count, dtype=float))
    origin = f" of {result.clustered}" if result.clustered else ""
    heading = f"The {count} most frequent words: neighbours occur in similar contexts; colours and shapes: {clusters} clusters{origin}"
    about = (
        f"Words by their contexts. The {count} most frequent words; neighbours occur in similar contexts. Colours and "
        f"shapes: {clusters} k-means clusters{origin}. {CAVEATS[result.method]} {USAGE}"
    )
    return points, heading, about


def _points(result: WordMap, colours: Sequence[str], markers: Sequence[str], weights: np.ndarray) -> Points:
    columns = {str(name): column.to_numpy() for name, column in result.table.drop(columns="word").items()}
    return Points("word", result.table["word"].tolist(), columns, colours, markers, weights)
