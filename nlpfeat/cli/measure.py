"""Measure the exact geometry of every member of a study, at every checkpoint that was kept.

Linear regions, decision regions of the whole plane, separability with certificates, stretch, folds, roughness,
norms: see nlpfeat/geometry/measures.py. The numbers join STUDY/results.nc under the same labels. What is measured
stays: run again after an interruption or an extended sweep, it does what is missing; delete STUDY/measures to
measure anew. On stdout: medians over seeds at the last step.
"""

import json
import math
import os
import shlex
import signal
import sys
import time
from types import FrameType
from typing import Any

from nlpfeat.cli.command import add_study, parser

from nlpfeat.store import precheck

EXAMPLES = [
    "python -m experiments.measure --study=runs/spirals",
    "python -m experiments.measure --study=runs/spirals --json",
    "python -m experiments.plot --study=runs/spirals",
]


def command(argv: list[str]) -> int:
    """The command. Results on stdout, progress on stderr; exit code 1 if a theorem is broken."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add_study(arguments)
    arguments.add_argument("--json", action="store_true", help="print the table as JSON")
    flags = arguments.parse(argv)
    precheck.require_study(flags.study)

    again = f"python -m experiments.measure {shlex.join(argv)}".strip()

    def stop(signum: int, frame: FrameType | None) -> None:
        print(f"\nstopped; finished parts are saved. Resume with:\n  {again}", file=sys.stderr, flush=True)
        os._exit(128 + signum)

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, stop)

    from nlpfeat import parallel
    from nlpfeat.analysis import geometry
    from nlpfeat.cli.progress import MeasureProgress
    from nlpfeat.cli.tables import print_measures
    from nlpfeat.stats.summaries import summarize_measures
    from nlpfeat.store import provenance
    from nlpfeat.store.layout import log_command, open_folder
    from nlpfeat.sweeps import launch

    parallel.use_all_cores()
    study, began = open_folder(flags.study), time.perf_counter()
    work = geometry.unmeasured(study)
    total = sum(part.members for part in work)
    print(
        f"{study.path}: {total} checkpoints of members to measure on {os.cpu_count()} cores", file=sys.stderr
    )
    if work:
        log_command(
            study, {"command": again, "time": time.strftime("%Y-%m-%dT%H:%M:%S%z")} | provenance.provenance()
        )
    with MeasureProgress(total) as progress:
        geometry.measure_study(study, work, progress.part)
    if work:
        print(f"measured {total} checkpoints in {time.perf_counter() - began:.1f} s", file=sys.stderr)
    combined, damaged = launch.finish(study)
    launch.require_whole(damaged)
    assert combined is not None
    rows = summarize_measures(combined)
    if flags.json:
        print(json.dumps([{name: _strict(value) for name, value in row.items()} for row in rows]))
    elif not rows:
        print(f"nothing to show of step {int(combined['step'][-1])}: no kept checkpoint of it is measured")
    else:
        print_measures(rows)
    print(f"results: {study.combined}", file=sys.stderr)
    count, broken = int(combined.violations.count()), int((combined.violations > 0).sum())
    print(f"theorems: {broken} of {count} checkpoints of members break one", file=sys.stderr)
    return 1 if broken else 0


def _strict(value: Any) -> Any:
    """JSON has no infinity."""
    return (
        [None if x is None or not math.isfinite(x) else x for x in value]
        if isinstance(value, list)
        else value
    )
