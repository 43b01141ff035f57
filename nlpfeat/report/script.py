"""What Bokeh models and the page's own script say to one another."""

from pathlib import Path
from typing import Any

from bokeh.models import CustomJS

HERE = Path(__file__).parent
SCRIPTS = ("net.js", "motion.js", "unwarper.js", "explorer.js")


def scripts() -> str:
    """The page's own functions, all of them."""
    return "\n".join((HERE / name).read_text("utf-8") for name in SCRIPTS)


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
