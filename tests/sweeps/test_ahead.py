"""Programs compiled from shapes are those that training calls, on this platform and on others."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlpfeat.cli import process
from nlpfeat.cli.main import dispatch
from nlpfeat.errors import UserError
from nlpfeat.sweeps import ahead, memory, plan, programs, runner, targets
from nlpfeat.sweeps.compilation import compilations
from nlpfeat.sweeps.members import prepare
from nlpfeat.sweeps.memory import member_bytes, require_fits
from tests.toys import TOYS, factory_of, study, with_grid, with_training

# Of each rule, of networks with a state, of splits per member and shared ones, of generated last records.
ROWS = ("spirals", "char_rnn", "ratings_bayes", "reviews_bag", "imdb_lstm", "windows_noise")


def shapes_of(tree):
    """Shapes and dtypes, leaf by leaf."""
    return jax.tree.map(lambda leaf: (np.shape(leaf), jnp.result_type(leaf)), tree)


@pytest.mark.parametrize("name", ROWS)
def test_the_shapes_are_those_of_the_bucket_and_nothing_is_compiled_again(name):
    """Called with the arrays of the bucket, with their places on the devices, each program is found."""
    spec = with_training(TOYS[name], steps=(20,), frozen=())
    factory, members, mesh = factory_of(spec), plan.all_members(spec), programs.member_mesh()
    shapes = ahead.bucket_shapes(factory, members, mesh)
    bucket = prepare(factory, "b", members, mesh, int(members["width"].max()))
    inputs = runner.step_inputs(spec.training, bucket, 0, 10)
    assert shapes.layout == bucket.layout
    assert shapes.rows == bucket.rows
    assert shapes_of(shapes.params) == shapes_of(bucket.params)
    assert shapes_of(shapes.data) == shapes_of(bucket.data)
    assert shapes_of(shapes.inputs) == shapes_of(inputs)
    for lower in ahead.programs_of(shapes):
        lower().compile()
    with compilations() as compiled:
        state = runner.initial_state(bucket, (), bucket.params)
        last = [stop.step for stop in spec.training.stops][-1]
        *_, _ = runner.advance(spec.training, bucket, state, 0, [10, last])
    assert not compiled.programs


def test_buckets_of_one_shape_compile_once():
    """Two buckets of other seeds share their programs; one of another width has its own."""
    spec = with_grid(TOYS["spirals"], width=(2, 8), seed=(0, 1, 2, 3))
    factory, members = factory_of(spec), plan.all_members(spec)
    wide = members[members["width"] == 8]
    with (
        compilations() as compiled,
        ahead.compiling_ahead(factory, programs.member_mesh()) as compile_programs,
    ):
        begun = [compile_programs(part) for part in (wide[:2], wide[2:], members[members["width"] == 2][:2])]
        assert begun[0] is begun[1]
        for futures in begun:
            for future in futures:
                future.result()
    assert compiled.programs["advance"] == 2


def test_a_failure_while_compiling_is_raised(tmp_path, monkeypatch):
    """By the sweep, with the bucket and its config, as a failure of training is."""

    def broken():
        raise ValueError("no such instruction")

    monkeypatch.setattr(ahead, "programs_of", lambda shapes: [broken])
    with pytest.raises(ValueError, match="no such instruction") as caught:
        study(TOYS["spirals"], tmp_path / "study")
    assert "while training bucket" in " ".join(caught.value.__notes__)


@pytest.mark.parametrize("name", ROWS)
def test_a_program_for_a_gpu_keeps_the_rules(name):
    """Lowered without one: the state donated, no float64, no call to the host; products in whole float32."""
    found = targets.compile_for(TOYS[name], targets.cuda_target())
    assert not found.complaints
    assert found.members == 6
    assert found.mflops > 0
    assert found.temporary_bytes is None


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in TOYS if name not in ROWS])
def test_every_other_program_for_a_gpu_keeps_the_rules(name):
    """As above."""
    assert not targets.compile_for(TOYS[name], targets.cuda_target()).complaints


def test_products_are_of_whole_float32_where_they_would_not_be():
    """A GPU or a TPU rounds the factors of a product unless it is told not to; a CPU is told nothing."""
    factory = factory_of(TOYS["char_rnn"])
    members, mesh = plan.all_members(factory.spec), programs.member_mesh()
    for platform, told in (("cpu", False), ("cuda", True), ("tpu", True)):
        shapes = ahead.bucket_shapes(factory, members, mesh, platform)
        text = ahead.trace_advance(shapes).lower(lowering_platforms=(platform,)).as_text()
        products = re.findall(r"stablehlo\.dot_general.*", text)
        assert products
        assert all(("HIGHEST" in product) == told for product in products)


def test_what_breaks_a_rule_is_found():
    """Of a program that calls the host, and copies its state."""

    def program(state):
        jax.debug.callback(print, state)
        return (state + 1,)

    found = targets._complaints_of_text(jax.jit(program).lower(jnp.ones(3)))
    assert found == ["it calls back to the host", "the state is not donated"]
    with jax.enable_x64(True):
        lowered = jax.jit(lambda state: (state * 2.0,), donate_argnums=0).lower(jnp.ones(3, "float64"))
    assert targets._complaints_of_text(lowered) == ["it computes in float64"]
    mesh = programs.member_mesh(jax.devices()[:1])
    assert not targets._complaints_of_layout(programs.Layout(mesh, 9, 3, "cpu"), 8)
    assert targets._complaints_of_layout(programs.Layout(mesh, 12, 3, "cpu"), 8)


@pytest.mark.parametrize("members", [1, 7, 8, 100, 1023])
@pytest.mark.parametrize("block", [1, 3, 10, 64])
def test_no_layout_pads_more_than_is_stated(members, block):
    """Whatever fits a block."""
    size = programs.PLATFORMS["tpu"].block_bytes // block
    layout = programs.lay_out(programs.member_mesh(jax.devices()[:1]), members, size, "tpu")
    assert layout.block <= block
    assert not targets._complaints_of_layout(layout, members)


def test_a_member_too_large_is_refused_with_the_width_that_fits():
    """By one unit: the width that is named fits, and the next one does not."""
    spec = with_grid(TOYS["char_rnn"], width=(4, 5000))
    factory = factory_of(spec)
    with pytest.raises(UserError, match=r"one member of width 5,000 needs about .* and a chip has") as caught:
        require_fits(factory, "a chip", 10**8)
    fits = int(re.findall(r"that fits is ([\d,]+)", str(caught.value))[0].replace(",", ""))
    shared = memory._bytes(factory.dataset.arrays)
    assert shared + member_bytes(factory, fits) <= 10**8 < shared + member_bytes(factory, fits + 1)
    with pytest.raises(UserError, match="no width fits"):
        require_fits(factory, "a chip", 100)
    require_fits(factory, "a chip", None)


def test_too_large_for_this_machine_is_told_before_anything_is_written(tmp_path, monkeypatch, capsys):
    """By the sweep, and by its dry run."""
    monkeypatch.setattr(memory, "device_bytes", lambda device: 20_000)
    for more in ([], ["--dry-run"]):
        with pytest.raises(SystemExit) as stopped:
            process.run(dispatch, ["sweep", "spirals:smoke", f"--study={tmp_path / 'study'}", *more])
        assert stopped.value.code == 2
        assert "the largest width that fits is" in capsys.readouterr().err
    assert not (tmp_path / "study").exists()


def test_without_the_compiler_of_tpus_its_package_is_named(monkeypatch):
    """Not where Python's own search for it fails."""
    monkeypatch.setattr(targets.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'nlpfeat\[tpu\]'"):
        targets.tpu_target("v5e:2x2")
