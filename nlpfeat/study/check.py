"""Whether every file of a study is sound: each is read whole, and compared with its digest."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from nlpfeat.errors import UserError
from nlpfeat.store.combine import read_combined
from nlpfeat.store.layout import StudyFolder, read_manifest
from nlpfeat.store.results import read_bucket, read_measures
from nlpfeat.training import checkpoints


class Finding(NamedTuple):
    """What was found of a file, or of a checkpoint's folder.

    Attributes:
      kind: of the file, in the plural.
      error: why it is not sound, and what mends it; None if it is.
    """

    kind: str
    error: UserError | OSError | None


def check_study(folder: StudyFolder) -> Iterator[Finding]:
    """Read every file of a study whose config is sound, in the order in which they are made.

    Raises:
      UserError: for a foreign file among the member tables.
    """
    yield Finding("configs", None)  # or the folder would not be open
    yield _found("manifests", partial(read_manifest, folder))
    for label in folder.buckets():
        table = _found("member tables", partial(folder.bucket, label))
        yield table
        if table.error is None:
            yield from _check_bucket(folder, label)
    for label in folder.labels_without_table():
        yield Finding("member tables", folder.missing_table(label))
    if folder.combined.exists():
        yield _found("combined arrays", partial(read_combined, folder))


def _check_bucket(folder: StudyFolder, label: str) -> Iterator[Finding]:
    if folder.result(label).exists():
        yield _found("results", partial(read_bucket, folder, label))
    for stop in folder.spec.training.stops:
        if folder.measures(label, stop.step).exists():
            yield _found("measures", partial(read_measures, folder, label, stop.step))
    saved = checkpoints.saved_steps(folder.checkpoints(label))
    for step in saved:
        yield _found("checkpoints", partial(checkpoints.read, folder.checkpoints(label), step))
    absent = sorted(folder.spec.training.kept_steps - set(saved))
    if absent and folder.result(label).exists():
        steps = ", ".join(map(str, absent))
        yield Finding(
            "checkpoints",
            UserError(
                f"{folder.checkpoints(label)} lacks the checkpoints of steps {steps}, so its members cannot be restored there: "
                f"delete {folder.result(label)} and run the sweep again, if they are wanted"
            ),
        )


def _found(kind: str, read: Callable[[], object]) -> Finding:
    try:
        read()
    except (UserError, OSError) as error:
        return Finding(kind, error)
    return Finding(kind, None)
