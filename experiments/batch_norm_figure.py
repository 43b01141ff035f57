"""The numbers and the picture of `experiments.batch_norm`."""

import itertools
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np

from experiments.columns import print_columns
from experiments.progress import Counting
from nlpfeat.plotting.style import BLUE, ORANGE, STYLE, save, stamp
from nlpfeat.plotting.survival import plot_levels, plot_survival
from nlpfeat.sweeps import provenance
from nlpfeat.sweeps.fine_tune import fine_tune, insert_norms, score
from nlpfeat.sweeps.restore import Member
from nlpfeat.sweeps.study import Study
from nlpfeat.training.task import Task

ARMS = ("without", "with")


class Survival(NamedTuple):
    """What fine-tuning left of a net."""

    rates: list[float]
    accuracy: np.ndarray  # (arms, rates, repeats), 0 where training diverged
    before: float  # accuracy of the trained net
    inserted: float  # the same with batch norm, before fine-tuning
    chance: float  # of the commonest class
    split: str
    steps: int

    @property
    def level(self) -> float:
        """Half of what was learned."""
        return (self.before + self.chance) / 2

    def survived(self, arm: int) -> float | None:
        """The largest rate up to which all rates are survived, None if not even the first is."""
        alive = np.median(self.accuracy[arm], axis=1) >= self.level
        count = int(np.argmin([*alive, False]))
        return self.rates[count - 1] if count else None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "split": self.split,
            "steps": self.steps,
            "before": round(self.before, 6),
            "inserted": round(self.inserted, 6),
            "chance": round(self.chance, 6),
            "rates": self.rates,
            "accuracy": dict(zip(ARMS, self.accuracy.round(6).tolist(), strict=True)),
            "survived": {arm: self.survived(i) for i, arm in enumerate(ARMS)},
        }


def survival(
    task: Task, member: Member, rates: list[float], steps: int, batch_size: int, repeats: int
) -> Survival:
    """Fine-tune with and without batch norm at every rate. On the validation part, where there is one."""
    split = "validation" if "validation" in member.splits else "test"
    norms = insert_norms(task, member)
    before = score(task, member, None, split).accuracy
    inserted = score(task, member, norms, split).accuracy
    _, counts = np.unique(member.splits[split].targets, return_counts=True)
    runs = list(itertools.product(range(len(ARMS)), range(len(rates)), range(repeats)))
    accuracy = np.zeros((len(ARMS), len(rates), repeats))
    size = batch_size or len(member.splits["train"].targets)
    with Counting("fine-tunings", len(runs)) as progress:
        for arm, place, key in progress.each(iter(runs)):
            tuned = fine_tune(task, member, norms if arm else None, rates[place], steps, size, key, split)
            accuracy[arm, place, key] = tuned.accuracy if np.isfinite(tuned.loss) else 0.0
    return Survival(rates, accuracy, before, inserted, counts.max() / counts.sum(), split, steps)


def draw(study: Study, member: Member, found: Survival, line: str) -> list[Path]:
    """The figure: accuracy after fine-tuning against the rate, with and without."""
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    with plt.style.context(STYLE):
        figure, ax = plt.subplots(figsize=(8, 5))
        for i, (arm, colour, marker) in enumerate(zip(ARMS, (ORANGE, BLUE), ("^", "o"), strict=True)):
            rate = found.survived(i)
            told = "survives none" if rate is None else f"survives {rate:g}"
            label = f"{arm} batch norm: {told}"
            plot_survival(ax, found.rates, found.accuracy[i], label=label, colour=colour, marker=marker)
        levels = {"trained": found.before, "half of what was learned": found.level, "chance": found.chance}
        plot_levels(ax, levels)
        ax.legend(loc="center left")
        ax.set_title(
            f"{study.spec.task}, width {member.settings.width}, seed {member.settings.seed}: {found.split} accuracy after "
            f"{found.steps} further steps"
        )
        stamp(figure, provenance.signature(line, study))
        study.figures.mkdir(exist_ok=True)
        name = f"batch-norm-width={member.settings.width}-seed={member.settings.seed}"
        paths = save(figure, study.figures / name)
        plt.close(figure)
    return paths


def print_table(found: Survival) -> None:
    """Accuracies by rate."""
    columns = {"rate": [f"{rate:g}" for rate in found.rates]}
    for arm, rows in zip(ARMS, found.accuracy, strict=True):
        columns[f"{arm} batch norm"] = [
            f"{np.median(values):.3f} ({values.min():.3f}–{values.max():.3f})" for values in rows
        ]
    told = ", ".join(f"{arm} {found.survived(i) or 'none'}" for i, arm in enumerate(ARMS))
    print_columns(
        columns,
        f"{found.split} accuracy after {found.steps} steps, median (least–most); before {found.before:.4f}, with batch "
        f"norm inserted {found.inserted:.4f}; largest rate survived: {told}",
    )
