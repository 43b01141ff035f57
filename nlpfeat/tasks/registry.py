"""The table of everything that can be swept, by name.

A new system is a new row (in `nlpfeat/tasks/`; where needed, a file in `data/` and one in `models/`), or a task registered
from outside the package. It then has every command, every figure and every generic test.
"""

from typing import Literal, overload

from nlpfeat.errors import UserError
from nlpfeat.tasks import bags, next_token, points, ratings, sequences, skipgrams
from nlpfeat.training.task import Factors, PiecewiseLinear, Task, WordVectors

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        points.SPIRALS,
        points.ANNULUS,
        points.SPIRALS_DEEP,
        points.ANNULUS_DEEP,
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
    )
}


_BUILT_IN = frozenset(TASKS)


def register_task(task: Task) -> Task:
    """Add a task to the table, from a module or a notebook: every command and figure then takes it.

    Registered again, as by a notebook cell that is run twice, the new task replaces the old one.

    Raises:
      UserError: if a task of the package has that name.
    """
    if task.name in _BUILT_IN:
        raise UserError(f"nlpfeat has a task {task.name!r} of its own: give this one another name")
    TASKS[task.name] = task
    return task


ViewName = Literal["piecewise_linear", "word_vectors", "factors"]
_VIEWS = {
    "piecewise_linear": "exact geometry: its networks are not piecewise linear on the plane",
    "word_vectors": "word vectors",
    "factors": "factors of users and items",
}


@overload
def require_view(task: Task, view: Literal["piecewise_linear"]) -> PiecewiseLinear: ...
@overload
def require_view(task: Task, view: Literal["factors"]) -> Factors: ...
@overload
def require_view(task: Task, view: Literal["word_vectors"]) -> WordVectors: ...
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
