"""Word vectors of 50 dimensions from the 75,000 reviews of IMDB: nlpfeat beside public programs, on the same text in the same time.

  nlpfeat   `configs/windows_noise.py:best`, its steps scaled to the time, two seeds at a time, each on a core of its own
  gensim    skip-grams with five negatives within five words, two workers, as many epochs as fit
  word2vec  the program of its authors with the same settings and two threads (--word2vec=PATH, if it is on this machine)

All subsample frequent words at 1e-4. Reading, counting and compiling are not counted. Each is timed briefly first to find how
many steps or epochs fit; the time that it then took is printed. Quality, on the words that all know: word2vec's analogies, and the
rank correlation with human judgements of every file of pairs (--pairs; WordSim-353 and SimLex-999 come with gensim).

Usage: NLPFEAT_DATA=… python -m benchmarks.word_vectors [--minutes=10] [--seeds=3] [--pairs MEN.txt RG-65.txt] [--word2vec=PATH]
"""

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.common import first_state, flags_of, machine, one_bucket, print_markdown
from nlpfeat.data.text.corpus import Corpus
from nlpfeat.embeddings.space import WordSpace, load_space
from nlpfeat.parallel import cores

if TYPE_CHECKING:
    from nlpfeat.training.step import State

CONFIG = "configs/windows_noise.py:best"
WIDTH, TRIAL = 50, 200  # dimensions; steps of each phase that are timed first
MAX_STEPS = 50_000  # per phase
SUBSAMPLE = 1e-4
FILES = ("wordsim353.tsv", "simlex999.txt")


def ours(minutes: float, seeds: tuple[int, ...]) -> tuple[list[WordSpace], Corpus, str]:
    """The spaces of some seeds, their text, and time, epochs and speed in words."""
    import jax

    from nlpfeat.config.files import load_config
    from nlpfeat.sweeps.members import tree_index
    from nlpfeat.sweeps.runner import advance
    from nlpfeat.tasks.registry import require_view

    factory, bucket = one_bucket(load_config(CONFIG) | {"sweep": {"width": (WIDTH,), "seed": seeds}})
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
    description = (
        f"{seconds:.0f} s, {epochs:.1f} epochs, {epochs * windows / seconds:,.0f} windows/s per seed"
    )
    params, ids = bucket.to_host(state).evaluated, texts.vocabulary.ids
    vectors = require_view(spec.task, "word_vectors")
    tables = [vectors(tree_index(params, i), bucket.first.settings, texts) for i in range(len(seeds))]
    rows = list(ids.values())
    return [space_of("nlpfeat", tuple(ids), table[rows]) for table in tables], corpus, description


def space_of(title: str, words: tuple[str, ...], vectors: np.ndarray) -> WordSpace:
    """Words with their vectors (words, d)."""
    return WordSpace(
        title, words, vectors.astype(np.float64), {word: i for i, word in enumerate(words)}, None
    )


def chunks(corpus: Corpus) -> Iterator[list[str]]:
    """The training documents in chunks, as gensim cuts off longer ones."""
    for i in np.flatnonzero(corpus.splits == 0).tolist():
        words = corpus.documents.document(i)
        for start in range(0, len(words), 10_000):
            yield words[start : start + 10_000]


class Sentences:
    """`chunks` that can be read again and again."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus

    def __iter__(self) -> Iterator[list[str]]:
        return chunks(self.corpus)


def gensim(corpus: Corpus, rows: int, epochs: int, seed: int) -> tuple[WordSpace, float]:
    """The space that gensim learns from the training documents with at most `rows` words, and the seconds it took."""
    from gensim.models import Word2Vec  # pyright: ignore[reportMissingImports]

    model = Word2Vec(
        vector_size=WIDTH,
        window=5,
        negative=5,
        sg=1,
        sample=SUBSAMPLE,
        workers=2,
        min_count=5,
        max_final_vocab=rows,
        seed=seed,
    )
    sentences = Sentences(corpus)
    model.build_vocab(sentences)
    began = time.perf_counter()
    model.train(sentences, total_examples=model.corpus_count, epochs=epochs)
    took = time.perf_counter() - began
    return space_of("gensim", tuple(map(str, model.wv.index_to_key)), model.wv.vectors), took


def word2vec(program: str, corpus: Corpus, rows: int, epochs: int, seed: int) -> tuple[WordSpace, float]:
    """As `gensim`, by the program of word2vec's authors, which counts the words within the time.

    Its random numbers have no seed: the threads race.
    """
    with tempfile.TemporaryDirectory() as folder:
        text, vectors = Path(folder) / "text.txt", Path(folder) / "vectors.bin"
        with text.open("w", encoding="utf-8") as file:
            file.writelines(" ".join(words) + "\n" for words in chunks(corpus))
        settings = {
            "size": WIDTH,
            "window": 5,
            "negative": 5,
            "sample": SUBSAMPLE,
            "threads": 2,
            "iter": epochs,
        }
        flags = [part for name, value in settings.items() for part in (f"-{name}", str(value))]
        line = [
            program,
            "-train",
            text,
            "-output",
            vectors,
            "-cbow",
            "0",
            "-binary",
            "1",
            "-min-count",
            "5",
            *flags,
        ]
        began = time.perf_counter()
        subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
        took = time.perf_counter() - began
        space = load_space(str(vectors), rows + 1)
    return space_of("word2vec", space.words[1:], space.vectors[1:]), took  # the first is the end of a line


Rival = Callable[[int, int], tuple[WordSpace, float]]  # epochs, seed -> space, seconds


def timed_spaces(rival: Rival, tokens: int, minutes: float, seeds: int) -> tuple[list[WordSpace], str]:
    """The spaces of some seeds, each trained for about so many minutes, and time, epochs and speed in words."""
    _, seconds = rival(1, 0)
    epochs = max(1, round(60 * minutes / seconds))
    trained = [rival(epochs, seed) for seed in range(seeds)]
    seconds = float(np.mean([took for _, took in trained]))
    speed = epochs * tokens / seconds
    return [space for space, _ in trained], f"{seconds:.0f} s, {epochs} epochs, {speed:,.0f} words/s"


def among(space: WordSpace, words: set[str]) -> WordSpace:
    """The part of a space with some words only."""
    rows = [i for i, word in enumerate(space.words) if word in words]
    return space_of(space.title, tuple(space.words[i] for i in rows), space.vectors[rows])


def main() -> None:
    """Train all, score all, print."""
    parser = flags_of(__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--pairs", type=Path, nargs="*", default=[], help="further files of scored pairs")
    parser.add_argument("--word2vec", default="", help="the program of word2vec's authors")
    args = parser.parse_args()

    from gensim.test.utils import datapath  # pyright: ignore[reportMissingImports]

    from nlpfeat.analysis.embeddings import answer_questions, pair_correlation, read_questions
    from nlpfeat.data.text.word_tests import read_pairs

    print(f"{machine()}; {args.minutes:g} minutes each")
    groups = [tuple(range(args.seeds))[first : first + cores()] for first in range(0, args.seeds, cores())]
    trained = [ours(args.minutes, seeds) for seeds in groups]
    mine = [space for spaces, _, _ in trained for space in spaces]
    _, corpus, description = trained[0]
    found = {"nlpfeat": (mine, description)}
    tokens, rows = len(corpus.documents.tokens), len(mine[0].words)
    rivals: dict[str, Rival] = {"gensim": partial(gensim, corpus, rows)}
    if args.word2vec:
        rivals["word2vec"] = partial(word2vec, args.word2vec, corpus, rows)
    for name, rival in rivals.items():
        found[name] = timed_spaces(rival, tokens, args.minutes, args.seeds)
    shared = set.intersection(*(set(spaces[0].words) for spaces, _ in found.values()))
    files = {
        Path(name).stem: read_pairs(path)
        for name in (*FILES, *args.pairs)
        for path in [Path(datapath(name) if name in FILES else name)]
    }
    questions = read_questions([])
    rows_of_table = []
    for spaces, _ in found.values():
        inner = [among(space, shared) for space in spaces]
        solved = [answer_questions(space, questions)[1].mean() for space in inner]
        cells = [f"{np.mean(solved):.1%} ({', '.join(f'{one:.1%}' for one in solved)})"]
        for pairs in files.values():
            correlations = [pair_correlation(space, pairs)[1] for space in inner]
            low, rho, high = np.mean(correlations, axis=0)
            each = ", ".join(f"{one.rho:.3f}" for one in correlations)
            cells.append(f"{rho:.3f} ({low:.2f}–{high:.2f}; {each})")
        rows_of_table.append(cells)
    known = answer_questions(among(mine[0], shared), questions)[0].sum()
    print(f"{len(shared):,} words that all know; {known:,} analogies")
    tests = ["analogies"]
    for name, pairs in files.items():
        tests.append(f"{name} ({pair_correlation(among(mine[0], shared), pairs)[0]} pairs)")
    columns = zip(tests, *rows_of_table, strict=True)
    print_markdown(
        ["mean (95 %; each seed)", *found], [["trained for", *(text for _, text in found.values())], *columns]
    )


if __name__ == "__main__":
    main()
