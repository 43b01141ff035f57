"""The files of a film: mp4 where there is ffmpeg, else GIF; a page that plays by itself; a poster."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from nlpfeat.films.film import Film, draw, pixels
from nlpfeat.films.render import Rendered
from nlpfeat.films.writers import Video, find_ffmpeg, palette_of, to_palette, write_gif, write_player
from nlpfeat.store.atomic import atomic, discard_parts


def write_all(film: Film, frames: Iterator[Rendered], path: Path, fps: int) -> list[Path]:
    """Write a film as `path` with the suffix of each format.

    Returns:
      The paths: the film, the page, the poster.
    """
    for suffix in (".mp4", ".gif", ".html", ".png"):
        discard_parts(_with(path, suffix))
    poster = pixels(draw(film, film.frames - 1))
    shape, images = (poster.shape[0], poster.shape[1]), []

    def kept() -> Iterator[Rendered]:
        for frame in frames:
            images.append(frame.webp)
            yield frame

    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        print("no ffmpeg on this machine: the film is a GIF (install ffmpeg for mp4)", file=sys.stderr)
    made = _video(ffmpeg, kept(), path, shape, fps) if ffmpeg else _gif(film, kept(), path, fps)
    page, still = _with(path, ".html"), _with(path, ".png")
    labels = ["   |   ".join(scene.label(i) for scene in film.scenes) for i in range(film.frames)]
    title = f"{film.heading}: {'; '.join(film.titles)}"
    colours = {"background": film.theme.background, "ink": film.theme.ink}
    with atomic(page) as part:
        write_player(part, images, labels, shape, fps=fps, title=title, **colours)
    with atomic(still) as part:
        Image.fromarray(poster).save(part, "PNG", optimize=True)
    return [made, page, still]


def _video(ffmpeg: str, frames: Iterator[Rendered], path: Path, shape: tuple[int, int], fps: int) -> Path:
    """The mp4.

    Raises:
      OSError: if ffmpeg cannot write it.
    """
    target = _with(path, ".mp4")
    with atomic(target) as part:
        video = Video(ffmpeg, part, shape, fps)
        try:
            with contextlib.suppress(BrokenPipeError):  # then it complains
                for frame in frames:
                    video.add(frame.rgb)
            complaint = video.close()
        finally:
            video.kill()
        if complaint:
            raise OSError(
                None, f"{ffmpeg} says: {complaint}; without it in PATH the film is a GIF", str(target)
            )
    return target


def _gif(film: Film, frames: Iterator[Rendered], path: Path, fps: int) -> Path:
    target = _with(path, ".gif")
    samples = [pixels(draw(film, i)) for i in (0, film.frames // 3, 2 * film.frames // 3, film.frames - 1)]
    palette = palette_of(samples)
    with atomic(target) as part:
        write_gif(part, (to_palette(frame.rgb, palette) for frame in frames), film.frames, fps)
    return target


def _with(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)  # dots in the name are its own
