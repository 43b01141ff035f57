"""What a net writes over training: the same draws at every step, so that all that changes is the net."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from nlpfeat.analysis.text_statistics import WORD
from nlpfeat.films.film import DPI
from nlpfeat.films.training import draw_scores, score_line
from nlpfeat.plotting.save import any_letters
from nlpfeat.plotting.style import ORANGE, Theme

COLUMNS, ROWS = 62, 25  # of letters in a panel
LETTER = 0.605  # the width of a monospaced letter, of its size

NOTE = (
    "Grey: the text that the net goes on from. Then what it writes, a character at a time, each drawn by the chances that it gives, at "
    "temperature 0.8; the draws are the same at every step. Orange: words that the book does not have twice. Below: how often the "
    "likeliest character comes next."
)


@dataclass(frozen=True)
class Writing:
    """One net's writing over training."""

    steps: np.ndarray  # (frames,)
    prompt: str
    texts: tuple[str, ...]  # one a frame
    words: frozenset[str]
    accuracy: dict[str, np.ndarray]  # split -> (frames,)

    @property
    def frames(self) -> int:
        """One for each step."""
        return len(self.steps)

    def label(self, frame: int) -> str:
        """Step and accuracy."""
        return score_line(self.steps, self.accuracy, frame)

    def draw(self, ax: Axes, strip: Axes, frame: int, theme: Theme) -> None:
        """The text at a step, and the accuracy so far."""
        ax.set_axis_off()
        text = self.prompt + self.texts[frame]
        owner = owners(text, len(self.prompt), self.words)
        size = 72 * ax.get_window_extent().width / DPI / COLUMNS / LETTER
        style = {"fontsize": size, "family": "monospace", "va": "baseline", "transform": ax.transAxes}
        with any_letters():
            for part, colour in enumerate((theme.muted, theme.ink, ORANGE)):
                shown = "".join(
                    letter if own == part else " " for letter, own in zip(text, owner, strict=True)
                )
                for row, line in enumerate(
                    broken(shown, text), 1
                ):  # one by one: a block's lines move with its letters
                    ax.text(0, 1 - row / (ROWS + 1), line, color=colour, **style)
        draw_scores(strip, self.steps, self.accuracy, frame, theme)


def owners(text: str, prompt: int, words: frozenset[str]) -> np.ndarray:
    """Whose each character is, int (characters,): 0 the prompt's, 1 the net's, 2 the net's in a word that the book has not twice."""
    found = np.ones(len(text), int)
    for match in WORD.finditer(text):
        if match[0] not in words:
            found[match.start() : match.end()] = 2
    found[:prompt] = 0
    return found


def broken(shown: str, text: str) -> list[str]:
    """`shown` in lines as `text` breaks, at its own line ends and before words that would pass `COLUMNS`; `ROWS` at most."""
    lines, begin = [], 0
    for line in text.split("\n"):
        rest = line
        while len(rest) > COLUMNS:
            cut = rest.rfind(" ", 1, COLUMNS + 1) + 1 or COLUMNS
            lines.append(shown[begin : begin + cut])
            begin, rest = begin + cut, rest[cut:]
        lines.append(shown[begin : begin + len(rest)])
        begin += len(rest) + 1
    return lines[:ROWS]
