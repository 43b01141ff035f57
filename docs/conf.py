"""The documentation site: python -m sphinx -W docs docs/_build, or make docs.

Pages are plain Markdown, which GitHub shows as well. The reference of Python names is taken from docstrings, that of commands from
their help.
"""

import contextlib
import io
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import nlpfeat  # noqa: E402

project, author, copyright = "nlpfeat", "the nlpfeat authors", "the nlpfeat authors"  # noqa: A001
version = release = nlpfeat.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
html_theme = "furo"
html_title = "nlpfeat"
html_extra_path = ["gallery/report.html", "gallery/playground.html"]  # pages that are ready to be opened
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072B2", "color-brand-content": "#0072B2"},
    "dark_css_variables": {"color-brand-primary": "#56B4E9", "color-brand-content": "#56B4E9"},
}
exclude_patterns = ["_build"]
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_ivar = True
suppress_warnings = ["autodoc.import_object"]
nitpicky = False


PLAYGROUND, STAMP = Path(__file__).parent / "gallery" / "playground.html", "nlpfeat playground"


def write_playground(app: object) -> None:
    """The playground, which is made of the modules of the package."""
    from nlpfeat.report.playground import playground_page

    text = playground_page(STAMP)
    if not PLAYGROUND.exists() or PLAYGROUND.read_text("utf-8") != text:
        PLAYGROUND.write_text(text, "utf-8")


def in_markup(app: object, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Docstrings are plain text with `code` in single backquotes and indented examples; reStructuredText wants two, and "::"."""
    text = re.sub(r"(?<![`:\w])`([^`\n]+)`(?!`)", r"``\1``", "\n".join(lines))
    text = re.sub(r"(?<![\w*`])\*(?=\w[^*\n]*[^*\w]?$)", r"\\*", text, flags=re.MULTILINE)
    found: list[str] = []
    previous = ""
    for line in text.split("\n"):
        example = line.startswith("    ") and not previous.startswith("    ") and not previous.strip()
        if example and found and found[-1] == "" and not re.match(r"\s*(:|-|\d+\.|\.\.)", line):
            found += ["::", ""]
        found.append(line)
        previous = line
    lines[:] = found


def write_commands(app: object) -> None:
    """The help of every command, as one page: commands-help.md."""
    from nlpfeat.cli.main import COMMANDS
    from nlpfeat.cli.parsing import parser_of

    def sections(commands: tuple, prefix: str, level: int) -> list[str]:  # pyright: ignore[reportMissingTypeArgument]
        parts = []
        for command in commands:
            name = f"{prefix} {command.name}"
            parts.append(f"{'#' * level} {name}\n")
            if command.subcommands:
                parts += [
                    f"{command.summary}. {command.description}\n",
                    *sections(command.subcommands, name, level + 1),
                ]
                continue
            with contextlib.redirect_stdout(io.StringIO()) as shown:
                parser_of(command, name).print_help()
            parts.append(f"```text\n{shown.getvalue().strip()}\n```\n")
        return parts

    head = "# Help of all commands\n\nWhat `--help` prints. [Commands](commands.md) explains them with examples.\n\n"
    text = head + "\n".join(sections(COMMANDS, "nlpfeat", 2))
    path = Path(__file__).parent / "commands-help.md"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def link_to_repository(app: object, docname: str, source: list[str]) -> None:
    """Links to files of the repository outside of docs/ become plain text: the site does not hold them."""
    source[0] = re.sub(r"\[([^\]]+)\]\(\.\./([\w./-]+?)(#[\w-]*)?\)", r"\1 (`\2`)", source[0])


def setup(app: object) -> None:
    """Connect the hooks."""
    app.connect("builder-inited", write_playground)  # pyright: ignore[reportAttributeAccessIssue]
    app.connect("builder-inited", write_commands)  # pyright: ignore[reportAttributeAccessIssue]
    app.connect("source-read", link_to_repository)  # pyright: ignore[reportAttributeAccessIssue]
    app.connect("autodoc-process-docstring", in_markup)  # pyright: ignore[reportAttributeAccessIssue]
