"""Every file of a study is a regular file inside its folder, and holds its own numbers: a stranger's study reaches nothing else."""

import contextlib
import os
import stat
from pathlib import Path
from typing import Any

import h5py

from nlpfeat.errors import UserError


class Outside(UserError):
    """A study refers to something outside of its folder, or is not made of regular files."""


def require_contained(path: Path) -> None:
    """Check that every entry in the study at `path`, at any depth, is a folder, a regular file, or a link to one inside it.

    The study's own folder may be a link.

    Raises:
      Outside: for a link that leads elsewhere, a FIFO, a socket or a device.
    """
    home = os.path.realpath(path)
    waiting = [home]
    while waiting:
        # a run beside this one may discard a folder
        with contextlib.suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_symlink():
                    _require_inside(entry, home, path)
                elif not entry.is_file(follow_symlinks=False):
                    raise Outside(
                        f"{path / os.path.relpath(entry.path, home)} is a {_kind(entry)}, and a study is made of regular files: delete it"
                    )


def _require_inside(entry: "os.DirEntry[str]", home: str, path: Path) -> None:
    leads = os.path.realpath(entry.path)
    if os.path.commonpath([home, leads]) != home:
        raise Outside(
            f"{path / os.path.relpath(entry.path, home)} is a link that leads out of the study, to {leads}: put what it leads to in "
            "its place, or delete the link"
        )


def _kind(entry: "os.DirEntry[str]") -> str:
    mode = entry.stat(follow_symlinks=False).st_mode
    kinds = {stat.S_ISFIFO: "FIFO", stat.S_ISSOCK: "socket", stat.S_ISBLK: "device", stat.S_ISCHR: "device"}
    return next((name for test, name in kinds.items() if test(mode)), "special file")


def require_own_storage(path: Path) -> None:
    """Check that an HDF5 file holds its own numbers, before any is read.

    HDF5 can take them from other files: by external links, external storage and virtual datasets.

    Raises:
      Outside: if it would; OSError if it is no HDF5 file, or cannot be read.
    """
    with h5py.File(path, "r") as file:
        for name in map(str, file):
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                raise Outside(
                    f"{path}: {name!r} is a link to elsewhere, which nlpfeat does not follow: delete the file"
                )
            if file.get(name, getclass=True) is not h5py.Dataset:
                raise Outside(
                    f"{path}: {name!r} is no array, and nlpfeat writes nothing else: delete the file"
                )
            low: Any = h5py.h5d
            how = low.open(file.id, os.fsencode(name)).get_create_plist()
            if how.get_external_count() or how.get_layout() == low.VIRTUAL:
                raise Outside(
                    f"{path}: the numbers of {name!r} are in another file, which nlpfeat does not open: delete the file"
                )
