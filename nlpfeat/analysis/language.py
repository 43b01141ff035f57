"""Analyses of character networks: bits per character against width, statistics of sampled texts, probes of single units."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np
import pandas as pd
from jaxtyping import Float

from nlpfeat.analysis.sampling import SamplingOptions, book_of, sample_member, unit_activations
from nlpfeat.analysis.text_statistics import TextStatistics, text_statistics, vocabulary_of
from nlpfeat.analysis.unit_probes import DESCRIPTIONS, UnitProbe, probe_units, text_features
from nlpfeat.data.text.characters import Book
from nlpfeat.errors import UserError
from nlpfeat.progress import Track, untracked
from nlpfeat.stats.power_laws import PowerLaw, power_law
from nlpfeat.store.results import converged, read_bucket, record_converged
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.select import ANYWHERE, finished_steps, members_at_point, members_at_steps
from nlpfeat.study.session import Study

log = logging.getLogger(__name__)
# Sizes of a network, as columns, that bits per character are compared with.
SIZES = {"width": "units", "parameters": "parameters", "seconds": "seconds of training per member"}


class WidthCurves(NamedTuple):
    """Bits per character of all members at one point of the grid.

    Attributes:
      curves: one row per member and recorded step: member, width, seed, parameters, seconds, step, and "SPLIT bits".
      laws: size -> power law of the evaluation split's bits at the last step; None where none can be fitted.
      evaluated: the column of the evaluation split.
    """

    curves: pd.DataFrame
    laws: dict[str, PowerLaw | None]
    evaluated: str

    @property
    def last(self) -> pd.DataFrame:
        """The rows of the last step."""
        return self.curves[self.curves["step"] == self.curves["step"].max()]


def width_curves(study: Study, point: Mapping[str, float] = ANYWHERE) -> WidthCurves:
    """Bits per character against the size of the network, with power laws.

    Args:
      study: of character networks.
      point: settings of the further axes of its grid.

    Raises:
      UserError: if no bucket is finished, or the point leaves further axes open.
    """
    evaluated = f"{book_of(study).evaluation_split} bits"
    curves = _bits(study, members_at_point(study, point))
    last = WidthCurves(curves, {}, evaluated).last
    bits, seeds = last[evaluated].to_numpy(), last["seed"].to_numpy()
    diverged = int(np.isinf(bits).sum())
    if diverged:
        log.warning(
            "%d of %d members diverged: their bits count as infinite, and the power laws are of the others",
            diverged,
            len(bits),
        )
    laws = {name: power_law(last[name].to_numpy(), bits, seeds) for name in SIZES}
    return WidthCurves(curves, laws, evaluated)


def _bits(study: Study, members: pd.DataFrame) -> pd.DataFrame:
    """The curves of finished members. The seconds of a bucket are divided equally among its members."""
    labels = [label for label in members["bucket"].unique() if study.folder.result(label).exists()]
    if not labels:
        raise UserError(f"{study.path} has no finished bucket: run the sweep to its end first")
    tables = []
    for label in labels:
        result = read_bucket(study.folder, label).set_index(member="id")
        seconds = float(result.attrs["seconds"]) / result.sizes["member"]
        steps = result["step"].to_numpy()
        for name, row in members[members["bucket"] == label].iterrows():
            # A member that diverged predicts nothing. It counts, with infinitely many bits.
            bits = result["bits"].where(converged(result), np.inf).sel(member=name)
            width = int(row["width"])
            columns = {
                "member": name,
                "width": width,
                "seed": int(row["seed"]),
                "parameters": sum(leaf.size for leaf in jax.tree.leaves(study.factory.shapes(width))),
                "seconds": seconds * steps / steps[-1],
                "step": steps,
            }
            splits = {f"{split} bits": bits.sel(split=split).to_numpy() for split in bits["split"].to_numpy()}
            tables.append(pd.DataFrame(columns | splits))
    return pd.concat(tables).sort_values(["width", "seed", "step"], ignore_index=True)


@dataclass(frozen=True)
class StatisticsOptions:
    """What each member writes.

    Attributes:
      characters: in all.
      texts: number of texts that they are divided into.
      temperature: as in `SamplingOptions`.
      sample_seed: as in `SamplingOptions`.
    """

    characters: int = 20_000
    texts: int = 20
    temperature: float = 0.8
    sample_seed: int = 0

    @property
    def sampling(self) -> SamplingOptions:
        """The options of sampling."""
        per_text = -(-self.characters // self.texts)
        return SamplingOptions(self.temperature, per_text, self.texts, self.sample_seed)


class MemberStatistics(NamedTuple):
    """Statistics of the texts that all members write.

    Attributes:
      members: one row per member and kept step: width, seed, step, and the fields of `TextStatistics`.
      references: the same statistics of the evaluation text, first, and of its characters in random order.
    """

    members: pd.DataFrame
    references: dict[str, TextStatistics]


def member_statistics(
    study: Study,
    point: Mapping[str, float] = ANYWHERE,
    options: StatisticsOptions = StatisticsOptions(),
    track: Track = untracked,
) -> MemberStatistics:
    """Sample texts from every finished member at every kept step, and compute their statistics.

    Args:
      study: of character networks.
      point: settings of the further axes of its grid.
      options: number and temperature of the sampled characters.
      track: follows the members.

    Raises:
      UserError: if no bucket is finished, or the point leaves further axes open.
    """
    book = book_of(study)
    vocabulary = vocabulary_of(book.text("train"))
    table = members_at_point(study, point)
    steps = finished_steps(study.folder, table)
    total = sum(int((table["bucket"] == label).sum()) for label, _ in steps)
    rows = []
    for member in track(members_at_steps(study, table, steps), "networks have written", total):
        if member.finite and record_converged(member.record):
            texts = sample_member(member, book.prompt, options.sampling)
            statistics = text_statistics(texts, vocabulary)._asdict()
        else:
            log.warning(
                "member %s diverged by step %d: all its statistics count as 0", member.id, member.step
            )
            statistics = dict.fromkeys(TextStatistics._fields, 0.0)
        settings = member.settings
        where = {"width": int(settings.width), "seed": int(settings.seed), "step": member.step}
        rows.append(where | statistics)
    members = pd.DataFrame(rows).sort_values(["width", "seed", "step"], ignore_index=True)
    return MemberStatistics(members, _references(book, vocabulary, options.characters))


def _references(book: Book, vocabulary: frozenset[str], characters: int) -> dict[str, TextStatistics]:
    text = book.text(book.evaluation_split, characters)
    shuffled = "".join(np.random.default_rng(0).permutation(list(text)))
    return {
        f"the {book.evaluation_name}": text_statistics([text], vocabulary),
        "its characters, shuffled": text_statistics([shuffled], vocabulary),
    }


class MemberProbes(NamedTuple):
    """The units of one network that follow features of a text.

    Attributes:
      probes: feature -> its probe, for the features that vary in both texts.
      text: the evaluation text.
      name: what that text is called.
      features: feature -> (characters,), on that text.
      activations: (characters, layers · units), on that text.
      units: per layer.
    """

    probes: dict[str, UnitProbe]
    text: str
    name: str
    features: dict[str, Float[np.ndarray, " characters"]]
    activations: Float[np.ndarray, "characters layers_units"]
    units: int

    def unit_name(self, feature: str) -> str:
        """The unit that follows a feature, such as "layer 1, unit 12"."""
        layer, unit = divmod(self.probes[feature].unit, self.units)
        return f"layer {layer + 1}, unit {unit}"

    @property
    def table(self) -> pd.DataFrame:
        """One row per feature: feature, layer, and the fields of `UnitProbe`, `unit` being counted within its layer."""
        table = pd.DataFrame([probe._asdict() for probe in self.probes.values()])
        table.insert(0, "feature", list(self.probes))
        table.insert(1, "layer", table["unit"] // self.units)
        return table.assign(unit=table["unit"] % self.units)


def member_probes(study: Study, member: TrainedMember, characters: int = 60_000) -> MemberProbes:
    """For each feature of a text, find the unit that follows it best on training text, and evaluate it on other text.

    Args:
      study: of character networks.
      member: of the study.
      characters: of the training text and of the evaluation text, at most.

    Raises:
      UserError: if no feature varies in the texts.
    """
    book = book_of(study)
    splits = ("train", book.evaluation_split)
    texts = [book.text(split, characters) for split in splits]
    activations = [
        unit_activations(member.module, member.params, member.settings, book.split(split)[:characters])
        for split in splits
    ]
    train, evaluation = map(text_features, texts)
    candidates = {
        name: probe_units(activations[0], train[name], activations[1], evaluation[name])
        for name in DESCRIPTIONS
    }
    probes = {name: probe for name, probe in candidates.items() if probe is not None}
    if not probes:
        raise UserError(
            f"{study.path}: no quotes, brackets, lines or words to follow in the first {characters:,} characters of each split"
        )
    units = activations[1].shape[1] // study.spec.model.layers
    return MemberProbes(probes, texts[1], book.evaluation_name, evaluation, activations[1], units)
