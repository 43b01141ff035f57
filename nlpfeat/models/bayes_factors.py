"""Factors of users and items as random variables, with priors that know the items: variational Bayes.

Learned by `nlpfeat.training.variational`.

rating = level + user's bias + item's bias + Σ_k user_k item_k + noise. Users' factors are standard normal, their biases normal around 0; those of
an item around what a linear model of its facts says: year, genres, and how often it was rated. All other variances are learned,
those of each factor by itself, so that factors which tell nothing fade away, however many there are. The posterior is taken to
be independent in each number, and its parts are set in turn to their optimum given the others.

Sources: Lim & Teh, "Variational Bayesian approach to movie rating prediction", 2007; factor by factor after Ilin & Raiko,
JMLR 2010; priors from facts after Adams, Dahl & Murray, UAI 2010.
"""

from dataclasses import dataclass

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from nlpfeat.config.fields import Scalar
from nlpfeat.data.core import Outputs, Params
from nlpfeat.models.factors import FactorTables, NewUserPrior
from nlpfeat.models.masking import uniform_per_unit, unit_mask

COUNTED = 2  # facts that come of the training ratings: how often an item is rated, and its square


@dataclass(frozen=True)
class BayesSpec:
    """Nothing about this model is static but what the data say."""


class BayesFactors(nn.Module):
    """The posterior means of factors and biases, and the mean rating that they give."""

    units: int
    users: int
    items: int
    facts: int
    low: float
    high: float

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The trace of a batch of pairs.

        Args:
          inputs: `user` and `item` (n,).
          settings: `width` counts the factors.
          train: has no effect here.

        Returns:
          "features" (n, units), the products factor by factor; "prediction" (n,), within the range of ratings.
        """
        user, item = (
            self.param(name, _side, rows, self.units, scale, settings.width)
            for name, rows, scale in (("users", self.users, 1.0), ("items", self.items, 0.1))
        )
        prior = self.param("prior", _prior, self.units, self.facts + COUNTED)
        own = unit_mask(self.units, settings.width)[None]
        products = user["mean"][inputs.user] * item["mean"][inputs.item] * own
        rating = prior["level"] + user["bias"][inputs.user] + item["bias"][inputs.item] + products.sum(axis=1)
        return {"features": products, "prediction": jnp.clip(rating, self.low, self.high)}


def _side(key: Array, rows: int, units: int, scale: float, width: Scalar) -> dict[str, Array]:
    """Means and variances of one side's factors and biases."""
    mask = unit_mask(units, width)[None]
    return {
        "mean": scale * 3**0.5 * uniform_per_unit(key, (rows, units), [1]) * mask,
        "variance": 0.1 * scale * jnp.ones((rows, units)) * mask,
        "bias": jnp.zeros(rows),
        "bias_variance": jnp.full(rows, 0.1),
    }


def _prior(key: Array, units: int, facts: int) -> dict[str, Array]:
    """Variances, and what facts weigh."""
    return {
        "level": jnp.float32(0),
        "noise": jnp.float32(1),
        "items": jnp.full(units, 0.05),
        "user_bias": jnp.float32(0.2),
        "item_bias": jnp.float32(0.2),
        "weights": jnp.zeros((facts, units)),
        "bias_weights": jnp.zeros(facts),
    }


def factor_tables(params: Params, settings: PyTree) -> FactorTables:
    """The posterior means of a `BayesFactors`."""
    users, items = (np.asarray(params[name]["mean"], np.float64) for name in ("users", "items"))
    return FactorTables(users, items, np.asarray(params["items"]["bias"], np.float64))


def new_user_prior(
    params: Params, settings: PyTree, ratings: int, error: float, items: np.ndarray
) -> dict[str, dict[str, NewUserPrior]]:
    """How a new user's numbers are held: by the priors, and by what is uncertain of the items.

    Args:
      ratings, error: have no effect here.
      items: those that the new user has rated.
    """
    prior, noise = params["prior"], params["prior"]["noise"]
    unsure = np.asarray(params["items"]["variance"])[items].sum(0)
    return {
        "users": {
            "mean": NewUserPrior(0.0, noise + unsure),
            "bias": NewUserPrior(0.0, noise / prior["user_bias"]),
        }
    }
