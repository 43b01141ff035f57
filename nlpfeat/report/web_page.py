"""Pages of one file: modules of JavaScript, a style and data, bundled so that a browser opens them without a network."""

import base64
import html
import json
import re
from importlib.resources import files
from string import Template

import numpy as np

WEB = files("nlpfeat.report") / "web"
IMPORT = re.compile(r"^import \{([^}]*)\} from \"\./([\w]+)\.js\";\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:const|let|function\*?|class) ([\w]+)", re.MULTILINE)


def bundle(entry: str) -> str:
    """A module with all that it imports, as one script that browsers run anywhere, also in a worker and in a page opened from a file.

    Each module becomes a function that returns what it exports. Understood is what the modules here use: named imports of
    neighbours, `import {a, b} from "./c.js";`, and exported declarations.

    Args:
      entry: name of the module, without suffix.

    Returns:
      A script after which `entry` is a constant that holds the module's exports.
    """
    exports: dict[str, list[str]] = {}
    parts: list[str] = []

    def add(name: str) -> None:
        source = (WEB / f"{name}.js").read_text("utf-8")
        exports[name] = EXPORT.findall(source)
        for names, needed in IMPORT.findall(source):
            if needed not in exports:
                add(needed)
            missing = {one.strip() for one in names.split(",")} - set(exports[needed])
            if missing:
                raise ValueError(
                    f"{name}.js imports {', '.join(sorted(missing))}, which {needed}.js does not export"
                )
        body = IMPORT.sub(lambda found: f"const {{{found[1]}}} = {found[2]};\n", source)
        body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
        parts.append(f"const {name} = (() => {{\n{body}\nreturn {{{', '.join(exports[name])}}};\n}})();\n")

    add(entry)
    return '"use strict";\n' + "".join(parts)


def as_base64(values: np.ndarray, dtype: str) -> str:
    """Numbers as text: little-endian, in base 64."""
    return base64.b64encode(
        np.ascontiguousarray(values, np.dtype(dtype).newbyteorder("<")).tobytes()
    ).decode()


def as_array(values: np.ndarray, kind: str) -> dict[str, str]:
    """An array as the page's data.js reads it, flattened.

    Args:
      values: of any shape.
      kind: "f4", "f8", "u1" or "u2", the type of its numbers.
    """
    return {kind: as_base64(values, kind)}


def as_json(data: object) -> str:
    """Data as JSON that may stand within a script: no text in it ends the script or begins a comment."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def as_paragraph(text: str) -> str:
    """A line of small print as HTML."""
    return f'<p class="stamp">{html.escape(text)}</p>'


def web_page(title: str, entry: str, call: str, data: object, content: str = "") -> str:
    """The page as HTML.

    Args:
      title: of the page, any text.
      entry: name of the module that it starts.
      call: JavaScript that starts it, in which `data` is the data, `root` the element to fill, and `trainer` the source of the worker that
        trains, for pages that name it.
      data: whatever JSON can hold.
      content: HTML that is shown below what the script makes.
    """
    shell = Template((WEB / "page.html").read_text("utf-8"))
    return shell.substitute(
        title=html.escape(title),
        style=(WEB / "style.css").read_text("utf-8"),
        script=bundle(entry).replace("</script", "<\\/script"),
        trainer=json.dumps(bundle("trainer") if "trainer" in call else "").replace("<", "\\u003c"),
        data=as_json(data),
        call=call,
        content=content,
    )
