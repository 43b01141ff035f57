"""The layout of a study's folder. Every file in it is written whole or not at all.

config.json     the resolved spec, and the format of the study's files
members/        the member table, written before anything runs: one CSV file per bucket
manifest.json   the commands that ran here, with code, versions and device
results/        one NetCDF file per finished bucket
measures/       one NetCDF file per measured bucket and checkpoint
results.nc      all of them combined: the labelled array
data.sha256     a hash of the data that all members share, where there are any
checkpoints/    one folder per bucket, with one Orbax checkpoint per saved step
figures/
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import PyTree

from nlpfeat.config.fields import setting_names
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.store.atomic import write_atomic
from nlpfeat.store.locks import LinkOutside, refuse_links
from nlpfeat.store.precheck import require_study
from nlpfeat.tasks.registry import TASKS
from nlpfeat.tasks.spec import Spec, differences, resolve

FORMAT = 3  # of a study's files; 3 renamed settings, measures and the leaves of checkpoints


def select_members(table: pd.DataFrame, wanted: Mapping[str, float]) -> pd.DataFrame:
    """The rows with the settings `wanted`; floats are compared by value."""
    chosen = np.ones(len(table), bool)
    for name, value in wanted.items():
        chosen &= table[name].to_numpy() == value
    return table[chosen]


def varying_settings(table: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Those of `names` that take more than one value in the table, and width and seed."""
    return [name for name in names if name in ("width", "seed") or table[name].nunique() > 1]


def bucket_label(ids: Iterable[str], widths: np.ndarray) -> str:
    """The label of a bucket, such as "w42-100-1f3a9c0b": its narrowest and widest width, and a hash of its members' ids.

    Equal plans give equal labels, whoever computes them.

    Args:
      ids: of the members, in order.
      widths: of the members (members,).
    """
    short = hashlib.sha256("".join(ids).encode()).hexdigest()[:8]
    return f"w{min(widths)}-{max(widths)}-{short}"


def label_order(label: str) -> tuple[int, str]:
    """The sort key of a label: the narrowest width, then the whole label."""
    return int(label[1:].split("-", 1)[0]), label


@dataclass(frozen=True)
class StudyFolder:
    """Where everything is in the folder of a study, and the spec stored in it."""

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
        """The folder of figures."""
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
        return sorted((path.stem for path in (self.path / "members").glob("[!.]*.csv")), key=label_order)

    def bucket(self, label: str) -> pd.DataFrame:
        """The members of a bucket, in order: their settings, indexed by id.

        Raises:
          DamagedFile: if the table cannot be read.
        """
        path, fields = self.table(label), {"id": str}
        fields |= {name: type(value) for name, value in vars(self.spec.settings).items()}
        try:
            table = pd.read_csv(path, dtype=fields, index_col="id")
        except (ValueError, pd.errors.ParserError):
            table = pd.DataFrame()
        whole = len(table) and list(table.columns) == list(fields)[1:]
        if not whole or bucket_label(table.index, table["width"].to_numpy()) != label:
            raise DamagedFile(f"{path} is damaged: delete it and run the sweep again, which plans it anew")
        return table

    def members(self) -> pd.DataFrame:
        """All members ever planned here, bucket after bucket: their settings and their bucket, indexed by id."""
        names = ["bucket", *setting_names(self.spec.settings)]
        parts = [self.bucket(label).assign(bucket=label) for label in self.buckets()]
        none = pd.DataFrame(columns=names, index=pd.Index([], name="id", dtype=object))
        return pd.concat(parts)[names] if parts else none


class UnknownTask(UserError):
    """A study is of a task that is not registered."""


def open_folder(path: Path) -> StudyFolder:
    """The study at `path`.

    Raises:
      UserError: if there is none, if it is of another format or of a task that is not registered, or if a link in it leads out
        of it; DamagedFile if its config cannot be read.
    """
    require_study(path)
    config = path / "config.json"
    try:
        stored = json.loads(config.read_text())
        written = stored.pop("format", 1)
        if written == FORMAT:
            refuse_links(path)
            if isinstance(stored["task"], str) and stored["task"] not in TASKS:
                raise UnknownTask(
                    f"{path} is a study of {stored['task']!r}, a task that is not registered here: register it "
                    "(nlpfeat.register_task; for commands --register=FILE.py)"
                )
            return StudyFolder(path, resolve(stored))
    except (LinkOutside, UnknownTask):
        raise
    except (AttributeError, KeyError, TypeError, ValueError, UserError) as error:
        raise DamagedFile(
            f"{config} cannot be read as a study's config ({error}): "
            "move the folder away, or put back a copy of that file"
        ) from None
    raise UserError(
        f"{path} is a study of format {written}, and this nlpfeat reads format {FORMAT}: open it with the version that wrote it, "
        "or sweep into another folder"
    )


def check_folder(path: Path, spec: Spec) -> None:
    """Check that a study of `spec` may be written to `path`.

    Raises:
      UserError: if the folder holds a study of another config (the differing keys are named) or other files.
    """
    if (path / "config.json").exists():
        changed = differences(open_folder(path).spec, spec)
        if changed:
            raise UserError(
                f"{path} holds a study of another config: {'; '.join(changed)}. Choose another folder"
            )
    elif path.exists() and not (path.is_dir() and all(_is_ours(entry) for entry in path.iterdir())):
        raise UserError(f"{path} exists and is not a study; choose another folder")


def _is_ours(entry: Path) -> bool:
    """Whether a launch that died at its very start leaves such a file behind."""
    return entry.name == "lock" or (entry.name.startswith(".") and entry.suffix == ".part")


def create_folder(path: Path, spec: Spec) -> StudyFolder:
    """The study at `path`, made if there is none. Call it under the study's lock, after `check_folder`.

    The stored grid becomes that of `spec`; the stored settings stay those that the study began with, so that an
    axis added for once does not change what the study is.
    """
    if (path / "config.json").exists():
        spec = replace(spec, settings=open_folder(path).spec.settings)
    path.mkdir(parents=True, exist_ok=True)
    for left_behind in path.glob(".*.part"):
        left_behind.unlink()
    write_atomic(path / "config.json", json.dumps({"format": FORMAT, **spec.to_dict()}, indent=2) + "\n")
    for name in ("members", "results", "measures", "checkpoints", "figures"):
        (path / name).mkdir(exist_ok=True)
    return StudyFolder(path, spec)


def write_bucket(folder: StudyFolder, label: str, members: pd.DataFrame) -> None:
    """Write the member table of a bucket."""
    write_atomic(folder.table(label), members.to_csv())


def read_manifest(folder: StudyFolder) -> dict[str, list[dict[str, PyTree]]]:
    """The commands that ran here, under "commands", each with its provenance.

    Raises:
      DamagedFile: if the file cannot be read.
    """
    path = folder.path / "manifest.json"
    try:
        manifest = json.loads(path.read_text())
    except FileNotFoundError:
        manifest = {"commands": []}
    except ValueError:
        manifest = None
    if not (isinstance(manifest, dict) and isinstance(manifest.get("commands"), list)):
        raise DamagedFile(f"{path} is damaged: delete it and run again")
    return manifest


def log_command(folder: StudyFolder, entry: dict[str, PyTree]) -> None:
    """Add a command with its provenance to the manifest."""
    manifest = read_manifest(folder)
    manifest["commands"].append(entry)
    write_atomic(folder.path / "manifest.json", json.dumps(manifest, indent=2) + "\n")
