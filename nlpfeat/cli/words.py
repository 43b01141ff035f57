"""Word vectors of a network of a study, or of a file."""

import argparse
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from nlpfeat.cli.parsing import (
    Command,
    Parser,
    add_count,
    add_json,
    add_member,
    add_study,
    add_widths,
    require_range,
)
from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from nlpfeat.analysis.dimensions import Dimensions
    from nlpfeat.embeddings.space import WordSpace
    from nlpfeat.study.session import Study

log = logging.getLogger(__name__)

STUDY = "runs/reviews_bag"
ROWS = 30_000  # of a file of vectors, by default
METRICS = ("dot", "cosine", "distance")


class NamedSpace(NamedTuple):
    """The space that the flags name, its study and the settings of its member; None and {} for a file of vectors."""

    space: "WordSpace"
    study: "Study | None"
    settings: dict[str, float]


def add_space(parser: Parser) -> None:
    """The flags that name a network of a study, or a file of vectors."""
    add_study(parser, STUDY)
    add_member(parser)
    parser.add_argument(
        "--vectors",
        metavar="NAME",
        help="in place of a study: glove.6B.50d and the like, or a file of vectors (word2vec's or GloVe's formats)",
    )
    parser.add_argument(
        "--rows",
        type=int,
        metavar="N",
        help=f"the first N words of a file of vectors; 0: all (default: {ROWS:,})",
    )


def _check_space(args: argparse.Namespace) -> None:
    require_range(args, "rows", 0)
    if args.vectors is None and args.rows is not None and getattr(args, "target", None) is None:
        raise UserError("--rows: a study's words are all read; it is for a file of vectors (--vectors)")
    for name in ("width", "widths", "step"):
        if args.vectors is not None and getattr(args, name, None) is not None:
            raise UserError(f"--{name}: a file of vectors has one width and no steps; leave it out")


def space_of(args: argparse.Namespace, spelt: Iterable[str] = ()) -> NamedSpace:
    """The space that the flags name, with the words `spelt` where a study can give them vectors: see `word_space`."""
    from nlpfeat.analysis.embeddings import texts_of, word_space
    from nlpfeat.cli.members import member_of

    if args.vectors is not None:
        return NamedSpace(_load(args.vectors, args.rows), None, {})
    study = _open(args)
    texts_of(study)
    settings = member_of(study, args)
    member = study.restore_converged(args.step, **settings)
    return NamedSpace(word_space(study, member, spelt), study, settings)


def _open(args: argparse.Namespace) -> "Study":
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.study.session import open_study

    use_all_cores()
    return open_study(args.study)


def _load(name: str, rows: int | None) -> "WordSpace":
    """The space of a file of vectors; by default its first words, which is noted."""
    from nlpfeat.embeddings.space import load_space

    space = load_space(name, ROWS if rows is None else rows)
    if rows is None and len(space.words) == ROWS:
        log.warning("%s: its first %s words are read; --rows=0 reads all", name, f"{ROWS:,}")
    return space


def _add_words(parser: Parser) -> None:
    parser.add_argument("words", nargs="+", metavar="WORD", help="a word")


def _neighbours_flags(parser: Parser) -> None:
    _add_words(parser)
    add_space(parser)
    parser.add_argument(
        "--metric", choices=METRICS, help="(default: dot for texts with classes, as Trask's; else cosine)"
    )
    add_count(parser, "--top-k", 10, "neighbours of each")
    add_json(parser)


def neighbours(args: argparse.Namespace, line: str) -> int:
    """Print the nearest words of each."""
    _check_space(args)
    require_range(args, "top_k", 1)
    from nlpfeat.analysis import embeddings

    space, study, _ = space_of(args, args.words)
    metric = args.metric or ("dot" if study is not None and embeddings.has_classes(study) else "cosine")
    table = embeddings.neighbours(space, args.words, metric, args.top_k)
    return _print_ranked(table, metric, "nearest to {}", f"{metric} with {{}}", as_json=args.json)


def _print_ranked(table: "pd.DataFrame", metric: str, words: str, values: str, *, as_json: bool) -> int:
    """Print the words of each query with the values of the metric; `words` and `values` are the heads of their columns."""
    from nlpfeat.cli.tables import print_columns, print_json

    groups = dict(iter(table.groupby("query", sort=False)))
    if as_json:
        print_json({query: group[["word", metric]] for query, group in groups.items()})
        return 0
    columns: dict[str, list[str]] = {}
    for query, group in groups.items():
        columns[words.format(query)] = [word or "(empty)" for word in group["word"]]
        columns[values.format(query)] = [f"{value:.4g}" for value in group[metric]]
    print_columns(columns)
    return 0


def _analogy_flags(parser: Parser) -> None:
    _add_words(parser)
    add_space(parser)
    add_count(parser, "--top-k", 10, "candidates")
    add_json(parser)


def analogy(args: argparse.Namespace, line: str) -> int:
    """Print the words that are to the third as the second is to the first."""
    _check_space(args)
    require_range(args, "top_k", 1)
    if len(args.words) != 3:
        raise UserError(f"an analogy takes three words, not {len(args.words)}, as in: analogy man woman king")
    from nlpfeat.analysis.embeddings import analogy as solve

    table = solve(space_of(args, args.words).space, args.words, args.top_k)
    return _print_ranked(table, "cosine", "{}", "cosine", as_json=args.json)


def _analogies_flags(parser: Parser) -> None:
    parser.add_argument(
        "files",
        nargs="*",
        type=expand_path,
        metavar="FILE",
        help="of four words per line (default: word2vec's)",
    )
    add_space(parser)
    add_json(parser)


def analogies(args: argparse.Namespace, line: str) -> int:
    """Print the accuracy on analogies by section."""
    _check_space(args)
    from nlpfeat.analysis import embeddings
    from nlpfeat.cli.tables import print_columns, print_json

    space = space_of(args).space
    table = embeddings.analogies(space, embeddings.read_questions(args.files))
    if args.json:
        print_json(table)
        return 0
    counts = {name: [f"{n:,}" for n in table[name]] for name in ("questions", "known", "solved")}
    shares = ["–" if share != share else f"{share:.1%}" for share in table["accuracy"]]  # noqa: PLR0124
    print_columns(
        {"section": table["section"].tolist(), **counts, "accuracy": shares},
        f"{space.title}. known: all four words have a vector; solved: the nearest word by cosine to second - first + third, these "
        "three excluded; accuracy: solved / known",
    )
    return 0


def _similarity_flags(parser: Parser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="of lines: word1 word2 score")
    add_space(parser)
    add_json(parser)


def similarity(args: argparse.Namespace, line: str) -> int:
    """Print the rank correlation with each file of scored pairs."""
    _check_space(args)
    from nlpfeat.analysis import embeddings
    from nlpfeat.cli.tables import print_columns, print_json
    from nlpfeat.data.text.word_tests import read_pairs

    files = {file: read_pairs(expand_path(file)) for file in args.files}
    space = space_of(args, (word for pairs in files.values() for pair in pairs for word in pair.words)).space
    table = embeddings.similarity(space, files)
    if args.json:
        print_json(table)
        return 0
    low, rho, high = (table[name] for name in ("low", "rho", "high"))
    defined = rho.notna()
    print_columns(
        {
            "file": table["file"].tolist(),
            "pairs": [f"{n:,}" for n in table["pairs"]],
            "known": [f"{n:,}" for n in table["known"]],
            "Spearman's ρ": rho.map("{:.3f}".format).where(defined, "–").tolist(),
            "95 % interval": [
                f"{a:.3f} to {b:.3f}" if known else "–"
                for a, b, known in zip(low, high, defined, strict=True)
            ],
        },
        f"{space.title}. ρ between cosines and human scores, over the pairs whose words are both known; –: fewer than four pairs",
    )
    return 0


def _translate_flags(parser: Parser) -> None:
    parser.add_argument("words", nargs="*", metavar="WORD", help="a word to translate")
    add_space(parser)
    parser.add_argument(
        "--target",
        required=True,
        metavar="NAME",
        help="the other space: the folder of a study (of which the same member is taken), or vectors as for --vectors",
    )
    add_count(
        parser,
        "--max-items",
        5000,
        "the N most frequent words in common, which the map is fitted to and tested on",
    )
    add_count(parser, "--top-k", 10, "translations of each word")
    add_json(parser)


def translate(args: argparse.Namespace, line: str) -> int:
    """Print the precision on held-out words, and the translations of words."""
    _check_space(args)
    require_range(args, "max_items", 10)
    require_range(args, "top_k", 1)
    target = expand_path(args.target)
    if target.is_dir() and args.vectors is not None:
        raise UserError(
            "--target: a study; name a network by --study and --width, and a file of vectors by --target"
        )
    from nlpfeat.analysis import embeddings
    from nlpfeat.cli.tables import print_columns, print_json
    from nlpfeat.study.session import open_study

    space, _, settings = space_of(args)
    if target.is_dir():
        other = open_study(target)
        target_space = embeddings.word_space(other, other.restore_converged(args.step, **settings))
    else:
        target_space = _load(args.target, args.rows)
    found = embeddings.translate(space, target_space, args.words, args.max_items, args.top_k)
    groups = {query: group["word"].tolist() for query, group in found.words.groupby("query", sort=False)}
    if args.json:
        counts = {"fitted": found.fitted, "held_out": found.held_out}
        precision = found.precision.to_dict("index")
        print_json(
            {"from": found.source, "to": found.target, **counts, "precision": precision, "words": groups}
        )
        return 0
    print_columns(
        {
            "similarity": list(found.precision.index),
            **{f"precision@{k}": [f"{x:.1%}" for x in found.precision[k]] for k in found.precision},
        },
        f"From {found.source}\nto {found.target}. An orthogonal map, fitted to {found.fitted:,} words in common; precision@k: the share of "
        f"{found.held_out:,} held-out words that are among their k nearest of {found.candidates:,}. csls: 2 cos minus the mean cosine "
        "with the ten nearest on each side, which penalises hubs",
    )
    if groups:
        print_columns(
            {f"nearest to {query}": [word or "(empty)" for word in near] for query, near in groups.items()}
        )
    return 0


def _export_flags(parser: Parser) -> None:
    add_space(parser)
    parser.add_argument(
        "--out", type=expand_path, required=True, metavar="FILE.txt", help="the file to write"
    )
    add_json(parser)


def export(args: argparse.Namespace, line: str) -> int:
    """Write the vectors."""
    _check_space(args)
    from nlpfeat.analysis import embeddings
    from nlpfeat.cli.tables import print_paths

    embeddings.export(space_of(args).space, args.out)
    print_paths([args.out], as_json=args.json)
    return 0


def add_class(parser: Parser) -> None:
    """The flag that names a class."""
    parser.add_argument(
        "--class",
        dest="class_name",
        metavar="NAME",
        default="",
        help="the class whose words are held against those of the others (default: the last)",
    )


def _map_flags(parser: Parser) -> None:
    add_space(parser)
    add_widths(parser)
    parser.add_argument("--method", choices=("tsne", "pca"), default="tsne", help="(default: %(default)s)")
    add_count(parser, "--per-class", 500, "words of a class, and of the others, of texts with classes")
    add_class(parser)
    add_count(parser, "--max-items", 350, "the N most frequent words, of texts without classes and of files")
    add_json(parser)


def draw_map(args: argparse.Namespace, line: str) -> int:
    """Write the map."""
    _check_space(args)
    require_range(args, "per_class", 5)
    require_range(args, "max_items", 10)
    from pathlib import Path

    from nlpfeat.analysis.embeddings import texts_of
    from nlpfeat.analysis.word_maps import WordMapOptions, map_name, space_map, word_map
    from nlpfeat.cli.members import members_of
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_paths
    from nlpfeat.report.map_page import write_map
    from nlpfeat.report.word_maps import word_map_page
    from nlpfeat.store.provenance import commit, signature

    options = WordMapOptions(args.method, args.step, args.per_class, args.class_name, args.max_items)
    if args.vectors is not None:
        found = space_map(_load(args.vectors, args.rows), options)
        path = Path(f"figures/words-{args.method}-{Path(args.vectors).name}-{len(found.table)}")
        stamp = f"{line}   commit {commit()}"
    else:
        study = _open(args)
        texts_of(study)
        members = members_of(study, args)
        found = word_map(study, members, options, track)
        path = study.folder.figures / map_name(members, options)
        stamp = signature(line, study.folder)
    print_paths(write_map(path, word_map_page(found), stamp), as_json=args.json)
    return 0


def _dimensions_flags(parser: Parser) -> None:
    add_study(parser, STUDY)
    parser.add_argument(
        "--similarity",
        action="append",
        default=[],
        type=expand_path,
        metavar="FILE",
        help="a file of lines: word1 word2 score; may be repeated",
    )
    add_count(parser, "--max-items", 2000, "the N most frequent words, whose neighbours are compared")
    add_json(parser)


def dimensions(args: argparse.Namespace, line: str) -> int:
    """Print the tables; write the figure and a CSV per table."""
    require_range(args, "max_items", 11)
    from nlpfeat.analysis.dimensions import DimensionOptions, stability_table
    from nlpfeat.analysis.dimensions import dimensions as measure
    from nlpfeat.cli.members import point_of_flags
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_json, print_paths
    from nlpfeat.plotting.figures.embeddings import dimensions_figure
    from nlpfeat.plotting.save import save_figure
    from nlpfeat.store.atomic import write_csv
    from nlpfeat.store.provenance import signature

    study = _open(args)
    options = DimensionOptions(tuple(args.similarity), args.max_items)
    found = measure(study, point_of_flags(study, args), options, track)
    tables = {"words-dimensions": found.quality, "words-agreement": found.agreement}
    stability = stability_table(found)
    if stability is not None:
        tables["words-stability"] = stability
    if args.json:
        print_json(tables)
        return 0
    _print_dimensions(found)
    figures = study.folder.figures
    paths = save_figure(
        dimensions_figure(found, study.task.width_label),
        figures / "words-dimensions",
        signature(line, study.folder),
        "Word vectors against width: every member or pair of members a point, median, quartiles",
    )
    print_paths([*paths, *(write_csv(table, figures / f"{name}.csv") for name, table in tables.items())])
    return 0


def _print_dimensions(found: "Dimensions") -> None:
    import numpy as np

    from nlpfeat.analysis.agreement import medians
    from nlpfeat.analysis.dimensions import COMPONENTS, NEIGHBOURS, extreme_words
    from nlpfeat.cli.tables import median_cell, print_columns
    from nlpfeat.embeddings.stability import STABLE

    groups = dict(iter(found.quality.groupby("width")))
    columns = {
        "width": [f"{width:g}" for width in groups],
        "members": [str(len(group)) for group in groups.values()],
    }
    for name in found.quality:
        if name == "analogies" or " " in str(name):
            columns[str(name)] = [median_cell(group[name].to_numpy()) for group in groups.values()]
    print_columns(columns, "medians over seeds (lowest–highest); ρ: rank correlation with human scores")
    if len(found.agreement):
        print_columns(
            medians(found.agreement),
            "medians over pairs of members: two seeds of a width, or a width against the widest. neighbours: share of a word's "
            f"{NEIGHBOURS} nearest in common; cka: 1 is a rotation; angle: the largest between the spans of {COMPONENTS} principal "
            "components, degrees",
        )
    table = extreme_words(found)
    if table is None:
        return
    assert found.stability is not None
    unstable = float(np.isnan(found.stability.stable_width).mean())
    print_columns(
        {str(name): [x if isinstance(x, str) else f"{x:g}" for x in table[name]] for name in table},
        f"Words whose {NEIGHBOURS} nearest neighbours are stable from the smallest and from the largest width on: the overlap with the "
        f"widest spaces stays at {STABLE:.0%} or more of the overlap of two seeds of the largest width. {unstable:.0%} of the "
        f"{len(found.words):,} words have no neighbours that two seeds share",
    )


def _polarity_flags(parser: Parser) -> None:
    parser.add_argument("words", nargs="*", metavar="WORD", help="a word (default: the most extreme ones)")
    add_study(parser, STUDY)
    add_member(parser)
    add_count(parser, "--top-k", 10, "words of each sign, where none is named")
    add_class(parser)
    add_json(parser)


def polarity(args: argparse.Namespace, line: str) -> int:
    """Print polarities, and the network's log-odds for each word alone."""
    require_range(args, "top_k", 1)
    from nlpfeat.analysis import embeddings
    from nlpfeat.cli.members import member_of
    from nlpfeat.cli.tables import print_columns, print_json

    study = _open(args)
    embeddings.require_classes(study)
    member = study.restore_converged(args.step, **member_of(study, args))
    name = embeddings.texts_of(study).corpus.classes[embeddings.class_index(study, args.class_name)]
    table = embeddings.polarity(study, member, args.words, args.top_k, name)
    if args.json:
        print_json(table)
        return 0
    print_columns(
        {str(name): ["rare" if x != x else str(x) for x in table[name]] for name in table},  # noqa: PLR0124
        f"polarity: log P(word | {name}) - log P(word | not {name}), smoothed, in the training texts; log_odds: of {name} for the "
        "word alone",
    )
    return 0


def _separability_flags(parser: Parser) -> None:
    add_study(parser, STUDY)
    add_count(parser, "--per-class", 500, "words of the class, and of the others")
    add_class(parser)
    add_json(parser)


def separability(args: argparse.Namespace, line: str) -> int:
    """Print the medians at the last step; write STUDY/words.nc and the figure."""
    require_range(args, "per_class", 5)
    from nlpfeat.analysis.word_separability import separability_table, word_separability
    from nlpfeat.cli.members import point_of_flags
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_columns, print_json, print_paths
    from nlpfeat.embeddings.separability import MEASURES
    from nlpfeat.plotting.figures.embeddings import separability_figure
    from nlpfeat.plotting.save import save_figure
    from nlpfeat.store.netcdf import write_netcdf
    from nlpfeat.store.provenance import commit, signature
    from nlpfeat.tasks.spec import config_hash

    study = _open(args)
    dataset = word_separability(study, point_of_flags(study, args), args.per_class, track, args.class_name)
    dataset.attrs = {"commit": commit(), "config_hash": config_hash(study.spec), "command": line}
    array = study.path / "words.nc"
    write_netcdf(dataset, array)
    paths = save_figure(
        separability_figure(dataset, study.task.width_label),
        study.folder.figures / "words-separability",
        signature(line, study.folder),
        f"Words typical of {dataset['group'].to_numpy()[0]}, and of the other classes: how separable their vectors are. At the last step "
        "above, every member a point; over training below",
    )
    table = separability_table(dataset)
    if args.json:
        print_json(table)
        return 0
    own, others = dataset["groups"].to_numpy().tolist()
    name = str(dataset["group"].to_numpy()[0])
    print_columns(
        {str(name): [_interval(cell) for cell in table[name]] for name in table},
        f"{own} words of {name} and {others} of the others, at the last step: medians over members (quartiles); of separable the share of members (Wilson "
        "interval). " + "; ".join(f"{name}: {one.description}" for name, one in MEASURES.items()),
    )
    print_paths([array, *paths])
    return 0


def _interval(cell: list[float] | float | None) -> str:
    if not isinstance(cell, list):
        return "–" if cell is None else str(cell)
    low, middle, high = (f"{x:.3g}" for x in cell)
    return middle if low == high else f"{middle} ({low}–{high})"


def _subcommand(
    name: str,
    summary: str,
    add_flags: Callable[[Parser], None],
    run: Callable[[argparse.Namespace, str], int],
    *examples: str,
    python: str,
    description: str = "",
) -> Command:
    lines = [f"nlpfeat words {name} {one}" for one in examples]
    return Command(name, summary, add_flags, run, description, lines, python, in_place_of_study="--vectors")


COMMAND = Command(
    "words",
    "word vectors of a network, or of a file: neighbours, analogies, maps, quality against width",
    description="The network is a member of a study of texts. Where --vectors is a flag, a file of vectors takes its place.",
    subcommands=(
        _subcommand(
            "neighbours",
            "the nearest words of each word",
            _neighbours_flags,
            neighbours,
            "--study=runs/reviews_bag --width=10 --seed=1 --metric=distance --top-k=20 beautiful",
            "--vectors=glove.6B.50d king",
            python='study = nlpfeat.open_study("runs/reviews_bag"); nlpfeat.neighbours(nlpfeat.word_space(study, study.restore(width=10, seed=1)), ["beautiful"])',
        ),
        _subcommand(
            "analogy",
            "the words that are to C as B is to A",
            _analogy_flags,
            analogy,
            "--vectors=glove.6B.50d man woman king",
            python='nlpfeat.analogy(nlpfeat.load_space("glove.6B.50d", 30000), ["man", "woman", "king"])',
        ),
        _subcommand(
            "analogies",
            "accuracy on analogies, by section",
            _analogies_flags,
            analogies,
            "--vectors=glove.6B.50d",
            description="Without a file, the 19,544 analogies published with word2vec. Lines: four words, or : and a section.",
            python='nlpfeat.analogies(nlpfeat.load_space("glove.6B.50d", 30000), nlpfeat.read_questions([]))',
        ),
        _subcommand(
            "similarity",
            "rank correlation with human similarity scores",
            _similarity_flags,
            similarity,
            "--study=runs/windows_noise --width=50 --seed=0 wordsim353.tsv simlex999.txt",
            python='nlpfeat.similarity(nlpfeat.load_space("vectors.txt"), {"mine": nlpfeat.read_pairs("wordsim353.tsv")})',
        ),
        _subcommand(
            "translate",
            "map this space onto another by an orthogonal map",
            _translate_flags,
            translate,
            "--study=runs/windows_noise-half_1 --width=50 --seed=0 --target=runs/windows_noise-half_2 movie terrible",
            python='nlpfeat.translate(nlpfeat.load_space("a.txt"), nlpfeat.load_space("b.txt"), ["movie"]).words',
        ),
        _subcommand(
            "export",
            "write the vectors in word2vec's text format, which gensim reads",
            _export_flags,
            export,
            "--study=runs/windows_noise --width=50 --seed=0 --out=vectors.txt",
            python='study = nlpfeat.open_study("runs/reviews_bag"); nlpfeat.export(nlpfeat.word_space(study, study.restore(width=10, seed=1)), "vectors.txt")',
        ),
        _subcommand(
            "map",
            "words on a plane: PNG, PDF, an interactive page, CSV",
            _map_flags,
            draw_map,
            "--study=runs/windows_noise --widths=2,8,50 --seed=0",
            description="Of texts with classes, the words of most extreme polarity; else the most frequent ones. The page works "
            "offline: zoom, pan,\nhover, search, select. Several widths are aligned and linked.",
            python='study = nlpfeat.open_study("runs/reviews_bag"); nlpfeat.word_map(study, [{"width": 10, "seed": 1}]).table',
        ),
        _subcommand(
            "dimensions",
            "quality, agreement and neighbour stability of word vectors against width",
            _dimensions_flags,
            dimensions,
            "--study=runs/windows_noise --similarity=wordsim353.tsv",
            description="Of all finished members at their last kept step: the headline metric, analogies, similarity, agreement "
            "between\nmembers, and the words whose neighbours are stable first and last.",
            python='nlpfeat.dimensions(nlpfeat.open_study("runs/windows_noise")).quality',
        ),
        _subcommand(
            "polarity",
            "polarity of words in texts with classes, and the network's log-odds for each word alone",
            _polarity_flags,
            polarity,
            "--study=runs/reviews_bag --width=10 film boring",
            "--study=runs/imdb_ngrams-own-mine --width=best --class=neutral",
            python='study = nlpfeat.open_study("runs/reviews_bag"); nlpfeat.polarity(study, study.restore(width=10, seed=1), ["film", "boring"])',
        ),
        _subcommand(
            "separability",
            "separability of the words of a class against width and over training",
            _separability_flags,
            separability,
            "--study=runs/reviews_bag",
            description="Of all finished members at all kept checkpoints: held-out probe, certificate, hard margin, silhouette, purity "
            "of neighbours.",
            python='nlpfeat.word_separability(nlpfeat.open_study("runs/reviews_bag"))',
        ),
    ),
)
