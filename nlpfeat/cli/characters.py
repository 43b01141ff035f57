"""Look at nets that read a text character by character: what their width buys, what they have learned, what their units follow.

width     bits per character of every member, against units, parameters and seconds of training, with a power law above a floor fitted
          to each and its interval: a table, a figure, a CSV
signs     what every member writes, counted: letters in words of the book, quotes and brackets closed, numbered sections, lengths of
          lines; against width, over training, and beside the held-out text itself
units     which unit of a net follows quotes, brackets, the place in the line or in the word: chosen on the text that was learned from,
          judged on the held-out text, drawn over it

What a study's grid varies beside width and seed is chosen by its flag, as in --dropout=0.3.
"""

import shlex
from typing import Any

from nlpfeat.cli.command import add_member, add_study, parse_named, parser

from nlpfeat.errors import UserError

EXAMPLES = [
    "python -m experiments.characters --study=runs/char_rnn --dropout=0.3 width",
    "python -m experiments.characters --study=runs/char_rnn --dropout=0.3 signs",
    "python -m experiments.characters --study=runs/char_rnn --dropout=0.3 --width=128 --seed=0 units",
]
LOOKS = ("width", "signs", "units")


def command(argv: list[str]) -> int:
    """The command. Results on stdout, progress on stderr."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add_study(arguments, "runs/char_rnn")
    add_member(arguments)
    add = arguments.add_argument
    add("look", choices=LOOKS, help="what to look at")
    add(
        "--length",
        type=int,
        metavar="N",
        help="characters: of signs that each member writes (default: 20000), of units that are read of each part (default: 60000)",
    )
    add("--temperature", type=float, default=0.8, metavar="X", help="of signs (default: %(default)s)")
    add("--json", action="store_true", help="print JSON")
    flags = parse_named(arguments, argv)
    _check(flags)

    from nlpfeat import parallel
    from nlpfeat.store.layout import open_folder
    from nlpfeat.study.characters import readers, tell_learned
    from nlpfeat.study.select import further, member_of, wanted

    parallel.use_all_cores()
    study = open_folder(flags.study)
    nets, line = readers(study), f"python -m experiments.characters {shlex.join(argv)}"
    tell_learned(nets)
    chosen = wanted(flags, further(study))
    if flags.look == "units":
        from nlpfeat.analysis.language_units import units

        return units(nets, member_of(study, flags), flags, line)
    if flags.look == "width":
        from nlpfeat.analysis.language_width import width

        return width(nets, chosen, line, as_json=flags.json)
    from nlpfeat.analysis.language_statistics import signs_of_all

    return signs_of_all(nets, chosen, flags, line)


def _check(flags: Any) -> None:
    if not 0 <= flags.temperature < float("inf"):
        raise UserError(f"--temperature: {flags.temperature:g} must be a finite number, 0 or more")
    if flags.length is not None and not 1000 <= flags.length <= 1_000_000:
        raise UserError(f"--length: {flags.length} must be 1,000 to 1,000,000")
    if flags.look != "units":
        for name in ("width", "step"):
            if getattr(flags, name) is not None:
                raise UserError(f"--{name}: {flags.look} looks at every width, and at kept steps")
