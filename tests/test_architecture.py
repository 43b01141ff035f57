"""Who may import whom. The library never imports experiments, configs or tests."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# layer -> the parts of nlpfeat that it may import, beside itself
ALLOWED = {
    "errors": set(),
    "keys": set(),
    "settings": set(),
    "processes": set(),
    "data": {"errors", "keys", "settings"},
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


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "nlpfeat").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_layers(path):
    layer = path.relative_to(ROOT / "nlpfeat").parts[0].removesuffix(".py")
    assert layer in ALLOWED, f"{layer} is new: say what it may import"
    for module in imports(path):
        top, _, rest = module.partition(".")
        assert top not in ("experiments", "configs", "tests", "benchmarks")
        part = rest.split(".")[0]
        if (
            top == "nlpfeat"
            and (ROOT / "nlpfeat" / part).exists() | (ROOT / "nlpfeat" / f"{part}.py").exists()
            and part
        ):
            assert part == layer or part in ALLOWED[layer], f"{path.name} imports {module}"


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
    import subprocess
    import sys

    code = (
        "import pkgutil, importlib, nlpfeat, jax\n"
        "for m in pkgutil.walk_packages(nlpfeat.__path__, 'nlpfeat.'): importlib.import_module(m.name)\n"
        "from jax._src import xla_bridge\n"
        "assert not xla_bridge._backends, 'a backend was initialised'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_files_are_short():
    long = {
        str(path.relative_to(ROOT)): n
        for folder in ("nlpfeat", "experiments", "configs")
        for path in (ROOT / folder).rglob("*.py")
        if (n := len(path.read_text().splitlines())) > 240
    }
    assert not long
