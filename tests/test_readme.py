"""Every command of the README and of the pages of docs/ runs as written; every link leads somewhere.

The commands run on configs of the same names at toy size (tests/small_configs.py), one after another in a folder of their own.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from nlpfeat.cli.command import split_config_flags

from nlpfeat.config.files import load_config
from nlpfeat.tasks.spec import resolve
from tests.commands import ROOT, run
from tests.small_configs import lay_out

ORDER = (
    "spirals",
    "deep",
    "sentiment",
    "imdb",
    "ratings",
    "word-vectors",
    "characters",
    "machines",
)  # of reading
PAGES = {
    path: path.read_text() for path in (ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ORDER))
}
TEXT = "\n".join(PAGES.values())
BLOCKS = "\n".join(re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)).replace("\\\n", " ")
INLINE = re.findall(
    r"`(python -m experiments\.[^`…]* --[^`…]*)`", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
)
WRITTEN = [line[2:] for line in BLOCKS.splitlines() if line.startswith("$ ")] + INLINE
TARGETS = sorted(
    set(re.findall(r"`make ([a-z-]+)", TEXT)) | {w.split()[1] for w in WRITTEN if w.startswith("make ")}
)
# What cannot run here, and who runs it instead.
ELSEWHERE = {
    "pip install": "it needs a network; .ci/run installs",
    "ray start": "it leaves a server behind; tests/sweeps/test_engines.py starts a cluster of its own",
    "HOST:6379": "a placeholder; tests/sweeps/test_engines.py trains on a cluster",
}


def without_comment(line):
    """What a shell makes of a line, less its comment."""
    return re.sub(r"\s+#\s.*$", "", line).strip()


def parts_of(line):
    """The command's name and its arguments."""
    words = shlex.split(without_comment(line))
    assert words[:2] == ["python", "-m"], line
    return words[2].removeprefix("experiments."), words[3:]


PLAIN = [line for line in WRITTEN if line.startswith("python -m") and "<" not in line]


def test_there_are_commands():
    assert len(WRITTEN) > 50
    assert len(INLINE) >= 6


def test_flags_and_configs_exist():
    helps = {}
    for line in sorted(set(PLAIN)):
        name, words = parts_of(line)
        helps[name] = helps.get(name) or run(name, "--help").stdout
        words, overrides = split_config_flags(words)
        given = {word.split("=")[0] for word in words if word.startswith("--")}
        known = set(re.findall(r"--[a-z_]+", helps[name]))
        assert given <= known | {"--dropout"}, line  # an axis of the study is a flag of its own
        for word in words:
            if word.startswith("--config="):
                resolve(load_config(str(ROOT / word.removeprefix("--config=")))[1], overrides)


def test_targets_exist():
    there = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(TARGETS) <= set(there)


def anchors(text):
    """What a link to a heading may name."""
    heads = [line.lstrip("# ").lower() for line in text.splitlines() if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", head).replace(" ", "-") for head in heads}


def test_every_page_of_docs_is_read():
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} == set(ORDER)
    assert set(ORDER) <= set(re.findall(r"\]\(docs/([a-z-]+)\.md\)", PAGES[ROOT / "README.md"]))


def test_links_lead_somewhere():
    for page, text in PAGES.items():
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if link.startswith("http"):
                continue
            path, _, anchor = link.partition("#")
            there = page.parent / path if path else page
            assert there.exists(), (page.name, link)
            assert not anchor or anchor in anchors(there.read_text()), (page.name, link)


def test_toy_configs_are_configs(tmp_path, monkeypatch):
    lay_out(tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    for path in sorted(Path("configs").rglob("*.py")):
        resolve(load_config(str(path))[1])


@pytest.mark.slow
def test_every_command_runs_as_written(tmp_path):
    lay_out(tmp_path / "here")
    folder, left, failed = tmp_path / "here", [], []
    environment = prepared(folder)
    for line in WRITTEN:
        reason = next((why for word, why in ELSEWHERE.items() if word in line), None)
        if reason is None and "--vectors=" in line and not os.environ.get("NLPFEAT_DATA"):
            reason = "862 MB"
        if reason:
            left.append((line, reason))
            continue
        done = (
            run(*parts_of(line)[:1], *parts_of(line)[1], folder=folder)
            if line in PLAIN
            else subprocess.run(
                ["bash", "-c", without_comment(line)],
                cwd=folder, env=environment, capture_output=True, text=True, check=False,
            )
        )  # fmt: skip
        if done.returncode:
            failed.append(f"{line}\n  {done.returncode}: {done.stderr[-600:]}")
        else:
            assert done.stdout, line
    assert not failed, "\n".join(failed)
    assert len(left) <= len(ELSEWHERE) + 1


def prepared(folder: Path) -> dict[str, str]:
    """The environment of the README's shell: this Python as that of its .venv, and one file of tests for `make test`."""
    scripts = folder / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "python").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (scripts / "python").chmod(0o755)
    (folder / ".venv" / "ok").touch()
    path = f"{scripts}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "TESTS": "tests/data/test_data.py"}
