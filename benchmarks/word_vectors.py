"""Word vectors of 50 dimensions from the 75,000 reviews of IMDB: nlpfeat beside a public word2vec, on the same text in the same time.

  nlpfeat   `configs/windows_noise.py:best`, one seed, its steps scaled to the time
  word2vec  gensim's skip-grams with five negatives within five words, two workers, as many epochs as fit; frequent words are
            subsampled at gensim's default (1e-3), and as nlpfeat does (1e-4)

Reading, counting and compiling are not counted. Both are timed briefly first to find how many steps and epochs fit; the time
that they then took is printed. Quality: WordSim-353 and SimLex-999 (rank correlation with human judgements; gensim brings both
files) and word2vec's analogies, on the words that all know.

Usage: NLPFEAT_DATA=… python -m benchmarks.word_vectors [--minutes=10] [--subsample 1e-4]
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.common import first_state, flags_of, machine, one_bucket
from nlpfeat.data.text.corpus import Corpus
from nlpfeat.embeddings.space import WordSpace

if TYPE_CHECKING:
    from gensim.models import Word2Vec  # pyright: ignore[reportMissingImports]

    from nlpfeat.training.step import State

CONFIG = "configs/windows_noise.py:best"
WIDTH, TRIAL = 50, 200  # dimensions; steps of each phase that are timed first
MAX_STEPS = 50_000  # per phase
FILES = ("wordsim353.tsv", "simlex999.txt")


def ours(minutes: float) -> tuple[WordSpace, Corpus, str]:
    """The space that nlpfeat learns, its text, and time, epochs and speed in words."""
    import jax

    from nlpfeat.config.files import load_config
    from nlpfeat.sweeps.members import tree_index
    from nlpfeat.sweeps.runner import advance
    from nlpfeat.tasks.registry import require_view

    factory, bucket = one_bucket(load_config(CONFIG) | {"sweep": {"width": (WIDTH,), "seed": (0,)}})
    spec, texts = factory.spec, factory.dataset.metadata

    def train(phases: tuple[int, ...]) -> "tuple[State, float]":
        # Records only at the ends of phases, and batches of one shape, so that no call compiles anew.
        training = replace(spec.training, steps=phases, record_every=MAX_STEPS, checkpoint_every=MAX_STEPS)
        state = first_state(bucket)
        steps = [stop.step for stop in training.stops[1:]]
        began = time.perf_counter()
        for after, _ in advance(training, bucket, state, 0, steps):
            state = jax.block_until_ready(after)
        return state, time.perf_counter() - began

    phases = len(spec.training.steps)
    train((1,) * phases)
    _, seconds = train((TRIAL,) * phases)
    share = 60 * minutes / (seconds / (TRIAL * phases) * spec.training.total)
    steps = tuple(min(MAX_STEPS, max(1, int(share * n))) for n in spec.training.steps)
    state, seconds = train(steps)
    corpus: Corpus = texts.corpus
    lengths = np.diff(corpus.documents.start)[corpus.splits == 0]
    windows = np.maximum(lengths - 2 * spec.data.context_radius, 0).sum()
    epochs = sum(steps) * spec.training.batch_size / len(bucket.first.splits["train"].targets)
    description = f"{seconds:.0f} s, {epochs:.1f} epochs, {epochs * windows / seconds:,.0f} windows/s"
    params = tree_index(bucket.to_host(state).params, 0)
    table = require_view(spec.task, "word_vectors")(params, bucket.first.settings)
    ids: dict[str, int] = texts.vocabulary.ids
    return space_of("nlpfeat", tuple(ids), table[list(ids.values())]), corpus, description


def space_of(title: str, words: tuple[str, ...], vectors: np.ndarray) -> WordSpace:
    """Words with their vectors (words, d)."""
    return WordSpace(
        title, words, vectors.astype(np.float64), {word: i for i, word in enumerate(words)}, None
    )


def theirs(corpus: Corpus, rows: int, minutes: float, subsample: float) -> tuple[WordSpace, str]:
    """The space that gensim learns from the training documents, and time, epochs and speed in words.

    Args:
      corpus: the text.
      rows: words of the vocabulary, at most.
      minutes: of training.
      subsample: threshold frequency above which words are subsampled.
    """
    from gensim.models import Word2Vec  # pyright: ignore[reportMissingImports]

    class Sentences:
        """The documents in chunks, as gensim cuts off longer ones."""

        def __iter__(self) -> Iterator[list[str]]:
            for i in np.flatnonzero(corpus.splits == 0).tolist():
                words = corpus.documents.document(i)
                for start in range(0, len(words), 10_000):
                    yield words[start : start + 10_000]

    def train(epochs: int) -> "tuple[Word2Vec, float]":
        model = Word2Vec(
            vector_size=WIDTH,
            window=5,
            negative=5,
            sg=1,
            sample=subsample,
            workers=2,
            min_count=5,
            max_final_vocab=rows,
            seed=0,
        )
        model.build_vocab(Sentences())
        began = time.perf_counter()
        model.train(Sentences(), total_examples=model.corpus_count, epochs=epochs)
        return model, time.perf_counter() - began

    _, seconds = train(1)
    epochs = max(1, round(60 * minutes / seconds))
    model, seconds = train(epochs)
    space = space_of(f"gensim, {subsample:g}", tuple(model.wv.index_to_key), model.wv.vectors)
    speed = epochs * len(corpus.documents.tokens) / seconds
    return space, f"{seconds:.0f} s, {epochs} epochs, {speed:,.0f} words/s"


def among(space: WordSpace, words: set[str]) -> WordSpace:
    """The part of a space with some words only."""
    rows = [i for i, word in enumerate(space.words) if word in words]
    return space_of(space.title, tuple(space.words[i] for i in rows), space.vectors[rows])


def main() -> None:
    """Train all, score all, print."""
    parser = flags_of(__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument(
        "--subsample", type=float, nargs="*", default=[1e-3, 1e-4], help="gensim's, see above"
    )
    args = parser.parse_args()

    from gensim.test.utils import datapath  # pyright: ignore[reportMissingImports]

    from nlpfeat.analysis.embeddings import answer_questions, pair_correlation, read_questions
    from nlpfeat.data.text.word_tests import read_pairs

    print(f"{machine()}; {args.minutes:g} minutes each")
    mine, corpus, description = ours(args.minutes)
    spaces = [(mine, description)]
    for subsample in args.subsample:
        space, description = theirs(corpus, len(mine.words), args.minutes, subsample)
        spaces.append((space, description))
    shared = set.intersection(*(set(space.words) for space, _ in spaces))
    questions = read_questions([])
    print(f"{len(shared):,} words that all know")
    for space, description in spaces:
        inner = among(space, shared)
        known, solved = answer_questions(inner, questions)
        correlations = [
            (Path(name).stem, pair_correlation(inner, read_pairs(Path(datapath(name))))[1]) for name in FILES
        ]
        listed = ", ".join(
            f"{name} {one.rho:.3f} ({one.low:.3f}-{one.high:.3f})" for name, one in correlations
        )
        print(
            f"{space.title:<15} {description}: analogies {solved.mean():.1%} of {known.sum():,}; {listed}",
            flush=True,
        )


if __name__ == "__main__":
    main()
