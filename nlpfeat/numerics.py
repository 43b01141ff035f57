"""What decides numbers besides a config: options of JAX, flags of XLA, versions. Pinned, recorded in a study, and compared.

The table is read before JAX is imported, so that its variables can be put aside: hence the imports inside functions.
"""

import logging
import os
from collections.abc import Mapping, MutableMapping
from importlib.metadata import version
from typing import Any, NamedTuple, TypeAlias

from nlpfeat.errors import UserError

OFF, ON = ("0", "f", "false", "n", "no", "off"), ("1", "t", "true", "y", "yes", "on")
FLAGS = ("XLA_FLAGS", "NVIDIA_TF32_OVERRIDE")  # variables that compilers read; a user may need them
HARMLESS_FLAGS = ("--xla_force_host_platform_device_count", "--xla_dump")
PACKAGES = ("jax", "jaxlib")

Numerics: TypeAlias = dict[str, Any]  # plain values by name

log = logging.getLogger(__name__)


class Option(NamedTuple):
    """An option of JAX that changes numbers.

    Attributes:
      value: the one that studies are computed with.
      texts: of its environment variable that mean this value.
    """

    value: bool | int | str | None
    texts: tuple[str, ...]


OPTIONS = {
    "jax_enable_x64": Option(False, OFF),
    "jax_default_matmul_precision": Option(None, ("default",)),
    "jax_default_prng_impl": Option("threefry2x32", ("threefry2x32",)),
    "jax_enable_custom_prng": Option(False, OFF),
    "jax_threefry_partitionable": Option(True, ON),
    "jax_random_seed_offset": Option(0, ("0",)),
    "jax_high_dynamic_range_gumbel": Option(False, OFF),
    "jax_numpy_dtype_promotion": Option("standard", ("standard",)),
    "jax_softmax_custom_jvp": Option(False, OFF),
    "jax_disable_jit": Option(False, OFF),
    "jax_disable_most_optimizations": Option(False, OFF),
}


def drop_variables(environ: MutableMapping[str, str]) -> list[str]:
    """Remove the environment variables of `OPTIONS`, before JAX is imported.

    Returns:
      The names of those that would have changed numbers.
    """
    found = {name.upper(): option for name, option in OPTIONS.items() if name.upper() in environ}
    return [name for name, option in found.items() if environ.pop(name).lower() not in ("", *option.texts)]


def pin() -> None:
    """Let no environment variable decide numbers: the options that one has set return to their values, and are named.

    An option that was set in Python, on purpose, stays as it is; studies record it.
    """
    import jax

    changed = drop_variables(os.environ)
    for name in changed:
        option = name.lower()
        jax.config.update(option, OPTIONS[option].value)
        log.warning("%s is not heeded: the same config gives the same numbers", name)


def use(recorded: Mapping[str, Any]) -> None:
    """Set the options of JAX to those that a study has recorded, in a worker that trains for it."""
    import jax

    for name in OPTIONS.keys() & recorded.keys():
        jax.config.update(name, recorded[name])


def current() -> Numerics:
    """What decides numbers in this process."""
    import jax

    known = jax.config.values  # with the few that are no attributes
    options = {name: getattr(jax.config, name, known[name]) for name in OPTIONS if name in known}
    flags = {name: _told(os.environ.get(name, "")) for name in FLAGS}
    return {**options, **flags, **{name: version(name) for name in PACKAGES}}


def _told(flags: str) -> str:
    """Flags without those that change no number, in one order."""
    return " ".join(sorted(flag for flag in flags.split() if not flag.startswith(HARMLESS_FLAGS)))


def require_same(recorded: Mapping[str, Any], where: str, *, training: bool) -> None:
    """Check that this process computes as a study was computed.

    Args:
      recorded: of the study; empty: nothing is checked.
      where: the study, for the message.
      training: whether members are trained. Otherwise versions and compilers may differ, which round differently, and options may
        not, which decide the data.

    Raises:
      UserError: if not; it names what differs, with both values.
    """
    here = current()
    compared = here if training else here.keys() & OPTIONS.keys()
    differing = [name for name in sorted(compared) if recorded and recorded.get(name) != here[name]]
    if differing:
        values = "; ".join(
            f"{name} is {recorded.get(name)!r} there and {here[name]!r} here" for name in differing
        )
        other = ", or sweep into another folder" if training else ""
        raise UserError(
            f"{where} was computed otherwise, and must not be mixed: {values}. Use the values there{other}"
        )
