"""The layout of a study's folder. Every file in it is written whole or not at all.

config.json     the resolved spec, the format of the study's files, the numerics that it is computed with, a hash of its data
members/        the member table, written before anything runs: one CSV file per bucket
manifest.json   the commands that ran here, with code, versions and device
results/        one NetCDF file per finished bucket
measures/       one NetCDF file per measured bucket and checkpoint
results.nc      all of them combined: the labelled array
checkpoints/    one folder per bucket, with one Orbax checkpoint per saved step
figures/

No file is read that is not known to be whole: JSON and NetCDF files and checkpoints carry digests, and the ids of members are
computed anew from their settings.
"""

import csv
import hashlib
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import PyTree

from nlpfeat.config.fields import setting_hints, setting_names
from nlpfeat.config.schema import complaint
from nlpfeat.config.trusted import trust
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.store.atomic import discard_parts, write_atomic
from nlpfeat.store.containment import require_contained
from nlpfeat.store.json_files import is_intact, parse_json, write_json
from nlpfeat.store.precheck import FORMAT, require_study
from nlpfeat.tasks.outside import require_task
from nlpfeat.tasks.registry import Origin, origin_of
from nlpfeat.tasks.spec import Spec, differences, member_ids, resolve

LABEL = re.compile(r"w\d+-\d+-[0-9a-f]{8}")  # of a bucket
FOLDERS = ("members", "results", "measures", "checkpoints", "figures")

log = logging.getLogger(__name__)


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
    """Where everything is in the folder of a study, and what is stored in its config.

    Attributes:
      path: of the folder.
      spec: what the study computes.
      numerics: what decides its numbers besides (`nlpfeat.numerics.current`); empty before it is written.
      data_sha256: a hash of the data that all members share; empty if they share none.
      origin: where its task comes from, as it was recorded; None for a task of the package.
    """

    path: Path
    spec: Spec
    numerics: Mapping[str, PyTree] = field(default_factory=dict)
    data_sha256: str = ""
    origin: Origin | None = None

    @property
    def config(self) -> Path:
        """The stored config."""
        return self.path / "config.json"

    @property
    def combined(self) -> Path:
        """The labelled array of all finished buckets."""
        return self.path / "results.nc"

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
        """The labels of all buckets ever planned here, the narrowest first.

        Raises:
          UserError: for a file that is no member table.
        """
        paths = list((self.path / "members").glob("[!.]*.csv"))
        foreign = next((path for path in paths if not LABEL.fullmatch(path.stem)), None)
        if foreign is not None:
            raise UserError(f"{foreign} is no member table of a study: move it out of that folder")
        return sorted((path.stem for path in paths), key=label_order)

    def bucket(self, label: str) -> pd.DataFrame:
        """The members of a bucket, in order: their settings, indexed by id.

        Raises:
          UserError: if the table is whole, but was written when the task had other settings.
          DamagedFile: if the table cannot be read, or some of its ids are not those of its settings.
        """
        path = self.table(label)
        header, ids, found = [], (), ()
        types = {name: type(value) for name, value in vars(self.spec.settings).items()}
        try:
            with path.open(newline="", encoding="utf-8") as file:
                header, *rows = csv.reader(file, strict=True)
            ids, *columns = zip(*rows, strict=True)
            # read as Python writes numbers, to the last digit
            settings = {
                name: list(map(kind, texts))
                for (name, kind), texts in zip(types.items(), columns, strict=True)
            }
            whole = header == ["id", *types] and not _complaints(self.spec, settings)
            found = member_ids(self.spec, settings)
            whole = whole and found == list(ids)
            whole = whole and bucket_label(ids, np.array(settings["width"])) == label
        except (ValueError, OverflowError, csv.Error):
            whole, settings = False, {}
        if not whole:
            # The label is a hash of the ids: where it fits and no id does, the ids are whole and the settings are others.
            other_settings = header != ["id", *types] or (len(ids) > 1 and not set(ids) & set(found))
            if other_settings and bucket_label(ids, np.array(label[1:].split("-")[:2], int)) == label:
                raise UserError(
                    f"the task {self.spec.task.name} has other settings in this nlpfeat than in the one that wrote {path}: open the "
                    "study with the version that manifest.json names, or sweep again into another folder"
                )
            raise DamagedFile(f"{path} is damaged", "delete it and run the sweep again, which plans it anew")
        return pd.DataFrame(settings, index=pd.Index(ids, name="id", dtype=object))

    def labels_without_table(self) -> list[str]:
        """The labels of buckets that have results or checkpoints, and no member table."""
        names = [path.stem for path in (self.path / "results").glob("w*.nc")]
        names += [path.name for path in (self.path / "checkpoints").glob("w*") if any(path.glob("step_*"))]
        return sorted(
            {name for name in names if LABEL.fullmatch(name)} - set(self.buckets()), key=label_order
        )

    def missing_table(self, label: str) -> DamagedFile:
        """The error that a bucket has no member table."""
        return DamagedFile(
            f"{self.table(label)} is missing, and the bucket's results or checkpoints are not",
            f"put it back, or run the sweep again; if it is missing then, delete {self.result(label)} and {self.checkpoints(label)}",
        )

    def members(self) -> pd.DataFrame:
        """All members ever planned here, bucket after bucket: their settings and their bucket, indexed by id."""
        names = ["bucket", *setting_names(self.spec.settings)]
        parts = [self.bucket(label).assign(bucket=label) for label in self.buckets()]
        none = pd.DataFrame(columns=names, index=pd.Index([], name="id", dtype=object))
        return pd.concat(parts)[names] if parts else none


def _complaints(spec: Spec, settings: Mapping[str, Sequence[float]]) -> list[str]:
    """Why values of settings are invalid: those of a stranger's table may be anything."""
    hints = setting_hints(type(spec.settings))
    found = (complaint(hints[name], value) for name, values in settings.items() for value in set(values))
    return [one for one in found if one]


def open_folder(path: Path) -> StudyFolder:
    """The study at `path`.

    Raises:
      UserError: if there is none, if it is of another format or of a task that cannot be had, or if it reaches out of its
        folder; DamagedFile if its config cannot be read.
    """
    stored = require_study(path)
    require_contained(path)
    return _stored_folder(path, stored)


def _stored_folder(path: Path, stored: dict[str, PyTree]) -> StudyFolder:
    """The study at `path` with the stored config that `require_study` gave."""
    config = path / "config.json"
    numerics, data_sha256, task = (stored.pop(name, None) for name in ("numerics", "data_sha256", "task"))
    origin = _read_origin(stored.pop("task_origin", None))
    if not (isinstance(task, str) and isinstance(numerics, dict) and isinstance(data_sha256, str)):
        raise UserError(f"{config} lacks what nlpfeat writes there: it is none of nlpfeat's")
    require_task(task, origin, path)
    try:
        return StudyFolder(path, resolve({"task": task, **stored}), numerics, data_sha256, origin)
    except UserError as error:
        raise UserError(
            f"{config} does not fit this nlpfeat ({error}): open the study with the version that wrote it"
        ) from None


def _read_origin(stored: PyTree) -> Origin | None:
    """Where a task comes from, as `create_folder` stored it; anything else is taken for nothing."""
    if isinstance(stored, dict) and stored.keys() == set(Origin._fields):
        values = {name: str(value) for name, value in stored.items()}
        return Origin(**values)
    return None


def check_folder(path: Path, spec: Spec) -> StudyFolder:
    """The folder of a study of `spec`, which may be written: what is stored in it, with the grid and settings of `spec`.

    A folder that lost its config, or whose config is damaged, is taken for a study of `spec` if its members are.

    Raises:
      UserError: if the folder holds a study of another config (the differing keys are named) or other files.
    """
    empty = StudyFolder(path, spec)
    if path.is_dir():
        require_contained(path)
    if empty.config.is_file():
        try:
            stored = _stored_folder(path, require_study(path))
        except DamagedFile:
            if not _holds_members(empty):
                raise
            return empty
        changed = differences(stored.spec, spec)
        if changed:
            raise UserError(
                f"{path} holds a study of another config: {'; '.join(changed)}. Choose another folder"
            )
        return replace(stored, spec=spec)
    if path.exists() and not (path.is_dir() and _is_remains(empty)):
        raise UserError(f"{path} exists and is not a study; choose another folder")
    return empty


def _is_remains(folder: StudyFolder) -> bool:
    """Whether a folder without a config is what a launch leaves that died at its very start, or whose folder was deleted."""
    if any((folder.path / "members").glob("*.csv")):
        return _holds_members(folder)
    return all(_is_ours(entry) for entry in folder.path.iterdir())


def _holds_members(folder: StudyFolder) -> bool:
    """Whether there are members in the folder, and they are of its spec."""
    try:
        return bool([folder.bucket(label) for label in folder.buckets()])
    except UserError:
        return False


def _is_ours(entry: Path) -> bool:
    """Whether an entry of a folder without a config is named as nlpfeat names what it makes."""
    if entry.name in FOLDERS[:-1]:
        return entry.is_dir() and all(
            LABEL.match(one.name) or one.name.startswith(".") for one in entry.iterdir()
        )
    if entry.name == "figures":
        return entry.is_dir()
    known = entry.name in ("lock", "measure.lock", "manifest.json", "results.nc")
    return known or (entry.name.startswith(".") and entry.suffix == ".part")


def create_folder(folder: StudyFolder, numerics: Mapping[str, PyTree], data_sha256: str) -> StudyFolder:
    """Make the folder of a study, or renew its config. Call it under the study's lock.

    The stored grid becomes that of the folder's spec; the stored settings stay those that the study began with, so that an axis
    added for once does not change what the study is.

    Args:
      folder: from `check_folder`.
      numerics, data_sha256: of a study that has none stored.
    """
    try:
        if folder.config.exists():
            stored = _stored_folder(folder.path, require_study(folder.path))
            folder = replace(folder, spec=replace(folder.spec, settings=stored.spec.settings))
    except DamagedFile as error:
        log.warning("%s; it is written anew, from the config of this command", error.what)
    if not folder.numerics:
        folder = replace(folder, numerics=numerics, data_sha256=data_sha256)
    folder.path.mkdir(parents=True, exist_ok=True)
    discard_parts(folder.path)
    recorded = {"format": FORMAT, "numerics": folder.numerics, "data_sha256": folder.data_sha256}
    origin = origin_of(folder.spec.task.name)
    if origin is not None:
        recorded["task_origin"] = origin._asdict()
        if origin.file:
            trust(origin.file)
    write_json(folder.config, recorded | folder.spec.to_dict())
    for name in FOLDERS:
        (folder.path / name).mkdir(exist_ok=True)
    return folder


def require_present(folder: StudyFolder) -> None:
    """Check that a study that trains is still where it was: what is saved elsewhere would be lost.

    Raises:
      UserError: if not.
    """
    if not folder.config.exists():
        raise UserError(
            f"{folder.path} was deleted or renamed while it trained: if renamed, give it back its name; then run the same command "
            "again, which goes on or begins anew"
        )


def write_bucket(folder: StudyFolder, label: str, members: pd.DataFrame) -> None:
    """Write the member table of a bucket."""
    write_atomic(folder.table(label), members.to_csv())


def read_manifest(folder: StudyFolder) -> dict[str, list[dict[str, PyTree]]]:
    """The commands that ran here, under "commands", each with its provenance; under "training", what they cost.

    Raises:
      DamagedFile: if the file cannot be read.
    """
    path = folder.path / "manifest.json"
    try:
        manifest = parse_json(path)
    except FileNotFoundError:
        return {"commands": [], "training": []}
    except DamagedFile:
        manifest = {}
    if not (is_intact(manifest) and isinstance(manifest.get("commands"), list)):
        raise DamagedFile(f"{path} is damaged", "delete it and run again; it holds no numbers")
    return manifest


def log_command(folder: StudyFolder, entry: dict[str, PyTree]) -> None:
    """Add a command with its provenance to the manifest. Call it under the study's lock."""
    _log(folder, "commands", entry)


def log_training(folder: StudyFolder, entry: dict[str, PyTree]) -> None:
    """Add what a launch has trained, and what it cost, to the manifest. Call it under the study's lock."""
    _log(folder, "training", entry)


def _log(folder: StudyFolder, section: str, entry: dict[str, PyTree]) -> None:
    manifest = read_manifest(folder)
    write_json(folder.path / "manifest.json", manifest | {section: [*manifest.get(section, []), entry]})
