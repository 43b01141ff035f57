"""Numbers of every row of the table on file, so that a change of data, model, loss or defaults is seen, wherever it is made.

They say what the code computed when they were written, and not that it is right: that is the work of the second
derivations in tests/models, tests/data and tests/training. Written on x86-64 with JAX 0.10 by `make golden`.
"""

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from nlpfeat.study.restore import restore
from nlpfeat.tasks.registry import TASKS
from tests.held import NARROW, Held

FOLDER = Path(__file__).parent / "golden"
# Rounding differs by machine and by line of JAX, and forty steps let it grow.
TOLERANCE = 2e-5
# As a user types them: markup, capitals, an apostrophe, words that are not known, and more of them than a sequence holds.
NEW_TEXTS = (
    "The plot isn't dull<br />, but NOT funny: 2/10",
    "so clever a score that I can't forget the cast " * 3,
    "",
)


def summary(tree: Any) -> dict[str, list[float]]:
    """Of each leaf of a pytree: its shape, its root mean square, and a mean in which every place has a weight of its own."""
    found = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        values = np.asarray(leaf, np.float64).ravel()
        size, weights = max(values.size, 1), np.cos(np.arange(values.size))
        name = f"{jax.tree_util.keystr(path, simple=True, separator='/')} {np.shape(leaf)}"
        found[name] = [float(np.sqrt(values @ values / size)), float(values @ weights / size)]
    return found


def numbers(held: Held) -> dict[str, dict[str, Any]]:
    """What is held of a row."""
    task, spec = held.task, held.spec
    member = restore(held.study, held.factory, {"width": NARROW, "seed": 2})
    plain, factors = task.views.piecewise_linear, task.views.factors
    views = {
        "word vectors": task.views.word_vectors
        and task.views.word_vectors(member.params, member.settings, member.dataset.metadata),
        "factors": factors and factors.tables(member.params, member.settings),
        "layers": plain and plain.layers(member.module, member.params, member.settings),
        "class curves": plain and plain.class_curves and plain.class_curves(member.dataset.metadata),
        "new user": factors
        and factors.new_user_prior(member.params, member.settings, 100, 0.5, np.arange(2)),
    }
    if hasattr(member.dataset.metadata, "read"):
        views["new text"] = [member.dataset.metadata.read(text).whole for text in NEW_TEXTS]
    learned = member.splits["train"]
    asked = member.splits.get("test", learned)
    some = held.dataset.isel(step=[0, 1, -1], seed=-1)
    return {
        "defaults": {
            **asdict(task.data.spec()),
            **asdict(task.model.spec()),
            **vars(task.model.settings()),
        },
        "task": {
            "name": task.name,
            "width_label": task.width_label,
            "success": str(task.evaluation.criterion),
            "units": [metric.units for metric in task.recorded],
            "kind": task.evaluation.kind,
            "batch_size": task.evaluation.batch_size,
            "per_seed": task.data.per_seed,
            "limits": {name: str(limit) for name, limit in task.model.limits(spec.model, spec.data).items()},
            "baseline": task.evaluation.baseline(member.dataset.arrays, learned, asked),
        },
        "data": {"digest": member.dataset.digest[:12], **summary(member.splits)},
        "parameters": summary(member.params),
        "views": summary({name: view for name, view in views.items() if view is not None}),
        "records": {
            name: some[name].to_numpy().tolist() for name in some.data_vars if "step" in some[name].dims
        },
    }


def compare(task: str, found: dict[str, dict[str, Any]]) -> None:
    """Hold numbers to those on file."""
    path = FOLDER / f"{task}.json"
    if not path.exists():
        pytest.skip(f"no numbers of {task} on file yet: make golden")
    kept, now = json.loads(path.read_text()), json.loads(written(found))
    assert now.keys() == kept.keys()
    for part in kept:
        assert now[part].keys() == kept[part].keys(), part
        wrong = {
            name: (now[part][name], kept[part][name])
            for name in kept[part]
            if not near(now[part][name], kept[part][name])
        }
        assert not wrong, f"{task}: {part} differ from those on file, (now, there)"


def near(found: Any, kept: Any) -> bool:
    """Whether a number, or each of a list, differs by no more than rounding from the one on file; whether all else is equal."""
    numeric = [np.asarray(value) for value in (found, kept)]
    if any(values.dtype.kind != "f" for values in numeric):
        return found == kept
    return numeric[0].shape == numeric[1].shape and np.allclose(
        *numeric, rtol=0, atol=TOLERANCE * np.nanmax(np.abs(numeric[1]), initial=1e-2), equal_nan=True
    )


def written(found: dict[str, dict[str, Any]]) -> str:
    """As JSON, a name a line, so that git shows what changed."""

    def line(name: str, value: Any) -> str:
        short = json.loads(json.dumps(value), parse_float=lambda text: float(f"{float(text):.7g}"))
        return f"{json.dumps(name)}: {json.dumps(short)}"

    parts = [
        f"{json.dumps(part)}: {{\n" + ",\n".join(line(*item) for item in sorted(values.items())) + "\n}"
        for part, values in sorted(found.items())
    ]
    return "{" + ",\n".join(parts) + "}\n"


def main() -> None:
    """Write the numbers of the rows named on the command line, or of all."""
    import jax

    jax.config.update("jax_num_cpu_devices", 2)
    for task in sys.argv[1:] or sorted(TASKS):
        with tempfile.TemporaryDirectory() as folder:
            held = Held(task, Path(folder))
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / f"{task}.json").write_text(written(numbers(held)))


if __name__ == "__main__":
    main()
