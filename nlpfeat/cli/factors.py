"""Factors of users and items: the best and worst items, components, maps, neighbours, predictions, recommendations."""

import argparse
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

from nlpfeat.cli import parsing
from nlpfeat.cli.parsing import Command, Parser, add_count, require_range
from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    from nlpfeat.analysis.ratings import ItemList, ItemOptions, Rater
    from nlpfeat.study.restore import TrainedMember
    from nlpfeat.study.session import Study

    List = Callable[[ModuleType, TrainedMember, argparse.Namespace], ItemList]

ITEM = "an item's title, the beginning of its title, or its number"


def _flags(*parts: Callable[[Parser], None]) -> Callable[[Parser], None]:
    """The flags of a subcommand: --study, those of `parts`, and --json."""

    def add(parser: Parser) -> None:
        parsing.add_study(parser, "runs/ratings_bayes")
        for part in parts:
            part(parser)
        parsing.add_json(parser)

    return add


def _max_items(parser: Parser) -> None:
    add_count(parser, "--max-items", 2000, "only the N most rated items")


def _items(parser: Parser) -> None:
    add_count(parser, "--top-k", 10, "how many items are listed")
    _max_items(parser)


def _title(parser: Parser) -> None:
    parser.add_argument("title", metavar="TITLE", help=ITEM)


def _item(parser: Parser) -> None:
    parser.add_argument("--item", metavar="TITLE", help=ITEM)
    parser.add_argument(
        "--data", metavar="FILE", help="a file of pairs, with the columns of users and items of the ratings"
    )
    _out(parser)


def _out(parser: Parser) -> None:
    parser.add_argument(
        "--out", type=expand_path, metavar="FILE", help="write a CSV here instead of printing"
    )


def _everyone(parser: Parser) -> None:
    parser.add_argument("--all-users", action="store_true", help="a list for every user of the data, as CSV")
    _out(parser)


def _judged(parser: Parser) -> None:
    add_count(parser, "--top-k", 10, "length of a list of recommendations")
    parser.add_argument(
        "--relevant",
        type=float,
        metavar="X",
        help="the least rating of a relevant item (default: 3/4 of the range)",
    )
    parser.add_argument("--split", metavar="NAME", default="", help="validation or test (default: the last)")


def _rater(parser: Parser) -> None:
    description = "a rating by someone new, in place of --user; may be repeated"
    parser.add_argument("--user", metavar="ID", help="a user of the data")
    parser.add_argument("--rating", action="append", type=_rating, metavar="TITLE=STARS", help=description)


def _components(parser: Parser) -> None:
    parser.add_argument(
        "--components", default="1,2", metavar="A,B", help="which two components (default: %(default)s)"
    )


def _width(parser: Parser) -> None:
    parser.add_argument("--width", metavar="N", help="only members of this width")


def _rating(text: str) -> tuple[str, float]:
    title, _, stars = text.rpartition("=")
    try:
        if title:
            return title, float(stars)
    except ValueError:
        pass
    raise UserError(f'--rating {text!r}: write a title and stars, as in "Toy Story=4"')


def _two_components(text: str) -> tuple[int, int]:
    try:
        a, b = (int(part) for part in text.split(","))
    except ValueError:
        a = b = 0
    if min(a, b) < 1 or a == b:
        raise UserError(f"--components: {text!r}: name two different ones, as in 1,2")
    return a, b


def _open(args: argparse.Namespace) -> "Study":
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.study.session import open_study
    from nlpfeat.tasks.registry import require_view

    use_all_cores()
    study = open_study(args.study)
    require_view(study.task, "factors")
    return study


def _list(make: "List") -> Callable[[argparse.Namespace, str], int]:
    """A subcommand that prints a list of items.

    Args:
      make: (nlpfeat.analysis.ratings, the member, the flags) -> the list.
    """

    def run(args: argparse.Namespace, line: str) -> int:
        for name in ("top_k", "max_items"):
            if name in args:
                require_range(args, name, 1)
        bulk = getattr(args, "data", None) is not None or getattr(args, "all_users", False)
        if bulk:
            return _bulk(args)
        if getattr(args, "out", None) is not None:
            raise UserError("--out belongs to --data and to --all-users")
        if "item" in args and args.item is None:
            raise UserError("--item: of which item? Give its title or number, or many pairs by --data=FILE")
        if "user" in args and bool(args.user) == bool(args.rating):
            raise UserError(
                "for whom? Give --user=ID, or what someone new has rated, as --rating TITLE=STARS"
            )

        from nlpfeat.analysis import ratings
        from nlpfeat.cli.members import member_of
        from nlpfeat.cli.tables import print_columns, print_json

        study = _open(args)
        member = study.restore_converged(args.step, **member_of(study, args))
        table, caption = make(ratings, member, args)
        if args.json:
            print_json(table)
            return 0
        columns = {
            str(name): [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in table[name]]
            for name in table
        }
        print_columns(columns, caption)
        return 0

    return run


def _bulk(args: argparse.Namespace) -> int:
    """Predict the pairs of a file, or recommend to all users: as CSV, to a file or on stdout."""
    given = [name for name in ("user", "rating", "item") if getattr(args, name, None)]
    if given:
        raise UserError(
            f"--{given[0]}: it names one prediction, and --data or --all-users ask for many: leave it out"
        )

    from nlpfeat.analysis import ratings
    from nlpfeat.cli.members import member_of
    from nlpfeat.cli.tables import print_csv, with_columns
    from nlpfeat.data.tables import read_table

    study = _open(args)
    member = study.restore_converged(args.step, **member_of(study, args))
    if getattr(args, "all_users", False):
        table = ratings.recommended_to_all(member, _options(ratings, args))
    else:
        spec = study.spec.data
        names = (spec.user, spec.item) if spec.path else ("userId", "movieId")
        given = read_table(args.data)
        given.require(dict.fromkeys(names, ""))
        rows = [row for _, row in given.rows]
        places = [given.columns.index(name) for name in names]
        found = ratings.predict_pairs(member, *([row[place] for row in rows] for place in places))
        table = with_columns(given.columns, rows, found)
    print_csv(table, args.out, as_json=args.json)
    return 0


def _evaluate(args: argparse.Namespace, line: str) -> int:
    """Print errors and quality of recommendations of a member and its baselines."""
    require_range(args, "top_k", 1)

    from nlpfeat.analysis.rating_evaluation import RatingEvaluationOptions, evaluate_ratings
    from nlpfeat.cli.members import member_of
    from nlpfeat.cli.tables import print_columns, print_json

    study = _open(args)
    member = study.restore_converged(args.step, **member_of(study, args))
    found = evaluate_ratings(member, RatingEvaluationOptions(args.top_k, args.relevant, args.split))
    if args.json:
        print_json({**found._asdict(), "table": found.table})
        return 0

    def cells(name: str) -> list[str]:
        return [
            "–"
            if one[name] != one[name]
            else f"{one[name]:.4f} ({one[name + '_low']:.4f} – {one[name + '_high']:.4f})"
            for one in found.table.to_dict("records")
        ]

    print_columns(
        {
            "model": found.table["model"].tolist(),
            "RMSE": cells("rmse"),
            "MAE": cells("mae"),
            f"recall@{args.top_k}": cells("recall"),
            f"NDCG@{args.top_k}": cells("ndcg"),
        },
        f"{found.split} split, 95 % intervals by resampling users; lists of all items that a user has not rated in the train split, "
        f"for {found.users:,} users with an item of {found.relevant:g} or more",
    )
    return 0


def _options(ratings: ModuleType, args: argparse.Namespace) -> "ItemOptions":
    return ratings.ItemOptions(args.top_k, args.max_items)


def _rater_of(ratings: ModuleType, member: "TrainedMember", args: argparse.Namespace) -> "Rater":
    from nlpfeat.analysis.new_users import new_user

    if args.rating:
        return new_user(member, args.rating)
    return ratings.known_user(member, args.user)


def _map(args: argparse.Namespace, line: str) -> int:
    require_range(args, "max_items", 1)
    axes = _two_components(args.components)

    from nlpfeat.analysis.ratings import item_map
    from nlpfeat.cli.members import member_of
    from nlpfeat.cli.tables import print_paths
    from nlpfeat.report.item_maps import item_map_page
    from nlpfeat.report.map_page import write_map
    from nlpfeat.store.provenance import signature
    from nlpfeat.study.select import format_number

    study = _open(args)
    settings = member_of(study, args)
    result = item_map(study.restore_converged(args.step, **settings), axes, args.max_items)
    width, seed = (format_number(settings[name]) for name in ("width", "seed"))
    path = study.folder.figures / f"factors-{axes[0]}-{axes[1]}-width={width}-seed={seed}"
    paths = write_map(path, item_map_page(result), signature(line, study.folder))
    print_paths(paths, as_json=args.json)
    return 0


def _stability(args: argparse.Namespace, line: str) -> int:
    require_range(args, "max_items", 1)

    from nlpfeat.analysis.agreement import medians
    from nlpfeat.analysis.factor_stability import StabilityOptions, factor_stability
    from nlpfeat.cli.figures import write_figure
    from nlpfeat.cli.members import settings_of
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_columns, print_json
    from nlpfeat.config.fields import setting_names
    from nlpfeat.plotting.figures.ratings import factor_stability_figure

    study = _open(args)
    settings = settings_of(args, setting_names(study.spec.settings))
    result = factor_stability(study, settings, StabilityOptions(args.max_items), args.step, track)
    if args.json:
        print_json(result.table)
        return 0
    measures = "; ".join(f"{name}: {description}" for name, description in result.measures.items())
    pairs = "medians over pairs of members: two seeds of a width, or a width and the widest"
    print_columns(medians(result.table), f"{pairs}. {measures}")
    heading = "How far models agree about the items: every pair, median, quartiles"
    write_figure(study, "factor-stability", factor_stability_figure(result), heading, line, result.table)
    return 0


def _subcommand(
    name: str,
    summary: str,
    flags: Callable[[Parser], None],
    run: Callable[[argparse.Namespace, str], int],
    *examples: str,
    python: str,
) -> Command:
    lines = [f"nlpfeat factors {name} --study=runs/ratings_bayes {example}".rstrip() for example in examples]
    return Command(name, summary, flags, run, examples=lines, python=python)


COMMAND = Command(
    "factors",
    "factors of users and items: lists of items, maps, predictions, recommendations",
    subcommands=(
        _subcommand(
            "top",
            "the items of highest bias; for models without biases, of highest mean prediction",
            _flags(parsing.add_member, _items),
            _list(lambda r, member, args: r.items_by_quality(member, _options(r, args), best=True)),
            "--width=10 --seed=0",
            python='member = nlpfeat.open_study("runs/ratings_bayes").restore(width=10, seed=0); nlpfeat.items_by_quality(member, best=True).table',
        ),
        _subcommand(
            "bottom",
            "the items of lowest bias; for models without biases, of lowest mean prediction",
            _flags(parsing.add_member, _items),
            _list(lambda r, member, args: r.items_by_quality(member, _options(r, args), best=False)),
            "--width=10 --seed=0",
            python='member = nlpfeat.open_study("runs/ratings_bayes").restore(width=10, seed=0); nlpfeat.items_by_quality(member, best=False).table',
        ),
        _subcommand(
            "components",
            "principal components of the items' factors, and the items at both ends of each",
            _flags(parsing.add_member, _items),
            _list(lambda r, member, args: r.component_items(member, _options(r, args))),
            "--width=10",
            python='member = nlpfeat.open_study("runs/ratings_bayes").restore(width=10, seed=0); nlpfeat.component_items(member).table',
        ),
        _subcommand(
            "map",
            "a map of the items by two components: PNG, PDF, CSV, and a page with zoom and search",
            _flags(parsing.add_member, _components, _max_items),
            _map,
            "--width=10 --components=1,3",
            python='member = nlpfeat.open_study("runs/ratings_bayes").restore(width=10, seed=0); nlpfeat.item_map(member, (1, 3))',
        ),
        _subcommand(
            "similar",
            "the items nearest to one, by the cosine of their factors",
            _flags(_title, parsing.add_member, _items),
            _list(lambda r, member, args: r.similar_items(member, args.title, _options(r, args))),
            '--width=10 "Pulp Fiction"',
            python='member = nlpfeat.open_study("runs/ratings_bayes").restore(width=10, seed=0); nlpfeat.similar_items(member, "Pulp Fiction").table',
        ),
        _subcommand(
            "predict",
            "the rating that a user, or someone new, would give to an item",
            _flags(_item, parsing.add_member, _rater),
            _list(lambda r, member, args: r.predicted_item(_rater_of(r, member, args), args.item)),
            '--width=10 --user=15 --item="Pulp Fiction"',
            "--width=best --data=pairs.csv --out=predicted.csv",
            python='member = nlpfeat.open_study("runs/ratings_bayes").restore(width=10, seed=0); nlpfeat.predicted_item(nlpfeat.known_user(member, "15"), "Pulp Fiction").table',
        ),
        _subcommand(
            "recommend",
            "the items with the highest predicted ratings among those that a user, or someone new, has not rated",
            _flags(parsing.add_member, _rater, _everyone, _items),
            _list(lambda r, member, args: r.recommended_items(_rater_of(r, member, args), _options(r, args))),
            "--width=10 --user=15",
            '--width=10 --rating="Toy Story=5" --rating="Alien=1"',
            "--width=10 --all-users --top-k=5 --out=recommended.csv",
            python='member = nlpfeat.open_study("runs/ratings_bayes").restore(width=10, seed=0); nlpfeat.recommended_items(nlpfeat.new_user(member, [("Toy Story", 5)])).table',
        ),
        _subcommand(
            "evaluate",
            "errors and quality of recommendations, beside the mean rating, biases and the most rated items",
            _flags(parsing.add_member, _judged),
            _evaluate,
            "--width=50 --top-k=10",
            python='nlpfeat.evaluate_ratings(nlpfeat.open_study("runs/ratings_bayes").restore(width=50, seed=0)).table',
        ),
        _subcommand(
            "stability",
            "how far the members of a study agree: neighbours, subspaces, the best and the worst items",
            _flags(_width, parsing.add_step, _max_items),
            _stability,
            "",
            python='nlpfeat.factor_stability(nlpfeat.open_study("runs/ratings_bayes")).table',
        ),
    ),
)
