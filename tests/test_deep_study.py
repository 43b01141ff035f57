"""What the README says of deep narrow nets and of the negative control, on studies that are trained here."""

import pytest

from nlpfeat.analysis import geometry
from nlpfeat.cli.compare import compare
from nlpfeat.config.files import load_config
from nlpfeat.sweeps import launch
from nlpfeat.tasks.spec import resolve
from tests.toys import study, with_grid, with_training

pytestmark = pytest.mark.slow


def spec_of(reference, **axes):
    spec = resolve(load_config(reference))
    return with_grid(spec, **axes) if axes else spec


def test_two_units_never_part_the_disc_and_three_often_do(tmp_path):
    _, dataset = study(spec_of("configs/annulus.py"), tmp_path / "study")
    scores = dataset.accuracy.isel(step=-1).sel(split="train")
    assert float(scores.sel(width=2).max()) < 0.9
    assert int((scores.sel(width=3) == 1.0).sum()) >= 20
    assert int((scores.sel(width=8) == 1.0).sum()) == 64


def test_a_deep_leaky_net_of_width_2_leaves_a_corridor(tmp_path):
    spec = spec_of(
        "configs/annulus.py:deep", width=(2,), seed=range(64), depth=(5,), negative_slope=(0.1, 0.5)
    )
    made, dataset = study(spec, tmp_path / "study")
    scores = dataset.accuracy.isel(step=-1)
    assert 0 < int((scores.sel(split="train") >= 0.99).sum()) < 64
    assert float(scores.sel(split="test").max()) < 1.0
    geometry.measure_study(made, geometry.unmeasured(made), lambda part, count: None)
    found, _ = launch.finish(made)
    last = found.isel(step=-1)
    assert int(last.violations.sum()) == 0
    whole = last.plane_complete == 1
    assert int(whole.sum()) > 64
    assert int(last.bounded.where(whole).sum()) == int(last.holes.where(whole).sum()) == 0
    assert float(last.components.where(whole).max()) == 1
    assert float(last.fold_index.max()) <= 1e-9


def test_at_equal_loss_the_narrow_net_stretches_several_times_as_much(tmp_path):
    sparse = {"snapshots": (0, 400, 600, 800, 1000, 1300, 1600)}
    deep = with_training(
        spec_of("configs/spirals_deep.py:recipe", width=(2,), seed=range(2000, 2128)), **sparse
    )
    wide = with_training(spec_of("configs/spirals_deep.py:wide", width=(100,), seed=range(16)), **sparse)
    datasets = []
    for name, spec in (("deep", deep), ("wide", wide)):
        made, _ = study(spec, tmp_path / name)
        geometry.measure_study(made, geometry.unmeasured(made), lambda part, count: None)
        datasets.append(launch.finish(made)[0])
    assert all(int(dataset.violations.sum()) == 0 for dataset in datasets)
    row = next(row for row in compare(*datasets, 0.1) if row["measure"] == "lipschitz")
    assert row["reached"][0] >= 20
    assert row["reached"][1] == 16
    assert row["ratio"][0] > 4
