"""The words of a study's nets: what the commands that look at words start from."""

from typing import Any, NamedTuple

import numpy as np

from nlpfeat.data.text.bags import BagTexts
from nlpfeat.data.text.sequences import SequenceTexts
from nlpfeat.data.text.vocabulary import FEWEST, Vocabulary, polarity
from nlpfeat.data.text.windows import WindowTexts
from nlpfeat.embeddings.separability import PolarWords, polar_words
from nlpfeat.embeddings.space import WordSpace
from nlpfeat.errors import UserError
from nlpfeat.store.layout import StudyFolder
from nlpfeat.study.restore import Member, is_finite, restore, study_factory
from nlpfeat.sweeps.members import MemberFactory


class Words(NamedTuple):
    """A study of texts, read once."""

    study: StudyFolder
    factory: MemberFactory
    texts: BagTexts | SequenceTexts | WindowTexts
    polarity: np.ndarray  # (words,), NaN where too rare, or where texts have no classes

    @property
    def vocabulary(self) -> Vocabulary:
        """The words."""
        return self.texts.vocabulary

    @property
    def labelled(self) -> bool:
        """Whether the texts have classes."""
        return len(self.texts.corpus.classes) > 1

    def groups(self, each: int) -> PolarWords:
        """The words of most extreme polarity.

        Raises:
          UserError: if there are too few to compare.
        """
        self.require_classes()
        found = polar_words(self.polarity, each)
        few = min(int((found.labels == label).sum()) for label in (0, 1))
        if few < 5:
            raise UserError(
                f"only {few} words of one sign are seen {FEWEST} times or more in the {self.texts.corpus.sizes[0]} training texts: "
                "too few to compare"
            )
        return found

    def require_classes(self) -> None:
        """Raise a UserError where no word is good or bad."""
        if not self.labelled:
            raise UserError(
                f"the texts of {self.study.path} have no classes, so no word is good or bad: look at neighbours, analogies, "
                "similarity, map or dimensions"
            )


def read_words(study: StudyFolder, factory: MemberFactory | None = None) -> Words:
    """A study with its texts read and its vocabulary built again.

    Args:
      make: the study's maker, where it is at hand: files are read once.

    Raises:
      UserError: if its inputs are no words, or its texts have changed.
    """
    if study.spec.task.views.word_vectors is None:
        raise UserError(
            f"{study.path} is a study of {study.spec.task.name}, which has no words: name one of texts, such as runs/reviews_bag"
        )
    factory = factory or study_factory(study)
    texts = factory.dataset.metadata
    return Words(study, factory, texts, polarity(texts.vocabulary.counts))


def net(words: Words, wanted: dict[str, float], step: int | None) -> Member:
    """A member of the study.

    Raises:
      UserError: if there is no such member or step, or its training diverged.
    """
    member = restore(words.study, wanted, step, words.factory)
    if not is_finite(member.params):
        raise UserError(
            f"the training of this member diverged by step {member.step}: its words have no vectors"
        )
    return member


def vectors(words: Words, member: Member) -> np.ndarray:
    """The word vectors of a member, float64 (words, width)."""
    return table_of(words, member.params, member.settings)


def table_of(words: Words, params: Any, settings: Any) -> np.ndarray:
    """The word vectors of parameters, float64 (words, width)."""
    task = words.study.spec.task
    assert task.views.word_vectors is not None
    return np.asarray(task.views.word_vectors(params, settings), np.float64)


def learned(words: Words, member: Member) -> WordSpace:
    """The space of a member: words with a row of their own."""
    settings = member.settings
    title = f"{words.study.path}, width {settings.width}, seed {settings.seed}, step {member.step}"
    return own_rows(words, vectors(words, member), title)


def own_rows(words: Words, table: np.ndarray, title: str) -> WordSpace:
    """The words that have a row of their own in a table of vectors, as they are spelt."""
    ids = words.vocabulary.ids
    rows = np.fromiter(ids.values(), np.int64, len(ids))
    counts = words.vocabulary.counts[rows].sum(1)
    return WordSpace(title, tuple(ids), table[rows], {word: i for i, word in enumerate(ids)}, counts)
