"""The words of a study's nets: what the commands that look at words start from."""

from typing import NamedTuple

import jax
import numpy as np

from nlpfeat.data.reading import CorpusSpec
from nlpfeat.data.sequences import SequenceTexts
from nlpfeat.data.texts import Texts
from nlpfeat.data.vocabulary import FEWEST, Vocabulary, polarity
from nlpfeat.errors import UserError, nearest
from nlpfeat.sweeps.prepare import Maker
from nlpfeat.sweeps.restore import Member, restore, study_maker
from nlpfeat.sweeps.study import Study
from nlpfeat.words.groups import Groups, by_polarity


class Words(NamedTuple):
    """A study of texts, read once."""

    study: Study
    make: Maker
    texts: Texts | SequenceTexts
    polarity: np.ndarray  # (words,), NaN where too rare

    @property
    def vocabulary(self) -> Vocabulary:
        """The words."""
        return self.texts.vocabulary

    def place(self, word: str) -> int:
        """The place of a word in the vocabulary.

        Raises:
          UserError: if it is not there; the nearest spelling is named.
        """
        known = self.vocabulary.ids
        for spelling in (word, word.lower()):
            if spelling in known:
                return known[spelling]
        raise UserError(
            f"no word {word!r} among the {len(known):,} of this study ({self._near(word)}); words that are too rare, cut, "
            "or only in the test part have no vector"
        )

    def _near(self, word: str) -> str:
        """The nearest spelling among the words that could be meant: of about its length, the frequent ones first."""
        alike = [w for w in self.vocabulary.words if abs(len(w) - len(word)) <= 2 and w.strip()][:20000]
        hint = nearest(word.lower(), alike)
        return hint if hint.startswith("did") else "nothing is spelt alike"

    def groups(self, each: int) -> Groups:
        """The words of most extreme polarity.

        Raises:
          UserError: if there are too few to compare.
        """
        found = by_polarity(self.polarity, each)
        few = min(int((found.labels == label).sum()) for label in (0, 1))
        if few < 5:
            raise UserError(
                f"only {few} words of one sign are seen {FEWEST} times or more in the {self.texts.corpus.sizes[0]} training texts: "
                "too few to compare"
            )
        return found


def read_words(study: Study) -> Words:
    """A study with its texts read and its vocabulary built again.

    Raises:
      UserError: if its inputs are no words, or its texts have changed.
    """
    if study.spec.row.words is None or not issubclass(study.spec.row.data, CorpusSpec):
        raise UserError(
            f"{study.path} is a study of {study.spec.task}, which has no words: name one of texts, such as runs/reviews_bag"
        )
    make = study_maker(study)
    texts = make.source.about
    return Words(study, make, texts, polarity(texts.vocabulary.counts))


def net(words: Words, wanted: dict[str, float], step: int | None) -> Member:
    """A member of the study.

    Raises:
      UserError: if there is no such member or step, or its training diverged.
    """
    member = restore(words.study, wanted, step, words.make)
    if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(member.params)):
        raise UserError(
            f"the training of this member diverged by step {member.step}: its words have no vectors"
        )
    return member


def vectors(words: Words, member: Member) -> np.ndarray:
    """The word vectors of a member, float64 (words, width)."""
    task = words.study.spec.row
    assert task.words is not None
    return np.asarray(task.words(member.params, member.settings), np.float64)
