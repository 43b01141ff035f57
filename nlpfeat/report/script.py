"""What Bokeh models and the page's own script say to one another."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bokeh.models import CustomJS, CustomJSTickFormatter, Slider

HERE = Path(__file__).parent
SCRIPTS = ("net.js", "motion.js", "drawing.js", "unwarper.js", "explorer.js")


def scripts() -> str:
    """The page's own functions, all of them."""
    return "\n".join((HERE / name).read_text("utf-8") for name in SCRIPTS)


class Section(NamedTuple):
    """A section of a page."""

    roots: dict[str, Any]  # name -> model, to be placed in the page
    begin: CustomJS  # what starts it


def section(name: str, parts: dict[str, Any], begin: CustomJS) -> Section:
    """The section of those parts, each of them named after it."""
    for part, model in parts.items():
        model.name = f"{name}_{part}"
    return Section({model.name: model for model in parts.values()}, begin)


def places(title: str, values: Sequence[float], start: int, **more: Any) -> Slider:
    """A slider over the places of rising values, at place `start`, that shows the value."""
    code = "return values[Math.min(Math.round(tick), values.length - 1)].toLocaleString('en', {maximumFractionDigits: 20})"
    told = CustomJSTickFormatter(args={"values": [float(value) for value in values]}, code=code)
    return Slider(
        title=title,
        start=0,
        end=max(1, len(values) - 1),
        value=start,
        step=1,
        format=told,
        disabled=len(values) < 2,
        **more,
    )


def call(function: str, tree: dict[str, Any]) -> CustomJS:
    """A call of a function of the page with one object: nested dicts and lists, their leaves models, arrays or strings.

    Bokeh hands over only what stands at the top, so leaves travel one by one and are put together again there.
    """
    arguments: dict[str, Any] = {}

    def expression(part: Any) -> str:
        if isinstance(part, dict):
            return f"{{{', '.join(f'{name}: {expression(value)}' for name, value in part.items())}}}"
        if isinstance(part, list):
            return f"[{', '.join(map(expression, part))}]"
        name = f"_{len(arguments)}"
        arguments[name] = part
        return name

    code = f"{function}({expression(tree)})"
    return CustomJS(args=arguments, code=code)
