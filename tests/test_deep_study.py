"""What the README says of deep narrow nets and of the negative control, on studies that are trained here."""

import pytest

from nlpfeat.analysis import geometry
from nlpfeat.analysis.compare import compare
from nlpfeat.config.files import load_config
from nlpfeat.study.session import open_study
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
    opened = open_study(made.path)
    geometry.measure_study(opened, geometry.unmeasured(opened))
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
    studies = []
    for name, spec in (("deep", deep), ("wide", wide)):
        made, _ = study(spec, tmp_path / name)
        studies.append(open_study(made.path))
        geometry.measure_study(studies[-1], geometry.unmeasured(studies[-1]))
        launch.finish(made)
    assert all(int(one.results.violations.sum()) == 0 for one in studies)
    row = compare(*studies, 0.1).table.set_index("measure").loc["lipschitz"]
    assert row["reached"] >= 20
    assert row["other_reached"] == 16
    assert row["ratio_low"] > 4
