"""Features of a text, such as being inside quotes, and the single unit that follows each feature best.

A unit follows a feature by r², their squared correlation over the characters of a text. The unit is chosen on training text and
evaluated on other text.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nlpfeat.analysis.text_statistics import OPEN, QUOTES, opens

RIDGES = np.logspace(1, 7, 7)
MAX_LINE, MAX_WORD = 100, 12  # positions beyond these are clipped: few lines and words are longer
DESCRIPTIONS = {
    "quotes": "inside quotes",
    "brackets": "inside brackets",
    "line": "position in the line",
    "word": "position in the word",
}


def text_features(text: str) -> dict[str, Float[np.ndarray, " characters"]]:
    """The value of each feature after each character.

    "quotes" and "brackets" are 0 or 1 and end with their paragraph; "line" and "word" count characters since the line or the
    word began.
    """
    features = {name: np.zeros(len(text), np.float32) for name in DESCRIPTIONS}
    quoted, expected, line, word = False, list[str](), 0, 0
    for index, character in enumerate(text):
        line = 0 if character == "\n" else line + 1
        word = word + 1 if character.isalpha() else 0
        if character == "\n" and text[index - 1 : index] == "\n":
            quoted, expected = False, []
        elif character in QUOTES:
            quoted = opens(text, index)
        elif character in OPEN:
            expected.append(OPEN[character])
        elif expected and character == expected[-1]:
            expected.pop()
        now = (quoted, bool(expected), min(line, MAX_LINE), min(word, MAX_WORD))
        for name, value in zip(DESCRIPTIONS, now, strict=True):
            features[name][index] = value
    return features


class UnitProbe(NamedTuple):
    """The unit that follows a feature best, and a linear probe of all units."""

    unit: int
    sign: int  # of the correlation
    train_r2: float  # of the unit, on the text on which it was chosen
    evaluation_r2: float  # of the unit, on the other text
    probe_r2: float  # coefficient of determination of the linear probe on the other text; negative if worse than the mean


def probe_units(
    units: Float[np.ndarray, "train units"],
    feature: Float[np.ndarray, " train"],
    evaluation_units: Float[np.ndarray, "evaluation units"],
    evaluation_feature: Float[np.ndarray, " evaluation"],
) -> UnitProbe | None:
    """Choose the unit that follows a feature best on training text, and evaluate it on other text.

    The linear probe is a ridge regression. Its penalty is chosen from `RIDGES` on the last fifth of the training text, a
    contiguous block: neighbouring characters are too alike for random folds.

    Args:
      units: activations on the training text.
      feature: its value there, after each character.
      evaluation_units, evaluation_feature: the same on the other text.

    Returns:
      None where the feature, or every unit, is constant on one of the texts.
    """
    parts = (feature, evaluation_feature, units, evaluation_units)
    if not all(part.std(0).any() for part in parts):
        return None
    r = correlations(units, feature)
    unit = int(np.nanargmax(r**2))
    other_r = correlations(evaluation_units[:, unit : unit + 1], evaluation_feature)[0]
    indices, last = np.arange(len(feature)), max(len(feature) // 5, 2)
    ridge = RidgeCV(RIDGES, cv=[(indices[:-last], indices[-last:])])
    probe = make_pipeline(StandardScaler(), ridge).fit(units, feature)
    return UnitProbe(
        unit,
        int(np.sign(r[unit])),
        float(r[unit] ** 2),
        float(np.nan_to_num(other_r**2)),
        float(probe.score(evaluation_units, evaluation_feature)),
    )


def correlations(
    units: Float[np.ndarray, "characters units"], feature: Float[np.ndarray, " characters"]
) -> Float[np.ndarray, " units"]:
    """Pearson's r of each unit with a feature; NaN for a constant unit."""
    x, y = units - units.mean(0), feature - feature.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        return (x * y[:, None]).mean(0) / (units.std(0) * feature.std())
