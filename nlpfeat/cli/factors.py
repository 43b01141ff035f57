"""Look at the factors of users and items: the best and the worst, what tells items apart, who is alike, what to recommend.

top, bottom        of the most rated items, those with the highest and the lowest bias (of models without biases: mean prediction)
components         the directions in which the items' factors differ most, and the items at both ends of each
map                the items by two of these: a PNG, a PDF, a page that works offline (zoom, hover, search) and a CSV
similar TITLE      the items nearest to one, by the cosine of their factors
predict            of --user and --item, or of someone new, described by --rating
recommend          what --user has not rated, or what suits someone new, described by --rating, best first
stability          how far the members of the study agree: neighbours, subspaces, the two lists
"""

import json
import shlex
from typing import Any

from nlpfeat.cli.command import add_member, add_study, parse_named, parser

from nlpfeat.errors import UserError

EXAMPLES = [
    "python -m experiments.factors --study=runs/ratings_bias --width=50 --seed=0 top",
    "python -m experiments.factors --study=runs/ratings_bayes --width=10 components",
    'python -m experiments.factors --study=runs/ratings_bayes --width=10 similar "Pulp Fiction"',
    "python -m experiments.factors --study=runs/ratings_bayes --width=10 --user=15 recommend",
    'python -m experiments.factors --study=runs/ratings_bayes --width=10 --rating="Toy Story=5" --rating="Alien=1" recommend',
    'python -m experiments.factors --study=runs/ratings_bayes --width=10 --user=15 --item="Pulp Fiction" predict',
]
BELONGS = {  # flags to the looks that heed them
    "user": ("predict", "recommend"),
    "rating": ("predict", "recommend"),
    "item": ("predict",),
    "components": ("map",),
}
LOOKS = ("top", "bottom", "components", "map", "similar", "predict", "recommend", "stability")


def command(argv: list[str]) -> int:
    """The command. Results on stdout, progress on stderr."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add_study(arguments, "runs/ratings_bayes")
    add_member(arguments)
    arguments.add_argument("look", choices=LOOKS, help="what to look at")
    arguments.add_argument(
        "title", nargs="?", metavar="TITLE", help="of similar: a title, or an item's number"
    )
    arguments.add_argument("--user", metavar="ID", help="of predict and recommend")
    arguments.add_argument("--item", metavar="TITLE", help="of predict: a title, or an item's number")
    arguments.add_argument(
        "--rating",
        action="append",
        default=[],
        metavar="TITLE=STARS",
        help="of predict and recommend: what someone new rated, as often as you like",
    )
    arguments.add_argument(
        "--count", type=int, default=10, metavar="N", help="how many to list (default: 10)"
    )
    arguments.add_argument(
        "--most",
        type=int,
        default=2000,
        metavar="N",
        help="only the N most rated items are looked at (default: 2000)",
    )
    arguments.add_argument("--components", metavar="A,B", help="of a map: which two (default: 1,2)")
    arguments.add_argument("--json", action="store_true", help="print JSON")
    flags = parse_named(arguments, argv)
    _check(flags)

    from nlpfeat import parallel
    from nlpfeat.analysis import factor_stability, rating_lists
    from nlpfeat.report import item_maps
    from nlpfeat.store.layout import open_folder
    from nlpfeat.study.ratings import model, read_ratings
    from nlpfeat.study.select import member_of

    parallel.use_all_cores()
    study = open_folder(flags.study)
    chosen = None if flags.look == "stability" else member_of(study, flags)
    ratings = read_ratings(study)
    line = f"python -m experiments.factors {shlex.join(argv)}"
    if chosen is None:
        return factor_stability.stability(ratings, flags, line)
    member = model(ratings, chosen, flags.step)
    if flags.look == "map":
        return item_maps.draw(ratings, member, flags, line)
    rows, note = rating_lists.LISTS[flags.look](ratings, member, flags)
    if flags.json:
        print(json.dumps(rows))
    else:
        rating_lists.print_rows(rows, note)
    return 0


def _check(flags: Any) -> None:
    for name in ("count", "most"):
        if getattr(flags, name) < 1:
            raise UserError(f"--{name}: {getattr(flags, name)} must be at least 1")
    for name, looks in BELONGS.items():
        if getattr(flags, name) and flags.look not in looks:
            raise UserError(
                f"{flags.look} takes no --{name}; {' and '.join(looks)} {'do' if looks[1:] else 'does'}"
            )
    if flags.look == "similar" and not flags.title:
        raise UserError('similar to what? Name an item, as in: similar "Pulp Fiction"')
    if flags.look != "similar" and flags.title:
        raise UserError(f"{flags.look} takes no title; {flags.title!r} is one")
    if flags.look in ("predict", "recommend") and bool(flags.user) == bool(flags.rating):
        raise UserError(
            f"{flags.look} for whom? Give --user=ID, or what someone new rated, as --rating TITLE=STARS"
        )
    if flags.look == "predict" and not flags.item:
        raise UserError("predict which item's rating? Give --item=TITLE")
