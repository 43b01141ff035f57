"""New users: folded into a trained factor model by their ratings, without training it again."""

from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int, PyTree
from scipy.optimize import minimize

from nlpfeat.analysis.ratings import Rater, note_unseen, rating_table
from nlpfeat.data.core import Params, count, split_names
from nlpfeat.data.ratings.rating_table import Pairs, RatingArrays
from nlpfeat.errors import UserError
from nlpfeat.study.restore import TrainedMember
from nlpfeat.tasks.registry import require_view


def new_user(member: TrainedMember, ratings: Sequence[tuple[str, float]]) -> Rater:
    """A user who is not in the data, folded into the model.

    Args:
      member: of a rating task.
      ratings: (title or number of an item, stars).

    Raises:
      UserError: for an unknown item, one that is rated twice, or stars beyond the range of the data.
    """
    table = rating_table(member)
    rated: dict[int, float] = {}
    for text, stars in ratings:
        if not table.low <= stars <= table.high:
            raise UserError(f"rating {text}={stars:g}: stars must be {table.low:g} to {table.high:g}")
        item = table.item(text)
        if item in rated:
            raise UserError(f"rating {text}={stars:g}: {table.titles[item]} is rated twice; rate it once")
        rated[item] = stars
    note_unseen(member, list(rated))
    items, stars = np.array(list(rated), np.int32), np.array(list(rated.values()), np.float32)
    return Rater(fold_in_user(member, items, stars), len(table.rated.users), rated, "someone new")


def fold_in_user(
    member: TrainedMember, item: Int[np.ndarray, " n"], stars: Float[np.ndarray, " n"]
) -> TrainedMember:
    """The member with a new user, who is its last one; all other parameters stay as they are.

    The new user's parameters minimise the sum of their squared errors under the task's new-user prior.

    Args:
      member: of a rating task.
      item: indices of the items that the new user has rated.
      stars: their ratings.
    """
    train = split_names(member.splits).index("train")
    error = float(member.record[member.task.evaluation.headline.name][train])
    new_user_prior = require_view(member.task, "factors").new_user_prior
    priors = new_user_prior(
        member.params, member.settings, count(member.splits["train"]), error, np.asarray(item)
    )
    users = {name: {leaf: member.params[name][leaf] for leaf in leaves} for name, leaves in priors.items()}
    start, unravel = jax.flatten_util.ravel_pytree(jax.tree.map(lambda leaf: jnp.mean(leaf, 0), users))
    new = len(jax.tree.leaves(users)[0])
    module = member.module.clone(users=new + 1)
    arrays: RatingArrays = member.dataset.arrays
    pairs = Pairs(np.full(len(item), new, np.int32), item, arrays.user_features, arrays.item_features)

    @jax.jit
    @jax.value_and_grad
    def cost(flat: Array) -> Array:
        row = unravel(flat)
        outputs: PyTree = module.apply({"params": _append(member.params, row)}, pairs, member.settings)
        penalties = [
            (precision * (row[name][leaf] - mean) ** 2).sum()
            for name, leaves in priors.items()
            for leaf, (mean, precision) in leaves.items()
        ]
        return ((stars - outputs["prediction"]) ** 2).sum() + sum(penalties)

    def value_and_gradient(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = cost(flat.astype(np.float32))
        return float(value), np.asarray(gradient, np.float64)

    result = minimize(value_and_gradient, np.asarray(start, np.float64), jac=True, method="L-BFGS-B")
    params = jax.device_get(_append(member.params, unravel(jnp.asarray(result.x, jnp.float32))))
    return replace(member, module=module, params=params)


def _append(params: Params, row: Params) -> Params:
    """Parameters with one more user. What `row` lacks, such as variances, is copied from the last user."""

    def longer(name: str, leaf: str, values: Array | np.ndarray) -> Array:
        last = row[name].get(leaf, values[-1])
        return jnp.concatenate([jnp.asarray(values), jnp.asarray(last)[None]])

    users = {name: {leaf: longer(name, leaf, v) for leaf, v in params[name].items()} for name in row}
    return params | users
