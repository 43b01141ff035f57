"""How many hidden units read handwritten digits? A task of one's own: data, model, and the grid that is swept.

Command:  nlpfeat sweep digits.py --plot         (in this folder; needs scikit-learn, which nlpfeat brings)
Expect:   1,797 digits of 8 × 8 pixels, half of them for training: median test accuracy rises from about .29 with one unit to .97
          with 64 units.
Minutes:  one on two cores.
"""

import flax.linen as nn
import numpy as np
from sklearn.datasets import load_digits

import nlpfeat
from nlpfeat.config.variants import with_variants


def load():
    """Pixels from 0 to 1, (n, 64), and digits (n,): half for training, a quarter each for validation and test."""
    pixels, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(digits))
    parts = np.split(order, [len(order) // 2, 3 * len(order) // 4])
    names = ("train", "validation", "test")
    return {name: (pixels[rows] / 16, digits[rows]) for name, rows in zip(names, parts, strict=True)}


class Network(nn.Module):
    """64 → width → 10, with ReLU: any Flax module, built at each width."""

    width: int

    @nn.compact
    def __call__(self, pixels):
        hidden = nn.relu(nn.Dense(self.width)(pixels))
        return {"features": hidden, "scores": nn.Dense(10)(hidden)}


def layers(params):
    """Weight, bias and slope for negative sums of each layer, so that regions along lines and planes can be measured."""
    first, second = params["Dense_0"], params["Dense_1"]
    return [(first["kernel"].T, first["bias"], 0.0), (second["kernel"].T, second["bias"], 1.0)]


nlpfeat.register_task(
    nlpfeat.classification_task(
        "my_digits",
        load,
        Network,
        summary="handwritten digits, by 64 → H → 10",
        success=0.95,
        layers=layers,
    )
)

get_config = with_variants(
    {
        "task": "my_digits",
        "training": {"steps": (1000,), "batch_size": 64, "snapshots": (0, 100)},
        "settings": {"learning_rate": 3e-3},
        "sweep": {"width": (1, 2, 4, 8, 16, 32, 64), "seed": tuple(range(8))},
    },
    smoke={"training.steps": (50,), "sweep": {"width": (2, 8), "seed": (0, 1)}},
)
