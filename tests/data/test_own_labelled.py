"""Labelled texts of the user: columns found, splits that do not leak, what is refused; goldens of the shipped files."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpfeat
from nlpfeat.data.holdout import held_out_fold, held_out_share
from nlpfeat.data.text import bags
from nlpfeat.data.text.corpus import corpus_notes
from nlpfeat.data.text.labelled_files import read_texts
from nlpfeat.data.text.sources import CorpusSpec, read_corpus
from nlpfeat.data.text.vocabulary import class_polarity
from nlpfeat.errors import UserError
from nlpfeat.tasks.fit import fit_to_data
from tests.data.tables import corpus, csv, read
from tests.toys import ROOT

TEXTS = [
    f"{word} {thing} of the day"
    for word in ("good", "bad", "warm", "cold")
    for thing in ("soup", "tea", "bread")
]
LABELS = ["yes", "no", "yes", "no"] * 3
EXAMPLES = ROOT / "configs" / "examples"


def table(separator=",", head="text,label", rows=None):
    rows = rows or list(zip(TEXTS, LABELS, strict=True))
    lines = [separator.join(head.split(",")), *(separator.join(row) for row in rows)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("separator", [",", "\t", ";", "|", "::"])
def test_any_separator(separator, tmp_path):
    found = read(csv(tmp_path, table(separator)))
    assert (found.classes, found.texts) == (("no", "yes"), TEXTS)
    bare = table(separator).split("\n", 1)[1]
    found = read(csv(tmp_path, bare), columns="text,label")
    assert found.texts == TEXTS


def test_json_lines(tmp_path):
    lines = [json.dumps({"id": i, "review": text, "sentiment": i % 2}) for i, text in enumerate(TEXTS)]
    found = read(csv(tmp_path, "\n".join(lines), "mine.jsonl"))
    assert (found.classes, found.texts, found.origin.lines[2]) == (("0", "1"), TEXTS, 3)
    assert "texts from 'review', labels from 'sentiment'" in found.notes[0]
    with pytest.raises(UserError, match="line 2: no JSON"):
        read(csv(tmp_path, lines[0] + "\nnot json\n", "mine.jsonl"))


def test_quotes_of_a_file_with_tabs_may_belong_to_its_texts(tmp_path):
    found = read(csv(tmp_path, 'label\ttext\nham\t"so he said\nspam\twin "cash" now\nham\tok"\n', "mine.tsv"))
    assert found.texts == ['"so he said', 'win "cash" now', 'ok"']
    found = read(csv(tmp_path, 'label\ttext\nham\t"a\tb"\nspam\t"c ""d"""\n', "mine.tsv"))
    assert found.texts == ["a\tb", 'c "d"']


@pytest.mark.parametrize(
    ("head", "text", "label"),
    [
        ("id,tweet,airline,sentiment", 1, 3),
        ("Review Text,Class,when,who", 0, 1),  # no usual name of a text: that with the most words
        ("a,b,stars,d", 1, 2),
        ("title,body,topic,d", 1, 2),
    ],
)
def test_columns_are_found(head, text, label, tmp_path):
    names = head.split(",")
    rows = []
    for i, (line, own) in enumerate(zip(TEXTS, LABELS, strict=True)):
        row = [str(1000 + i)] * 4
        row[text], row[label] = line, own
        rows.append(row)
    found = read(csv(tmp_path, table(head=head, rows=rows)))
    assert (found.texts, found.classes) == (TEXTS, ("no", "yes"))
    assert names[label] in found.notes[0] or head.startswith("text,label")


def test_a_file_of_which_nothing_is_sure_is_asked_about(tmp_path):
    rows = [(text, text[::-1], label, label.upper()) for text, label in zip(TEXTS, LABELS, strict=True)]
    with pytest.raises(UserError, match=r"'a', 'b' could be it: name it, as in --config\.data\.text=a"):
        read(csv(tmp_path, table(head="a,b,c,d", rows=rows)))
    with pytest.raises(UserError, match=r"'c', 'd' could be it: name it, as in --config\.data\.label=c"):
        read(csv(tmp_path, table(head="a,b,c,d", rows=rows)), text="a")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(f"a {i}", f"{i / 7:.3f}") for i in range(60)], "Regression is not offered"),
        ([(f"a {i}", str(i * 37)) for i in range(60)], "Regression is not offered"),
        ([(f"a {i}", f"label {i}") for i in range(60)], "60 different values in 60 rows"),
        ([(f"a {i}", "x") for i in range(9)], "two classes or more"),
        ([("", "x" if i % 2 else "y") for i in range(9)], "every text is empty"),
    ],
)
def test_labels_that_are_no_classes(rows, told, tmp_path):
    with pytest.raises(UserError, match=told):
        read(csv(tmp_path, table(rows=rows)))


def test_numbers_may_be_classes(tmp_path):
    rows = [(f"a {i}", str(i % 30)) for i in range(300)]
    found = read(csv(tmp_path, table(rows=rows)))
    assert len(found.classes) == 30
    assert any("regression is not offered" in note for note in found.notes)


def test_a_second_file_is_the_test_split(tmp_path):
    train, test = csv(tmp_path, table()), csv(tmp_path, table(rows=[("a new one", "yes")]), "test.csv")
    found = read_corpus(CorpusSpec(path=train, test_path=test, validation_share=0.25), str.split).corpus
    assert found.sizes == (9, 3, 1)
    assert [found.origin.files[i] for i in found.origin.file[-2:]] == [train, test]
    assert (found.origin.rows[-1], found.origin.lines[-1]) == (1, 2)
    other = csv(tmp_path, table(rows=[("a new one", "maybe")]), "other.csv")
    with pytest.raises(UserError, match="no row of class 'maybe' is in the train split"):
        read_corpus(CorpusSpec(path=train, test_path=other), str.split)
    with pytest.raises(UserError, match="not both"):
        read(train, test_path=test, split="label")


def test_a_column_called_split_is_read_and_another_name_is_told(tmp_path):
    parts = ["train"] * 9 + ["validation", "test", "test"]
    rows = [(*row, part) for row, part in zip(zip(TEXTS, LABELS, strict=True), parts, strict=True)]
    assert corpus(csv(tmp_path, table(head="text,label,split", rows=rows))).corpus.sizes == (9, 1, 2)
    rows[3] = (*rows[3][:2], "dev")
    with pytest.raises(UserError, match=r"line 5: split is 'dev'.*or rename the column split"):
        read(csv(tmp_path, table(head="text,label,split", rows=rows)))


def test_without_a_test_split_all_texts_are_trained_on(tmp_path):
    found = corpus(csv(tmp_path, table()), test_share=0.0).corpus
    assert found.sizes == (12, 0, 0)


def test_a_text_in_both_parts_is_told(tmp_path):
    rows = [("same text", "yes", "train"), ("same text", "yes", "test"), ("other", "no", "train")]
    found = corpus(csv(tmp_path, table(head="text,label,split", rows=rows)))
    assert "1 texts of the test split are also in the train split" in found.notes


groups = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), min_size=2, max_size=60)


@settings(max_examples=60, deadline=None)
@given(groups, st.floats(0.05, 0.5), st.integers(0, 9))
def test_drawn_splits_do_not_leak(rows, share, key):
    """Equal texts stay together, wherever a class has more than one of them."""
    identity, labels = (np.array(column) for column in zip(*rows, strict=True))
    labels = labels[[identity.tolist().index(i) for i in identity]]  # equal examples have one class
    held = held_out_share(identity, labels, share, key, 2)
    assert held.any() <= (held.sum() < len(held))
    for label in np.unique(labels):
        assert not held[labels == label].all()  # one stays
    alone = len(np.unique(identity)) == len(np.unique(labels))  # nothing could be held out with its equals
    if not alone:
        assert not set(identity[held]) & set(identity[~held])


def test_a_share_is_that_of_every_class():
    labels = np.repeat([0, 1, 2], [500, 100, 10])
    held = held_out_share(np.arange(610), labels, 0.2, 0, 2)
    assert np.abs(np.bincount(labels[held]) - [100, 20, 2]).max() <= 1
    folds = [held_out_fold(np.arange(610), labels, fold, 5, 0, 1) for fold in range(5)]
    assert (np.sum(folds, axis=0) == 1).all()  # each example once
    assert all(np.abs(np.bincount(labels[fold]) - [100, 20, 2]).max() <= 1 for fold in folds)


def test_polarity_of_unequal_classes_by_hand(tmp_path):
    """Three classes, one of them with three quarters of the text: a word of equal rates has a polarity near 0."""
    counts = np.array([[60, 10, 10], [30, 30, 0], [0, 0, 10], [2, 1, 1]])  # words by classes
    found = class_polarity(counts, 2)
    own, others = counts[:, 2] + 1, counts[:, :2].sum(1) + 1
    expected = np.log(own / (21 + 4)) - np.log(others / (133 + 4))
    np.testing.assert_allclose(found[:3], expected[:3])
    assert np.isnan(found[3])  # too rare
    assert found[0] == pytest.approx(np.log(11 / 25) - np.log(71 / 137))
    rows = [("the film", "neg")] * 30 + [("the film", "pos")] * 10
    texts = bags.load(bags.BagSpec(path=csv(tmp_path, table(rows=rows)), test_share=0.0)).metadata
    np.testing.assert_allclose(class_polarity(texts.vocabulary.counts, 1), 0, atol=1e-9)


def test_what_own_sets_and_why(tmp_path):
    config = nlpfeat.load_config("imdb_lstm:own")
    path = csv(tmp_path, table())
    fitted, notes = fit_to_data(config, {"data.path": path, "training.batch_size": "4"})
    assert fitted["data"]["length"] == 10
    assert fitted["data"]["validation_share"] == 0.0
    assert "batch_size" not in fitted["training"]  # the user's own stays
    assert any(note.startswith("data.length = 10: 98 % of the texts") for note in notes)
    with pytest.raises(UserError, match="name it by --data=FILE"):
        fit_to_data(config)
    same, none = fit_to_data(nlpfeat.load_config("imdb_lstm"))
    assert (same, none) == (nlpfeat.load_config("imdb_lstm"), ())


def test_every_classifier_of_texts_has_rules():
    for name, task in nlpfeat.TASKS.items():
        texts = issubclass(task.data.spec, CorpusSpec)
        assert (task.fit is not None) == texts, name
        assert not texts or "fit_to_data" in nlpfeat.load_config(f"{name}:own")


@pytest.fixture(scope="module")
def opinions(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "study"
    data = {"path": str(EXAMPLES / "opinions.csv")}
    return nlpfeat.sweep("imdb_ngrams:own", path, width=(2, 8), seed=(0, 1, 2), data=data)


def test_accuracy_on_the_shipped_texts(opinions):
    (narrow, wide) = opinions.table.to_dict("records")
    assert narrow["baseline"] == pytest.approx(1 / 3, abs=0.05)
    assert wide["test_accuracy"][1] >= 0.9
    assert wide["test_macro_f1"][1] >= 0.9
    assert "success" not in wide  # thresholds are those of the published data
    assert "steps_to_success" not in opinions.results


def test_predictions_of_a_file_come_back_as_they_were_made(opinions):
    member = opinions.restore(width=8, seed="median")
    given = read_texts(str(EXAMPLES / "opinions.csv"))
    found = nlpfeat.predict_texts(member, given.texts)
    texts = member.dataset.metadata.corpus
    place = {int(row): i for i, row in enumerate(texts.origin.rows)}
    labels = np.array([texts.classes[texts.labels[place[i + 1]]] for i in range(len(found))])
    split = np.array([texts.splits[place[i + 1]] for i in range(len(found))])
    accuracy = (found["predicted"] == labels)[split == 2].mean()
    assert accuracy == pytest.approx(member.record["accuracy"][-1], abs=1e-6)
    for text, row in zip(given.texts[:3], found.to_dict("records"), strict=False):
        one = nlpfeat.predict_text(member, text)
        assert texts.classes[one.predicted] == row["predicted"]
        assert one.probabilities.max() == pytest.approx(row["probability"], abs=1e-5)


def test_the_most_wrong_are_found_in_their_file(opinions):
    table = nlpfeat.most_wrong(opinions.restore(width=2, seed=0), "train")
    lines = (EXAMPLES / "opinions.csv").read_text().splitlines()
    for row in table.to_dict("records"):
        assert row["line"] == row["row"] + 1
        assert lines[row["line"] - 1].endswith(row["true"])
    with pytest.raises(UserError, match="no split 'tset'"):
        nlpfeat.most_wrong(opinions.restore(width=2, seed=0), "tset")


def test_notes_of_a_corpus_name_texts_of_several_labels(tmp_path):
    rows = [("same", "yes"), ("same", "no"), ("a b", "yes"), ("c d", "no")]
    assert any(
        "more than one label" in note for note in corpus_notes(corpus(csv(tmp_path, table(rows=rows))).corpus)
    )
