"""Run notebooks from top to bottom and store their outputs: python -m tests.notebooks [FILE …], or make run-notebooks.

A notebook records a hash of its code, by which a test tells whether its outputs are those of its code.
"""

import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def code_hash(notebook: nbformat.NotebookNode) -> str:
    """SHA-256 of the code of all cells."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()


def execute(path: Path, folder: Path) -> nbformat.NotebookNode:
    """The notebook with its outputs.

    Args:
      path: of the notebook.
      folder: an empty one in which it runs.

    Raises:
      nbclient.exceptions.CellExecutionError: if a cell fails.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    client = NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": str(folder)}})
    client.execute()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            cell.outputs = [
                one for one in cell.outputs if one.get("name") != "stderr"
            ]  # progress of downloads, warnings
    notebook.metadata = {
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
        "nlpfeat": {"code_sha256": code_hash(notebook)},
    }
    return notebook


def main() -> None:
    """Run the notebooks of the command line, or all."""
    root = str(NOTEBOOKS.parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    paths = [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb"))
    for path in paths:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            notebook = execute(path, Path(folder))
        nbformat.write(notebook, path)
        print(f"{path.name}: {time.perf_counter() - began:.0f} s, {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
