"""What single units follow: chosen on the text that was learned from, judged on the held-out text, drawn over it."""

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from nlpfeat.analysis.sampling import unit_activations
from nlpfeat.analysis.unit_probes import DESCRIPTIONS, UnitProbe, probe_units, text_features
from nlpfeat.cli.tables import print_columns
from nlpfeat.errors import UserError
from nlpfeat.plotting.save import save_figure
from nlpfeat.plotting.style import house_style
from nlpfeat.plotting.texts import lay_out, plot_text
from nlpfeat.store.provenance import signature
from nlpfeat.study.characters import Readers
from nlpfeat.study.restore import Member
from nlpfeat.study.select import describe_member

LENGTH = 60_000  # characters read of each part
COLUMNS, LINES = 80, 12  # of a text that is drawn


def units(readers: Readers, chosen: dict[str, float], flags: Any, line: str) -> int:
    """A table on stdout, a figure in the study's folder.

    Raises:
      UserError: if there is no such member, or the text has nothing to follow.
    """
    member = readers.member(chosen, flags.step)
    length = flags.length or LENGTH
    texts = [readers.text(part, length) for part in ("train", readers.shown)]
    read = [_states(readers, member, part, length) for part in ("train", readers.shown)]
    where = [text_features(text) for text in texts]
    found = {name: probe_units(read[0], where[0][name], read[1], where[1][name]) for name in DESCRIPTIONS}
    known = {name: one for name, one in found.items() if one is not None}
    if not known:
        raise UserError(
            f"{readers.study.spec.data.name}: nothing to follow in the first {length:,} characters of each part"
        )
    size = read[0].shape[1] // readers.study.spec.model.layers
    if flags.json:
        told = {
            name: one._asdict() | {"layer": one.unit // size, "unit": one.unit % size}
            for name, one in known.items()
        }
        print(json.dumps({"member": member.id, "step": member.step, "followers": told}))
        return 0
    _print(known, size, length, readers.shown_name)
    study = readers.study
    study.figures.mkdir(exist_ok=True)
    name = "-".join(["characters-units", *(f"{key}={value:g}" for key, value in chosen.items())])
    heading = f"What single units follow, drawn over the {readers.shown_name}: {describe_member(chosen)}, step {member.step}"
    shown = {track: (one, _name(one, size), where[1][track]) for track, one in known.items()}
    paths = figure_of(texts[1], read[1], shown, heading, signature(line, study), study.figures / name)
    print("\n".join(map(str, paths)))
    return 0


def _states(readers: Readers, member: Member, part: str, length: int) -> np.ndarray:
    return unit_activations(member.module, member.params, member.settings, readers.book.part(part)[:length])


def _name(one: UnitProbe, size: int) -> str:
    return f"layer {one.unit // size + 1}, unit {one.unit % size}"


def _print(known: dict[str, UnitProbe], size: int, length: int, judged: str) -> None:
    columns = {
        "followed": [DESCRIPTIONS[name] for name in known],
        "by": [_name(one, size) for one in known.values()],
        "r² where chosen": [f"{one.chosen:.3f}" for one in known.values()],
        f"r², {judged}": [f"{one.single:.3f}" for one in known.values()],
        f"all units, {judged}": [f"{one.together:.3f}" for one in known.values()],
    }
    print_columns(
        columns,
        f"of {length:,} characters of each part at most. r²: share of variance that a unit and what it follows have in common; all units: what a "
        "linear function of them explains",
    )


def figure_of(
    text: str,
    activity: np.ndarray,
    shown: dict[str, tuple[UnitProbe, str, np.ndarray]],
    heading: str,
    line: str,
    path: Path,
) -> list[Path]:
    """A panel a track: some lines of the text where it varies most, on the colours of the unit that follows it."""
    with house_style():
        figure, axes = plt.subplots(len(shown), 1, figsize=(11, 0.9 + 2.5 * len(shown)), squeeze=False)
        for ax, (name, (one, unit, track)) in zip(axes[:, 0], shown.items(), strict=True):
            start, stop = _passage(text, track)
            values = one.sign * activity[:, one.unit]
            values = (values - values.mean()) / max(float(values.std()), 1e-9)
            title = f"{DESCRIPTIONS[name]}: {unit}, r² {one.single:.2f} (all units {one.together:.2f})"
            plot_text(ax, text[start:stop], values[start:stop], columns=COLUMNS, limit=2.5, title=title)
        return save_figure(figure, f"{heading}; red where a unit is above its mean", line, path)


def _passage(text: str, track: np.ndarray) -> tuple[int, int]:
    """Where `LINES` lines begin and end in which a track varies most."""
    rows = np.array([row for row, _ in lay_out(text, COLUMNS)])
    starts = np.searchsorted(rows, np.arange(0, max(rows[-1] - LINES, 0) + 1))
    stops = np.searchsorted(rows, np.arange(len(starts)) + LINES)
    varies = [track[a:b].var() * (b - a) for a, b in zip(starts, stops, strict=True)]
    best = int(np.argmax(varies))
    return int(starts[best]), int(stops[best])
