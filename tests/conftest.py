"""Two CPU devices whatever the machine, types and shapes of the whole package checked, no silent rank promotion."""

import os
import tempfile

# Many tests compile the same programs: the workers of a run share them, as do commands run as subprocesses. A folder
# that the user names is kept between runs, where JAX takes programs back (not on every processor: jax#38445).
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    CACHE = tempfile.TemporaryDirectory(prefix="nlpfeat-tests-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = CACHE.name
os.environ |= {
    "XDG_STATE_HOME": tempfile.mkdtemp(
        prefix="nlpfeat-tests-state-"
    ),  # the list of task files is the user's own
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
# Compiling is most of the time of the default tests, and LLVM's optimisations nearly half of that. `make test-slow`,
# `make smoke` and, on the other line of JAX, .ci/run compile as users do.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import jax
import pytest
from jaxtyping import install_import_hook
from xdist.scheduler import LoadScopeScheduling

jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_numpy_rank_promotion", "raise")

# Before anything imports the package. Whole numbers pass for floats, as they do for static checkers (PEP 484).
install_import_hook("nlpfeat", "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")

from tests.requirements import MENDS  # noqa: E402
from tests.toys import TOYS  # noqa: E402


class ByFileOrRow(LoadScopeScheduling):
    """One worker runs all tests of a file, whose studies they share; of `test_every_task.py` all tests of a row."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        return test.partition("[")[2] if file.endswith("test_every_task.py") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return ByFileOrRow(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)  # last of all, where it is read
def pytest_terminal_summary(terminalreporter):
    """How many tests a machine leaves out for want of a browser or of the published data, and how to get it."""
    yield
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    for missing, mend in MENDS.items():
        count = sum(missing in reason for reason in reasons)
        if count:
            terminalreporter.write_line(f"{count} tests were left out: {missing}; {mend}")


@pytest.fixture(params=sorted(TOYS))
def toy(request):
    """A small spec of every task of the table. No key may be used twice: a check that makes every call slower."""
    jax.config.update("jax_debug_key_reuse", True)  # also in the threads that compile
    yield TOYS[request.param]
    jax.config.update("jax_debug_key_reuse", False)
    # Every program holds some maps of memory, of which Linux gives a process 65,530: beyond them it is killed.
    jax.clear_caches()


@pytest.fixture(autouse=True, scope="module")
def few_programs():
    """The programs of a file of tests are let go with it; see `toy`."""
    yield
    jax.clear_caches()
