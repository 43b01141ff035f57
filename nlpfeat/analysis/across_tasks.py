"""What width buys over all systems at once: each study's headline measure between its chance level and its best."""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import jax
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from rich.markup import escape
from rich.table import Table

from nlpfeat.cli.tables import print_table, warn
from nlpfeat.config.schema import digest
from nlpfeat.errors import UserError
from nlpfeat.plotting.primitives import plot_gain, strip
from nlpfeat.plotting.save import save_figure
from nlpfeat.plotting.style import house_style
from nlpfeat.stats.intervals import MIN_SEEDS, Interval
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.stats.width_curves import gain_width
from nlpfeat.store.atomic import atomic
from nlpfeat.store.layout import StudyFolder, open_folder
from nlpfeat.store.results import diverged_count, further_axes, read_results, scores
from nlpfeat.study.restore import study_factory
from nlpfeat.sweeps.members import stack_settings, tree_index

SHARE = 0.95  # of the gain


class System(NamedTuple):
    """One study, at its last step and on its last part."""

    name: str  # of its folder
    counts: str  # what the width is
    metric: str
    split: str
    falling: bool  # whether less is better
    widths: np.ndarray  # (widths,)
    scores: np.ndarray  # (widths, seeds), NaN where not run, the worst where training diverged
    diverged: int
    chance: float
    reached: Interval  # the width at which SHARE of the gain is there
    config: str  # hash

    @property
    def best(self) -> int:
        """The place of the best median."""
        return int(np.nanargmax(quartiles_of(self.scores * (-1 if self.falling else 1), axis=1).median))

    @property
    def best_score(self) -> float:
        """The best median."""
        return float(quartiles_of(self.scores, axis=1).median[self.best])

    @property
    def bound(self) -> str:
        """Whether the width reached is a bound only: "≤" at the grid's first width, ">" where its last is the best."""
        if not np.isfinite(self.reached.estimate):
            return ""
        if self.reached.estimate <= self.widths[0]:
            return "≤"
        return ">" if self.best == len(self.widths) - 1 else ""

    @property
    def scaled(self) -> np.ndarray:
        """The scores (widths, seeds) between chance, 0, and the best median, 1."""
        best = self.best_score
        return (self.scores - self.chance) / (best - self.chance)


def systems(folder: Path) -> list[System]:
    """All finished studies of a folder, those that need the least width first.

    Raises:
      UserError: if there is none, one has further axes, or its data are not those it was trained on; DamagedFile if one
        cannot be read.
    """
    paths = sorted(path.parent for path in folder.glob("*/config.json"))
    found = []
    for path in paths:
        study = open_folder(path)
        if not study.combined.exists():
            print(f"left out: {path} is not finished; run its sweep to the end", file=sys.stderr)
            continue
        print(f"{path.name}: reading its data for the chance level …", file=sys.stderr)
        system = _system(study, read_results(study.combined))
        if system is None:
            print(f"left out: all members of {path} diverged", file=sys.stderr)
        else:
            found.append(system)
    if not found:
        raise UserError(
            f"{folder} holds no finished study; sweep some into it, as make all-systems does, "
            "or name the folder with --study"
        )
    return sorted(found, key=lambda system: (system.reached.estimate, system.name))


def _system(study: StudyFolder, dataset: xr.Dataset) -> System | None:
    """The system of a study; None where no member has a score."""
    axes = [name for name in further_axes(dataset) if dataset.sizes[name] > 1]
    if axes:
        raise UserError(
            f"{study.path} varies {', '.join(axes)} beside width and seed: which of its curves would be its own? "
            "Move it elsewhere, or sweep width and seed alone"
        )
    task = study.spec.task
    metric = task.evaluation.headline.name
    final = scores(dataset.isel(step=-1), metric, task.evaluation.criterion).isel(split=-1)
    last = final.squeeze(further_axes(dataset)).transpose("width", "seed").dropna("width", how="all")
    lost = diverged_count(dataset)
    if lost == int((dataset["member_id"] != "").sum()):
        return None
    widths, values = last["width"].to_numpy(), last.to_numpy().astype(float)
    split, merit = str(dataset["split"].to_numpy()[-1]), task.evaluation.criterion.merit
    level = chance_of(study, split)
    return System(
        name=study.path.name,
        counts=task.width_label,
        metric=metric,
        split=split,
        falling=task.evaluation.criterion.falling,
        widths=widths,
        scores=values,
        diverged=lost,
        chance=level,
        reached=gain_width(widths, merit(values), merit(level), SHARE),
        config=dataset.attrs["config_hash"],
    )


def chance_of(study: StudyFolder, split: str) -> float:
    """What the best constant answer gets on a part of a study's data, by its headline metric; mean over its seeds."""
    factory, members = study_factory(study), study.members().drop_duplicates("seed")
    if not study.spec.task.data.per_seed:
        members = members.iloc[:1]
    settings = stack_settings(study.spec.settings, members)
    levels = []
    for place in range(len(members)):
        splits = jax.device_get(factory.draw(tree_index(settings, place)))
        levels.append(
            study.spec.task.evaluation.baseline(factory.dataset.arrays, splits["train"], splits[split])
        )
    return float(np.mean(levels))


def figure(found: list[System]) -> Any:
    """Two columns of strips, one a system, in the order given."""
    rows = -(-len(found) // 2)
    drawn, axes = plt.subplots(rows, 2, figsize=(12, 0.92 * rows + 1.1), squeeze=False)
    ticks = [width for width in (1, 2, 4, 8, 16, 32, 64, 100) if width <= max(s.widths[-1] for s in found)]
    for ax in axes.T.ravel()[len(found) :]:
        ax.axis("off")
    for ax, system in zip(axes.T.ravel(), found, strict=False):
        title = f"{system.name}: {system.metric.replace('_', ' ')} by {system.counts}"
        strip(ax, title, ticks, lowest=ax is axes[-1, 0] or system is found[-1])
        chance, best = f"chance {system.chance:.3g}", f"best {system.best_score:.3g}"
        if np.isfinite(system.reached.estimate):
            scaled = system.scaled
            plot_gain(
                ax,
                system.widths,
                scaled,
                *quartiles_of(scaled, axis=1),
                system.reached,
                system.bound,
                (chance, best),
            )
        else:
            text = f"no width beats the best constant answer\n{chance}, {best}"
            ax.text(0.5, 0.5, text, ha="center", va="center", fontsize=9, transform=ax.transAxes)
    return drawn


HEADING = (
    "What width buys, each system at one recipe of its own (rate, steps: see its config): medians of seeds with quartiles, from the best\n"
    "constant answer (0) to the best median (1). ◆ the width at which 95 % of that gain is reached, with its 95 % interval; ◀ at most, ▶ more\n"
    "than that width: a bound, at the grid's first width or where its last is the best. In the order of that width."
)


def table(found: list[System]) -> pd.DataFrame:
    """A row a system."""
    rows = []
    for system in found:
        medians = quartiles_of(system.scores, axis=1).median
        ran = ~np.isnan(system.scores)
        rows.append(
            {
                "system": system.name,
                "width counts": system.counts,
                "measure": system.metric,
                "part": system.split,
                "seeds": int(ran.any(0).sum()),
                "diverged": system.diverged,
                "missing": int((~ran).sum()),
                "chance": system.chance,
                "narrowest": int(system.widths[0]),
                "at narrowest": medians[0],
                "best": medians[system.best],
                "best width": int(system.widths[system.best]),
                "widest": int(system.widths[-1]),
                "at widest": medians[-1],
                "bound": system.bound,
                "width of 95 %": system.reached.estimate,
                "low": system.reached.low,
                "high": system.reached.high,
                "config": system.config,
            }
        )
    return pd.DataFrame(rows)


def draw(found: list[System], numbers: pd.DataFrame, folder: Path, line: str) -> list[Path]:
    """Write the figure and the table; their paths."""
    folder.mkdir(exist_ok=True)
    configs = digest(sorted(numbers["config"]))[:12]
    with house_style():
        paths = save_figure(figure(found), HEADING, f"{line}   configs {configs}", folder / "all-systems")
    path = folder / "all-systems.csv"
    with atomic(path) as part:
        numbers.to_csv(part, index=False)
    return [*paths, path]


def print_systems(numbers: pd.DataFrame) -> None:
    """Print the table."""
    shown = Table(
        caption="medians over seeds at the last step of each system's own recipe; diverged members count as the worst. Chance: the best answer that does not look at its input. 95 %: the width at "
        f"which that share of the way from chance to the best is made (95 % interval; – with fewer than {MIN_SEEDS} seeds); ≤ and > are bounds: at the grid's first width, and where its last is the best",
        caption_justify="left",
    )
    for head in ("system", "measure", "seeds", "chance", "narrowest", "best", "widest", "95 % of the gain"):
        shown.add_column(head, justify="left" if head in ("system", "measure") else "right")
    for row in numbers.to_dict("records"):
        ends = [f"{row[f'at {end}']:.3g} at {row[end]}" for end in ("narrowest", "widest")]
        shown.add_row(
            escape(row["system"]),
            f"{row['part']} {row['measure'].replace('_', ' ')}",
            str(row["seeds"]),
            f"{row['chance']:.3g}",
            ends[0],
            f"{row['best']:.3g} at {row['best width']}",
            ends[1],
            describe(Interval(row["low"], row["width of 95 %"], row["high"]), row["bound"], row["narrowest"]),
        )
        if row["missing"]:
            warn(f"{row['system']}: {row['missing']} members were not run, and are left out")
        if row["diverged"]:
            warn(f"{row['system']}: {row['diverged']} members diverged, and count as failures")
    print_table(shown)


def describe(reached: Interval, bound: str, narrowest: int) -> str:
    """Such as "6.1 (5.2 – 7)", "≤ 1 (≤ 1 – 3.4)", "> 63 (53 – 74)", or "never" where no width beats chance."""

    def spell(width: float, bound: str = "") -> str:
        if np.isinf(width):
            return "never"
        return f"{bound or ('≤' if width <= narrowest else '')} {width:.3g}".strip()

    if np.isinf(reached.estimate):
        return "never"
    if np.isnan(reached.low):
        return f"{spell(reached.estimate, bound)} (–)"
    return f"{spell(reached.estimate, bound)} ({spell(reached.low)} – {spell(reached.high)})"
