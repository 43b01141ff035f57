"""What width bought in a study, in a few sentences of numbers."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from nlpfeat.analysis.word_maps import WordMap
from nlpfeat.stats.summaries import Row, summarize
from nlpfeat.store.results import describe_value, further_axes
from nlpfeat.study.session import Study
from nlpfeat.training.metrics import Metric

CHANGED = 8  # words that are named


class _Reached(NamedTuple):
    """What the members of a width reach, at the best point of the further axes."""

    width: float
    judged: float  # median on validation data where there are some, with the sign for which larger is better
    shown: float  # median on the last split
    recipe: str  # that point, in words; empty without further axes


def headline(study: Study) -> list[str]:
    """The sentences above a study's networks: what its narrowest, best and widest reach, beside chance, at which recipe.

    Where a grid has further axes, those of the best median at each width are taken: on validation data where there are some.
    """
    dataset, metric = study.results, study.task.evaluation.headline
    splits = dataset["split"].to_numpy().tolist()
    last, judged = splits[-1], "validation" if "validation" in splits else splits[-1]
    rows = [row for row in summarize(dataset) if number(row["diverged"]) < number(row["members"])]
    best = _best_per_width(dataset, rows, metric, judged, last)
    if not best:
        return ["Every network diverged."]
    seeds, name = int(np.median([number(row["members"]) for row in rows])), metric.name.replace("_", " ")
    words = f"{name.capitalize()} on {last} data, median of {seeds} seed{'' if seeds == 1 else 's'}{_constant_recipe(study)}"
    chance = f" (chance, the best constant prediction: {_value(number(rows[0]['baseline']), metric)})"
    top = max(best, key=lambda one: one.judged)
    shown = list(dict.fromkeys([best[0], top, best[-1]]))
    reached = ", ".join(f"{_value(one.shown, metric)} at width {one.width:g}{one.recipe}" for one in shown)
    if len(best) == 1:
        return [f"{words}: {reached}{chance}. With one width, a study does not show what width buys."]
    sentences = [f"{words}: {reached}{chance}."]
    if top not in (best[0], best[-1]):
        sentences[0] += f" {top.width:g} is best{' on validation data' if judged == 'validation' else ''}."
    gain = top.judged - best[0].judged
    enough = next((one for one in best if one.judged >= best[0].judged + 0.9 * gain), top)
    if gain > 0 and enough.width < top.width:
        sentences.append(
            f"Width {enough.width:g} has nine tenths of what the best gains over the narrowest: further units buy little here. Another rate, or "
            "more steps, may need fewer."
        )
    return sentences


def number(value: object) -> float:
    """A number of a table, which may be NumPy's."""
    return float(np.asarray(value))


def _best_per_width(
    dataset: xr.Dataset, rows: Sequence[Row], metric: Metric, judged: str, last: str
) -> list[_Reached]:
    """By rising width; widths of which all members diverged are left out."""
    axes, found = further_axes(dataset), {}
    for row in rows:
        medians = [np.asarray(row[f"{split}_{metric.name}"], float)[1] for split in (judged, last)]
        if not np.isfinite(medians).all():
            continue
        said = [
            f"{axis.replace('_', ' ')} {describe_value(dataset[axis], number(row[axis]))}" for axis in axes
        ]
        recipe = f" ({', '.join(said)})" if said else ""
        one = _Reached(number(row["width"]), number(metric.ascending(medians[0])), number(medians[1]), recipe)
        if one.width not in found or one.judged > found[one.width].judged:
            found[one.width] = one
    return [found[width] for width in sorted(found)]


def _constant_recipe(study: Study) -> str:
    """Steps and learning rate, where all members share them."""
    steps = f", {study.spec.training.total:,} steps"
    rate = vars(study.spec.settings).get("learning_rate")
    return (
        steps
        if rate is None or "learning_rate" in further_axes(study.results)
        else f"{steps} at rate {float(rate):g}"
    )


def _value(value: float, metric: Metric) -> str:
    """A value of the metric with its unit; a share in per cent."""
    return f"{value:.1%}" if metric.is_share else f"{value:.3g} {metric.units}".strip()


def words_sentences(words: WordMap) -> list[str]:
    """Why: how many dimensions the words fill, and which of them a wider network places differently."""
    names = [plane.title.split(":")[0].split(", step")[0] for plane in words.planes]
    ranks = [plane.rank for plane in words.planes]
    if len(set(ranks)) == 1:
        sentences = [
            f"The words of the map fill {_dimensions(ranks[0])} of the space of each of these networks ({'; '.join(names)})."
        ]
    else:
        filled = "; ".join(f"{_dimensions(rank)} at {name}" for name, rank in zip(names, ranks, strict=True))
        sentences = [f"The words of the map fill {filled}."]
    if max(ranks) <= 1:
        sentences[0] += (
            " All that such a network knows of a word is one number, how much it speaks for a class: further units buy no further feature."
        )
    if len(words.planes) > 1 and min(ranks) > 0:
        sentences.append(_moved(words))
    return sentences


def _dimensions(count: int) -> str:
    return f"{count} dimension{'' if count == 1 else 's'}"


def _moved(words: WordMap) -> str:
    """Which words a wide network places differently: by their place on the line, or by their nearest words."""
    first, last = words.planes[0], words.planes[-1]
    if first.rank == last.rank == 1:
        a, b = (plane.points[:, 0] / plane.points[:, 0].std() for plane in (first, last))
        change, said = (
            np.abs(a - b),
            f"Their places on the line of the narrowest and of the widest network correlate by {np.corrcoef(a, b)[0, 1]:.3f}",
        )
    else:
        shared = [len(np.intersect1d(a, b)) for a, b in zip(first.neighbours, last.neighbours, strict=True)]
        kept = np.array(shared) / last.neighbours.shape[1]
        change, said = (
            -kept,
            f"Between the narrowest and the widest network, words keep {kept.mean():.0%} of their {last.neighbours.shape[1]} nearest words",
        )
    table = words.table["word"].tolist()
    return f"{said}. Among the words that moved most: {', '.join(table[i] for i in np.argsort(-change, kind='stable')[:CHANGED])}."
