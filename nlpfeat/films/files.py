"""The files of a film: mp4, or a GIF where there is no ffmpeg; a page that plays by itself; a poster; single frames."""

import contextlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from PIL import Image

from nlpfeat.films.film import Film, draw, pixels
from nlpfeat.films.glossary import words_of
from nlpfeat.films.render import Rendered, render
from nlpfeat.films.writers import Video, find_ffmpeg, write_gif, write_player
from nlpfeat.parallel import process_pool
from nlpfeat.plotting.save import save_figure
from nlpfeat.progress import Track, untracked
from nlpfeat.store.atomic import atomic, discard_parts

STILL_DPI = 300  # print quality

log = logging.getLogger(__name__)


def write_film(
    film: Film, path: Path, fps: int, track: Track = untracked, *, gif: bool = False
) -> list[Path]:
    """Draw a film on all cores and write it as `path` with the suffix of each format.

    Args:
      film: what is shown.
      path: without suffix.
      fps: frames per second.
      track: follows the frames.
      gif: whether a GIF is written beside the mp4.

    Returns:
      The paths: the film, the page, the poster.

    Raises:
      OSError: if a file cannot be written.
    """
    with process_pool() as pool:
        return write_frames(film, track(render(film, pool), "frames", film.frames), path, fps, gif=gif)


def write_frames(
    film: Film, frames: Iterable[Rendered], path: Path, fps: int, *, gif: bool = False
) -> list[Path]:
    """As `write_film`, of frames that are drawn already."""
    for suffix in (".mp4", ".gif", ".html", ".png"):
        discard_parts(path.parent, _with(path, suffix).name)
    poster = pixels(draw(film, film.frames - 1))
    shape, images = (poster.shape[0], poster.shape[1]), []

    def kept() -> Iterator[Rendered]:
        for frame in frames:
            images.append(frame.webp)
            yield frame

    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        log.warning(
            "no ffmpeg on this machine: the film is a GIF; for mp4 install ffmpeg, or pip install imageio-ffmpeg"
        )
    made = []
    if ffmpeg:
        made.append(_video(ffmpeg, kept(), path, shape, fps))
    else:
        for _ in kept():
            pass
    if gif or not ffmpeg:
        target = _with(path, ".gif")
        with atomic(target) as part:
            write_gif(part, images, fps)
        made.append(target)
    page, still = _with(path, ".html"), _with(path, ".png")
    labels = ["   |   ".join(scene.label(i) for scene in film.scenes) for i in range(film.frames)]
    title = f"{film.heading}: {'; '.join(film.titles)}"
    colours = {"background": film.theme.background, "ink": film.theme.ink}
    with atomic(page) as part:
        words = words_of(" ".join([film.note, film.heading, *film.titles, labels[0]]))
        write_player(
            part, images, labels, shape, fps=fps, title=title, note=film.note, words=words, **colours
        )
    with atomic(still) as part:
        Image.fromarray(poster).save(part, "PNG", optimize=True)
    return [*made, page, still]


def write_stills(film: Film, frames: Sequence[int], path: Path) -> list[Path]:
    """Write single frames at print quality, as PNG and PDF.

    Args:
      film: what is shown.
      frames: numbers from 0.
      path: without suffix; the number of the frame is added.

    Returns:
      The paths.
    """
    return [
        made
        for frame in frames
        for made in save_figure(
            draw(film, frame), path.with_name(f"{path.name}-frame={frame:04d}"), "", dpi=STILL_DPI
        )
    ]


def _video(ffmpeg: str, frames: Iterator[Rendered], path: Path, shape: tuple[int, int], fps: int) -> Path:
    """The mp4.

    Raises:
      OSError: if ffmpeg cannot write it.
    """
    target = _with(path, ".mp4")
    with atomic(target) as part:
        video = Video(ffmpeg, part, shape, fps)
        try:
            with contextlib.suppress(BrokenPipeError):  # `close` returns the reason
                for frame in frames:
                    video.add(frame.rgb)
            complaint = video.close()
        finally:
            video.kill()
        if complaint:
            raise OSError(
                None, f"{ffmpeg} failed: {complaint}; without ffmpeg in PATH the film is a GIF", str(target)
            )
    return target


def _with(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)  # dots are part of the name
