"""Classify texts by a net of a study, and tell what each word contributes.

Texts come from --text, as often as you like, or from stdin, one a line. A word's contribution is by how much the
log-odds of the class fall when the word is left out. A text without a word that the net knows gets the prior: the
shares of the classes in the training part.
"""

import json
import sys
from typing import Any

from experiments.command import add_study, main, parser
from nlpfeat.errors import UserError

EXAMPLES = [
    'python -m experiments.predict --study=runs/reviews_bag --width=10 --text "an excellent film, never boring"',
    "python -m experiments.predict --study=runs/reviews_bag --width=10 --seed=1 --json < texts.txt",
]


def command(argv: list[str]) -> int:
    """The command. Results on stdout."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add_study(arguments, "runs/reviews_bag")
    arguments.add_argument("--width", metavar="N", help="the member's width")
    arguments.add_argument(
        "--seed", metavar="N", default="median", help="its seed, or median or best (default: median)"
    )
    arguments.add_argument("--step", type=int, metavar="N", help="a kept checkpoint (default: the last)")
    arguments.add_argument(
        "--text", action="append", metavar="TEXT", help="a text (default: stdin, one a line)"
    )
    arguments.add_argument(
        "--count", type=int, default=8, metavar="N", help="how many words to tell (default: 8)"
    )
    arguments.add_argument(
        "--json", action="store_true", help="print one JSON object a text, with every word"
    )
    path = arguments.parse_known_args(argv)[0].study

    from experiments.members import add_axes, members_of
    from nlpfeat.sweeps import devices
    from nlpfeat.sweeps.study import open_study

    study = open_study(path)
    add_axes(arguments, study)
    flags = arguments.parse(argv)
    if flags.count < 0:
        raise UserError(f"--count: {flags.count} must be at least 0")
    flags.widths = None
    if flags.width is None and len(dict(study.spec.sweep)["width"]) == 1:
        flags.width = str(dict(study.spec.sweep)["width"][0])
    devices.use_all_cores()

    from experiments.word_space import open_words, vectors
    from nlpfeat.sweeps.predict import predict

    words = open_words(path)
    member, _ = vectors(words, members_of(study, flags)[0], flags.step)
    texts = flags.text if flags.text is not None else (line.rstrip("\r\n") for line in sys.stdin)
    for text in texts:
        told = predict(member, text)
        if flags.json:
            print(json.dumps(as_json(text, told, words.texts.classes)), flush=True)
        else:
            print_prediction(text, told, words.texts.classes, flags.count)
    return 0


def as_json(text: str, told: Any, classes: tuple[str, ...]) -> dict[str, Any]:
    """A prediction as plain values."""
    return {
        "text": text,
        "class": classes[int(told.probabilities.argmax())],
        "probabilities": dict(zip(classes, (round(float(p), 6) for p in told.probabilities), strict=True)),
        **({} if told.value is None else {"value": round(told.value, 6)}),
        "known": told.known,
        "unknown": told.unknown,
        "contributions": {word: round(effect, 6) for word, effect in told.contributions.items()},
    }


def print_prediction(text: str, told: Any, classes: tuple[str, ...], count: int) -> None:
    """A prediction for people."""
    order = told.probabilities.argsort()[::-1]
    shares = ", ".join(f"{classes[i]} {told.probabilities[i]:.1%}" for i in order)
    short = " ".join(text.split())
    print(f"“{short if len(short) <= 70 else short[:69] + '…'}”")
    if not told.known:
        print(f"  no word that the net knows: the prior, {shares}")
        return
    value = "" if told.value is None else f"; {told.value:+.3f} on a scale from -1 to 1"
    print(f"  {shares}{value}")
    best = classes[order[0]]
    told_words = list(told.contributions.items())[:count]
    if told_words:
        print(
            f"  for {best}:     "
            + (", ".join(f"{w or '(empty)'} {e:+.2f}" for w, e in told_words if e > 0) or "–")
        )
        print(
            f"  against {best}: "
            + (", ".join(f"{w or '(empty)'} {e:+.2f}" for w, e in told_words if e <= 0) or "–")
        )
    rest = len(told.contributions) - len(told_words)
    if rest > 0:
        print(f"  and {rest} further words, {sum(list(told.contributions.values())[count:]):+.2f} together")
    if told.unknown:
        print(f"  not known: {', '.join(told.unknown[:10])}{' …' if len(told.unknown) > 10 else ''}")


if __name__ == "__main__":
    main(command)
