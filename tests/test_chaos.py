"""Whatever dies on the way to a study, no member is lost and no number changes."""

import subprocess
import sys

import pytest

from benchmarks.chaos.__main__ import FAULTS
from tests.commands import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_and_no_number_changes(fault):
    """A tenth as often as in docs/machines.md."""
    line = [sys.executable, "-m", "benchmarks.chaos", f"--only={fault}", "--share=0.1"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1800)
    assert done.returncode == 0, done.stderr
    (row,) = [line for line in done.stderr.splitlines() if line.startswith("Row(")]
    assert f"injected={max(1, round(0.1 * FAULTS[fault][1]))}, " in row
    assert "lost=0, changed=0, outside=0, " in row
