"""One network on the plane through three examples, and on the lines between them, whatever the dimension of its inputs."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from nlpfeat.analysis.geometry import inputs_of, layers_of
from nlpfeat.data.core import count, split_names
from nlpfeat.errors import UserError
from nlpfeat.geometry.decision import DecisionRegions, decision_regions
from nlpfeat.geometry.lines import LinePieces, line_pieces
from nlpfeat.geometry.network import Network, slice_plane
from nlpfeat.geometry.planes import Plane, plane_through
from nlpfeat.geometry.regions import Regions, linear_regions
from nlpfeat.study.restore import TrainedMember
from nlpfeat.tasks.registry import require_view

MARGIN = 0.35  # of the longer side of the triangle, around it
SIDES = ((0, 1), (1, 2), (2, 0))


@dataclass(frozen=True)
class SectionOptions:
    """Which examples span the plane.

    Attributes:
      split: they are of.
      examples: three indices in the split; empty for random ones of three classes that are predicted right, if there are such.
    """

    split: str = "test"
    examples: tuple[int, ...] = ()


class Section(NamedTuple):
    """A network on the plane through three examples.

    Attributes:
      member: the network.
      examples: their indices in the split.
      inputs: (3, inputs).
      labels: (3,), their classes.
      plane: through them.
      regions: activation regions of all layers in a box of the plane.
      decision: the region of each class in that box.
      lines: the sides of the triangle, from the first to the second example, to the third, and back.
    """

    member: TrainedMember
    examples: tuple[int, ...]
    inputs: Float[np.ndarray, "3 inputs"]
    labels: Int[np.ndarray, " 3"]
    plane: Plane
    regions: Regions
    decision: DecisionRegions
    lines: LinePieces

    def table(self) -> pd.DataFrame:
        """One row per side of the triangle.

        Columns: from and to, examples; classes; length; regions, affine_pieces and regions_per_length; class_changes, of the
        prediction, and to_boundary, the distance to the first; variation of the logits.
        """
        changes = self.lines.switches()
        rows = []
        for number, (start, end) in enumerate(SIDES):
            own = changes.line == number
            length = float(self.lines.length[number])
            rows.append(
                {
                    "from": self.examples[start],
                    "to": self.examples[end],
                    "classes": f"{self.labels[start]} → {self.labels[end]}",
                    "length": length,
                    "regions": int(self.lines.regions()[number]),
                    "affine_pieces": int(self.lines.affine_pieces()[number]),
                    "regions_per_length": float(self.lines.regions()[number] / length),
                    "class_changes": int(own.sum()),
                    "to_boundary": float(changes.place[own].min() * length) if own.any() else np.nan,
                    "variation": float(self.lines.variation()[number]),
                }
            )
        return pd.DataFrame(rows)


def section(member: TrainedMember, options: SectionOptions = SectionOptions()) -> Section:
    """A network on the plane through three examples of its data.

        nlpfeat.section(nlpfeat.open_study("runs/digits").restore(width=32, seed=0)).table()

    Args:
      member: of a task with piecewise-linear networks.
      options: which examples.

    Raises:
      UserError: if its network is not piecewise linear, there is no such split or example, or the three examples lie on one line.
    """
    require_view(member.task, "piecewise_linear")
    if options.split not in member.splits:
        raise UserError(
            f"--split: no split {options.split!r}; there are {', '.join(split_names(member.splits))}"
        )
    examples = member.splits[options.split]
    number = count(examples)
    points, labels = inputs_of(member, examples)
    if points.shape[1] < 2:
        raise UserError(f"{member.task.name} has one input, and a plane needs two")
    network = Network(tuple(layers_of(member)))
    chosen = options.examples or _examples(network, points, labels)
    if len(chosen) != 3 or len(set(chosen)) != 3 or not all(0 <= one < number for one in chosen):
        raise UserError(
            f"--examples: {', '.join(map(str, chosen))}: name three different examples of the {options.split} split, 0 to {number - 1}, as in 0,5,7"
        )
    inputs = points[list(chosen)]
    try:
        plane = plane_through(inputs)
    except ValueError as error:
        raise UserError(f"--examples: {', '.join(map(str, chosen))}: {error}") from None
    low, high = plane.coordinates.min(0), plane.coordinates.max(0)
    around = MARGIN * (high - low).max()
    box = (*(low - around).tolist(), *(high + around).tolist())
    flat = slice_plane(network, plane.origin, plane.directions)
    starts, ends = (np.stack([inputs[side[end]] for side in SIDES]) for end in (0, 1))
    return Section(
        member,
        tuple(chosen),
        inputs,
        labels[list(chosen)],
        plane,
        linear_regions(flat, box),
        decision_regions(flat, box),
        line_pieces(network, starts, ends),
    )


def _examples(network: Network, points: np.ndarray, labels: np.ndarray) -> tuple[int, ...]:
    """Three random examples of three classes, those that are predicted right first, the same for equal networks."""
    right = network(points).argmax(1) == labels
    order = np.random.default_rng(0).permutation(len(points))
    order = [*order[right[order]], *order[~right[order]]]
    found: dict[int, int] = {}
    for one in order:
        found.setdefault(int(labels[one]), int(one))
    chosen = [*found.values()][:3]
    return tuple(chosen + [int(one) for one in order if int(one) not in chosen][: 3 - len(chosen)])
