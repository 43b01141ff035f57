"""File formats of films: mp4 by ffmpeg, GIF, and a page that plays by itself."""

import base64
import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from string import Template

import numpy as np
from PIL import Image

LINGER = 1500  # milliseconds for which a GIF shows its last frame


def find_ffmpeg() -> str | None:
    """The ffmpeg in PATH, else the one of imageio-ffmpeg, which the extra `films` brings; None where there is neither."""
    own = shutil.which("ffmpeg")
    if own:
        return own
    try:
        import imageio_ffmpeg

        return imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError):  # not installed, or it has none for this platform
        return None


class Video:
    """An mp4 to which frames are added, in H.264, which every browser and slide program plays.

    Args:
      ffmpeg: path of the program.
      path: of the mp4.
      shape: height and width, both even.
      fps: frames per second.
    """

    def __init__(self, ffmpeg: str, path: Path, shape: tuple[int, int], fps: int) -> None:
        height, width = shape
        source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(fps), "-i", "-"]
        codec = ["-an", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18", "-preset", "veryfast"]
        destination = ["-movflags", "+faststart", "-f", "mp4", str(path)]
        self._process = subprocess.Popen(
            [ffmpeg, "-y", "-loglevel", "error", *source, *codec, *destination],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def add(self, rgb: np.ndarray) -> None:
        """Add a frame, uint8 (height, width, 3).

        Raises:
          BrokenPipeError: if ffmpeg has failed; `close` returns the reason.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(np.ascontiguousarray(rgb).tobytes())

    def close(self) -> str:
        """Finish the file, and return ffmpeg's error message, empty if there is none."""
        assert self._process.stdin is not None
        assert self._process.stderr is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        complaint = self._process.stderr.read()
        self._process.wait()
        if not self._process.returncode:
            return ""
        lines = complaint.decode(errors="replace").splitlines()
        return "; ".join(line.strip() for line in lines)[-300:] or "without a message"

    def kill(self) -> None:
        """End ffmpeg, if it still runs."""
        self._process.kill()
        self._process.wait()


def palette_of(samples: Sequence[np.ndarray]) -> Image.Image:
    """A palette of 256 colours for frames like these."""
    return Image.fromarray(np.concatenate(samples)).quantize(256, dither=Image.Dither.NONE)


def to_palette(rgb: np.ndarray, palette: Image.Image) -> Image.Image:
    """A frame reduced to the colours of a palette."""
    return Image.fromarray(rgb).quantize(palette=palette, dither=Image.Dither.NONE)


def write_gif(path: Path, frames: Iterator[Image.Image], count: int, fps: int) -> None:
    """Write a looping GIF.

    Args:
      path: of the file.
      frames: all with the same palette.
      count: number of frames.
      fps: frames per second, at most 50, as a GIF counts hundredths of a second.
    """
    ends = [10 * round(100 * (number + 1) / fps) for number in range(count - 1)]
    times = [end - start for start, end in pairwise([0, *ends])] + [LINGER]
    first = next(frames)
    first.save(path, "GIF", save_all=True, append_images=frames, duration=times, loop=0, optimize=False)


def write_player(
    path: Path,
    images: Sequence[bytes],
    labels: Sequence[str],
    shape: tuple[int, int],
    *,
    fps: int,
    title: str,
    background: str,
    ink: str,
) -> None:
    """Write a page that contains all frames and plays them, without network or other files.

    Args:
      path: of the page.
      images: the frames as WebP.
      labels: one per frame.
      shape: height and width of the frames in pixels.
      fps: frames per second.
      title: of the page.
      background, ink: CSS colours.
    """
    page = Template((files("nlpfeat.films") / "player.html").read_text("utf-8"))
    content = page.substitute(
        title=escape(title),
        height=shape[0],
        width=shape[1],
        background=background,
        ink=ink,
        fps=fps,
        labels=json.dumps(list(labels)).replace("<", "\\u003c"),
        frames=json.dumps([base64.b64encode(image).decode() for image in images]),
    )
    path.write_text(content, "utf-8")
