"""The numbers and the picture of `experiments.batch_norm`."""

import itertools
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nlpfeat.analysis.fine_tuning import fine_tune, insert_norms, score
from nlpfeat.cli.progress import Counter
from nlpfeat.cli.tables import median_cell, print_columns, warn
from nlpfeat.data.core import count, split_names
from nlpfeat.plotting.primitives import plot_levels, plot_survival
from nlpfeat.plotting.save import save, stamp
from nlpfeat.plotting.style import BLUE, ORANGE, house_style
from nlpfeat.store import provenance
from nlpfeat.store.layout import StudyFolder
from nlpfeat.study.restore import Member
from nlpfeat.training.task import Goal, Task

ARMS = ("without", "with")


class Survival(NamedTuple):
    """What fine-tuning left of a net."""

    rates: list[float]
    scores: np.ndarray  # (arms, rates, repeats), NaN where training diverged
    before: float  # score of the trained net
    inserted: float  # the same with batch norm, before fine-tuning
    chance: float  # of the best answer that does not look at its input
    metric: str
    goal: Goal  # says which way is better
    split: str
    steps: int

    @property
    def level(self) -> float:
        """Half of what was learned."""
        return (self.before + self.chance) / 2

    def survived(self, arm: int) -> float | None:
        """The largest rate up to which all rates are survived, None if not even the first is, or there is nothing to lose."""
        if not self.goal.merit(self.before) > self.goal.merit(self.chance):
            return None
        merit = np.where(np.isfinite(self.scores[arm]), self.goal.merit(self.scores[arm]), -np.inf)
        alive = np.median(merit, axis=1) >= self.goal.merit(self.level)
        count = int(np.argmin([*alive, False]))
        return self.rates[count - 1] if count else None

    def as_json(self) -> dict[str, Any]:
        """Plain values; null where training diverged."""
        scores = self.scores.round(6).astype(object)
        scores[~np.isfinite(self.scores)] = None
        return {
            "metric": self.metric,
            "split": self.split,
            "steps": self.steps,
            "before": round(self.before, 6),
            "inserted": round(self.inserted, 6),
            "chance": round(self.chance, 6),
            "rates": self.rates,
            "scores": dict(zip(ARMS, scores.tolist(), strict=True)),
            "survived": {arm: self.survived(i) for i, arm in enumerate(ARMS)},
        }


def survival(
    task: Task, member: Member, rates: list[float], steps: int, batch_size: int, repeats: int
) -> Survival:
    """Fine-tune with and without batch norm at every rate. On the validation split, where there is one, else on the last."""
    names = split_names(member.splits)
    split = "validation" if "validation" in names else names[-1]
    norms = insert_norms(task, member)
    before = score(task, member, None, split).score
    inserted = score(task, member, norms, split).score
    chance = task.evaluation.baseline(member.dataset.arrays, member.splits["train"], member.splits[split])
    metric, goal = task.evaluation.headline.name, task.evaluation.criterion
    if not goal.merit(before) > goal.merit(chance):
        warn(
            f"this net has {split} {metric} {before:.4g}, no better than chance, {chance:.4g}: it has learned nothing that could be lost"
        )
    runs = list(itertools.product(range(len(ARMS)), range(len(rates)), range(repeats)))
    scores = np.full((len(ARMS), len(rates), repeats), np.nan)
    size = batch_size or count(member.splits["train"])
    with Counter("fine-tunings", len(runs)) as progress:
        for arm, place, key in progress.each(iter(runs)):
            tuned = fine_tune(task, member, norms if arm else None, rates[place], steps, size, key, split)
            if np.isfinite(tuned.loss):
                scores[arm, place, key] = tuned.score
    return Survival(rates, scores, before, inserted, chance, metric, goal, split, steps)


def draw(study: StudyFolder, member: Member, found: Survival, line: str) -> list[Path]:
    """The figure: the headline metric after fine-tuning against the rate, with and without."""
    import matplotlib.pyplot as plt

    with house_style():
        figure, ax = plt.subplots(figsize=(8, 5))
        for i, (arm, colour, marker) in enumerate(zip(ARMS, (ORANGE, BLUE), ("^", "o"), strict=True)):
            rate = found.survived(i)
            told = "survives none" if rate is None else f"survives {rate:g}"
            label = f"{arm} batch norm: {told}"
            plot_survival(
                ax,
                found.rates,
                found.scores[i],
                metric=found.metric,
                label=label,
                colour=colour,
                marker=marker,
            )
        levels = {"trained": found.before, "half of what was learned": found.level, "chance": found.chance}
        plot_levels(ax, levels)
        ax.legend(loc="center left")
        ax.set_title(
            f"{study.spec.task.name}, width {member.settings.width}, seed {member.settings.seed}: {found.split} {found.metric} after "
            f"{found.steps} further steps"
        )
        stamp(figure, provenance.signature(line, study))
        study.figures.mkdir(exist_ok=True)
        name = f"batch-norm-width={member.settings.width}-seed={member.settings.seed}"
        paths = save(figure, study.figures / name)
        plt.close(figure)
    return paths


def print_table(found: Survival) -> None:
    """Scores by rate."""
    columns = {"rate": [f"{rate:g}" for rate in found.rates]}
    for arm, rows in zip(ARMS, found.scores, strict=True):
        columns[f"{arm} batch norm"] = [_cell(values) for values in rows]
    told = ", ".join(f"{arm} {found.survived(i) or 'none'}" for i, arm in enumerate(ARMS))
    print_columns(
        columns,
        f"{found.split} {found.metric} after {found.steps} steps, median (least–most) of those that did not diverge; before "
        f"{found.before:.4f}, with batch norm inserted {found.inserted:.4f}, chance {found.chance:.4f}; largest rate survived: {told}",
    )


def _cell(values: np.ndarray) -> str:
    lost = int((~np.isfinite(values)).sum())
    return median_cell(values) + (f", {lost} of {len(values)} diverged" if lost else "")
