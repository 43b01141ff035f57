"""Signs of learning, counted in what every member writes: against width, over training, beside the book itself."""

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from nlpfeat.analysis.sampling import sample_text
from nlpfeat.analysis.text_statistics import DESCRIPTIONS, TextStatistics, text_statistics, vocabulary_of
from nlpfeat.cli.progress import Counter
from nlpfeat.cli.tables import median_cell, print_columns, warn
from nlpfeat.plotting.primitives import plot_measure, plot_medians
from nlpfeat.plotting.save import save_figure
from nlpfeat.plotting.style import BLUE, GREY, house_style, width_axis
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.store.atomic import atomic
from nlpfeat.store.provenance import signature
from nlpfeat.study.characters import Readers
from nlpfeat.study.restore import is_finite
from nlpfeat.study.select import finished_buckets, members_at_point, members_at_steps

LENGTH, TEXTS = 20_000, 20  # characters that each member writes, in so many texts
DRAW = 0


def signs_of_all(readers: Readers, chosen: dict[str, float], flags: Any, line: str) -> int:
    """Let every finished member write at every kept step: a table on stdout; a figure and a CSV in the study's folder.

    Raises:
      UserError: if no bucket is finished, or the further axes are open.
    """
    length = flags.length or LENGTH
    words = vocabulary_of(readers.text("train", len(readers.book.numbers)))
    found = counted(readers, chosen, words, length, flags.temperature)
    beside = references(readers, words, length)
    if flags.json:
        told = {name: one._asdict() for name, one in beside.items()}
        print(json.dumps({"members": json.loads(found.to_json(orient="records")), "references": told}))
        return 0
    _print(found, beside)
    study = readers.study
    study.figures.mkdir(exist_ok=True)
    name = "-".join(["characters-signs", *(f"{key}={value:g}" for key, value in chosen.items())])
    paths = figure_of(
        found, beside, study.spec.task.width_label, signature(line, study), study.figures / name
    )
    paths.append(study.figures / f"{name}.csv")
    with atomic(paths[-1]) as part:
        found.to_csv(part, index=False)
    print("\n".join(map(str, paths)))
    return 0


def counted(
    readers: Readers, chosen: dict[str, float], words: frozenset[str], length: int, temperature: float
) -> pd.DataFrame:
    """A row a member and step: width, seed, and each sign."""
    study = readers.study
    table = members_at_point(study, chosen)
    work = finished_buckets(study, table)
    total = sum(int((table["bucket"] == label).sum()) for label, _ in work)
    alphabet, prompt, rows = readers.book.alphabet, readers.prompt, []
    with Counter("nets have written", total) as progress:
        for done, net in enumerate(members_at_steps(study, readers.factory, table, work), 1):
            settings, params = net.settings, net.params
            progress.done(done)
            named = {"width": int(settings.width), "seed": int(settings.seed), "step": net.step}
            if not is_finite(params):
                warn(
                    f"member {net.id} diverged by step {net.step}: it writes nothing, which counts as no sign of any kind"
                )
                rows.append(named | dict.fromkeys(TextStatistics._fields, 0.0))
                continue
            module = readers.factory.module(int(settings.width))
            each = -(-length // TEXTS)
            texts = sample_text(module, params, settings, alphabet, prompt, temperature, each, DRAW, TEXTS)
            rows.append(named | text_statistics(texts, words)._asdict())
    return pd.DataFrame(rows).sort_values(["width", "seed", "step"], ignore_index=True)


def references(readers: Readers, words: frozenset[str], length: int) -> dict[str, TextStatistics]:
    """The signs of the text that nets are judged on, and of the same characters in an order drawn anew."""
    text = readers.text(readers.shown, length)
    shuffled = "".join(np.random.default_rng(0).permutation(list(text)))
    return {
        f"the {readers.shown_name}": text_statistics([text], words),
        "its characters, shuffled": text_statistics([shuffled], words),
    }


def _print(found: pd.DataFrame, beside: dict[str, TextStatistics]) -> None:
    last = found[found["step"] == found["step"].max()]
    groups = [(f"{width:g}", group) for width, group in last.groupby("width")]
    columns = {"units": [name for name, _ in groups] + list(beside)}
    for sign in DESCRIPTIONS:
        columns[sign] = [median_cell(group[sign].to_numpy()) for _, group in groups]
        columns[sign] += [median_cell(np.array([getattr(one, sign)])) for one in beside.values()]
    told = "; ".join(f"{name}: {about}" for name, about in DESCRIPTIONS.items())
    print_columns(columns, f"at the last step: median over seeds (lowest–highest). {told}")


def figure_of(
    found: pd.DataFrame, beside: dict[str, TextStatistics], units: str, line: str, path: Path
) -> list[Path]:
    """Above, each sign against width at the last step; below, medians over training; the text of `beside` a dashed line."""
    (name, text), *_ = beside.items()
    with house_style():
        figure, axes = plt.subplots(2, len(DESCRIPTIONS), figsize=(3.3 * len(DESCRIPTIONS), 7))
        for (sign, about), (top, bottom) in zip(DESCRIPTIONS.items(), axes.T, strict=True):
            cube = found.set_index(["width", "seed", "step"])[
                sign
            ].to_xarray()  # NaN where there is nothing to count
            widths, values = cube["width"].to_numpy().tolist(), cube.to_numpy()
            quartiles = quartiles_of(values, axis=1)  # (widths, steps) each
            plot_measure(
                top, widths, values[:, :, -1], *(each[:, -1] for each in quartiles), label=sign, colour=BLUE
            )
            width_axis(top, widths, units)
            top.set_title(about.replace(", ", ",\n", 1), fontsize=10)
            plot_medians(bottom, cube["step"].to_numpy(), *quartiles, widths=widths)
            for ax in (top, bottom):
                ax.axhline(getattr(text, sign), ls="--", lw=1.2, color=GREY)
                ax.set_ylim(0, None)
            if bottom is not axes[1, -1]:
                bottom.get_legend().remove()
        return save_figure(
            figure,
            f"Signs of learning in what nets write: above at the last step, every member a point; below over training; dashed: {name}",
            line,
            path,
        )
