"""Classify texts by a net of a study, and tell what each word contributes.

Texts come from --text, as often as you like, or from stdin, one a line. A word's contribution is by how much the
log-odds of the class fall when the word is left out. A text without a word that the net knows gets the prior: the
shares of the classes in the training part.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from nlpfeat.cli.command import add_member, add_study, parse_named, parser

from nlpfeat.errors import UserError

EXAMPLES = [
    'python -m experiments.predict --study=runs/reviews_bag --width=10 --text "an excellent film, never boring"',
    "python -m experiments.predict --study=runs/reviews_bag --width=10 --seed=1 --json < texts.txt",
]


def command(argv: list[str]) -> int:
    """The command. Results on stdout."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add_study(arguments, "runs/reviews_bag")
    add_member(arguments)
    arguments.add_argument(
        "--text", action="append", metavar="TEXT", help="a text (default: stdin, one a line)"
    )
    arguments.add_argument(
        "--count", type=int, default=8, metavar="N", help="how many words to tell (default: 8)"
    )
    arguments.add_argument(
        "--json", action="store_true", help="print one JSON object a text, with every word"
    )
    flags = parse_named(arguments, argv)
    if flags.count < 0:
        raise UserError(f"--count: {flags.count} must be at least 0")

    from nlpfeat import parallel
    from nlpfeat.analysis.predictions import predict_text
    from nlpfeat.store.layout import open_folder
    from nlpfeat.study.select import member_of
    from nlpfeat.study.words import net, read_words

    parallel.use_all_cores()
    study = open_folder(flags.study)
    words = read_words(study)
    words.require_classes()
    member = net(words, member_of(study, flags), flags.step)
    texts = flags.text if flags.text is not None else lines_of(sys.stdin)
    for text in texts:
        told = predict_text(member, text)
        if flags.json:
            print(json.dumps(as_json(text, told, words.texts.corpus.classes)), flush=True)
        else:
            print_prediction(text, told, words.texts.corpus.classes, flags.count)
    return 0


def lines_of(stream: Any) -> Iterator[str]:
    """The lines of stdin, without their ends and a byte-order mark.

    Raises:
      UserError: if it is closed, or a line is not UTF-8.
    """
    if stream is None:
        raise UserError("stdin is closed: give texts by --text, or one a line on stdin")
    for number, raw in enumerate(getattr(stream, "buffer", stream), 1):
        try:
            line = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        except UnicodeDecodeError:
            raise UserError(
                f"stdin, line {number}: not UTF-8; convert it first, as in: iconv -f latin1 -t utf-8 < texts.txt"
            ) from None
        yield (line.removeprefix("\ufeff") if number == 1 else line).rstrip("\r\n")


def as_json(text: str, told: Any, classes: tuple[str, ...]) -> dict[str, Any]:
    """A prediction as plain values."""
    shares = (
        None if told.shares is None else dict(zip(classes, map(float, told.shares.round(6)), strict=True))
    )
    return {
        "text": text,
        "class": classes[told.best],
        **({} if shares is None else {"shares": shares}),
        **({} if told.value is None else {"value": round(told.value, 6)}),
        "known": told.known,
        "unknown": told.unknown,
        "unread": told.unread,
        "contributions": {word: round(effect, 6) for word, effect in told.contributions.items()},
    }


def print_prediction(text: str, told: Any, classes: tuple[str, ...], count: int) -> None:
    """A prediction for people."""
    short = " ".join(text.split())
    print(f"“{short if len(short) <= 70 else short[:69] + '…'}”")
    best, prior = classes[told.best], "" if told.known else "no word that the net knows: the prior, "
    if told.shares is None:
        print(f"  {best}: {told.value:+.3f} on a scale from -1 ({classes[0]}) to 1 ({classes[-1]})")
    else:
        order = told.shares.argsort()[::-1]
        print(f"  {prior}" + ", ".join(f"{classes[i]} {told.shares[i]:.1%}" for i in order))
    if not told.known:
        return
    words = list(told.contributions.items())[:count]
    if words:
        print(f"  for {best}:     " + _listed([(w, e) for w, e in words if e > 0]))
        print(f"  against {best}: " + _listed([(w, e) for w, e in words if e <= 0]))
    rest = list(told.contributions.values())[count:]
    if rest:
        print(f"  and {len(rest)} further words, {sum(rest):+.2f} together")
    if told.unread:
        print(f"  not read: the first {told.unread} words, past the net's length")
    if told.unknown:
        print(f"  not known: {', '.join(told.unknown[:10])}{' …' if len(told.unknown) > 10 else ''}")


def _listed(words: list[tuple[str, float]]) -> str:
    return ", ".join(f"{word or '(empty)'} {effect:+.2f}" for word, effect in words) or "–"
