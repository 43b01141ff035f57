"""Run notebooks from top to bottom and store their outputs: python -m tests.notebooks [FILE …], or make run-notebooks.

A notebook records a hash of its code, by which a test tells whether its outputs are those of its code.
"""

import base64
import hashlib
import os
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def code_hash(notebook: nbformat.NotebookNode) -> str:
    """SHA-256 of the code of all cells."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()


def is_kept(output: nbformat.NotebookNode) -> bool:
    """Whether an output is stored: not the progress of downloads, nor sliders, which work in a running kernel only."""
    return output.get("name") != "stderr" and WIDGET not in output.get("data", {})


def smaller(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The output with its picture in few colours, a third of the bytes."""
    picture = output.get("data", {}).get("image/png")
    if picture:
        image = Image.open(BytesIO(base64.b64decode(picture))).convert("RGB")
        file = BytesIO()
        image.quantize(128, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        output.data["image/png"] = base64.b64encode(file.getvalue()).decode()
    return output


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
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(folder)}})
    client.execute()
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            cell.outputs = [smaller(one) for one in cell.outputs if is_kept(one)]
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
