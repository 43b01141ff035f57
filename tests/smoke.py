"""Every command once, at toy size: `make smoke`. In one process, as most of a short command is its start.

Programs are compiled as users compile them; the default tests leave out the compiler's optimisations.
"""

import os
import shlex
import shutil
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")

from nlpfeat.parallel import use_all_cores
from tests.commands import ROOT, process, run

EVERY_CONFIG = [
    f"sweep --config={path.relative_to(ROOT)}:smoke"
    for path in sorted((ROOT / "configs").glob("*.py"))
    if path.stem != "all_tasks"  # two of its many below
]
COMMANDS = [
    "sweep --config=configs/spirals.py:smoke --dry-run",
    *EVERY_CONFIG,
    "restore --study=runs/spirals-smoke --width=8 --seed=1",
    "measure --study=runs/spirals-smoke",
    "check --study=runs/spirals-smoke",
    "plot --study=runs/spirals-smoke",
    "width --study=runs/spirals-smoke --at-step=20 --level=0.3,0.5",
    "playground --out=runs/playground.html",
    "playground --study=runs/spirals-smoke --widths=2,8 --out=runs/held.html",
    "report --study=runs/spirals-smoke --study=runs/reviews_bag-smoke --study=runs/ratings_bayes-smoke --frames=10",
    "sweep --config=configs/all_tasks.py:smoke/annulus",
    "sweep --config=configs/all_tasks.py:smoke/eleven_lines",
    "across-tasks --folder=runs/all_tasks-smoke",
    "double-descent --study=runs/double_descent-smoke",
    "units prune --study=runs/spirals-smoke --width=8 --train --rates=1,10",
    "units match --study=runs/spirals-smoke",
    "units ensembles --study=runs/spirals-smoke --draws=3",
    "units redundancy --study=runs/spirals-smoke --all-steps",
    "units luck --study=runs/sparse_parity-smoke",
    "superposition --study=runs/superposition-smoke",
    "measure --study=runs/wound_spirals-smoke",
    "measure --study=runs/digits-smoke --by-layer",
    "sections --study=runs/digits-smoke --width=8",
    "plot --study=runs/double_descent-smoke",
    "batch-norm --study=runs/digits-smoke --width=8 --learning-rates=0.001,0.1 --steps=10",
    "width --study=runs/spirals_recipes-smoke --select=learning_rate",
    "width --study=runs/spirals-smoke --early-stopping",
    "plot --study=runs/spirals_recipes-smoke --select=learning_rate",
    "compile-for cuda configs/spirals.py:smoke",
    "coordinate-check --config=configs/spirals.py:smoke --widths=4,8 --seeds=3 --steps=2",
    "list",
    "list char_rnn",
    "compare --study=runs/spirals-smoke --with=runs/spirals-smoke --loss=1.62",
    "film training --study=runs/spirals-smoke --widths=2,8 --seed=1 --frames=12",
    "words neighbours --study=runs/reviews_bag-smoke --width=8 --seed=0 superb boring",
    "words polarity --study=runs/reviews_bag-smoke --width=8 --seed=0 film",
    "predict --study=runs/reviews_mean-smoke --width=8 --text 'Two hours of awful music.'",
    "predict --study=runs/imdb_lstm-smoke --width=8 --text 'Two hours of awful music.'",
    "predict --study=runs/imdb_lstm-smoke --width=8 --data=configs/examples/opinions.csv --out=predicted.csv",
    "most-wrong --study=runs/imdb_dense-smoke --width=8",
    "recommend-model configs/examples/opinions.csv --tasks=imdb_ngrams --folds=2",
    "sweep imdb_ngrams:own --data=configs/examples/opinions.csv --plot",
    "sweep points:own --classes='r < 0.5' --config.sweep.width=(4,) --config.sweep.seed=(0,)",
    "measure --study=runs/imdb_dense-smoke",
    "plot --study=runs/imdb_dense-smoke",
    "batch-norm --study=runs/imdb_dense-smoke --width=8 --learning-rates=0.001,0.1 --steps=10",
    "factors top --study=runs/ratings_bayes-smoke --width=8",
    "factors evaluate --study=runs/ratings_bayes-smoke --width=8",
    "write --study=runs/char_rnn-smoke --width=8 --seed=0 --characters=80",
    "characters units --study=runs/char_rnn-smoke --width=8 --seed=0",
    "trace --iterations=3",
    "film layers --study=runs/spirals_deep-smoke --width=2 --depth=3 --negative-slope=0.3 --seed=0 --frames=12",
]
# Ray's workers are processes of their own, and outlive a call.
ELSEWHERE = "sweep --config=configs/spirals.py:smoke --cluster=auto"


def failure(line: str, folder: Path) -> str:
    """Run a command in a folder and tell how long it took; its last words if it failed, else nothing."""
    arguments = shlex.split(line)
    began = time.perf_counter()
    if line == ELSEWHERE:
        done = process(*arguments, f"--study={folder / 'cluster'}")
    else:
        done = run(*arguments, folder=folder)
    print(f"{time.perf_counter() - began:5.1f} s  nlpfeat {line}", flush=True)
    return f"nlpfeat {line}\n{done.stderr[-2000:]}" if done.returncode else ""


def main() -> int:
    """Run them all in a folder of their own; 1 if any failed."""
    use_all_cores()
    with tempfile.TemporaryDirectory(prefix="nlpfeat-smoke-") as name:
        shutil.copytree(ROOT / "configs", Path(name) / "configs")
        failed = [told for line in (*COMMANDS, ELSEWHERE) if (told := failure(line, Path(name)))]
    print("\n".join(failed), file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
