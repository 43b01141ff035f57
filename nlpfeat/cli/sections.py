"""Show a network on the plane through three examples, and along the lines between them."""

import argparse
import math
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_json, add_member, add_study
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    from nlpfeat.analysis.sections import Section

CAPTION = (
    "Along the sides of the triangle: regions: activation regions; affine pieces: neighbouring regions of equal slope are one; changes: of the "
    "predicted class; to boundary: distance to the first of them; variation: length of the path of the centred logits, in nats"
)


def add_flags(parser: Parser) -> None:
    """All flags but those of further axes."""
    add_study(parser, "runs/digits")
    add_member(parser)
    parser.add_argument(
        "--split", default="test", metavar="NAME", help="of the examples (default: %(default)s)"
    )
    parser.add_argument(
        "--examples",
        default="",
        metavar="N,N,N",
        help="numbers of three examples of the split, from 0 (default: random ones of three classes, predicted right)",
    )
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Write the figure, print the table."""
    examples = _examples(args.examples)

    from nlpfeat.analysis.sections import SectionOptions, section
    from nlpfeat.cli.figures import write_figure
    from nlpfeat.cli.members import member_of
    from nlpfeat.cli.tables import print_json
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.plotting.figures.sections import section_figure
    from nlpfeat.study.session import open_study

    use_all_cores()
    study = open_study(args.study)
    found = section(
        study.restore_converged(args.step, **member_of(study, args)), SectionOptions(args.split, examples)
    )
    table = found.table()
    if args.json:
        print_json(
            {
                "examples": found.examples,
                "regions": len(found.regions),
                "box": list(found.regions.box),
                "lines": table,
            }
        )
        return 0
    print_section(found)
    metadata = found.member.dataset.metadata
    shape = getattr(metadata, "shape", None)
    names = getattr(metadata, "classes", None) or tuple(map(str, range(found.decision.network.outputs)))
    settings = found.member.settings
    name = f"sections-width={settings.width}-seed={settings.seed}-{'-'.join(map(str, found.examples))}"
    write_figure(study, name, section_figure(found, shape, tuple(names), args.split), "", line, table)
    return 0


def _examples(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise UserError(f"--examples: {text}: give three numbers, as in 0,5,7") from None


def print_section(found: "Section") -> None:
    """Print the sides of the triangle, one per row."""
    from nlpfeat.cli.tables import print_columns

    table = found.table()
    columns = {str(name).replace("_", " "): [_cell(value) for value in table[name]] for name in table}
    area = found.regions.box.area
    text = f"The box of the plane has {len(found.regions):,} activation regions, {len(found.regions) / area:.3g} per unit of area. "
    print_columns(columns, text + CAPTION)


def _cell(value: float | str) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.3g}"
    return str(value)


COMMAND = Command(
    "sections",
    "show a network on the plane through three examples, and along the lines between them",
    add_flags,
    run,
    description="All activation regions and decision regions on the plane, exactly, whatever the dimension of the inputs, with the\n"
    "three pictures at its corners; a walk from the first example to the second, with every fold that it crosses and the\n"
    "pictures along the way. For networks that are piecewise linear. The figure goes to STUDY/figures.",
    examples=(
        "nlpfeat sections --study=runs/digits --width=32",
        "nlpfeat sections --study=runs/digits --width=32 --seed=best --examples=0,5,7",
        "nlpfeat sections --study=runs/digits --width=32 --json",
    ),
    python='nlpfeat.section(nlpfeat.open_study("runs/digits").restore(width=32, seed=0)).table()',
)
