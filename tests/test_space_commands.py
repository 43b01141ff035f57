"""`nlpfeat words` on spaces learned without labels, and on files of vectors."""

import json

import numpy as np
import pandas as pd
import pytest

from nlpfeat.cli import words as command
from nlpfeat.embeddings.space import find_word
from tests.commands import run

ANIMALS, TOOLS = ("dog", "cat", "fox", "wolf", "bear"), ("saw", "axe", "knife", "blade", "file")

CONTEXTS = (("runs", "barks", "sleeps", "fur"), ("cuts", "wood", "sharp", "metal"))


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    """Animals and tools, each in contexts of its kind, in a text of one's own, learned at two widths and two seeds."""
    rng = np.random.default_rng(0)
    lines = []
    for i in range(600):
        named = rng.choice(ANIMALS if i % 2 else TOOLS, 2)
        around = rng.choice(CONTEXTS[0 if i % 2 else 1], 6)
        lines.append(" ".join([*around[:3], named[0], *around[3:], named[1]]))
    folder = tmp_path_factory.mktemp("contexts")
    (folder / "own.txt").write_text("\n".join(lines))
    done = run(
        "sweep",
        *("--config=configs/windows_noise.py:smoke", f"--study={folder / 'study'}"),
        *(f"--config.data.path={folder / 'own.txt'}", "--config.training.steps=(40,10,10)"),
        *(
            "--config.data.subsample=0.0",
            "--config.training.batch_size=8",
            "--config.settings.learning_rate=0.03",
        ),
    )
    assert done.returncode == 0, done.stderr
    assert "windows to train on" in done.stderr
    return folder / "study"


def words(*arguments):
    """Runs `nlpfeat words`, which has to succeed."""
    done = run("words", *arguments)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def member(contexts):
    """Runs a subcommand on one network."""
    return lambda name, *arguments: words(name, f"--study={contexts}", "--width=8", "--seed=0", *arguments)


@pytest.fixture
def square(tmp_path):
    """Vectors of words on a square, and of two that lie beside it."""
    path = tmp_path / "square.txt"
    path.write_text("man 1 0.1\nwoman 1 1\nking 3 0.2\nqueen 3 2.1\nTree -1 0.5\nbush -1 0.45\n")
    return path


def test_neighbours_share_contexts(member):
    found = json.loads(member("neighbours", "--json", "--top-k=8", "dog", "axe").stdout)
    assert {entry["word"] for entry in found["dog"]} == {*ANIMALS, *CONTEXTS[0]} - {"dog"}
    assert {entry["word"] for entry in found["axe"]} == {*TOOLS, *CONTEXTS[1]} - {"axe"}
    assert 0 < found["dog"][0]["cosine"] <= 1


def test_export_is_read_back_as_it_was(member, tmp_path):
    out = tmp_path / "v.txt"
    assert member("export", f"--out={out}").stdout.strip() == str(out)
    ours = member("neighbours", "--json", "dog").stdout
    theirs = words("neighbours", f"--vectors={out}", "--json", "dog").stdout
    for left, right in zip(json.loads(ours)["dog"], json.loads(theirs)["dog"], strict=True):
        assert left["word"] == right["word"]
        assert left["cosine"] == pytest.approx(right["cosine"], abs=1e-6)


def test_analogies_one_and_many(square, tmp_path):
    told = json.loads(words("analogy", f"--vectors={square}", "--json", "man", "woman", "king").stdout)
    assert told["man : woman :: king :"][0]["word"] == "queen"
    asked = tmp_path / "asked.txt"
    asked.write_text(": crowns\nman woman king queen\nwoman man queen king\n: plants\nMan woman tree moss\n")
    rows = json.loads(words("analogies", f"--vectors={square}", "--json", asked).stdout)
    assert [(row["section"], row["questions"], row["known"], row["solved"]) for row in rows] == [
        ("crowns", 2, 2, 2),
        ("plants", 1, 0, 0),
        ("all", 3, 2, 2),
    ]
    assert rows[1]["accuracy"] is None
    assert "100.0%" in words("analogies", f"--vectors={square}", asked).stdout


def test_similarity(square, tmp_path):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("tree\tbush\t9\nMan\tking\t8\nqueen\twoman\t8\nman\tTree\t1\nking\tmoss\t3\n")
    (row,) = json.loads(words("similarity", f"--vectors={square}", "--json", pairs).stdout)
    assert (row["pairs"], row["known"]) == (5, 3)  # "tree" is spelt "Tree" there
    assert row["rho"] is None
    pairs.write_text(pairs.read_text().replace("tree", "Tree"))
    (row,) = json.loads(words("similarity", f"--vectors={square}", "--json", pairs).stdout)
    assert row["known"] == 4
    assert row["low"] < row["rho"] <= row["high"]
    assert "95 % interval" in words("similarity", f"--vectors={square}", pairs).stdout


def test_translation_between_two_seeds(contexts, member, tmp_path):
    other = tmp_path / "other.txt"
    words("export", f"--study={contexts}", "--width=8", "--seed=1", f"--out={other}")
    told = json.loads(member("translate", f"--target={other}", "--json", "dog").stdout)
    assert told["fitted"] + told["held_out"] == 18
    assert set(told["precision"]) == {"cosine", "csls"}
    assert {*told["words"]["dog"][:5]} <= {*ANIMALS, *CONTEXTS[0]}
    same = json.loads(member("translate", f"--target={contexts}", "--json").stdout)
    assert same["precision"]["cosine"]["1"] == 1
    assert "precision@10" in member("translate", f"--target={other}", "dog").stdout


def test_map_of_the_most_frequent_words(contexts):
    told = words("map", f"--study={contexts}", "--widths=2,8", "--seed=0", "--max-items=16")
    paths = {path.rsplit(".", 1)[1]: path for path in told.stdout.split()}
    assert set(paths) == {"png", "pdf", "html", "csv"}
    table = pd.read_csv(paths["csv"])
    assert len(table) == 16
    assert table.shape[1] == 4 + 2 * 2
    groups = dict(zip(table["word"], table["group"], strict=True))
    assert not {groups[word] for word in ANIMALS if word in groups} & {
        groups[word] for word in TOOLS if word in groups
    }


def test_map_of_a_file(square, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = run("words", "map", f"--vectors={square}", "--method=pca", folder=tmp_path)
    assert all((tmp_path / path).exists() for path in told.stdout.split())
    assert set(pd.read_csv(told.stdout.split()[-1])["word"]) == {
        "man",
        "woman",
        "king",
        "queen",
        "Tree",
        "bush",
    }


def test_dimensions(contexts, tmp_path, monkeypatch):
    asked, pairs = tmp_path / "asked.txt", tmp_path / "pairs.txt"
    asked.write_text("dog cat axe saw\n" * 3)
    pairs.write_text("dog cat 9\naxe saw 9\ndog axe 1\ncat saw 1.5\nfox file 1\n")
    monkeypatch.setattr("nlpfeat.analysis.embeddings.fetch", lambda file: asked)
    told = words("dimensions", f"--study={contexts}", f"--similarity={pairs}", "--max-items=18")
    assert "against the widest" in " ".join(told.stdout.split())
    figures = pd.read_csv(contexts / "figures" / "words-dimensions.csv")
    assert figures["width"].tolist() == [2, 2, 8, 8]
    assert (figures[figures["width"] == 8]["ρ pairs"] > 0.5).all()
    assert {"validation accuracy", "analogies"} < set(figures)
    agree = pd.read_csv(contexts / "figures" / "words-agreement.csv")
    assert agree.groupby("kind").size().to_dict() == {"seeds": 2, "widest": 2}
    assert agree["cka"].between(0, 1).all()
    stability = pd.read_csv(contexts / "figures" / "words-stability.csv")
    assert stability["stable_width"].dropna().isin([2, 8]).all()
    assert (contexts / "figures" / "words-dimensions.png").exists()
    tables = json.loads(words("dimensions", f"--study={contexts}", "--json", "--max-items=18").stdout)
    assert len(tables["words-agreement"]) == 4


def test_a_study_of_windows_is_measured_in_one_line(contexts):
    """It sorts nothing into classes: commands for classes say so."""
    for name in ("measure", "predict"):
        done = run(name, f"--study={contexts}", *(["--width=8", "--text=dog"] if name == "predict" else []))
        assert done.returncode == 2, (name, done.stderr)
        assert "Traceback" not in done.stderr


def test_that_a_file_is_read_in_part_is_told(square, monkeypatch):
    monkeypatch.setattr(command, "ROWS", 4)
    told = words("neighbours", f"--vectors={square}", "man").stderr
    assert "--rows=0" in told
    assert "--rows=0" not in words("neighbours", f"--vectors={square}", "--rows=4", "man").stderr
    monkeypatch.setattr(command, "ROWS", 400)
    assert words("neighbours", f"--vectors={square}", "man").stderr == ""


def test_a_word_is_found_however_its_accents_are_typed():
    ids = {"caf\u00e9": 0, "strasse": 1}
    assert find_word("cafe\u0301", ids) == find_word("Caf\u00e9", ids) == 0
    assert find_word("Stra\u00dfe", ids) == 1
    assert find_word("tea", ids) is None
