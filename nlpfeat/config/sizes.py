"""The three sizes of a system in the study of all systems: for two cores, for a cluster, and for a look."""

import runpy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

CONFIGS = Path(__file__).parents[1] / "configs"
WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100)  # on a cluster, each with SEEDS
SEEDS = 32


def briefly(*steps: int) -> dict[str, Any]:
    """Changes for phases of so many steps at the config's rates, recorded at their end alone."""
    total = sum(steps)
    return {
        "training.steps": steps,
        "training.record_every": total,
        "training.checkpoint_every": min(total, 1000),
        "training.snapshots": (),
    }


def sized(
    question: str,
    widths: tuple[int, ...],
    seeds: int,
    common: Mapping[str, Any] | None = None,
    cut: Mapping[str, Any] | None = None,
) -> Callable[..., ConfigDict]:
    """A `get_config` in the variants "two_cores", "full" and "smoke", made from that of `configs/QUESTION.py`.

    Args:
      question: the config it starts from, at the settings that stand there; its grid is replaced by width and seed.
      widths, seeds: the grid on two cores.
      common: changes in every size, {"settings.depth": 5}.
      cut: further changes on two cores, so that all systems together take two hours.
    """

    def get_config(variant: str = "two_cores") -> ConfigDict:
        if variant not in ("two_cores", "full", "smoke"):
            raise ValueError(f"no variant {variant!r}; there are two_cores, full and smoke")
        small = variant == "smoke"
        config = runpy.run_path(str(CONFIGS / f"{question}.py"))["get_config"]("smoke" if small else "full")
        axes = {"smoke": ((2, 8), 2), "two_cores": (widths, seeds), "full": (WIDTHS, SEEDS)}
        config.sweep = ConfigDict({"width": axes[variant][0], "seed": tuple(range(axes[variant][1]))})
        changes = {**(common or {}), **((cut or {}) if variant == "two_cores" else {})}
        for key, value in changes.items():
            section, _, name = key.rpartition(".")
            config.update({section: {name: value}} if section else {name: value})
        return config

    return get_config
