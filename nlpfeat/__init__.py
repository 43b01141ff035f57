"""What features does a neural network learn, and what does its width buy?

A sweep is one labelled array, computed by a few compiled programs:

    study = nlpfeat.sweep(nlpfeat.load_config("configs/spirals.py"), "runs/spirals")
    study.results["accuracy"].sel(split="test").isel(step=-1)
    study.member(width=8, seed=3).params

Importing the package imports nothing heavy; these names are imported when they are first used.
"""

from importlib import import_module

__version__ = "0.1.0"
__all__ = ["TASKS", "load_config", "open_study", "register_task", "sweep"]
_HOMES = {
    "TASKS": "nlpfeat.tasks.registry",
    "load_config": "nlpfeat.config.files",
    "open_study": "nlpfeat.study.session",
    "register_task": "nlpfeat.tasks.registry",
    "sweep": "nlpfeat.study.session",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
