"""What stands where in a text, and which unit of a net follows it.

A unit follows a track if its activity is a linear function of it: the share of variance that the two have in common, r². Units are
chosen on one part of a text and judged on another.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nlpfeat.analysis.text_statistics import OPEN, QUOTES, opens

RIDGES = np.logspace(1, 7, 7)
DESCRIPTIONS = {
    "quotes": "inside quotes",
    "brackets": "inside brackets",
    "line": "place in the line",
    "word": "place in the word",
}


def text_features(text: str) -> dict[str, Float[np.ndarray, " characters"]]:
    """What is so after each character: inside quotes, inside brackets (0 or 1), characters since the line and the word began.

    Quotes and brackets end with their paragraph. Counting stops at 100 in a line and at 12 in a word, where few are longer.
    """
    found = {name: np.zeros(len(text), np.float32) for name in DESCRIPTIONS}
    quoted, waiting, line, word = False, list[str](), 0, 0
    for place, letter in enumerate(text):
        line = 0 if letter == "\n" else line + 1
        word = word + 1 if letter.isalpha() else 0
        if letter == "\n" and text[place - 1 : place] == "\n":
            quoted, waiting = False, []
        elif letter in QUOTES:
            quoted = opens(text, place)
        elif letter in OPEN:
            waiting.append(OPEN[letter])
        elif waiting and letter == waiting[-1]:
            waiting.pop()
        now = (quoted, bool(waiting), min(line, 100), min(word, 12))
        for name, value in zip(DESCRIPTIONS, now, strict=True):
            found[name][place] = value
    return found


class UnitProbe(NamedTuple):
    """The unit that follows a track best, and all units together."""

    unit: int
    sign: int  # -1 where it falls as the track rises
    chosen: float  # r² where it was chosen
    single: float  # r² on the held-out part
    together: float  # share of the held-out variance that a linear function of all units explains; below 0 if it misleads


def probe_units(
    units: Float[np.ndarray, "train units"],
    track: Float[np.ndarray, " train"],
    held_units: Float[np.ndarray, "held units"],
    held_track: Float[np.ndarray, " held"],
) -> UnitProbe | None:
    """The unit that follows a track best on the train part, judged on the held-out part.

    All units together are fitted by least squares, with that ridge of `RIDGES` which predicts the last fifth of the text from the rest best:
    a single character is too easily told from those beside it.

    Returns:
      None where the track, or every unit, is constant on a part.
    """
    if not (track.std() and held_track.std() and units.std(0).any() and held_units.std(0).any()):
        return None
    r = correlations(units, track)
    unit = int(np.nanargmax(r**2))
    held = correlations(held_units[:, unit : unit + 1], held_track)[0]
    places, last = np.arange(len(track)), max(len(track) // 5, 2)
    ridge = RidgeCV(RIDGES, cv=[(places[:-last], places[-last:])])
    together = make_pipeline(StandardScaler(), ridge).fit(units, track).score(held_units, held_track)
    return UnitProbe(
        unit, int(np.sign(r[unit])), float(r[unit] ** 2), float(np.nan_to_num(held**2)), float(together)
    )


def correlations(
    units: Float[np.ndarray, "characters units"], track: Float[np.ndarray, " characters"]
) -> Float[np.ndarray, " units"]:
    """Pearson's r of each unit with a track; NaN of a constant one."""
    x, y = units - units.mean(0), track - track.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        return (x * y[:, None]).mean(0) / (units.std(0) * track.std())
