"""SHA-256 of values and arrays: how a study tells that something is what it was."""

import hashlib
import json
from pathlib import Path

import numpy as np


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON of a value, in hexadecimal."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of the contents of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def add_array(total: "hashlib._Hash", array: np.ndarray) -> None:
    """Add the dtype, the shape and the bytes of an array to a hash."""
    whole = np.ascontiguousarray(array)
    total.update(f"{whole.dtype}{whole.shape}".encode())
    total.update(whole.reshape(-1).view(np.uint8).data)
