"""Frames as images, drawn on all cores."""

from collections.abc import Iterator
from concurrent.futures import Executor
from io import BytesIO
from typing import NamedTuple

import numpy as np
from PIL import Image

from nlpfeat.films.film import Film, draw, pixels

CHUNK = 10  # frames per job of a process
QUALITY = 60  # of the images in the page: below, thin lines show artefacts


class Rendered(NamedTuple):
    """A frame in the encodings of all formats."""

    rgb: np.ndarray  # uint8 (height, width, 3)
    webp: bytes


def render(film: Film, pool: Executor) -> Iterator[Rendered]:
    """All frames of a film, in order."""
    starts = range(0, film.frames, CHUNK)
    parts = [pool.submit(_chunk, film, start, min(start + CHUNK, film.frames)) for start in starts]
    while parts:
        yield from parts.pop(0).result()  # pop frees the memory of frames that have been taken


def _chunk(film: Film, start: int, stop: int) -> list[Rendered]:
    return [_render(pixels(draw(film, frame))) for frame in range(start, stop)]


def _render(rgb: np.ndarray) -> Rendered:
    buffer = BytesIO()
    Image.fromarray(rgb).save(buffer, "WEBP", quality=QUALITY, method=2)
    return Rendered(rgb, buffer.getvalue())
