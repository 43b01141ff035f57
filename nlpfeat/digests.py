"""SHA-256 of values and arrays: how a study tells that something is what it was."""

import hashlib
import json
from pathlib import Path
from typing import Any


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON of a value, in hexadecimal."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of the contents of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def add_array(total: "hashlib._Hash", array: Any) -> None:
    """Add the dtype, the shape and the bytes of a NumPy array to a hash; a number counts as an array of one."""
    whole = array if array.flags.c_contiguous else array.copy()
    total.update(f"{whole.dtype}{whole.shape or (1,)}".encode())
    total.update(whole.data)
