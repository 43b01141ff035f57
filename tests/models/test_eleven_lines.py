"""The eleven lines: the published first iteration, and the model against the loop."""

from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlpfeat.data.points import four_rows
from nlpfeat.models.eleven_lines import ElevenLines, first_weights, iterate
from nlpfeat.tasks.points import ElevenLinesSettings
from nlpfeat.training.losses import half_squared_error

# A. Trask, "A neural network in 11 lines", annotated: the first iteration, to eight digits. The slope of the fourth
# row is what its delta over its error says; it is .35868411 (1 - .35868411).
GOLDEN = {
    "W before": [0.39293837, -0.42772133, -0.54629709],
    "l0 W": [-0.54629709, -0.97401842, -0.15335872, -0.58108005],
    "l1 = σ(l0 W)": [0.36672394, 0.27408027, 0.46173529, 0.35868411],
    "y - l1": [-0.36672394, -0.27408027, 0.53826471, 0.64131589],
    "l1(1 - l1)": [0.23223749, 0.19896028, 0.24853581, 0.23002982],
    "delta": [-0.08516705, -0.05453109, 0.13377806, 0.14752178],
    "W after": [0.67423821, -0.33473064, -0.40469539],
}


def test_the_golden_first_iteration():
    trace = next(iterate(four_rows.INPUTS, four_rows.FIRST_COLUMN, first_weights(123, [(3, 1)])))
    assert list(trace) == list(GOLDEN)
    for name, values in GOLDEN.items():
        np.testing.assert_allclose(trace[name][:, 0], values, rtol=0, atol=1e-8, err_msg=name)


def test_the_weight_of_the_column_that_is_asked_ends_by_far_the_largest():
    *_, last = islice(iterate(four_rows.INPUTS, four_rows.FIRST_COLUMN, first_weights(123, [(3, 1)])), 10000)
    weights = np.abs(last["W after"][:, 0])
    assert weights[0] > 2 * weights[1:].max()


@pytest.mark.parametrize("seed", range(3))
def test_the_models_gradient_is_the_loops_step(seed):
    """At rate 4 on the mean of four rows, which is 1 on their sum."""
    weights = first_weights(seed, [(3, 5), (5, 1)])
    trace = next(iterate(four_rows.INPUTS, four_rows.EXCLUSIVE_OR, weights))
    examples = four_rows.make_splits(four_rows.FourRowsSpec(), None)["train"]
    member = ElevenLinesSettings(width=5)

    def loss(params):
        output = ElevenLines(5).apply({"params": params}, examples.inputs, member)
        return half_squared_error(output, examples.targets).mean()

    params = {"first": jnp.asarray(weights[0], jnp.float32), "second": jnp.asarray(weights[1], jnp.float32)}
    gradient = jax.grad(loss)(params)
    for name, layer in (("first", "1"), ("second", "2")):
        np.testing.assert_allclose(
            params[name] - member.learning_rate * gradient[name],
            trace[f"W{layer} after"],
            rtol=1e-5,
            atol=1e-6,
        )
