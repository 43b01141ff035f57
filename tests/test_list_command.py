"""nlpfeat list, nlpfeat completion and nlpfeat trace."""

import json

import pytest

from nlpfeat.tasks.describe import config_table, describe_task
from nlpfeat.tasks.registry import TASKS
from tests.commands import ROOT, run


def refused(done, *parts):
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    for part in parts:
        assert part in done.stderr


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_described_in_full(name):
    task, found = TASKS[name], describe_task(name)
    keys = {f"{row.section}.{row.key}" for row in found.settings.itertuples()}
    assert {"training.steps", "settings.width", "settings.seed", "settings.learning_rate"} <= keys
    assert found.metrics["metric"].tolist()[0] == task.evaluation.headline.name
    assert found.metrics["metric"].tolist()[-1] == "loss"
    assert (found.metrics["success"] != "").tolist() == (found.metrics["role"] == "headline").tolist()
    width = found.settings.set_index(["section", "key"]).loc[("settings", "width")]
    assert (width["type"], width["range"]) == ("int", "≥ 1")


def test_all_tasks_and_configs_are_listed():
    done = run("list", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [row["task"] for row in found["tasks"]] == list(TASKS)
    configs = {row["config"]: row for row in found["configs"]}
    assert set(configs) == {path.stem for path in (ROOT / "configs").glob("*.py")}
    assert "smoke" in configs["spirals"]["variants"]
    assert configs["spirals"]["question"].startswith("What does width buy on spirals?")
    shown = run("list").stdout
    assert "spirals_deep" in shown
    assert "nlpfeat sweep CONFIG:VARIANT" in shown


def test_a_config_that_fails_is_named(tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0")
    (row,) = config_table([str(tmp_path / "broken.py")]).itertuples()
    assert "ZeroDivisionError" in row.question
    assert row.variants == ()


def test_configs_of_ones_own_are_listed_after_those_that_are_shipped(tmp_path):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "mine.py").write_text('"""Is mine better?"""\nget_config = None\n')
    done = run("list", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    names = [row["config"] for row in json.loads(done.stdout)["configs"]]
    assert names[-1] == "configs/mine.py"
    assert "spirals" in names


def test_one_task():
    done = run("list", "spirals")
    assert done.returncode == 0, done.stderr
    for part in ("hidden units H", "learning_rate", "≥ 0.99", "view plane: nlpfeat film"):
        assert part in done.stdout
    refused(run("list", "spirls"), "no task 'spirls'", "did you mean 'spirals'?")


def test_completion():
    for shell in ("bash", "zsh"):
        done = run("completion", shell)
        assert done.returncode == 0, done.stderr
        for part in ("neighbours", "--dry-run", "recommend"):
            assert part in done.stdout
    refused(run("completion", "fish"), "fish")


def test_trace():
    done = run("trace", "--iterations=2", "--show=1", "--json")
    first, second = json.loads(done.stdout)
    assert first["delta"][0][0] == pytest.approx(-0.08516705, abs=1e-8)
    assert second["W before"] == first["W after"]
    shown = run("trace").stdout
    assert "0.39293837" in shown
    assert "-0.40469539" in shown
    assert "iteration 10000" in shown
    assert "times the next" in shown
    deep = run("trace", "--layers=2", "--width=3", "--iterations=5", "--show=all").stdout
    assert deep.count("delta2 W2ᵀ") == 5
    refused(run("trace", "--layers=3"), "--layers: 3 must be 1 to 2")
    refused(run("trace", "--show=x"), "cannot read 'x'")
