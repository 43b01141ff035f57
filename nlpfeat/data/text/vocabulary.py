"""Vocabularies: the words of a training part, counted by class, their polarity, and which of them are kept."""

from typing import NamedTuple

import numpy as np

from nlpfeat.data.text.tokens import Tokenized

FEWEST = 50  # a word seen less often has no polarity
JOIN = " "  # between the words of an n-gram


class Vocabulary(NamedTuple):
    """Words by falling count in the training part, equal counts by the alphabet."""

    words: tuple[str, ...]
    counts: np.ndarray  # (words, classes), how often each class's training documents hold it
    ids: dict[str, int]  # word -> its place
    ngrams: int  # the longest run of words that counts as one

    def encode(self, tokens: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """The known words of a document, each once, by rising id: (ids int32 (k,), counts (k,))."""
        runs = [
            JOIN.join(tokens[i : i + n])
            for n in range(1, self.ngrams + 1)
            for i in range(len(tokens) - n + 1)
        ]
        known = [self.ids[run] for run in runs if run in self.ids]
        ids, counts = np.unique(np.array(known, np.int32), return_counts=True)
        return ids, counts


class Documents(NamedTuple):
    """Documents as bags, one after another: those of document i lie from start[i] to start[i + 1]."""

    start: np.ndarray  # (documents + 1,)
    words: np.ndarray  # int32 (all,), each word of a document once, by rising id
    counts: np.ndarray  # (all,), how often it stands there


def polarity(counts: np.ndarray) -> np.ndarray:
    """How much more often the last class says each word than the others do, on a log scale: (words,).

    r = count in the last class / (count in the others + 1); log r where r > 1, else -log(1 / (r + .01)). NaN for
    words seen less than FEWEST times. Source: A. Trask's notebook.

    Args:
      counts: (words, classes).
    """
    ratio = counts[:, -1] / (counts[:, :-1].sum(1) + 1)
    logarithm = np.where(ratio > 1, np.log(np.maximum(ratio, 1e-300)), -np.log(1 / (ratio + 0.01)))
    return np.where(counts.sum(1) >= FEWEST, logarithm, np.nan)


def log_count_ratios(documents: Documents, labels: np.ndarray, words: int) -> np.ndarray:
    """How much more often one class's documents hold each word than the others' do: float32 (words,).

    log((p / Σp) / (q / Σq)), p and q being one more than the documents of the class, and of the others, with the word; of
    several classes the ratio that is largest in size. Source: Wang & Manning, "Baselines and bigrams", ACL 2012, eq. 1.

    Args:
      documents: those of the training part come first.
      labels: (training documents,).
    """
    end, classes = documents.start[len(labels)], int(labels.max()) + 1
    owner = np.repeat(labels, np.diff(documents.start[: len(labels) + 1]))
    holding = np.bincount(documents.words[:end] * np.int64(classes) + owner, minlength=words * classes)
    holding = holding.reshape(words, classes).astype(float)
    own, others = holding + 1, holding.sum(1, keepdims=True) - holding + 1
    ratios = np.log(own / own.sum(0)) - np.log(others / others.sum(0))
    largest = np.abs(ratios[:, ::-1]).argmax(1)  # of two classes, which differ in sign alone, the last
    return ratios[:, ::-1][np.arange(words), largest].astype(np.float32)


def build(
    documents: Tokenized, labels: np.ndarray, train: int, ngrams: int, min_count: int, cutoff: float
) -> tuple[Vocabulary, Documents]:
    """The vocabulary of the first `train` documents, and all documents as bags of its words.

    Args:
      labels: (documents,), classes 0 … K - 1.
      ngrams: the longest run of words that counts as a word; runs of two and more must be seen twice.
      min_count: words must be seen more often than this …
      cutoff: … and have at least this polarity in size, unless they are too rare to have one.
    """
    owner = np.repeat(np.arange(len(documents)), np.diff(documents.start))
    flat = documents.tokens.astype(np.int64)
    spelt = np.array([*documents.words, ""], object)[:-1]
    classes = int(labels.max()) + 1
    runs, names, tallies, first = [], [], [], 0
    keys = flat
    for n in range(1, ngrams + 1):
        if n > 1:  # a run is the run before it and one word more, both inside one document
            inside = owner[: len(owner) - n + 1] == owner[n - 1 :]
            keys = keys[: len(flat) - n + 1] * len(spelt) + flat[n - 1 :]
            distinct, place = np.unique(keys[inside], return_inverse=True)
            where, whose = np.flatnonzero(inside), owner[: len(inside)][inside]
            keys = np.full(len(keys), -1)
            keys[where] = place
        else:
            distinct, place, where, whose = np.arange(len(spelt)), flat, np.arange(len(flat)), owner
        mine = whose < train
        counts = np.bincount(place[mine] * classes + labels[whose[mine]], minlength=len(distinct) * classes)
        counts = counts.reshape(-1, classes)
        size = np.abs(polarity(counts))
        least = max(min_count, int(n > 1))
        kept = (counts.sum(1) > least) & ((size >= cutoff) | np.isnan(size))
        example = np.zeros(len(distinct), np.int64)
        example[place[::-1]] = where[::-1]
        chosen = np.flatnonzero(kept)
        names += [JOIN.join(spelt[flat[at : at + n]]) for at in example[chosen]]
        tallies.append(counts[chosen])
        number = np.full(len(distinct), -1)
        number[chosen] = first + np.arange(len(chosen))
        here = number[place] >= 0
        runs.append((whose[here], number[place[here]]))
        first += len(chosen)
    return _sorted(names, np.concatenate(tallies), runs, len(documents), ngrams)


def _sorted(
    names: list[str],
    counts: np.ndarray,
    runs: list[tuple[np.ndarray, np.ndarray]],
    documents: int,
    ngrams: int,
) -> tuple[Vocabulary, Documents]:
    """Ids by falling count, and the bags by document and id."""
    order = np.lexsort((np.array(names, object).astype(str) if names else np.zeros(0, str), -counts.sum(1)))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    keys = np.concatenate([owner * max(len(names), 1) + rank[ids] for owner, ids in runs])
    distinct, times = np.unique(keys, return_counts=True)
    owner, ids = np.divmod(distinct, max(len(names), 1))
    start = np.searchsorted(owner, np.arange(documents + 1))
    words = tuple(names[i] for i in order)
    vocabulary = Vocabulary(words, counts[order], {word: i for i, word in enumerate(words)}, ngrams)
    return vocabulary, Documents(start.astype(np.int32), ids.astype(np.int32), times)
