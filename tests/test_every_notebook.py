"""Notebooks run from top to bottom, hold the outputs of their code, and are small."""

import ast
import os
import re
import subprocess
import sys

import nbformat
import pytest

from tests.commands import ROOT
from tests.notebooks import NOTEBOOKS, code_hash
from tests.requirements import needs_data

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
FAST = ("spirals_interactive",)  # the others take minutes
PUBLISHED = (
    "sentiment",
    "imdb",
    "mean_of_words",
    "ratings",
    "word_vectors",
    "characters",
    "batch_norm",
)  # data of others


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def notebook(request):
    return request.param, nbformat.read(request.param, as_version=4)


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs_of(notebook):
    for cell in code_of(notebook):
        for output in cell.outputs:
            yield from ({"text/plain": output.text} if "text" in output else output.data).items()


def test_outputs_are_fresh(notebook):
    _, found = notebook
    assert found.metadata["nlpfeat"]["code_sha256"] == code_hash(found), "run it: make run-notebooks"
    assert any(cell.outputs for cell in code_of(found))
    assert not [cell for cell in code_of(found) for output in cell.outputs if output.output_type == "error"]


def test_it_is_small_and_holds_no_path_of_a_machine(notebook):
    path, found = notebook
    assert path.stat().st_size < 200_000
    text = path.read_text()
    assert not re.search(r"/(home|work|tmp|root|Users)/", text)
    assert "execution_count" in text
    assert set(found.metadata) == {"kernelspec", "language_info", "nlpfeat"}


def test_it_begins_with_at_most_two_imports_and_takes_its_config_from_the_shipped_ones(notebook):
    _, found = notebook
    trees = [ast.parse(re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE)) for cell in code_of(found)]
    imports = [
        [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)] for tree in trees
    ]
    assert len(imports[0]) <= 2
    assert not any(imports[1:])
    source = "\n".join(cell.source for cell in code_of(found))
    assert re.search(r'nlpfeat\.(sweep|load_config)\(\s*"[a-z_]+(:[a-z_]+)?"', source)
    assert "nlpfeat.STYLE" in source or "ipywidgets" in source


def test_it_has_three_exercises(notebook):
    _, found = notebook
    prose = "\n".join(cell.source for cell in found.cells if cell.cell_type == "markdown")
    assert "xercises" in prose
    assert prose.count("<details>") == 3


def test_texts_of_others_are_not_in_it(notebook):
    """Figures, words and numbers only: no output line has the length of a sentence of a review."""
    path, found = notebook
    if path.stem not in PUBLISHED or path.stem in (
        "characters",
        "ratings",
    ):  # a network writes; titles of films
        return
    for kind, output in outputs_of(found):
        if kind == "text/plain":
            words = [re.findall(r"[A-Za-z]{2,}", line) for line in str(output).splitlines()]
            assert max(map(len, words), default=0) < 40, output


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path,
            id=path.stem,
            marks=[
                *([] if path.stem in FAST else [pytest.mark.slow]),
                *([needs_data] if path.stem in PUBLISHED else []),
            ],
        )
        for path in PATHS
    ],
)
def test_it_runs(path, tmp_path):
    """Its code as a script; make run-notebooks runs it in a kernel."""
    code = "\n".join(cell.source for cell in code_of(nbformat.read(path, as_version=4)))
    environment = {**os.environ, "MPLBACKEND": "agg", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=1200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
