"""Word vectors of 50 dimensions from the 75,000 reviews of IMDB: nlpfeat beside a public word2vec, the same text, the same time.

  nlpfeat   `configs/windows_noise.py:best`, one seed, its steps scaled to the time
  word2vec  gensim's skip-grams with five negatives within five words, two workers, as many epochs as fit: thinning frequent
            words as by default (1e-3), and as nlpfeat does (1e-4)

Reading, counting and compiling are apart. Both are timed for a moment first, to know how many steps and epochs fit; what they then
took is told. Quality: WordSim-353 and SimLex-999 (rank correlation with people; gensim brings both files) and word2vec's analogies,
scored alike on the words that both know.

Usage: NLPFEAT_DATA=… python -m benchmarks.word_vectors [--minutes=10] [--thin 1e-4]
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.spirals import machine
from nlpfeat import parallel
from nlpfeat.embeddings.space import WordSpace

CONFIG = "configs/windows_noise.py:best"
WIDTH, TRIAL = 50, 200  # dimensions; steps of each phase that are timed first
LONGEST = 50_000  # steps of a phase, at most
FILES = ("wordsim353.tsv", "simlex999.txt")


def ours(minutes: float) -> tuple[WordSpace, Any, str]:
    """The space that nlpfeat learns, its text, and what it took."""
    import jax

    from nlpfeat.config.files import load_config
    from nlpfeat.sweeps import plan, programs
    from nlpfeat.sweeps.members import member_factory, prepare, tree_index
    from nlpfeat.sweeps.runner import advance, initial_state
    from nlpfeat.tasks.spec import resolve

    _, config = load_config(CONFIG)
    spec = resolve(config | {"sweep": {"width": (WIDTH,), "seed": (0,)}})
    factory, members = member_factory(spec), plan.all_members(spec).assign(bucket="one")
    bucket = prepare(factory, "one", members, programs.member_mesh(), WIDTH)

    def train(phases: tuple[int, ...]) -> tuple[Any, float]:
        # Records at the ends of phases only, and batches of one shape, so that no call compiles anew.
        training = replace(spec.training, steps=phases, record_every=LONGEST, checkpoint_every=LONGEST)
        state = initial_state(spec.task, bucket, (), bucket.params)
        steps = [stop.step for stop in training.stops[1:]]
        began = time.perf_counter()
        for after, _ in advance(spec.task, training, bucket, state, 0, steps):
            state = jax.block_until_ready(after)
        return state, time.perf_counter() - began

    whole = spec.training.total
    train((1,) * len(spec.training.steps))
    _, seconds = train((TRIAL,) * len(spec.training.steps))
    share = 60 * minutes / (seconds / (TRIAL * len(spec.training.steps)) * whole)
    phases = tuple(min(LONGEST, max(1, int(share * steps))) for steps in spec.training.steps)
    state, seconds = train(phases)
    corpus = factory.dataset.metadata.corpus
    lengths = np.diff(corpus.documents.start)[corpus.parts == 0]
    windows = np.maximum(lengths - 2 * spec.data.reach, 0).sum()
    seen = sum(phases) * spec.training.batch_size / len(bucket.splits["train"].targets)
    told = f"{seconds:.0f} s, {seen:.1f} epochs, {seen * windows / seconds:,.0f} windows/s"
    rows: Any = spec.task.views.word_vectors
    table = rows(tree_index(bucket.fetch(state).params, 0), bucket.example.settings)
    ids = factory.dataset.metadata.vocabulary.ids
    words = tuple(ids)
    vectors = np.asarray(table[list(ids.values())], np.float64)
    return WordSpace("nlpfeat", words, vectors, {word: i for i, word in enumerate(words)}, None), corpus, told


def theirs(corpus: Any, rows: int, minutes: float, thin: float) -> tuple[WordSpace, str]:
    """The space that gensim learns from the training documents, and what it took."""
    from gensim.models import Word2Vec  # pyright: ignore[reportMissingImports]

    class Sentences:
        """The documents, in pieces no longer than gensim reads."""

        def __iter__(self) -> Iterator[list[str]]:
            for i in np.flatnonzero(corpus.parts == 0).tolist():
                words = corpus.documents.document(i)
                for start in range(0, len(words), 10_000):
                    yield words[start : start + 10_000]

    def train(epochs: int) -> tuple[Any, float]:
        model = Word2Vec(
            vector_size=WIDTH,
            window=5,
            negative=5,
            sg=1,
            sample=thin,
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
    words = tuple(model.wv.index_to_key)
    vectors = model.wv.vectors.astype(np.float64)
    space = WordSpace(f"gensim, {thin:g}", words, vectors, {word: i for i, word in enumerate(words)}, None)
    return (
        space,
        f"{seconds:.0f} s, {epochs} epochs, {epochs * len(corpus.documents.tokens) / seconds:,.0f} words/s",
    )


def among(space: WordSpace, words: set[str]) -> WordSpace:
    """A space of only some words."""
    rows = [i for i, word in enumerate(space.words) if word in words]
    kept = tuple(space.words[i] for i in rows)
    return WordSpace(space.title, kept, space.vectors[rows], {word: i for i, word in enumerate(kept)}, None)


def main() -> None:
    """Train all, score all, print."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--minutes", type=float, default=10)
    arguments.add_argument("--thin", type=float, nargs="*", default=[1e-3, 1e-4], help="of gensim, see above")
    flags = arguments.parse_args()
    minutes = flags.minutes
    parallel.use_all_cores()

    from gensim.test.utils import datapath  # pyright: ignore[reportMissingImports]

    from nlpfeat.analysis.word_scores import ranked, read_questions, scored
    from nlpfeat.data.text.word_tests import pairs

    print(f"{machine()}; {minutes:g} minutes each")
    mine, corpus, told = ours(minutes)
    spaces, took = [mine], [told]
    for thin in flags.thin:
        space, told = theirs(corpus, len(mine.words), minutes, thin)
        spaces.append(space)
        took.append(told)
    shared = set.intersection(*(set(space.words) for space in spaces))
    asked = read_questions([])
    print(f"{len(shared):,} words that all know")
    for space, told in zip(spaces, took, strict=True):
        inner = among(space, shared)
        known, right = scored(inner, asked)
        found = [ranked(inner, pairs(Path(datapath(name))))[1] for name in FILES]
        each = ", ".join(
            f"{Path(name).stem} {one.rho:.3f} ({one.low:.3f}-{one.high:.3f})"
            for name, one in zip(FILES, found, strict=True)
        )
        print(
            f"{space.title:<15} {told}: analogies {right.mean():.1%} of {known.sum():,}; {each}", flush=True
        )


if __name__ == "__main__":
    main()
