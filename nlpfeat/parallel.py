"""The devices of this process."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait

import jax


def use_all_cores() -> None:
    """Make each core of a CPU a device, so that members are sharded over cores as over GPUs.

    To be called once, before JAX first computes; it has no effect on accelerators. A number set by the user
    through XLA_FLAGS or JAX_NUM_CPU_DEVICES stands.
    """
    chosen = "host_platform_device_count" in os.environ.get("XLA_FLAGS", "")
    if not chosen and "JAX_NUM_CPU_DEVICES" not in os.environ:
        jax.config.update("jax_num_cpu_devices", cores())


def pin_numbers() -> None:
    """Let a config alone decide what is computed: what the environment of a cluster's worker says otherwise is put back."""
    for name, value in (
        ("jax_enable_x64", False),
        ("jax_default_matmul_precision", None),
        ("jax_default_prng_impl", "threefry2x32"),
        ("jax_threefry_partitionable", True),
        ("jax_numpy_dtype_promotion", "standard"),
        ("jax_random_seed_offset", 0),
    ):
        jax.config.update(name, value)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe_devices() -> str:
    """The devices in words, such as "2 x cpu"."""
    devices = jax.devices()
    return f"{len(devices)} x {devices[0].device_kind}"


@contextlib.contextmanager
def process_pool() -> Iterator[ProcessPoolExecutor]:
    """A process a core, each with one thread, that ends when this one does, however it ends."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in threads}
    os.environ.update(dict.fromkeys(threads, "1"))  # read by the libraries that the new processes load
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(os.cpu_count(), context, initializer=_follow_parent)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and exit when it has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


# MERGED: """Work for all cores: processes of one thread each, that end when this one does."""
