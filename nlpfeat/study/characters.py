"""The nets of a study that read a text character by character: what the commands that look at them start from."""

from typing import NamedTuple

from nlpfeat.cli.tables import warn
from nlpfeat.data.text.characters import Book, CharacterSpec
from nlpfeat.errors import UserError
from nlpfeat.store.layout import StudyFolder
from nlpfeat.study.restore import Member, is_finite, restore, study_factory
from nlpfeat.sweeps.members import MemberFactory

PROMPT = 40  # characters of the text that a net goes on from, where no others are asked for


class Readers(NamedTuple):
    """A study of nets that read characters, its text read once."""

    study: StudyFolder
    factory: MemberFactory
    book: Book

    @property
    def holds_out(self) -> bool:
        """Whether text enough is held out to be looked at."""
        return len(self.book.part("validation")) > PROMPT

    @property
    def shown(self) -> str:
        """The split that nets are judged on: the one that was not learned from, or the training text where nothing is held out."""
        return "validation" if self.holds_out else "train"

    @property
    def shown_name(self) -> str:
        """What that text is called in tables and figures."""
        return "held-out text" if self.holds_out else "training text"

    @property
    def prompt(self) -> str:
        """What it begins with."""
        return self.text(self.shown, PROMPT)

    def text(self, part: str, most: int) -> str:
        """The first characters of a part, as the nets read them."""
        return self.book.alphabet.decode(self.book.part(part)[:most])

    def member(self, wanted: dict[str, float], step: int | None) -> Member:
        """A member of the study.

        Raises:
          UserError: if there is no such member or step, or its training diverged.
        """
        member = restore(self.study, wanted, step, self.factory)
        if not is_finite(member.params):
            raise UserError(
                f"the training of this member diverged by step {member.step}: it has nothing to say"
            )
        return member


def readers(study: StudyFolder) -> Readers:
    """A study with its text.

    Raises:
      UserError: if its nets do not read characters, or the text has changed.
    """
    check_reads(study)
    factory = study_factory(study)
    return Readers(study, factory, factory.dataset.metadata)


def check_reads(study: StudyFolder) -> None:
    """Check that the nets of a study read characters.

    Raises:
      UserError: if they do not.
    """
    if not issubclass(study.spec.task.data.spec, CharacterSpec):
        raise UserError(
            f"{study.path} is a study of {study.spec.task.name}, whose nets do not write: name one of char_rnn, such as runs/char_rnn"
        )


def tell_learned(nets: Readers) -> None:
    """Note that nets are judged on what they learned from, where no text is held out."""
    if not nets.holds_out:
        warn(
            f"{nets.study.path} holds no text out: its nets are judged on the training text, so none of it is new to them"
        )


def tell_unknown(book: Book, prompt: str) -> None:
    """Note the characters of a prompt that nets do not tell apart."""
    written = book.alphabet.written(prompt)
    others = dict.fromkeys(letter for letter in written if letter not in book.alphabet.characters)
    if others:
        warn(f"characters that the net does not tell apart are all one to it: {' '.join(map(repr, others))}")
