"""JSON files of a study, with a digest of their content. Read before anything slow is imported."""

import errno
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlpfeat.digests import digest
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.store.atomic import write_atomic

LARGEST = 16 * 2**20  # bytes: a million seeds in a grid take eleven million
DIGEST = "sha256"  # the key of the digest


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write an object with the digest of its content, whole or not at all."""
    write_atomic(path, json.dumps({**content, DIGEST: digest(content)}, indent=2) + "\n")


def parse_json(path: Path) -> dict[str, Any]:
    """The object in a file, its digest not compared.

    Raises:
      DamagedFile: if it holds no JSON object; UserError if it is no regular file, or larger than any that nlpfeat writes; OSError if
        it is not there, or may not be read.
    """
    try:
        content = json.loads(_read_small(path))
    except (ValueError, RecursionError) as error:
        raise DamagedFile(f"{path} is damaged: it holds no JSON ({type(error).__name__})") from None
    if not isinstance(content, dict):
        raise DamagedFile(f"{path} is damaged: it holds no JSON object")
    return content


def is_intact(content: dict[str, Any]) -> bool:
    """Whether what `parse_json` gave is what `write_json` wrote. The digest is taken out."""
    return content.pop(DIGEST, None) == digest(content)


def _read_small(path: Path) -> bytes:
    """The bytes of a regular file. A link is not followed, a FIFO not waited for, and what is too large not read."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise UserError(
                f"{path} is a link, and every file of a study is its own: delete it, or the study"
            ) from error
        raise
    with open(file, "rb") as opened:  # noqa: PTH123  (of a descriptor)
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode):
            raise UserError(
                f"{path} is no regular file, as every file of a study is: delete it, or the study"
            )
        if about.st_size > LARGEST:
            raise UserError(
                f"{path} has {about.st_size:,} bytes, more than any study's has ({LARGEST:,}): it is none of nlpfeat's"
            )
        return opened.read(LARGEST + 1)
