"""Film of the text that a character network writes over training.

The random numbers are the same at every step, so that differences between frames are due to the network.
"""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from nlpfeat.analysis.text_statistics import WORD
from nlpfeat.films.film import DPI
from nlpfeat.films.scene import TrainingScene
from nlpfeat.plotting.save import any_letters
from nlpfeat.plotting.style import ORANGE, Theme

COLUMNS, ROWS = 62, 25  # of characters in a panel
ASPECT = 0.605  # width over font size of a monospaced character

NOTE = (
    "Grey: the prompt. Then the text that the network writes, sampled character by character at temperature 0.8, with the same "
    "random numbers at every step. Orange: words that occur less than twice in the training text. Below: accuracy, the fraction of "
    "characters for which the most probable one comes next."
)


@dataclass(frozen=True)
class WritingScene(TrainingScene):
    """The text that one network writes at each step.

    Attributes:
      prompt: the beginning of every text.
      texts: one per frame, without the prompt.
      vocabulary: words that are not marked.
    """

    prompt: str
    texts: tuple[str, ...]
    vocabulary: frozenset[str]

    def draw(self, ax: Axes, strip: Axes, frame: int, theme: Theme) -> None:
        """The text at a step, and the accuracy so far."""
        ax.set_axis_off()
        text = self.prompt + self.texts[frame]
        origin = origins(text, len(self.prompt), self.vocabulary)
        size = 72 * ax.get_window_extent().width / DPI / COLUMNS / ASPECT
        style = {"fontsize": size, "family": "monospace", "va": "baseline", "transform": ax.transAxes}
        with any_letters():
            for part, colour in enumerate((theme.muted, theme.ink, ORANGE)):
                shown = "".join(
                    letter if own == part else " " for letter, own in zip(text, origin, strict=True)
                )
                # line by line, because the line height of a block depends on its characters
                for row, line in enumerate(broken(shown, text), 1):
                    ax.text(0, 1 - row / (ROWS + 1), line, color=colour, **style)
        self.draw_accuracy(strip, frame, theme)


def origins(text: str, prompt: int, vocabulary: frozenset[str]) -> np.ndarray:
    """The origin of each character.

    Args:
      text: prompt and written text.
      prompt: number of characters of the prompt.
      vocabulary: known words.

    Returns:
      int (characters,): 0 prompt, 1 written, 2 written and part of an unknown word.
    """
    found = np.ones(len(text), int)
    for match in WORD.finditer(text):
        if match[0] not in vocabulary:
            found[match.start() : match.end()] = 2
    found[:prompt] = 0
    return found


def broken(shown: str, text: str) -> list[str]:
    """`shown` in lines, broken where `text` breaks: at its line ends and before words that would exceed `COLUMNS`; at most `ROWS`."""
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
