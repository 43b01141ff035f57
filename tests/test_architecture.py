"""Who may import whom. The library never imports experiments, configs or tests."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

# layer -> the parts of nlpfeat that it may import, beside itself
ALLOWED = {
    "errors": set(),
    "keys": set(),
    "paths": {"errors"},
    "settings": set(),
    "processes": set(),
    "data": {"errors", "keys", "paths", "settings"},
    "models": {"errors", "keys", "settings"},
    "training": {"data", "models", "errors", "keys", "settings"},
    "systems": {"data", "models", "training", "settings"},
    "tasks": {"systems", "training"},
    "geometry": set(),
    "sweeps": {"data", "models", "training", "tasks", "geometry", "processes", "errors", "keys", "settings"},
    "plotting": set(),
    "spaces": set(),
    "words": {"geometry", "spaces"},
    "writing": set(),
    "factors": set(),
    "films": {"geometry", "plotting", "writing"},
    "report": {"plotting"},
    "__init__": set(),
}


PARTS = {path.stem for path in (ROOT / "nlpfeat").iterdir()}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_layers():
    wrong = []
    for path in sorted((ROOT / "nlpfeat").rglob("*.py")):
        layer = path.relative_to(ROOT / "nlpfeat").parts[0].removesuffix(".py")
        assert layer in ALLOWED, f"{layer} is new: say what it may import"
        for module in imports(path):
            top, _, rest = module.partition(".")
            part = rest.split(".")[0]
            ours = top == "nlpfeat" and part in PARTS and part != layer
            if top in ("experiments", "configs", "tests", "benchmarks") or (
                ours and part not in ALLOWED[layer]
            ):
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not wrong


def test_plotting_computes_nothing():
    """Figures take arrays: no JAX, no xarray, no files of a study."""
    for path in (ROOT / "nlpfeat" / "plotting").glob("*.py"):
        assert not {name.split(".")[0] for name in imports(path)} & {
            "jax",
            "xarray",
            "flax",
            "scipy",
            "sklearn",
            "pandas",
        }


def test_importing_computes_nothing():
    """No module of the library touches a device or the network when imported."""
    code = (
        "import pkgutil, importlib, nlpfeat, jax\n"
        "for m in pkgutil.walk_packages(nlpfeat.__path__, 'nlpfeat.'): importlib.import_module(m.name)\n"
        "from jax._src import xla_bridge\n"
        "assert not xla_bridge._backends, 'a backend was initialised'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
