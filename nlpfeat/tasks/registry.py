"""The table of everything that can be swept, by name.

A new system is a new row (in `nlpfeat/tasks/`; where needed, a file in `data/` and one in `models/`), or a task registered
from outside the package. It then has every command, every figure and every generic test.
"""

import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Literal, NamedTuple, overload

from nlpfeat.digests import file_digest
from nlpfeat.errors import UserError
from nlpfeat.models.units import HiddenUnits
from nlpfeat.tasks import bags, images, next_token, points, ratings, sequences, skipgrams, synthetic
from nlpfeat.tasks.names import ENTRY_POINTS, TASK_NAMES
from nlpfeat.training.task import Factors, PiecewiseLinear, Task, WordVectors

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        points.SPIRALS,
        points.ANNULUS,
        points.SPIRALS_DEEP,
        points.ANNULUS_DEEP,
        points.POINTS,
        points.POINTS_DEEP,
        images.WOUND_SPIRALS,
        images.MNIST1D,
        images.MNIST1D_CONV,
        images.DIGITS,
        images.DIGITS_CONV,
        images.MNIST,
        images.MNIST_CONV,
        bags.PLANTED_WORDS,
        bags.REVIEWS_BAG,
        bags.REVIEWS_BATCH,
        bags.REVIEWS_MEAN,
        bags.IMDB_NGRAMS,
        points.ELEVEN_LINES,
        sequences.IMDB_DENSE,
        sequences.IMDB_CNN,
        sequences.IMDB_MULTICNN,
        sequences.IMDB_LSTM,
        ratings.RATINGS_DOT,
        ratings.RATINGS_BIAS,
        ratings.RATINGS_NET,
        ratings.RATINGS_BAYES,
        skipgrams.WINDOWS,
        skipgrams.WINDOWS_NOISE,
        next_token.NEXT_WORD,
        next_token.CHAR_RNN,
        next_token.CHAR_TRANSFORMER,
        synthetic.SUPERPOSITION,
        synthetic.SPARSE_PARITY,
    )
}


class Origin(NamedTuple):
    """Where a task from outside of the package is defined.

    Attributes:
      file: absolute path; empty for an interactive session, such as a notebook.
      module: the name under which it can be imported; empty for a file that was run by its path.
      sha256: of the contents of the file, when the task was registered.
    """

    file: str = ""
    module: str = ""
    sha256: str = ""

    @property
    def reference(self) -> str:
        """What `nlpfeat.tasks.outside.load_task` reads: the module of a package, which imports its neighbours; else the file."""
        return self.module if "." in self.module else self.file


class _Registration(NamedTuple):
    origin: Origin
    namespace: int  # identifies one run of a file
    line: int


_REGISTRATIONS: dict[str, _Registration] = {}


def register_task(task: Task) -> Task:
    """Add a task to the table, from a file, a module or a notebook: every command and figure then takes it.

    Registered again, as by a notebook cell that is run twice, the new task replaces the old one. A study of the task records the
    file that calls this function.

    Raises:
      UserError: if a task of the package, or of another file, has that name.
    """
    if task.name in TASK_NAMES:
        raise UserError(f"nlpfeat has a task {task.name!r} of its own: give this one another name")
    new, old = _caller(), _REGISTRATIONS.get(task.name)
    if old is not None and old.origin.file and new.origin.file:
        first, second = (f"{one.origin.file}, line {one.line}" for one in (old, new))
        once = old.namespace == new.namespace and old.line != new.line and not new.origin.module
        if old.origin.file != new.origin.file or once:
            raise UserError(
                f"two tasks have the name {task.name!r}: {first}, and {second}; rename one of them"
            )
    TASKS[task.name], _REGISTRATIONS[task.name] = task, new
    return task


def _caller() -> _Registration:
    """The code outside of this package that is registering a task."""
    frame = sys._getframe(1)  # noqa: SLF001  (inspect.stack reads the source of every frame)
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in _PASSED:
        frame = frame.f_back
    names = frame.f_globals
    file, spec = names.get("__file__"), names.get("__spec__")
    if not file or not Path(file).is_file():
        return _Registration(Origin(), id(names), frame.f_lineno)
    module = spec.name if spec is not None else ""
    origin = Origin(str(Path(file).resolve()), module, file_digest(Path(file)))
    return _Registration(origin, id(names), frame.f_lineno)


_PASSED = ("nlpfeat", "beartype", "jaxtyping")  # frames of these are not the caller's


def origin_of(name: str) -> Origin | None:
    """Where a registered task comes from; None for one of the package."""
    registration = _REGISTRATIONS.get(name)
    return None if registration is None else registration.origin


def tasks_of(file: str) -> list[str]:
    """The names of the tasks that a file has registered."""
    here = str(Path(file).resolve())
    return [name for name, one in _REGISTRATIONS.items() if one.origin.file == here]


def find_task(name: str) -> Task | None:
    """The task of that name, from the table or from an installed package that names it as an entry point; None if there is none.

    Raises:
      UserError: if the package that names it cannot be imported.
    """
    if name not in TASKS:
        for point in entry_points(group=ENTRY_POINTS, name=name):
            _load(point)
    return TASKS.get(name)


def all_tasks() -> dict[str, Task]:
    """The tasks of the table, with those of all installed packages, by name.

    Raises:
      UserError: as `find_task`.
    """
    for name in entry_points(group=ENTRY_POINTS).names:
        find_task(name)
    return TASKS


def _load(point: EntryPoint) -> None:
    """Import what an entry point names: a module that registers its task, or the task itself."""
    try:
        found = point.load()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise UserError(
            f"the task {point.name!r} of an installed package, {point.value}, fails: {reason}"
        ) from error
    if isinstance(found, Task) and found.name not in TASKS:
        file = getattr(sys.modules[point.module], "__file__", None) or ""
        digest = file_digest(Path(file)) if file else ""
        TASKS[found.name] = found
        _REGISTRATIONS[found.name] = _Registration(Origin(file, point.module, digest), 0, 0)


ViewName = Literal["plane", "piecewise_linear", "word_vectors", "factors", "units"]
_VIEWS = {
    "plane": "exact geometry of the plane: it declares no layers that are piecewise linear on it (a view)",
    "piecewise_linear": "exact geometry: it declares no piecewise-linear layers (a view)",
    "word_vectors": "word vectors",
    "factors": "factors of users and items",
    "units": "hidden units of which some can be taken: it declares no layers of units (a view)",
}


@overload
def require_view(task: Task, view: Literal["plane", "piecewise_linear"]) -> PiecewiseLinear: ...
@overload
def require_view(task: Task, view: Literal["factors"]) -> Factors: ...
@overload
def require_view(task: Task, view: Literal["word_vectors"]) -> WordVectors: ...
@overload
def require_view(task: Task, view: Literal["units"]) -> HiddenUnits: ...
def require_view(task: Task, view: ViewName) -> object:
    """A view of the trained networks of a task.

    Raises:
      UserError: if the task has no such view; the tasks that have it are named.
    """
    found = getattr(task.views, view)
    if found is None:
        others = ", ".join(name for name, other in TASKS.items() if getattr(other.views, view) is not None)
        raise UserError(f"{task.name} has no {_VIEWS[view]}; tasks that have: {others}")
    return found
