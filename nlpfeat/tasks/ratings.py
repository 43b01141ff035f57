"""Ratings of items by users: factors by gradient descent, and by variational Bayes."""

from dataclasses import replace
from typing import NamedTuple

from nlpfeat.config.fields import Count, Fraction, NonNegative, Positive, Seed
from nlpfeat.data.core import Dataset
from nlpfeat.data.ratings import rating_table
from nlpfeat.data.ratings.rating_table import RatingsSpec
from nlpfeat.models import bayes_factors, factors
from nlpfeat.models.bayes_factors import BayesFactors, BayesSpec
from nlpfeat.models.factors import BiasSpec, DotNet, DotSpec, RatingNet, RatingNetSpec
from nlpfeat.training import metrics
from nlpfeat.training.losses import squared_residual
from nlpfeat.training.optimizers import adam_with_l2, sgd
from nlpfeat.training.rules import variational
from nlpfeat.training.task import Goal, Task


class DotSettings(NamedTuple):
    """Traced settings of products of factors; `penalty` is that on Σ W² of both tables, at every step."""

    width: Count = 50
    seed: Seed = 0
    learning_rate: Positive = 1e-3
    penalty: NonNegative = 1e-4


class RatingNetSettings(NamedTuple):
    """As `DotSettings`, with the shares of factors and of dense units dropped."""

    width: Count = 50
    seed: Seed = 0
    learning_rate: Positive = 1e-3
    penalty: NonNegative = 1e-4
    factor_dropout: Fraction = 0.3
    dropout: Fraction = 0.75


class BayesSettings(NamedTuple):
    """Traced settings of variational Bayes.

    `learning_rate` is how far a step goes towards the optimum, `ridge` the prior precision of what a fact weighs.
    """

    width: Count = 10
    seed: Seed = 0
    learning_rate: Fraction = 1.0
    ridge: Positive = 50.0


RATINGS_DOT = Task(
    summary="ratings by the product of two vectors",
    width="number of factors",
    data=RatingsSpec,
    model=DotSpec,
    settings=DotSettings,
    load=lambda spec, model: Dataset(*rating_table.load(spec)),
    draw=rating_table.make_splits,
    batch=rating_table.batch,
    module=lambda model, data, units: DotNet(units, len(data.rated.users), len(data.rated.items), model),
    loss=squared_residual,
    metrics=(("squared_error", squared_residual),),
    optimizer=adam_with_l2("users", "items"),
    loss_units="squared stars",
    factors=factors.factor_tables,
    newcomer=factors.new_user_prior,
    success=Goal(0.8, falling=True),
    chance=metrics.mean_square_baseline,
    classes=False,
)

RATINGS_BIAS = replace(
    RATINGS_DOT, summary="ratings by the product of two vectors, and a bias of each", model=BiasSpec
)

RATINGS_NET = replace(
    RATINGS_DOT,
    summary="ratings by a net on two vectors",
    model=RatingNetSpec,
    settings=RatingNetSettings,
    module=lambda model, data, units: RatingNet(units, len(data.rated.users), len(data.rated.items), model),
)

RATINGS_BAYES = replace(
    RATINGS_DOT,
    summary="ratings by factors with learned priors, by variational Bayes",
    model=BayesSpec,
    settings=BayesSettings,
    module=lambda model, data, units: BayesFactors(
        units,
        len(data.rated.users),
        len(data.rated.items),
        data.facts,
        data.low,
        data.high,
    ),
    rule=variational.RULE,
    factors=bayes_factors.factor_tables,
    newcomer=bayes_factors.new_user_prior,
    optimizer=sgd,
)
