"""Make the first figure of the README: what width buys on spirals, at the notebook's recipe and at better ones.

Command:  python docs/headline.py     (a few seconds; the variants h50, long and random of configs/spirals_recipes.py must be in runs/)
"""

from pathlib import Path

from nlpfeat.analysis.recipe import RecipeOptions, read_single
from nlpfeat.analysis.width import WidthCurve, width_curve
from nlpfeat.plotting.figures.success import success_figure
from nlpfeat.plotting.save import results_stamp, save_figure
from nlpfeat.study.session import open_study

DOCS = Path(__file__).parent
BEST = RecipeOptions(select=("learning_rate",))
# label -> study, recipe
RECIPES = {
    "best rate of each width, 2,000 steps": ("h50", BEST),
    "the notebook's 1e-3, 20,000 steps": ("long", RecipeOptions()),
    "random hidden units, best rate of each width": ("random", BEST),
    "the notebook's recipe: 1e-3, 2,000 steps": ("h50", RecipeOptions(at={"learning_rate": 1e-3})),
}


def main() -> None:
    """Write docs/spirals-width.png."""
    studies = {name: open_study(Path("runs") / f"spirals_recipes-{name}") for name, _ in RECIPES.values()}

    def curve(name: str, options: RecipeOptions) -> WidthCurve:
        study = studies[name]
        return width_curve(read_single(study, options).dataset, study.task.evaluation.criterion)

    curves = {label: curve(*where) for label, where in RECIPES.items()}
    stamp = results_stamp("python docs/headline.py", *(study.results.attrs for study in studies.values()))
    heading = (
        "What width buys on five spiral arms, at four recipes: share of seeds that reach 99 % on 10,000 fresh points, Wilson 95 % "
        "interval, and H50, the width at which half of them do. 32 seeds; 16 where 16 others chose the rate, on validation data."
    )
    figure = success_figure(curves, studies["h50"].task.width_label, heading)
    for path in save_figure(figure, DOCS / "spirals-width", stamp):
        if path.suffix == ".pdf":
            path.unlink()


if __name__ == "__main__":
    main()
