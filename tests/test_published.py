"""The published data themselves, and the figures printed of them. Read from the folder NLPFEAT_DATA."""

import numpy as np
import pytest
import xarray as xr

from nlpfeat.analysis.embeddings import answer_questions, read_questions
from nlpfeat.data.text import tokens
from nlpfeat.data.text.corpus import corpus_notes
from nlpfeat.data.text.sources import CorpusSpec, read_corpus
from nlpfeat.embeddings.space import load_space
from tests.commands import run
from tests.requirements import needs_data

pytestmark = needs_data

# Rung -> (online accuracy, test accuracy), and how near. The first three were measured by the notebook's own rule with
# its own seed. "counts" and "presence" are printed in the notebook; the former has no test figure. Their steps are so
# long that rounding decides: the notebook's loop in float64 gives .605 to .622 for counts, and .851 to .854 on the test
# part for presence, when its first weights are changed by one part in 10^9.
LADDER = {
    "notebook": (0.8473, 0.856, 0.0005),
    "cut": (0.8525, 0.859, 0.0005),
    "harsh": (0.8563, 0.822, 0.0005),
    "counts": (0.622, None, 0.02),
    "presence": (0.836, 0.857, 0.01),
}
LECTURE = {
    "excellent": "perfect amazing today wonderful fun great best",
    "terrible": "worst awful waste poor dull poorly disappointment fails disappointing boring",
}


def test_reviews_are_as_published():
    spec = CorpusSpec(corpus="reviews")
    found = read_corpus(spec, spec.tokenize).corpus
    assert len(found.labels) == 25000
    assert len(found.documents.words) == 74074
    empty = found.documents.words.index("")
    assert (found.documents.tokens != empty).sum() == 6347388
    assert found.labels[:4].tolist() == [1, 0, 1, 0]
    assert found.sizes == (24000, 0, 1000)


@pytest.mark.slow
def test_imdb_is_as_published():
    """In Keras's tokens: lengths and the commonest words; texts that stand there twice are told."""
    found = read_corpus(CorpusSpec(corpus="imdb"), tokens.filtered).corpus
    assert found.sizes == (25000, 0, 25000)
    for part in (0, 2):
        assert np.bincount(found.labels[found.splits == part]).tolist() == [12500, 12500]
    lengths = np.diff(found.documents.start)[:25000]
    assert (lengths.max(), lengths.min(), round(lengths.mean(), 2)) == (2493, 10, 237.71)
    counts = np.bincount(found.documents.tokens[: lengths.sum()])
    commonest = [found.documents.words[i] for i in np.argsort(-counts, kind="stable")[:10]]
    assert commonest == ["the", "and", "a", "of", "to", "is", "br", "in", "it", "i"]
    assert corpus_notes(found) == [
        "96 texts of the train split repeat another",
        "123 texts of the test split are also in the train split",
    ]


@pytest.mark.parametrize(
    "rung", [pytest.param(r, marks=() if r == "cut" else pytest.mark.slow) for r in LADDER]
)
def test_the_ladder(tmp_path, rung):
    done = run("sweep", f"--config=configs/reviews_bag.py:{rung}", f"--study={tmp_path / 's'}")
    assert done.returncode == 0, done.stderr
    online, test, near = LADDER[rung]
    with xr.open_dataset(tmp_path / "s" / "results.nc") as dataset:
        last = dataset.isel(step=-1, width=0, seed=0).load()
    assert float(last.online_accuracy.sel(split="train")) == pytest.approx(online, abs=near)
    if test is not None:
        assert float(last.accuracy.sel(split="test")) == pytest.approx(test, abs=near)
    if rung == "notebook":
        check_neighbours(tmp_path / "s")


def check_neighbours(study):
    """The lecture's lists, in its order."""
    import json

    flags = ["--width=10", "--seed=1", "--json"]
    done = run("words", "neighbours", f"--study={study}", *flags, *LECTURE)
    assert done.returncode == 0, done.stderr
    for word, near in json.loads(done.stdout).items():
        named = LECTURE[word].split()
        assert [entry["word"] for entry in near][: len(named)] == named


@pytest.mark.slow
def test_the_official_halves(tmp_path):
    """Mini-batches of Adam on words and pairs of words: at least 88.5 % for every seed."""
    done = run("sweep", "--config=configs/reviews_batch.py:official", f"--study={tmp_path / 's'}")
    assert done.returncode == 0, done.stderr
    with xr.open_dataset(tmp_path / "s" / "results.nc") as dataset:
        last = dataset.accuracy.isel(step=-1).sel(split="test").load()
    assert last.sizes["seed"] == 3
    assert float(last.min()) >= 0.885


def test_analogies_that_glove_solves():
    """7,393 of the 14,877 inside the first 30,000 words: 49.7 %."""
    space = load_space("glove.6B.50d", 30000)
    known, solved = answer_questions(space, read_questions([]))
    assert (int(known.sum()), len(known)) == (14877, 19544)
    assert abs(solved.mean() - 0.497) < 0.002
