"""A member trained again is the member of the study."""

import numpy as np
import pytest

from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.study.replay import replay
from nlpfeat.study.session import Study
from nlpfeat.sweeps.members import member_factory
from tests.toys import SPIRALS, factory_of, study, with_grid, with_training


@pytest.mark.slow
def test_a_replay_in_many_blocks_is_exact(tmp_path):
    """More members than one block holds: the record comes from a loop over blocks."""
    spec = with_training(with_grid(SPIRALS, width=(40, 64), seed=range(9)), steps=(60,), snapshots=())
    spec = type(spec)(**{**vars(spec), "data": type(spec.data)(arms=5, points=200)})
    made, _ = study(spec, tmp_path / "study")
    for width, seed in ((40, 3), (64, 8)):
        assert (
            replay(
                Study(made, member_factory(spec)), {"width": width, "seed": seed}, np.array([0, 7, 60])
            ).gap
            == 0
        )


def test_another_record_is_noticed(tmp_path):
    made, _ = study(SPIRALS, tmp_path / "study")
    import xarray as xr

    label = made.members()["bucket"].iloc[0]
    with xr.open_dataset(made.result(label), engine="h5netcdf") as file:
        dataset = file.load()
    dataset["loss"][0, 1, 0] += 0.25
    dataset.to_netcdf(made.result(label), engine="h5netcdf")
    member = {name: float(dataset[name][0]) for name in ("width", "seed")}
    assert replay(Study(made, factory_of(SPIRALS)), member, np.array([0, 30])).gap == pytest.approx(0.25)


def test_what_cannot_be_replayed(tmp_path):
    made, _ = study(SPIRALS, tmp_path / "study")
    with pytest.raises(UserError, match="no member with width 5"):
        replay(Study(made, factory_of(SPIRALS)), {"width": 5, "seed": 0}, np.array([0]))
    label = made.members()["bucket"].iloc[0]
    member = {"width": 2.0, "seed": 0.0}
    label = made.members().query("width == 2 and seed == 0")["bucket"].iloc[0]
    made.result(label).write_bytes(b"rubbish")
    with pytest.raises(DamagedFile, match="damaged"):
        replay(Study(made, factory_of(SPIRALS)), member, np.array([0]))
    made.result(label).unlink()
    with pytest.raises(UserError, match="no record of this member yet"):
        replay(Study(made, factory_of(SPIRALS)), member, np.array([0]))
