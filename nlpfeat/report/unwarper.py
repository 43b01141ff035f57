"""The unwarper: nets of a study by sliders, their regions, embeddings and units, computed in the page from their weights."""

import json
from itertools import pairwise
from typing import Any

import numpy as np
from bokeh.models import CustomJS
from matplotlib.colors import LinearSegmentedColormap, to_hex

from nlpfeat.plotting.style import BLUE, CLASS_COLOURS, RED, THEMES, ground, width_colours
from nlpfeat.report.nets import Nets
from nlpfeat.report.script import Section, call, section
from nlpfeat.report.views import controls_of, view_of

STEPS_A_SECOND, SHORTEST = 25, 2  # a play through training: kept steps a second; seconds at least
WAY = 6  # seconds of a play from the input to the embedding
SHADES = np.linspace(0.05, 1, 12)  # of a scale on either side of white
VIEWS = ("a", "b")


def unwarper(name: str, nets: Nets) -> Section:
    """The unwarper of a study, whose parts are named after it."""
    steps = sorted({step for some in nets.steps_of for step in some})
    controls = controls_of(steps)
    views = {side: view_of(nets, nets.start[i]) for i, side in enumerate(VIEWS)}
    total = np.cumsum([0, *(len(points) for points, _ in nets.points)]).tolist()
    about = {
        "axes": [axis._asdict() for axis in nets.axes],
        "steps": steps,
        "steps_of": nets.steps_of,
        "nets": [net._asdict() for net in nets.nets],
        "points": [{"start": start, "count": stop - start} for start, stop in pairwise(total)],
        "grid": {"lines": nets.grid.shape[0], "points": nets.grid.shape[1]},
        "window": nets.window,
        "colours": _colours(),
    }
    every = np.concatenate([points for points, _ in nets.points]).astype(np.float32)
    given = {
        "name": name,
        "about": json.dumps(about),
        "numbers": nets.numbers.astype(np.float32),
        "points": every.T.ravel(),
        "labels": np.concatenate([labels for _, labels in nets.points]).astype(np.uint8),
        "grid": {"x": nets.grid[..., 0].astype(float).ravel(), "y": nets.grid[..., 1].astype(float).ravel()},
        "views": views,
        "controls": controls,
    }
    begin = call("startUnwarper", given)
    _react(name, controls, views)
    parts = controls | {
        f"{side}_{part}": views[side][part] for side in VIEWS for part in ("plane", "space", "units")
    }
    parts |= {
        f"{side}_{axis.name}": views[side]["axes"][i] for side in VIEWS for i, axis in enumerate(nets.axes)
    }
    return section(name, parts, begin)


def _colours() -> dict[str, Any]:
    """What the page paints with: classes by colour, scales of values."""
    blue, red = (
        [to_hex(c) for c in LinearSegmentedColormap.from_list("", ["white", end])(SHADES)]
        for end in (BLUE, RED)
    )
    return {
        "dots": CLASS_COLOURS,
        "ground": [to_hex(c) for c in ground(THEMES["light"], np.arange(len(CLASS_COLOURS)))],
        "scale": {"rising": width_colours(range(32)), "centred": blue[::-1] + red},
    }


def _react(name: str, controls: dict[str, Any], views: dict[str, Any]) -> None:
    """What happens when something is moved, ticked or clicked."""
    all_views = CustomJS(args={"name": name}, code="unwarpers[name].redraw()")
    for which in ("step", "way", "x", "y", "ground"):
        controls[which].js_on_change("value", all_views)
    for which in ("path", "folds"):
        controls[which].js_on_change("active", all_views)
    training = max(SHORTEST, (controls["step"].end - controls["step"].start) / STEPS_A_SECOND)
    for button, slider, seconds in (("train", "step", training), ("move", "way", WAY)):
        code = f"play(unwarpers[name], {slider!r}, cb_obj.origin ?? cb_obj, {seconds:g})"
        controls[button].js_on_event("button_click", CustomJS(args={"name": name}, code=code))
    for side, view in views.items():
        one = CustomJS(args={"name": name}, code=f"drawView(unwarpers[name], unwarpers[name].views.{side})")
        for slider in view["axes"]:
            slider.js_on_change("value", one)
        near = f"pickNearest(unwarpers[name], unwarpers[name].views.{side}, cb_obj.x, cb_obj.y)"
        for square, code in (("plane", "moveTo(unwarpers[name], cb_obj.x, cb_obj.y)"), ("space", near)):
            view[square].js_on_event("tap", CustomJS(args={"name": name}, code=code))
