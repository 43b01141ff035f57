"""Compare models on a file of labelled texts, and say which to take."""

import argparse
import math
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_count, add_json, numbers, require_range
from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    from nlpfeat.analysis.recommend import Recommendation


def add_flags(parser: Parser) -> None:
    """All flags; those of the config's keys are taken out before."""
    parser.add_argument("file", metavar="FILE", help="labelled texts: CSV, TSV or JSON Lines")
    parser.add_argument("--tasks", metavar="T,T,…", help="whose variants own are compared (default: four)")
    parser.add_argument("--widths", metavar="N,N,…", default="8,32", help="of each (default: %(default)s)")
    add_count(parser, "--folds", 3, "parts of the training texts")
    parser.add_argument(
        "--folder",
        type=expand_path,
        default=Path("runs"),
        metavar="DIR",
        help="where the studies go, as recommend-FILE/TASK-foldN (default: %(default)s)",
    )
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Print the table and the recommendation."""
    require_range(args, "folds", 2, 100)
    widths = tuple(int(x) for x in numbers("widths", args.widths, "8,32"))
    wrong = [key for key in args.overrides if not key.startswith("data.")]
    if wrong:
        raise UserError(
            f"--config.{wrong[0]}: only keys of data can be set here, as in --config.data.text=NAME"
        )

    from nlpfeat.analysis.recommend import CANDIDATES, RecommendOptions, recommend_model
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_json
    from nlpfeat.parallel import use_all_cores

    use_all_cores()
    tasks = CANDIDATES if args.tasks is None else tuple(args.tasks.split(","))
    options = RecommendOptions(tasks, widths, args.folds, _data(args), args.folder)
    found = recommend_model(args.file, options, track=track)
    if args.json:
        print_json({"task": found.task, "width": found.width, "texts": found.texts, "rows": found.table})
        return 0
    for note in found.notes:
        print(f"note: {args.file}: {note}", file=sys.stderr)
    print_recommendation(found, args)
    return 0


def _data(args: argparse.Namespace) -> dict[str, object]:
    from dataclasses import asdict

    from nlpfeat.config.fields import Settings
    from nlpfeat.config.schema import read_sections
    from nlpfeat.data.text.sources import CorpusSpec

    spec = read_sections({"data.path": args.file}, args.overrides, {"data": CorpusSpec, "settings": Settings})
    usual, given = asdict(CorpusSpec()), asdict(spec.values["data"])  # pyright: ignore[reportArgumentType]
    return {key: value for key, value in given.items() if value != usual[key] and key != "path"}


def print_recommendation(found: "Recommendation", args: argparse.Namespace) -> None:
    """Print the models, the best first, and the command that trains the best."""
    from nlpfeat.cli.tables import print_columns

    rows = found.table
    print_columns(
        {
            "model": rows["model"].tolist(),
            "width": ["" if math.isnan(width) else str(int(width)) for width in rows["width"]],
            "accuracy": [f"{row.accuracy:.3f} ({row.low:.3f} – {row.high:.3f})" for row in rows.itertuples()],
            "macro F1": [f"{x:.3f}" for x in rows["macro_f1"]],
        },
        f"{args.folds}-fold cross-validation over {found.texts:,} training texts, Wilson 95 % intervals; the test split was not "
        "looked at",
    )
    best, rival = found.best, found.best_rival
    share = float(best["accuracy"] - rival["accuracy"])
    if share > 0:
        told = f"{share:.3f} better than the best rival here, {rival['model']}"
    else:
        told = f"but {rival['model']} is {-share:.3f} better here"
    apart = best["low"] > rival["high"] or rival["low"] > best["high"]
    print(
        f"recommended: {found.task}, width {found.width}: {told}{'' if apart else '; their intervals overlap'}"
    )
    flags = [f"--config.{key}={text}" for key, text in args.overrides.items()]
    again = shlex.join(["nlpfeat", "sweep", f"{found.task}:own", f"--data={args.file}", *flags, "--plot"])
    print(f"next: {again}")


COMMAND = Command(
    "recommend-model",
    "which task and width suit a file of labelled texts, with plain rivals beside them",
    add_flags,
    run,
    description="Trains the variants own of several tasks on parts of the training texts, predicts the rest, and does the same with\n"
    "scikit-learn's TF-IDF + logistic regression and NB-SVM. Called again, it trains only what is missing.",
    examples=(
        "nlpfeat recommend-model mine.csv",
        "nlpfeat recommend-model mine.csv --tasks=imdb_ngrams,reviews_batch --folds=5",
        "nlpfeat recommend-model mine.csv --config.data.text=comment --config.data.label=mood",
    ),
    python='nlpfeat.recommend_model("mine.csv").table',
    opens_study=False,
    takes_config=True,
)
