"""List the texts that a classifier of a study gets most wrong."""

import argparse

from nlpfeat.cli.parsing import Command, Parser, add_count, add_json, add_member, add_study, require_range


def add_flags(parser: Parser) -> None:
    """All flags but those of further axes."""
    add_study(parser, "runs/reviews_bag")
    add_member(parser)
    parser.add_argument(
        "--split", metavar="NAME", default="", help="train, validation or test (default: the last)"
    )
    add_count(parser, "--top-k", 10, "texts listed")
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Print the table."""
    require_range(args, "top_k", 1)
    from nlpfeat.analysis.embeddings import require_classes
    from nlpfeat.analysis.predictions import most_wrong
    from nlpfeat.cli.members import member_of
    from nlpfeat.cli.tables import print_columns, print_json
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.study.session import open_study

    use_all_cores()
    study = open_study(args.study)
    require_classes(study)
    member = study.restore_converged(args.step, **member_of(study, args))
    table = most_wrong(member, args.split).head(args.top_k)
    if args.json:
        print_json(table)
        return 0
    table["true_probability"] = [f"{x:.4f}" for x in table["true_probability"]]
    table["text"] = [text if len(text) <= 300 else f"{text[:299]}…" for text in table["text"]]
    print_columns(
        {str(name).replace("_", " "): table[name].astype(str).tolist() for name in table},
        "errors whose true class has the least probability; line and row (without the header) of the file",
    )
    return 0


COMMAND = Command(
    "most-wrong",
    "the texts that a classifier gets most wrong, with their rows in your file",
    add_flags,
    run,
    description="Errors on the test split, those first whose true class the network gives the least probability. nlpfeat plot writes\n"
    "200 of them to figures/most-wrong.csv.",
    examples=(
        "nlpfeat most-wrong --study=runs/imdb_ngrams-own-mine --width=best",
        "nlpfeat most-wrong --study=runs/reviews_bag --width=10 --split=train --top-k=20",
    ),
    python='nlpfeat.most_wrong(nlpfeat.open_study("runs/reviews_bag").restore(width=10, seed="median"))',
)
