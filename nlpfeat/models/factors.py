"""Matrix factorization: inner products of the factors of users and items, with or without biases, and a network on both.

Source: fast.ai, Practical Deep Learning for Coders (2016), lessons 4 and 5. Tables start U(±.05), as in Keras 1.
"""

from dataclasses import dataclass
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float, PyTree

from nlpfeat.config.fields import Count
from nlpfeat.data.core import Outputs, Params
from nlpfeat.models.layers import Dense, Embedding, fixed, size
from nlpfeat.models.masking import Dropout

_ONE = fixed(1)


@dataclass(frozen=True)
class DotSpec:
    """`biases`: whether the bias of the user and the bias of the item are added."""

    biases: bool = False


@dataclass(frozen=True)
class BiasSpec(DotSpec):
    """As `DotSpec`, with biases."""

    biases: bool = True


@dataclass(frozen=True)
class RatingNetSpec:
    """`dense`: units of the dense layer."""

    dense: Count = 70


class DotNet(nn.Module):
    """The inner product of the factors of a user and an item."""

    units: int
    users: int
    items: int
    spec: DotSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of pairs.

        Args:
          inputs: `user` and `item` (n,).
          settings: `width` is the number of factors.
          train: has no effect here.

        Returns:
          "features" (n, units), the product of each factor; "prediction" (n,), the rating.
        """
        factors = size(0, self.units, settings.width)
        user = Embedding(self.users, factors, name="users")(inputs.user, None, train=train)
        item = Embedding(self.items, factors, name="items")(inputs.item, None, train=train)
        prediction = (user * item).sum(axis=1)
        if self.spec.biases:
            prediction += Embedding(self.users, _ONE, name="user_bias")(inputs.user, None, train=train)[:, 0]
            prediction += Embedding(self.items, _ONE, name="item_bias")(inputs.item, None, train=train)[:, 0]
        return {"features": user * item, "prediction": prediction}


class RatingNet(nn.Module):
    """Factors of the user and the item → dropout → dense ReLU → dropout → the rating."""

    units: int
    users: int
    items: int
    spec: RatingNetSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of pairs.

        Args:
          inputs: `user` and `item` (n,).
          settings: `width` is the number of factors; `factor_dropout` and `dropout` are the dropout rates of factors and of
            dense units.
          train: whether to apply dropout.

        Returns:
          "features" (n, dense); "prediction" (n,), the rating.
        """
        factors, dense = size(0, self.units, settings.width), fixed(self.spec.dense)
        user = Embedding(self.users, factors, name="users")(inputs.user, None, train=train)
        item = Embedding(self.items, factors, name="items")(inputs.item, None, train=train)
        both = Dropout(True, name="factor_dropout")(
            jnp.stack([user, item], axis=1), settings.factor_dropout, train=train
        )
        features = jax.nn.relu(Dense((fixed(2), factors), dense, name="dense")(both))
        kept = Dropout(name="dropout")(features, settings.dropout, train=train)
        return {"features": features, "prediction": Dense((dense,), _ONE, name="rating")(kept)[:, 0]}


class FactorTables(NamedTuple):
    """The parameters per user and item of a trained model: float64, on the host.

    Attributes:
      item_bias: (items,); None for models without biases.
    """

    users: Float[np.ndarray, "users factors"]
    items: Float[np.ndarray, "items factors"]
    item_bias: Float[np.ndarray, " items"] | None


def factor_tables(params: Params, settings: PyTree) -> FactorTables:
    """The tables of a `DotNet` or `RatingNet`."""
    users, items = (np.asarray(params[name]["table"], np.float64) for name in ("users", "items"))
    bias = np.asarray(params["item_bias"]["table"], np.float64)[:, 0] if "item_bias" in params else None
    return FactorTables(users, items, bias)


class NewUserPrior(NamedTuple):
    """A normal prior of a parameter of a new user.

    Attributes:
      mean: of the parameter.
      precision: relative to that of the ratings: (parameter - mean)² · precision is added to the squared error of the ratings.
    """

    mean: ArrayLike
    precision: ArrayLike


def new_user_prior(
    params: Params, settings: PyTree, ratings: int, error: float, items: np.ndarray
) -> dict[str, dict[str, NewUserPrior]]:
    """The prior of a new user: L2 regularization as in training for factors, the distribution of all users for the bias.

    In training, the loss of a step is a mean over a batch, plus the L2 penalty of the whole table. Over an epoch, each row
    therefore has `ratings` times the penalty beside the sum of its squared errors. Biases are not regularized in training; without
    a prior, a single rating would determine the bias of a new user.

    Args:
      ratings: number of training ratings of all users.
      error: their mean squared error.
      items: has no effect here.
    """
    prior = {"users": {"table": NewUserPrior(0.0, ratings * settings.l2)}}
    if "user_bias" in params:
        others = np.asarray(params["user_bias"]["table"], np.float64)
        prior["user_bias"] = {"table": NewUserPrior(others.mean(), error / max(others.var(), 1e-6))}
    return prior
