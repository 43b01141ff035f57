"""Two CPU devices whatever the machine, shapes checked, no silent rank promotion, no key used twice."""

import os
import tempfile

# Many tests compile the same programs; commands run as subprocesses share them as well.
CACHE = tempfile.TemporaryDirectory(prefix="nlpfeat-tests-")
os.environ |= {
    "JAX_COMPILATION_CACHE_DIR": CACHE.name,
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}

import jax  # noqa: E402
import pytest  # noqa: E402
from jaxtyping import install_import_hook  # noqa: E402

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
