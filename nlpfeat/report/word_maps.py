"""Maps of words, one a member: of good and bad words where texts have classes, else of the most frequent ones."""

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.cluster import KMeans

from nlpfeat.cli.progress import Counter
from nlpfeat.cli.tables import warn
from nlpfeat.embeddings.neighbours import unit
from nlpfeat.embeddings.projections import align, pca, tsne
from nlpfeat.embeddings.separability import effective_dimensions
from nlpfeat.embeddings.space import WordSpace
from nlpfeat.errors import UserError
from nlpfeat.report import map_files
from nlpfeat.report.map_files import Said
from nlpfeat.report.map_page import Panel, Points
from nlpfeat.store.provenance import commit, signature
from nlpfeat.study.select import describe_member, format_number
from nlpfeat.study.words import Words, learned, net, vectors

# Trask's map: green for good words, black for bad ones.
GOOD, BAD = "#009E73", "#1a1a1a"
EACH = 500  # good and bad words, where no one asks for others
FREQUENT = 350  # words of a map without classes, as in the lesson
METHODS: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "tsne": ("t-SNE", tsne),
    "pca": ("PCA", pca),
}
HOW = {
    "tsne": "t-SNE keeps near words near; how far apart groups lie, and how large they are, means nothing.",
    "pca": "PCA shows the two directions in which the words differ most; distances are true as far as they lie in it.",
}
LOOK = "Wheel to zoom, drag to pan; point at a word to read it; more labels appear as you zoom in."
# Groups of words that are near one another, in colours that the colour-blind tell apart, and shapes besides.
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


class Seen(NamedTuple):
    """The chosen words in one space."""

    title: str
    vectors: np.ndarray  # (n, d)


def draw(words: Words, members: list[dict[str, float]], flags: Any, line: str) -> int:
    """Draw the maps of `members` of a study, aligned to the first; paths on stdout."""
    drawn = drawing(words, members, flags, signature(line, words.study))
    return _write(words.study.figures / file_name(members, flags), *drawn)


def drawing(
    words: Words, members: list[dict[str, float]], flags: Any, stamped: str
) -> tuple[list[Panel], Points, Said]:
    """The maps of `members` of a study, aligned to the first.

    Args:
      flags: `method`, a key of METHODS; `step`, of the last checkpoint if None; `each`, how many good and bad words; `most`,
        how many frequent ones of texts without classes.

    Raises:
      UserError: if there are too few words.
    """
    groups = words.groups(flags.each) if words.labelled else None
    seen: list[Seen] = []
    spaces: list[WordSpace] = []
    for member in members:
        restored = net(words, member, flags.step)
        title = f"{describe_member(member)}, step {restored.step}"
        if groups is not None:
            seen.append(Seen(title, vectors(words, restored)[groups.words]))
        else:
            spaces.append(learned(words, restored))
            seen.append(Seen(title, _frequent(spaces[-1], flags.most)))
    if groups is not None:
        points, said = polar(words, groups, flags.method, stamped)
    else:
        points, said = clustered(spaces[0], seen, flags.method, stamped)
    return project(seen, flags.method), points, said


def draw_file(space: WordSpace, flags: Any, line: str) -> int:
    """Draw the map of a file's most frequent words, in the working directory's `figures`; paths on stdout."""
    seen = [Seen(space.title, _frequent(space, flags.most))]
    points, said = clustered(space, seen, flags.method, f"{line}   commit {commit()}")
    name = f"words-{flags.method}-{Path(flags.vectors).name}-{len(seen[0].vectors)}"
    return _write(Path("figures") / name, project(seen, flags.method), points, said)


def _frequent(space: WordSpace, most: int | None) -> np.ndarray:
    """The most frequent words at length 1: how long a vector is tells how frequent the word, not what it means."""
    return unit(space.vectors[: most or FREQUENT])


def _write(path: Path, panels: list[Panel], points: Points, said: Said) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    print("\n".join(map(str, map_files.write(path, panels, points, said))))
    return 0


def file_name(members: list[dict[str, float]], flags: Any) -> str:
    """Such as "words-tsne-width=2+10-seed=1": every setting once, or one for each map."""
    parts = [f"words-{flags.method}"]
    for name in members[0]:
        values = list(dict.fromkeys(format_number(member[name]) for member in members))
        parts.append(f"{name}={'+'.join(values)}")
    parts += [f"step={flags.step}"] if flags.step is not None else []
    parts += [f"each={flags.each}"] if flags.each != EACH else []
    return "-".join(parts + ([f"most={flags.most}"] if flags.most is not None else []))


def project(seen: list[Seen], method: str) -> list[Panel]:
    """The map of each space, brought into line with the first.

    Raises:
      UserError: for fewer than three words.
    """
    if len(seen[0].vectors) < 3:
        raise UserError(f"a map needs three words, and there are {len(seen[0].vectors)}")
    title, projection = METHODS[method]
    panels: list[Panel] = []
    with Counter("maps", len(seen)) as progress:
        for one in progress.each(iter(seen)):
            points = effective_dimensions(one.vectors)
            rank = points.shape[1]
            if rank <= 1:
                told = (
                    "there is nothing to see yet"
                    if rank == 0
                    else "all that the map shows is their order along one line"
                )
                warn(f"{one.title}: the words fill {rank} of {one.vectors.shape[1]} dimensions, so {told}")
            found = projection(points) if rank else np.zeros((len(points), 2))
            dims = "dimension" if rank == 1 else "dimensions"
            name = f"{one.title}: {title} of {rank} {dims}"
            panels.append(Panel(name, align(found, panels[0].points) if panels else found))
    return panels


def polar(words: Words, groups: Any, method: str, line: str) -> tuple[Points, Said]:
    """Good and bad words, the most telling of each labelled first, in turns."""
    names = [words.vocabulary.words[i] or "(empty)" for i in groups.words]
    good = groups.labels == 1
    told = {
        "group": np.where(good, "good", "bad"),
        "polarity": groups.polarity.round(3),
        "count": words.vocabulary.counts[groups.words].sum(1),
    }
    turns = np.where(good, np.cumsum(good), np.cumsum(~good))
    colours, markers = np.where(good, GOOD, BAD), np.where(good, "circle", "triangle")
    points = Points("word", names, told, colours.tolist(), markers.tolist(), -turns.astype(float))
    last = words.texts.corpus.classes[-1]
    about = (
        f"<p><b>Words as the net sees them.</b> The {int(good.sum())} words that {html.escape(last)} texts say most beside others "
        f"(green dots) and the {int((~good).sum())} that the others say most (black triangles). Words are near one another where the "
        f"net treats them alike. {HOW[method]} {LOOK}</p>"
    )
    headline = f"Words of {last} texts (green dots) and of the others (black triangles): near where the net treats them alike"
    return points, _said(headline, about, line)


def clustered(space: WordSpace, seen: list[Seen], method: str, line: str) -> tuple[Points, Said]:
    """The most frequent words, coloured by groups of words that are near one another in the space of most dimensions."""
    widest = max(seen, key=lambda one: one.vectors.shape[1])
    count = len(widest.vectors)
    few = min(len(CLUSTERS), count)
    groups = KMeans(few, random_state=0).fit_predict(widest.vectors)
    order = np.unique(groups, return_index=True)[1].argsort().argsort()  # by their most frequent words
    groups = order[groups]
    told: dict[str, Any] = {"group": groups + 1, "rank": np.arange(1, count + 1)}
    if space.counts is not None:
        told["count"] = space.counts[:count]
    colours, markers = zip(*(CLUSTERS[group] for group in groups), strict=True)
    points = Points("word", space.words[:count], told, colours, markers, -np.arange(count, dtype=float))
    by = f" of {widest.title}" if len(seen) > 1 else ""
    about = (
        f"<p><b>Words as their company places them.</b> The {count} most frequent words: near one another where they stand among the "
        f"same words. Colours and shapes: {few} groups found{html.escape(by)} by k-means. {HOW[method]} {LOOK}</p>"
    )
    headline = f"The {count} most frequent words: near where they keep the same company; colours and shapes: {few} groups{by}"
    return points, _said(headline, about, line)


def _said(headline: str, about: str, line: str) -> Said:
    return Said(headline, f"{about}<p style='color:#666;font-size:11px'>{html.escape(line)}</p>", line)
