"""Every command and every Python block of the README and of docs/*.md runs as written; every link works.

The commands run on configs of the same names at toy size (tests/small_configs.py), one after another in one folder.
"""

import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from unittest import mock

import pytest

from nlpfeat.cli.main import COMMANDS
from nlpfeat.cli.parsing import split_config_flags
from nlpfeat.config.files import get_config_of, is_name, load_config, split_reference
from nlpfeat.errors import UserError
from nlpfeat.tasks.fit import KEY
from nlpfeat.tasks.registry import TASKS
from nlpfeat.tasks.spec import read_config, resolve
from tests.commands import ROOT, run
from tests.small_configs import lay_out, write_task
from tests.test_library import leaves

# The order of reading: later commands use the studies of earlier ones.
ORDER = (
    "tutorial",
    "spirals",
    "recipes",
    "deep",
    "sentiment",
    "imdb",
    "ratings",
    "word-vectors",
    "characters",
    "dimension",
    "extra-units",
    "results",  # makes the folder of all tasks, which a command reads
    "records",
    "own-widths",
    "own-texts",
    "own-ratings",
    "own-points",
    "own-task",
    "own-network",
    "playground",
    "films-for-class",
    "claims",
    "width-and-recipe",
    "padded-width",
    "exact-geometry",
    "statistics",
    "commands",
    "configs",
    "arrays",
    "machines",
    "benchmarks",
)
SITE = ("index", "api")  # pages of the site without commands
PAGES = {
    path: path.read_text() for path in (ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ORDER))
}
TEXT = "\n".join(PAGES.values())


def commands_of(text):
    """The commands of a page as they are written, those of its blocks first."""
    blocks = "\n".join(re.findall(r"```console\n(.*?)```", text, re.DOTALL)).replace("\\\n", " ")
    inline = re.findall(r"`(nlpfeat [^`…]*--[^`…]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [line[2:] for line in blocks.splitlines() if line.startswith("$ ")] + inline


def python_of(text):
    """The Python blocks of a page, which run in order as one script; files that a page shows stand in them by themselves."""
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return "\n".join(block for block in blocks if not re.match(r"# \w+\.py", block))


WRITTEN = [line for text in PAGES.values() for line in commands_of(text)]
INLINE = [line for line in WRITTEN if "nlpfeat" in line]
TARGETS = sorted(
    set(re.findall(r"`make ([a-z-]+)", TEXT)) | {w.split()[1] for w in WRITTEN if w.startswith("make ")}
)
# Commands that cannot run here, and the test that covers them.
ELSEWHERE = {
    "pip install": "needs a network; .ci/run installs",
    "ray start": "leaves a server behind; tests/sweeps/test_engines.py starts a cluster of its own",
    "HOST:6379": "a placeholder; tests/sweeps/test_engines.py trains on a cluster",
    "make notebooks": "opens a browser; tests/test_every_notebook.py runs them",
    "make docs": "test_the_site_is_built",
    "source .venv": "of the reader's shell",
}


def without_comment(line):
    return re.sub(r"\s+#\s.*$", "", line).strip()


def arguments_of(line):
    words = shlex.split(without_comment(line))
    assert words[0] == "nlpfeat", line
    return words[1:]


def split_command(words):
    """The name of the command, with that of its subcommand, and its other arguments; --task is left out."""
    words = [word for word in words if not word.startswith("--task=")]
    command = next(one for one in COMMANDS if one.name == words[0])
    count = 2 if command.subcommands else 1
    return tuple(words[:count]), words[count:]


PLAIN = [line for line in WRITTEN if line.startswith("nlpfeat ") and " < " not in line]


@pytest.fixture
def registry():
    """Tasks that a test registers are gone after it."""
    before = dict(TASKS)
    yield
    TASKS.clear()
    TASKS.update(before)


def test_there_are_commands():
    assert len(WRITTEN) > 80
    assert len(INLINE) >= 3


@pytest.mark.usefixtures("registry")
def test_flags_and_configs_exist(tmp_path):
    write_task(tmp_path)
    helps = {}
    for line in sorted(set(PLAIN)):
        name, words = split_command(arguments_of(line))
        helps[name] = helps.get(name) or run(*name, "--help").stdout
        words, overrides = split_config_flags(words)
        given = {word.split("=")[0] for word in words if word.startswith("--")}
        known = set(re.findall(r"--[a-z][a-z-]*", helps[name]))
        assert given <= known | {"--dropout", "--label-noise"}, (
            line
        )  # a further axis of the study's grid is a flag, too
        for word in words:
            if word.startswith("--config=") or (name == ("sweep",) and not word.startswith("-")):
                reference = word.removeprefix("--config=")
                if is_name(reference):
                    config = read_config(reference)
                    config.pop(KEY, None)  # what the files of the reader decide
                    resolve(config, overrides)
                    continue
                path = next(
                    folder / reference
                    for folder in (ROOT, ROOT / "examples", tmp_path)
                    if (folder / split_reference(reference)[0]).exists()
                )
                resolve(load_config(str(path)), overrides)


def test_every_command_has_a_section():
    sections = set(re.findall(r"^## `?nlpfeat ([a-z-]+)", PAGES[ROOT / "docs" / "commands.md"], re.MULTILINE))
    assert sections == {command.name for command in COMMANDS}


def test_targets_exist():
    there = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(TARGETS) <= set(there)


def anchors(text):
    """What a link to a heading may name."""
    heads = [line.lstrip("# ").lower() for line in text.splitlines() if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", head).replace(" ", "-") for head in heads}


def test_every_page_of_docs_is_read():
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} - {"commands-help"} == {*ORDER, *SITE}
    contents = (ROOT / "docs" / "index.md").read_text()
    assert {"api", *ORDER} <= set(re.findall(r"^([a-z-]+)$", contents, re.MULTILINE))


def test_links_work():
    pages = PAGES | {path: path.read_text() for path in (ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md")}
    for page, text in pages.items():
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if link.startswith("http"):
                continue
            path, _, anchor = link.partition("#")
            there = page.parent / path if path else page
            assert there.exists(), (page.name, link)
            assert not anchor or anchor in anchors(there.read_text()), (page.name, link)


def test_every_picture_is_shown():
    pictures = {
        path.relative_to(ROOT / "docs").as_posix()
        for path in (ROOT / "docs").rglob("*.png")
        if "_build" not in path.parts
    }
    shown = {link.removeprefix("docs/") for link in re.findall(r"\]\(([^)\s]+\.png)\)", TEXT)}
    assert pictures == shown


def test_files_that_contributing_names_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = re.findall(r"`((?:nlpfeat|tests|configs|benchmarks|experiments|docs)/[\w./-]*)`", text)
    assert len(named) > 40
    assert not [name for name in named if not (ROOT / name).exists()]


def test_toy_configs_are_configs(tmp_path, monkeypatch):
    lay_out(tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    for path in sorted(Path("configs").rglob("*.py")):
        get_config, _ = get_config_of(str(path))
        for variant in get_config.variants:
            resolve(load_config(f"{path}:{variant}"))


def test_a_config_without_a_plain_variant_names_its_variants(tmp_path, monkeypatch):
    lay_out(tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(UserError, match="two_cores/spirals"):
        load_config("configs/all_tasks.py")


@pytest.mark.slow
@pytest.mark.usefixtures("registry")
def test_every_command_and_python_block_runs_as_written(tmp_path):
    lay_out(tmp_path / "here")
    folder, left, failed = tmp_path / "here", [], []
    environment = prepared(folder)
    for page, text in PAGES.items():
        for line in commands_of(text):
            reason = next((why for word, why in ELSEWHERE.items() if word in line), None)
            if reason is None and "--vectors=" in line and not os.environ.get("NLPFEAT_DATA"):
                reason = "862 MB"
            if reason:
                left.append((line, reason))
                continue
            if line in PLAIN:
                with mock.patch("nlpfeat.config.files.shipped_configs", return_value=folder / "configs"):
                    done = run(*arguments_of(line), folder=folder)
            else:
                done = shell("bash", "-c", without_comment(line), folder=folder, environment=environment)
            if done.returncode:
                failed.append(f"{page.name}: {line}\n  {done.returncode}: {done.stderr[-600:]}")
            else:
                assert done.stdout, line
        script = python_of(text)
        if "import torch" in script and find_spec("torch") is None:
            left.append((page.name, "needs PyTorch"))
            continue
        done = shell(sys.executable, "-c", script, folder=folder, environment=environment)
        if done.returncode:
            failed.append(f"{page.name}, Python\n  {done.stderr[-600:]}")
    for command in leaves(COMMANDS):
        if ".txt" in command.python or "glove" in command.python or not command.python:
            continue  # files of vectors, which nobody has here
        script = f"import nlpfeat\nif __name__ == '__main__':\n    {command.python}"
        (folder / "line.py").write_text(script)
        done = shell(sys.executable, "line.py", folder=folder, environment=environment)
        if done.returncode:
            failed.append(f"{command.name}: {command.python}\n  {done.stderr[-600:]}")
    assert not failed, "\n".join(failed)
    assert len(left) <= len(ELSEWHERE) + 4


def shell(*line, folder, environment):
    """A program as the reader runs it."""
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_site_is_built(tmp_path):
    """By make docs, which CI runs: every page, reference and picture is there."""
    line = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "docs", str(tmp_path)]
    done = shell(*line, folder=ROOT, environment=os.environ)
    assert done.returncode == 0, done.stderr
    assert (
        "nlpfeat.sweep" in (tmp_path / "api.html").read_text()
        or "session.sweep" in (tmp_path / "api.html").read_text()
    )
    assert (tmp_path / "report.html").exists()


def test_the_readme_is_a_front_page():
    text = PAGES[ROOT / "README.md"]
    assert len(text.splitlines()) <= 150
    assert len(text.split()) <= 1200


def prepared(folder: Path) -> dict[str, str]:
    """The environment of the README's shell: this Python as that of its .venv, and one file of tests for `make test`."""
    scripts = folder / ".venv" / "bin"
    scripts.mkdir(parents=True)
    for name, prefix in (("python", ""), ("nlpfeat", "-m nlpfeat ")):
        (scripts / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {prefix}"$@"\n')
        (scripts / name).chmod(0o755)
    (folder / ".venv" / "ok").touch()
    path = f"{scripts}{os.pathsep}{os.environ['PATH']}"
    return {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": str(folder),
        "MPLBACKEND": "agg",
        "TESTS": "tests/data/test_data.py",
    }
