"""Which model for a file of labelled texts: a cross-validated sweep over tasks and widths, with plain rivals beside it."""

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import PyTree
from sklearn.metrics import f1_score

from nlpfeat.analysis.rivals import RIVALS
from nlpfeat.config.files import expand_path
from nlpfeat.data.text import labelled_files
from nlpfeat.data.text.corpus import Corpus
from nlpfeat.data.text.sources import CorpusSpec, read_corpus
from nlpfeat.errors import UserError
from nlpfeat.progress import Track, untracked
from nlpfeat.stats.intervals import wilson
from nlpfeat.study.session import Study, sweep

CANDIDATES = ("imdb_ngrams", "reviews_batch", "imdb_cnn", "imdb_lstm")
MAJORITY = "majority answer"


@dataclass(frozen=True)
class RecommendOptions:
    """What is compared.

    Attributes:
      tasks: whose variants `own` are trained.
      widths: of each.
      folds: parts of the training texts, each of which is predicted by networks trained on the others.
      data: further keys of the section `data`, such as {"text": "comment"}.
      folder: of the studies, one per task and fold.
    """

    tasks: tuple[str, ...] = CANDIDATES
    widths: tuple[int, ...] = (8, 32)
    folds: int = 3
    data: Mapping[str, PyTree] = field(default_factory=dict)
    folder: Path = Path("runs")


class Recommendation(NamedTuple):
    """Models of a file of texts, compared by cross-validation on the training texts. The test split is not looked at.

    Attributes:
      table: one row per model, the best first: "model", a task or a rival; "width", NaN for rivals; "accuracy" over all training
        texts, each predicted by a model that was not trained on it, with its Wilson interval "low" and "high"; "macro_f1", the
        mean over folds.
      task, width: of the best of our models.
      texts: how many were predicted.
      notes: peculiarities of the file.
    """

    table: pd.DataFrame
    task: str
    width: int
    texts: int
    notes: tuple[str, ...]

    @property
    def best(self) -> pd.Series:
        """The row of the recommended model."""
        return self.table[self.table["model"] == self.task].iloc[0]

    @property
    def best_rival(self) -> pd.Series:
        """The row of the best rival."""
        return self.table[self.table["width"].isna() & (self.table["model"] != MAJORITY)].iloc[0]


def recommend_model(
    path: str | Path, options: RecommendOptions = RecommendOptions(), *, track: Track = untracked
) -> Recommendation:
    """Compare models on a file of labelled texts.

        nlpfeat.recommend_model("mine.csv").table

    Called again with the same folder, it trains only what is missing.

    Args:
      path: of the file.
      options: what is compared.
      track: follows the studies and the rivals.

    Raises:
      UserError: if the file cannot be read, or has too few texts for so many folds.
    """
    if options.folds < 2:
        raise UserError(f"folds: {options.folds} must be at least 2")
    data = {**options.data, "path": str(path)}
    spec = CorpusSpec(**data, folds=options.folds)
    found = read_corpus(spec, str.split)
    train = found.corpus.sizes[0] + found.corpus.sizes[1]
    if not found.corpus.sizes[1]:
        raise UserError(f"{path}: {train} training texts are too few for {options.folds} folds")
    jobs = [*((task, fold) for task in options.tasks for fold in range(options.folds))]
    scores: dict[tuple[str, int], list[tuple[float, float, int]]] = {}
    for task, fold in track(jobs, "studies", len(jobs)):
        study = _study(task, fold, data, options)
        for width, score in _scores(study).items():
            scores.setdefault((task, width), []).append(score)
    rows = [_row(task, width, folds) for (task, width), folds in scores.items()]
    texts = _texts(spec)
    folds = [_fold(spec, fold, texts) for fold in range(options.folds)]
    for name, classify in track(RIVALS, "rivals", len(RIVALS)):
        rows.append(_row(name, None, [_rival(classify, fold) for fold in folds]))
    rows.append(_row(MAJORITY, None, [_rival(None, fold) for fold in folds]))
    table = pd.DataFrame(rows).sort_values("accuracy", ascending=False, kind="stable", ignore_index=True)
    best = table[table["width"].notna()].iloc[0]
    return Recommendation(table, str(best["model"]), int(best["width"]), train, found.notes)


def _study(task: str, fold: int, data: Mapping[str, PyTree], options: RecommendOptions) -> Study:
    folder = expand_path(options.folder) / f"recommend-{Path(str(data['path'])).stem}" / f"{task}-fold{fold}"
    more = {**data, "folds": options.folds, "fold": fold}
    return sweep(f"{task}:own", folder, data=more, width=options.widths, seed=(0,))


def _scores(study: Study) -> dict[int, tuple[float, float, int]]:
    """Accuracy, macro-F1 and the number of validation texts, by width."""
    last = study.results.isel(step=-1).sel(split="validation").squeeze("seed")
    n = int(last["examples"].max())
    return {
        int(width): (float(last["accuracy"].sel(width=width)), float(last["macro_f1"].sel(width=width)), n)
        for width in last["width"].to_numpy()
    }


def _row(model: str, width: int | None, folds: list[tuple[float, float, int]]) -> dict[str, PyTree]:
    correct = sum(round(accuracy * n) for accuracy, _, n in folds if not np.isnan(accuracy))
    interval = wilson(correct, sum(n for _, _, n in folds))
    return {
        "model": model,
        "width": np.nan if width is None else width,
        "accuracy": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "macro_f1": float(np.mean([f1 for _, f1, _ in folds])),
    }


def _texts(spec: CorpusSpec) -> list[str]:
    """The texts of all files, as they are written."""
    keys = ("columns", "encoding", "text", "label", "split", "classes")
    given = {name: value for name, value in asdict(spec).items() if name in keys}
    return labelled_files.read(spec.path, spec.test_path, **given).texts


class _Fold(NamedTuple):
    """The texts and labels of the train (0) and validation (1) split of a fold."""

    texts: tuple[list[str], list[str]]
    labels: tuple[np.ndarray, np.ndarray]


def _fold(spec: CorpusSpec, fold: int, texts: list[str]) -> _Fold:
    corpus = read_corpus(CorpusSpec(**{**asdict(spec), "fold": fold}), str.split).corpus
    train, validation = ([texts[i] for i in _numbers(corpus, split)] for split in (0, 1))
    return _Fold((train, validation), (corpus.labels[corpus.splits == 0], corpus.labels[corpus.splits == 1]))


def _rival(classify: PyTree, fold: _Fold) -> tuple[float, float, int]:
    """As `_scores`, of a rival, or of the most frequent class where there is none."""
    (train, validation), labels = fold
    if classify is None:
        predicted = np.full(len(validation), np.bincount(labels[0]).argmax())
    else:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of convergence
                predicted = classify(train, labels[0], validation)
        except ValueError:  # no word that it reads
            return np.nan, np.nan, len(validation)
    f1 = f1_score(labels[1], predicted, average="macro", zero_division=0)  # pyright: ignore[reportArgumentType]
    return float((predicted == labels[1]).mean()), float(f1), len(validation)


def _numbers(corpus: Corpus, split: int) -> list[int]:
    """The numbers of the texts of a split, which are all of the first file."""
    return (corpus.origin.rows[corpus.splits == split] - 1).tolist()
