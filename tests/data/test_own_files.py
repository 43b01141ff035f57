"""Files as people have them: read as if their oddity were not there, or refused in one line that names the mend."""

import bz2
import gzip
import struct

import numpy as np
import pytest

from nlpfeat.analysis.sampling import SamplingOptions, sample_text
from nlpfeat.data import names
from nlpfeat.data.ratings import catalogue, rating_table
from nlpfeat.data.ratings.rating_table import RatingsSpec
from nlpfeat.data.text import bags, tokens, vector_files
from nlpfeat.data.text.corpus import corpus_notes, tokenize_corpus
from nlpfeat.errors import DamagedFile, UserError
from tests.data.tables import csv, read
from tests.toys import TOYS, factory_of

TEXTS = ["good soup", "bad soup", "good bread", "bad bread", "good tea", "bad tea", "warm tea", "cold tea"]


def rows(labels, separator=","):
    return "".join(f"{text}{separator}{label}\n" for text, label in zip(TEXTS, labels, strict=True))


# --- words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("हिन्दी किताब", ["हिन्दी", "किताब"]),
        ("caf\u00e9", ["caf\u00e9"]),
        ("cafe\u0301", ["caf\u00e9"]),
        ("Cafe\u0301 CAF\u00c9", ["caf\u00e9"] * 2),
        ("می\u200cخواهم", ["می\u200cخواهم"]),  # a joiner within a Persian word
        ("กำลังดี", ["กำลังดี"]),
        ("I <3 this place >:( never", ["i", "<", "3", "this", "place", ">", ":", "(", "never"]),
        ("5 < 6 and 7 > 8", ["5", "<", "6", "and", "7", ">", "8"]),
        ("a<br />b</p><P class='x'>c<!-- no --><!DOCTYPE html>d", ["a", "b", "c", "d"]),
        ("İyi", ["i\u0307yi"]),
        ("don't", ["don't"]),
    ],
)
def test_words(text, found):
    assert tokens.words(text) == found
    assert tokens.bare_words(text) == [word for word in found if any(map(str.isalnum, word))]


def test_both_spellings_of_an_accent_are_one_word_however_text_is_cut():
    for cut_by in (tokens.words, tokens.bare_words, tokens.filtered):
        assert cut_by("cafe\u0301") == cut_by("caf\u00e9") == ["caf\u00e9"]


# --- tables


def test_equal_numbers_are_one_label(tmp_path):
    path = csv(tmp_path, "text,label\n" + rows(["1", "0", "1.0", "0.0", "1", "0", "1e0", "0"]))
    found = read(path)
    assert found.classes == ("0", "1")
    assert found.labels.tolist() == [1, 0, 1, 0, 1, 0, 1, 0]
    assert read(path, order=("1.0", "0")).classes == ("1.0", "0")
    codes = read(csv(tmp_path, "text,label\n" + rows(["7", "007"] * 4)))
    assert set(codes.classes) == {"7", "007"}  # codes, perhaps
    exact = read(csv(tmp_path, "text,label\n" + rows(["12345678901234567890", "12345678901234567891"] * 4)))
    assert len(exact.classes) == 2


def test_labels_that_differ_in_case_are_noted(tmp_path):
    found = tokenize_corpus(
        read(csv(tmp_path, "text,label\n" + rows(["NEG", "neg", "pos", "Pos"] * 2))), str.split
    )
    assert any("NEG, neg; Pos, pos" in note for note in corpus_notes(found))
    found = tokenize_corpus(read(csv(tmp_path, "text,label\n" + rows(["neg", "pos"] * 4))), str.split)
    assert not corpus_notes(found)


def test_texts_of_a_single_word_are_noted(tmp_path):
    said = ["这家店很好吃。", "这家店很难吃!"] * 4
    content = "text,label\n" + "".join(f"{text},{i % 2}\n" for i, text in enumerate(said))
    found = tokenize_corpus(read(csv(tmp_path, content)), tokens.words)
    assert any("8 of 8 texts are a single word" in note for note in corpus_notes(found))


def test_spaces_after_a_separator_keep_no_quote_from_opening(tmp_path):
    content = '"text", "label"\n' + "".join(f'"{text}, yes", "{i % 2}"\n' for i, text in enumerate(TEXTS))
    found = read(csv(tmp_path, content))
    assert found.classes == ("0", "1")
    assert found.texts[0] == "good soup, yes"


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\r\n', "\ufeffsep=;\n"])
def test_a_first_line_may_say_the_separator(first, tmp_path):
    found = read(csv(tmp_path, f"{first}text;label\n" + rows(["a", "b"] * 4, ";")))
    assert (found.classes, found.texts[0]) == (("a", "b"), "good soup")
    with pytest.raises(UserError, match="line 4: 3 fields"):
        read(csv(tmp_path, f"{first}text;label\na;1\nb;1;2\n"))


@pytest.mark.parametrize(
    ("separator", "name"), [("\t", "u.data"), ("::", "ratings.dat"), (",", "r.csv"), ("\t", "r.tsv")]
)
def test_columns_are_named_where_the_file_names_none(separator, name, tmp_path):
    lines = [
        f"{user}{separator}{item}{separator}{1 + (user + item) % 5}{separator}881250949"
        for user in (1, 2, 3)
        for item in (10, 11)
    ]
    path = csv(tmp_path, "\n".join(lines) + "\n", name)
    with pytest.raises(
        UserError, match=r"first line must name its columns.*--config\.data\.columns=user,item,rating"
    ):
        rating_table.load(RatingsSpec(path=path))
    dataset = rating_table.load(RatingsSpec(path=path, columns="user, item,rating,time"))
    arrays, known = dataset.arrays, dataset.metadata
    assert known.rated.users == ("1", "2", "3")
    assert len(arrays.user) == 6
    with pytest.raises(UserError, match=r"line 1: 4 fields where config\.data\.columns names 3"):
        rating_table.load(RatingsSpec(path=path, columns="user,item,rating"))


def test_a_row_of_data_is_not_proposed_as_a_name(tmp_path):
    path = csv(tmp_path, "__label__neg awful soup and slow staff\n__label__pos superb bread\n", "fast.txt")
    with pytest.raises(UserError, match="its first line must name its columns") as caught:
        read(path)
    assert "data.text=" not in str(caught.value)
    found = read(csv(tmp_path, rows(["1", "0"] * 4)), columns="text,label")
    assert (found.classes, len(found.texts)) == (("0", "1"), 8)


def test_the_row_of_a_text_is_that_of_its_file(tmp_path):
    """However the parts are drawn and put in order."""
    content = "text,label\n" + rows(["1", "0"] * 4)
    spec = bags.BagSpec(path=csv(tmp_path, content), test_share=0.25, validation_share=0.34)
    known = bags.load(spec).metadata
    for place, row in enumerate(known.corpus.origin.rows):
        assert known.corpus.documents.document(place) == TEXTS[row - 1].split()
    assert known.corpus.origin.rows.tolist() != list(range(1, 9))


# --- ratings


def test_equal_numbers_are_one_user_and_one_item(tmp_path):
    lines = "user,item,rating\n1.0,1,5\n1,2,4\n1.0,3,5\n2,1.0,1\n2.0,2.0,3\n10,3.0,2\n"
    items = csv(tmp_path, "item,title\n1,Soup\n2.0,Bread\n3,Tea\n", "items.csv")
    known = rating_table.load(RatingsSpec(path=csv(tmp_path, lines), items=items)).metadata
    assert known.rated.users == ("1", "2", "10")
    assert known.described.titles == ("Soup", "Bread", "Tea")
    found = catalogue.Catalogue(known.rated.items, known.described.titles)
    assert found.index("2.0") == found.index("2") == found.index("Bread") == 1
    assert catalogue.user_index(known.rated.users, "2.0") == 1


def test_a_spreadsheets_numbers_keep_their_names(tmp_path):
    """Written as decimals throughout, they are named so, and found by either spelling."""
    lines = "user,item,rating\n" + "".join(f"{u}.0,{i}.0,{1 + u % 5}\n" for u in range(1, 12) for i in (1, 2))
    items = csv(tmp_path, "item,title\n1,Soup\n2,Bread\n", "items.csv")
    known = rating_table.load(RatingsSpec(path=csv(tmp_path, lines), items=items)).metadata
    assert known.rated.users[:3] == ("1.0", "2.0", "3.0")
    assert known.described.titles == ("Soup", "Bread")
    assert catalogue.user_index(known.rated.users, "11") == 10


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("1", "1.0", True),
        ("-0", "0", True),
        ("1e2", "100", True),
        (".5", "0.5", True),
        ("01", "1", False),
        ("a", "A", False),
        ("1_0", "10", False),
    ],
)
def test_what_means_the_same(left, right, same):
    assert (names.identity(left) == names.identity(right)) == same


# --- vectors

WORDS = ("the", "good", "bad", "café", ". . .", "at name@example.org")
VECTORS = np.array(
    [
        [0.5, -1.25, 2.0],
        [1.0, 0.0, -0.5],
        [0.25, 3.0, 1.5],
        [-2.0, 0.125, 1.0],
        [4.0, 5.0, 6.0],
        [7.0, -8.0, 9.0],
    ],
    np.float32,
)


def as_text(*, header=False, start=""):
    lines = [
        f"{word} {' '.join(map(str, vector))}" for word, vector in zip(WORDS, VECTORS.tolist(), strict=True)
    ]
    return start + ("\n".join([*(["6 3"] if header else []), *lines]) + "\n")


def as_binary(end=b"\n"):
    """word2vec's format, whose words hold no spaces."""
    return b"4 3\n" + b"".join(
        word.encode() + b" " + struct.pack("<3f", *vector) + end
        for word, vector in zip(WORDS[:4], VECTORS[:4], strict=True)
    )


FILES = {
    "plain.txt": as_text().encode(),
    "header.vec": as_text(header=True).encode(),
    "bom.txt": as_text(start="\ufeff").encode(),
    "header_bom.txt": as_text(header=True, start="\ufeff").encode(),
    "decomposed.txt": as_text().replace("é", "e\u0301").encode(),
    "packed.txt.gz": gzip.compress(as_text().encode()),
    "packed.bz2": bz2.compress(as_text(header=True).encode()),
    "vectors.bin": as_binary(),
    "no_line_ends.bin": as_binary(b""),
    "vectors.bin.gz": gzip.compress(as_binary()),
}


@pytest.mark.parametrize("name", FILES)
def test_vectors_in_every_form(name, tmp_path):
    path = csv(tmp_path, FILES[name], name)
    count = 4 if ".bin" in name else 6
    words, vectors = vector_files.first(path, 0)
    assert words == WORDS[:count]
    np.testing.assert_array_equal(vectors, VECTORS[:count])
    found, there = vector_files.read(path, {word: i for i, word in enumerate(WORDS)}, 6, 3)
    assert there.tolist() == [True] * count + [False] * (6 - count)
    np.testing.assert_array_equal(found[:count], VECTORS[:count])
    assert vector_files.first(path, 2)[0] == WORDS[:2]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            as_text(header=True).replace("6 3", "6 5").encode(),
            "promises vectors of 5 numbers, and line 2 has 3",
        ),
        (
            as_text(header=True).replace("6 3", "6 2").encode(),
            "promises vectors of 2 numbers, and line 2 has 3",
        ),
        (as_text().encode("latin-1"), "line 4: not UTF-8"),
        (as_text(header=True).encode("latin-1"), "line 5: not UTF-8"),
        (b"\x93NUMPY\x01\x00", "an array of NumPy's"),
        (b"\x80\x04\x95", "a pickle of Python's"),
        (b"the\t0.5\t1.0\n", "line 1: not a word and its numbers"),
    ],
)
def test_what_a_file_of_vectors_is_instead(content, told, tmp_path):
    with pytest.raises(UserError, match=told) as caught:
        vector_files.first(csv(tmp_path, content, "v.txt"), 0)
    assert "fetch it again" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        as_binary()[:-7],
        gzip.compress(as_text().encode())[:-12],
        bz2.compress(as_text().encode() * 99).replace(b"1AY", b"1AZ", 1),
    ],
)
def test_a_truncated_file_is_damage(content, tmp_path):
    with pytest.raises(DamagedFile, match="fetch it again"):
        vector_files.first(csv(tmp_path, content, "v.bin"), 0)


# --- prompts


@pytest.mark.parametrize("start", [b"word ", b"1 3\nword ", b"1 3\n\x00\x01"])
def test_a_line_of_vectors_has_a_longest_length(start, tmp_path):
    """Text and binary: it is not read to its end."""
    path = tmp_path / "vectors.txt"
    path.write_bytes(start + b"0.5" * (vector_files.LONGEST_LINE // 2))
    with pytest.raises(UserError, match="more than 1,048,576 bytes"):
        vector_files.first(str(path), 0)


def test_a_prompt_that_is_longer_in_small_letters():
    factory = factory_of(TOYS["char_rnn"])
    one = factory.new_member(factory.spec.settings, 3)
    alphabet = factory.dataset.metadata.alphabet
    options = SamplingOptions(0.8, 5, 2)
    written = sample_text(factory.module(3), one.params, one.settings, alphabet, "İzmir", options)
    assert [len(text) for text in written] == [5, 5]
