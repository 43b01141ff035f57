"""Parallel computation on one machine: the devices of this process, and pools of worker processes."""

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.connection import wait


def use_all_cores() -> None:
    """Make each CPU core a JAX device, so that members are sharded over cores as over GPUs.

    Call it once, before the first JAX computation. It has no effect on accelerators, and does not override a number of devices
    that the user has set in XLA_FLAGS or JAX_NUM_CPU_DEVICES.
    """
    import jax  # here, as processes of a pool need none

    chosen = "host_platform_device_count" in os.environ.get("XLA_FLAGS", "")
    if not chosen and "JAX_NUM_CPU_DEVICES" not in os.environ:
        jax.config.update("jax_num_cpu_devices", cores())


def cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # macOS lacks it
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe_devices() -> str:
    """A description of the devices, such as "2 x cpu"."""
    import jax

    devices = jax.devices()
    return f"{len(devices)} x {devices[0].device_kind}"


@contextlib.contextmanager
def process_pool() -> Iterator[ProcessPoolExecutor]:
    """A pool of one single-threaded worker process per core. The workers end with this process, even if it is killed."""
    context = multiprocessing.get_context("spawn")
    with _environment():
        pool = ProcessPoolExecutor(os.cpu_count(), context, initializer=_follow_parent)
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """The environment that processes inherit: one thread, and Python's own process that cleans up behind them does so quietly."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # read when NumPy is imported
    quiet = ",".join(filter(None, (os.environ.get("PYTHONWARNINGS"), "ignore:resource_tracker")))
    values = dict.fromkeys(threads, "1") | {"PYTHONWARNINGS": quiet}
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _follow_parent() -> None:
    """Make this worker end with its parent, and by no other signal of the terminal.

    In a session of its own, a worker does not receive the Ctrl-C of the terminal: the parent alone decides.
    """
    os.setsid()
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
