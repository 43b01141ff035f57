"""The unwarper: networks of a study, their linear regions, embeddings and units, computed on the page from their parameters."""

import json
from itertools import pairwise

import numpy as np
from bokeh.models import CustomJS, UIElement
from matplotlib.colors import LinearSegmentedColormap, to_hex

from nlpfeat.plotting.style import BLUE, CLASS_COLOURS, RED, THEMES, ground, width_colours
from nlpfeat.report.nets import Nets
from nlpfeat.report.script import Section, call, on_change, section
from nlpfeat.report.views import Controls, View, controls_of, view_of

STEPS_PER_SECOND, MIN_SECONDS = 25, 2  # of a play through training
WAY_SECONDS = 6  # of a play from the input to the embedding
SHADES = np.linspace(0.05, 1, 12)  # of a colour scale on either side of white
SIDES = ("a", "b")


def unwarper(name: str, nets: Nets) -> Section:
    """The unwarper of a study.

    Args:
      name: of the section.
      nets: what can be shown.
    """
    steps = sorted({step for some in nets.step_lists for step in some})
    controls = controls_of(steps)
    views = {side: view_of(nets, nets.start[i]) for i, side in enumerate(SIDES)}
    total = np.cumsum([0, *(len(points) for points, _ in nets.points)]).tolist()
    metadata = {
        "axes": [axis._asdict() for axis in nets.axes],
        "steps": steps,
        "step_lists": nets.step_lists,
        "nets": [net._asdict() for net in nets.nets],
        "points": [{"start": start, "count": stop - start} for start, stop in pairwise(total)],
        "grid": {"lines": nets.grid.shape[0], "points": nets.grid.shape[1]},
        "window": nets.window,
        "colours": _colours(),
    }
    points = np.concatenate([points for points, _ in nets.points]).astype(np.float32)
    start = call(
        "startUnwarper",
        {
            "name": name,
            "metadata": json.dumps(metadata),
            "parameters": nets.parameters.astype(np.float32),
            "points": points.T.ravel(),
            "labels": np.concatenate([labels for _, labels in nets.points]).astype(np.uint8),
            "grid": {axis: nets.grid[..., i].astype(float).ravel() for i, axis in enumerate("xy")},
            "views": {side: _view_tree(view) for side, view in views.items()},
            "controls": controls._asdict(),
        },
    )
    _react(name, controls, views)
    parts: dict[str, UIElement] = controls._asdict()
    for side, view in views.items():
        parts |= {f"{side}_plane": view.plane, f"{side}_space": view.space, f"{side}_units": view.units}
        parts |= {f"{side}_{axis.name}": slider for axis, slider in zip(nets.axes, view.axes, strict=True)}
    return section(name, parts, start)


def _view_tree(view: View) -> dict[str, object]:
    """A view as the page's script reads it: the data sources beside the plots."""
    tree: dict[str, object] = view._asdict()
    del tree["sources"]
    return tree | view.sources


def _colours() -> dict[str, object]:
    """Colours of classes, and scales of values."""
    blue, red = (
        [to_hex(c) for c in LinearSegmentedColormap.from_list("", ["white", end])(SHADES)]
        for end in (BLUE, RED)
    )
    return {
        "dots": CLASS_COLOURS,
        "ground": [to_hex(c) for c in ground(THEMES["light"], np.arange(len(CLASS_COLOURS)))],
        "scale": {"rising": width_colours(range(32)), "centred": blue[::-1] + red},
    }


def _react(name: str, controls: Controls, views: dict[str, View]) -> None:
    """Redraw when a control changes; play when a button is pressed; follow a point that is clicked on."""
    for control in (controls.step, controls.way, controls.x, controls.y, controls.ground):
        on_change(control, "value", name, "unwarpers[name].redraw()")
    for control in (controls.path, controls.folds):
        on_change(control, "active", name, "unwarpers[name].redraw()")
    training = max(MIN_SECONDS, (controls.step.end - controls.step.start) / STEPS_PER_SECOND)
    plays = ((controls.train, "step", training), (controls.move, "way", WAY_SECONDS))
    for button, slider, seconds in plays:
        code = f"play(unwarpers[name], {slider!r}, cb_obj.origin ?? cb_obj, {seconds:g})"
        button.js_on_event("button_click", CustomJS(args={"name": name}, code=code))
    for side, view in views.items():
        for slider in view.axes:
            on_change(slider, "value", name, f"drawView(unwarpers[name], unwarpers[name].views.{side})")
        nearest = f"pickNearest(unwarpers[name], unwarpers[name].views.{side}, cb_obj.x, cb_obj.y)"
        for plot, code in (
            (view.plane, "moveTo(unwarpers[name], cb_obj.x, cb_obj.y)"),
            (view.space, nearest),
        ):
            plot.js_on_event("tap", CustomJS(args={"name": name}, code=code))
