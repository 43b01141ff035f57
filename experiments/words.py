"""Look at the words of a net: neighbours, polarity, maps, and how separable good and bad words are.

neighbours WORD …   the nearest words of each, by dot product (Trask's), cosine or distance
polarity [WORD …]   how much more often good reviews say a word, and how the net scores it alone; without words, the extremes
map                 the words of most extreme polarity on a plane: a PNG, and a page that works offline (zoom, pan, hover,
                    search, select; --widths=2,10,100 side by side, aligned and linked; coordinates as CSV)
separability        of those words, in the space of their vectors: held-out probe, certificate, margin, silhouette, purity
                    of neighbours, for every member at every kept checkpoint, against width and over training
"""

import json
import shlex
from typing import Any

from experiments.command import add_member, add_study, main, parser, study_of
from nlpfeat.errors import UserError

EXAMPLES = [
    "python -m experiments.words --study=runs/reviews_bag --width=10 --seed=1 neighbours excellent terrible",
    "python -m experiments.words --study=runs/reviews_bag --width=10 --seed=1 --by=distance --count=20 neighbours beautiful",
    "python -m experiments.words --study=runs/reviews_bag --width=10 --seed=1 polarity",
    "python -m experiments.words --study=runs/reviews_bag --widths=2,10,100 --seed=1 map",
    "python -m experiments.words --study=runs/reviews_bag separability",
]
LOOKS = ("neighbours", "polarity", "map", "separability")


def command(argv: list[str]) -> int:
    """The command. Results on stdout, progress on stderr."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add_study(arguments, "runs/reviews_bag")
    add_member(arguments)
    arguments.add_argument("look", choices=LOOKS, help="what to look at")
    arguments.add_argument("words", nargs="*", metavar="WORD", help="of neighbours and polarity")
    arguments.add_argument("--widths", metavar="N,N,…", help="of a map: several members side by side")
    arguments.add_argument(
        "--by", default="dot", metavar="MEASURE", help="dot, cosine or distance (default: dot)"
    )
    arguments.add_argument(
        "--count", type=int, default=10, metavar="N", help="how many words to tell (default: 10)"
    )
    arguments.add_argument(
        "--each",
        type=int,
        default=500,
        metavar="N",
        help="good words and bad words of maps and separability (default: 500 each)",
    )
    arguments.add_argument(
        "--method", default="tsne", metavar="NAME", help="of a map: tsne or pca (default: tsne)"
    )
    arguments.add_argument("--json", action="store_true", help="print JSON")
    path = study_of(arguments, argv)

    from experiments.members import add_axes, further, members_of, wanted
    from nlpfeat.sweeps import devices
    from nlpfeat.sweeps.study import open_study

    study = open_study(path)
    add_axes(arguments, study)
    flags = arguments.parse(argv)
    _check(flags)
    devices.use_all_cores()

    from experiments import word_maps, word_separability
    from experiments.word_space import net, read_words, vectors

    line = f"python -m experiments.words {shlex.join(argv)}"
    words = read_words(study)
    if flags.look == "separability":
        chosen = wanted(flags, further(words.study))
        return word_separability.separability(words, chosen, flags.each, line, as_json=flags.json)
    if flags.look == "map":
        members = members_of(words.study, flags)
        return word_maps.draw(words, members, flags.step, flags.each, flags.method, line)
    if flags.widths is not None:
        raise UserError(f"--widths: {flags.look} looks at one net; name it by --width=N")
    member = net(words, members_of(words.study, flags)[0], flags.step)
    if flags.look == "neighbours":
        return neighbours(words, vectors(words, member), flags)
    return polarity(words, member, flags)


def _check(flags: Any) -> None:
    from nlpfeat.errors import nearest
    from nlpfeat.words.neighbours import SIMILARITIES

    if flags.by not in SIMILARITIES:
        raise UserError(f"--by: no measure {flags.by!r}; {nearest(flags.by, SIMILARITIES)}")
    if flags.method not in ("tsne", "pca"):
        raise UserError(f"--method: no method {flags.method!r}; {nearest(flags.method, ('tsne', 'pca'))}")
    for name, least in (("count", 1), ("each", 5)):
        if getattr(flags, name) < least:
            raise UserError(f"--{name}: {getattr(flags, name)} must be at least {least}")
    if flags.look == "separability":
        for name in ("width", "widths", "step"):
            if getattr(flags, name) is not None:
                raise UserError(f"--{name}: separability looks at every width and every kept step")
    if flags.look == "neighbours" and not flags.words:
        raise UserError("neighbours of which words? Name some, as in: neighbours excellent terrible")
    if flags.look in ("map", "separability") and flags.words:
        raise UserError(f"{flags.look} takes no words; {flags.words[0]!r} is one")


def neighbours(words: Any, table: Any, flags: Any) -> int:
    """Print the nearest words of each."""
    from experiments.tables import print_columns, warn
    from nlpfeat.words.neighbours import SIMILARITIES, nearest, ties

    found: dict[str, list[dict[str, Any]]] = {}
    for word in flags.words:
        place = words.place(word)
        similarity = SIMILARITIES[flags.by](table, table[place])
        near = nearest(similarity, flags.count, leave_out=(place,))
        equal = ties(similarity, near)
        if equal > 2 * len(near) + 10:
            warn(
                f"{word}: {equal:,} words are as near as the last of these, so their order says nothing; "
                "the vectors may fill one dimension only, where a cosine is 1 or -1: try --by=dot"
            )
        found[words.vocabulary.words[place]] = [
            {
                "word": words.vocabulary.words[i],
                flags.by: abs(float(similarity[i])) if flags.by == "distance" else float(similarity[i]),
            }
            for i in near
        ]
    if flags.json:
        print(json.dumps(found))
        return 0
    columns: dict[str, list[str]] = {}
    for word, near in found.items():
        columns[f"nearest to {word}"] = [entry["word"] or "(empty)" for entry in near]
        columns[f"{flags.by} with {word}"] = [f"{entry[flags.by]:.4g}" for entry in near]
    print_columns(columns)
    return 0


def polarity(words: Any, member: Any, flags: Any) -> int:
    """Print polarities, and what the net makes of each word alone."""
    import numpy as np

    from experiments.tables import print_columns
    from nlpfeat.data.vocabulary import FEWEST
    from nlpfeat.sweeps.predict import log_odds, score
    from nlpfeat.words.groups import by_polarity

    texts = words.texts
    extremes = by_polarity(words.polarity, flags.count).words
    places = [words.place(word) for word in flags.words] or extremes.tolist()
    if not places:
        raise UserError(
            f"no word is seen {FEWEST} times or more in the training part: name some words to look at"
        )
    alone = [texts.alone(place) for place in places]
    odds = log_odds(score(member, alone)["scores"], len(texts.corpus.classes) - 1)
    rows = [
        {
            "word": texts.vocabulary.words[place],
            "polarity": None if np.isnan(words.polarity[place]) else round(float(words.polarity[place]), 4),
            **{
                f"in {name}": int(count)
                for name, count in zip(texts.corpus.classes, texts.vocabulary.counts[place], strict=True)
            },
            "net": round(float(net), 4),
        }
        for place, net in zip(places, odds, strict=True)
    ]
    if flags.json:
        print(json.dumps(rows))
        return 0
    columns = {name: ["rare" if row[name] is None else str(row[name]) for row in rows] for name in rows[0]}
    print_columns(
        columns,
        f"polarity: log ratio of the counts in {texts.corpus.classes[-1]} texts and others; net: log-odds of {texts.corpus.classes[-1]} for the word alone",
    )
    return 0


if __name__ == "__main__":
    main(command)
