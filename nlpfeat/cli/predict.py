"""Classify texts by a network of a study."""

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from nlpfeat.cli.parsing import Command, Parser, add_count, add_json, add_member, add_study, require_range
from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    from nlpfeat.analysis.predictions import Prediction
    from nlpfeat.study.restore import TrainedMember


def add_flags(parser: Parser) -> None:
    """All flags but those of further axes."""
    add_study(parser, "runs/reviews_bag")
    add_member(parser)
    parser.add_argument(
        "--text",
        action="append",
        metavar="TEXT",
        help="a text; may be repeated (default: stdin, one per line)",
    )
    parser.add_argument(
        "--data",
        metavar="FILE",
        help="a file of texts, such as a CSV: its rows are printed as CSV with the predicted class and its probability",
    )
    parser.add_argument(
        "--column", metavar="NAME", default="", help="of the texts in that file (default: found)"
    )
    parser.add_argument("--out", type=expand_path, metavar="FILE", help="write that CSV here instead")
    add_count(parser, "--top-k", 8, "words listed with their contributions")
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Print the prediction for each text."""
    require_range(args, "top_k", 0)
    if args.data is not None and args.text is not None:
        raise UserError("--data and --text: give texts in one way")
    if args.data is None and (args.out is not None or args.column):
        raise UserError("--out and --column belong to --data")
    from nlpfeat.analysis.embeddings import require_classes, texts_of
    from nlpfeat.analysis.predictions import predict_text
    from nlpfeat.cli.members import member_of
    from nlpfeat.cli.tables import print_json
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.study.session import open_study

    use_all_cores()
    study = open_study(args.study)
    require_classes(study)
    classes = texts_of(study).corpus.classes
    member = study.restore_converged(args.step, **member_of(study, args))
    if args.data is not None:
        return _predict_file(member, args)
    for text in lines_of(sys.stdin) if args.text is None else args.text:
        found = predict_text(member, text)
        if args.json:
            print_json(as_json(text, found, classes))
        else:
            print_prediction(text, found, classes, args.top_k)
        sys.stdout.flush()
    return 0


def _predict_file(member: "TrainedMember", args: argparse.Namespace) -> int:
    """Print the rows of a file, or write them, with a prediction each."""
    from nlpfeat.analysis.predictions import predict_texts
    from nlpfeat.cli.tables import print_csv, with_columns
    from nlpfeat.data.text.labelled_files import read_texts

    given = read_texts(args.data, args.column)
    table = with_columns(given.columns, given.rows, predict_texts(member, given.texts))
    print_csv(table, args.out, as_json=args.json)
    return 0


def lines_of(stream: TextIO | None) -> Iterator[str]:
    """The lines of stdin, without their ends and without a byte-order mark.

    Raises:
      UserError: if it is closed, or a line is not UTF-8.
    """
    if stream is None:
        raise UserError("stdin is closed: give texts by --text, or one per line on stdin")
    for number, raw in enumerate(getattr(stream, "buffer", stream), 1):
        try:
            text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        except UnicodeDecodeError:
            raise UserError(
                f"stdin, line {number}: not UTF-8; convert it first, as in: iconv -f latin1 -t utf-8 < texts.txt"
            ) from None
        yield (text.removeprefix("\ufeff") if number == 1 else text).rstrip("\r\n")


def as_json(text: str, found: "Prediction", classes: tuple[str, ...]) -> dict[str, object]:
    """A prediction as plain values."""
    result: dict[str, object] = {"text": text, "class": classes[found.predicted]}
    if found.probabilities is not None:
        shares = map(float, found.probabilities.round(6))
        result["probabilities"] = dict(zip(classes, shares, strict=True))
    if found.value is not None:
        result["value"] = round(found.value, 6)
    counts = {"known": found.known, "unknown": found.unknown, "unread": found.unread}
    contributions = {word: round(effect, 6) for word, effect in found.contributions.items()}
    return {**result, **counts, "contributions": contributions}


def print_prediction(text: str, found: "Prediction", classes: tuple[str, ...], top_k: int) -> None:
    """A prediction for people.

    Args:
      text: as it was given.
      found: the prediction.
      classes: their names.
      top_k: words listed with their contributions.
    """
    short = " ".join(text.split())
    print(f"“{short if len(short) <= 70 else short[:69] + '…'}”")
    best = classes[found.predicted]
    if found.probabilities is None:
        print(f"  {best}: {found.value:+.3f} on a scale from -1 ({classes[0]}) to 1 ({classes[-1]})")
    else:
        order = found.probabilities.argsort()[::-1]
        prior = "" if found.known else "no word that the network knows: the prior, "
        print(f"  {prior}" + ", ".join(f"{classes[i]} {found.probabilities[i]:.1%}" for i in order))
    if not found.known:
        return
    words = list(found.contributions.items())
    if words[:top_k]:
        print(f"  for {best}:     " + _listed([(w, e) for w, e in words[:top_k] if e > 0]))
        print(f"  against {best}: " + _listed([(w, e) for w, e in words[:top_k] if e <= 0]))
    rest = [effect for _, effect in words[top_k:]]
    if rest:
        print(f"  and {len(rest)} further words, {sum(rest):+.2f} together")
    if found.unread:
        print(f"  not read: the first {found.unread} words, which exceed the network's input length")
    if found.unknown:
        print(f"  not known: {', '.join(found.unknown[:10])}{' …' if len(found.unknown) > 10 else ''}")


def _listed(words: list[tuple[str, float]]) -> str:
    return ", ".join(f"{word or '(empty)'} {effect:+.2f}" for word, effect in words) or "–"


COMMAND = Command(
    "predict",
    "classify texts, with the contribution of each word",
    add_flags,
    run,
    description="The contribution of a word is the fall of the log-odds of the predicted class when the word is left out. A text "
    "without a word\nthat the network knows gets the prior: the class frequencies of the train split. --json prints an object per "
    "text, with all words.",
    examples=(
        'nlpfeat predict --study=runs/reviews_bag --width=10 --text "an excellent film, never boring"',
        "nlpfeat predict --study=runs/reviews_bag --width=10 --seed=1 --json < texts.txt",
        "nlpfeat predict --study=runs/imdb_ngrams-own-mine --width=best --data=new.csv --out=predicted.csv",
    ),
    python='nlpfeat.predict_text(nlpfeat.open_study("runs/reviews_bag").restore(width=10, seed=0), "an excellent film")',
)
