"""Bayesian matrix factorization with priors that depend on what is known of users and items, by variational inference.

`nlpfeat.training.rules.variational` trains the model:

    rating = level + bias of the user + bias of the item + effects of its time + Σ_k user_k item_k + noise.

A priori, factors and biases are normal, with means given by linear models of features: of an item its year, genres, and the
logarithm of its number of ratings; of a user age, gender and occupation, and that logarithm; of both, *implicit feedback*: the
leading singular vectors of the table of who rated what. The effects of time are a bias of each user on each day, and one for the
time since a user's first rating; a priori they are normal with mean 0. The variance of users' factors is 1; all other variances
are learned, separately for each factor, so that superfluous factors vanish. The approximate posterior is fully factorized (mean
field); each of its parts is set to its optimum given the others, in turn.

Sources: Lim & Teh, "Variational Bayesian approach to movie rating prediction", 2007; factor by factor after Ilin & Raiko,
JMLR 2010; priors from facts after Adams, Dahl & Murray, UAI 2010; biases of users by day after Koren, "Collaborative filtering
with temporal dynamics", KDD 2009, where implicit feedback is a sum of item vectors instead.
"""

from dataclasses import dataclass

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
import scipy  # whose submodules load when they are used
from jaxtyping import Array, PyTree

from nlpfeat.config.fields import NonNegativeInt, Scalar
from nlpfeat.data.core import Outputs, Params, Splits
from nlpfeat.data.ratings.rating_table import RatingTable, standardized
from nlpfeat.models.factors import FactorTables, NewUserPrior
from nlpfeat.models.masking import uniform_per_unit, unit_mask

COUNT_FEATURES = 2  # features from the train split: the logarithm of the number of ratings of a user or an item, and its square


@dataclass(frozen=True)
class BayesSpec:
    """What the priors know beside facts about users and items.

    Attributes:
      implicit: number of singular vectors of the table of who rated what, in the train split; 0 for no implicit feedback.
      times: whether ratings have effects of their time, where the data have times.
    """

    implicit: NonNegativeInt = 20
    times: bool = True


class BayesFactors(nn.Module):
    """The predicted rating of a user and an item, at the posterior means of factors, biases and effects of time.

    Attributes:
      user_features, item_features: number of features per user and item from the data.
      times: number of values of each effect of time, by name.
      low, high: range of the ratings.
    """

    units: int
    users: int
    items: int
    user_features: int
    item_features: int
    times: tuple[tuple[str, int], ...]
    low: float
    high: float
    spec: BayesSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of pairs.

        Args:
          inputs: `user` and `item` (n,); `times`, the value of each effect of time (n,) by name, or None where the times of the
            ratings are unknown.
          settings: `width` counts the factors.
          train: has no effect here.

        Returns:
          "features" (n, units), the products factor by factor; "prediction" (n,), within the range of ratings.
        """
        user, item = (
            self.param(name, _side, rows, self.units, scale, settings.width, self.spec.implicit)
            for name, rows, scale in (("users", self.users, 1.0), ("items", self.items, 0.1))
        )
        effects = self.param("times", _effects, self.times)
        given = {"users": self.user_features, "items": self.item_features}
        features = {name: n + COUNT_FEATURES + self.spec.implicit for name, n in given.items()}
        prior = self.param("prior", _prior, self.units, features, self.times)
        own = unit_mask(self.units, settings.width)[None]
        products = user["mean"][inputs.user] * item["mean"][inputs.item] * own
        rating = prior["level"] + user["bias"][inputs.user] + item["bias"][inputs.item] + products.sum(axis=1)
        if inputs.times is not None:
            rating += sum(effects[name]["bias"][inputs.times[name]] for name, _ in self.times)
        return {"features": products, "prediction": jnp.clip(rating, self.low, self.high)}


def _side(
    key: Array, rows: int, units: int, scale: float, width: Scalar, components: int
) -> dict[str, Array]:
    """Posterior means and variances of the factors and biases of users or items, and their implicit feedback."""
    mask = unit_mask(units, width)[None]
    # `init_override` reads it from the train split. Checkpoints hold no empty arrays.
    implicit = {"implicit": jnp.zeros((rows, components))} if components else {}
    return {
        **implicit,
        "mean": scale * 3**0.5 * uniform_per_unit(key, (rows, units), [1]) * mask,
        "variance": 0.1 * scale * jnp.ones((rows, units)) * mask,
        "bias": jnp.zeros(rows),
        "bias_variance": jnp.full(rows, 0.1),
    }


def _effects(key: Array, times: tuple[tuple[str, int], ...]) -> dict[str, dict[str, Array]]:
    """Posterior means and variances of the effects of time."""
    return {name: {"bias": jnp.zeros(n), "bias_variance": jnp.full(n, 0.01)} for name, n in times}


def _prior(
    key: Array, units: int, features: dict[str, int], times: tuple[tuple[str, int], ...]
) -> dict[str, PyTree]:
    """The level, the variances of the priors, and the weights of the features."""
    return {
        "level": jnp.float32(0),
        "noise": jnp.float32(1),
        "items": jnp.full(units, 0.05),
        "user_bias": jnp.float32(0.2),
        "item_bias": jnp.float32(0.2),
        "times": {name: jnp.float32(0.02) for name, _ in times},
        "weights": {name: jnp.zeros((n, units)) for name, n in features.items()},
        "bias_weights": {name: jnp.zeros(n) for name, n in features.items()},
    }


def init_override(table: RatingTable, params: Params, settings: PyTree, splits: Splits) -> Params:
    """The parameters with the implicit feedback of the member's train split: singular vectors, scaled to variance 1.

    Args:
      table: metadata of the dataset.
      params: as the module draws them.
      settings: of the member; they have no effect here.
      splits: of the member.
    """
    if "implicit" not in params["users"]:
        return params
    components = params["users"]["implicit"].shape[1]
    train = np.asarray(splits["train"].inputs)
    user, item = table.rated.user[train], table.rated.item[train]
    rated = scipy.sparse.csr_array(
        (np.ones(len(train)), (user, item)), (len(table.rated.users), len(table.rated.items))
    )
    found = min(components, min(rated.shape) - 1)
    if not found:
        return params
    left, sizes, right = scipy.sparse.linalg.svds(rated, found, v0=np.ones(min(rated.shape)))
    order = np.argsort(-sizes)
    vectors = {"users": left[:, order], "items": right[order].T}
    # Singular vectors have an arbitrary sign: the largest entry of each pair is positive.
    sign = np.sign(np.take_along_axis(vectors["users"], np.abs(vectors["users"]).argmax(0)[None], 0))
    padding = (0, 0), (0, components - found)
    read = {
        name: {**params[name], "implicit": np.pad(standardized(sign * part), padding).astype(np.float32)}
        for name, part in vectors.items()
    }
    return {**params, **read}


def factor_tables(params: Params, settings: PyTree) -> FactorTables:
    """The posterior means of a `BayesFactors`."""
    users, items = (np.asarray(params[name]["mean"], np.float64) for name in ("users", "items"))
    return FactorTables(users, items, np.asarray(params["items"]["bias"], np.float64))


def new_user_prior(
    params: Params, settings: PyTree, ratings: int, error: float, items: np.ndarray
) -> dict[str, dict[str, NewUserPrior]]:
    """The prior of a new user: mean 0 and the spread of all users, with the uncertainty of the rated items added.

    Args:
      ratings, error: have no effect here.
      items: indices of the items that the new user has rated.
    """
    users, noise = (
        {name: np.asarray(leaf) for name, leaf in params["users"].items()},
        params["prior"]["noise"],
    )
    uncertainty = np.asarray(params["items"]["variance"])[items].sum(0)
    factors = (users["mean"] ** 2 + users["variance"]).mean(0)
    bias = (users["bias"] ** 2 + users["bias_variance"]).mean()
    return {
        "users": {
            "mean": NewUserPrior(0.0, noise / np.maximum(factors, 1e-9) + uncertainty),
            "bias": NewUserPrior(0.0, noise / bias),
        }
    }
