"""Members named on a command line: --width, --seed, and any further axis of the study's grid."""

import argparse
from collections.abc import Sequence

from nlpfeat.cli.parsing import number
from nlpfeat.config.fields import setting_names
from nlpfeat.errors import UserError
from nlpfeat.study.restore import find_member
from nlpfeat.study.select import AXES, NAMED_SEEDS, format_number, with_seed, with_width
from nlpfeat.study.session import Study


def further(study: Study) -> tuple[str, ...]:
    """The traced settings of a study beside width and seed."""
    return tuple(name for name in setting_names(study.spec.settings) if name not in AXES)


def settings_of(args: argparse.Namespace, names: Sequence[str]) -> dict[str, float]:
    """The settings of `names` that the flags give.

    Raises:
      UserError: for a value that is no number.
    """
    return {n: number(n, getattr(args, n)) for n in names if getattr(args, n, None) is not None}


def point_of_flags(study: Study, args: argparse.Namespace) -> dict[str, float]:
    """The point of the study's further axes that the flags name."""
    return settings_of(args, further(study))


def member_of(study: Study, args: argparse.Namespace) -> dict[str, float]:
    """The settings of the one member that --width, --seed and the flags of further axes name.

    --width may be left out where the study has one width.

    Raises:
      UserError: for flags that name none.
    """
    widths = [args.width] if args.width is not None else sorted(study.members["width"].unique())
    if len(widths) != 1:
        there = ", ".join(map(str, widths))
        raise UserError(f"which member? Give --width, which is one of {there}, and perhaps --seed")
    (member,) = _named(study, args, "width", [str(widths[0])])
    return member


def members_of(study: Study, args: argparse.Namespace) -> list[dict[str, float]]:
    """The settings of the members that the flags name, one for each width of --width or --widths.

    Raises:
      UserError: for flags that name none.
    """
    if (args.width is None) == (args.widths is None):
        raise UserError("name members by one of --width=N and --widths=N,N,…, the latter side by side")
    if args.widths is None:
        return [member_of(study, args)]
    return _named(study, args, "widths", args.widths.split(","))


def _named(study: Study, args: argparse.Namespace, flag: str, texts: list[str]) -> list[dict[str, float]]:
    """The members of the widths `texts`, as the flag gives them."""
    point, members = point_of_flags(study, args), []
    for text in texts:
        chosen = with_width(study.results, study.task, {"width": "best", **point}) if text == "best" else {}
        member: dict[str, float] = {"width": number(flag, str(chosen.get("width", text)))}
        if args.seed in NAMED_SEEDS:
            named = {**member, "seed": args.seed, **point}
            member["seed"] = with_seed(study.results, study.task, named)["seed"]
        else:
            member["seed"] = number("seed", args.seed)
        find_member(study.folder, member | point)
        if member | point in members:
            raise UserError(f"--widths: {format_number(member['width'])} appears twice; list each width once")
        members.append(member | point)
    return members
