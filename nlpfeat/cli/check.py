"""Check that every file of a study is sound."""

import argparse
import sys
from collections import Counter

from nlpfeat.cli.parsing import Command, Parser, add_json, add_study
from nlpfeat.errors import UserError


def add_flags(parser: Parser) -> None:
    """All flags."""
    add_study(parser)
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Read all, print how many files of each kind are sound. Exit code 2 if one is not."""
    from nlpfeat.cli.tables import print_columns, print_json
    from nlpfeat.store.layout import open_folder
    from nlpfeat.study.check import check_study

    files, sound, errors = Counter[str](), Counter[str](), []
    for found in check_study(open_folder(args.study)):
        files[found.kind] += 1
        sound[found.kind] += found.error is None
        if found.error is not None:
            errors.append(told(found.error))
            print(f"error: {errors[-1]}", file=sys.stderr, flush=True)
    rows = {kind: (count, sound[kind]) for kind, count in files.items()}
    if args.json:
        counts = {kind: {"files": count, "sound": whole} for kind, (count, whole) in rows.items()}
        print_json({"counts": counts, "errors": errors})
    else:
        columns = {"kind": list(rows), "files": [f"{count:,}" for count, _ in rows.values()]}
        print_columns(columns | {"sound": [f"{whole:,}" for _, whole in rows.values()]})
    return 2 if errors else 0


def told(error: UserError | OSError) -> str:
    """An error in a line."""
    if isinstance(error, OSError):
        return f"cannot read {error.filename}: {error.strerror or error}"
    return str(error)


COMMAND = Command(
    "check",
    "read every file of a study and say which are sound",
    add_flags,
    run,
    description="Every file carries a digest of what was written: a single bit that changed since is found. A study is data and\n"
    "never runs, whoever made it. Each damaged file is a line on stderr that says what mends it; exit code 2 if there is one.",
    examples=("nlpfeat check --study=runs/spirals", "nlpfeat check --study=runs/spirals --json"),
    python='list(nlpfeat.check_study(nlpfeat.open_study("runs/spirals").folder))',
)
