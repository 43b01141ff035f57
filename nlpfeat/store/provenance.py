"""Provenance of numbers: code, versions, device, data."""

import hashlib
import json
import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import jax
import numpy as np
from jaxtyping import PyTree

from nlpfeat import parallel
from nlpfeat.data.core import Dataset
from nlpfeat.digests import add_array
from nlpfeat.errors import UserError
from nlpfeat.store.layout import StudyFolder
from nlpfeat.tasks.spec import config_hash

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy", "xarray")


def _git(*arguments: str) -> str:
    """Output of a git command on the source tree, empty where that is not a checkout.

    GIT_ variables, which git sets in its hooks, refer to another repository and are removed.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(_ROOT), *arguments],
            capture_output=True, timeout=30, check=True, env=others,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace")


def signature(line: str, folder: StudyFolder) -> str:
    """The stamp below a figure: the command that drew it, the commit of the code, the hash of the study's config."""
    return f"{line}   commit {commit()}   config {config_hash(folder.spec)}"


@cache
def commit() -> str:
    """The commit of the source tree that this process imported, with "+" and eight digits of a hash where files were changed or added.

    For an installation by pip it is the commit that pip fetched, or "unknown": a repository around the installation
    is not that of this code.
    """
    if not _git("ls-files", "--error-unmatch", str(Path(__file__).resolve())):
        return _fetched()
    head = _git("rev-parse", "--short=10", "HEAD").strip()
    changes = _git("diff", "HEAD") + _git("ls-files", "--others", "--exclude-standard")
    dirty = f"+{hashlib.sha256(changes.encode()).hexdigest()[:8]}" if changes else ""
    return (head or "unknown") + dirty


def _fetched() -> str:
    """The commit that pip fetched nlpfeat from, from the record that pip leaves (PEP 610)."""
    try:
        record = json.loads(distribution("nlpfeat").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        return "unknown"
    return str(record.get("vcs_info", {}).get("commit_id", "unknown"))[:10]


def provenance() -> dict[str, str]:
    """Versions, commit and devices of this process."""
    from nlpfeat import __version__

    return {
        "nlpfeat": __version__,
        "commit": commit(),
        "device": parallel.describe_devices(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        **{name: version(name) for name in _PACKAGES},
    }


def data_hash(dataset: Dataset, splits: PyTree = ()) -> str:
    """SHA-256 of the bytes that members train on and are evaluated on: the shared dataset, and their splits."""
    total = hashlib.sha256(dataset.digest.encode())
    for leaf in jax.tree.leaves((dataset.arrays, splits)):
        add_array(total, np.asarray(leaf))
    return total.hexdigest()


def shared_data_hash(dataset: Dataset) -> str:
    """The hash of the data that all members share; empty if they share none."""
    return data_hash(dataset) if jax.tree.leaves(dataset.arrays) else ""


def check_data(folder: StudyFolder, dataset: Dataset) -> None:
    """Compare the data that all members share with those that the study was trained on.

    Raises:
      UserError: if the files that the study read are others now: words or classes would have changed their places.
    """
    if folder.data_sha256 and folder.data_sha256 != shared_data_hash(dataset):
        raise UserError(
            f"the data that {folder.path} was trained on have changed: put them back as they were, or train a new study"
        )
