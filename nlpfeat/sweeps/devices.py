"""The devices of this process."""

import os

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


def describe() -> str:
    """The devices in words, such as "2 x cpu"."""
    devices = jax.devices()
    return f"{len(devices)} x {devices[0].device_kind}"
