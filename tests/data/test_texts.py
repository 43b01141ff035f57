"""Texts: tokens, tables, vocabularies, bags."""

import math
import string
from collections import Counter

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.data.core import Examples
from nlpfeat.data.text import bags, corpus, tokens, vocabulary
from nlpfeat.errors import UserError
from tests.data.tables import corpus as corpus_of
from tests.data.tables import csv, read

WORDS = st.text(alphabet="abcé ", max_size=12)


def test_tokens():
    assert tokens.at_spaces(tokens.spaced("It's GREAT. See it!")) == [
        "it",
        "s",
        "great",
        ".",
        "",
        "see",
        "it",
        "",
    ]
    assert tokens.words("It's <br /><br />GREAT, naïve… Straße 5/10") == [
        *("it's", "great", ",", "naïve", "…", "strasse", "5", "/", "10")
    ]
    assert tokens.words("") == []
    assert tokens.words("映画は best") == ["映画は", "best"]


def cut(documents):
    """Documents that are lists of tokens already."""
    return tokens.tokenized(documents, list)


def test_a_csv_with_quotes_marks_and_line_breaks(tmp_path):
    text = '\ufefflabel,text\n1,"Good, ""really"" good"\n0,"two\nlines"\n\n1,fine\n0,\n'
    found = read(csv(tmp_path, text))
    assert found.classes == ("0", "1")
    labels = dict(zip(found.texts, found.labels, strict=True))
    assert labels == {'Good, "really" good': 1, "two\nlines": 0, "fine": 1, "": 0}  # an empty text is a text
    assert found.origin.lines.tolist() == [2, 3, 6, 7]
    assert corpus_of(csv(tmp_path, text)).corpus.sizes == (3, 0, 1)


def test_classes_are_sorted_as_what_they_are(tmp_path):
    rows = "\n".join(f"a,{label}" for label in ["10", "9", "-1"] * 4)
    assert read(csv(tmp_path, "text,label\n" + rows)).classes == ("-1", "9", "10")
    rows = "\n".join(f"a,{label}" for label in ["1", "1.0", "nan"] * 4)
    assert read(csv(tmp_path, "text,label\n" + rows)).classes == ("1", "nan")  # equal numbers are one class
    rows = "\n".join(f"a,{label}" for label in ["low", "medium", "high"] * 4)
    path = csv(tmp_path, "text,label\n" + rows)
    assert read(path, order=("low", "medium", "high")).classes == ("low", "medium", "high")
    rows = "\n".join(f"a,{label}" for label in ["positive", "neutral", "negative"] * 4)
    assert read(csv(tmp_path, "text,label\n" + rows)).classes == ("negative", "neutral", "positive")


def test_parts_by_column_and_by_key(tmp_path):
    rows = "a\tx\ttrain\nb\ty\tTest\nc\ty\ttrain\nd\tx\tvalidation\n"
    path = csv(tmp_path, "text\tlabel\tpart\n" + rows, "mine.tsv")
    found = read(path, split="part")
    assert (found.texts, found.splits.tolist()) == (["a", "b", "c", "d"], [0, 2, 0, 1])
    many = csv(tmp_path, "text,label\n" + "".join(f"w{i},{i % 2}\n" for i in range(40)))
    first, again, other = (corpus_of(many, key=key).corpus.origin.rows.tolist() for key in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize(
    ("text", "changes", "told"),
    [
        ("text,lable\na,1\nb,0\n", {}, "'lable' could be it: name it, as in --config.data.label=lable"),
        (
            "text,lable\na,1\nb,0\n",
            {"label": "label"},
            "name the right one, as in --config.data.label=lable",
        ),
        ("text,label\na,1\nb,\n", {}, "line 3: no label"),
        ("text,label\na,1\nb,0,c\n", {}, "line 3: 3 fields where the first line names 2"),
        ('text,label\na,1\n"b"x,0\n', {}, "line 3: "),
        ('text,label\na,1\n"b,0\nc,1\nd,0\n', {}, "begins on line 3: "),
        ('text,label\na,1\n"b\nb",\nc,1\n', {}, "line 3: no label"),
        ("text,label\na,x\nb,y\n", {"order": ("x", "z")}, "has the labels x, y"),
        ("text,label\na,1\nb,1\n", {}, "only the label '1'"),
        ("text,label\n", {}, "no rows"),
        ("", {}, "no rows"),
        (b"text,label\na,1\n\xff,0\n", {}, "line 3: not UTF-8"),
        (
            "text,label,part\na,1,train\nb,0,tset\n",
            {"split": "part"},
            "line 3: part is 'tset'; did you mean 'test'",
        ),
        ("text,label,part\na,1,train\nb,0,train\n", {"split": "part"}, "every row of column part is train"),
        ("text,text,label\na,b,1\n", {}, "two columns 'text'"),
    ],
)
def test_what_is_wrong_with_a_csv_is_told_with_its_line(tmp_path, text, changes, told):
    with pytest.raises(UserError) as raised:
        read(csv(tmp_path, text), **changes)
    assert told in str(raised.value)
    assert "mine.csv" in str(raised.value)


def test_a_csv_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"config.data.path: no file"):
        read(str(tmp_path / "none.csv"))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(WORDS, st.integers(0, 2)), min_size=3, max_size=12),
    st.integers(1, 3),
    st.integers(0, 2),
)
def test_vocabulary_and_bags_are_those_of_counting(rows, ngrams, min_count):
    """Against plain counting, with runs of words joined by spaces."""
    documents = [text.split(" ") for text, _ in rows]
    labels = np.array([label for _, label in rows], np.int32)
    labels[0] = 2
    train = len(rows) - 1
    built, bagged = vocabulary.build(cut(documents), labels, train, ngrams, min_count, 0.0)

    def runs(document):
        return [
            (n, " ".join(document[i : i + n]))
            for n in range(1, ngrams + 1)
            for i in range(len(document) - n + 1)
        ]

    counted = Counter(run for document in documents[:train] for run in runs(document))
    kept = [(n, run) for (n, run), count in counted.items() if count > max(min_count, int(n > 1))]
    assert sorted(built.words) == sorted(run for _, run in kept)
    totals = built.counts.sum(1)
    assert (np.diff(totals) <= 0).all()
    if len(set(built.words)) < len(built.words):  # "a " is a run of two and no single word: names may meet
        return
    assert {word: int(total) for word, total in zip(built.words, totals, strict=True)} == {
        run: counted[n, run] for n, run in kept
    }
    for i, document in enumerate(documents):
        mine = slice(bagged.indptr[i], bagged.indptr[i + 1])
        expected = Counter(run for n, run in runs(document) if (n, run) in kept)
        found = {built.words[w]: int(c) for w, c in zip(bagged.indices[mine], bagged.data[mine], strict=True)}
        assert found == expected
        ids, counts = built.encode(document)
        assert {built.words[w]: int(c) for w, c in zip(ids, counts, strict=True)} == expected


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(alphabet=string.ascii_lowercase + "é映 ", min_size=1), min_size=1, max_size=20))
def test_every_word_comes_back_from_its_id(words):
    built, _ = vocabulary.build(cut([words, []]), np.array([0, 1]), 1, 1, 0, 0.0)
    assert set(words) == set(built.words)
    for word in words:
        ids, counts = built.encode([word])
        assert [built.words[i] for i in ids] == [word]
        assert counts.tolist() == [1]


def test_polarity_and_cuts():
    """By the notebook's formula, and its rule for words that are too rare."""
    documents = [["good"] * 60 + ["the"] * 60, ["bad"] * 60 + ["the"] * 60 + ["rare"]]
    labels = np.array([1, 0])
    built, _ = vocabulary.build(cut(documents), labels, 2, 1, 0, 0.0)
    found = dict(zip(built.words, vocabulary.polarity(built.counts), strict=True))
    assert found["good"] == pytest.approx(math.log(60 / 1))
    assert found["bad"] == pytest.approx(-math.log(1 / 0.01))
    assert found["the"] == pytest.approx(-math.log(1 / (60 / 61 + 0.01)))
    assert np.isnan(found["rare"])
    built, _ = vocabulary.build(cut(documents), labels, 2, 1, 0, 0.5)
    assert set(built.words) == {"good", "bad", "rare"}
    built, _ = vocabulary.build(cut(documents), labels, 2, 1, 1, 0.5)
    assert set(built.words) == {"good", "bad"}
    built, _ = vocabulary.build(cut(documents), labels, 2, 1, 60, 0.0)
    assert built.words == ("the",)


def spec(tmp_path, rows, **changes):
    return bags.BagSpec(path=csv(tmp_path, "text,label,part\n" + rows), split="part", **changes)


def test_batches_hold_each_word_once_with_its_weight(tmp_path):
    rows = "a a b,0,train\nc,1,train\n,1,train\nb c d e,0,test\n"
    dataset = bags.load(spec(tmp_path, rows, counts=True))
    arrays, texts = dataset.arrays, dataset.metadata
    assert texts.corpus.sizes == (3, 0, 1)
    assert texts.corpus.prior == pytest.approx([1 / 3, 2 / 3])
    batch = bags.batch(arrays, Examples(jnp.array([3, 2, 0]), jnp.array([0, 1, 0])), jnp.array([2, 1, 0]))
    assert batch.targets.tolist() == [0, 1, 0]
    found = [
        {texts.vocabulary.words[w]: float(x) for w, x in zip(*row, strict=True) if x}
        for row in zip(batch.inputs.words.tolist(), batch.inputs.weights.tolist(), strict=True)
    ]
    assert found == [{"a": 2, "b": 1}, {}, {"b": 1, "c": 1}]  # d and e were never seen in training
    assert batch.inputs.lengths.tolist() == [2, 0, 2]


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("most", [1, 3, 8])
def test_overlaps_are_products_with_the_documents_before(tmp_path, counts, most):
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(list("abcdefg"), rng.integers(0, 9))) for _ in range(11)]
    rows = "".join(f"{line},{i % 2},{'test' if i > 8 else 'train'}\n" for i, line in enumerate(lines))
    dataset = bags.load(spec(tmp_path, rows, counts=counts), most)
    arrays, texts = dataset.arrays, dataset.metadata
    dense = np.zeros((11, len(texts.vocabulary.words)))
    for i in range(11):
        mine = slice(arrays.start[i], arrays.start[i + 1])
        dense[i, arrays.words[mine]] = arrays.weights[mine] if counts else 1
    for i in range(9):
        for back in range(most):
            assert arrays.overlap[i, back] == dense[i] @ dense[(i - back) % 9]


def test_a_text_of_a_million_words(tmp_path):
    huge = " ".join(f"w{i % 5000}" for i in range(1_000_000))
    dataset = bags.load(spec(tmp_path, f"{huge},0,train\nw1 x,1,train\nw2,1,test\n"))
    arrays, texts = dataset.arrays, dataset.metadata
    assert arrays.longest == 5000
    assert len(arrays.words) == 5000 + 2 + 1
    assert texts.vocabulary.counts[texts.vocabulary.ids["w7"]].tolist() == [200, 0]


def test_no_word_left_is_told(tmp_path):
    with pytest.raises(UserError, match=r"lower config.data.min_count \(9\)"):
        bags.load(spec(tmp_path, "a,0,train\nb,1,train\nc,1,test\n", min_count=9))


def test_held_out_documents_come_from_training(tmp_path):
    rows = "".join(f"w{i},{i % 2},{'test' if i > 19 else 'train'}\n" for i in range(25))
    texts = bags.load(spec(tmp_path, rows, validation_share=0.25)).metadata
    assert texts.corpus.sizes == (15, 5, 5)
    assert len(texts.vocabulary.words) == 15
    drawn = corpus.make_splits(texts, None)
    assert {name: len(part.targets) for name, part in drawn.items()} == {
        "train": 15,
        "validation": 5,
        "test": 5,
    }
    assert np.concatenate([drawn[n].inputs for n in ("train", "validation", "test")]).tolist() == list(
        range(25)
    )
    assert np.bincount(drawn["validation"].targets).tolist() in ([2, 3], [3, 2])  # both classes alike


def test_a_class_that_is_not_trained_is_told(tmp_path):
    with pytest.raises(UserError, match="no row of class '0' is in the train split"):
        bags.load(spec(tmp_path, "a,1,train\nb,0,test\n"))


def test_an_unknown_corpus_is_named():
    with pytest.raises(ValueError, match="did you mean 'reviews'"):
        bags.BagSpec(corpus="review")


def test_words_weigh_their_log_count_ratios(tmp_path):
    """By the formula, from documents that hold a word, with one added; texts are of length 1."""
    rows = "good good film,1,train\ngood,1,train\nbad film,0,train\nbad good new,0,test\n"
    dataset = bags.load(spec(tmp_path, rows, naive_bayes=True))
    arrays, texts = dataset.arrays, dataset.metadata
    p = {"good": 3, "film": 2, "bad": 1}  # documents of class 1 with the word, and one
    q = {"good": 1, "film": 2, "bad": 2}
    ratio = {word: math.log((p[word] / 6) / (q[word] / 5)) for word in p}
    found = dict(zip(texts.vocabulary.words, texts.ratios.tolist(), strict=True))
    assert found == pytest.approx(ratio, rel=1e-5)
    batch = bags.batch(arrays, Examples(jnp.array([0, 3]), jnp.array([1, 0])), None).inputs
    for row, words in enumerate((["good", "film"], ["bad", "good"])):
        length = math.hypot(*(ratio[word] for word in words))
        weights = {
            texts.vocabulary.words[w]: float(x)
            for w, x in zip(batch.words[row].tolist(), batch.weights[row], strict=True)
            if x
        }
        assert weights == pytest.approx({word: ratio[word] / length for word in words}, rel=1e-5)
    new = texts.read("bad good")
    np.testing.assert_allclose(new.whole[1], batch.weights[1][: len(new.whole[1])], rtol=1e-5)
    assert [round(float(np.linalg.norm(weights)), 5) for _, weights in new.without] == [1.0, 1.0]


def test_of_several_classes_the_largest_ratio(tmp_path):
    rows = (
        "".join(f"{word},{label},train\n" * 5 for word, label in (("a", 0), ("b", 1), ("c", 2)))
        + "a,0,test\n"
    )
    texts = bags.load(spec(tmp_path, rows, naive_bayes=True)).metadata
    own = math.log((6 / 8) / (1 / 13))
    assert texts.ratios.tolist() == pytest.approx([own] * 3, rel=1e-5)


def test_counts_or_ratios():
    with pytest.raises(ValueError, match="choose one of them"):
        bags.BagSpec(counts=True, naive_bayes=True)
