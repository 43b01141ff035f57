"""NetCDF files in which every bit counts.

Numbers carry HDF5's Fletcher-32, and the metadata of its format 1.10 their own checksums. What HDF5 keeps without either, names of
dimensions among it, is told by a digest of coordinates and attributes.
"""

import contextlib
import errno
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5netcdf
import h5py
import numpy as np
import xarray as xr
from h5py import h5r
from xarray.backends import H5NetCDFStore

from nlpfeat.digests import digest
from nlpfeat.errors import DamagedFile, UserError, require_readable
from nlpfeat.store.atomic import atomic
from nlpfeat.store.containment import require_own_storage

LOCKED = (errno.EAGAIN, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
FORMAT = "v110"  # of HDF5: the oldest with checksums in all metadata
# Attributes that NetCDF keeps for itself.
_OF_HDF5 = {
    "CLASS",
    "NAME",
    "REFERENCE_LIST",
    "DIMENSION_LIST",
    "_Netcdf4Dimid",
    "_Netcdf4Coordinates",
    "_NCProperties",
    "_nc3_strict",
}
DIGEST = "labels_sha256"  # the attribute with the digest


class _Output(io.FileIO):
    """A file whose first failure is kept and raised when HDF5 has let go of it.

    HDF5 cannot close a file that it fails to write, and crashes when the interpreter ends and closes it once more.
    """

    failure: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write all of `data`, or nothing after a failure."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while len(left) and self.failure is None:
                left = left[super().write(left) :]
        except OSError as error:
            self.failure = error
        return size

    def truncate(self, size: int | None = None, /) -> int:
        """Change the size, unless something has failed."""
        try:
            return super().truncate(size) if self.failure is None else size or 0
        except OSError as error:
            self.failure = error
            return size or 0


@contextlib.contextmanager
def create_netcdf(path: Path) -> Iterator[h5netcdf.File]:
    """A new NetCDF file to write to, which stands under its name, whole, when the block ends without error.

    Raises:
      OSError: if it cannot be written, as on a full disk.
    """
    with atomic(path) as part, _Output(part, "w+") as output:
        try:
            with (
                h5py.File(output, "w", libver=FORMAT, track_order=True) as file,
                h5netcdf.File(file, "w") as written,
            ):
                yield written
        except Exception as error:
            raise output.failure or error from error
        if output.failure is not None:
            raise output.failure


def encoding_of(variable: xr.Variable) -> dict[str, Any]:
    """How a variable is stored: with checksums, for which text is stored as characters and a single number as it is."""
    text = {"dtype": "S1"} if variable.dtype.kind in "OU" else {}
    return text | ({"fletcher32": True} if variable.ndim or text else {})


def write_netcdf(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset, whole or not at all.

    Raises:
      OSError: if it cannot be written, as on a full disk.
    """
    with create_netcdf(path) as file:
        add_to_netcdf(sealed(dataset), file)


def sealed(dataset: xr.Dataset) -> xr.Dataset:
    """The dataset with the digest of its labels among its attributes."""
    return dataset.assign_attrs({DIGEST: labels_digest(dataset)})


def add_to_netcdf(dataset: xr.Dataset, file: h5netcdf.File) -> None:
    """Add the variables, coordinates and attributes of a dataset to a new file."""
    encoding = {name: encoding_of(variable) for name, variable in dataset.variables.items()}
    dataset.dump_to_store(H5NetCDFStore(file), encoding=encoding)


def labels_digest(dataset: xr.Dataset) -> str:
    """The digest of all that a dataset holds beside arrays of numbers: attributes, dimensions, dtypes, coordinates."""
    described = {
        "attributes": {name: _plain(value) for name, value in dataset.attrs.items() if name != DIGEST},
        "coordinates": {
            str(name): [*_about(values), _plain(values.to_numpy())] for name, values in dataset.coords.items()
        },
        "variables": {
            str(name): [*_about(values), list(values.shape) if values.ndim else _plain(values.to_numpy())]
            for name, values in dataset.data_vars.items()
        },
    }
    return digest(described)


def _about(values: xr.DataArray) -> list[Any]:
    kind = "text" if values.dtype.kind in "OUS" else values.dtype.str
    return [list(map(str, values.dims)), kind, {name: _plain(value) for name, value in values.attrs.items()}]


def _plain(value: Any) -> Any:
    """A value of an attribute, or an array, as JSON has it."""
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def open_netcdf(path: Path, again: str = "the sweep") -> xr.Dataset:
    """The dataset in `path`, its numbers read from the file when they are asked for; a context manager that closes it.

    Args:
      again: what makes the file anew.

    Raises:
      DamagedFile: if it is truncated, changed or no NetCDF file; UserError if another program holds it, or its numbers are
        elsewhere; OSError if it is not there, or may not be read.
    """
    try:
        require_own_storage(path)
        dataset = xr.open_dataset(path, engine="h5netcdf")
        if dataset.attrs.get(DIGEST) == labels_digest(dataset):
            return dataset
        dataset.close()
    except UserError:
        raise
    except Exception as error:  # HDF5 reports damage as OSError, KeyError, RuntimeError, …
        raise _explained(error, path, again) from error
    raise _damaged(path, again)


def read_netcdf(path: Path, again: str = "the sweep") -> xr.Dataset:
    """The dataset in `path`, in memory.

    Raises:
      DamagedFile: if it is truncated, changed or no NetCDF file; and as `open_netcdf`.
    """
    with contextlib.suppress(Exception):  # what is wrong with a file is told by `open_netcdf`
        require_own_storage(path)
        dataset = _at_once(path)
        if dataset.attrs.get(DIGEST) == labels_digest(dataset):
            return dataset
    with open_netcdf(path, again) as dataset:
        return loaded(dataset, path, again)


def _at_once(path: Path) -> xr.Dataset:
    """A dataset that `write_netcdf` wrote, by HDF5 itself: ten times as fast as xarray, which asks for each dimension again and again.

    Whether names, types and labels are those that were written, its digest tells.
    """
    with h5py.File(path) as file:
        stored = {name: item for name, item in file.items() if isinstance(item, h5py.Dataset)}
        names = {item.id: name for name, item in stored.items() if item.is_scale}
        numbers = {int(np.asarray(stored[name].attrs["_Netcdf4Dimid"])): name for name in names.values()}
        variables = {}
        for name, item in stored.items():
            about = {key: _value(value) for key, value in item.attrs.items() if key not in _OF_HDF5}
            if "DIMENSION_LIST" in item.attrs:
                scales = (refs[0] for refs in np.asarray(item.attrs["DIMENSION_LIST"]))
                dims = tuple(names[h5r.dereference(scale, file.id)] for scale in scales)
            elif "_Netcdf4Coordinates" in item.attrs:  # labels that are rows of characters
                dims = tuple(
                    numbers[number] for number in np.asarray(item.attrs["_Netcdf4Coordinates"]).tolist()
                )
            elif item.is_scale and not _is_only_a_dimension(item):
                dims = (name,)
            elif item.shape == ():
                dims = ()
            else:
                continue
            variables[name] = xr.Variable(dims, item[()], about)
        attributes = {key: _value(value) for key, value in file.attrs.items() if key not in _OF_HDF5}
    return xr.decode_cf(xr.Dataset(variables, attrs=attributes))


def _is_only_a_dimension(scale: h5py.Dataset) -> bool:
    return bytes(np.asarray(scale.attrs.get("NAME", b""))).startswith(
        b"This is a netCDF dimension but not a netCDF variable"
    )


def _value(stored: Any) -> Any:
    """An attribute as it was given: text, one number, or an array."""
    return stored.item() if isinstance(stored, np.ndarray) and stored.size == 1 else stored


def loaded(dataset: xr.Dataset, path: Path, again: str) -> xr.Dataset:
    """The numbers of a dataset that `open_netcdf` gave, read into memory.

    Raises:
      DamagedFile: if they are not those that were written.
    """
    try:
        return dataset.load()
    except Exception as error:
        raise _explained(error, path, again) from error


def _damaged(path: Path, again: str) -> DamagedFile:
    return DamagedFile(
        f"{path} is damaged (truncated, changed or not NetCDF)",
        f"delete it and run {again} again; it is rebuilt, and the rest of the study is kept",
    )


def _explained(error: Exception, path: Path, again: str) -> Exception:
    """What to raise of a file that cannot be read: to delete it is advised where it is damaged, and nowhere else."""
    if isinstance(error, MemoryError):
        return error
    if isinstance(error, OSError) and error.errno in LOCKED:
        return UserError(
            f"{path} is open in another program, or its file system has no locks: close it there, or set "
            "HDF5_USE_FILE_LOCKING=FALSE"
        )
    if isinstance(error, OSError) and error.errno:
        return OSError(error.errno, os.strerror(error.errno), str(path))
    try:
        require_readable(path)
    except OSError as unreadable:
        return unreadable
    return _damaged(path, again)
