"""The flags that say at which recipe studies are read: values of further axes, the best per width, a moment of training."""

import argparse
import math
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Parser
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    import xarray as xr

    from nlpfeat.analysis.recipe import RecipeOptions


def add_select(parser: Parser) -> None:
    """The flag that chooses a recipe for each width."""
    parser.add_argument(
        "--select",
        default="",
        metavar="NAME,NAME",
        help="choose the best value of these further axes for each width, on the validation split and every other seed; the "
        "seeds left are reported",
    )


def add_at(parser: Parser) -> None:
    """The flag that fixes further axes."""
    parser.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="read the grid at this value of a further axis",
    )


def add_moment(parser: Parser) -> None:
    """The flags that name a moment of training, of which one may be given."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--at-step", type=int, metavar="N", help="a recorded step (default: the last)")
    group.add_argument(
        "--at-loss", type=float, metavar="X", help="each member where its training loss first reaches X"
    )
    group.add_argument(
        "--at-flops", type=float, metavar="X", help="each width after X floating-point operations of training"
    )
    group.add_argument(
        "--at-convergence",
        action="store_true",
        help="each member where twice the steps would hardly lower its training loss",
    )
    group.add_argument(
        "--early-stopping", action="store_true", help="each member at its best recorded step on validation"
    )


def check_flags(args: argparse.Namespace) -> None:
    """Check what can be checked without a study.

    Raises:
      UserError: for a number that is none, or not positive.
    """
    for name in ("at_loss", "at_flops"):
        value = getattr(args, name, None)
        if value is not None and not 0 < value < math.inf:
            raise UserError(f"--{name.replace('_', '-')}: {value:g} must be a positive number")


def recipe_options(args: argparse.Namespace, dataset: "xr.Dataset | None" = None) -> "RecipeOptions":
    """The recipe that the flags name.

    Args:
      args: with those of the flags above that the command takes.
      dataset: the array of the study whose grid --at fixes; None for a command without --at.

    Raises:
      UserError: if the grid has no such axis or value.
    """
    from nlpfeat.analysis.recipe import RecipeOptions

    point = {} if dataset is None else point_of(args.at, dataset)
    return RecipeOptions(
        at=point,
        select=tuple(name.strip().replace("-", "_") for name in args.select.split(",") if name.strip()),
        step=getattr(args, "at_step", None),
        loss=getattr(args, "at_loss", None),
        flops=getattr(args, "at_flops", None),
        convergence=getattr(args, "at_convergence", False),
        early_stopping=getattr(args, "early_stopping", False),
    )


def point_of(assignments: list[str], dataset: "xr.Dataset") -> dict[str, float]:
    """Read NAME=VALUE pairs and check them against the further axes of the grid; values may be numbers or their names.

    Raises:
      UserError: if the grid has no such axis or value; those that it has are listed.
    """
    from nlpfeat.store.results import describe_values, further_axes

    point, axes = {}, further_axes(dataset)
    for text in assignments:
        name, _, value = text.partition("=")
        if name not in axes:
            there = f"no axis {name}; it has {', '.join(axes)}" if axes else "no further axes"
            raise UserError(f"--at {text}: the grid has {there}")
        words, values = describe_values(dataset[name]), dataset[name].to_numpy().tolist()
        if value in words:
            point[name] = values[words.index(value)]
            continue
        try:
            point[name] = float(value)
        except ValueError:
            wrong = "" if "flag_meanings" in dataset[name].attrs else f"{value!r} is not a number; "
            raise UserError(f"--at {text}: {wrong}{name} is one of {', '.join(words)}") from None
        if point[name] not in values:
            raise UserError(f"--at {text}: {name} is one of {', '.join(words)}")
    return point
