"""What the width of a recurrent state buys: bits per character against units, parameters and seconds, with power laws."""

import json
from pathlib import Path

import jax
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from nlpfeat.analysis.agreement import by_width
from nlpfeat.cli.tables import median_cell, print_columns
from nlpfeat.errors import UserError
from nlpfeat.plotting.primitives import plot_measure
from nlpfeat.plotting.save import save_figure
from nlpfeat.plotting.style import BLUE, GREY, ORANGE, house_style, log_axis, width_axis, width_colours
from nlpfeat.stats.intervals import Interval
from nlpfeat.stats.power_laws import PowerLaw, power_law
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.store.atomic import atomic
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.provenance import signature
from nlpfeat.store.results import read_results
from nlpfeat.study.characters import Readers
from nlpfeat.study.select import members_at_point
from nlpfeat.sweeps.members import MemberFactory

SIZES = {"width": "units", "parameters": "parameters", "seconds": "seconds of training a member"}


def width(nets: Readers, chosen: dict[str, float], line: str, *, as_json: bool) -> int:
    """Tables on stdout; a figure and a CSV in the study's folder.

    Raises:
      UserError: if no bucket is finished, or the further axes are open.
    """
    study = nets.study
    curves = measured(study, nets.factory, members_at_point(study, chosen))
    last = curves[curves["step"] == curves["step"].max()]
    held = f"{nets.shown} bits"
    laws = {name: power_law(last[name].to_numpy(), last[held].to_numpy()) for name in SIZES}
    if as_json:
        told = {name: law and law._asdict() for name, law in laws.items()}
        print(json.dumps({"members": json.loads(last.to_json(orient="records")), "laws": told}))
        return 0
    _print(last, laws, held)
    study.figures.mkdir(exist_ok=True)
    name = "-".join(["characters-width", *(f"{key}={value:g}" for key, value in chosen.items())])
    paths = figure_of(curves, laws, held, signature(line, study), study.figures / name)
    paths.append(study.figures / f"{name}.csv")
    with atomic(paths[-1]) as part:
        last.to_csv(part, index=False)
    print("\n".join(map(str, paths)))
    return 0


def measured(study: StudyFolder, factory: MemberFactory, table: pd.DataFrame) -> pd.DataFrame:
    """A row a finished member and recorded step: its sizes, and the bits per character of every part.

    The seconds of a bucket are shared equally by its members; they hold for a bucket that was trained without a break.

    Raises:
      UserError: if no bucket is finished.
    """
    labels = [label for label in table["bucket"].unique() if study.result(label).exists()]
    if not labels:
        raise UserError(f"{study.path} has no finished bucket: run the sweep to its end first")
    members = table[table["bucket"].isin(labels)]
    widths: dict[str, int] = {str(member): int(units) for member, units in members["width"].items()}
    counts = {
        units: sum(leaf.size for leaf in jax.tree.leaves(factory.shapes(units)))
        for units in set(widths.values())
    }
    rows = []
    for label in labels:
        result = read_results(study.result(label)).set_index(member="id")
        seconds = float(result.attrs["seconds"]) / result.sizes["member"]
        steps = result["step"].to_numpy()
        for member in members.index[members["bucket"] == label]:
            one, units = result["bits"].sel(member=member), widths[member]
            sizes = {"member": member, "width": units, "seed": int(result["seed"].sel(member=member))}
            one = one.fillna(np.inf)  # a member that diverged has learned nothing, and is not left out
            bits = {f"{split} bits": one.sel(split=split).to_numpy() for split in one["split"].to_numpy()}
            spent = seconds * steps / steps[-1]
            rows.append(
                pd.DataFrame(sizes | {"parameters": counts[units], "seconds": spent, "step": steps} | bits)
            )
    return pd.concat(rows).sort_values(["width", "seed", "step"], ignore_index=True)


def _print(last: pd.DataFrame, laws: dict[str, PowerLaw | None], held: str) -> None:
    columns: dict[str, list[str]] = {}
    groups = list(last.groupby("width"))
    columns["units"] = [f"{units:g}" for units, _ in groups]
    columns["parameters"] = [f"{group['parameters'].iloc[0]:,}" for _, group in groups]
    columns["members"] = [str(len(group)) for _, group in groups]
    columns["seconds each"] = [f"{group['seconds'].median():.3g}" for _, group in groups]
    for name in last.columns[last.columns.str.endswith(" bits")]:
        columns[name] = [median_cell(group[name].to_numpy()) for _, group in groups]
    print_columns(
        columns,
        "bits per character at the last step: median over seeds (lowest–highest); a bucket's seconds are shared equally by its members, which are "
        "padded to its widest",
    )
    for name, law in laws.items():
        print(f"{held} against {SIZES[name]}: {_told(law)}")


def _told(law: PowerLaw | None) -> str:
    if law is None:
        return "no power law: fewer than 4 sizes, or it does not fall"

    def interval(one: Interval) -> str:
        return f"{one.estimate:.3g} ({one.low:.3g} to {one.high:.3g})"

    return (
        f"floor {interval(law.floor)} + {law.scale.estimate:.3g} · size^−exponent, exponent {interval(law.exponent)}; "
        "95 % over members drawn again"
    )


def figure_of(
    curves: pd.DataFrame, laws: dict[str, PowerLaw | None], held: str, line: str, path: Path
) -> list[Path]:
    """Bits at the last step against each size, and over the seconds of training."""
    last = curves[curves["step"] == curves["step"].max()]
    with house_style():
        figure, axes = plt.subplots(1, 4, figsize=(16, 4.4), sharey=True)
        for ax, (name, label) in zip(axes, SIZES.items(), strict=False):
            for part, colour, marker in (("train bits", ORANGE, "^"), (held, BLUE, "o")):
                _against(ax, last, name, part, colour, marker)
            _law(ax, laws[name], last[name].to_numpy(), label)
        axes[0].set_ylabel("bits per character")
        axes[0].legend()
        _over_time(axes[3], curves, held)
        known = last[["train bits", held]].replace(np.inf, np.nan)
        low, high = known.min(axis=None), known[held].max()
        if np.isfinite(high):
            axes[0].set_ylim(low - 0.15 * (high - low) - 0.1, high + 0.3 * (high - low) + 0.1)
        return save_figure(
            figure,
            "What the width of a recurrent state buys: every seed a point, median, quartiles",
            line,
            path,
        )


def _against(ax: Axes, last: pd.DataFrame, name: str, part: str, colour: str, marker: str) -> None:
    _, values = by_width(last, part)
    sizes = last.groupby("width")[name].median().to_numpy()
    order = np.argsort(sizes)
    quartiles = (each[order] for each in quartiles_of(values, axis=1))
    plot_measure(
        ax,
        sizes[order].tolist(),
        values[order],
        *quartiles,
        label=part.removesuffix(" bits"),
        colour=colour,
        marker=marker,
    )


def _law(ax: Axes, law: PowerLaw | None, sizes: np.ndarray, label: str) -> None:
    """The fitted curve, with its exponent in the title."""
    if label == SIZES["width"]:
        width_axis(ax, sorted(set(sizes.astype(int).tolist())), label)
    else:
        log_axis(ax.xaxis)
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_xlabel(label)
    if law is None:
        ax.set_title("no power law", fontsize=10)
        return
    x = np.geomspace(sizes.min(), sizes.max(), 100)
    ax.plot(x, law.at(x), "--", color=GREY, lw=1.2, label="power law above a floor")
    low, middle, high = law.exponent
    ax.set_title(
        f"exponent {middle:.2f} ({low:.2f} to {high:.2f}), floor {law.floor.estimate:.2f}", fontsize=10
    )


def _over_time(ax: Axes, curves: pd.DataFrame, held: str) -> None:
    """Median bits over the seconds of training, a line a width."""
    widths = [int(w) for w in curves["width"].unique()]
    for units, colour in zip(widths, width_colours(widths), strict=True):
        each = (
            curves[(curves["width"] == units) & (curves["step"] > 0)]
            .groupby("step")[["seconds", held]]
            .median()
        )
        ax.plot(each["seconds"], each[held], color=colour, lw=1.6, label=str(units))
    log_axis(ax.xaxis)
    ax.set_xlabel("seconds of training a member")
    ax.set_title(f"{held} over training, by units", fontsize=10)
    ax.legend(ncols=2, fontsize=8)
