"""Text statistics and unit probes, on texts and activations whose answers are known."""

import math

import numpy as np
import pytest

from nlpfeat.analysis.text_statistics import text_statistics, vocabulary_of
from nlpfeat.analysis.unit_probes import probe_units, text_features

WORDS = vocabulary_of("the cat sat. the cat's mat, the cat's; sat sat don't don't xyz")


def test_the_vocabulary_has_what_occurs_twice():
    assert {"the", "cat's", "sat", "don't"} == WORDS


def test_letters_in_words_are_counted_not_words():
    assert text_statistics(["the zzzzz"], WORDS).words == pytest.approx(3 / 8)
    assert math.isnan(text_statistics(["12 34"], WORDS).words)


@pytest.mark.parametrize(
    ("text", "quotes", "brackets"),
    [
        ('he said "no" and (so) went', 1, 1),
        ('he said "no and (so went', 0, 0),
        ('he said "no "and" so [on)]', 0.5, 1),
        ('"one"\n\n"two (three\n\nfour)"', 0.5, 0),
        ("\u201cone\u201d \u201ctwo", 0.5, math.nan),
        ('a "" b " c', math.nan, math.nan),
        ("([x])({", math.nan, 0.5),
    ],
)
def test_what_is_opened_must_be_closed_in_its_paragraph(text, quotes, brackets):
    found = text_statistics([text], WORDS)
    np.testing.assert_equal((found.quotes, found.brackets), (quotes, brackets))


def test_sections_and_lines():
    text = "cut off\nsome line\n\n12. a section\nof two lines here\n\n=13=\n\nnot 14. one\n\n15 neither\ncut"
    found = text_statistics([text], WORDS)
    assert found.sections == pytest.approx(2e4 / len(text))
    lines = [9, 13, 17, 4, 11, 10]
    assert found.line == np.median(lines)
    assert found.longest == pytest.approx(np.quantile(lines, 0.95))


def test_several_texts_count_as_one():
    assert text_statistics(['"one"', '"two', "(a)"], WORDS).quotes == 0.5


def test_features_of_the_text_after_each_character():
    text = 'a "bc"\n(d [e]) f\n\n"g'
    found = text_features(text)
    np.testing.assert_array_equal(found["quotes"], [0, 0, 1, 1, 1, 0, 0, *[0] * 11, 1, 1])
    np.testing.assert_array_equal(found["brackets"], [*[0] * 7, 1, 1, 1, 1, 1, 1, 0, *[0] * 6])
    np.testing.assert_array_equal(found["line"], [1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 1, 2])
    np.testing.assert_array_equal(found["word"][:6], [1, 0, 0, 1, 2, 0])


def test_a_bracket_does_not_outlive_its_paragraph():
    assert text_features("(a\n\nb")["brackets"].tolist() == [1, 1, 1, 0, 0]


def test_a_planted_unit_is_found_and_judged_on_held_out_text():
    rng = np.random.default_rng(0)
    feature = (rng.random(4000) < 0.3).astype(np.float32)
    units = rng.normal(size=(4000, 6)).astype(np.float32)
    units[:, 4] = -2 * feature + 0.5 * units[:, 4]
    units[:, 5] = 1.0
    found = probe_units(units[:3000], feature[:3000], units[3000:], feature[3000:])
    assert (found.unit, found.sign) == (4, -1)
    expected = np.corrcoef(units[3000:, 4], feature[3000:])[0, 1] ** 2
    assert found.evaluation_r2 == pytest.approx(expected, rel=1e-3)
    assert found.probe_r2 == pytest.approx(expected, abs=0.02)
    noise = probe_units(
        rng.normal(size=(300, 40)), feature[:300], rng.normal(size=(300, 40)), feature[300:600]
    )
    assert noise.evaluation_r2 < noise.train_r2  # what was best where it was chosen is not so elsewhere
    assert probe_units(units[:9], np.zeros(9), units[9:18], feature[9:18]) is None
