"""Points of the plane with classes: from a file of the user, a picture, a formula, or a known shape."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int, PyTree

from nlpfeat.config.fields import Count, Fraction, Range, Seed
from nlpfeat.data.core import SPLITS, Dataset, Examples, Splits
from nlpfeat.data.holdout import held_out_share
from nlpfeat.data.names import as_number, sorted_names, unify
from nlpfeat.data.points import formulas
from nlpfeat.data.points.pictures import is_picture, read_picture
from nlpfeat.data.points.spirals import FRESH_POINTS
from nlpfeat.data.tables import SPLIT, Table, read_table, split_number
from nlpfeat.errors import UserError, did_you_mean
from nlpfeat.keys import stream

# (key, points) -> x, y, class: each (points,)
Draw: TypeAlias = Callable[[Array, int], tuple[Array, Array, Array]]

X, Y = ("x", "x1", "x0", "lon", "longitude"), ("y", "x2", "lat", "latitude")  # usual names of columns
LABELS = ("class", "label", "category", "target", "group", "colour", "color", "c", "z")
GRID = 200  # points a side on which a formula is tried
NOTHING = np.zeros((0, 2), np.float32), np.zeros(0, np.int32), np.zeros(0, np.int32)
LEAST = 0.001  # share of the plane of a class, below which a drawn sample may lack it


@dataclass(frozen=True)
class PlanePointsSpec:
    """Which points. A `path` overrides a `formula`, which overrides a `shape`.

    Points of files keep their places, scaled into the square from -1 to 1; of pictures, formulas and shapes each seed draws its own.

    Attributes:
      shape: "moons", two half circles; "rings", a circle inside another; "checkerboard", 4 x 4 squares of two classes.
      formula: conditions of x, y, r and angle, separated by semicolons, see `nlpfeat.data.points.formulas`: the class of a point is
        the first that holds, or else a last class.
      low, high: of x and y in a formula.
      path: of a table with the columns `x`, `y` and `label`, or of a picture, whose plain colours are the classes.
      columns: names of the columns, separated by commas, of a table without a header row.
      x, y, label: names of the columns; empty to find them.
      split: name of a column of "train", "validation" and "test"; empty for the column "split", if there is one.
      test_share, validation_share: fractions of the points of a table in random splits: of all, and of the rest.
      key: seed of these.
      points: of each split that is drawn.
    """

    shape: str = "moons"
    formula: str = ""
    low: Annotated[float, Range(-1e6, 1e6)] = -1.0
    high: Annotated[float, Range(-1e6, 1e6)] = 1.0
    path: str = ""
    columns: str = ""
    x: str = ""
    y: str = ""
    label: str = ""
    split: str = ""
    test_share: Fraction = 0.2
    validation_share: Fraction = 0.2
    key: Seed = 0
    points: Count = 1000

    def __post_init__(self) -> None:
        if not (self.path or self.formula) and self.shape not in SHAPES:
            raise ValueError(f"shape: no shape {self.shape!r}; {did_you_mean(self.shape, SHAPES)}")
        if not self.low < self.high:
            raise ValueError(f"low, high: {self.low:g} must be less than {self.high:g}")
        if self.test_share > 0.5 or self.validation_share > 0.5:
            raise ValueError("test_share and validation_share: at most half each")

    @property
    def name(self) -> str:
        """A name of the points for notes and errors."""
        return self.path or self.formula or self.shape


@dataclass(frozen=True, eq=False)
class PlanePoints:
    """The points on the host.

    Attributes:
      classes: their names.
      draw: makes new points; None for those of a table, which are all that there are.
      points: float32 (n, 2), and the class and split of each, int32 (n,), of a table; empty otherwise.
      middle, radius: coordinates of a file are (x - middle) / radius for the network.
      size: points of a split that is drawn.
    """

    classes: tuple[str, ...]
    draw: Draw | None
    points: Float[np.ndarray, "n 2"]
    labels: Int[np.ndarray, " n"]
    splits: Int[np.ndarray, " n"]
    middle: tuple[float, float]
    radius: float
    size: int


def load(spec: PlanePointsSpec) -> Dataset:
    """Read the points.

    Raises:
      UserError: if a file cannot be read, a formula is none, or there are fewer than two classes.
    """
    notes: list[str] = []
    pixels: list[np.ndarray] = []
    if spec.path and not is_picture(spec.path):
        found = _read_points(spec)
        points, notes = found.points, found.notes
    elif spec.path:
        picture = read_picture(spec.path)
        pixels = [picture.classes]
        height, width = picture.classes.shape
        radius = max(height, width) / 2
        points = PlanePoints(
            picture.names,
            partial(_from_picture, picture.classes),
            *NOTHING,
            (width / 2, height / 2),
            radius,
            spec.points,
        )
        shares = np.bincount(picture.classes.ravel(), minlength=len(picture.names)) / picture.classes.size
        listed = ", ".join(f"{name} {share:.1%}" for name, share in zip(picture.names, shares, strict=True))
        notes = [f"{width} x {height} pixels: {listed}"]
    elif spec.formula:
        points = _from_conditions(spec)
    else:
        shape = SHAPES[spec.shape]
        points = PlanePoints(shape.classes, shape.draw, *NOTHING, (0.0, 0.0), 1.0, spec.points)
    digest = hashlib.sha256("\0".join((*points.classes, spec.name if not spec.path else "")).encode())
    for array in (points.points, points.labels, points.splits, *pixels):
        digest.update(array.tobytes())
    return Dataset((), points, digest.hexdigest(), tuple(f"{spec.name}: {note}" for note in notes))


def make_splits(points: PlanePoints, settings: PyTree) -> Splits:
    """The splits of a member: drawn from its seed, or those of the table; the `noise` of the member is added to all coordinates."""
    if points.draw is not None:
        return {name: _drawn(points, settings, f"data/{name}", points.size) for name in SPLITS}
    found = {}
    for number, name in enumerate(SPLITS):
        here = np.flatnonzero(points.splits == number)
        if len(here):
            xy = _with_noise(jnp.asarray(points.points[here]), settings, f"data/{name}")
            found[name] = Examples((xy[:, 0], xy[:, 1]), jnp.asarray(points.labels[here]))
    return found


def fresh_splits(points: PlanePoints, settings: PyTree) -> Splits:
    """`FRESH_POINTS` new points per held-out split, for the last record; none of a table, which has no others."""
    if points.draw is None:
        return {}
    return {name: _drawn(points, settings, f"data/last/{name}", FRESH_POINTS) for name in SPLITS[1:]}


def _drawn(points: PlanePoints, settings: PyTree, name: str, size: int) -> Examples:
    assert points.draw is not None
    x, y, labels = points.draw(stream(settings.seed, name), size)
    xy = _with_noise(jnp.stack([x, y], 1), settings, name)
    return Examples((xy[:, 0], xy[:, 1]), labels.astype(jnp.int32))


def _with_noise(xy: Array, settings: PyTree, name: str) -> Array:
    return xy + settings.noise * jax.random.normal(stream(settings.seed, f"{name}/noise"), xy.shape)


def _uniform(key: Array, size: int) -> tuple[Array, Array]:
    x, y = jax.random.uniform(key, (2, size), minval=-1.0, maxval=1.0)
    return x, y


# Shapes


def _moons(key: Array, size: int) -> tuple[Array, Array, Array]:
    labels = jnp.arange(size) % 2
    angle = jnp.pi * jax.random.uniform(key, (size,))
    x = jnp.where(labels == 0, jnp.cos(angle), 1 - jnp.cos(angle)) - 0.5
    y = jnp.where(labels == 0, jnp.sin(angle), 0.5 - jnp.sin(angle)) - 0.25
    return x / 1.5, y / 1.5, labels


def _rings(key: Array, size: int) -> tuple[Array, Array, Array]:
    labels = jnp.arange(size) % 2
    angle = 2 * jnp.pi * jax.random.uniform(key, (size,))
    radius = jnp.where(labels == 0, 0.45, 0.9)
    return radius * jnp.cos(angle), radius * jnp.sin(angle), labels


def _checkerboard(key: Array, size: int) -> tuple[Array, Array, Array]:
    x, y = _uniform(key, size)
    return x, y, (jnp.floor(2 * x) + jnp.floor(2 * y)).astype(jnp.int32) % 2


class Shape(NamedTuple):
    """A shape by name."""

    draw: Draw
    classes: tuple[str, ...]


SHAPES = {
    "moons": Shape(_moons, ("upper", "lower")),
    "rings": Shape(_rings, ("inner", "outer")),
    "checkerboard": Shape(_checkerboard, ("white", "black")),
}


# Pictures and formulas


def _from_picture(
    classes: Int[np.ndarray, "height width"], key: Array, size: int
) -> tuple[Array, Array, Array]:
    """Uniform points of the picture, its longer side from -1 to 1."""
    height, width = classes.shape
    longer = max(height, width)
    horizontal, vertical = jax.random.uniform(key, (2, size))
    column = jnp.clip((horizontal * width).astype(jnp.int32), 0, width - 1)
    row = jnp.clip((vertical * height).astype(jnp.int32), 0, height - 1)
    x, y = (2 * horizontal - 1) * width / longer, (2 * vertical - 1) * height / longer
    return x, y, jnp.asarray(classes)[row, column].astype(jnp.int32)


def _from_conditions(spec: PlanePointsSpec) -> PlanePoints:
    try:
        conditions = formulas.parse_conditions(spec.formula)
    except UserError as error:
        raise UserError(f"config.data.formula: {error}".replace("formula: classes: ", "formula: ")) from None
    middle, radius = (spec.low + spec.high) / 2, (spec.high - spec.low) / 2
    line = jnp.linspace(-1, 1, GRID)
    x, y = (middle + radius * part.ravel() for part in jnp.meshgrid(line, line))
    lost = np.asarray(formulas.undefined_at(conditions, x, y))
    if lost.any():
        place = int(lost.argmax())
        raise UserError(
            f"config.data.formula: {spec.formula!r} is not a number at x = {float(x[place]):.3g}, y = {float(y[place]):.3g}: choose other "
            "bounds by --config.data.low and --config.data.high"
        )
    names = tuple(part.strip() for part in spec.formula.split(";"))
    names = (*names, f"not {names[0]}" if len(names) == 1 else "otherwise")
    shares = np.bincount(np.asarray(formulas.classes_at(conditions, x, y)), minlength=len(names)) / len(x)
    if shares.min() < LEAST:
        raise UserError(
            f"config.data.formula: {names[int(shares.argmin())]!r} holds almost nowhere in the square from {spec.low:g} to "
            f"{spec.high:g}: change it, or the bounds by --config.data.low and --config.data.high"
        )

    def draw(key: Array, size: int) -> tuple[Array, Array, Array]:
        x, y = _uniform(key, size)
        return x, y, formulas.classes_at(conditions, middle + radius * x, middle + radius * y)

    return PlanePoints(names, draw, *NOTHING, (middle, middle), radius, spec.points)


# Tables


class _Read(NamedTuple):
    points: PlanePoints
    notes: list[str]


def _read_points(spec: PlanePointsSpec) -> _Read:
    """The points of a table.

    Raises:
      UserError: for a missing column, a coordinate that is no number, or fewer than two classes. The line is named.
    """
    table = read_table(spec.path, columns=spec.columns)
    x, y, label, split = _columns(table, spec)
    coordinates, names, splits = [], [], []
    for line, row in table.records():
        coordinates.append([_coordinate(row[name], name, table.path, line) for name in (x, y)])
        if not row[label].strip():
            raise UserError(f"{table.path} line {line}: no {label}; fill it in or remove the row")
        names.append(row[label].strip())
        splits.append(split_number(table.path, line, split, row[split]) if split else 0)
    names = unify(names)
    classes = sorted_names(names)
    if len(classes) < 2:
        what = f"only the {label} {classes[0]!r}" if classes else "no rows"
        raise UserError(f"{table.path} holds {what}; there must be two classes or more")
    if 2 * len(classes) > len(names) > 4:
        raise UserError(
            f"{table.path}: {label} has {len(classes):,} different values in {len(names):,} rows, which are no classes; name the column by "
            "--config.data.label"
        )
    places = {name: i for i, name in enumerate(classes)}
    labels = np.array([places[name] for name in names], np.int32)
    raw, found = np.array(coordinates), np.array(splits, np.int32)
    identity = np.unique(raw, axis=0, return_inverse=True)[1].ravel()  # one number per place
    if not found.any():
        found = _draw_splits(identity, labels, spec)
    missing = set(range(len(classes))) - set(labels[found == 0].tolist())
    if missing:
        raise UserError(f"{table.path}: no row of class {classes[min(missing)]!r} is in the train split")
    low, high = raw[found == 0].min(0), raw[found == 0].max(0)
    middle, radius = (low + high) / 2, float((high - low).max() / 2) or 1.0
    scaled = ((raw - middle) / radius).astype(np.float32)
    points = PlanePoints(
        classes, None, scaled, labels, found, (float(middle[0]), float(middle[1])), radius, 0
    )
    note = f"x from {x!r}, y from {y!r}, classes from {label!r}; the network reads (x - {middle[0]:g}) / {radius:g} and (y - {middle[1]:g}) / {radius:g}"
    return _Read(points, [note, *_repeated(identity, found)])


def _columns(table: Table, spec: PlanePointsSpec) -> tuple[str, str, str, str]:
    """The names of the columns of x, y, the label and the split; the last is empty where there is none."""
    wanted = {
        name: key
        for key, name in (("x", spec.x), ("y", spec.y), ("label", spec.label), ("split", spec.split))
        if name
    }
    table.require(wanted)
    if not any(table.columns):
        raise UserError(f"{table.path} holds no rows; there must be two classes or more")
    found = []
    for key, given, usual in (("x", spec.x, X), ("y", spec.y, Y), ("label", spec.label, LABELS)):
        fits = [
            name for one in usual for name in table.columns if name.casefold() == one and name not in found
        ]
        name = given or (fits[0] if fits else "")
        if not name and key == "label":
            free = [one for one in table.columns if one not in found and one != SPLIT]
            name = free[0] if len(free) == 1 else ""
        if not name:
            if not table.named and sum(as_number(one) is not None for one in table.columns) > 1:
                raise UserError(
                    f"{table.path}: its first line must name its columns. Put the names above, or list them, as in --config.data.columns=x,y,class"
                )
            raise UserError(
                f"{table.path} has no column of {key} with a usual name; its columns are {', '.join(table.columns)}: name it by "
                f"--config.data.{key}=NAME"
            )
        found.append(name)
    split = spec.split or (SPLIT if SPLIT in table.columns else "")
    return found[0], found[1], found[2], split


def _coordinate(text: str, name: str, path: str, line: int) -> float:
    number = as_number(text.strip())
    if number is None or abs(number) > 1e30:
        raise UserError(f"{path} line {line}: {name} {text.strip()!r} is no number; write it as 3.5")
    return float(number)


def _draw_splits(identity: np.ndarray, labels: np.ndarray, spec: PlanePointsSpec) -> np.ndarray:
    splits = np.zeros(len(labels), np.int32)
    for number, share in ((2, spec.test_share), (1, spec.validation_share)):
        train = np.flatnonzero(splits == 0)
        held = held_out_share(identity[train], labels[train], share, spec.key, number)
        splits[train[held]] = number
    return splits


def _repeated(identity: np.ndarray, splits: np.ndarray) -> list[str]:
    shared = int(np.isin(identity[splits > 0], identity[splits == 0]).sum())
    return [f"{shared:,} points of other splits are also in the train split"] if shared else []
