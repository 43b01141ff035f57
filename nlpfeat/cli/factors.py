"""Factors of users and items: the best and worst items, components, maps, neighbours, predictions, recommendations."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import (
    Command,
    Parser,
    add_count,
    add_json,
    add_member,
    add_step,
    add_study,
    require_range,
)
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    from nlpfeat.analysis.ratings import ItemList, ItemOptions, Rater
    from nlpfeat.study.restore import TrainedMember

STUDY = "runs/ratings_bayes"


def _add_member(parser: Parser) -> None:
    add_study(parser, STUDY)
    add_member(parser)


def _add_max_items(parser: Parser) -> None:
    add_count(parser, "--max-items", 2000, "only the N most rated items")
    add_json(parser)


def _add_list(parser: Parser) -> None:
    _add_member(parser)
    add_count(parser, "--top-k", 10, "how many items are listed")
    _add_max_items(parser)


def _add_rater(parser: Parser) -> None:
    parser.add_argument("--user", metavar="ID", help="a user of the data")
    parser.add_argument(
        "--rating",
        action="append",
        default=[],
        metavar="TITLE=STARS",
        help="a rating by someone new, in place of --user; may be repeated",
    )


def _add_similar(parser: Parser) -> None:
    parser.add_argument("title", metavar="TITLE", help="an item's title, the beginning of it, or its number")
    _add_list(parser)


def _add_predict(parser: Parser) -> None:
    _add_member(parser)
    _add_rater(parser)
    parser.add_argument("--item", metavar="TITLE", help="an item's title, the beginning of it, or its number")
    add_json(parser)


def _add_recommend(parser: Parser) -> None:
    _add_rater(parser)
    _add_list(parser)


def _add_map(parser: Parser) -> None:
    _add_member(parser)
    parser.add_argument(
        "--components", default="1,2", metavar="A,B", help="which two components (default: %(default)s)"
    )
    _add_max_items(parser)


def _add_stability(parser: Parser) -> None:
    add_study(parser, STUDY)
    parser.add_argument("--width", metavar="N", help="only members of this width")
    add_step(parser)
    _add_max_items(parser)


def _check_rater(args: argparse.Namespace) -> None:
    if bool(args.user) == bool(args.rating):
        raise UserError("for whom? Give --user=ID, or what someone new has rated, as --rating TITLE=STARS")
    args.rating = [_rating(text) for text in args.rating]


def _rating(text: str) -> tuple[str, float]:
    title, _, stars = text.rpartition("=")
    try:
        value = float(stars)
    except ValueError:
        title, value = "", 0.0
    if not title:
        raise UserError(f'--rating {text!r}: write a title and stars, as in "Toy Story=4"')
    return title, value


def _check_predict(args: argparse.Namespace) -> None:
    _check_rater(args)
    if not args.item:
        raise UserError("predict which item's rating? Give --item=TITLE")


@contextmanager
def _naming_flags() -> Iterator[None]:
    """Name the flag of an argument that an error of the library is about."""
    try:
        yield
    except UserError as error:
        error.args = (str(error).replace("max_items", "--max-items"),)
        raise


def _two_components(text: str) -> tuple[int, int]:
    try:
        a, b = (int(part) for part in text.split(","))
    except ValueError:
        a = b = 0
    if min(a, b) < 1 or a == b:
        raise UserError(f"--components: {text!r}: name two different ones, as in 1,2")
    return a, b


def _member(args: argparse.Namespace) -> "TrainedMember":
    from nlpfeat.analysis.ratings import require_factors
    from nlpfeat.cli.members import member_of
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.study.session import open_study

    use_all_cores()
    study = open_study(args.study)
    require_factors(study.task, study.path)
    return study.trained_member(args.step, **member_of(study, args))


def _options(args: argparse.Namespace) -> "ItemOptions":
    from nlpfeat.analysis.ratings import ItemOptions

    return ItemOptions(args.top_k, args.max_items)


def _rater(args: argparse.Namespace) -> "Rater":
    from nlpfeat.analysis.ratings import known_user, new_user

    member = _member(args)
    return known_user(member, args.user) if args.user else new_user(member, args.rating)


def _top(args: argparse.Namespace) -> "ItemList":
    from nlpfeat.analysis.ratings import items_by_quality

    return items_by_quality(_member(args), _options(args), best=True)


def _bottom(args: argparse.Namespace) -> "ItemList":
    from nlpfeat.analysis.ratings import items_by_quality

    return items_by_quality(_member(args), _options(args), best=False)


def _components(args: argparse.Namespace) -> "ItemList":
    from nlpfeat.analysis.ratings import component_items

    return component_items(_member(args), _options(args))


def _similar(args: argparse.Namespace) -> "ItemList":
    from nlpfeat.analysis.ratings import similar_items

    return similar_items(_member(args), args.title, _options(args))


def _predict(args: argparse.Namespace) -> "ItemList":
    from nlpfeat.analysis.ratings import predicted_item

    return predicted_item(_rater(args), args.item)


def _recommend(args: argparse.Namespace) -> "ItemList":
    from nlpfeat.analysis.ratings import recommended_items

    return recommended_items(_rater(args), _options(args))


def _lister(
    make: Callable[[argparse.Namespace], "ItemList"],
    check: Callable[[argparse.Namespace], None] = lambda args: None,
) -> Callable[[argparse.Namespace, str], int]:
    """The `run` of a subcommand that prints a list of items."""

    def run(args: argparse.Namespace, line: str) -> int:
        for name in ("top_k", "max_items"):
            if name in args:
                require_range(args, name, 1)
        check(args)

        from nlpfeat.cli.tables import print_columns, print_json

        with _naming_flags():
            table, caption = make(args)
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


def _map(args: argparse.Namespace, line: str) -> int:
    require_range(args, "max_items", 1)
    axes = _two_components(args.components)

    from nlpfeat.analysis.ratings import item_map
    from nlpfeat.cli.tables import print_json, print_paths
    from nlpfeat.report import map_files
    from nlpfeat.report.item_maps import item_map_page
    from nlpfeat.store.layout import open_folder
    from nlpfeat.store.provenance import signature
    from nlpfeat.study.select import format_number

    member, folder = _member(args), open_folder(args.study)
    with _naming_flags():
        result = item_map(member, axes, args.max_items)
    panel, points, said = item_map_page(result, signature(line, folder))
    width, seed = (format_number(value) for value in (member.settings.width, member.settings.seed))
    name = f"factors-{axes[0]}-{axes[1]}-width={width}-seed={seed}"
    folder.figures.mkdir(exist_ok=True)
    paths = map_files.write(folder.figures / name, [panel], points, said)
    if args.json:
        print_json({"paths": paths})
    else:
        print_paths(paths)
    return 0


def _stability(args: argparse.Namespace, line: str) -> int:
    require_range(args, "max_items", 1)

    from nlpfeat.analysis.agreement import medians
    from nlpfeat.analysis.factor_stability import StabilityOptions, factor_stability
    from nlpfeat.cli.members import settings_of
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_columns, print_json, print_paths
    from nlpfeat.config.fields import setting_names
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.plotting.figures.ratings import factor_stability_figure
    from nlpfeat.plotting.save import save_figure
    from nlpfeat.store.atomic import write_csv
    from nlpfeat.store.provenance import signature
    from nlpfeat.study.session import open_study

    use_all_cores()
    study = open_study(args.study)
    settings = settings_of(args, setting_names(study.spec.settings))
    with _naming_flags():
        result = factor_stability(study, settings, StabilityOptions(args.max_items), args.step, track)
    if args.json:
        print_json(result.table)
        return 0
    measures = "; ".join(f"{name}: {description}" for name, description in result.measures.items())
    pairs = "medians over pairs of members: two seeds of a width, or a width and the widest"
    print_columns(medians(result.table), f"{pairs}. {measures}")
    path = study.folder.figures / "factor-stability"
    heading = "How far models agree about the items: every pair, median, quartiles"
    paths = save_figure(factor_stability_figure(result), path, signature(line, study.folder), heading)
    print_paths([*paths, write_csv(result.table, path.with_suffix(".csv"))])
    return 0


COMMAND = Command(
    "factors",
    "factors of users and items: lists of items, maps, predictions, recommendations",
    subcommands=(
        Command(
            "top",
            "the items of highest bias; for models without biases, of highest mean prediction",
            _add_list,
            _lister(_top),
            examples=("nlpfeat factors top --study=runs/ratings_bias --width=50 --seed=0",),
        ),
        Command(
            "bottom",
            "the items of lowest bias; for models without biases, of lowest mean prediction",
            _add_list,
            _lister(_bottom),
            examples=("nlpfeat factors bottom --study=runs/ratings_bias --width=50 --seed=0",),
        ),
        Command(
            "components",
            "principal components of the items' factors, and the items at both ends of each",
            _add_list,
            _lister(_components),
            examples=("nlpfeat factors components --study=runs/ratings_bayes --width=10",),
        ),
        Command(
            "map",
            "a map of the items by two components: PNG, PDF, CSV, and a page with zoom and search",
            _add_map,
            _map,
            examples=("nlpfeat factors map --study=runs/ratings_bayes --width=10 --components=1,3",),
        ),
        Command(
            "similar",
            "the items nearest to one, by the cosine of their factors",
            _add_similar,
            _lister(_similar),
            examples=('nlpfeat factors similar --study=runs/ratings_bayes --width=10 "Pulp Fiction"',),
        ),
        Command(
            "predict",
            "the rating that a user, or someone new, would give to an item",
            _add_predict,
            _lister(_predict, _check_predict),
            examples=(
                'nlpfeat factors predict --study=runs/ratings_bayes --width=10 --user=15 --item="Pulp Fiction"',
            ),
        ),
        Command(
            "recommend",
            "the items with the highest predicted ratings among those that a user, or someone new, has not rated",
            _add_recommend,
            _lister(_recommend, _check_rater),
            examples=(
                "nlpfeat factors recommend --study=runs/ratings_bayes --width=10 --user=15",
                'nlpfeat factors recommend --study=runs/ratings_bayes --width=10 --rating="Toy Story=5" --rating="Alien=1"',
            ),
        ),
        Command(
            "stability",
            "how far the members of a study agree: neighbours, subspaces, the best and the worst items",
            _add_stability,
            _stability,
            examples=("nlpfeat factors stability --study=runs/ratings_bayes",),
        ),
    ),
)
