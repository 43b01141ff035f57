"""How Bokeh models and the page's own script are connected."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bokeh.models import CustomJS, CustomJSTickFormatter, Model, Slider, UIElement

HERE = Path(__file__).parent
SCRIPTS = ("net.js", "motion.js", "drawing.js", "unwarper.js", "explorer.js")


def scripts() -> str:
    """All functions of the page's own script."""
    return "\n".join((HERE / name).read_text("utf-8") for name in SCRIPTS)


class Section(NamedTuple):
    """A section of a page."""

    roots: list[UIElement]  # placed in the page by their names
    start: CustomJS  # runs when the page is loaded


def section(name: str, parts: Mapping[str, UIElement], start: CustomJS) -> Section:
    """The section `name` with its parts, which are named after it: "s0_plot"."""
    for part, model in parts.items():
        model.name = f"{name}_{part}"
    return Section(list(parts.values()), start)


def index_slider(title: str, values: Sequence[float], start: int, *, width: int | None = None) -> Slider:
    """A slider over the indices of rising values that shows the value.

    Args:
      title: above it.
      values: rising.
      start: the index at first.
      width: in pixels; as wide as there is room if None.
    """
    code = "return values[Math.min(Math.round(tick), values.length - 1)].toLocaleString('en', {maximumFractionDigits: 20})"
    shown = CustomJSTickFormatter(args={"values": [float(value) for value in values]}, code=code)
    slider = Slider(
        title=title,
        start=0,
        end=max(1, len(values) - 1),
        value=start,
        step=1,
        format=shown,
        disabled=len(values) < 2,
    )
    slider.update(sizing_mode="stretch_width") if width is None else slider.update(width=width)
    return slider


def call(function: str, tree: Mapping[str, object]) -> CustomJS:
    """A call of a function of the page with one object.

    Bokeh passes only top-level arguments, so the leaves are passed one by one and assembled on the page.

    Args:
      function: its name.
      tree: nested dicts and lists, whose leaves are models, arrays or strings.
    """
    arguments: dict[str, object] = {}

    def expression(part: object) -> str:
        if isinstance(part, Mapping):
            return f"{{{', '.join(f'{name}: {expression(value)}' for name, value in part.items())}}}"
        if isinstance(part, list):
            return f"[{', '.join(map(expression, part))}]"
        name = f"_{len(arguments)}"
        arguments[name] = part
        return name

    code = f"{function}({expression(tree)})"
    return CustomJS(args=arguments, code=code)


def on_change(model: Model, attribute: str, name: str, code: str) -> None:
    """Run `code`, in which `name` is the page's section, whenever an attribute of a model changes."""
    model.js_on_change(attribute, CustomJS(args={"name": name}, code=code))
