"""File formats of films: mp4 by ffmpeg, GIF, and a page that plays by itself."""

import base64
import contextlib
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from string import Template

import numpy as np
from PIL import Image, ImageColor

from nlpfeat.plotting.style import CLASS_COLOURS

LINGER = 1500  # milliseconds for which a GIF shows its last frame
GIF_BYTES, GIF_FRAMES = 3_000_000, 60
GIF_SIZES = ((900, 128), (720, 64), (640, 48), (560, 32), (480, 32), (400, 32), (320, 32), (240, 16))


def find_ffmpeg() -> str | None:
    """The ffmpeg of this environment, which imageio-ffmpeg brings, else the one in PATH; None where there is neither."""
    try:
        import imageio_ffmpeg

        return imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError):  # not installed, or it has none for this platform
        return shutil.which("ffmpeg")


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


def gif_budget(frames: int) -> int:
    """The most bytes of a GIF: 3 MB for 60 frames, and in proportion for more."""
    return GIF_BYTES * max(frames, GIF_FRAMES) // GIF_FRAMES


def write_gif(path: Path, images: Sequence[bytes], fps: int) -> None:
    """Write a looping GIF of at most `gif_budget` bytes: smaller, and in fewer colours, until it fits.

    Args:
      path: of the file.
      images: the frames as WebP.
      fps: frames per second, at most 50, as a GIF counts hundredths of a second.

    Raises:
      ValueError: if it does not fit at the smallest of `GIF_SIZES`.
    """
    ends = [10 * round(100 * (number + 1) / fps) for number in range(len(images) - 1)]
    times = [end - start for start, end in pairwise([0, *ends])] + [LINGER]
    content = b""
    for width, colours in GIF_SIZES:
        content = _gif(images, width, colours, times)
        if len(content) <= gif_budget(len(images)):
            path.write_bytes(content)
            return
    raise ValueError(f"a GIF of {len(images)} frames takes {len(content):,} bytes at its smallest")


def _gif(images: Sequence[bytes], width: int, colours: int, times: list[int]) -> bytes:
    frames = [_scaled(image, width) for image in images]
    samples = [np.asarray(frames[len(frames) * k // 4]) for k in range(4)] + [np.asarray(frames[-1])]
    # Points are few pixels: without a share of their own, their colours would be merged with those of the grounds.
    swatches = np.array([ImageColor.getrgb(colour) for colour in CLASS_COLOURS], np.uint8)
    samples.append(
        np.broadcast_to(
            np.repeat(swatches, -(-samples[0].shape[1] // len(swatches)), 0)[: samples[0].shape[1]],
            samples[0].shape,
        )
    )
    palette = Image.fromarray(np.concatenate(samples)).quantize(colours, dither=Image.Dither.NONE)
    first, *others = (frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
    buffer = BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=times, loop=0, optimize=False)
    return buffer.getvalue()


def _scaled(data: bytes, width: int) -> Image.Image:
    with Image.open(BytesIO(data)) as image:
        rgb = image.convert("RGB")
    if rgb.width <= width:
        return rgb
    return rgb.resize((width, round(rgb.height * width / rgb.width)), Image.Resampling.LANCZOS)


def write_player(
    path: Path,
    images: Sequence[bytes],
    labels: Sequence[str],
    shape: tuple[int, int],
    *,
    fps: int,
    title: str,
    note: str,
    words: Mapping[str, str],
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
      note: how to read it.
      words: term -> what it means, of the words on the frames.
      background, ink: CSS colours.
    """
    page = Template((files("nlpfeat.films") / "player.html").read_text("utf-8"))
    content = page.substitute(
        title=escape(title),
        note=escape(note),
        words="".join(
            f"<dt>{escape(term)}</dt><dd>{escape(meaning)}</dd>" for term, meaning in words.items()
        ),
        height=shape[0],
        width=shape[1],
        background=background,
        ink=ink,
        fps=fps,
        labels=json.dumps(list(labels)).replace("<", "\\u003c"),
        frames=json.dumps([base64.b64encode(image).decode() for image in images]),
    )
    path.write_text(content, "utf-8")
