"""The recipe of gradient descent: the traced settings of all tasks that learn by it, and which of them a bucket uses."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Annotated

from jaxtyping import PyTree

from nlpfeat.config.choices import CHOICES
from nlpfeat.config.fields import (
    Choice,
    Fraction,
    NonNegative,
    NonNegativeInt,
    Range,
    Scalar,
    Settings,
    off_values,
    settings_class,
    traced,
)
from nlpfeat.training.learning_rates import CONSTANT
from nlpfeat.training.parametrisation import STANDARD

AtLeastOne = Annotated[float, Range(1)]
BelowOne = Annotated[float, Range(0, 0.9999999)]


@settings_class
class DescentSettings(Settings):
    """The traced settings of gradient descent, beside those of a task.

    Attributes:
      parametrisation: see `nlpfeat.training.parametrisation`. Standard: one rate, initial values as the layers draw them.
      base_width: at which all parametrisations are the same.
      input_lr_scale, hidden_lr_scale, output_lr_scale: factors of the learning rates of layers with the width as their fan-out
        (embeddings among them), as both fans, as their fan-in. With input_lr_scale 0, a network of one hidden layer keeps its
        random features.
      output_init_scale: factor of the initial weights of layers with the width as their fan-in; 0 starts them at zero.
      schedule: of the learning rate in each phase, see `nlpfeat.training.learning_rates`.
      warmup_steps: at the beginning of each phase, in which the rate rises linearly from 0.
      final_lr_scale: factor of the learning rate at the end of a linear or cosine schedule.
      decoupled_decay: weight decay as in AdamW (Loshchilov & Hutter 2019): parameters lose this share times the learning rate
        per step, beside the step of the optimizer.
      clip_norm: largest norm of the gradient; larger gradients are scaled down. 0 for no limit.
      label_smoothing: share of the target that is uniform over the classes in training (Szegedy et al. 2016).
      average_decay: decay of an exponential moving average of the parameters; 0 for none. The average is what is evaluated and
        restored.
      average_share: share of the steps, at the end, over which the parameters are averaged; 0 for none.
    """

    parametrisation: Scalar = traced(STANDARD, Annotated[int, Choice(CHOICES["parametrisation"])])
    base_width: Scalar = traced(64.0, AtLeastOne)
    input_lr_scale: Scalar = traced(1.0, NonNegative)
    hidden_lr_scale: Scalar = traced(1.0, NonNegative)
    output_lr_scale: Scalar = traced(1.0, NonNegative)
    output_init_scale: Scalar = traced(1.0, NonNegative)
    schedule: Scalar = traced(CONSTANT, Annotated[int, Choice(CHOICES["schedule"])])
    warmup_steps: Scalar = traced(0, NonNegativeInt)
    final_lr_scale: Scalar = traced(0.0, Fraction)
    decoupled_decay: Scalar = traced(0.0, NonNegative)
    clip_norm: Scalar = traced(0.0, NonNegative)
    label_smoothing: Scalar = traced(0.0, Fraction)
    average_decay: Scalar = traced(0.0, BelowOne)
    average_share: Scalar = traced(0.0, Fraction)


# The parts of a training step that are compiled only where a member uses them, with their settings. A setting at its default is
# not in use.
PARTS: dict[str, tuple[str, ...]] = {
    "parametrisation": ("parametrisation", "input_lr_scale", "hidden_lr_scale", "output_lr_scale"),
    "decoupled_decay": ("decoupled_decay",),
    "clip_norm": ("clip_norm",),
    "label_smoothing": ("label_smoothing",),
    "average": ("average_decay", "average_share"),
}


def used_parts(settings: Settings, values: Mapping[str, Sequence[float]]) -> tuple[str, ...]:
    """The parts of a training step that some members use: those of `PARTS`, and the names of rates of dropout.

    Args:
      settings: of the study.
      values: setting -> its values, of the members.
    """
    if not isinstance(settings, DescentSettings):
        return ()
    off = {one.name: one.default for one in fields(DescentSettings)} | off_values(type(settings))

    def used(name: str) -> bool:
        return any(value != off[name] for value in values[name])

    parts = PARTS | {name: (name,) for name in off_values(type(settings))}
    return tuple(part for part, names in parts.items() if any(map(used, names)))


def with_parts(settings: Settings, parts: Sequence[str]) -> Settings:
    """The settings with Python numbers in place of rates of dropout that no member uses, so that nothing is compiled for them.

    Args:
      settings: of a member, traced.
      parts: from `used_parts`.
    """
    if not isinstance(settings, DescentSettings):
        return settings
    unused = {name: value for name, value in off_values(type(settings)).items() if name not in parts}
    return replace(settings, **unused)


def complaint(settings: PyTree, phases: Sequence[int]) -> str | None:
    """What is wrong with a combination of settings, in words that begin with the name of one; None if nothing is.

    Args:
      settings: `DescentSettings` with Python numbers.
      phases: steps of each phase.
    """
    shortest = min(phases)
    if settings.warmup_steps >= shortest:
        return f"warmup_steps: {settings.warmup_steps} steps of warm-up do not end within a phase of {shortest} steps: shorten it"
    if settings.average_decay and settings.average_share:
        return "average_decay and average_share are two kinds of averages: set one of them to 0"
    if settings.average_share and settings.average_share * sum(phases) < 1:
        return (
            f"average_share: {settings.average_share:g} of {sum(phases)} steps is an average over nothing: at least "
            f"{1 / sum(phases):.2g} is one step"
        )
    return None
