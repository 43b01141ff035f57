"""Two CPU devices whatever the machine, shapes checked, no silent rank promotion; no key used twice where rows of the table train."""

import os
import tempfile

# Many tests compile the same programs: the workers of a run share them, as do commands run as subprocesses.
if "PYTEST_XDIST_WORKER" not in os.environ:
    CACHE = tempfile.TemporaryDirectory(prefix="nlpfeat-tests-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = CACHE.name
os.environ |= {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}

import jax
import pytest
from jaxtyping import install_import_hook

jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_numpy_rank_promotion", "raise")

with install_import_hook(
    ["nlpfeat.models", "nlpfeat.training.losses", "nlpfeat.training.metrics"], "beartype.beartype"
):
    import nlpfeat.tasks  # noqa: F401  (imported here so that the hook sees the modules first)

from tests.toys import TOYS, Quiet, each_toy  # noqa: E402


@pytest.fixture(params=each_toy())
def toy(request):
    """A small spec of every task of the table. No key may be used twice: a check that makes every call slower."""
    with jax.debug_key_reuse(True):
        yield TOYS[request.param]
    # Every program holds some maps of memory, of which Linux gives a process 65,530: beyond them it is killed.
    jax.clear_caches()


@pytest.fixture(autouse=True, scope="module")
def few_programs():
    """The programs of a file of tests are let go with it; see `toy`."""
    yield
    jax.clear_caches()


@pytest.fixture
def quiet():
    return Quiet()
