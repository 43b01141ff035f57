"""Show how features share dimensions: the toy model of superposition, words, factors."""

import argparse
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_json, add_study

if TYPE_CHECKING:
    import numpy as np

    from nlpfeat.analysis.superposition import Superposition
    from nlpfeat.study.session import Study

SHOWN = ("represented", "per_dimension", "dimensions", "overlap", "welch", "random")


def add_flags(parser: Parser) -> None:
    """All flags."""
    add_study(parser, "runs/superposition")
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Write the figures and the table, print medians and slopes."""
    from nlpfeat.store import precheck

    precheck.require_study(args.study)

    from nlpfeat.analysis.superposition import MEASURES, superposition
    from nlpfeat.cli.figures import write_figure
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_columns, print_json
    from nlpfeat.plotting.figures.superposition import phase_figure, plane_figure, superposition_figure
    from nlpfeat.study.session import open_study

    study = open_study(args.study)
    found = superposition(study, track)
    if args.json:
        print_json({"members": found.members, "slopes": found.slopes})
        return 0
    names = [*found.axes, "width"]
    medians = found.members.groupby(names)[["loss", *SHOWN]].median().reset_index()
    columns = {name.replace("_", " "): [f"{x:g}" for x in medians[name]] for name in names}
    columns |= {name.replace("_", " "): [f"{x:.3g}" for x in medians[name]] for name in ("loss", *SHOWN)}
    print_columns(
        columns,
        "Medians over seeds. "
        + "; ".join(f"{name.replace('_', ' ')}: {text}" for name, text in MEASURES.items()),
    )
    if len(found.slopes):
        rows = found.slopes
        columns = {name.replace("_", " "): [f"{x:g}" for x in rows[name]] for name in found.axes}
        columns["power of m"] = [
            f"{b:.2f} ({a:.2f} – {c:.2f})" for a, b, c in rows[["low", "slope", "high"]].to_numpy().tolist()
        ]
        columns["dimensions"] = [f"{a} – {b}" for a, b in rows[["narrowest", "widest"]].to_numpy().tolist()]
        columns["superposition"] = ["strong" if strong else "–" for strong in rows["strong"]]
        print_columns(
            columns,
            f"The {found.split} loss as a power of the dimensions: mean over seeds (95 % t interval). Strong: over dimensions in which nearly all "
            "features are represented, at least two for each",
        )
    label = study.task.width_label
    if found.members["width"].nunique() > 1:
        write_figure(study, "superposition", superposition_figure(found, label), "", line, found.members)
        over = next((name for name in found.axes if found.members[name].nunique() > 1), None)
        if over is not None:
            write_figure(study, "superposition-phases", phase_figure(found, over, label), "", line)
    vectors = _in_the_plane(study, found)
    if vectors:
        write_figure(study, "superposition-plane", plane_figure(vectors), "", line)
    return 0


def _in_the_plane(study: "Study", found: "Superposition") -> "dict[str, np.ndarray]":
    """The vectors of the best member in two dimensions at each point of the further axes, where there are few enough to be drawn."""
    from nlpfeat.analysis.superposition import vectors_of

    flat = found.members[found.members["width"] == 2]
    if flat.empty:
        return {}
    names = found.axes
    groups = [rows for _, rows in flat.groupby(names)] if names else [flat]
    vectors = {}
    for rows in groups:
        best = rows.iloc[int(rows["loss"].argmin())]
        point = {name: float(best[name]) for name in names}
        member = study.restore(None, width=2, seed=int(best["seed"]), **point)
        title = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in point.items())
        vectors[title or f"seed {int(best['seed'])}"] = vectors_of(member)
    return vectors if max(map(len, vectors.values())) <= 200 else {}  # more arrows cover each other


COMMAND = Command(
    "superposition",
    "show how features share dimensions, and how the loss falls with these",
    add_flags,
    run,
    description="For the toy model of superposition, and for the vectors of words and of items in studies of texts and ratings: how many features\n"
    "are represented in how many dimensions, how far their vectors overlap, and the power of the dimensions with which the loss falls.\n"
    "Figures and a table go to STUDY/figures.",
    examples=(
        "nlpfeat sweep superposition:plane",
        "nlpfeat superposition --study=runs/superposition-plane",
        "nlpfeat superposition --study=runs/windows_noise",
    ),
    python='nlpfeat.superposition(nlpfeat.open_study("runs/superposition")).slopes',
    opens_study=False,
)
