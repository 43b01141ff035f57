"""Networks of other libraries have the regions of their arrays, and compute what those libraries compute."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import nlpfeat
from nlpfeat.errors import UserError
from nlpfeat.geometry.adapters import as_network

RNG = np.random.default_rng(0)
WEIGHTS = [RNG.normal(size=shape) for shape in ((8, 2), (4, 8), (3, 4))]
BIASES = [RNG.normal(size=len(weight)) for weight in WEIGHTS]
ARRAYS = [(WEIGHTS[0], BIASES[0], 0), (WEIGHTS[1], BIASES[1], 0.1), (WEIGHTS[2], BIASES[2], 1)]
POINTS = RNG.uniform(-1, 1, (50, 2))
SINGLE = jnp.asarray(POINTS, jnp.float32)


def test_arrays_with_slopes_and_with_activations_between_them():
    expected = nlpfeat.regions(ARRAYS, 1.0)
    between = [ARRAYS[0][:2], jax.nn.relu, ARRAYS[1][:2], 0.1, ARRAYS[2][:2]]
    found = nlpfeat.regions(between, (-1, -1, 1, 1))
    np.testing.assert_array_equal(found.area, expected.area)
    np.testing.assert_array_equal(found.network(POINTS), expected.network(POINTS))
    assert len(found) == len(expected) > 10


def equinox():
    eqx = pytest.importorskip("equinox")
    first, second = jax.random.split(jax.random.key(0))
    layers = [
        eqx.nn.Linear(2, 8, key=first),
        eqx.nn.Lambda(jax.nn.relu),
        eqx.nn.Linear(8, 3, use_bias=False, key=second),
    ]
    return eqx, eqx.nn.Sequential(layers)


def test_equinox():
    eqx, net = equinox()
    np.testing.assert_allclose(as_network(net)(POINTS), jax.vmap(net)(SINGLE), atol=1e-6)
    leaky = eqx.nn.MLP(2, 3, 8, 3, activation=jax.nn.leaky_relu, key=jax.random.key(0))
    found = nlpfeat.regions(leaky, 1.0)
    np.testing.assert_allclose(found.network(POINTS), jax.vmap(leaky)(SINGLE), atol=1e-6)
    assert len(found.network.layers) == 4


def test_flax_linen_with_its_variables_or_bound_to_them():
    net = nn.Sequential([nn.Dense(8), nn.relu, nn.Dense(3, use_bias=False)])
    variables = net.init(jax.random.key(0), SINGLE)
    for given in ((net, variables), (net, variables["params"]), net.bind(variables)):
        np.testing.assert_allclose(as_network(given)(POINTS), net.apply(variables, SINGLE), atol=1e-6)
    with pytest.raises(ValueError, match="has no parameters"):
        as_network(net)


def test_flax_nnx():
    net = nnx.Sequential(nnx.Linear(2, 8, rngs=nnx.Rngs(0)), nnx.relu, nnx.Linear(8, 3, rngs=nnx.Rngs(1)))
    np.testing.assert_allclose(as_network(net)(POINTS), net(SINGLE), atol=1e-6)


class Tensor:
    """What of a PyTorch tensor with gradients on an accelerator matters: NumPy cannot read it as it is."""

    def __init__(self, array, place="cuda", *, grad=True):
        self.array, self.place, self.grad = array, place, grad

    def detach(self):
        return Tensor(self.array, self.place, grad=False)

    def cpu(self):
        return Tensor(self.array, "cpu", grad=self.grad)

    def double(self):
        return Tensor(self.array.astype(np.float64), self.place, grad=self.grad)

    def __array__(self, dtype=None, copy=None):
        if self.grad or self.place != "cpu":
            raise TypeError("can't convert this tensor to numpy")
        return self.array


class Linear:
    def __init__(self, weight, bias):
        self.weight, self.bias = Tensor(weight), Tensor(bias)


class LeakyReLU:
    negative_slope = 0.1

    def __call__(self, x):
        raise AssertionError("a module is not called")


class ReLU(LeakyReLU):
    pass


class Sequential(list):
    """As PyTorch's: it is iterated."""


def test_tensors_on_an_accelerator_with_gradients():
    net = Sequential(
        [
            Linear(WEIGHTS[0], BIASES[0]),
            ReLU(),
            Linear(WEIGHTS[1], BIASES[1]),
            LeakyReLU(),
            Linear(WEIGHTS[2], BIASES[2]),
        ]
    )
    np.testing.assert_array_equal(as_network(net)(POINTS), as_network(ARRAYS)(POINTS))


def test_pytorch():
    torch = pytest.importorskip("torch")
    net = torch.nn.Sequential(
        torch.nn.Linear(2, 8),
        torch.nn.ReLU(),
        torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.Dropout(), torch.nn.LeakyReLU(0.2)),
        torch.nn.Linear(4, 3, bias=False),
    )
    found = nlpfeat.regions(net, 1.0)
    with torch.no_grad():
        outputs = net.eval()(torch.tensor(POINTS, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(found.network(POINTS), outputs, atol=1e-6)
    assert len(nlpfeat.regions([net[0], torch.relu, net[2], net[3]], 1.0)) == len(found)
    nlpfeat.regions(net.bfloat16(), 1.0)


class Tanh:
    def __call__(self, x):
        return np.tanh(x)


class Conv2d:
    weight, bias = np.zeros((4, 1, 3, 3)), np.zeros(4)


@pytest.mark.parametrize(
    ("net", "says"),
    [
        (
            Sequential([Linear(WEIGHTS[0], BIASES[0]), Tanh(), Linear(WEIGHTS[1], BIASES[1])]),
            "layer 2 is Tanh",
        ),
        (Sequential([Conv2d()]), "layer 1 is Conv2d"),
        ([ARRAYS[0][:2], jnp.tanh, ARRAYS[1][:2]], "layer 2 is tanh"),
        ([ReLU(), ARRAYS[0]], "no dense layer before"),
        ([ARRAYS[0], ReLU()], "so is the layer before"),
        ([ARRAYS[0], ARRAYS[2]], "takes 4 inputs but layer 1 gives 8"),
        ([], "no layers"),
        ("digits.py", "layer 1 is str"),
        ([(np.ones((3, 4)), np.ones(3))], "slice_plane"),
    ],
)
def test_what_has_no_regions_is_named(net, says):
    with pytest.raises(ValueError, match=r"layer|slice") as found:
        nlpfeat.regions(net, 1.0)
    assert says in str(found.value)


def test_a_plane_of_more_inputs():
    weight = RNG.normal(size=(6, 5))
    regions = nlpfeat.regions([(weight, np.ones(6), 0)], 1.0, plane=(np.zeros(5), np.eye(5)[:2]))
    np.testing.assert_allclose(regions.network.layers[0].weight, weight[:, :2])


def test_a_member_without_plane_geometry_is_refused(tmp_path):
    config = {"task": "planted_words", "training": {"steps": (2,)}}
    study = nlpfeat.sweep(config, tmp_path / "study", width=2, seed=0)
    with pytest.raises(UserError, match="exact geometry"):
        nlpfeat.regions(study.restore(width=2, seed=0))
