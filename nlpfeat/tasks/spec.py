"""The spec of a study: a task, its static sections, and the grid of its traced settings. Frozen and checked."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod

from jaxtyping import PyTree

from nlpfeat.config import limits
from nlpfeat.config.fields import Settings, setting_names
from nlpfeat.config.schema import flatten, read_sections
from nlpfeat.digests import digest
from nlpfeat.errors import UserError, did_you_mean
from nlpfeat.tasks.registry import TASKS
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.schedule import TrainingSpec
from nlpfeat.training.task import GradientDescent, Task


@dataclass(frozen=True)
class Spec:
    """Everything that decides what a study computes. Equal specs, equal numbers.

    Attributes:
      task: what is trained.
      data, model, training: frozen dataclasses, static.
      settings: a Python number for each traced setting: the value of all members where `sweep` names no others.
      sweep: the axes of the grid, (name of a traced setting, its values), in order.
    """

    task: Task
    data: PyTree
    model: PyTree
    training: TrainingSpec
    settings: Settings
    sweep: tuple[tuple[str, tuple[float, ...]], ...]

    def to_dict(self) -> dict[str, PyTree]:
        """Nested dict of plain values: what `resolve` reads, what a study stores as JSON."""
        return {
            "task": self.task.name,
            "data": asdict(self.data),
            "model": asdict(self.model),
            "training": asdict(self.training),
            "settings": dict(vars(self.settings)),
            "sweep": dict(self.sweep),
        }


def resolve(config: Mapping[str, PyTree], overrides: Mapping[str, str] | None = None) -> Spec:
    """Check a config, apply the overrides of the command line, and freeze it.

    Args:
      config: nested mapping with "task" and any of "data", "model", "training", "settings", "sweep". What is
        missing takes the default of the task's types.
      overrides: dotted key -> text, such as {"sweep.width": "(2,8)"}.

    Raises:
      UserError: for an unknown task, and as `nlpfeat.config.schema.read_sections`.
    """
    flat, texts = flatten(config), dict(overrides or {})
    name = texts.pop("task", flat.pop("task", None))
    if name not in TASKS:
        raise UserError(f"config.task: no task {name!r}; {did_you_mean(str(name), TASKS)}")
    task = TASKS[str(name)]
    _refuse_recipe_of_a_rule(task, [*flat, *texts])
    found, sweep = read_sections(flat, texts, task.sections)
    settings = found["settings"]
    for key, most in task.model.limits(found["model"], found["data"]).items():
        largest = max(sweep.get(key, (getattr(settings, key),)))
        if largest > most:
            where = "sweep" if key in sweep else "settings"
            raise UserError(f"config.{where}.{key}: {largest:g} is more than this model has, {most:g}")
    for axis in ("width", "seed"):  # every study has these two axes
        sweep.setdefault(axis, (getattr(settings, axis),))
    axes = tuple((name, sweep[name]) for name in setting_names(task.model.settings) if name in sweep)
    if prod(len(values) for _, values in axes) > limits.MEMBERS:
        raise UserError(
            f"config.sweep: the grid has {prod(len(values) for _, values in axes):,} members, more than can be planned "
            f"({limits.MEMBERS:,}): list fewer values, or sweep into several studies"
        )
    return Spec(task, sweep=axes, **found)  # pyright: ignore[reportArgumentType]


def _refuse_recipe_of_a_rule(task: Task, keys: Iterable[str]) -> None:
    """Refuse settings of gradient descent where a task has none."""
    if issubclass(task.model.settings, DescentSettings):
        return
    recipe = set(setting_names(DescentSettings)) - set(setting_names(task.model.settings))
    for key in keys:
        section, _, name = key.partition(".")
        if section in ("settings", "sweep") and name in recipe:
            why = (
                f"the settings of {task.name} are no DescentSettings"
                if isinstance(task.learner, GradientDescent)
                else f"{task.name} learns by a rule of its own"
            )
            raise UserError(f"config.{key}: {why}, so it has no {name}")


def identity(spec: Spec) -> dict[str, object]:
    """The part of a spec that may not change within a study, flat: all but the grid."""
    return flatten({key: section for key, section in spec.to_dict().items() if key != "sweep"})


def member_ids(spec: Spec, settings: Mapping[str, Sequence[float]]) -> list[str]:
    """The ids of members: sixteen hexadecimal digits of a hash of everything that decides a member's numbers.

    They are the digests of [digest of the static sections, settings], both as canonical JSON.

    Args:
      spec: of the study; its own settings and grid do not matter.
      settings: setting -> Python numbers (members,), of every traced setting.
    """
    shared = digest({key: part for key, part in spec.to_dict().items() if key not in ("sweep", "settings")})
    started = hashlib.sha256(f'["{shared}", '.encode())
    names = sorted(settings)
    template = "{" + ", ".join(f'"{name}": %r' for name in names) + "}]"
    found = []
    for values in zip(*(settings[name] for name in names), strict=True):
        whole = started.copy()
        whole.update((template % values).encode())
        found.append(whole.hexdigest()[:16])
    return found


def config_hash(spec: Spec) -> str:
    """Twelve hexadecimal digits that stamp the figures of a study."""
    return digest(identity(spec))[:12]


def differences(stored: Spec, requested: Spec) -> list[str]:
    """The keys in which two specs differ, each with both values. What `requested` sweeps does not count."""
    left, right = identity(stored), identity(requested)
    swept = {f"settings.{name}" for name, _ in requested.sweep}
    return [
        f"{key} ({left.get(key)!r} there, {right.get(key)!r} asked)"
        for key in sorted(left.keys() | right.keys())
        if left.get(key) != right.get(key) and key not in swept
    ]
