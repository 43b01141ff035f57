"""Every task's training program compiles for TPUs that are not here, at its default sizes, and keeps the rules."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from nlpfeat.tasks.names import TASK_NAMES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("libtpu") is None, reason="libtpu is not installed"),
]


def compile_for(*arguments):
    """The command in a process of its own, as libtpu is set up once per process."""
    line = [sys.executable, "-m", "nlpfeat", "compile-for", "tpu", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False, env=os.environ)


# The scatter-add of its gradient wants rows, so the state's three tables of 600,000 n-grams are copied, padded from 100 to 128 lanes.
TOO_LARGE = pytest.mark.xfail(reason="intermediate results of 1.5 GB", strict=True)


@pytest.mark.parametrize("topology", ["v5e:2x2", "v6e:2x2"])
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=TOO_LARGE if name == "imdb_ngrams" else ()) for name in TASK_NAMES]
)
def test_a_task_compiles_and_keeps_the_rules(name, topology):
    """Of the published data, those of tasks that are not here are left out."""
    done = compile_for(topology, name, "--json")
    if "could not be downloaded" in done.stderr:
        pytest.skip("its data are not here")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    assert found["task"] == name
    assert found["complaints"] == []
    assert 0 <= found["temporary_bytes"] < 10**9


def test_mistakes():
    """A topology that libtpu does not know; a member that is larger than the chip."""
    unknown = compile_for("v9:2x2", "spirals")
    assert unknown.returncode == 2
    assert "libtpu knows no topology 'v9:2x2'" in unknown.stderr
    large = compile_for("v5e:2x2", "spirals", "--config.sweep.width=(4000000,)", "--config.sweep.seed=(0,)")
    assert large.returncode == 2
    assert "the largest width that fits is" in large.stderr
