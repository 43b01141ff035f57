"""Give one member back: its parameters at its own width, its data, its record."""

from typing import Any, NamedTuple

import numpy as np

from nlpfeat.data.examples import Splits
from nlpfeat.errors import UserError
from nlpfeat.models.width import crop
from nlpfeat.sweeps import grid, saved
from nlpfeat.sweeps.prepare import at, maker, stack_settings
from nlpfeat.sweeps.study import Study
from nlpfeat.training import checkpoints
from nlpfeat.training.member import Params


class Member(NamedTuple):
    """One network of a study, by itself."""

    id: str
    step: int
    module: Any  # at the member's own width
    params: Params  # host arrays, cropped to it
    settings: Any  # NamedTuple of scalars
    splits: Splits
    record: dict[str, np.ndarray]  # measure -> (splits,), as recorded during the sweep


def find(study: Study, wanted: dict[str, float]) -> Any:
    """The one row of the member table with the settings `wanted`.

    Raises:
      UserError: if there is none (the values that exist are listed), or several.
    """
    table = study.members()
    if table.empty:
        raise UserError(f"{study.path} has no members yet: run the sweep")
    chosen = table
    for name, value in wanted.items():
        narrowed = grid.select(chosen, {name: value})
        if narrowed.empty:
            others = ", ".join(f"{other} {wanted[other]:g}" for other in wanted if other != name)
            there = ", ".join(f"{v:g}" for v in sorted(chosen[name].unique()))
            raise UserError(
                f"{study.path} has no member with {name} {value:g}"
                f"{' and ' + others if others else ''}; {name} is one of {there}"
            )
        chosen = narrowed
    if len(chosen) > 1:
        free = [n for n in table if n != "bucket" and chosen[n].nunique() > 1]
        values = "; ".join(f"--{n}={' or '.join(f'{v:g}' for v in sorted(chosen[n].unique()))}" for n in free)
        raise UserError(f"{len(chosen)} members fit; say which: {values}")
    return chosen.iloc[0]


def restore(study: Study, wanted: dict[str, float], step: int | None = None) -> Member:
    """Restore the member with the settings `wanted`, such as {"width": 8, "seed": 3}.

    Args:
      step: a step whose checkpoint was kept; the last one if None.

    Raises:
      UserError: if the study lacks the member or the step; DamagedFile if its checkpoint cannot be read.
    """
    row = find(study, wanted)
    spec, label = study.spec, row["bucket"]
    members = study.members()
    members = members[members["bucket"] == label]
    folder = study.checkpoints(label)
    kept = checkpoints.saved_steps(folder)
    if not kept:
        raise UserError(f"this member has no checkpoint in {study.path}: run the sweep to train it")
    step = kept[-1] if step is None else step
    if step not in kept:
        there = ", ".join(map(str, kept))
        raise UserError(f"no checkpoint of step {step} was kept for this member; there are {there}")

    width, units = int(row["width"]), int(members["width"].max())
    place = list(members.index).index(row.name)
    make = maker(spec)
    example = make.example(at(stack_settings(spec.settings, members), place), width)
    bucket = saved.load(study, make, label, units, len(members), example, step)
    params = crop(at(bucket.state.params, place), make.shapes(example, width))
    steps = [stop.step for stop in spec.training.stops]
    record = {name: values[place, steps.index(step)] for name, values in bucket.records.items()}
    module = make.module(width)
    return Member(str(row.name), step, module, params, example.settings, example.splits, record)
