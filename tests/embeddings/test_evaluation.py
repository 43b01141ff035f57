"""Analogies and rank correlations against second computations, and the files that they are read from."""

import numpy as np
import pytest
from scipy.stats import pearsonr, rankdata

from nlpfeat.data.text import vector_files, word_tests
from nlpfeat.embeddings.evaluation import analogy_query, correlation, solve_analogies
from nlpfeat.embeddings.neighbours import CHUNK
from nlpfeat.errors import DamagedFile, UserError

RNG = np.random.default_rng(2)


def test_analogies_are_those_of_a_loop_and_never_a_word_that_was_asked():
    vectors = RNG.normal(size=(60, 4)) * RNG.uniform(0.1, 5, (60, 1))
    questions = np.array([RNG.permutation(60)[:3] for _ in range(CHUNK + 30)])
    found = solve_analogies(vectors, questions)
    lengths = np.linalg.norm(vectors, axis=1)
    for (a, b, c), answer in zip(questions, found, strict=True):
        goal = vectors[b] / lengths[b] - vectors[a] / lengths[a] + vectors[c] / lengths[c]
        np.testing.assert_allclose(analogy_query(vectors, int(a), int(b), int(c)), goal, atol=1e-12)
        cosines = vectors @ goal / lengths
        cosines[[a, b, c]] = -9
        assert answer == cosines.argmax()
        assert answer not in (a, b, c)


def test_spearman_with_ties():
    vectors = np.array([[1.0, 0], [1, 0], [0, 1], [1, 1], [-1, 0], [1, 0.1]])
    pairs = np.array([[0, 1], [0, 2], [0, 3], [0, 4], [1, 5], [2, 4], [3, 2]])
    scores = np.array([9.0, 2, 5, 2, 9, 2, 5])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = [unit[a] @ unit[b] for a, b in pairs]
    expected = pearsonr(rankdata(np.round(cosines, 12)), rankdata(scores)).statistic
    found = correlation(vectors, pairs, scores)
    assert found.rho == pytest.approx(expected)
    assert -1 <= found.low < found.rho < found.high <= 1


def test_nothing_to_correlate():
    vectors = RNG.normal(size=(5, 3))
    few, flat = np.array([[0, 1], [1, 2], [2, 3]]), np.array([[0, 1], [1, 2], [2, 3], [3, 4]])
    assert np.isnan(correlation(vectors, few, np.arange(3.0)).rho)
    assert np.isnan(correlation(vectors, flat, np.ones(4)).rho)
    assert np.isnan(correlation(vectors[:, :1] * 0 + 1, flat, np.arange(4.0)).rho)
    assert correlation(vectors, np.array([[0, 0]] * 4), np.arange(4.0)).rho != 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tiger cat 7.35\nbook  paper 5\n", [("tiger", "cat", 7.35), ("book", "paper", 5)]),
        ("# about\nWord 1\tWord 2\tHuman (mean)\nTiger\tcat\t7.35\n", [("Tiger", "cat", 7.35)]),
        ("Word 1,Word 2,Human\na,b,1\n\nc,d,2,more\n", [("a", "b", 1), ("c", "d", 2)]),
        ("\ufeffstraße;weg;1e0\n", [("straße", "weg", 1)]),
        ("new york\tcity\t3\n", [("new york", "city", 3)]),
    ],
)
def test_pairs_are_read(tmp_path, text, found):
    path = tmp_path / "pairs.txt"
    path.write_text(text)
    assert [(*pair.words, pair.score) for pair in word_tests.read_pairs(path)] == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no pairs"),
        ("word1 word2 score\n", "holds no pairs"),
        ("a b 1\nc d\n", "line 2: not two words and a number"),
        ("a b 1\n\nc d x\n", "line 3"),
        ("a b nan\nc d nan\n", "line 2"),
        ("a b\n", "line 1"),
    ],
)
def test_pairs_that_are_none(tmp_path, text, told):
    path = tmp_path / "pairs.txt"
    path.write_text(text)
    with pytest.raises(UserError, match=told):
        word_tests.read_pairs(path)


def test_questions_are_read_by_section(tmp_path):
    path = tmp_path / "questions.txt"
    path.write_text(": capitals\nAthens Greece Oslo Norway\n\n: größer\ngut besser schlecht schlechter\n")
    found = word_tests.questions(path)
    assert [question.section for question in found] == ["capitals", "größer"]
    assert found[1].words == ("gut", "besser", "schlecht", "schlechter")
    path.write_text(": capitals\nAthens Greece Oslo\n")
    with pytest.raises(UserError, match="line 2: 3 words"):
        word_tests.questions(path)
    path.write_text(": capitals\n")
    with pytest.raises(UserError, match="no analogies"):
        word_tests.questions(path)
    path.write_bytes(b"a b c d\n" + b"\xff\n")
    with pytest.raises(UserError, match="not UTF-8"):
        word_tests.questions(path)
    with pytest.raises(UserError, match="no file"):
        word_tests.questions(tmp_path / "none.txt")


WORDS = ("the", "größe", "日本", "don't", "x" * 5000, "🙂", "a,b")


def test_vectors_written_are_read_back_to_the_bit(tmp_path):
    path = tmp_path / "vectors.txt"
    table = RNG.normal(size=(len(WORDS), 300)) * 10.0 ** RNG.integers(-30, 30, (len(WORDS), 1))
    table = table.astype(np.float32)
    vector_files.write(path, WORDS, table)
    words, found = vector_files.first(str(path), 0)
    assert words == WORDS
    np.testing.assert_array_equal(found, table)
    words, found = vector_files.first(str(path), 2)
    assert words == WORDS[:2]
    chosen, there = vector_files.read(str(path), {"日本": 1, "none": 0}, 2, 300)
    np.testing.assert_array_equal(chosen[1], table[2])
    assert there.tolist() == [False, True]
    with pytest.raises(UserError, match="'new york' cannot be written"):
        vector_files.write(path, ["new york"], table[:1])


def test_gensim_would_read_what_is_written(tmp_path):
    """Its reader: a line of two numbers, then a word and its numbers, parted by single spaces."""
    path = tmp_path / "vectors.txt"
    vector_files.write(path, ["a", "ü"], np.array([[0.5, -1], [1e-7, 3]], np.float32))
    assert path.read_text("utf-8") == "2 2\na 0.5 -1\nü 1.00000001e-07 3\n"


def test_files_of_vectors_that_break_off(tmp_path):
    path = tmp_path / "vectors.txt"
    vector_files.write(path, ["a", "b", "c"], np.ones((3, 4)))
    whole = path.read_text()
    path.write_text(whole[: whole.rindex("\n", 0, -1) + 1])
    with pytest.raises(DamagedFile, match="holds 2 of the 3 vectors that its first line promises"):
        vector_files.first(str(path), 0)
    assert vector_files.first(str(path), 2)[0] == ("a", "b")
    path.write_text(whole[:-4])
    with pytest.raises(UserError, match="line 4 has 2 numbers, not 4"):
        vector_files.first(str(path), 0)
    for nothing in ("", "0 4\n", "3 4\n"):
        path.write_text(nothing)
        with pytest.raises(UserError, match=r"is empty|holds 0"):
            vector_files.first(str(path), 0)


def test_a_repeated_word_keeps_its_first_vector(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("a 1 2\nb 3 4\na 5 6 \nc 7 8 \r\n")
    words, found = vector_files.first(str(path), 0)
    assert words == ("a", "b", "c")
    assert found.tolist() == [[1, 2], [3, 4], [7, 8]]
