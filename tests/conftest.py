"""Two CPU devices whatever the machine, shapes checked, no silent rank promotion, no key used twice."""

import jax
import pytest
from jaxtyping import install_import_hook

jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)

with install_import_hook(
    ["nlpfeat.models", "nlpfeat.training.losses", "nlpfeat.training.metrics"], "beartype.beartype"
):
    import nlpfeat.tasks  # noqa: F401  (imported here so that the hook sees the modules first)

from tests.toys import TOYS, Quiet  # noqa: E402


@pytest.fixture(params=sorted(TOYS))
def toy(request):
    """A small spec of every task of the table."""
    return TOYS[request.param]


@pytest.fixture
def quiet():
    return Quiet()
