"""Films of what networks do to the plane, over training or layer by layer, and of what they write."""

import argparse
import signal
import sys
import time
from functools import partial
from types import FrameType
from typing import NoReturn

from nlpfeat.cli.parsing import Command, Parser, add_count, add_json, add_study, add_widths, require_range
from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError

MAX_FRAMES, MAX_FPS = 3000, 50


class Stopped(BaseException):
    """The user has stopped the command; files in progress are being removed."""

    def __init__(self, signum: int) -> None:
        self.signum = signum


def stop(signum: int, frame: FrameType | None) -> NoReturn:
    """Unwind the stack through all `finally` blocks."""
    raise Stopped(signum)


def add_flags(study: str, parser: Parser) -> None:
    """All flags but those of further axes; `study` is the default of --study."""
    add_study(parser, study)
    parser.add_argument("--width", metavar="N", help="the member's width")
    add_widths(parser)
    parser.add_argument(
        "--seed", metavar="N", default="median", help="its seed, or median or best (default: %(default)s)"
    )
    add_count(parser, "--frames", 300, "number of frames")
    add_count(parser, "--fps", 25, "frames per second")
    parser.add_argument("--style", choices=("light", "dark"), default="light", help="default: %(default)s")
    parser.add_argument(
        "--gif",
        action="store_true",
        help="a GIF too, of at most 3 MB for 60 frames, for places that play no mp4",
    )
    parser.add_argument(
        "--stills",
        metavar="N,N,…",
        help="single frames at print quality instead of a film, numbered from 0; the final one is 'last'",
    )
    parser.add_argument(
        "--out-dir", type=expand_path, metavar="DIR", help="folder of the files (default: STUDY/figures)"
    )
    add_json(parser)


def run(kind: str, args: argparse.Namespace, line: str) -> int:
    """Make the film and print its paths. Exit code 1 if the study's record is not reproduced."""
    require_range(args, "frames", 2, MAX_FRAMES)
    require_range(args, "fps", 1, MAX_FPS)
    if args.stills is not None:
        read_stills(args.stills, args.frames)

    from nlpfeat.cli.members import members_of
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_json, print_paths
    from nlpfeat.films.files import write_film, write_stills
    from nlpfeat.films.scenes import DiffersFromRecord, film_name, make_film
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.store.provenance import signature
    from nlpfeat.study.select import describe_settings
    from nlpfeat.study.session import open_study

    use_all_cores()
    study, began = open_study(args.study), time.perf_counter()
    members = members_of(study, args)
    folder = args.out_dir or study.folder.figures
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / film_name(kind, members, args.style)
    print(f"{kind} of {'; '.join(map(describe_settings, members))} …", file=sys.stderr)
    try:
        film = make_film(study, kind, members, args.frames, args.style, signature(line, study.folder), track)
    except DiffersFromRecord as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if args.stills is not None:
        stills = read_stills(args.stills, film.frames)
        paths = write_stills(film, stills, path)
        entry = {"stills": [{"frame": n, "labels": [s.label(n) for s in film.scenes]} for n in stills]}
    else:
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, stop)
        try:
            paths, entry = write_film(film, path, args.fps, track, gif=args.gif), {"frames": film.frames}
        except Stopped as stopped:
            print("stopped: incomplete files are removed; run the same command again", file=sys.stderr)
            return 128 + stopped.signum
        megabytes = sum(made.stat().st_size for made in paths) / 1e6
        seconds = time.perf_counter() - began
        print(f"{film.frames} frames in {seconds:.1f} s, {megabytes:.0f} MB", file=sys.stderr)
    if args.json:
        print_json(entry | {"paths": paths})
    else:
        print_paths(paths)
    return 0


def read_stills(text: str, frames: int) -> list[int]:
    """Read the frame numbers of a text such as "0,150,last".

    Raises:
      UserError: for anything that is not a frame of the film.
    """
    found = []
    for part in text.split(","):
        number = frames - 1 if part.strip() == "last" else int(part) if part.strip().isdecimal() else -1
        if not 0 <= number < frames:
            raise UserError(
                f"--stills: {part!r} is not a frame of this film, which has frames 0 to {frames - 1}, the final one also 'last'"
            )
        found.append(number)
    return found


REPLAY = "The member is trained again; exit code 1 if that does not reproduce the study's record."
KINDS = {  # name: summary, description, example, from Python
    "training": (
        "the 2-D embedding over training, dense in early steps",
        REPLAY,
        "--study=runs/spirals --width=100 --seed=3 --stills=0,150,last",
        'nlpfeat.save_film(nlpfeat.open_study("runs/spirals"), "training", width=100, seed=3)',
    ),
    "interpolation": (
        "from the input to the embedding, with the exact times at which regions fold",
        "",
        "--study=runs/spirals --width=100 --style=dark",
        'nlpfeat.save_film(nlpfeat.open_study("runs/spirals"), "interpolation", width=100, style="dark")',
    ),
    "layers": (
        "layer by layer: rotate, scale, reflect, rotate, shift, activate; for layers from plane to plane",
        "",
        "--study=runs/spirals_deep --depth=5 --negative-slope=0.1 --width=2 --seed=best",
        'nlpfeat.save_film(nlpfeat.open_study("runs/spirals_deep"), "layers", depth=5, negative_slope=0.1, width=2, seed="best")',
    ),
    "regions": (
        "the exact linear regions and the decision boundary over training",
        REPLAY,
        "--study=runs/spirals --widths=2,8,100",
        'nlpfeat.save_film(nlpfeat.open_study("runs/spirals"), "regions", width=(2, 8, 100))',
    ),
    "writing": (
        "the text that a character network writes over training",
        REPLAY,
        "--study=runs/char_rnn --dropout=0 --width=64 --seed=0 --frames=60 --fps=6",
        'nlpfeat.save_film(nlpfeat.open_study("runs/char_rnn"), "writing", dropout=0, width=64, seed=0, frames=60, fps=6)',
    ),
}
COMMAND = Command(
    "film",
    "films of networks, over training or layer by layer",
    description="Written to STUDY/figures: an mp4 (a GIF where there is no ffmpeg), a page that plays without network, and a poster.",
    examples=("nlpfeat film training --study=runs/spirals --width=100 --seed=3",),
    subcommands=tuple(
        Command(
            kind,
            summary,
            partial(add_flags, "runs/char_rnn" if kind == "writing" else "runs/spirals"),
            partial(run, kind),
            description=description,
            examples=(f"nlpfeat film {kind} {example}",),
            python=python,
        )
        for kind, (summary, description, example, python) in KINDS.items()
    ),
)
