"""Make the figures and print the tables of docs/recipes.md.

Command:  python docs/spirals_recipes.py     (a minute; every variant of configs/spirals_recipes.py must be in runs/, and those for nlpfeat
          measure measured)
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from nlpfeat.analysis.recipe import RecipeOptions, read_single
from nlpfeat.analysis.selection import best_rate_fit
from nlpfeat.analysis.width import WidthCurve, linearized_curve, width_curve
from nlpfeat.plotting.figures.moments import Panel, moments_figure
from nlpfeat.plotting.figures.rates import rates_figure
from nlpfeat.plotting.figures.success import Sized, success_figure
from nlpfeat.plotting.save import results_stamp, save_figure
from nlpfeat.stats.best_rates import describe_shift
from nlpfeat.stats.intervals import Interval, ratio_of_medians
from nlpfeat.stats.summaries import flat_measures
from nlpfeat.stats.width_curves import half_width
from nlpfeat.store.combine import steps_to_success
from nlpfeat.store.results import describe_values, time_in_words
from nlpfeat.study.session import Study, open_study
from nlpfeat.sweeps.compute import flops_per_step, parameter_count
from nlpfeat.training.metrics import Success

DOCS = Path(__file__).parent
COMMAND = "python docs/spirals_recipes.py"
RATE = "learning_rate"
BEST = RecipeOptions(select=(RATE,))
HALF = "H50: the width at which half of the seeds do"


def named(variant: str) -> Study:
    """The study of a variant of configs/spirals_recipes.py."""
    return open_study(Path("runs") / "-".join(filter(None, ["spirals_recipes", variant])))


def save(figure: Figure, name: str, studies: Iterable[Study]) -> None:
    """Write docs/NAME.png."""
    stamp = results_stamp(COMMAND, *(study.results.attrs for study in studies))
    for path in save_figure(figure, DOCS / name, stamp):
        if path.suffix == ".pdf":
            path.unlink()


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table in Markdown."""
    print(f"\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def words(interval: Interval) -> str:
    """Such as "10.0 (9.1–10.9)"."""
    low, middle, high = (f"{value:.3g}" if np.isfinite(value) else "> grid" for value in interval)
    return f"{middle} ({low}–{high})"


def at_rate(rate: float, **moment: float) -> RecipeOptions:
    """One rate of the grid, at a moment of training."""
    return RecipeOptions(at={RATE: rate}, **moment)  # pyright: ignore[reportArgumentType]


def curve(study: Study, options: RecipeOptions) -> WidthCurve:
    """Success against width at a recipe."""
    criterion = study.task.evaluation.criterion
    return width_curve(read_single(study, options).dataset, criterion.metric, criterion)


def linearized(study: Study) -> WidthCurve:
    """Success against width of the network linearized at its start."""
    criterion = study.task.evaluation.criterion
    return linearized_curve(read_single(study, RecipeOptions()).dataset, criterion.metric, criterion)


def headline(prefix: str, name: str, arms: str) -> None:
    """What width buys at several recipes, beside networks that learn no features."""
    h50, random, start = named(f"{prefix}h50"), named(f"{prefix}random"), named(f"{prefix}linearized")
    studies = [h50, random, start]
    curves = {"best rate of each width, 2,000 steps": curve(h50, BEST)}
    if not prefix:
        studies.append(named("long"))
        curves["the notebook's 1e-3, 20,000 steps"] = curve(studies[-1], at_rate(1e-3))
    curves["random hidden units, best rate of each width"] = curve(random, BEST)
    curves["linearized at its start, trained to convergence"] = linearized(start)
    curves["the notebook's recipe: 1e-3, 2,000 steps"] = curve(h50, at_rate(1e-3))
    heading = (
        f"What width buys on {arms} spiral arms, at several recipes: share of seeds that reach 99 % on 10,000 fresh points, "
        f"with Wilson 95 % intervals. {HALF}. 32 seeds, 16 where 16 others chose the rate on validation data or training was long."
    )
    save(success_figure([Sized(curves, h50.task.width_label)], heading), name, studies)
    rows = [[label, *(words(one.half) for one in levels)] for label, levels in _levels(h50, random, start)]
    table([f"{arms} arms: recipe", "H50 at .90", "at .99", "at .993"], rows)


def _levels(h50: Study, random: Study, start: Study) -> Iterator[tuple[str, list[WidthCurve]]]:
    """H50 at three levels, for each rate and at the best."""
    for study, what in ((h50, ""), (random, "random hidden units, ")):
        rates = study.results[RATE].to_numpy().tolist()
        for label, options in (
            {f"{rate:g}": at_rate(rate) for rate in rates} | {"best rate of each width": BEST}
        ).items():
            data = read_single(study, options).dataset
            yield what + label, [width_curve(data, one.metric, one) for one in _criteria(study)]
    data = read_single(start, RecipeOptions()).dataset
    yield "linearized at its start", [linearized_curve(data, one.metric, one) for one in _criteria(start)]


def _criteria(study: Study) -> list[Success]:
    return [study.task.evaluation.criterion._replace(threshold=level) for level in (0.9, 0.99, 0.993)]


def heat_map(prefix: str, name: str) -> None:
    """Width × learning rate, with what learns no features below."""
    study = named(prefix)
    part = study.results
    best = best_rate_fit(part, study.task)
    random, start = named(f"{prefix}_random".strip("_")), named(f"{prefix}_linearized".strip("_"))
    baselines = {
        "random hidden units,\nbest rate": _medians(curve(random, BEST)),
        "linearized at its start": _medians(linearized(start)),
    }
    figure = rates_figure(best, study.task, time_in_words(part), part.sizes["seed"], baselines)
    save(figure, name, [study, random, start])
    print(f"\n{name}: {describe_shift(best)}")


def _medians(found: WidthCurve) -> dict[int, float]:
    """Over seeds, on validation data, by width."""
    values = found.scores.sel(split="validation").median("seed")
    return dict(zip(found.widths, values.to_numpy().tolist(), strict=True))


PANELS = (
    Panel("roughness", "roughness: total variation of the gradient", "total variation", logarithmic=True),
    Panel("spectral_product", "pull: Π σ_max of the layers", "Π σ_max", logarithmic=True),
    Panel("mean_path_norm", "pull of one unit: mean |w||v|", "mean |w||v|", logarithmic=True),
    Panel("winding_angle", "turn: winding of an embedded arm", "degrees"),
    Panel("straightness", "chord over length of an embedded arm", "fraction"),
    Panel("regions_ratio", "linear regions R over H²/2", "R / (H²/2)"),
    Panel("components_in_box", "parts of the regions of all classes", "components"),
    Panel("head_nc2", "unevenness of the class vectors", "of 2π/K"),
    Panel("gradient_jump", "gradient jump between neighbouring regions", "jump", logarithmic=True),
)
MOMENTS = {
    "1e-3, step 2,000 (the notebook's)": at_rate(1e-3, step=2000),
    "1e-2, step 2,000 (near the best)": at_rate(1e-2, step=2000),
    "1e-3, training loss .1": at_rate(1e-3, loss=0.1),
    "1e-2, training loss .1": at_rate(1e-2, loss=0.1),
    "1e-2, step 20,000 (near convergence)": at_rate(1e-2),
}
NARROW, WIDE = 8, 64


def claims() -> None:
    """The lecture's claims at a fixed step, near the best recipe, at equal loss, and at convergence."""
    study = named("long")
    parts = {label: _measures(study, options) for label, options in MOMENTS.items()}
    heading = (
        "Geometry of five spiral arms against width, at two learning rates and several moments of training: medians and quartiles "
        "over 16 seeds (at equal loss: those that reach it)."
    )
    save(moments_figure(parts, PANELS, study.task.width_label, heading), "claims", [study])
    rows = []
    for panel in PANELS:
        ratios = [
            ratio_of_medians(*(_seeds(part[panel.name].sel(width=width)) for width in (WIDE, NARROW)))
            for part in parts.values()
        ]
        rows.append([panel.title, *map(words, ratios)])
    table([f"median at {WIDE} units over that at {NARROW}", *parts], rows)
    reached = [
        [
            str(width),
            *(
                str(int(np.isfinite(_seeds(part["roughness"].sel(width=width))).sum()))
                for part in parts.values()
            ),
        ]
        for width in study.results["width"].to_numpy().tolist()
    ]
    table(["seeds, of 16, at width", *parts], reached)
    for name in (
        "roughness",
        "spectral_product",
        "winding_angle",
        "straightness",
        "regions_ratio",
        "components_in_box",
    ):
        table([name, *(str(w) for w in study.results["width"].to_numpy())], _medians_by_width(parts, name))


def _measures(study: Study, options: RecipeOptions) -> xr.Dataset:
    return flat_measures(read_single(study, options).dataset.isel(step=-1))


def _seeds(values: xr.DataArray) -> np.ndarray:
    return values.to_numpy().ravel()


def _medians_by_width(parts: dict[str, xr.Dataset], name: str) -> Iterator[list[str]]:
    for label, part in parts.items():
        values = part[name].isel(split=-1) if "split" in part[name].dims else part[name]
        yield [label, *(f"{value:.3g}" for value in values.median("seed").to_numpy())]


REGIMES = (
    Panel("kernel_change", "change of the tangent kernel since the start", "1 − CKA", logarithmic=True),
    Panel("kernel_label_alignment", "alignment of the tangent kernel with the labels", "CKA"),
    Panel("weight_movement", "movement of the layer that moves most", "‖Δw‖ / ‖w₀‖", logarithmic=True),
    Panel("hidden_probe_accuracy", "test accuracy of a probe of the hidden layer", "accuracy", bottom=0.5),
    Panel("embedding_probe_accuracy", "… and of the embedding", "accuracy", bottom=0.5),
    Panel("dead_share", "share of dead units", "fraction"),
    Panel("occupied_regions", "linear regions that hold a test point", "regions", logarithmic=True),
    Panel("folds_crossed", "folds crossed along an arm", "folds", logarithmic=True),
    Panel("mean_path_norm", "pull of one unit: mean |w||v|", "mean |w||v|", logarithmic=True),
)


def regimes() -> None:
    """Lazy or rich, by parametrisation and width."""
    study = named("regimes")
    coordinate = study.results["parametrisation"]
    codes = dict(zip(describe_values(coordinate), coordinate.to_numpy().tolist(), strict=True))
    points = {
        f"{name.replace('_', ' ').replace('ntk', 'NTK')}, 1e-2": (code, 1e-2) for name, code in codes.items()
    }
    points["standard, 1e-3"] = codes["standard"], 1e-3
    parts = {
        label: _measures(study, RecipeOptions(at={"parametrisation": code, RATE: rate}))
        for label, (code, rate) in points.items()
    }
    heading = (
        "Lazy or rich? Networks of 2,000 steps against width, in three parametrisations (alike at 64 units): medians and quartiles "
        "over 8 seeds."
    )
    save(moments_figure(parts, REGIMES, study.task.width_label, heading), "regimes", [study])
    for panel in REGIMES:
        table(
            [panel.title, *(str(w) for w in study.results["width"].to_numpy())],
            _medians_by_width(parts, panel.name),
        )


def terms() -> None:
    """Four layers against one, at equal arms and rates: by units, by parameters and by compute."""
    studies = {"one hidden layer": named("terms_wide"), "four hidden layers": named("terms_deep")}
    label = {name: f"{name}, best rate of each width" for name in studies}
    by_width = {label[name]: curve(study, BEST) for name, study in studies.items()}
    sizes = {
        label[name]: [parameter_count(study.factory, width) for width in by_width[label[name]].widths]
        for name, study in studies.items()
    }
    by_parameters = {name: _resized(one, sizes[name]) for name, one in by_width.items()}
    random, start = named("terms_random"), named("terms_linearized")
    by_width["random hidden units, best rate of each width"] = curve(random, BEST)
    by_width["one layer linearized at its start"] = linearized(start)
    heading = (
        "Deep against wide on three spiral arms, each width at its best learning rate, 2,000 steps: share of 8 seeds (linearized: 32) that reach 99 % "
        f"on fresh points (8 others chose the rate), with Wilson 95 % intervals. {HALF}."
    )
    panels = [Sized(by_width, "units of each layer"), Sized(by_parameters, "parameters")]
    save(success_figure(panels, heading), "deep-wide", [*studies.values(), random, start])
    rows = []
    for name, study in studies.items():
        read = read_single(study, BEST)
        steps = steps_to_success(read.training.sel(split=["validation"]), study.task.evaluation.criterion)
        steps = steps.squeeze("split", drop=True)
        compute = steps.fillna(np.inf).median("seed") * xr.DataArray(
            [flops_per_step(study.factory, int(width)) for width in steps["width"]], {"width": steps["width"]}
        )
        best = int(np.argmin(compute.to_numpy()))
        least = f"{compute.values[best]:.2g} (width {int(steps['width'][best])}, {float(steps.median('seed')[best]):,.0f} steps)"
        halves = by_width[label[name]].half, by_parameters[label[name]].half
        rows.append([name, *map(words, halves), least])
    table(["network", "H50 in units", "in parameters", "least median FLOPs to 99 % on validation"], rows)


def _resized(found: WidthCurve, sizes: list[int]) -> WidthCurve:
    """The same curve against another notion of size."""
    final = found.scores.isel(split=-1).transpose("width", "seed").to_numpy()
    half = half_width(np.array(sizes), found.success.reached(final), ~np.isnan(final))
    return found._replace(widths=sizes, half=half)


def main() -> None:
    """All figures and tables."""
    headline("", "spirals-width", "five")
    headline("three_arms_", "spirals-width-three-arms", "three")
    heat_map("", "rates")
    heat_map("three_arms", "rates-three-arms")
    claims()
    regimes()
    terms()


if __name__ == "__main__":
    main()
