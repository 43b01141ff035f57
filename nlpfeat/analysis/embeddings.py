"""Word vectors of a trained network or a file: neighbours, analogies, similarity, translation, polarity."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from nlpfeat.analysis.predictions import log_odds, score_documents
from nlpfeat.config.files import expand_path
from nlpfeat.data.downloads import QUESTIONS, fetch
from nlpfeat.data.text import vector_files
from nlpfeat.data.text.corpus import Corpus
from nlpfeat.data.text.vocabulary import Vocabulary, class_polarity, fewest
from nlpfeat.data.text.word_tests import Pair, Question, questions
from nlpfeat.embeddings.alignment import centred, nearest_translations, rotation
from nlpfeat.embeddings.evaluation import Correlation, analogy_query, correlation, solve_analogies
from nlpfeat.embeddings.neighbours import SIMILARITIES, cosine, nearest, ties
from nlpfeat.embeddings.separability import PolarWords, polar_words
from nlpfeat.embeddings.space import WordSpace, find_word
from nlpfeat.errors import UserError, did_you_mean
from nlpfeat.models.word_windows import vectors_of_spelling
from nlpfeat.store.atomic import atomic
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.session import Study
from nlpfeat.tasks.registry import require_view

log = logging.getLogger(__name__)

MIN_POLAR = 5  # words of each sign that a comparison needs
RANKS = (1, 5, 10)  # of precision at k
HELD_OUT = 5  # every fifth shared word is held out of the fit of a translation


@runtime_checkable
class Texts(Protocol):
    """The metadata of a dataset whose inputs are words."""

    @property
    def corpus(self) -> Corpus:
        """The documents with their classes."""
        ...

    @property
    def vocabulary(self) -> Vocabulary:
        """The words."""
        ...


def texts_of(study: Study) -> Texts:
    """The texts of a study of word vectors.

    Raises:
      UserError: if its task has no word vectors, or its data cannot be read or have changed.
    """
    require_view(study.task, "word_vectors")
    return study.dataset.metadata


def has_classes(study: Study) -> bool:
    """Whether the texts of a study have classes, so that words have a polarity. Raises as `texts_of`."""
    return len(texts_of(study).corpus.classes) > 1


def require_classes(study: Study) -> None:
    """Check that the texts of a study have classes.

    Raises:
      UserError: if they have none.
    """
    if not has_classes(study):
        raise UserError(
            f"the texts of {study.path} have no classes, so no word is good or bad: use neighbours, analogies, similarity, "
            "map or dimensions"
        )


def word_vectors(member: TrainedMember) -> Float[np.ndarray, "words width"]:
    """The vectors of all words of the vocabulary, float64."""
    vectors = require_view(member.task, "word_vectors")
    return np.asarray(vectors(member.params, member.settings, member.dataset.metadata), np.float64)


def word_space(study: Study, member: TrainedMember, spelt: Iterable[str] = ()) -> WordSpace:
    """The words that have a vector of their own, which excludes the rows of padding and of rare words.

    Args:
      study: of word vectors.
      member: of it.
      spelt: words that are added where the vocabulary lacks them, if the member has learned vectors of character n-grams.
    """
    vocabulary, settings = texts_of(study).vocabulary, member.settings
    words = tuple(vocabulary.ids)
    rows = np.fromiter(vocabulary.ids.values(), np.int64, len(words))
    title = f"{study.path}, width {settings.width}, seed {settings.seed}, step {member.step}"
    ids = {word: i for i, word in enumerate(words)}
    counts = vocabulary.counts[rows].sum(1)
    known = WordSpace(title, words, word_vectors(member)[rows], ids, counts)
    new = [word for word in dict.fromkeys(spelt) if find_word(word, ids) is None]
    if not (new and "subwords" in member.params):
        return known
    vectors = vectors_of_spelling(new, member.params)
    return known._replace(
        words=(*words, *new),
        vectors=np.concatenate([known.vectors, vectors]),
        ids=ids | {word: len(words) + i for i, word in enumerate(new)},
        counts=np.pad(counts, (0, len(new))),
    )


def neighbours(
    space: WordSpace, words: Sequence[str], metric: str = "cosine", top_k: int = 10
) -> pd.DataFrame:
    """The nearest neighbours of words.

    Args:
      space: the words that are searched.
      words: queries.
      metric: "dot", "cosine" or "distance".
      top_k: neighbours per query.

    Returns:
      A row per neighbour, nearest first: "query", "word", and the value of the metric under its name.

    Raises:
      UserError: if the space lacks a word.
    """
    tables = []
    for row in dict.fromkeys(space.row(word) for word in words):
        query = space.words[row]
        similarity = SIMILARITIES[metric](space.vectors, space.vectors[row])
        near = nearest(similarity, top_k, leave_out=(row,))
        tied = ties(similarity, near)
        if tied > 2 * len(near) + 10:
            log.warning(
                "%s: %s words are as near as the last of these, so the choice is arbitrary; where vectors fill a single dimension "
                "every cosine is 1 or -1, and the dot product tells more",
                query,
                f"{tied:,}",
            )
        tables.append(_ranked(space, query, similarity, near, metric))
    return pd.concat(tables, ignore_index=True)


def analogy(space: WordSpace, words: Sequence[str], top_k: int = 10) -> pd.DataFrame:
    """The words that are to the third word as the second is to the first.

    Args:
      space: the words that are searched.
      words: three.
      top_k: number of candidates.

    Returns:
      A row per candidate, best first: "query" ("man : woman :: king :"), "word", "cosine".

    Raises:
      UserError: if the space lacks a word.
    """
    a, b, c = (space.row(word) for word in words)
    similarity = cosine(space.vectors, analogy_query(space.vectors, a, b, c))
    near = nearest(similarity, top_k, leave_out=(a, b, c))
    first, second, third = (space.words[row] for row in (a, b, c))
    return _ranked(space, f"{first} : {second} :: {third} :", similarity, near, "cosine")


def _ranked(
    space: WordSpace, query: str, similarity: np.ndarray, near: np.ndarray, metric: str
) -> pd.DataFrame:
    values = -similarity[near] if metric == "distance" else similarity[near]
    return pd.DataFrame({"query": query, "word": [space.words[i] for i in near], metric: values})


def export(space: WordSpace, path: str | Path) -> None:
    """Write the vectors in word2vec's text format, without words that it cannot hold."""
    rows = [i for i, word in enumerate(space.words) if word and word.split() == [word]]
    if len(rows) < len(space.words):
        log.warning("%d words are empty or contain white space: left out", len(space.words) - len(rows))
    with atomic(expand_path(path)) as part:
        vector_files.write(part, [space.words[i] for i in rows], space.vectors[rows])


def read_questions(paths: Sequence[str | Path] = ()) -> list[Question]:
    """The analogies of some files; without any, the 19,544 published with word2vec.

    Raises:
      UserError: if a file cannot be had or read.
    """
    return [question for path in paths or [fetch(QUESTIONS)] for question in questions(expand_path(path))]


def answer_questions(
    space: WordSpace, asked: Sequence[Question]
) -> tuple[Bool[np.ndarray, " questions"], Bool[np.ndarray, " known"]]:
    """Which analogies consist of words that the space has, and which of those are solved."""
    rows = [space.rows(question.words) for question in asked]
    known = np.array([row is not None for row in rows])
    indices = np.array([row for row in rows if row], np.int64).reshape(-1, 4)
    if not len(indices):
        return known, np.zeros(0, bool)
    return known, solve_analogies(space.vectors, indices[:, :3]) == indices[:, 3]


def analogies(space: WordSpace, asked: Sequence[Question]) -> pd.DataFrame:
    """The accuracy on analogies by section.

    Returns:
      A row per section and one for all: "section", "questions", "known" (all four words have a vector), "solved", and
      "accuracy" (solved / known), NaN where none is known.

    Raises:
      UserError: if no analogy is known.
    """
    known, solved = answer_questions(space, asked)
    if not known.any():
        raise UserError(
            f"{space.title} lacks words of each of the {len(asked):,} analogies: are they of the same language?"
        )
    correct = np.zeros(len(asked), bool)
    correct[known] = solved
    sections = [question.section or "(no section)" for question in asked]
    table = pd.DataFrame({"section": sections, "questions": 1, "known": known, "solved": correct})
    total = table.drop(columns="section").sum().to_frame().T.assign(section="all")
    found = pd.concat([table.groupby("section", sort=False).sum().reset_index(), total], ignore_index=True)
    return found.assign(accuracy=found["solved"] / found["known"])


def pair_correlation(space: WordSpace, scored: Sequence[Pair]) -> tuple[int, Correlation]:
    """The number of pairs whose words both have a vector, and the correlation of their cosines with human scores."""
    rows = [space.rows(pair.words) for pair in scored]
    scores = np.array([pair.score for pair, row in zip(scored, rows, strict=True) if row])
    indices = np.array([row for row in rows if row], np.int64).reshape(-1, 2)
    return len(indices), correlation(space.vectors, indices, scores)


def similarity(space: WordSpace, files: dict[str, list[Pair]]) -> pd.DataFrame:
    """Spearman's correlation with each file of scored pairs.

    Returns:
      A row per file: "file", "pairs", "known" (both words have a vector), and "rho" with its 95 % interval "low", "high".
    """
    rows = []
    for file, scored in files.items():
        known, rho = pair_correlation(space, scored)
        rows.append({"file": file, "pairs": len(scored), "known": known, **rho._asdict()})
    return pd.DataFrame(rows)


class Translation(NamedTuple):
    """A space mapped onto another.

    Attributes:
      source, target: titles of the spaces.
      fitted: words that the map was fitted to.
      held_out: words that it was tested on.
      candidates: words of the target space.
      precision: a row per similarity ("cosine", "csls"): the share of held-out words found among the first k, in columns k.
      words: a row per translation: "query", "word".
    """

    source: str
    target: str
    fitted: int
    held_out: int
    candidates: int
    precision: pd.DataFrame
    words: pd.DataFrame


def translate(
    source: WordSpace, target: WordSpace, words: Sequence[str], max_items: int = 5000, top_k: int = 10
) -> Translation:
    """Map a space onto another by an orthogonal map fitted to shared words, and test it on every fifth, which is held out.

    Args:
      source: the space that is mapped.
      target: the other space.
      words: to translate, of the source.
      max_items: shared words that are used, the most frequent ones.
      top_k: translations per word.

    Raises:
      UserError: if the spaces share too few words, or the source lacks a word.
    """
    shared = [(i, target.ids[word]) for i, word in enumerate(source.words) if word in target.ids][:max_items]
    if len(shared) < 2 * HELD_OUT:
        raise UserError(
            f"{source.title} and {target.title} share {len(shared)} words: fitting a map needs ten or more"
        )
    pairs = np.array(shared)
    held_out = np.arange(len(pairs)) % HELD_OUT == HELD_OUT - 1
    left, right = centred(source.vectors), centred(target.vectors)
    mapped = left @ rotation(left[pairs[~held_out, 0]], right[pairs[~held_out, 1]])
    test, precision = pairs[held_out], {}
    for name in ("cosine", "csls"):
        near = nearest_translations(mapped[test[:, 0]], mapped, right, max(RANKS), csls=name == "csls")
        correct = near == test[:, 1:]
        precision[name] = {k: float(correct[:, :k].any(1).mean()) for k in RANKS}
    rows = [source.row(word) for word in words]
    near = nearest_translations(mapped[rows], mapped, right, top_k) if rows else []
    found = [(source.words[row], target.words[i]) for row, best in zip(rows, near, strict=True) for i in best]
    return Translation(
        source.title,
        target.title,
        int((~held_out).sum()),
        len(test),
        len(target.words),
        pd.DataFrame(precision).T,
        pd.DataFrame(found, columns=["query", "word"]),
    )


def class_index(study: Study, name: str = "") -> int:
    """The index of a class by its name; empty for the last one.

    Raises:
      UserError: if the texts have no classes, or none of that name.
    """
    require_classes(study)
    classes = texts_of(study).corpus.classes
    if name and name not in classes:
        raise UserError(f"class: no class {name!r}; {did_you_mean(name, classes)}")
    return classes.index(name) if name else len(classes) - 1


def polar_groups(study: Study, per_class: int, class_name: str = "") -> PolarWords:
    """The words most typical of the training texts of a class, and those most typical of the others.

    Args:
      study: of classified texts.
      per_class: words of each group, at most.
      class_name: of the class; empty for the last one.

    Raises:
      UserError: if the texts have no such class, or too few words have a polarity.
    """
    label, texts = class_index(study, class_name), texts_of(study)
    counts = texts.vocabulary.counts
    groups = polar_words(class_polarity(counts, label), per_class)
    few = min(int((groups.labels == label).sum()) for label in (0, 1))
    if few < MIN_POLAR:
        raise UserError(
            f"only {few} words of one sign occur {fewest(counts)} times or more in the {texts.corpus.sizes[0]} training texts: "
            "too few to compare"
        )
    return groups


def polarity(
    study: Study, member: TrainedMember, words: Sequence[str], top_k: int = 10, class_name: str = ""
) -> pd.DataFrame:
    """The polarity of words in the training texts, and how the network classifies each word alone.

    Args:
      study: of classified texts.
      member: its network.
      words: without any, the `top_k` words of highest and of lowest polarity.
      top_k: of each sign.
      class_name: of the class against the others; empty for the last one.

    Returns:
      A row per word: "word", "polarity" (`nlpfeat.data.text.vocabulary.class_polarity`; NaN for rare words), a column "in CLASS"
      per class (counts), and "log_odds" of the class for the word alone.

    Raises:
      UserError: if the texts have no such class, lack a word, or no word is frequent enough.
    """
    label = class_index(study, class_name)
    texts = study.dataset.metadata
    vocabulary, classes = texts.vocabulary, texts.corpus.classes
    values, space = class_polarity(vocabulary.counts, label), word_space(study, member)
    ids = [vocabulary.ids[space.words[space.row(word)]] for word in words]
    ids = ids or polar_words(values, top_k).words.tolist()
    if not ids:
        least = fewest(vocabulary.counts)
        raise UserError(f"no word occurs {least} times or more in the training texts: name some words")
    scores = score_documents(member, [texts.single_word(i) for i in ids])["scores"]
    odds = log_odds(scores, label).astype(float).round(4)
    counts = {f"in {name}": vocabulary.counts[ids, k] for k, name in enumerate(classes)}
    names = [vocabulary.words[i] for i in ids]
    return pd.DataFrame({"word": names, "polarity": values[ids].round(4), **counts, "log_odds": odds})
