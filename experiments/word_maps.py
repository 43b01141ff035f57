"""Maps of good and bad words, one a member: a PNG, a PDF, a page and a CSV of coordinates."""

import html
from collections.abc import Callable
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from experiments import map_files
from experiments.members import describe, spell
from experiments.progress import Counting
from experiments.tables import warn
from experiments.word_space import Words, net, vectors
from nlpfeat.plotting.map_page import Panel, Points, map_page
from nlpfeat.plotting.names import plot_names
from nlpfeat.plotting.style import STYLE, save, stamp
from nlpfeat.sweeps.provenance import signature
from nlpfeat.words.groups import Groups
from nlpfeat.words.projections import align, pca, tsne
from nlpfeat.words.separability import essential

# Trask's map: green for good words, black for bad ones.
GOOD, BAD = "#009E73", "#1a1a1a"
EACH = 500  # good and bad words, where no one asks for others
METHODS: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "tsne": ("t-SNE", tsne),
    "pca": ("PCA", pca),
}


def draw(
    words: Words, members: list[dict[str, float]], step: int | None, each: int, method: str, line: str
) -> int:
    """Draw the maps of `members`, aligned to the first; paths on stdout."""
    groups, study = words.groups(each), words.study
    panels = project(words, members, step, groups, method)
    names = [words.vocabulary.words[i] or "(empty)" for i in groups.words]
    good = groups.labels == 1
    study.figures.mkdir(exist_ok=True)
    path = study.figures / file_name(members, step, each, method)
    stamped = signature(line, study)
    paths = [*still(panels, names, good, words.texts.corpus.classes[-1], stamped, path)]
    counts = words.vocabulary.counts[groups.words].sum(1)
    told = {"group": np.where(good, "good", "bad"), "polarity": groups.polarity.round(3), "count": counts}
    colours, markers = np.where(good, GOOD, BAD), np.where(good, "circle", "triangle")
    points = Points("word", names, told, colours.tolist(), markers.tolist(), np.abs(groups.polarity))
    page = map_page(panels, points, about(words, groups, method, stamped))
    table = pd.DataFrame({"word": names, **told, "polarity": groups.polarity})
    for panel in panels:
        table[f"{panel.title}: x"], table[f"{panel.title}: y"] = panel.points.T
    paths += map_files.write(path, page, table)
    print("\n".join(map(str, paths)))
    return 0


def file_name(members: list[dict[str, float]], step: int | None, each: int, method: str) -> str:
    """Such as "words-tsne-width=2+10-seed=1": every setting once, or one for each map."""
    parts = [f"words-{method}"]
    for name in members[0]:
        values = list(dict.fromkeys(spell(member[name]) for member in members))
        parts.append(f"{name}={'+'.join(values)}")
    parts += [f"step={step}"] if step is not None else []
    return "-".join(parts + ([f"each={each}"] if each != EACH else []))


def project(
    words: Words, members: list[dict[str, float]], step: int | None, groups: Groups, method: str
) -> list[Panel]:
    """The map of each member, brought into line with the first."""
    title, projection = METHODS[method]
    panels: list[Panel] = []
    with Counting("maps", len(members)) as progress:
        for member in progress.each(iter(members)):
            restored = net(words, member, step)
            table = vectors(words, restored)
            points = essential(table[groups.words])
            rank = points.shape[1]
            if rank <= 1:
                warn(
                    f"width {spell(member['width'])}: the words fill {rank} of {table.shape[1]} dimensions, so "
                    + (
                        "there is nothing to see yet"
                        if rank == 0
                        else "all that the map shows is their order along one line"
                    )
                )
            found = projection(points) if rank else np.zeros((len(points), 2))
            dims = "dimension" if rank == 1 else "dimensions"
            name = f"{describe(member)}, step {restored.step}: {title} of {rank} {dims}"
            panels.append(Panel(name, align(found, panels[0].points) if panels else found))
    return panels


def still(
    panels: list[Panel], names: list[str], good: np.ndarray, last: str, line: str, path: Any
) -> list[Any]:
    """The maps side by side, as PNG and PDF."""
    size = 9.0 if len(panels) == 1 else 6.5
    with plt.style.context(STYLE):
        figure, axes = plt.subplots(1, len(panels), figsize=(size * len(panels), size), squeeze=False)
        figure.suptitle(
            f"Words of {last} texts (green dots) and of the others (black triangles): near where the net treats them alike",
            x=0.005,
            ha="left",
            fontsize=12,
        )
        stamp(figure, line)
        for ax, panel in zip(axes[0], panels, strict=True):
            ax.set_title(panel.title, fontsize=10)
            plot_names(ax, panel.points, names, good, (GOOD, BAD))
        paths = save(figure, path)
        plt.close(figure)
    return paths


def about(words: Words, groups: Groups, method: str, line: str) -> str:
    """What the page shows, in plain words."""
    good, bad = int((groups.labels == 1).sum()), int((groups.labels == 0).sum())
    positive = words.texts.corpus.classes[-1]
    how = (
        "t-SNE keeps near words near; how far apart groups lie, and how large they are, means nothing."
        if method == "tsne"
        else "PCA shows the two directions in which the words differ most; distances are true as far as they lie in it."
    )
    return (
        f"<p><b>Words as the net sees them.</b> The {good} words that {html.escape(positive)} texts say most beside others "
        f"(green dots) and the {bad} that the others say most (black triangles). Words are near one another where the net treats them "
        f"alike. {how} Wheel to zoom, drag to pan; point at a word to read it; more labels appear as you zoom in.</p>"
        f"<p style='color:#666;font-size:11px'>{html.escape(line)}</p>"
    )
