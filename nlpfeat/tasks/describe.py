"""What can be swept, as tables: tasks, the settings and metrics of one task, and config files."""

import ast
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, NamedTuple, get_args, get_origin

import pandas as pd

from nlpfeat.config.fields import Choice, Range
from nlpfeat.config.files import get_config_of, shipped_configs
from nlpfeat.config.schema import hints_of
from nlpfeat.errors import UserError, did_you_mean
from nlpfeat.tasks.registry import TASKS, all_tasks, find_task
from nlpfeat.training.task import Task


class TaskDescription(NamedTuple):
    """A task as tables.

    Attributes:
      name: of the task.
      summary: in a few words.
      width_label: what the width counts.
      kind: of prediction.
      views: the names of the views that it has.
      settings: one row per key of a config: section, key, type, default, range.
      metrics: one row per recorded metric, the headline first: metric, units, better, success, role.
    """

    name: str
    summary: str
    width_label: str
    kind: str
    views: list[str]
    settings: pd.DataFrame
    metrics: pd.DataFrame


def task_table() -> pd.DataFrame:
    """One row per task: task, width, summary."""
    rows = [(task.name, task.width_label, task.summary) for task in all_tasks().values()]
    return pd.DataFrame(rows, columns=["task", "width", "summary"])


def describe_task(name: str) -> TaskDescription:
    """The settings, metrics and views of a task.

    Raises:
      UserError: if there is no such task; the nearest is named.
    """
    task = find_task(name)
    if task is None:
        raise UserError(f"no task {name!r}; {did_you_mean(name, TASKS)}")
    settings = [
        (section, field.name, *_type_and_range(hints_of(cls)[field.name]), field.default)
        for section, cls in task.sections.items()
        for field in fields(cls)
    ]
    metrics = []
    loss, *others = task.recorded
    for metric in (*others, loss):
        headline = metric == task.evaluation.headline
        role = "headline" if headline else "loss" if metric == loss else ""
        success = str(task.evaluation.criterion) if headline else ""
        metrics.append(
            (metric.name, metric.units, "larger" if metric.mode == "max" else "smaller", success, role)
        )
    return TaskDescription(
        name,
        task.summary,
        task.width_label,
        task.evaluation.kind,
        _views(task),
        pd.DataFrame(settings, columns=["section", "key", "type", "range", "default"]),
        pd.DataFrame(metrics, columns=["metric", "units", "better", "success", "role"]),
    )


def known_configs() -> list[str]:
    """The configs that nlpfeat ships, by name, and the files configs/*.py of the working directory, if these are others."""
    shipped, here = shipped_configs(), Path("configs")
    files = [] if here.resolve() == shipped.resolve() else sorted(here.glob("*.py"))
    return [*(path.stem for path in sorted(shipped.glob("*.py"))), *map(str, files)]


def _views(task: Task) -> list[str]:
    """The names of the views of a task; piecewise-linear networks on the plane have the view "plane"."""
    names = [view for view, given in vars(task.views).items() if given is not None]
    return ["plane" if name == "piecewise_linear" and task.views.plane else name for name in names]


def config_table(references: Iterable[str]) -> pd.DataFrame:
    """One row per config: config, question (the first line of its docstring), variants.

    A config is a Python program, which is run to read its variants. Where that fails, the question says why.

    Args:
      references: paths, or names of configs that nlpfeat ships.
    """
    rows = []
    for reference in references:
        try:
            get_config, path = get_config_of(reference)
        except UserError as error:
            rows.append((reference, str(error), ()))
            continue
        docstring = ast.get_docstring(ast.parse(path.read_bytes())) or ""
        rows.append((reference, docstring.partition("\n")[0], getattr(get_config, "variants", ())))
    return pd.DataFrame(rows, columns=["config", "question", "variants"])


def _type_and_range(hint: object) -> tuple[str, str]:
    """A type hint in words, such as ("tuple of int", "≥ 1")."""
    if get_origin(hint) is Annotated:
        hint, *bounds = get_args(hint)
        ranges = ", ".join(str(bound) for bound in bounds if isinstance(bound, Range | Choice))
        return _type_and_range(hint)[0], ranges
    if get_origin(hint) is tuple:
        inner, ranges = _type_and_range(get_args(hint)[0])
        return f"tuple of {inner}", ranges
    return getattr(hint, "__name__", str(hint)), ""
