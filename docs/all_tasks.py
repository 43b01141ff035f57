"""Make the figure and print the table of all tasks in docs/results.md.

Command:  python docs/all_tasks.py     (a minute; after make all-tasks)
"""

from pathlib import Path

import numpy as np

from nlpfeat.analysis.across_tasks import TaskCurve, task_curves
from nlpfeat.analysis.recipe import RecipeOptions, recipe_in_words
from nlpfeat.cli.across_tasks import describe_gain_width
from nlpfeat.digests import digest
from nlpfeat.plotting.figures.across_tasks import across_tasks_figure
from nlpfeat.plotting.save import save_figure

DOCS, FOLDER = Path(__file__).parent, Path("runs/all_tasks-two_cores")
BEST = RecipeOptions(select=("learning_rate", "step"))


def cells(curve: TaskCurve) -> list[str]:
    """Medians at the first width and at the best, and the gain width."""
    medians, widths = curve.medians, curve.widths
    width = describe_gain_width(curve.gain_width, int(widths[0]), int(widths[-1]))
    return [
        f"{medians[0]:.3g}",
        f"{medians[curve.best]:.3g} at {widths[curve.best]}",
        width.replace(" (–)", ""),
    ]


def main() -> None:
    """Write docs/across-tasks.png, print the table."""
    own = {curve.study: curve for curve in task_curves(FOLDER)}
    best = task_curves(FOLDER, options=BEST)
    stamp = f"python docs/all_tasks.py   configs {digest(sorted(curve.config_hash for curve in best))[:12]}"
    for path in save_figure(across_tasks_figure(best, recipe_in_words(BEST)), DOCS / "across-tasks", stamp):
        if path.suffix == ".pdf":
            path.unlink()
    heads = ["at 1", "best", "95 % of the gain"]
    names = [f"{how}: {head}" for how in ("its config's recipe", "best rate and time") for head in heads]
    print("|", " | ".join(["task", "metric", "widths to", "seeds", "baseline", *names]), "|")
    print("|" + "---|" * (5 + len(names)))
    for curve in best:
        seeds = int((~np.isnan(curve.scores)).any(0).sum())
        metric = f"{curve.split} {curve.metric.name.replace('_', ' ')}"
        row = [curve.study, metric, str(curve.widths[-1]), str(seeds), f"{curve.baseline:.3g}"]
        print("|", " | ".join([*row, *cells(own[curve.study]), *cells(curve)]), "|")
    print()
    for curve in best:
        print(f"{curve.study}: {curve.recipe}")


if __name__ == "__main__":
    main()
