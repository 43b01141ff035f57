"""The slopes of pre-activations in the width, against the limits of each parametrisation."""

from dataclasses import replace

import numpy as np
import pytest

from nlpfeat.analysis.coordinate_check import (
    CoordinateCheckOptions,
    coordinate_check,
)
from nlpfeat.errors import UserError
from nlpfeat.stats.power_laws import log_slope
from nlpfeat.tasks.spec import resolve
from nlpfeat.training.parametrisation import NAMES
from tests.toys import TOYS

SPIRALS = {"task": "spirals", "data": {"points": 50}, "settings": {"learning_rate": 1e-2}}


def slopes(config, layers, **options):
    """Quantity, parametrisation and layer -> slopes at steps 1 and later."""
    check = coordinate_check(resolve(config), CoordinateCheckOptions(**options))
    table = check.slopes[check.slopes["step"] > 0]
    assert list(dict.fromkeys(table["layer"])) == layers
    return {
        key: rows["slope"].to_numpy()
        for key, rows in table.groupby(["quantity", "parametrisation", "layer"], sort=False)
    }


def test_maximal_update_is_flat_and_standard_is_not():
    found = slopes(
        SPIRALS,
        ["hidden", "embedding", "classes"],
        parametrisations=NAMES,
        widths=(16, 64, 256, 1024),
        seeds=(0, 1, 2, 3),
        steps=5,
    )
    for layer in ("hidden", "embedding", "classes"):
        for name in ("maximal_update", "mean_field", "standard_layerwise"):
            assert abs(found["change", name, layer]).max() < 0.12, (name, layer)
    # One step changes the embedding by a sum over the units: in proportion to the width in the limit.
    assert found["change", "standard", "embedding"][0] > 0.6
    # The kernel limit: outputs move, hidden units do not.
    np.testing.assert_allclose(found["change", "ntk", "hidden"], -0.5, atol=0.1)
    assert abs(found["change", "ntk", "embedding"]).max() < 0.15


@pytest.mark.slow
def test_a_readout_of_zero_makes_sizes_flat_as_well():
    config = SPIRALS | {"settings": {"learning_rate": 1e-2, "output_init_scale": 0.0}}
    found = slopes(
        config,
        ["hidden", "embedding", "classes"],
        parametrisations=("maximal_update",),
        widths=(16, 64, 256, 1024),
        seeds=(0, 1, 2, 3),
        steps=5,
    )
    for layer in ("hidden", "embedding", "classes"):
        assert abs(found["size", "maximal_update", layer]).max() < 0.12


@pytest.mark.parametrize(
    "task",
    [
        "eleven_lines",
        *(
            pytest.param(task, marks=pytest.mark.slow)
            for task in ("char_rnn", "imdb_cnn", "reviews_batch", "ratings_net")
        ),
    ],
)
def test_every_kind_of_layer_is_seen(task):
    spec = TOYS[task]
    options = CoordinateCheckOptions(("standard", "maximal_update"), (4, 8), (0, 1, 2), 2)
    check = coordinate_check(replace(spec, sweep=()), options)
    layers = set(check.sizes["layer"])
    expected = {
        "char_rnn": {"characters", "layer_0", "next"},
        "imdb_cnn": {"words", "filters5", "dense", "classes"},
        "eleven_lines": {"features", "scores"},
        "reviews_batch": {"words", "classes"},
        "ratings_net": {"users", "items", "dense", "rating"},
    }[task]
    assert layers == expected
    later = check.sizes[check.sizes["step"] > 0]
    assert (check.sizes.loc[check.sizes["step"] == 0, "change"] == 0).all()
    assert (later.groupby("layer")["change"].max() > 0).all()


def test_slopes_by_hand():
    widths = np.array([2.0, 8.0, 32.0])
    values = np.stack([3 * widths**0.5, widths**0.7], 1)
    low, slope, high = log_slope(widths, values)
    assert slope == pytest.approx(0.6)
    assert (low, high) == (
        pytest.approx(0.6 - 12.706 * 0.1, abs=1e-3),
        pytest.approx(0.6 + 12.706 * 0.1, abs=1e-3),
    )
    assert np.isnan(log_slope(widths, values * [[1], [0], [1]]).estimate)


def test_mistakes():
    with pytest.raises(UserError, match="at least two widths"):
        CoordinateCheckOptions(widths=(8,))
    with pytest.raises(UserError, match="at least three seeds"):
        CoordinateCheckOptions(seeds=(0, 1))
    with pytest.raises(UserError, match="rule of its own"):
        coordinate_check(TOYS["reviews_bag"], CoordinateCheckOptions())
    with pytest.raises(UserError, match="multiplies units"):
        coordinate_check(TOYS["ratings_dot"], CoordinateCheckOptions())
    with pytest.raises(UserError, match="rule of its own, so it has no parametrisation"):
        resolve({"task": "reviews_bag", "settings": {"parametrisation": "ntk"}})
