"""Ratings of items by users: factors by gradient descent, and by variational Bayes."""

from dataclasses import replace

import jax.numpy as jnp

from nlpfeat.config.fields import (
    Count,
    DropoutRate,
    Fraction,
    NonNegative,
    NonNegativeInt,
    Positive,
    Range,
    Scalar,
    Settings,
    settings_class,
    traced,
)
from nlpfeat.data.ratings import rating_table
from nlpfeat.data.ratings.rating_table import RatingsSpec
from nlpfeat.models import bayes_factors, factors
from nlpfeat.models.bayes_factors import BayesFactors, BayesSpec
from nlpfeat.models.factors import BiasSpec, DotNet, DotSpec, RatingNet, RatingNetSpec
from nlpfeat.training.losses import absolute_residual, squared_residual
from nlpfeat.training.metrics import Metric, mean_square_baseline
from nlpfeat.training.optimizers import adam_with_l2
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.rules.variational import VARIATIONAL_BAYES
from nlpfeat.training.task import (
    DataPipeline,
    Evaluation,
    Factors,
    GradientDescent,
    ModelFactory,
    Task,
    Views,
)


@settings_class
class DotSettings(DescentSettings):
    """Settings of products of factors.

    `l2` multiplies Σ W² of both tables, at every step; `fold` is the number of the published fold that is tested, 0 for a random
    share.
    """

    width: Scalar = traced(50, Count)
    fold: Scalar = traced(0, NonNegativeInt)
    l2: Scalar = traced(1e-4, NonNegative)


@settings_class
class RatingNetSettings(DotSettings):
    """As `DotSettings`, with the fractions of factors and of dense units dropped."""

    factor_dropout: Scalar = traced(0.3, DropoutRate)
    dropout: Scalar = traced(0.75, DropoutRate)


@settings_class
class BayesSettings(Settings):
    """Settings of variational Bayes.

    `learning_rate` is how far a step goes towards the optimum, `ridge` the prior precision of the weight of a feature, `fold` the
    number of the published fold that is tested, 0 for a random share.
    """

    width: Scalar = traced(10, Count)
    fold: Scalar = traced(0, NonNegativeInt)
    learning_rate: Scalar = traced(1.0, Fraction)
    ridge: Scalar = traced(50.0, Positive)


SQUARED_ERROR = Metric("squared_error", squared_residual, "squared stars", "min")

RMSE = Metric("rmse", squared_residual, "stars", "min", finish=jnp.sqrt)
MAE = Metric("mae", absolute_residual, "stars", "min")

RATINGS_DOT = Task(
    name="ratings_dot",
    summary="ratings by the dot product of two vectors",
    width_label="number of factors",
    data=DataPipeline(
        RatingsSpec,
        rating_table.make_splits,
        load=lambda spec, model: rating_table.load(spec),
        batch=rating_table.batch,
    ),
    model=ModelFactory(
        DotSpec,
        DotSettings,
        build=lambda model, data, units: DotNet(units, len(data.rated.users), len(data.rated.items), model),
        limits=lambda model, data: {"fold": Range(0, data.folds)},
        layered=False,
    ),
    learner=GradientDescent(replace(SQUARED_ERROR, name="loss"), adam_with_l2("users", "items")),
    evaluation=Evaluation(
        metrics=(SQUARED_ERROR, RMSE, MAE), success=0.8, baseline=mean_square_baseline, kind="regression"
    ),
    views=Views(factors=Factors(factors.factor_tables, factors.new_user_prior)),
)

RATINGS_BIAS = replace(
    RATINGS_DOT,
    name="ratings_bias",
    summary="ratings by the dot product of two vectors, and two biases",
    model=replace(RATINGS_DOT.model, spec=BiasSpec),
)

RATINGS_NET = replace(
    RATINGS_DOT,
    name="ratings_net",
    summary="ratings by a dense network on two vectors",
    model=ModelFactory(
        RatingNetSpec,
        RatingNetSettings,
        build=lambda model, data, units: RatingNet(
            units, len(data.rated.users), len(data.rated.items), model
        ),
        limits=RATINGS_DOT.model.limits,
    ),
)

RATINGS_BAYES = replace(
    RATINGS_DOT,
    name="ratings_bayes",
    summary="ratings by factors with learned priors: variational Bayes",
    model=ModelFactory(
        BayesSpec,
        BayesSettings,
        build=lambda model, data, units: BayesFactors(
            units,
            len(data.rated.users),
            len(data.rated.items),
            data.features.users,
            data.features.items,
            data.times if model.times else (),
            data.low,
            data.high,
            model,
        ),
        init_override=bayes_factors.init_override,
        limits=RATINGS_DOT.model.limits,
    ),
    learner=VARIATIONAL_BAYES,
    views=Views(factors=Factors(bayes_factors.factor_tables, bayes_factors.new_user_prior)),
)
