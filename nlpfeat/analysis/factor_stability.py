"""How far the members of a study of ratings agree about the items: neighbours, subspaces, lists of the best and the worst."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from nlpfeat.analysis.agreement import agreement
from nlpfeat.analysis.ratings import factor_tables, item_quality
from nlpfeat.config.fields import setting_names
from nlpfeat.data.ratings.rating_table import RatingTable
from nlpfeat.embeddings.alignment import cka, list_overlap, neighbour_overlap, principal_angles
from nlpfeat.embeddings.components import ends
from nlpfeat.errors import UserError
from nlpfeat.progress import Track, untracked
from nlpfeat.store.layout import select_members
from nlpfeat.study.select import ANYWHERE
from nlpfeat.study.session import Study
from nlpfeat.tasks.registry import require_view

MIN_ITEMS = 8


@dataclass(frozen=True)
class StabilityOptions:
    """What is compared.

    Attributes:
      max_items: only so many of the most rated items.
      neighbours: per item, by cosine.
      listed: items in the list of the best, and of the worst.
      components: principal components that span the compared subspaces.
    """

    max_items: int = 2000
    neighbours: int = 10
    listed: int = 30
    components: int = 3


class FactorStability(NamedTuple):
    """Agreement of pairs of members.

    Attributes:
      table: one row per pair: kind, width and the measures, see `nlpfeat.analysis.agreement.agreement`.
      measures: column -> description.
    """

    table: pd.DataFrame
    measures: dict[str, str]


class _Compared(NamedTuple):
    vectors: np.ndarray  # float64 (items, factors)
    worst: np.ndarray  # indices of items, the worst first
    best: np.ndarray


def factor_stability(
    study: Study,
    settings: Mapping[str, float] = ANYWHERE,
    options: StabilityOptions = StabilityOptions(),
    step: int | None = None,
    track: Track = untracked,
) -> FactorStability:
    """Compare every two seeds of a width, and the members of each seed with its widest.

    Args:
      study: of ratings.
      settings: that the compared members share.
      options: what is compared. Lists have at most a fourth of the items: longer ones overlap by chance.
      step: a kept checkpoint; the last one if None.
      track: follows the members.

    Raises:
      UserError: if the study has no factors, too few items or no pairs, or a member diverged.
    """
    require_view(study.task, "factors")
    ratings: RatingTable = study.dataset.metadata
    items = ratings.most_rated(options.max_items)
    if len(items) < MIN_ITEMS:
        raise UserError(
            f"agreement needs at least {MIN_ITEMS} items, and there are {len(items)}: raise max_items"
        )
    near, listed = (min(count, len(items) // 4) for count in (options.neighbours, options.listed))
    members = select_members(study.members, settings).to_dict("records")
    compared = []
    for row in track(members, "members", len(members)):
        point = {name: row[name] for name in setting_names(study.spec.settings)}
        member = study.restore_converged(step, **point)
        _, quality = item_quality(member, items)
        compared.append((point, _Compared(factor_tables(member).items[items], *ends(quality, listed))))

    def compare(left: _Compared, right: _Compared) -> dict[str, float]:
        angles = principal_angles(left.vectors, right.vectors, options.components)
        return {
            "neighbours": neighbour_overlap(left.vectors, right.vectors, near),
            "cka": cka(left.vectors, right.vectors),
            "angle": float(angles[-1]) if len(angles) else float("nan"),
            "top": list_overlap(left.best, right.best),
            "bottom": list_overlap(left.worst, right.worst),
        }

    table = agreement(compared, compare)
    if table.empty:
        raise UserError(
            f"{study.path}: agreement needs at least two members: sweep two seeds of one width, or two widths"
        )
    measures = {
        "neighbours": f"share of the {near} nearest items in common",
        "cka": "CKA: 1 is a rotation",
        "angle": f"largest angle of {options.components}-d subspaces, degrees",
        "top": f"share of the {listed} best items in common",
        "bottom": f"share of the {listed} worst items in common",
    }
    return FactorStability(table, measures)
