"""Character networks: what their width buys, statistics of what they write, what their units follow."""

import argparse
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nlpfeat.cli import parsing
from nlpfeat.cli.parsing import Command, Parser, add_count, require_range
from nlpfeat.cli.write import add_temperature, open_characters

if TYPE_CHECKING:
    from nlpfeat.stats.power_laws import PowerLaw

MIN_CHARACTERS, MAX_CHARACTERS = 1000, 1_000_000


def _add_width(parser: Parser) -> None:
    parsing.add_study(parser, "runs/char_rnn")
    parsing.add_json(parser)


def _add_statistics(parser: Parser) -> None:
    _add_width(parser)
    add_count(parser, "--characters", 20_000, "number of characters that each member writes")
    add_temperature(parser)


def _add_units(parser: Parser) -> None:
    _add_width(parser)
    parsing.add_member(parser)
    add_count(parser, "--characters", 60_000, "number of characters read of each split")


def _file(name: str, settings: Mapping[str, float]) -> str:
    return "-".join([name, *(f"{key}={value:g}" for key, value in settings.items())])


def _width(args: argparse.Namespace, line: str) -> int:
    from nlpfeat.analysis.language import SIZES, width_curves
    from nlpfeat.cli.figures import write_figure
    from nlpfeat.cli.members import point_of_flags
    from nlpfeat.cli.tables import median_cell, print_columns, print_json
    from nlpfeat.plotting.figures.language import width_curves_figure

    study = open_characters(args)
    point = point_of_flags(study, args)
    result = width_curves(study, point)
    last = result.last
    if args.json:
        laws = {name: law and law._asdict() for name, law in result.laws.items()}
        print_json({"members": last, "laws": laws})
        return 0
    groups = list(last.groupby("width"))
    columns = {
        "units": [f"{width:g}" for width, _ in groups],
        "parameters": [f"{group['parameters'].iloc[0]:,}" for _, group in groups],
        "members": [str(len(group)) for _, group in groups],
        "seconds each": [f"{group['seconds'].median():.3g}" for _, group in groups],
    }
    for name in last.columns[last.columns.str.endswith(" bits")]:
        columns[name] = [median_cell(group[name].to_numpy()) for _, group in groups]
    print_columns(
        columns,
        "bits per character at the last step: median over seeds (lowest–highest); the seconds of a bucket are divided equally "
        "among its members, which are padded to the widest",
    )
    for name, law in result.laws.items():
        print(f"{result.evaluated} against {SIZES[name]}: {describe_law(law)}")
    heading = "What width buys a character network: every seed a point, median, quartiles"
    name = _file("characters-width", point)
    write_figure(study, name, width_curves_figure(result), heading, line, last)
    return 0


def describe_law(law: "PowerLaw | None") -> str:
    """Such as "floor 1.75 (1.6 to 1.8) + 60 · size^−exponent, exponent 0.42 (0.37 to 0.45); …", without intervals for few seeds."""
    if law is None:
        return "no power law: fewer than 4 sizes, or it does not fall"

    from nlpfeat.stats.intervals import MIN_SEEDS

    known = not math.isnan(law.exponent.low)

    def spell(values: Sequence[float]) -> str:
        low, estimate, high = values
        return f"{estimate:.3g} ({low:.3g} to {high:.3g})" if known else f"{estimate:.3g}"

    intervals = (
        "bootstrap 95 % intervals over seeds" if known else f"no interval with fewer than {MIN_SEEDS} seeds"
    )
    return f"floor {spell(law.floor)} + {law.scale.estimate:.3g} · size^−exponent, exponent {spell(law.exponent)}; {intervals}"


def _statistics(args: argparse.Namespace, line: str) -> int:
    require_range(args, "temperature", 0)
    require_range(args, "characters", MIN_CHARACTERS, MAX_CHARACTERS)

    import numpy as np

    from nlpfeat.analysis.language import StatisticsOptions, member_statistics
    from nlpfeat.analysis.text_statistics import DESCRIPTIONS
    from nlpfeat.cli.figures import write_figure
    from nlpfeat.cli.members import point_of_flags
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import median_cell, print_columns, print_json
    from nlpfeat.plotting.figures.language import member_statistics_figure

    study = open_characters(args)
    point = point_of_flags(study, args)
    options = StatisticsOptions(args.characters, temperature=args.temperature)
    result = member_statistics(study, point, options, track)
    members, references = result
    if args.json:
        print_json(
            {
                "members": members,
                "references": {name: statistics._asdict() for name, statistics in references.items()},
            }
        )
        return 0
    groups = list(members[members["step"] == members["step"].max()].groupby("width"))
    columns = {"units": [f"{width:g}" for width, _ in groups] + list(references)}
    for name in DESCRIPTIONS:
        cells = [group[name].to_numpy() for _, group in groups]
        cells += [np.array([getattr(statistics, name)]) for statistics in references.values()]
        columns[name] = [median_cell(cell) for cell in cells]
    described = "; ".join(f"{name}: {description}" for name, description in DESCRIPTIONS.items())
    print_columns(columns, f"at the last step: median over seeds (lowest–highest). {described}")
    figure = member_statistics_figure(result, study.task.width_label)
    heading = (
        "Statistics of what the networks write: at the last step, every member a point (above), and over training (below); "
        f"dashed: {next(iter(references))}"
    )
    write_figure(study, _file("characters-statistics", point), figure, heading, line, members)
    return 0


def _units(args: argparse.Namespace, line: str) -> int:
    require_range(args, "characters", MIN_CHARACTERS, MAX_CHARACTERS)

    from nlpfeat.analysis.language import member_probes
    from nlpfeat.analysis.unit_probes import DESCRIPTIONS
    from nlpfeat.cli.figures import write_figure
    from nlpfeat.cli.members import member_of
    from nlpfeat.cli.tables import print_columns, print_json
    from nlpfeat.plotting.figures.language import member_probes_figure
    from nlpfeat.study.select import describe_settings

    study = open_characters(args)
    settings = member_of(study, args)
    member = study.restore_converged(args.step, **settings)
    result = member_probes(study, member, args.characters)
    if args.json:
        print_json({"member": member.id, "step": member.step, "probes": result.table})
        return 0
    probes = result.probes
    columns = {
        "followed": [DESCRIPTIONS[name] for name in probes],
        "by": [result.unit_name(name) for name in probes],
        "r² where chosen": [f"{probe.train_r2:.3f}" for probe in probes.values()],
        f"r², {result.name}": [f"{probe.evaluation_r2:.3f}" for probe in probes.values()],
        f"all units, {result.name}": [f"{probe.probe_r2:.3f}" for probe in probes.values()],
    }
    print_columns(
        columns,
        f"on the first {args.characters:,} characters of each split. r²: squared correlation of the unit with what it follows; all "
        "units: share of variance that a linear probe of all units explains",
    )
    heading = (
        f"What single units follow in the {result.name}: {describe_settings(settings)}, step {member.step}; red where a unit is "
        "above its mean"
    )
    write_figure(study, _file("characters-units", settings), member_probes_figure(result), heading, line)
    return 0


COMMAND = Command(
    "characters",
    "character networks: what width buys, statistics of what they write, what their units follow",
    subcommands=(
        Command(
            "width",
            "bits per character against units, parameters and seconds of training, with power laws above a floor",
            _add_width,
            _width,
            examples=("nlpfeat characters width --study=runs/char_rnn --dropout=0.3",),
            python='study = nlpfeat.open_study("runs/char_rnn"); nlpfeat.width_curves(study, {"dropout": 0.3}).last',
        ),
        Command(
            "statistics",
            "statistics of what every member writes, against width and over training, beside the held-out text",
            _add_statistics,
            _statistics,
            description="Letters in words of the book, quotes and brackets closed, numbered sections, lengths of lines.",
            examples=("nlpfeat characters statistics --study=runs/char_rnn --dropout=0.3",),
            python='study = nlpfeat.open_study("runs/char_rnn"); nlpfeat.member_statistics(study, {"dropout": 0.3}).members',
        ),
        Command(
            "units",
            "the unit that follows quotes, brackets, the position in the line or in the word best",
            _add_units,
            _units,
            description="Units are chosen on the training text and evaluated on the held-out text.",
            examples=("nlpfeat characters units --study=runs/char_rnn --dropout=0.3 --width=128 --seed=0",),
            python='study = nlpfeat.open_study("runs/char_rnn"); nlpfeat.member_probes(study, study.restore(dropout=0.3, width=128, seed=0)).table',
        ),
    ),
)
