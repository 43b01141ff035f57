"""What width bought in a study, in a few sentences of numbers."""

import numpy as np
import xarray as xr

from nlpfeat.analysis.word_maps import WordMap
from nlpfeat.stats.summaries import Row, summarize
from nlpfeat.store.results import describe_value, further_axes
from nlpfeat.study.session import Study
from nlpfeat.training.metrics import Metric

CHANGED = 8  # words that are named


def headline(study: Study) -> list[str]:
    """The sentences above a study's networks: what its narrowest, best and widest reach, beside chance, at which recipe.

    Where a grid has further axes, those of the best median at each width are taken: on validation data where there are some.
    """
    dataset, metric = study.results, study.task.evaluation.headline
    last = str(dataset["split"].to_numpy()[-1])
    judged = "validation" if "validation" in dataset["split"].to_numpy() else last
    rows = [row for row in summarize(dataset) if _median(row, f"{last}_{metric.name}") is not None]
    if not rows:
        return ["Every network diverged."]
    best = _best_per_width(rows, f"{judged}_{metric.name}", metric)
    widths = sorted(best)
    seeds = int(np.median([row["members"] for row in rows]))
    name = metric.name.replace("_", " ")

    def reached(width: float) -> str:
        value = _median(best[width], f"{last}_{metric.name}")
        assert value is not None
        return f"{_value(value, metric)} at width {width:g}{_recipe(dataset, best[width])}"

    words = f"{name.capitalize()} on {last} data, median of {seeds} seed{'' if seeds == 1 else 's'}{_constant_recipe(study)}"
    chance = (
        f" (chance, the best constant prediction: {_value(float(np.asarray(rows[0]['baseline'])), metric)})"
    )
    if len(widths) == 1:
        return [
            f"{words}: {reached(widths[0])}{chance}. With one width, a study does not show what width buys."
        ]
    middle = max(widths, key=lambda width: metric.ascending(_median(best[width], f"{judged}_{metric.name}")))
    shown = list(dict.fromkeys([widths[0], middle, widths[-1]]))
    sentences = [f"{words}: {', '.join(map(reached, shown))}{chance}."]
    if middle not in (widths[0], widths[-1]):
        sentences[0] += f" {middle:g} is best{' on validation data' if judged == 'validation' else ''}."
    enough = _enough(best, widths, middle, f"{judged}_{metric.name}", metric)
    if enough is not None and enough < middle:
        sentences.append(
            f"Width {enough:g} has nine tenths of what the best gains over the narrowest: further units buy little here. Another rate, or more steps, may "
            "need fewer."
        )
    return sentences


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


def _best_per_width(rows: list[Row], name: str, metric: Metric) -> dict[float, Row]:
    found: dict[float, Row] = {}
    for row in rows:
        width, value = float(np.asarray(row["width"])), _median(row, name)
        if value is None:
            continue
        before = found.get(width)
        if before is None or metric.ascending(value) > metric.ascending(_median(before, name)):
            found[width] = row
    return found


def _median(row: Row, name: str) -> float | None:
    quartiles = row[name]
    assert isinstance(quartiles, list)
    return quartiles[1]


def _recipe(dataset: xr.Dataset, row: Row) -> str:
    """The further axes of a row, in brackets."""
    axes = further_axes(dataset)
    said = [
        f"{axis.replace('_', ' ')} {describe_value(dataset[axis], float(np.asarray(row[axis])))}"
        for axis in axes
    ]
    return f" ({', '.join(said)})" if axes else ""


def _enough(
    best: dict[float, Row], widths: list[float], top: float, name: str, metric: Metric
) -> float | None:
    """The narrowest width whose median has nine tenths of what the best gains over the narrowest."""
    low, high = (float(metric.ascending(_median(best[width], name))) for width in (widths[0], top))
    if high <= low:
        return None
    return next(
        width for width in widths if metric.ascending(_median(best[width], name)) >= low + 0.9 * (high - low)
    )


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
