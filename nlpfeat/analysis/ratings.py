"""What a restored model of ratings predicts, of users it knows and of new ones."""

from functools import partial
from typing import Any

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize

from nlpfeat.data.core import count, split_names
from nlpfeat.data.ratings.rating_table import Pairs
from nlpfeat.study.forward import batched
from nlpfeat.study.restore import Member
from nlpfeat.training.task import Task

CHUNK = 4096  # pairs predicted at a time


def predict_ratings(member: Member, user: np.ndarray, item: np.ndarray) -> np.ndarray:
    """The ratings predicted for pairs, one at least: float64 (n,)."""
    facts = np.asarray(member.dataset.arrays.facts)

    def ask(index: np.ndarray) -> Any:
        pairs = Pairs(user[index], item[index], facts)
        return _apply(member.module, member.params, pairs, member.settings)

    return batched(ask, len(user), CHUNK).astype(np.float64)


def fold_in_user(task: Task, member: Member, item: np.ndarray, stars: np.ndarray) -> Member:
    """The member with one more user, after all others, who has rated some items; nothing else is learned anew.

    The new row minimises the squared errors of its ratings, held as `Task.newcomer` says.

    Args:
      item: int32 (n,), which items.
      stars: (n,), their ratings.
    """
    assert task.newcomer is not None
    error = float(member.record[task.evaluation.headline.name][split_names(member.splits).index("train")])
    held = task.newcomer(member.params, member.settings, count(member.splits["train"]), error, item)
    users = {name: {leaf: member.params[name][leaf] for leaf in leaves} for name, leaves in held.items()}
    start, unravel = jax.flatten_util.ravel_pytree(jax.tree.map(lambda leaf: jnp.mean(leaf, 0), users))
    newcomer = np.full(len(item), len(jax.tree.leaves(users)[0]), np.int32)
    module = member.module.clone(users=member.module.users + 1)
    pairs = Pairs(newcomer, item, np.asarray(member.dataset.arrays.facts))

    @jax.jit
    @jax.value_and_grad
    def cost(flat: Any) -> Any:
        row = unravel(flat)
        told = module.apply({"params": _with(member.params, row)}, pairs, member.settings)
        pulls = [
            (one.strength * (row[name][leaf] - one.at) ** 2).sum()
            for name, leaves in held.items()
            for leaf, one in leaves.items()
        ]
        return ((stars - told["prediction"]) ** 2).sum() + sum(pulls)

    def slope(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = cost(flat.astype(np.float32))
        return float(value), np.asarray(gradient, np.float64)

    found = minimize(slope, np.asarray(start, np.float64), jac=True, method="L-BFGS-B")
    params = jax.device_get(_with(member.params, unravel(jnp.asarray(found.x, jnp.float32))))
    return member._replace(module=module, params=params)


def _with(params: Any, row: dict[str, Any]) -> Any:
    """Parameters with a row after the users' own; what the row lacks (variances) is that of the last user."""

    def longer(name: str, leaf: str, values: Any) -> Any:
        last = row[name].get(leaf, values[-1])
        return jnp.concatenate([jnp.asarray(values), jnp.asarray(last)[None]])

    return params | {
        name: {leaf: longer(name, leaf, values) for leaf, values in params[name].items()} for name in row
    }


@partial(jax.jit, static_argnums=0)
def _apply(module: Any, params: Any, pairs: Pairs, settings: Any) -> Any:
    return module.apply({"params": params}, pairs, settings)["prediction"]
