"""The spec of a study: a task, its static sections, and the grid of its traced settings. Frozen and checked."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import prod
from pathlib import Path

from jaxtyping import PyTree

from nlpfeat.config import limits
from nlpfeat.config.choices import CHOICES
from nlpfeat.config.fields import Settings, setting_names
from nlpfeat.config.files import has_config, is_name, load_config
from nlpfeat.config.schema import flatten, read_sections
from nlpfeat.config.tied_axes import formula_values, names_in, parse_formula
from nlpfeat.digests import digest
from nlpfeat.errors import UserError, did_you_mean
from nlpfeat.tasks.registry import TASKS, find_task, origin_of
from nlpfeat.training.metrics import Success
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
      zipped: groups of axes that are walked together, so that the grid is no product of them.
      formulas: settings that are functions of axes, (name, such as "0.1 / width").
    """

    task: Task
    data: PyTree
    model: PyTree
    training: TrainingSpec
    settings: Settings
    sweep: tuple[tuple[str, tuple[float, ...]], ...]
    zipped: tuple[tuple[str, ...], ...] = ()
    formulas: tuple[tuple[str, str], ...] = ()

    @property
    def success(self) -> Success | None:
        """The criterion of a successful member; None for files of the user, as thresholds are those of the published data."""
        own = (
            any(getattr(self.data, key, "") for key in ("path", "formula"))
            and origin_of(self.task.name) is None
        )
        return None if own else self.task.evaluation.criterion

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """The names of the axes that are walked together, one group per dimension of the grid, in order."""
        group_of = {name: group for group in self.zipped for name in group}
        return list(dict.fromkeys(group_of.get(name, (name,)) for name, _ in self.sweep))

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of points along each of the `groups`."""
        axes = dict(self.sweep)
        return tuple(len(axes[group[0]]) for group in self.groups)

    @cached_property
    def tied(self) -> dict[str, tuple[str, ...]]:
        """The settings that other axes decide, each with these: of a zipped group, the first axis decides the others.

        The width and the seed, axes of every study, are decided by none.
        """
        found = {}
        for group in self.zipped:
            leader = next((name for name in ("width", "seed") if name in group), group[0])
            found |= {name: (leader,) for name in group if name not in ("width", "seed")}
            found.pop(leader, None)
        axes = dict(self.sweep)
        for name, text in self.formulas:
            named = names_in(parse_formula(name, text, axes))
            leaders = tuple(dict.fromkeys(one for other in named for one in found.get(other, (other,))))
            if name not in ("width", "seed"):
                found[name] = leaders
        return found

    def to_dict(self) -> dict[str, PyTree]:
        """Nested dict of plain values: what `resolve` reads, what a study stores as JSON."""
        return {
            "task": self.task.name,
            "data": asdict(self.data),
            "model": asdict(self.model),
            "training": asdict(self.training),
            "settings": dict(vars(self.settings)),
            "sweep": dict(self.sweep) | dict(self.formulas) | ({"zip": self.zipped} if self.zipped else {}),
        }


def read_config(reference: str | Path) -> dict[str, PyTree]:
    """A config by reference: a file, one that nlpfeat ships, or the defaults of a task of that name.

    Args:
      reference: such as "mine.py", "configs/spirals.py:smoke", "spirals:smoke", or "my_digits", a task registered from outside.

    Raises:
      UserError: if there is none of that name, and as `nlpfeat.config.files.load_config`.
    """
    text = str(reference)
    if is_name(text) and not has_config(text) and find_task(text) is not None:
        return {"task": text}
    return load_config(text)


def changed_config(config: Mapping[str, PyTree], changes: Mapping[str, PyTree]) -> dict[str, PyTree]:
    """A copy of a config with settings and keys changed, as by the arguments of `nlpfeat.sweep`.

    Args:
      config: nested.
      changes: a traced setting: a number for all members, several values or a formula for an axis of the grid. "data", "model"
        and "training": a mapping of keys. "zip": axes that are walked together.
    """
    copy: dict[str, PyTree] = {
        key: dict(part) if isinstance(part, Mapping) else part for key, part in config.items()
    }
    sweep, settings = (copy.setdefault(section, {}) for section in ("sweep", "settings"))
    for name, given in changes.items():
        value = given.tolist() if hasattr(given, "tolist") else given
        if name in ("data", "model", "training"):
            copy[name] = copy.get(name, {}) | dict(value)
        elif name == "zip":
            sweep["zip"] = value
        elif isinstance(value, str) and name not in CHOICES:  # a formula
            sweep[name] = value
        elif isinstance(value, (str, int, float)):
            settings[name] = value
            sweep.pop(name, None)
        elif isinstance(value, Sequence):
            sweep[name] = tuple(value)
        else:
            raise UserError(
                f"{name}: {value!r} is neither a number, nor several, nor a formula of other axes, as in '0.1 / width'"
            )
    return copy


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
    task = find_task(str(name))
    if task is None:
        raise UserError(f"config.task: no task {name!r}; {did_you_mean(str(name), TASKS)}")
    _refuse_recipe_of_a_rule(task, [*flat, *texts])
    read = read_sections(flat, texts, task.sections)
    found, sweep = read.values, read.sweep
    names = setting_names(task.model.settings)
    spec = Spec(
        task,
        sweep=tuple((name, sweep[name]) for name in names if name in sweep),
        zipped=read.zipped,
        formulas=tuple((name, read.formulas[name]) for name in names if name in read.formulas),
        **found,  # pyright: ignore[reportArgumentType]
    )
    for key, limit in task.model.limits(spec.model, spec.data).items():
        for value in _values_of(spec, key):
            complaint = limit.complaint(value)
            if complaint:
                where = "settings" if key not in sweep and key not in read.formulas else "sweep"
                raise UserError(f"config.{where}.{key}: {value:g} {complaint} with this model and data")
    if prod(spec.shape) > limits.MEMBERS:
        raise UserError(
            f"config.sweep: the grid has {prod(spec.shape):,} members, more than can be planned "
            f"({limits.MEMBERS:,}): list fewer values, or sweep into several studies"
        )
    return spec


def _values_of(spec: Spec, name: str) -> list[float]:
    """The values of a setting in the grid."""
    axes, formulas = dict(spec.sweep), dict(spec.formulas)
    if name in formulas:
        kind = type(getattr(spec.settings, name))
        return [value for _, value in formula_values(name, formulas[name], axes, kind)]
    return list(axes.get(name, (getattr(spec.settings, name),)))


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
    swept = {f"settings.{name}" for name, _ in (*requested.sweep, *requested.formulas)}
    return [
        f"{key} ({left.get(key)!r} there, {right.get(key)!r} asked)"
        for key in sorted(left.keys() | right.keys())
        if left.get(key) != right.get(key) and key not in swept
    ]
