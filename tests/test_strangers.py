"""Studies, checkpoints and archives of strangers: nothing in them is executed, nothing of them lands elsewhere, and nothing is fetched."""

import io
import os
import pickle
import subprocess
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nlpfeat.data import downloads
from nlpfeat.data.downloads import IMDB, MOVIELENS, REVIEWS
from nlpfeat.data.ratings import movielens
from nlpfeat.data.text import published, vector_files
from nlpfeat.errors import UserError
from nlpfeat.store import netcdf
from nlpfeat.store.json_files import parse_json, write_json
from nlpfeat.store.layout import open_folder
from nlpfeat.study.session import Study
from nlpfeat.sweeps import launch
from tests.toys import SPIRALS, study, with_grid


class Bomb:
    """What executes when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch exploded",)


def disarm(monkeypatch):
    """From now on every way to execute what a file holds is a failure of the test."""

    def never(*arguments, **options):
        pytest.fail("something was unpickled or executed")

    for owner, name in (
        (pickle, "load"),
        (pickle, "loads"),
        (pickle, "Unpickler"),
        (os, "system"),
        (subprocess, "Popen"),
        (downloads.requests, "get"),
    ):
        monkeypatch.setattr(owner, name, never)


def test_a_study_is_read_without_unpickling(tmp_path, monkeypatch):
    made, dataset = study(with_grid(SPIRALS, width=(2, 3), seed=(0,)), tmp_path / "study")
    disarm(monkeypatch)
    again = open_folder(made.path)
    assert Study(again).restore(width=3, seed=0).record["loss"].shape == (3,)
    combined, damaged = launch.finish(again)
    assert not damaged
    assert combined is not None
    assert combined.loss.equals(dataset.loss)


@pytest.mark.parametrize("where", ["checkpoint", "results", "combined"])
def test_a_pickle_in_the_place_of_a_file_is_damage(where, tmp_path, monkeypatch):
    made, dataset = study(with_grid(SPIRALS, width=(2,), seed=(0,)), tmp_path / "study")
    dataset.close()
    (label,) = made.buckets()
    last = max(made.checkpoints(label).glob("step_*"))
    monkeypatch.chdir(tmp_path)
    bomb = pickle.dumps(Bomb())
    disarm(monkeypatch)
    if where == "checkpoint":
        for file in [path for path in last.rglob("*") if path.is_file()]:
            file.write_bytes(bomb)
    else:
        (made.result(label) if where == "results" else made.combined).write_bytes(bomb)
    with pytest.raises(UserError, match="is damaged"):
        if where == "checkpoint":
            Study(made).restore(width=2, seed=0)
        else:
            netcdf.read_netcdf(made.result(label) if where == "results" else made.combined)
    assert not (tmp_path / "exploded").exists()


def forge(config, **changes):
    """A stranger's config, with the digest that fits."""
    content = parse_json(config)
    content.pop("sha256")
    write_json(config, content | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"task": "__import__('os').system('touch exploded')"},
        {"task": "../../tasks"},
        {"task": ["spirals"]},
        {"evil": 1},
        {"numerics": None},
        {"sweep": {"width": "exploded"}},
    ],
)
def test_a_config_of_a_study_is_data(changes, tmp_path, monkeypatch):
    """It is JSON: no name in it is called, and an unknown task or key is refused."""
    made, _ = study(with_grid(SPIRALS, width=(2,), seed=(0,)), tmp_path / "study")
    monkeypatch.chdir(tmp_path)
    forge(made.config, **changes)
    with pytest.raises(UserError, match=r"not registered here|does not fit|none of nlpfeat's"):
        open_folder(made.path)
    assert not (tmp_path / "exploded").exists()


def test_a_path_of_a_study_is_never_a_page(monkeypatch):
    disarm(monkeypatch)
    from nlpfeat.data.text.plain_text import documents

    with pytest.raises(UserError):
        list(documents("https://example.org/reviews.csv", ""))


def test_what_was_kept_of_texts_is_never_unpickled(tmp_path, monkeypatch):
    """A stranger's file of that name is read anew from its source."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(published, "cache", lambda: tmp_path)
    source = tmp_path / "source.txt"
    source.write_text("good\nbad\n")
    monkeypatch.setattr(published, "fetch", lambda file: source)

    def anew(tokenize):
        raise UserError("read anew")

    corpus = published.Published("toy", (REVIEWS,), anew, str.split, str)
    path = published._path(corpus, str.split)
    path.parent.mkdir(parents=True)
    np.savez(path, **dict.fromkeys(("words", "start", "labels", "classes"), np.array([Bomb()], dtype=object)))
    with pytest.raises(UserError, match="read anew"):
        published.cached_corpus(corpus, str.split)
    assert not (tmp_path / "exploded").exists()


EVIL = ("../evil.txt", "/tmp/nlpfeat-evil.txt", "aclImdb/train/pos/../../../../evil.txt")


def test_paths_in_archives_lead_nowhere(tmp_path, monkeypatch):
    """Archives are read, never unpacked: not a byte is written."""
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("NLPFEAT_DATA", str(data))
    with tarfile.open(data / IMDB.name, "w:gz") as archive:
        for name in (*EVIL, "aclImdb/train/pos/0_9.txt"):
            entry = tarfile.TarInfo(name)
            entry.size = 4
            archive.addfile(entry, io.BytesIO(b"evil"))
        link = tarfile.TarInfo("aclImdb/train/pos/1_9.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with zipfile.ZipFile(data / MOVIELENS.name, "w") as archive:
        for name in EVIL:
            archive.writestr(name, "evil")
    with zipfile.ZipFile(data / "vectors.zip", "w") as archive:
        archive.writestr("../evil.txt", "word 1 2\n")
    before = sorted(tmp_path.rglob("*"))
    assert [text for _, text in published._archived(r"aclImdb/(train)/(pos)/\d+_\d+\.txt")] == ["evil"]
    with pytest.raises(UserError, match="cannot be read"):
        movielens.movielens("latest-small")
    words, _ = vector_files.first(str(data / "vectors.zip"), 0)
    assert words == ("word",)
    assert sorted(tmp_path.rglob("*")) == before
    assert not Path("/tmp/nlpfeat-evil.txt").exists()
