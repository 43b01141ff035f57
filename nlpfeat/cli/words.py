"""Look at words: of a net of a study, or of a file of vectors (--vectors=glove.6B.50d, or word2vec's or GloVe's text format).

neighbours WORD …   the nearest words of each, by dot product (Trask's), cosine or distance
analogy A B C       what is to C as B is to A
analogies [FILE …]  how many analogies are solved, by section (default: the 19,544 published with word2vec)
similarity FILE …   rank correlation with what people say; a line of a file is: word1 word2 score
translate [WORD …]  this space turned onto another (--onto): how often held-out words are found, and those near a WORD there
export              the vectors as a file that word2vec's tools, gensim among them, read (--out)
map                 words on a plane: a PNG, and a page that works offline (zoom, pan, hover, search, select; --widths=2,10,100 side
                    by side, aligned and linked; coordinates as CSV). Of texts with classes the words of most extreme polarity,
                    else the most frequent ones
dimensions          every figure above against width, for all members of a study, how well each space agrees with the widest, and
                    which words' neighbours settle last
polarity [WORD …]   of texts with classes: how much more often good ones say a word, and how the net scores it alone; without
                    words, the extremes
separability        of good and bad words, in the space of their vectors: held-out probe, certificate, margin, silhouette, purity
                    of neighbours, for every member at every kept checkpoint, against width and over training
"""

import shlex
from typing import Any

from nlpfeat.cli.command import Parser, add_member, add_study, parse_named, parser

from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError, nearest

EXAMPLES = [
    "python -m experiments.words --vectors=glove.6B.50d neighbours king",
    "python -m experiments.words --vectors=glove.6B.50d analogy man woman king",
    "python -m experiments.words --vectors=glove.6B.50d analogies",
    "python -m experiments.words --study=runs/windows_noise --width=50 --seed=0 similarity wordsim353.tsv simlex999.txt",
    "python -m experiments.words --study=runs/windows_noise-half_1 --width=50 --seed=0 --onto=runs/windows_noise-half_2 translate movie terrible",
    "python -m experiments.words --study=runs/windows_noise --widths=2,8,50 --seed=0 map",
    "python -m experiments.words --study=runs/reviews_bag --width=10 --seed=1 --by=distance --count=20 neighbours beautiful",
    "python -m experiments.words --study=runs/reviews_bag separability",
]
LOOKS = (
    "neighbours",
    "analogy",
    "analogies",
    "similarity",
    "translate",
    "export",
    "map",
    "dimensions",
    "polarity",
    "separability",
)
ROWS = 30_000  # of a file of vectors that are looked at where nobody says otherwise
OF_STUDY = ("dimensions", "separability")  # they look at every member


def command(argv: list[str]) -> int:
    """The command. Results on stdout, progress on stderr."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add_study(arguments, "runs/reviews_bag")
    add_member(arguments)
    _add_flags(arguments)
    line = f"python -m experiments.words {shlex.join(argv)}"
    if any(part.split("=")[0] == "--vectors" for part in argv):
        flags = arguments.parse(argv)
        _check(flags)
        return of_file(flags, line)
    flags = parse_named(arguments, argv)
    _check(flags)

    from nlpfeat import parallel
    from nlpfeat.store.layout import open_folder

    parallel.use_all_cores()
    study = open_folder(flags.study)
    return of_study(study, flags, line)


def _add_flags(arguments: Parser) -> None:
    add = arguments.add_argument
    add("look", choices=LOOKS, help="what to look at")
    add("words", nargs="*", metavar="WORD", help="words or files, see above")
    add("--vectors", metavar="NAME", help="glove.6B.50d and its like, or a .txt or .zip of vectors")
    add("--rows", type=int, metavar="N", help=f"its first N words; 0: all (default: {ROWS:,})")
    add("--onto", metavar="NAME", help="of translate: another study's folder, or other vectors")
    add(
        "--most",
        type=int,
        metavar="N",
        help="the N most frequent words: of translate 5000, dimensions 2000, a map 350",
    )
    add("--out", type=expand_path, metavar="FILE.txt", help="of export: where to")
    add(
        "--similarity",
        action="append",
        default=[],
        metavar="FILE",
        help="of dimensions: a file of scored pairs; may be repeated",
    )
    add("--widths", metavar="N,N,…", help="of a map: several members side by side")
    add(
        "--by",
        metavar="MEASURE",
        help="dot, cosine or distance (default: cosine; dot where texts have classes)",
    )
    add("--count", type=int, default=10, metavar="N", help="how many words to tell (default: 10)")
    add(
        "--each",
        type=int,
        default=500,
        metavar="N",
        help="good words and bad words of maps and separability (default: 500 each)",
    )
    add("--method", default="tsne", metavar="NAME", help="of a map: tsne or pca (default: tsne)")
    add("--json", action="store_true", help="print JSON")


def _check(flags: Any) -> None:
    from nlpfeat.embeddings.neighbours import SIMILARITIES

    if flags.by is not None and flags.by not in SIMILARITIES:
        raise UserError(f"--by: no measure {flags.by!r}; {nearest(flags.by, SIMILARITIES)}")
    if flags.method not in ("tsne", "pca"):
        raise UserError(f"--method: no method {flags.method!r}; {nearest(flags.method, ('tsne', 'pca'))}")
    for name, least in (("count", 1), ("each", 5), ("rows", 0), ("most", 10)):
        value = getattr(flags, name)
        if value is not None and value < least:
            raise UserError(f"--{name}: {value} must be at least {least}")
    if flags.look in OF_STUDY:
        for name in ("width", "widths", "step"):
            if getattr(flags, name) is not None:
                raise UserError(f"--{name}: {flags.look} looks at every width, and at kept steps")
    if flags.look == "neighbours" and not flags.words:
        raise UserError("neighbours of which words? Name some, as in: neighbours excellent terrible")
    if flags.look == "analogy" and len(flags.words) != 3:
        raise UserError("an analogy is asked by three words, as in: analogy man woman king")
    if flags.look == "similarity" and not flags.words:
        raise UserError("similarity to what people say in which file? Its lines are: word1 word2 score")
    if flags.look in ("map", "export", *OF_STUDY) and flags.words:
        raise UserError(f"{flags.look} takes no words; {flags.words[0]!r} is one")
    for look, name in (("translate", "onto"), ("export", "out")):
        if (flags.look == look) != (getattr(flags, name) is not None):
            raise UserError(
                f"{look} needs --{name}" if flags.look == look else f"--{name}: only {look} has a use for it"
            )
    if flags.similarity and flags.look != "dimensions":
        raise UserError(
            f"--similarity: only dimensions has a use for it; say: similarity {flags.similarity[0]}"
        )


def of_file(flags: Any, line: str) -> int:
    """Look at a file of vectors."""
    for name in ("width", "widths", "step"):
        if getattr(flags, name) is not None:
            raise UserError(f"--{name}: the vectors of a file have one width; leave it out")
    if flags.look in (*OF_STUDY, "polarity"):
        raise UserError(f"{flags.look} looks at the nets of a study: name one by --study, not --vectors")
    space = of_vectors(flags.vectors, flags.rows)
    if flags.look == "map":
        from nlpfeat.report import word_maps

        return word_maps.draw_file(space, flags, line)
    return read(space, flags, "cosine", lambda: _other(flags, None))


def of_vectors(name: str, rows: int | None) -> Any:
    """The space of a file of vectors; that it is looked at in part is told, unless it was asked for."""
    from nlpfeat.cli.tables import warn
    from nlpfeat.embeddings.space import load_space

    space = load_space(name, ROWS if rows is None else rows)
    if rows is None and len(space.words) == ROWS:
        warn(f"{name}: its first {ROWS:,} words are looked at; --rows=0 takes all")
    return space


def of_study(study: Any, flags: Any, line: str) -> int:
    """Look at nets of a study."""
    from nlpfeat.study.select import further, members_of, wanted
    from nlpfeat.study.words import learned, net, read_words

    words = read_words(study)
    if flags.look in OF_STUDY:
        from nlpfeat.analysis import dimensions, word_separability

        chosen = wanted(flags, further(study))
        if flags.look == "separability":
            return word_separability.separability(words, chosen, flags.each, line, as_json=flags.json)
        return dimensions.dimensions(words, chosen, flags, line)
    members = members_of(study, flags)
    if flags.look == "map":
        from nlpfeat.report import word_maps

        return word_maps.draw(words, members, flags, line)
    if flags.widths is not None:
        raise UserError(f"--widths: {flags.look} looks at one net; name it by --width=N")
    member = net(words, members[0], flags.step)
    space = learned(words, member)
    if flags.look == "polarity":
        from nlpfeat.analysis.polarity import polarity

        ids = words.vocabulary.ids
        asked = [ids[space.words[space.place(word)]] for word in flags.words]
        return polarity(words, member, asked, flags.count, as_json=flags.json)
    return read(space, flags, "dot" if words.labelled else "cosine", lambda: _other(flags, members[0]))


def read(space: Any, flags: Any, by: str, other: Any) -> int:
    """What every space can be asked.

    Args:
      other: () -> the space of --onto.
    """
    from nlpfeat.analysis import word_reading, word_scores, word_translation

    asked, as_json = flags.words, flags.json
    if flags.look == "neighbours":
        return word_reading.neighbours(space, asked, flags.by or by, flags.count, as_json=as_json)
    if flags.look == "analogy":
        return word_reading.analogy(space, asked, flags.count, as_json=as_json)
    if flags.look == "export":
        return word_reading.export(space, flags.out)
    if flags.look == "translate":
        return word_translation.translate(
            space, other(), asked, flags.most or 5000, flags.count, as_json=as_json
        )
    score = word_scores.analogies if flags.look == "analogies" else word_scores.similarity
    return score(space, asked, as_json=as_json)


def _other(flags: Any, member: dict[str, float] | None) -> Any:
    """The space that --onto names; of a study, the member of the same settings."""
    if not expand_path(flags.onto).is_dir():
        return of_vectors(flags.onto, flags.rows)
    if member is None:
        raise UserError(
            "--onto: name a net by --study, --width and --seed, and give --onto the file of vectors"
        )
    from nlpfeat.store.layout import open_folder
    from nlpfeat.study.words import learned, net, read_words

    words = read_words(open_folder(expand_path(flags.onto)))
    return learned(words, net(words, member, flags.step))
