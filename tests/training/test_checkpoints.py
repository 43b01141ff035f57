"""Checkpoints come back exactly, or not at all."""

import errno
import os

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.training import checkpoints

TREE = {
    "a": {"w": np.arange(6, dtype=np.float32).reshape(2, 3)},
    "n": (np.arange(4, dtype=np.int32), np.array([np.nan], np.float32)),
}


@settings(max_examples=10, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from("abcd"),
        hnp.arrays(st.sampled_from([np.float32, np.int32, np.uint8]), hnp.array_shapes(max_dims=3)),
        min_size=1,
    )
)
def test_round_trip(tmp_path_factory, tree):
    folder = tmp_path_factory.mktemp("checkpoint")
    checkpoints.save(folder, 7, tree)
    back = checkpoints.load(folder, 7, tree)
    jax.tree.map(np.testing.assert_array_equal, tree, back)
    assert [leaf.dtype for leaf in jax.tree.leaves(back)] == [leaf.dtype for leaf in jax.tree.leaves(tree)]


def test_steps_are_listed_and_discarded(tmp_path):
    for step in (30, 2, 100):
        checkpoints.save(tmp_path, step, TREE)
    (tmp_path / "step_00000050.orbax-checkpoint-tmp").mkdir()
    (tmp_path / "notes").mkdir()
    assert checkpoints.saved_steps(tmp_path) == [2, 30, 100]
    checkpoints.discard(tmp_path, {30})
    assert checkpoints.saved_steps(tmp_path) == [30]
    assert checkpoints.saved_steps(tmp_path / "none") == []


def test_killed_while_it_discards_it_leaves_no_part_of_a_checkpoint(tmp_path, monkeypatch):
    for step in (1, 2):
        checkpoints.save(tmp_path, step, TREE)

    def killed(folder, *, ignore_errors):
        raise KeyboardInterrupt(folder)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(checkpoints.shutil, "rmtree", killed)
        checkpoints.discard(tmp_path, {2})
    assert checkpoints.saved_steps(tmp_path) == [2]
    checkpoints.save(tmp_path, 1, TREE)  # as a study does that starts anew
    checkpoints.discard(tmp_path, {2})
    assert [path.name for path in tmp_path.iterdir()] == ["step_00000002"]


@pytest.mark.parametrize(
    "error", [TimeoutError("passing"), FileNotFoundError("passing"), OSError(errno.ENOTEMPTY, "passing")]
)
def test_a_save_that_fails_in_passing_is_tried_again(tmp_path, monkeypatch, error):
    usual, calls = checkpoints.ocp.save, []
    monkeypatch.setattr(checkpoints, "PAUSE", 0)

    def flaky(*arguments, **options):
        calls.append(arguments)
        if len(calls) < 3:
            raise error
        usual(*arguments, **options)

    monkeypatch.setattr(checkpoints.ocp, "save", flaky)
    checkpoints.save(tmp_path, 5, TREE)
    assert len(calls) == 3
    jax.tree.map(np.testing.assert_array_equal, TREE, checkpoints.load(tmp_path, 5, TREE))
    calls.clear()
    monkeypatch.setattr(
        checkpoints.ocp, "save", lambda *a, **o: calls.append(a) or (_ for _ in ()).throw(error)
    )
    with pytest.raises(OSError, match="passing"):
        checkpoints.save(tmp_path, 6, TREE)
    assert len(calls) == 4


@pytest.mark.parametrize(
    "like",
    [
        TREE | {"a": {"w": np.zeros((2, 3), np.float64)}},  # Orbax alone would cast
        TREE | {"a": {"w": np.zeros((2, 4), np.float32)}},  # … and pad
        TREE | {"a": {"v": np.zeros((2, 3), np.float32)}},
        {"a": TREE["a"]},
    ],
)
def test_another_dtype_shape_or_name_is_refused(tmp_path, like):
    checkpoints.save(tmp_path, 1, TREE)
    with pytest.raises(UserError, match=r"does not fit|another precision"):
        checkpoints.load(tmp_path, 1, like)


def test_every_truncated_file_is_noticed(tmp_path):
    """Cut each file that holds something in half, one at a time."""
    noticed = 0
    big = {"w": np.random.default_rng(0).normal(size=(200, 50)).astype(np.float32)}
    checkpoints.save(tmp_path, 0, big)
    files = [
        p.relative_to(tmp_path / "step_00000000")
        for p in (tmp_path / "step_00000000").rglob("*")
        if p.is_file() and p.stat().st_size
    ]
    for i, name in enumerate(files, start=1):
        checkpoints.save(tmp_path, i, big)
        target = tmp_path / f"step_{i:08d}" / name
        if not target.exists():  # data files have random names
            target = max((p for p in target.parent.glob("*") if p.is_file()), key=lambda p: p.stat().st_size)
        os.truncate(target, target.stat().st_size // 2)
        try:
            np.testing.assert_array_equal(checkpoints.load(tmp_path, i, big)["w"], big["w"])
        except DamagedFile as error:
            noticed += 1
            assert f"step_{i:08d}" in str(error)
    assert noticed >= 3


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="step_00000003"):
        checkpoints.load(tmp_path, 3, TREE)


@pytest.mark.parametrize("name", [r"p$\frac$", "with [brackets]", "a b%20c", "star*"])
def test_a_folder_may_have_any_name(name, tmp_path):
    """What is saved lies in it, and nowhere else."""
    checkpoints.save(tmp_path / name, 3, TREE)
    found = checkpoints.load(tmp_path / name, 3, TREE)
    jax.tree.map(np.testing.assert_array_equal, found, TREE)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert checkpoints.saved_steps(tmp_path / name) == [3]
