"""The study: a folder that holds all there is to know about a sweep. Every file in it is written whole or not at all.

config.json     the resolved spec, and the format of the study's files
members/        the member table, written before anything runs: one CSV file a bucket
manifest.json   which commands ran here, with what code, versions and device
results/        one NetCDF file a finished bucket
measures/       one NetCDF file a measured bucket and checkpoint
results.nc      all of them combined: the labelled array
data.sha256     the hash of the files that all members share, where there are any
checkpoints/    one folder a bucket, in it one Orbax checkpoint a saved step
figures/
"""

import contextlib
import errno
import fcntl
import glob
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.sweeps import buckets
from nlpfeat.sweeps.glance import require_study
from nlpfeat.sweeps.spec import Spec, differences, resolve

FORMAT = 2  # of a study's files; records of 1 stacked their splits by the alphabet


@dataclass(frozen=True)
class Study:
    """A study folder and the spec found in it."""

    path: Path
    spec: Spec

    @property
    def combined(self) -> Path:
        """The labelled array of all finished buckets."""
        return self.path / "results.nc"

    @property
    def data_hash(self) -> Path:
        """The hash of the data that all members share."""
        return self.path / "data.sha256"

    @property
    def figures(self) -> Path:
        """Where pictures go."""
        return self.path / "figures"

    def result(self, bucket: str) -> Path:
        """The results of a finished bucket."""
        return self.path / "results" / f"{bucket}.nc"

    def measures(self, bucket: str, step: int) -> Path:
        """The measures of a bucket at a step."""
        return self.path / "measures" / f"{bucket}.{step:08d}.nc"

    def checkpoints(self, bucket: str) -> Path:
        """The checkpoints of a bucket, one folder each."""
        return self.path / "checkpoints" / bucket

    def table(self, bucket: str) -> Path:
        """The member table of a bucket."""
        return self.path / "members" / f"{bucket}.csv"

    def buckets(self) -> list[str]:
        """The labels of all buckets ever planned here, the narrowest first."""
        return sorted((path.stem for path in (self.path / "members").glob("[!.]*.csv")), key=buckets.by_width)

    def bucket(self, label: str) -> pd.DataFrame:
        """The members of a bucket, in order: their settings, indexed by id.

        Raises:
          DamagedFile: if the table cannot be read.
        """
        path, fields = self.table(label), {"id": str}
        fields |= {name: type(value) for name, value in self.spec.settings._asdict().items()}
        try:
            table = pd.read_csv(path, dtype=fields, index_col="id")
        except (ValueError, pd.errors.ParserError):
            table = pd.DataFrame()
        whole = len(table) and list(table.columns) == list(fields)[1:]
        if not whole or buckets.label(table.index, table["width"].to_numpy()) != label:
            raise DamagedFile(f"{path} is damaged: delete it and run the sweep again, which plans it anew")
        return table

    def members(self) -> pd.DataFrame:
        """All members ever planned here, bucket after bucket: their settings and their bucket, indexed by id."""
        names = ["bucket", *self.spec.settings._fields]
        parts = [self.bucket(label).assign(bucket=label) for label in self.buckets()]
        none = pd.DataFrame(columns=names, index=pd.Index([], name="id", dtype=object))
        return pd.concat(parts)[names] if parts else none


def open_study(path: Path) -> Study:
    """The study at `path`.

    Raises:
      UserError: if there is none, if it is of another format, or if a link in it leads out of it; DamagedFile if its
        config cannot be read.
    """
    require_study(path)
    config = path / "config.json"
    try:
        stored = json.loads(config.read_text())
        written = stored.pop("format", 1)
        if written == FORMAT:
            refuse_links(path)
            return Study(path, resolve(stored))
    except LinkOutside:
        raise
    except (AttributeError, ValueError, UserError) as error:
        raise DamagedFile(
            f"{config} cannot be read as a study's config ({error}): "
            "move the folder away, or put back a copy of that file"
        ) from None
    raise UserError(
        f"{path} is a study of format {written}, and this nlpfeat reads format {FORMAT}: open it with the version that wrote it, "
        "or sweep anew into another --study"
    )


class LinkOutside(UserError):
    """A link inside a study leads out of it."""


def refuse_links(path: Path) -> None:
    """Check that whatever is written, emptied or deleted by a name inside the study at `path` lies inside it.

    The study's own folder may be a link.

    Raises:
      LinkOutside: for a symbolic link in it, at any depth, that leads elsewhere.
    """
    home = os.path.realpath(path)
    waiting = [home]
    while waiting:
        # a run beside this one may discard a folder
        with contextlib.suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    leads = os.path.realpath(entry.path)
                    if os.path.commonpath([home, leads]) != home:
                        raise LinkOutside(
                            f"{path / os.path.relpath(entry.path, home)} is a link that leads out of the study, to {leads}: put what it "
                            "leads to in its place, or delete the link"
                        )
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def check_study(path: Path, spec: Spec) -> None:
    """Check that a study of `spec` may be written to `path`.

    Raises:
      UserError: if the folder holds a study of another config (the differing keys are named) or other files.
    """
    if (path / "config.json").exists():
        changed = differences(open_study(path).spec, spec)
        if changed:
            raise UserError(
                f"{path} holds a study of another config: {'; '.join(changed)}. Choose another --study"
            )
    elif path.exists() and not (path.is_dir() and all(_is_ours(entry) for entry in path.iterdir())):
        raise UserError(f"{path} exists and is not a study; choose another --study")


def _is_ours(entry: Path) -> bool:
    """Whether a file is what a launch that died at its very start leaves behind."""
    return entry.name == "lock" or (entry.name.startswith(".") and entry.suffix == ".part")


def create_study(path: Path, spec: Spec) -> Study:
    """The study at `path`, made if there is none. Call it under the study's lock, after `check_study`.

    The stored grid becomes that of `spec`; the stored settings stay those that the study began with, so that an
    axis added for once does not change what the study is.
    """
    if (path / "config.json").exists():
        spec = replace(spec, settings=open_study(path).spec.settings)
    path.mkdir(parents=True, exist_ok=True)
    for left_behind in path.glob(".*.part"):
        left_behind.unlink()
    write_atomic(path / "config.json", json.dumps({"format": FORMAT, **spec.to_dict()}, indent=2) + "\n")
    for folder in ("members", "results", "measures", "checkpoints", "figures"):
        (path / folder).mkdir(exist_ok=True)
    return Study(path, spec)


def write_bucket(study: Study, label: str, members: pd.DataFrame) -> None:
    """Write the member table of a bucket."""
    write_atomic(study.table(label), members.to_csv())


def read_manifest(study: Study) -> dict[str, list[dict[str, Any]]]:
    """Under "commands" what ran here, each with its provenance.

    Raises:
      DamagedFile: if the file cannot be read.
    """
    path = study.path / "manifest.json"
    try:
        manifest = json.loads(path.read_text())
    except FileNotFoundError:
        manifest = {"commands": []}
    except ValueError:
        manifest = None
    if not (isinstance(manifest, dict) and isinstance(manifest.get("commands"), list)):
        raise DamagedFile(f"{path} is damaged: delete it and run again")
    return manifest


def log_command(study: Study, entry: dict[str, Any]) -> None:
    """Add a command with its provenance to the manifest."""
    manifest = read_manifest(study)
    manifest["commands"].append(entry)
    write_atomic(study.path / "manifest.json", json.dumps(manifest, indent=2) + "\n")


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader, a crash or a full disk finds the old one or the new one, never a part."""
    data = content.encode() if isinstance(content, str) else content
    with atomic(path) as part:
        part.write_bytes(data)


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it takes the name of `path` when the block ends without error."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        error.filename = str(path)  # a write that fails does not name its file
        raise
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def discard_parts(path: Path) -> None:
    """Delete what processes that were killed while they wrote `path` left behind."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        try:
            os.kill(int(part.suffixes[-2][1:]), 0)
        except (ProcessLookupError, ValueError):
            part.unlink(missing_ok=True)
        except PermissionError:  # somebody else's, and alive
            continue


@contextlib.contextmanager
def lock(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock file `path` while the block runs. The kernel frees it when the process dies, however it dies.

    Yields whether the lock was got: False only if another process has it and `wait` is False.

    Raises:
      LinkOutside: if `path` is a symbolic link, wherever it leads.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP and path.is_symlink():
            raise LinkOutside(
                f"{path} is a link, and a lock is a file of the study itself: delete the link"
            ) from error
        raise
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(file)
