"""Let a net write: it goes on from a prompt, character by character, each drawn by the chances that the net gives it.

The same net, prompt, temperature and --draw write the same text. Temperature 1 draws by the net's own chances, less of it prefers
what is likely, 0 always takes the likeliest. Without --prompt the net goes on from where the held-out part of its text begins.
"""

import json
import math
from typing import Any

from nlpfeat.cli.command import add_member, add_study, parse_named, parser

from nlpfeat.errors import UserError

EXAMPLES = [
    'python -m experiments.write --study=runs/char_rnn-best --width=256 --seed=0 --prompt "ethics is a basic foundation of all that"',
    "python -m experiments.write --study=runs/char_rnn-best --width=256 --seed=0 --temperature=0.5 --length=2000 --draw=7",
    "python -m experiments.write --study=runs/char_rnn-best --width=256 --seed=0 --step=100     # early in training",
]
LONGEST, MOST = 1_000_000, 100


def command(argv: list[str]) -> int:
    """The command. The text on stdout, notes on stderr."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add_study(arguments, "runs/char_rnn")
    add_member(arguments)
    add = arguments.add_argument
    add("--prompt", metavar="TEXT", help="what it goes on from (default: the beginning of the held-out part)")
    add("--temperature", type=float, default=0.8, metavar="X", help="default: %(default)s")
    add("--length", type=int, default=320, metavar="N", help="characters to write (default: %(default)s)")
    add("--draw", type=int, default=0, metavar="N", help="seed of the draws (default: %(default)s)")
    add("--count", type=int, default=1, metavar="N", help="texts to write (default: %(default)s)")
    add("--json", action="store_true", help="print JSON")
    flags = parse_named(arguments, argv)
    _check(flags)

    from nlpfeat import parallel
    from nlpfeat.store.layout import open_folder
    from nlpfeat.study.characters import readers, tell_learned, tell_unknown
    from nlpfeat.study.select import member_of

    parallel.use_all_cores()
    study = open_folder(flags.study)
    nets = readers(study)
    member = nets.member(member_of(study, flags), flags.step)
    if flags.prompt is None:
        tell_learned(nets)
    prompt = nets.prompt if flags.prompt is None else flags.prompt
    tell_unknown(nets.book, prompt)
    return write_out(nets, member, prompt, flags)


def _check(flags: Any) -> None:
    if not (math.isfinite(flags.temperature) and flags.temperature >= 0):
        raise UserError(f"--temperature: {flags.temperature:g} must be a finite number, 0 or more")
    for name, least, most in (("length", 1, LONGEST), ("count", 1, MOST), ("draw", 0, 2**31 - 1)):
        if not least <= getattr(flags, name) <= most:
            raise UserError(f"--{name}: {getattr(flags, name)} must be {least} to {most:,}")
    if flags.prompt == "":
        raise UserError("--prompt: give at least one character, or leave it out")


def write_out(nets: Any, member: Any, prompt: str, flags: Any) -> int:
    """Write the texts, and print them."""
    from nlpfeat.analysis.sampling import sample_text
    from nlpfeat.cli.tables import printable

    texts = sample_text(
        member.module,
        member.params,
        member.settings,
        nets.book.alphabet,
        prompt,
        flags.temperature,
        flags.length,
        flags.draw,
        flags.count,
    )
    prompt = nets.book.alphabet.written(prompt)
    if flags.json:
        named = {
            "member": member.id,
            "step": member.step,
            "temperature": flags.temperature,
            "draw": flags.draw,
        }
        print(json.dumps(named | {"prompt": prompt, "texts": texts}))
        return 0
    print("\n\n".join(printable(prompt + text) for text in texts))
    return 0
