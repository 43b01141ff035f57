"""`experiments.words` on spaces learned without labels, and on files of vectors."""

import json

import numpy as np
import pandas as pd
import pytest

from nlpfeat.cli import words
from nlpfeat.embeddings.space import find_word
from tests.commands import run

ANIMALS, TOOLS = ("dog", "cat", "fox", "wolf", "bear"), ("saw", "axe", "knife", "blade", "file")

COMPANY = (("runs", "barks", "sleeps", "fur"), ("cuts", "wood", "sharp", "metal"))


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Animals and tools, each in the company of its kind, in a text of one's own, learned at two widths and two seeds."""
    rng = np.random.default_rng(0)
    lines = []
    for i in range(600):
        named = rng.choice(ANIMALS if i % 2 else TOOLS, 2)
        around = rng.choice(COMPANY[0 if i % 2 else 1], 6)
        lines.append(" ".join([*around[:3], named[0], *around[3:], named[1]]))
    folder = tmp_path_factory.mktemp("company")
    (folder / "own.txt").write_text("\n".join(lines))
    done = run(
        "sweep",
        *("--config=configs/windows_noise.py:smoke", f"--study={folder / 'study'}"),
        *(f"--config.data.path={folder / 'own.txt'}", "--config.training.steps=(40,10,10)"),
        *("--config.data.thin=0.0", "--config.training.batch_size=8", "--config.settings.learning_rate=0.03"),
    )
    assert done.returncode == 0, done.stderr
    assert "windows to train on" in done.stderr
    return folder / "study"


@pytest.fixture(autouse=True)
def devices_are_set(monkeypatch):
    monkeypatch.setattr("nlpfeat.parallel.use_all_cores", lambda: None)


@pytest.fixture
def look(capsys):
    """Runs `experiments.words`; its stdout and stderr."""

    def look(*arguments):
        assert words.command([str(argument) for argument in arguments]) == 0
        return capsys.readouterr()

    return look


@pytest.fixture
def member(company, look):
    """The same, of one net."""
    return lambda *arguments: look(f"--study={company}", "--width=8", "--seed=0", *arguments)


@pytest.fixture
def square(tmp_path):
    """Vectors of words on a square, and of two that lie beside it."""
    path = tmp_path / "square.txt"
    path.write_text("man 1 0.1\nwoman 1 1\nking 3 0.2\nqueen 3 2.1\nTree -1 0.5\nbush -1 0.45\n")
    return path


def test_neighbours_keep_the_same_company(member):
    found = json.loads(member("--json", "--count=8", "neighbours", "dog", "axe").out)
    assert {entry["word"] for entry in found["dog"]} == {*ANIMALS, *COMPANY[0]} - {"dog"}
    assert {entry["word"] for entry in found["axe"]} == {*TOOLS, *COMPANY[1]} - {"axe"}
    assert 0 < found["dog"][0]["cosine"] <= 1


def test_export_is_read_back_as_it_was(member, look, tmp_path):
    out = tmp_path / "v.txt"
    assert member(f"--out={out}", "export").out.strip() == str(out)
    ours = member("--json", "neighbours", "dog").out
    theirs = look(f"--vectors={out}", "--json", "neighbours", "dog").out
    for left, right in zip(json.loads(ours)["dog"], json.loads(theirs)["dog"], strict=True):
        assert left["word"] == right["word"]
        assert left["cosine"] == pytest.approx(right["cosine"], abs=1e-6)


def test_analogies_one_and_many(look, square, tmp_path):
    told = json.loads(look(f"--vectors={square}", "--json", "analogy", "man", "woman", "king").out)
    assert told["man : woman :: king :"][0]["word"] == "queen"
    asked = tmp_path / "asked.txt"
    asked.write_text(": crowns\nman woman king queen\nwoman man queen king\n: plants\nMan woman tree moss\n")
    rows = json.loads(look(f"--vectors={square}", "--json", "analogies", asked).out)
    assert [(row["section"], row["asked"], row["known"], row["right"]) for row in rows] == [
        ("crowns", 2, 2, 2),
        ("plants", 1, 0, 0),
        ("all", 3, 2, 2),
    ]
    assert rows[1]["share"] is None
    assert "100.0%" in look(f"--vectors={square}", "analogies", asked).out


def test_similarity(look, square, tmp_path):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("tree\tbush\t9\nMan\tking\t8\nqueen\twoman\t8\nman\tTree\t1\nking\tmoss\t3\n")
    (row,) = json.loads(look(f"--vectors={square}", "--json", "similarity", pairs).out)
    assert (row["pairs"], row["known"]) == (5, 3)  # "tree" is spelt "Tree" there
    assert row["rho"] is None
    pairs.write_text(pairs.read_text().replace("tree", "Tree"))
    (row,) = json.loads(look(f"--vectors={square}", "--json", "similarity", pairs).out)
    assert row["known"] == 4
    assert row["low"] < row["rho"] <= row["high"]
    assert "95 % interval" in look(f"--vectors={square}", "similarity", pairs).out


def test_translation_between_two_seeds(company, look, member, tmp_path):
    other = tmp_path / "other.txt"
    look(f"--study={company}", "--width=8", "--seed=1", f"--out={other}", "export")
    told = json.loads(member(f"--onto={other}", "--json", "translate", "dog").out)
    assert told["learned"] + told["held_out"] == 18
    assert set(told["precision"]) == {"cosine", "less what crowds"}
    assert {*told["words"]["dog"][:5]} <= {*ANIMALS, *COMPANY[0]}
    same = json.loads(member(f"--onto={company}", "--json", "translate").out)
    assert same["precision"]["cosine"]["1"] == 1
    assert "precision@10" in member(f"--onto={other}", "translate", "dog").out


def test_map_of_the_most_frequent_words(company, look):
    told = look(f"--study={company}", "--widths=2,8", "--seed=0", "--most=16", "map")
    paths = {path.rsplit(".", 1)[1]: path for path in told.out.split()}
    assert set(paths) == {"png", "pdf", "html", "csv"}
    table = pd.read_csv(paths["csv"])
    assert len(table) == 16
    assert table.shape[1] == 4 + 2 * 2
    groups = dict(zip(table["word"], table["group"], strict=True))
    assert not {groups[word] for word in ANIMALS if word in groups} & {
        groups[word] for word in TOOLS if word in groups
    }


def test_map_of_a_file(look, square, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = look(f"--vectors={square}", "--method=pca", "map")
    assert all((tmp_path / path).exists() for path in told.out.split())
    assert set(pd.read_csv(told.out.split()[-1])["word"]) == {"man", "woman", "king", "queen", "Tree", "bush"}


def test_dimensions(company, look, tmp_path, monkeypatch):
    asked, pairs = tmp_path / "asked.txt", tmp_path / "pairs.txt"
    asked.write_text("dog cat axe saw\n" * 3)
    pairs.write_text("dog cat 9\naxe saw 9\ndog axe 1\ncat saw 1.5\nfox file 1\n")
    monkeypatch.setattr("nlpfeat.analysis.word_scores.fetch", lambda file: asked)
    told = look(f"--study={company}", f"--similarity={pairs}", "--most=18", "dimensions")
    assert "beside the widest" in " ".join(told.out.split())
    figures = pd.read_csv(company / "figures" / "words-dimensions.csv")
    assert figures["width"].tolist() == [2, 2, 8, 8]
    assert (figures[figures["width"] == 8]["ρ pairs"] > 0.5).all()
    assert {"validation accuracy", "analogies"} < set(figures)
    agree = pd.read_csv(company / "figures" / "words-agreement.csv")
    assert agree.groupby("kind").size().to_dict() == {"seeds": 2, "widest": 2}
    assert agree["cka"].between(0, 1).all()
    settled = pd.read_csv(company / "figures" / "words-settling.csv")
    assert settled["settled_at"].dropna().isin([2, 8]).all()
    assert (company / "figures" / "words-dimensions.png").exists()
    tables = json.loads(look(f"--study={company}", "--json", "--most=18", "dimensions").out)
    assert len(tables["words-agreement"]) == 4


def test_a_study_of_windows_is_measured_in_one_line(company):
    """It sorts nothing into classes: commands for classes say so."""
    for command in ("measure", "predict"):
        done = run(
            command, f"--study={company}", *(["--width=8", "--text=dog"] if command == "predict" else [])
        )
        assert done.returncode == 2, (command, done.stderr)
        assert "Traceback" not in done.stderr


def test_that_a_file_is_read_in_part_is_told(look, square, monkeypatch):
    monkeypatch.setattr(words, "ROWS", 4)
    told = look(f"--vectors={square}", "neighbours", "man").err
    assert "--rows=0" in told
    assert "--rows=0" not in look(f"--vectors={square}", "--rows=4", "neighbours", "man").err
    monkeypatch.setattr(words, "ROWS", 400)
    assert look(f"--vectors={square}", "neighbours", "man").err == ""


def test_a_word_is_found_however_its_accents_are_typed():
    ids = {"caf\u00e9": 0, "strasse": 1}
    assert find_word("cafe\u0301", ids) == find_word("Caf\u00e9", ids) == 0
    assert find_word("Stra\u00dfe", ids) == 1
    assert find_word("tea", ids) is None
