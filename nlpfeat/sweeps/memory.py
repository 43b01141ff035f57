"""Whether a member fits the memory of a device: from shapes, before anything is made or written."""

import os
from functools import partial
from typing import Any

import jax

from nlpfeat.errors import UserError
from nlpfeat.sweeps.members import MemberFactory, activation_bytes, batch_rows
from nlpfeat.training.step import Program, init_state


def device_bytes(device: Any) -> int | None:
    """The memory of a device; of a CPU, that of the machine. None where it is not told."""
    if device.platform == "cpu":
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None
    stats = device.memory_stats()
    return stats.get("bytes_limit") if stats else None


def member_bytes(factory: MemberFactory, units: int) -> int:
    """What training one member holds at the same time: its state, the gradient, the activations and their gradients."""
    gradient = _bytes(factory.shapes(units))
    return state_bytes(factory, units) + gradient + 2 * activation_bytes(factory, units)


def state_bytes(factory: MemberFactory, units: int) -> int:
    """Bytes of the state of training of one member: parameters, what the optimizer keeps, and what the network carries on."""
    program = Program(factory.spec.task, factory.module(units))
    rows = batch_rows(factory.spec.training, factory.split_shapes)
    return _bytes(
        jax.eval_shape(partial(init_state, program, rows), factory.shapes(units), factory.spec.settings)
    )


def require_fits_here(factory: MemberFactory) -> None:
    """Check that the widest member of a study fits a device of this process.

    Raises:
      UserError: as `require_fits`.
    """
    device = jax.local_devices()[0]
    name = "this machine" if device.platform == "cpu" else f"a {device.device_kind}"
    require_fits(factory, name, device_bytes(device))


def require_fits(factory: MemberFactory, device: str, available: int | None) -> None:
    """Check that the widest member of a study fits a device, beside the data that all members share.

    Args:
      device: in words.
      available: bytes; None: nothing is checked.

    Raises:
      UserError: if not; it names the largest width that fits.
    """
    widest = int(max(dict(factory.spec.sweep).get("width", (factory.spec.settings.width,))))
    shared = _bytes(factory.dataset.arrays)
    if available is None or shared + member_bytes(factory, widest) <= available:
        return
    fits, too_wide = 0, widest
    while too_wide - fits > 1:
        middle = (fits + too_wide) // 2
        if shared + member_bytes(factory, middle) <= available:
            fits = middle
        else:
            too_wide = middle
    needed = _size(shared + member_bytes(factory, widest))
    mend = (
        f"the largest width that fits is {fits:,}"
        if fits
        else "no width fits: take smaller batches, or less data"
    )
    raise UserError(
        f"one member of width {widest:,} needs about {needed}, and {device} has {_size(available)}: {mend}"
    )


def _size(bytes_: int) -> str:
    return f"{bytes_ / 1e9:,.1f} GB" if bytes_ >= 1e9 else f"{bytes_ / 1e6:,.2f} MB"


def _bytes(tree: Any) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
