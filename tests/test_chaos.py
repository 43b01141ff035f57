"""Whatever dies on the way to a study, no member is lost and no number changes."""

import subprocess
import sys

import pytest

from benchmarks.chaos import FAULTS
from tests.commands import ROOT


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_and_no_number_changes(fault):
    """As often as in the README: fifty kills, and each other fault its number of times."""
    line = [sys.executable, "-m", "benchmarks.chaos", f"--only={fault}"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    (row,) = [line for line in done.stderr.splitlines() if line.startswith("Row(")]
    assert f"injected={FAULTS[fault][1]}, " in row
    assert "lost=0, changed=0, " in row
