"""What character networks write at their kept checkpoints, at several temperatures, for a page with a slider for each."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nlpfeat.analysis.sampling import SamplingOptions, sample_member
from nlpfeat.data.text.characters import Book
from nlpfeat.films.camera import evenly_spaced
from nlpfeat.progress import Track, untracked
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.select import describe_settings
from nlpfeat.study.session import Study

TEMPERATURES = (0.2, 0.5, 0.8, 1.0, 1.3)
CHARACTERS = 400  # of a text
MAX_STEPS = 8  # of a network


class Written(NamedTuple):
    """What one network writes: texts[step][temperature]."""

    label: str
    steps: list[int]
    texts: list[list[str]]


class Characters(NamedTuple):
    """Texts of some networks, all after the same prompt, with the same random numbers."""

    prompt: str
    networks: list[Written]

    def as_data(self) -> dict[str, object]:
        """As the page's script reads them."""
        return {
            "prompt": self.prompt,
            "temperatures": TEMPERATURES,
            "networks": [network._asdict() for network in self.networks],
        }


def characters_of_page(
    study: Study, members: Sequence[Mapping[str, float]], track: Track = untracked
) -> Characters:
    """The texts of some members of a study of characters, over their kept checkpoints.

    Raises:
      UserError: if a member is missing.
    """
    book: Book = study.dataset.metadata
    steps = [*study.spec.training.snapshots, study.spec.training.total]
    steps = [steps[i] for i in evenly_spaced(len(steps), MAX_STEPS)]
    networks = []
    for settings in track(members, "networks that write", len(members)):
        kept = [member for step in steps if (member := study.restore(step, **settings)).finite]
        if kept:
            written = [[_text(member, book.prompt, warmth) for warmth in TEMPERATURES] for member in kept]
            networks.append(Written(describe_settings(settings), [member.step for member in kept], written))
    return Characters(book.prompt, networks)


def _text(member: TrainedMember, prompt: str, temperature: float) -> str:
    return sample_member(member, prompt, SamplingOptions(temperature=temperature, characters=CHARACTERS))[0]
