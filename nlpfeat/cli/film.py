"""Films of what a net does to the plane, over training, from input to embedding, layer by layer, region by region; and of what it writes.

Kinds: training (the embedding at each step, dense at first), interpolation (the input moves to the embedding; exact
fold times), layers (each layer rotates, scales, reflects, rotates, shifts and bends; nets whose layers are all
2 → 2), regions (exact linear regions and decision boundary over training), writing (what a net of characters writes over training).
A film of training trains that member again and checks it against the study's record.

Where the grid has further axes, they are flags too: --depth=5 --slope=0.1.
Written to STUDY/figures: mp4 (GIF where there is no ffmpeg), a page that plays without network, and a poster.
"""

import json
import shlex
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from nlpfeat.cli.command import Parser, add_study, parse_named, parser

from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError

EXAMPLES = [
    "python -m experiments.film --study=runs/spirals --kind=training --width=100 --seed=3",
    "python -m experiments.film --study=runs/spirals --kind=interpolation --width=100 --style=dark",
    "python -m experiments.film --study=runs/spirals --kind=regions --widths=2,8,100",
    "python -m experiments.film --study=runs/spirals_deep-recipe --kind=layers --width=2 --seed=best",
    "python -m experiments.film --study=runs/char_rnn --dropout=0 --kind=writing --width=64 --seed=0 --length=60 --fps=6",
    "python -m experiments.film --kind=training --width=100 --seed=3 --frames=0,150,last   # for print, no film",
]
PRINT_DPI = 300
LONGEST, FASTEST = 3000, 50


class Stopped(BaseException):
    """The user asked to stop; what was half-written is being removed."""

    def __init__(self, signum: int) -> None:
        self.signum = signum


def stop(signum: int, frame: FrameType | None) -> NoReturn:
    """Leave by way of all `finally` blocks."""
    raise Stopped(signum)


def command(argv: list[str]) -> int:
    """The command. Paths on stdout, progress on stderr; exit code 1 if the study's record is not reproduced."""
    flags = parse_named(flags_of_film(), argv)
    if not (2 <= flags.length <= LONGEST and 1 <= flags.fps <= FASTEST):
        raise UserError(f"a film has 2 to {LONGEST} frames (--length), 1 to {FASTEST} a second (--fps)")

    from nlpfeat import parallel
    from nlpfeat.films.scenes import DiffersFromRecord
    from nlpfeat.store.layout import open_folder

    parallel.use_all_cores()
    study = open_folder(flags.study)
    if flags.frames is not None:
        read_frames(flags.frames, flags.length)
    folder = flags.out or study.figures
    folder.mkdir(parents=True, exist_ok=True)
    try:
        film, name = shoot(study, flags, f"python -m experiments.film {shlex.join(argv)}".strip())
    except DiffersFromRecord as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if flags.frames is not None:
        frames = read_frames(flags.frames, film.frames)
        paths = print_frames(film, frames, folder / name)
        entry = {"frames": [{"frame": f, "labels": [s.label(f) for s in film.scenes]} for f in frames]}
    else:
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, stop)
        try:
            paths, entry = write(film, folder / name, flags.fps), {"count": film.frames}
        except Stopped as stopped:
            print("stopped: what was half-written is removed; the same command starts again", file=sys.stderr)
            return 128 + stopped.signum
    if flags.json:
        print(json.dumps(entry | {"paths": [str(path) for path in paths]}))
    else:
        print("\n".join(map(str, paths)))
    return 0


def flags_of_film() -> Parser:
    """All flags but those for further axes, which the study names."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add_study(arguments)
    arguments.add_argument(
        "--kind",
        required=True,
        choices=("training", "interpolation", "layers", "regions", "writing"),
        help="what is shown",
    )
    arguments.add_argument("--width", metavar="N", help="the member's width")
    arguments.add_argument("--widths", metavar="N,N,…", help="several widths side by side, in one film")
    arguments.add_argument(
        "--seed",
        default="median",
        metavar="N|median|best",
        help="the member's seed; median (default) or best: by accuracy at the last step, for each width",
    )
    arguments.add_argument(
        "--length", type=int, default=300, metavar="N", help="frames (default: %(default)s)"
    )
    arguments.add_argument(
        "--fps", type=int, default=25, metavar="N", help="frames a second (default: %(default)s)"
    )
    arguments.add_argument("--style", choices=("light", "dark"), default="light", help="default: %(default)s")
    arguments.add_argument(
        "--frames",
        metavar="N,N,…",
        help="single frames at print quality instead of a film; the last one is 'last'",
    )
    arguments.add_argument(
        "--out", type=expand_path, metavar="DIR", help="where to write (default: STUDY/figures)"
    )
    arguments.add_argument("--json", action="store_true", help="print paths and labels as JSON")
    return arguments


def shoot(study: Any, flags: Any, line: str) -> tuple[Any, str]:
    """The film that the flags ask for, and its name as a file."""
    from nlpfeat.films.film import Film
    from nlpfeat.films.scenes import KINDS
    from nlpfeat.plotting.style import THEMES
    from nlpfeat.store.provenance import signature
    from nlpfeat.study.restore import study_factory
    from nlpfeat.study.select import describe_member, members_of

    kind = KINDS[flags.kind]
    kind.check(study)
    factory, scenes, members = study_factory(study), [], members_of(study, flags)
    for member in members:
        print(f"{flags.kind} of {describe_member(member)} …", file=sys.stderr)
        scenes.append(kind.scene(study, factory, member, flags.length))
    stamp = signature(line, study)
    heading = f"{kind.heading} ({study.spec.task.summary})" if len(members) > 1 else kind.heading
    titles = tuple(describe_member(member) for member in members)
    film = Film(tuple(scenes), titles, heading, kind.note, stamp, THEMES[flags.style])
    return film, file_name(flags.kind, members, flags.style)


def file_name(kind: str, members: list[dict[str, float]], style: str) -> str:
    """Such as "film-training-width=100-seed=3"."""
    from nlpfeat.study.select import format_number

    parts = [
        f"{name}={'+'.join(dict.fromkeys(format_number(member[name]) for member in members))}"
        for name in members[0]
    ]
    return "-".join([f"film-{kind}", *parts, *(["dark"] if style == "dark" else [])])


def read_frames(text: str, count: int) -> list[int]:
    """Read "0,150,last".

    Raises:
      UserError: for what is no frame of the film.
    """
    found = []
    for part in text.split(","):
        frame = count - 1 if part.strip() == "last" else int(part) if part.strip().isdecimal() else -1
        if not 0 <= frame < count:
            raise UserError(
                f"--frames: {part!r} is no frame of this film; they run from 0 to {count - 1}, or 'last'"
            )
        found.append(frame)
    return found


def print_frames(film: Any, frames: list[int], path: Path) -> list[Path]:
    """Single frames as PNG and PDF."""
    from nlpfeat.films.film import draw
    from nlpfeat.plotting.save import save

    return [
        made
        for frame in frames
        for made in save(draw(film, frame), path.with_name(f"{path.name}-frame={frame:04d}"), PRINT_DPI)
    ]


def write(film: Any, path: Path, fps: int) -> list[Path]:
    """A film in all its formats: mp4 or GIF, the page, the poster."""
    from nlpfeat.cli.progress import Counter
    from nlpfeat.films.files import write_all
    from nlpfeat.films.render import render
    from nlpfeat.parallel import process_pool

    began = time.perf_counter()
    with Counter("frames", film.frames) as progress, process_pool() as pool:
        paths = write_all(film, progress.each(render(film, pool)), path, fps)
    megabytes = sum(made.stat().st_size for made in paths) / 1e6
    print(f"{film.frames} frames in {time.perf_counter() - began:.1f} s, {megabytes:.0f} MB", file=sys.stderr)
    return paths
