"""The commands words, predict and trace, on a study of a CSV of two classes, and one of three.

Most are called in this process: a process of their own takes seconds to start.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from tests.commands import ROOT, process, run
from tests.test_every_command import refused
from tests.toys import TOYS, study

GOOD, BAD = ("excellent", "lovely", "great", "superb", "fine"), ("awful", "dull", "poor", "bad", "weak")


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Five good and five bad words, each said often, in texts of two classes, trained by Trask's rule."""
    rng = np.random.default_rng(0)
    lines = []
    for i in range(400):
        words = [*rng.choice(BAD if i % 2 else GOOD, 3), *rng.choice(["film", "plot", "the"], 3)]
        lines.append({"words": " ".join(words), "said": "yes" if i % 2 == 0 else "no"})
    folder = tmp_path_factory.mktemp("films")
    pd.DataFrame(lines).to_csv(folder / "films.csv", index=False)
    done = run("sweep", *_asked(folder / "films.csv", folder / "study"))
    assert done.returncode == 0, done.stderr
    return folder / "study"


def _asked(data, path):
    return [
        *("--config=configs/reviews_bag.py:smoke", f"--study={path}", f"--config.data.path={data}"),
        *("--config.data.text=words", "--config.data.label=said", "--config.training.steps=(60,)"),
        "--config.training.snapshots=(10,)",
    ]


@pytest.fixture(scope="module")
def opinions(tmp_path_factory):
    path = tmp_path_factory.mktemp("opinions") / "study"
    done = run(
        "sweep", "--config=configs/reviews_mean.py:smoke", f"--study={path}", "--config.training.steps=(200,)"
    )
    assert done.returncode == 0, done.stderr
    return path


def words(study, *arguments):
    """Runs a subcommand of `nlpfeat words`, which has to succeed."""
    done = run("words", arguments[0], f"--study={study}", *arguments[1:])
    assert done.returncode == 0, done.stderr
    return done


def predict(study, *arguments):
    """Runs `nlpfeat predict`, which has to succeed; its stdout."""
    done = run("predict", f"--study={study}", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("metric", ["dot", "distance"])
def test_neighbours(films, metric):
    done = words(
        films,
        *("neighbours", "excellent", "--width=8", "--seed=1", f"--metric={metric}", "--top-k=4"),
        *("--json", "AWFUL"),
    )
    found = json.loads(done.stdout)
    assert {entry["word"] for entry in found["excellent"]} == set(GOOD) - {"excellent"}
    assert {entry["word"] for entry in found["awful"]} == set(BAD) - {"awful"}
    values = [entry[metric] for entry in found["excellent"]]
    assert values == sorted(values, reverse=metric == "dot")
    assert "nearest to excellent" in words(films, "neighbours", "--width=8", "excellent").stdout


def test_polarity(films):
    rows = json.loads(words(films, "polarity", "--width=8", "--seed=0", "--json", "--top-k=5").stdout)
    rows = {row["word"]: row for row in rows}
    assert set(GOOD) < set(rows)
    assert set(BAD) < set(rows)
    assert all((rows[word]["log_odds"] > 0) == (word in GOOD) for word in (*GOOD, *BAD))
    assert rows["excellent"]["in no"] == 0 < rows["excellent"]["in yes"]
    assert "log_odds: of yes" in words(films, "polarity", "--width=8", "film").stdout


def test_map(films):
    done = words(films, "map", "--widths=2,8", "--seed=0", "--method=pca")
    paths = {path.rsplit(".", 1)[1]: path for path in done.stdout.split()}
    assert set(paths) == {"png", "pdf", "html", "csv"}
    assert {Path(path).stem for path in paths.values()} == {"words-pca-width=2+8-seed=0"}
    table = pd.read_csv(paths["csv"])
    assert set(table["word"][table["group"] == "yes"]) >= set(GOOD)
    assert table.shape[1] == 4 + 2 * 2
    assert "fill 1 of 8 dimensions" in done.stderr


def test_separability(films):
    rows = json.loads(words(films, "separability", "--json").stdout)
    assert [row["width"] for row in rows] == [2, 8]
    assert all(row["rank"] == [1, 1, 1] for row in rows)
    assert all(row["probe"][1] > 0.7 for row in rows)
    with xr.open_dataset(films / "words.nc") as dataset:
        assert dict(dataset.sizes)["step"] == 2  # 10 and 60
        assert np.isfinite(dataset["probe"].to_numpy()).all()
    assert (films / "figures" / "words-separability.png").exists()


def test_words_of_a_study_without_words(tmp_path):
    made, _ = study(TOYS["eleven_lines"], tmp_path / "study")
    refused(
        run("words", "map", f"--study={made.path}", "--width=2"),
        "eleven_lines has no word vectors",
        "windows",
    )


def test_data_that_changed_are_refused(films, tmp_path):
    """Labels swapped, or one word spelt otherwise: the bags are the same, their meaning is not."""
    data, copy = films.parent / "films.csv", tmp_path / "study"
    shutil.copytree(films, copy)
    before = data.read_text()
    try:
        for changed in (
            before.replace("yes", "#").replace("no", "yes").replace("#", "no"),
            before.replace("plot", "plod"),
        ):
            data.write_text(changed)
            refused(run("words", "polarity", f"--study={copy}", "--width=8"), "have changed")
            refused(run("sweep", *_asked(data, copy), "--config.sweep.width=(2,8,9)"), "have changed")
    finally:
        data.write_text(before)
    assert "excellent" in words(copy, "polarity", "--width=8").stdout


def test_predict(films):
    told = predict(
        films, "--width=8", "--seed=0", "--json", "--text", "Excellent film, superb! zzz", "--text="
    )
    first, empty = map(json.loads, told.splitlines())
    assert first["class"] == "yes"
    assert first["unknown"] == [",", "!", "zzz"]
    assert first["known"] == 3
    effects = first["contributions"]
    assert set(effects) == {"excellent", "film", "superb"}
    assert effects["excellent"] > abs(effects["film"])
    odds = np.log(first["probabilities"]["yes"] / first["probabilities"]["no"])
    assert sum(effects.values()) == pytest.approx(odds, abs=1e-4)  # they add up: the net is linear
    assert empty["known"] == 0
    assert sum(empty["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_predict_reads_lines_and_says_what_it_does_not_know(films):
    done = process(
        "predict",
        f"--study={films}",
        "--width=8",
        input="awful plot\n\nqwertz\n" + "dull film " * 20000 + "\n",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("no word that the network knows: the prior") == 2
    assert "for no:" in done.stdout
    assert len(max(done.stdout.splitlines(), key=len)) < 400


def test_predict_three_classes(opinions):
    told = predict(opinions, "--width=8", "--text", "Two hours of awful music; nobody liked it.")
    assert "on a scale from -1 (negative) to 1 (positive)" in told
    assert "negative: -" in told


def test_offline_without_data(tmp_path):
    environment = os.environ | {
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
        "http_proxy": "http://127.0.0.1:9",
    }
    environment |= {"https_proxy": "http://127.0.0.1:9"}
    environment.pop("NLPFEAT_DATA", None)
    line = [sys.executable, "-m", "nlpfeat", "sweep", "--config=configs/reviews_bag.py:notebook"]
    done = subprocess.run(
        [*line, f"--study={tmp_path / 's'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=300,
    )
    refused(done, "reviews.txt", "https://", str(tmp_path / "nlpfeat"), "NLPFEAT_DATA")


@pytest.fixture(scope="module")
def sequences(films, tmp_path_factory):
    """The same texts, read as sequences by filters of two words."""
    path = tmp_path_factory.mktemp("sequences") / "study"
    asked = _asked(films.parent / "films.csv", path)[1:]
    done = run(
        "sweep",
        "--config=configs/imdb_cnn.py:smoke",
        *[flag for flag in asked if "sweep" not in flag and "training" not in flag],
        "--config.model.embedding=6",
        "--config.model.dense=6",
        "--config.settings.learning_rate=0.02",
        "--config.settings.dropout=0.2",
        "--config.settings.word_dropout=0.0",
        "--config.training.steps=(200,)",
        "--config.sweep.width=(4,)",
        "--config.sweep.seed=(0,)",
    )
    assert done.returncode == 0, done.stderr
    return path


@pytest.mark.slow
def test_predict_of_a_net_that_reads_sequences(sequences):
    text = " ".join(["film"] * 12 + [GOOD[0], "zebra", BAD[0], GOOD[1], GOOD[0], "the"])
    done = run("predict", f"--study={sequences}", "--seed=0", "--json", "--text", text, "--text", "zebra")
    assert done.returncode == 0, done.stderr
    told, unknown = (json.loads(line) for line in done.stdout.splitlines())
    assert told["class"] == "yes"
    assert (told["unread"], told["unknown"]) == (6, ["zebra"])
    assert set(told["contributions"]) == {"film", "the", GOOD[0], GOOD[1], BAD[0]}
    assert told["contributions"][GOOD[0]] > 0 > told["contributions"][BAD[0]]
    assert unknown["known"] == 0


def test_words_of_a_net_that_reads_sequences(sequences):
    done = words(sequences, "neighbours", "--width=4", "--seed=0", GOOD[0], "--metric=cosine")
    assert GOOD[0] in done.stdout


def test_figures_of_predictions(sequences):
    done = run("plot", f"--study={sequences}", "--json")
    assert done.returncode == 0, done.stderr
    told = {entry["text"]: entry for entry in json.loads(done.stdout)}
    assert 0 <= told["confusion and calibration"]["calibration_error"]["4"] <= 1
    for name in ("predictions.png", "most-wrong.png", "classes.png"):
        assert (sequences / "figures" / name).stat().st_size > 5000
    table = pd.read_csv(sequences / "figures" / "most-wrong.csv")
    assert (table["true"] != table["predicted"]).all()
    assert table["true_probability"].is_monotonic_increasing


def test_dimensions_show_the_test_split(films):
    """Of texts without a validation split, too: as every other table does."""
    rows = json.loads(words(films, "dimensions", "--json").stdout)["words-dimensions"]
    with xr.open_dataset(films / "results.nc") as dataset:
        last = dataset.accuracy.isel(step=-1).sel(split="test")
        for row in rows:
            assert row["test accuracy"] == pytest.approx(
                last.sel(width=row["width"], seed=row["seed"]).item()
            )
    assert "train accuracy" not in rows[0]


def test_the_worst_errors_are_found_in_their_file(films):
    assert run("plot", f"--study={films}").returncode == 0
    table = pd.read_csv(films / "figures" / "most-wrong.csv")
    texts = pd.read_csv(films.parent / "films.csv")["words"]
    for row, text in zip(table["row"], table["text"], strict=True):
        assert texts[row - 1] == text
