"""Convolutions over pictures against a direct sum, and multi-layer perceptrons against plain matrices."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from nlpfeat.geometry.network import Layer, Network
from nlpfeat.models.mlp import Mlp, mlp_layers
from nlpfeat.models.picture_net import PictureNet, PictureNetSpec, picture_net_layers, sides, windows
from nlpfeat.tasks.images import MlpSettings, PictureSettings


def settings(cls, **values):
    return replace(cls(), seed=np.int32(0), **{name: np.int32(value) for name, value in values.items()})


def direct(picture, kernel, bias, stride):
    """One picture (channels, *sides), the definition of a convolution: sum over channels and windows, padding 1."""
    wide = np.pad(picture, [(0, 0), *[(1, 1)] * (picture.ndim - 1)])
    size = round(kernel.shape[2] ** (1 / (picture.ndim - 1)))
    ends = sides(picture.shape[1:], size, stride)
    shaped = kernel.reshape(*kernel.shape[:2], *[size] * (picture.ndim - 1))
    out = np.empty((len(kernel), *ends))
    for at in np.ndindex(*ends):
        window = wide[(slice(None), *(slice(i * stride, i * stride + size) for i in at))]
        out[(slice(None), *at)] = (shaped * window[None]).reshape(len(kernel), -1).sum(1) + bias
    return np.maximum(out, 0)


@pytest.mark.parametrize("shape", [(40,), (8, 8), (7, 9)])
@pytest.mark.parametrize(("width", "units"), [(3, 3), (2, 5)])
def test_a_convolution_is_its_definition(shape, width, units):
    spec = PictureNetSpec()
    module = PictureNet(units, 4, shape, spec)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, int(np.prod(shape)))).astype(np.float32)
    given = settings(PictureSettings, width=width)
    params = jax.tree.map(
        np.asarray, jax.device_get(flat(module.init(jax.random.key(0), x, given)["params"]))
    )
    outputs = module.apply({"params": params}, x, given)
    for row, scores in zip(x, outputs["scores"], strict=True):
        picture = row.reshape(1, *shape)
        for number in (1, 2, 3):
            layer = params[f"convolution_{number}"]
            kernel = layer["weight"][:width, : picture.shape[0]]
            picture = direct(picture, kernel, layer["bias"][:width], 2)
        head = params["classes"]["weight"][:, :width]
        np.testing.assert_allclose(
            head.reshape(4, -1) @ picture.ravel() + params["classes"]["bias"], scores, atol=1e-5
        )
    if width == units:
        layers = [
            Layer(np.asarray(w), np.asarray(b), s) for w, b, s in picture_net_layers(module, params, given)
        ]
        np.testing.assert_allclose(Network(tuple(layers))(x), outputs["scores"], atol=1e-5)


def flat(boxed):
    import flax.linen as nn

    return nn.meta.unbox(boxed)


def test_the_sizes_of_the_authors():
    """40 positions become 19, 10 and 5, as 5 channels each are read by their last layer."""
    found = [40]
    for kernel in (5, 3, 3):
        found += sides((found[-1],), kernel, 2)
    assert found == [40, 19, 10, 5]
    with pytest.raises(ValueError, match="does not fit"):
        sides((2, 9), 5, 2)


def test_taps_name_each_position():
    table = windows((4,), 3, 2)
    assert table.tolist() == [[-1, 0, 1], [1, 2, 3]]


@pytest.mark.parametrize(("depth", "bottleneck", "used"), [(1, 0, 0), (2, 0, 0), (2, 3, 2), (1, 3, 3)])
def test_a_perceptron_is_its_matrices(depth, bottleneck, used):
    module = Mlp(6, 3, 2, bottleneck)
    x = np.random.default_rng(0).normal(size=(9, 5)).astype(np.float32)
    given = replace(
        settings(MlpSettings, width=6, depth=depth, bottleneck=max(used, 1)), negative_slope=np.float32(0.1)
    )
    params = jax.device_get(flat(module.init(jax.random.key(1), x, given)["params"]))
    outputs = module.apply({"params": params}, x, given)
    values = x
    for number in range(1, depth + 1):
        layer = params[f"hidden_{number}"]
        sums = values @ layer["weight"].T + layer["bias"]
        values = np.where(sums >= 0, sums, 0.1 * sums)
    np.testing.assert_allclose(outputs["features"], values, atol=1e-6)
    if bottleneck:
        layer = params["bottleneck"]
        values = (values @ layer["weight"].T + layer["bias"])[:, :used]
        np.testing.assert_allclose(outputs["embedding"][:, :used], values, atol=1e-6)
        assert not np.asarray(outputs["embedding"][:, used:]).any()
    head = params["classes"]
    scores = values @ head["weight"][:, : values.shape[1]].T + head["bias"]
    np.testing.assert_allclose(outputs["scores"], scores, atol=1e-6)
    network = Network(
        tuple(Layer(np.asarray(w), np.asarray(b), s) for w, b, s in mlp_layers(module, params, given))
    )
    np.testing.assert_allclose(network(x), scores, atol=1e-5)
