"""Which texts a study reads: a published corpus or a CSV of one's own."""

from dataclasses import dataclass

from nlpfeat.data import parsed, table
from nlpfeat.data.corpus import Corpus, cut, hold_out
from nlpfeat.data.published import CORPORA
from nlpfeat.data.tokens import Tokenize, words
from nlpfeat.errors import UserError, nearest
from nlpfeat.settings import Seed, Share


@dataclass(frozen=True)
class CorpusSpec:
    """Which texts, and how they are parted.

    Attributes:
      corpus: a published corpus: "reviews" (Trask's) or "imdb" (its official halves); `path` overrides it.
      path: a CSV or TSV of one's own, with a header row; see `nlpfeat.data.table.rows`.
      columns: the names of its columns, parted by commas, where it has no header row.
      text, label: its columns of texts and of labels, two or more.
      split: its column of "train", "validation" and "test"; empty to draw the test part.
      test_share: the share of rows drawn as test part, where no column says it.
      classes: the labels in their order, from the lowest to the highest; empty for that of numbers, or the alphabet.
      validation_share: the share of the training part held out to choose by.
      key: draws what is drawn.
    """

    corpus: str = "reviews"
    path: str = ""
    columns: str = ""
    text: str = "text"
    label: str = "label"
    split: str = ""
    classes: tuple[str, ...] = ()
    test_share: Share = 0.2
    validation_share: Share = 0.0
    key: Seed = 0

    def __post_init__(self) -> None:
        if not self.path and self.corpus not in CORPORA:
            raise ValueError(f"corpus: no corpus {self.corpus!r}; {nearest(self.corpus, CORPORA)}")
        if self.validation_share > 0.5 or not 0 < self.test_share <= 0.5:
            raise ValueError("test_share and validation_share: at most half, and some to test on")

    @property
    def name(self) -> str:
        """What to call the texts."""
        return self.path or self.corpus

    @property
    def tokenize(self) -> Tokenize:
        """How these texts are cut where a model asks for no way of its own."""
        return words if self.path else CORPORA[self.corpus].tokenize

    def of_new(self, tokenize: Tokenize) -> Tokenize:
        """How new text is cut where these texts are cut by `tokenize`: it is written as they are first."""
        if self.path:
            return tokenize
        write = CORPORA[self.corpus].write
        return lambda text: tokenize(write(text))


def read(spec: CorpusSpec, tokenize: Tokenize) -> Corpus:
    """The corpus that `spec` names, cut by `tokenize`. Published ones are parsed once and kept.

    Raises:
      UserError: if the texts cannot be had or read, or a class is nowhere in the training part.
    """
    if spec.path:
        given = table.read(
            spec.path,
            spec.text,
            spec.label,
            spec.split,
            spec.test_share,
            spec.key,
            spec.classes,
            spec.columns,
        )
        corpus = cut(given, tokenize)
    else:
        published = CORPORA[spec.corpus]
        corpus = parsed.kept(published, tokenize)
    corpus = hold_out(corpus, spec.validation_share, spec.key)
    untrained = set(range(len(corpus.classes))) - set(corpus.labels[corpus.parts == 0].tolist())
    if untrained:
        name = corpus.classes[min(untrained)]
        raise UserError(
            f"{spec.name}: no row of class {name!r} is in the train part: add rows of that class, or mark some as train "
            "in a column that config.data.split names"
        )
    return corpus
