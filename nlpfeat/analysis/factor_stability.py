"""How far the members of a study of ratings agree on what the items are."""

import json
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import pandas as pd

from nlpfeat.analysis.agreement import agreement, medians, plot_agreement
from nlpfeat.cli.progress import Counter
from nlpfeat.cli.tables import print_columns
from nlpfeat.embeddings.alignment import cka, list_overlap, neighbour_overlap, principal_angles
from nlpfeat.embeddings.components import ends
from nlpfeat.errors import UserError
from nlpfeat.plotting.save import save_figure
from nlpfeat.plotting.style import house_style
from nlpfeat.store import layout
from nlpfeat.store.atomic import atomic
from nlpfeat.store.provenance import signature
from nlpfeat.study.ratings import Ratings, factors, merit, model
from nlpfeat.study.select import further, wanted

NEAR, LISTED, ANGLES = 10, 30, 3  # neighbours, items of a list, components whose spaces are compared


class Sizes(NamedTuple):
    """What is compared of so many items: lists of at most a fourth of them, or all would share all."""

    near: int
    listed: int

    @property
    def measures(self) -> dict[str, str]:
        """What is measured, in words."""
        return {
            "neighbours": f"of an item's {self.near} nearest shared",
            "cka": "CKA: 1 is a rotation",
            "angle": f"largest angle of {ANGLES}-d spaces, degrees",
            "top": f"of {self.listed} best shared",
            "bottom": f"of {self.listed} worst shared",
        }


def stability(ratings: Ratings, flags: Any, line: str) -> int:
    """Every two seeds of a width, and every seed beside the widest of the same: a table, a figure, a CSV."""
    study = ratings.study
    members = study.members()
    chosen = wanted(flags, further(study))
    if flags.width is not None:
        chosen["width"] = float(flags.width)
    if chosen:
        members = layout.select_members(members, chosen)
    items = ratings.most_rated(flags.most)
    if len(items) < 8:
        raise UserError(f"agreement needs eight items, and there are {len(items)}: raise --most")
    sizes = Sizes(min(NEAR, len(items) // 4), min(LISTED, len(items) // 4))
    seen = []
    with Counter("members", len(members)) as progress:
        for row in progress.each(iter(members.to_dict("records"))):
            point = {name: row[name] for name in study.spec.settings._fields}
            member = model(ratings, point, flags.step)
            vectors, (_, values) = factors(ratings, member).items[items], merit(ratings, member, items)
            seen.append((point, (vectors, *ends(values, sizes.listed))))
    table = agreement(seen, lambda left, right: _agreement(left, right, sizes.near))
    if table.empty:
        raise UserError(
            f"{study.path}: one member agrees with none; there must be two seeds of a width, or two widths"
        )
    if flags.json:
        print(json.dumps(table.to_dict("records")))
        return 0
    _print(table, sizes)
    study.figures.mkdir(exist_ok=True)
    stamped = signature(line, study)
    paths = _draw(table, sizes, stamped, study.figures / "factor-stability")
    paths.append(study.figures / "factor-stability.csv")
    with atomic(paths[-1]) as part:
        table.to_csv(part, index=False)
    print("\n".join(map(str, paths)))
    return 0


def _agreement(left: Any, right: Any, near: int) -> dict[str, float]:
    (a, low_a, high_a), (b, low_b, high_b) = left, right
    angles = principal_angles(a, b, ANGLES)
    return {
        "neighbours": neighbour_overlap(a, b, near),
        "cka": cka(a, b),
        "angle": float(angles[-1]) if len(angles) else float("nan"),
        "top": list_overlap(high_a, high_b),
        "bottom": list_overlap(low_a, low_b),
    }


def _print(table: pd.DataFrame, sizes: Sizes) -> None:
    told = "; ".join(f"{name}: {about}" for name, about in sizes.measures.items())
    print_columns(
        medians(table),
        f"medians over pairs of members: two seeds of a width, or a width beside the widest. {told}",
    )


def _draw(table: pd.DataFrame, sizes: Sizes, line: str, path: Any) -> list[Any]:
    """A panel a measure, against width."""
    with house_style():
        measures = sizes.measures
        figure, axes = plt.subplots(1, len(measures), figsize=(3.4 * len(measures), 4))
        for ax, (name, about) in zip(axes, measures.items(), strict=True):
            plot_agreement(ax, table, name, about, 90 if name == "angle" else 1.03, "number of factors")
        axes[0].legend()
        return save_figure(
            figure, "How far models agree on what the items are: every pair, median, quartiles", line, path
        )
