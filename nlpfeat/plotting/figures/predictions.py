"""Figures of what classifiers of texts answer on the last part of their data."""

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import xarray as xr

from nlpfeat.analysis.predictions import Predictions, calibration, confusion, predict_split, worst_errors
from nlpfeat.plotting.texts import plot_calibration, plot_confusion, plot_texts
from nlpfeat.store.layout import StudyFolder
from nlpfeat.study.restore import Member, restore, study_factory
from nlpfeat.study.select import final_scores, median_seed, point_of
from nlpfeat.training.task import Task

SHOWN, LISTED = 8, 200  # wrong answers in the picture, and in the table
COLUMNS = 4  # widths that are shown, at most


def answered(
    study: StudyFolder, task: Task, dataset: xr.Dataset, headline: str
) -> list[tuple[Member, Predictions]]:
    """The seed of median score of some widths, the narrowest and the widest among them, with its answers."""
    widths = [int(width) for width in dataset["width"].to_numpy()]
    step = max(1, -(-(len(widths) - 1) // (COLUMNS - 1)))
    chosen = sorted({*widths[::-1][::step], widths[0]})
    further = point_of(study, dataset)
    factory, found = study_factory(study), []
    for width in chosen:
        scores = final_scores(dataset, headline).sel(width=width).isel(split=-1).dropna("seed")
        if not scores.sizes["seed"]:
            continue
        wanted = {**further, "width": width, "seed": median_seed(scores)}
        member = restore(study, wanted, factory=factory)
        given = predict_split(task, member, str(dataset["split"].to_numpy()[-1]))
        if given is not None:
            found.append((member, given))
    return found


def answers_figure(found: list[tuple[Member, Predictions]], split: str) -> tuple[Any, dict[str, Any]]:
    """Confusion above calibration, a column a width."""
    figure, axes = plt.subplots(2, len(found), figsize=(max(7.0, 3.4 * len(found) + 0.6), 7), squeeze=False)
    errors = {}
    for column, (member, given) in zip(axes.T, found, strict=True):
        bins = calibration(given)
        classes = member.dataset.metadata.corpus.classes
        right = float((given.predicted == given.labels).mean())
        plot_confusion(column[0], confusion(given), classes)
        column[0].set_title(f"width {member.settings.width}, seed {member.settings.seed}\n{right:.1%} right")
        plot_calibration(column[1], *bins)
        column[1].set_title(f"calibration error {bins.error:.3f}")
        errors[str(member.settings.width)] = round(bins.error, 5)
    figure.suptitle(
        f"Answers on the {split} part, seeds of median accuracy:\nwho is taken for whom; how sure, with 95 % bars",
        x=0.005,
        ha="left",
        fontsize=11,
    )
    return figure, {"text": "confusion and calibration", "calibration_error": errors}


def wrong_table(member: Member, given: Predictions, split: str) -> pd.DataFrame:
    """The most wrong answers of a net: which text of the file, what is true, what it said, what it gave the truth, and the text."""
    texts = member.dataset.metadata
    places, classes = worst_errors(given, LISTED), texts.corpus.classes
    numbers = [int(member.splits[split].inputs[place]) for place in places]
    return pd.DataFrame(
        {
            "row": [
                int(texts.corpus.rows[number]) for number in numbers
            ],  # of the file, from 1, its header not counted
            "true": [classes[given.labels[place]] for place in places],
            "predicted": [classes[given.predicted[place]] for place in places],
            "given_to_true": [round(float(given.shares[place, given.labels[place]]), 6) for place in places],
            "text": [" ".join(texts.corpus.documents.document(number)) for number in numbers],
        }
    )


def wrong_figure(member: Member, table: pd.DataFrame) -> tuple[Any, dict[str, Any]]:
    """The first of them, to be read."""
    first = table.head(SHOWN)
    figure, ax = plt.subplots(figsize=(10.5, 1 + 0.85 * max(len(first), 1)))
    headings = [
        f"{row.true}, taken for {row.predicted}: gave the truth {row.given_to_true:.2%}"
        for row in first.itertuples()
    ]
    plot_texts(ax, headings, first["text"].tolist())
    ax.set_title(
        f"Most wrong of width {member.settings.width}, seed {member.settings.seed}: surest of what is not true"
    )
    return figure, {"text": f"the {len(table)} most wrong answers"}
