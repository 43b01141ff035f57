"""Who may import whom, by folder; what only the command line may do; which names are gone."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "nlpfeat"

# Imports run down this list: each room may import those above it, and itself.
ROOMS = (
    ("errors",),
    ("keys", "digests", "numerics", "progress", "parallel", "config"),
    ("data",),
    ("models",),
    ("training",),
    ("tasks",),
    ("store",),
    ("sweeps",),
    ("geometry",),
    ("stats",),
    ("study",),
    ("embeddings",),
    ("analysis",),
    ("plotting",),
    ("films",),
    ("report",),
    ("cli",),
    ("__main__",),
)
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}
ENTRANCE = "__init__"  # hands on names of the rooms when they are first asked for; imports none of them
FOR_COMMANDS = {"argparse", "signal"}
# Names that were given up: the glossary in CONTRIBUTING.md has their successors.
RETIRED = (
    *("Goal", "Maker", "Readers", "Teller", "Board", "Watch", "Memory", "NO_MEMORY", "Source", "Held"),
    *(
        "newcomer",
        "last_draw",
        "loss_units",
        "lane_order",
        "batch_order",
        "in_pieces",
        "study_maker",
        "maker",
    ),
    *("review_by_review", "adam_penalised", "real_or_not", "noise_contrast", "spec.row"),
    *("read_results", "write_results", "open_results", "refuse_links", "LinkOutside"),
    *("all_systems", "penalty", "taps", "thin", "merit"),
    *("signs", "tracks", "settling", "crowding", "company", "own_margin", "experiments.command"),
    *("--most", "--each", "--by", "--onto", "--count", "--dry_run", "--task_cpus"),
)


def sources(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path):
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def is_import_of_ours(node):
    """Whether a statement imports a room; the entrance does so for type checkers only, within `if TYPE_CHECKING`."""
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nlpfeat")


def test_every_import_runs_downwards():
    rooms = {path.stem for path in LIBRARY.iterdir()}
    wrong = []
    for path in sources("nlpfeat"):
        room = room_of(path)
        assert room in LEVEL or room == ENTRANCE, f"{room} is new: give it a place in ROOMS"
        if room == ENTRANCE:
            assert not [node for node in ast.parse(path.read_text()).body if is_import_of_ours(node)]
            continue
        for module in imports(path):
            top, _, rest = module.partition(".")
            other = rest.split(".")[0]
            ours = top == "nlpfeat" and other in rooms and other not in (room, ENTRANCE)
            beside = ours and room != ENTRANCE and LEVEL[other] >= LEVEL[room] and other != "progress"
            if (
                top in ("experiments", "configs", "tests", "benchmarks")
                or beside
                or (ours and room == ENTRANCE)
            ):
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not wrong


def test_only_commands_parse_print_and_touch_signals():
    wrong = []
    for path in sources("nlpfeat"):
        if room_of(path) == "cli":
            continue
        wrong += [
            f"{path.relative_to(ROOT)} imports {name}" for name in imports(path) if name in FOR_COMMANDS
        ]
        for node in ast.walk(ast.parse(path.read_text())):
            named = (
                node.id
                if isinstance(node, ast.Name)
                else node.attr
                if isinstance(node, ast.Attribute)
                else ""
            )
            if named in ("print", "argv", "stdout", "stderr", "Namespace") and "sys" not in str(named):
                owner = node.value if isinstance(node, ast.Attribute) else None
                if owner is None or (isinstance(owner, ast.Name) and owner.id == "sys"):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} names {named}")
    assert not wrong


def test_doors_are_doors():
    """experiments/ holds nothing but the way into the command line."""
    for path in sources("experiments"):
        statements = [node for node in ast.parse(path.read_text()).body if not isinstance(node, ast.Expr)]
        assert len(statements) <= 2, path.name
        assert set(imports(path)) <= {"nlpfeat.cli.main", "nlpfeat.cli.main.main"}, path.name


@pytest.fixture(scope="module")
def searched():
    """Path -> (its text, its identifiers): code, configs and docs, but not the changes of old versions."""
    folders = ("nlpfeat", "experiments", "configs", "benchmarks")
    files = [path for folder in folders for path in sources(folder)]
    files += [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "Makefile"]
    texts = {path: path.read_text() for path in files if path.name != "CHANGELOG.md"}
    return {path: (text, identifiers(text) if path.suffix == ".py" else "") for path, text in texts.items()}


@pytest.mark.parametrize("name", RETIRED)
def test_no_retired_name_is_left(name, searched):
    """Words are searched among identifiers, as prose may use a word that is no name any longer; flags and the like everywhere."""
    pattern = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    found = []
    for path, (text, names) in searched.items():
        where = names if name.isidentifier() else text
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in pattern.finditer(where)]
    assert not found


def test_documentation_writes_nlpfeat():
    """`python -m experiments.NAME` works, and is written nowhere but in its doors."""
    files = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("notebooks/*"),
        *sources("configs"),
    ]
    assert not [path.name for path in files if "-m experiments" in path.read_text()]


def identifiers(source):
    """Names of a Python file, dotted as they stand, a line each; keyword arguments and strings that are keys, too."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            names.append(node.id)
        elif isinstance(node, ast.Attribute):
            owner = node.value
            before = (
                owner.id
                if isinstance(owner, ast.Name)
                else owner.attr
                if isinstance(owner, ast.Attribute)
                else ""
            )
            names.append(f"{before}.{node.attr}")
            names.append(node.attr)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.append(node.name)
        elif isinstance(node, (ast.arg, ast.keyword)):
            names.append(node.arg or "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            names.append(node.value)
    return "\n".join(names)


def test_importing_computes_nothing():
    """No module of the library touches a device or the network when imported, and the package imports nothing heavy."""
    code = (
        "import sys, nlpfeat\n"
        "assert not {'jax', 'numpy', 'pandas'} & set(sys.modules), 'import nlpfeat is heavy'\n"
        "import pkgutil, importlib, jax\n"
        "for m in pkgutil.walk_packages(nlpfeat.__path__, 'nlpfeat.'): importlib.import_module(m.name)\n"
        "from jax._src import xla_bridge\n"
        "assert not xla_bridge._backends, 'a backend was initialised'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
