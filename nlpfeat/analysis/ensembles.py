"""One wide network against an ensemble of narrow ones, and what of the gain of width is variance, and what bias.

The prediction of an ensemble is the mean of its members' probabilities. The squared error of probabilities (Brier score) is the sum of
the error of their mean over networks (squared bias, with what cannot be known) and of their variance over networks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.special import softmax

from nlpfeat.config.fields import setting_names
from nlpfeat.data.core import Params, count, split_names
from nlpfeat.data.text.characters import NextTokens
from nlpfeat.errors import UserError
from nlpfeat.progress import Track, untracked
from nlpfeat.stats.intervals import Interval, difference_interval, mean_interval
from nlpfeat.study.forward import forward
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.select import ANYWHERE, finished_widths, members_of_width
from nlpfeat.study.session import Study
from nlpfeat.sweeps.compute import flops_per_step
from nlpfeat.sweeps.members import NewMember, stack_settings
from nlpfeat.sweeps.trials import run_trials
from nlpfeat.training.task import GradientDescent

SAMPLE = 2000  # examples on which probabilities are compared
RESAMPLES = 1000
MIN_MEMBERS = 3  # of a variance


@dataclass(frozen=True)
class EnsembleOptions:
    """What is compared.

    Attributes:
      widths: of the study; empty for all of them.
      draws: so many draws of the training data are crossed with as many initial weights, and trained anew at each width, to tell the
        variance of the one from that of the other; 0 for none.
    """

    widths: tuple[int, ...] = ()
    draws: int = 0

    def __post_init__(self) -> None:
        if self.draws and self.draws < MIN_MEMBERS:
            raise UserError(f"draws: a variance needs at least {MIN_MEMBERS}")


class Ensembles(NamedTuple):
    """Ensembles of the networks of a study.

    Attributes:
      ensembles: one row per width and number of members: these; units, of all members; flops, of a training step of all of them; groups of
        different seeds; mean accuracy over groups with its 95 % interval, low, accuracy, high.
      contrasts: one row per ensemble of two members and more, and "equal" ("units" or "compute"): width, members, wide, the width of the
        one network that has as many units, or the widest that costs no more; accuracy of the ensemble less that of the wide network,
        with its 95 % interval, low, difference, high.
      errors: one row per width: "error", the mean squared error of probabilities, its parts "bias" and "variance", and, for the gain over
        the narrowest width, "variance_share" with its interval over seeds share_low, share_high.
      sources: one row per width, with draws: the variances over "data", over "initial" weights (with the order of batches), and over "both"
        (what neither explains alone).
      split: on which all are evaluated: the last one, of the first seed.
    """

    ensembles: pd.DataFrame
    contrasts: pd.DataFrame
    errors: pd.DataFrame
    sources: pd.DataFrame
    split: str


def ensembles(
    study: Study,
    options: EnsembleOptions = EnsembleOptions(),
    settings: Mapping[str, float] = ANYWHERE,
    track: Track = untracked,
) -> Ensembles:
    """Compare ensembles of a study's networks with its wider ones.

        nlpfeat.ensembles(nlpfeat.open_study("runs/spirals")).contrasts

    Args:
      study: of a classifier, or of a network that predicts the next token.
      options: what is compared.
      settings: of further axes, where the grid has any.
      track: follows the widths, then the programs.

    Raises:
      UserError: if the task is not trained on the cross-entropy of classes, its data are the same for all seeds and draws of them are
        asked for, or a width has fewer than three members that converged.
    """
    learner = study.task.learner
    if not isinstance(learner, GradientDescent) or learner.uniform_loss is None:
        raise UserError(
            f"{study.task.name} is not trained on the cross-entropy of classes, so there are no probabilities to average"
        )
    if options.draws:
        _require_draws(study)
    widths = options.widths or finished_widths(study, settings)
    asked: _Examples | None = None
    found: dict[int, np.ndarray] = {}
    for width in track(widths, "widths", len(widths)):
        members = members_of_width(study, width, settings)
        if len(members) < MIN_MEMBERS:
            raise UserError(
                f"width {width} has {len(members)} members that converged, and a variance needs {MIN_MEMBERS}: sweep more seeds"
            )
        asked = asked or _examples(members[0])
        found[width] = np.stack([_probabilities(member, member.params, asked) for member in members])
    assert asked is not None
    flops = {width: flops_per_step(study.factory, width) for width in widths}
    accuracies = {
        (width, size): _accuracies(values, asked.targets, size)
        for width, values in found.items()
        for size in _sizes(len(values))
    }
    rows = [_row(width, size, groups, flops[width]) for (width, size), groups in accuracies.items()]
    sources = _sources(study, widths, options.draws, settings, asked, track) if options.draws else []
    return Ensembles(
        pd.DataFrame(rows),
        pd.DataFrame(_contrasts(accuracies, flops)),
        pd.DataFrame(_errors(found, asked.targets)),
        pd.DataFrame(sources),
        asked.split,
    )


class _Examples(NamedTuple):
    """The examples on which all networks are compared.

    Attributes:
      of: the member whose they are.
      places: in the split.
      kept: bool, which predictions have a target.
      targets: int (n,), of these.
    """

    of: TrainedMember
    split: str
    places: np.ndarray
    kept: np.ndarray
    targets: Int[np.ndarray, " n"]


def _examples(member: TrainedMember) -> _Examples:
    split = split_names(member.splits)[-1]
    examples = member.splits[split]
    index = np.linspace(0, count(examples) - 1, min(count(examples), SAMPLE)).astype(int)
    batch = member.task.data.batch(member.dataset.arrays, examples, index)
    targets = batch.targets
    if isinstance(targets, NextTokens):
        valid = np.asarray(targets.valid).reshape(-1)
        return _Examples(member, split, index, valid, np.asarray(targets.tokens).reshape(-1)[valid])
    whole = np.asarray(targets).reshape(-1)
    return _Examples(member, split, index, np.ones(len(whole), bool), whole)


def _probabilities(member: TrainedMember, params: Params, asked: _Examples) -> Float[np.ndarray, "n classes"]:
    data = asked.of.data._replace(settings=member.settings)
    scores = forward(member.program, params, data, asked.split, asked.places, ("scores",))["scores"]
    return softmax(scores.reshape(-1, scores.shape[-1])[asked.kept].astype(np.float64), axis=1)


def _sizes(members: int) -> list[int]:
    """Powers of two; of the largest there may be one group."""
    return [2**i for i in range(members.bit_length()) if 2**i <= members]


def _accuracies(
    probabilities: Float[np.ndarray, "members n classes"], targets: np.ndarray, size: int
) -> Float[np.ndarray, " groups"]:
    groups = len(probabilities) // size
    means = probabilities[: groups * size].reshape(groups, size, *probabilities.shape[1:]).mean(1)
    return (means.argmax(-1) == targets).mean(1)


def _row(width: int, size: int, groups: np.ndarray, flops: float) -> dict[str, float]:
    interval = mean_interval(groups)
    return {
        "width": width,
        "members": size,
        "units": width * size,
        "flops": size * flops,
        "groups": len(groups),
    } | {
        "low": interval.low,
        "accuracy": interval.estimate,
        "high": interval.high,
    }


def _contrasts(
    accuracies: Mapping[tuple[int, int], np.ndarray], flops: Mapping[int, float]
) -> Iterator[dict[str, float | str]]:
    for (width, size), groups in accuracies.items():
        wider = {
            "units": [one for one in flops if one == width * size],
            "compute": [
                one for one in flops if width < one and flops[one] <= size * flops[width] * (1 + 1e-9)
            ],
        }
        for equal, others in wider.items():
            if size > 1 and others:
                wide = max(others)
                interval = difference_interval(groups, accuracies[wide, 1])
                yield {"equal": equal, "width": width, "members": size, "wide": wide} | {
                    "low": interval.low,
                    "difference": interval.estimate,
                    "high": interval.high,
                }


class _Parts(NamedTuple):
    """The parts of an error."""

    bias: float
    variance: float


def _errors(found: Mapping[int, np.ndarray], targets: np.ndarray) -> Iterator[dict[str, float]]:
    narrowest = min(found)
    rng = np.random.default_rng(0)
    for width, values in found.items():
        parts = _Moments.of(values, targets).parts(np.arange(len(values)))
        row = {"width": width, "error": parts.bias + parts.variance, **parts._asdict()}
        share = Interval(np.nan, np.nan, np.nan)
        if width != narrowest:
            share = _variance_share(found[narrowest], values, targets, rng)
        yield row | {"share_low": share.low, "variance_share": share.estimate, "share_high": share.high}


def _variance_share(
    narrow: np.ndarray, wide: np.ndarray, targets: np.ndarray, rng: np.random.Generator
) -> Interval:
    """The share of variance in the difference of two errors, with its bootstrap interval over seeds.

    Both parts are sums over pairs of networks, so that a resampled estimate weighs the products of all pairs anew.
    """
    moments = [_Moments.of(values, targets) for values in (narrow, wide)]
    resampled = []
    for _ in range(RESAMPLES):
        before, after = (
            one.parts(rng.integers(len(one.products), size=len(one.products))) for one in moments
        )
        resampled.append(_share(before, after))
    low, high = np.nanquantile(resampled, (0.025, 0.975))
    before, after = (one.parts(np.arange(len(one.products))) for one in moments)
    return Interval(float(low), _share(before, after), float(high))


def _share(before: _Parts, after: _Parts) -> float:
    gain = before.bias + before.variance - after.bias - after.variance
    return (before.variance - after.variance) / gain if gain else np.nan


class _Moments(NamedTuple):
    """What the parts of the error of some networks depend on.

    Attributes:
      products: float64 (members, members), means over examples of the scalar products of the networks' errors.
    """

    products: Float[np.ndarray, "members members"]

    @classmethod
    def of(cls, probabilities: Float[np.ndarray, "members n classes"], targets: np.ndarray) -> "_Moments":
        """Of the probabilities of networks."""
        off = (probabilities - np.eye(probabilities.shape[-1])[targets]).reshape(len(probabilities), -1)
        return cls(off @ off.T / len(targets))

    def parts(self, chosen: Int[np.ndarray, " members"]) -> _Parts:
        """Unbiased estimates of the parts of the error of networks `chosen` with repetition.

        The squared bias is the mean product of two different networks; what a network has beyond it is variance.
        """
        products = self.products[np.ix_(chosen, chosen)]
        different = chosen[:, None] != chosen[None]
        if not different.any():
            return _Parts(np.nan, np.nan)
        bias = float(products[different].mean())
        return _Parts(bias, float(np.diag(products).mean()) - bias)


def _require_draws(study: Study) -> None:
    """Check that the training data of two seeds differ.

    Raises:
      UserError: if not.
    """
    settings = [jax.tree.map(np.asarray, replace(study.spec.settings, seed=seed, width=1)) for seed in (0, 1)]
    first, second = (jax.tree.leaves(study.factory.splits(one)["train"]) for one in settings)
    if all(map(np.array_equal, first, second)):
        raise UserError(
            f"draws: all members of {study.task.name} share their data, so there are no draws of it"
        )


def _sources(
    study: Study,
    widths: Sequence[int],
    draws: int,
    settings: Mapping[str, float],
    asked: _Examples,
    track: Track,
) -> Iterator[dict[str, float]]:
    """Train networks of every data draw with every start, and split the variance of their probabilities in two ways."""
    factory, names = study.factory, list(setting_names(study.spec.settings))
    rows, given = [], []
    for width in widths:
        own = study.members[study.members["width"] == width]
        for name, value in settings.items():
            own = own[own[name] == value]
        table = pd.DataFrame([{**own.iloc[0].to_dict(), "seed": seed} for seed in range(draws)])
        made = factory.new_members(stack_settings(study.spec.settings, table), width)
        for data in made:
            for start in made:
                rows.append({name: getattr(start.settings, name).item() for name in names})
                given.append(NewMember(start.settings, data.splits, start.params))
    trained = run_trials(factory, pd.DataFrame(rows), given, study.spec.training.total, track)
    for number, width in enumerate(widths):
        block = slice(number * draws**2, (number + 1) * draws**2)
        module = factory.module(width)
        found = []
        for one, params in zip(given[block], trained.params[block], strict=True):
            member = replace(asked.of, module=module, settings=one.settings, params=params)
            found.append(_probabilities(member, params, asked))
        yield {"width": width} | variance_sources(np.stack(found).reshape(draws, draws, *found[0].shape))


def variance_sources(values: Float[np.ndarray, "data starts n classes"]) -> dict[str, float]:
    """The variance over data draws, over initial weights, and what depends on both: unbiased, summed over classes, mean over examples.

    Each may come out below 0 by chance. Source: two-way analysis of variance with random effects.

    Args:
      values: of a network for each data draw and each start.
    """
    draws, starts = values.shape[:2]
    mean = values.mean((0, 1))
    by_data, by_start = values.mean(1), values.mean(0)
    rest = values - by_data[:, None] - by_start[None] + mean
    both = (rest**2).sum((0, 1)) / ((draws - 1) * (starts - 1))
    data = ((by_data - mean) ** 2).sum(0) / (draws - 1) - both / starts
    start = ((by_start - mean) ** 2).sum(0) / (starts - 1) - both / draws
    parts = {"data": data, "initial": start, "both": both}
    return {name: float(part.sum(-1).mean()) for name, part in parts.items()}
