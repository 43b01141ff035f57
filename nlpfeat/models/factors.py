"""Factors of users and items: their product, with biases or without, and a small net on both.

Source: fast.ai, Practical Deep Learning for Coders (2016), lessons 4 and 5. Tables start U(±.05), as Keras 1 draws them.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from nlpfeat.config.fields import Count
from nlpfeat.data.core import Outputs, Params
from nlpfeat.models.layers import Dense, Embedding, Size, size
from nlpfeat.models.masking import Dropout

_ONE = Size(1, 1, False)


@dataclass(frozen=True)
class DotSpec:
    """`biases`: whether each user and each item has a number of its own that is added."""

    biases: bool = False


@dataclass(frozen=True)
class BiasSpec(DotSpec):
    """As `DotSpec`, with biases."""

    biases: bool = True


@dataclass(frozen=True)
class RatingNetSpec:
    """`dense`: units of the layer on both vectors."""

    dense: Count = 70


class DotNet(nn.Module):
    """The product of a user's factors and an item's."""

    units: int
    users: int
    items: int
    spec: DotSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The trace of a batch of pairs.

        Args:
          inputs: `user` and `item` (n,).
          settings: `width` counts the factors.
          train: has no effect here.

        Returns:
          "features" (n, units), the products factor by factor; "prediction" (n,).
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
    """Both vectors → dropout → dense ReLU → dropout → one number."""

    units: int
    users: int
    items: int
    spec: RatingNetSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The trace of a batch of pairs.

        Args:
          inputs: `user` and `item` (n,).
          settings: `width` counts the factors; `factor_dropout` and `dropout` are the shares of factors and of dense units
            dropped.
          train: whether to drop.

        Returns:
          "features" (n, dense), "prediction" (n,).
        """
        factors, dense = size(0, self.units, settings.width), Size(self.spec.dense, self.spec.dense, False)
        user = Embedding(self.users, factors, name="users")(inputs.user, None, train=train)
        item = Embedding(self.items, factors, name="items")(inputs.item, None, train=train)
        both = Dropout(True, name="factor_dropout")(
            jnp.stack([user, item], axis=1), settings.factor_dropout, train=train
        )
        features = jax.nn.relu(Dense((Size(2, 2, False), factors), dense, name="dense")(both))
        kept = Dropout(name="dropout")(features, settings.dropout, train=train)
        return {"features": features, "prediction": Dense((dense,), _ONE, name="rating")(kept)[:, 0]}


class FactorTables(NamedTuple):
    """What a model knows of each user and item by itself: float64, on the host."""

    users: np.ndarray  # (users, factors)
    items: np.ndarray  # (items, factors)
    item_bias: np.ndarray | None  # (items,), None of models without


def factor_tables(params: Params, settings: PyTree) -> FactorTables:
    """The tables of a `DotNet` or `RatingNet`."""
    users, items = (np.asarray(params[name]["table"], np.float64) for name in ("users", "items"))
    bias = np.asarray(params["item_bias"]["table"], np.float64)[:, 0] if "item_bias" in params else None
    return FactorTables(users, items, bias)


class NewUserPrior(NamedTuple):
    """Where a number of a new user is held, and how strongly beside a squared error of 1."""

    at: Any
    strength: Any


def new_user_prior(
    params: Params, settings: PyTree, ratings: int, error: float, items: np.ndarray
) -> dict[str, dict[str, NewUserPrior]]:
    """How a new user's numbers are held: factors as training held the others', a bias near those of the others.

    Each step's penalty is on the whole table, and its error the mean over a batch: over an epoch, each row pays `ratings`
    times the penalty beside the sum of its squared errors. Biases bear no penalty; those of the other users are the prior
    of a new one's, or a single rating would decide it.

    Args:
      ratings: training ratings of all users.
      error: their mean squared error.
      items: those that the new user has rated.
    """
    held = {"users": {"table": NewUserPrior(0.0, ratings * settings.l2)}}
    if "user_bias" in params:
        others = np.asarray(params["user_bias"]["table"], np.float64)
        held["user_bias"] = {"table": NewUserPrior(others.mean(), error / max(others.var(), 1e-6))}
    return held
