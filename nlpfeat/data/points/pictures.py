"""Pictures in a few plain colours: each colour is a class of the points that it covers."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int, UInt8
from PIL import Image, UnidentifiedImageError

from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff")
LARGEST = 1024  # pixels of the longer side; a larger picture is read at this size
MAX_COLOURS = 12
NEAR = 60.0  # distance of two colours, of 0 to 255 in each part, below which they are one
LEAST = 0.002  # share of the pixels of a colour that counts
EDGE = 0.03  # share below which a mixture of two other colours is their edge
PLAIN = 0.9  # share of the pixels that must have one of the plain colours


class Picture(NamedTuple):
    """A picture as classes.

    Attributes:
      classes: int8 (height, width), the class of each pixel, the lowest row first.
      names: of the classes, the darkest first: "black", "white", or a colour such as "#d62728".
    """

    classes: Int[np.ndarray, "height width"]
    names: tuple[str, ...]


def is_picture(path: str) -> bool:
    """Whether the name of a file ends like that of a picture."""
    return path.lower().endswith(SUFFIXES)


def read_picture(path: str) -> Picture:
    """The classes of the pixels of a picture. Transparent parts are white; pixels of an edge get the nearest plain colour.

    Raises:
      UserError: if there is no such file, it is no picture, or has no few plain colours: one only, or too many, as a photograph.
    """
    file = expand_path(path)
    try:
        with Image.open(file) as opened:
            opened.thumbnail((LARGEST, LARGEST), Image.Resampling.NEAREST)
            layers = opened.convert("RGBA")
    except FileNotFoundError:
        raise UserError(f"config.data.path: no file {path!r}") from None
    except IsADirectoryError:
        raise UserError(f"config.data.path: {path!r} is a folder; name a file") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"{path}: no picture that can be read ({error}); save it as PNG") from None
    white = Image.new("RGBA", layers.size, (255, 255, 255, 255))
    pixels = np.asarray(Image.alpha_composite(white, layers).convert("RGB"))[::-1]
    colours = _plain_colours(pixels.reshape(-1, 3))
    if not len(colours):
        raise UserError(f"{path}: no colour is frequent, as in a photograph; draw it in a few plain colours")
    distance = np.stack(
        [((pixels.astype(float) - colour) ** 2).sum(-1) for colour in colours.astype(float)], -1
    )
    nearest = distance.argmin(-1)
    plain = (distance.min(-1) < NEAR**2).mean()
    if plain < PLAIN:
        raise UserError(
            f"{path}: its {len(colours)} most frequent colours cover {plain:.0%} of it; draw it in a few plain colours, each of which is a class"
        )
    if len(colours) < 2:
        raise UserError(f"{path} has one colour only; there must be two classes or more")
    order = np.argsort(colours.astype(float) @ [0.299, 0.587, 0.114], kind="stable")
    return Picture(np.argsort(order)[nearest].astype(np.int8), tuple(_name(colours[i]) for i in order))


def _plain_colours(pixels: UInt8[np.ndarray, "n 3"]) -> UInt8[np.ndarray, "k 3"]:
    """The most frequent colours that are not near each other."""
    packed = pixels.astype(np.int64) @ [65536, 256, 1]
    values, counts = np.unique(packed, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    kept: list[np.ndarray] = []
    for i in order[:5000]:
        if counts[i] < LEAST * len(pixels) or len(kept) == MAX_COLOURS:
            break
        colour = np.array([values[i] >> 16, values[i] >> 8 & 255, values[i] & 255])
        if all(np.linalg.norm(colour - other) >= NEAR for other in kept) and not (
            counts[i] < EDGE * len(pixels) and _is_between(colour, kept)
        ):
            kept.append(colour)
    return np.array(kept, np.uint8).reshape(-1, 3)


def _is_between(colour: np.ndarray, others: list[np.ndarray]) -> bool:
    """Whether a colour is a mixture of two others, as the pixels of a soft edge between them are."""
    for i, one in enumerate(others):
        for other in others[:i]:
            along = other - one
            share = np.clip((colour - one) @ along / (along @ along), 0, 1)
            if np.linalg.norm(colour - one - share * along) < NEAR / 2:
                return True
    return False


def _name(colour: UInt8[np.ndarray, " 3"]) -> str:
    code = "#" + "".join(f"{part:02x}" for part in colour.tolist())
    return {"#000000": "black", "#ffffff": "white"}.get(code, code)
