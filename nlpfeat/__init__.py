"""What features does a neural network learn, and what does its width buy?

A sweep is one labelled array, computed by a few compiled programs:

    import nlpfeat

    study = nlpfeat.sweep("spirals", width=(2, 8, 32), seed=range(8), study="runs/mine")
    study.results["accuracy"].sel(split="test").isel(step=-1)
    study.restore(width=8, seed=3).predict([(0.1, 0.5)])

Importing the package imports nothing heavy; these names are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"
# The module in which each public name is defined, by subject.
_HOMES = {
    # sweeps and studies
    "sweep": "nlpfeat.study.session",
    "open_study": "nlpfeat.study.session",
    "load_config": "nlpfeat.config.files",
    "resolve": "nlpfeat.tasks.spec",
    "check_study": "nlpfeat.study.check",
    "use_all_cores": "nlpfeat.parallel",
    # tasks
    "TASKS": "nlpfeat.tasks.registry",
    "register_task": "nlpfeat.tasks.registry",
    "classification_task": "nlpfeat.tasks.from_arrays",
    "describe_task": "nlpfeat.tasks.describe",
    # what width buys
    "width_table": "nlpfeat.analysis.width_table",
    "compare": "nlpfeat.analysis.compare",
    "across_tasks": "nlpfeat.analysis.across_tasks",
    "coordinate_check": "nlpfeat.analysis.coordinate_check",
    "double_descent": "nlpfeat.analysis.double_descent",
    "survival": "nlpfeat.analysis.fine_tuning",
    # other machines
    "compile_for": "nlpfeat.sweeps.targets",
    "tpu_target": "nlpfeat.sweeps.targets",
    "cuda_target": "nlpfeat.sweeps.targets",
    # what the extra units are for
    "prune": "nlpfeat.analysis.pruning",
    "basins": "nlpfeat.analysis.basins",
    "ensembles": "nlpfeat.analysis.ensembles",
    "redundancy": "nlpfeat.analysis.redundancy",
    "removal_areas": "nlpfeat.analysis.redundancy",
    "luck": "nlpfeat.analysis.luck",
    "superposition": "nlpfeat.analysis.superposition",
    "PruningOptions": "nlpfeat.analysis.pruning",
    "BasinOptions": "nlpfeat.analysis.basins",
    "EnsembleOptions": "nlpfeat.analysis.ensembles",
    "RedundancyOptions": "nlpfeat.analysis.redundancy",
    "RecipeOptions": "nlpfeat.analysis.recipe",
    "WidthTableOptions": "nlpfeat.analysis.width_table",
    "FineTuningOptions": "nlpfeat.analysis.fine_tuning",
    # exact geometry
    "regions": "nlpfeat.plotting.regions",
    "measure": "nlpfeat.analysis.geometry",
    "section": "nlpfeat.analysis.sections",
    "SectionOptions": "nlpfeat.analysis.sections",
    "plane_through": "nlpfeat.geometry.planes",
    "principal_plane": "nlpfeat.geometry.planes",
    "line_pieces": "nlpfeat.geometry.lines",
    "linear_cells": "nlpfeat.geometry.cells",
    "separation": "nlpfeat.geometry.representation",
    "manifold_capacity": "nlpfeat.geometry.representation",
    "cka": "nlpfeat.geometry.representation",
    # figures, films, pages
    "STYLE": "nlpfeat.plotting.style",
    "CLASS_COLOURS": "nlpfeat.plotting.style",
    "width_colours": "nlpfeat.plotting.style",
    "save_figures": "nlpfeat.plotting.figures.study",
    "save_film": "nlpfeat.films.scenes",
    "write_report": "nlpfeat.report.parts",
    "write_playground": "nlpfeat.report.playground",
    # words and texts
    "word_space": "nlpfeat.analysis.embeddings",
    "load_space": "nlpfeat.embeddings.space",
    "neighbours": "nlpfeat.analysis.embeddings",
    "analogy": "nlpfeat.analysis.embeddings",
    "analogies": "nlpfeat.analysis.embeddings",
    "similarity": "nlpfeat.analysis.embeddings",
    "translate": "nlpfeat.analysis.embeddings",
    "export": "nlpfeat.analysis.embeddings",
    "read_questions": "nlpfeat.analysis.embeddings",
    "read_pairs": "nlpfeat.data.text.word_tests",
    "polarity": "nlpfeat.analysis.embeddings",
    "word_map": "nlpfeat.analysis.word_maps",
    "dimensions": "nlpfeat.analysis.dimensions",
    "word_separability": "nlpfeat.analysis.word_separability",
    "predict_text": "nlpfeat.analysis.predictions",
    "predict_texts": "nlpfeat.analysis.predictions",
    "most_wrong": "nlpfeat.analysis.predictions",
    "recommend_model": "nlpfeat.analysis.recommend",
    "RecommendOptions": "nlpfeat.analysis.recommend",
    # ratings
    "items_by_quality": "nlpfeat.analysis.ratings",
    "component_items": "nlpfeat.analysis.ratings",
    "similar_items": "nlpfeat.analysis.ratings",
    "item_map": "nlpfeat.analysis.ratings",
    "known_user": "nlpfeat.analysis.ratings",
    "new_user": "nlpfeat.analysis.new_users",
    "predicted_item": "nlpfeat.analysis.ratings",
    "recommended_items": "nlpfeat.analysis.ratings",
    "recommended_to_all": "nlpfeat.analysis.ratings",
    "predict_pairs": "nlpfeat.analysis.ratings",
    "evaluate_ratings": "nlpfeat.analysis.rating_evaluation",
    "factor_stability": "nlpfeat.analysis.factor_stability",
    "ItemOptions": "nlpfeat.analysis.ratings",
    # characters
    "sample_member": "nlpfeat.analysis.sampling",
    "SamplingOptions": "nlpfeat.analysis.sampling",
    "width_curves": "nlpfeat.analysis.language",
    "member_statistics": "nlpfeat.analysis.language",
    "member_probes": "nlpfeat.analysis.language",
}
__all__ = [*_HOMES]  # noqa: PLE0604  (they are text)

if TYPE_CHECKING:  # for editors and type checkers, which do not run __getattr__
    from nlpfeat.analysis.across_tasks import across_tasks as across_tasks
    from nlpfeat.analysis.basins import BasinOptions as BasinOptions
    from nlpfeat.analysis.basins import basins as basins
    from nlpfeat.analysis.compare import compare as compare
    from nlpfeat.analysis.coordinate_check import coordinate_check as coordinate_check
    from nlpfeat.analysis.dimensions import dimensions as dimensions
    from nlpfeat.analysis.double_descent import double_descent as double_descent
    from nlpfeat.analysis.embeddings import analogies as analogies
    from nlpfeat.analysis.embeddings import analogy as analogy
    from nlpfeat.analysis.embeddings import export as export
    from nlpfeat.analysis.embeddings import neighbours as neighbours
    from nlpfeat.analysis.embeddings import polarity as polarity
    from nlpfeat.analysis.embeddings import read_questions as read_questions
    from nlpfeat.analysis.embeddings import similarity as similarity
    from nlpfeat.analysis.embeddings import translate as translate
    from nlpfeat.analysis.embeddings import word_space as word_space
    from nlpfeat.analysis.ensembles import EnsembleOptions as EnsembleOptions
    from nlpfeat.analysis.ensembles import ensembles as ensembles
    from nlpfeat.analysis.factor_stability import factor_stability as factor_stability
    from nlpfeat.analysis.fine_tuning import FineTuningOptions as FineTuningOptions
    from nlpfeat.analysis.fine_tuning import survival as survival
    from nlpfeat.analysis.geometry import measure as measure
    from nlpfeat.analysis.language import member_probes as member_probes
    from nlpfeat.analysis.language import member_statistics as member_statistics
    from nlpfeat.analysis.language import width_curves as width_curves
    from nlpfeat.analysis.luck import luck as luck
    from nlpfeat.analysis.new_users import new_user as new_user
    from nlpfeat.analysis.predictions import most_wrong as most_wrong
    from nlpfeat.analysis.predictions import predict_text as predict_text
    from nlpfeat.analysis.predictions import predict_texts as predict_texts
    from nlpfeat.analysis.pruning import PruningOptions as PruningOptions
    from nlpfeat.analysis.pruning import prune as prune
    from nlpfeat.analysis.rating_evaluation import evaluate_ratings as evaluate_ratings
    from nlpfeat.analysis.ratings import ItemOptions as ItemOptions
    from nlpfeat.analysis.ratings import component_items as component_items
    from nlpfeat.analysis.ratings import item_map as item_map
    from nlpfeat.analysis.ratings import items_by_quality as items_by_quality
    from nlpfeat.analysis.ratings import known_user as known_user
    from nlpfeat.analysis.ratings import predict_pairs as predict_pairs
    from nlpfeat.analysis.ratings import predicted_item as predicted_item
    from nlpfeat.analysis.ratings import recommended_items as recommended_items
    from nlpfeat.analysis.ratings import recommended_to_all as recommended_to_all
    from nlpfeat.analysis.ratings import similar_items as similar_items
    from nlpfeat.analysis.recipe import RecipeOptions as RecipeOptions
    from nlpfeat.analysis.recommend import RecommendOptions as RecommendOptions
    from nlpfeat.analysis.recommend import recommend_model as recommend_model
    from nlpfeat.analysis.redundancy import RedundancyOptions as RedundancyOptions
    from nlpfeat.analysis.redundancy import redundancy as redundancy
    from nlpfeat.analysis.redundancy import removal_areas as removal_areas
    from nlpfeat.analysis.sampling import SamplingOptions as SamplingOptions
    from nlpfeat.analysis.sampling import sample_member as sample_member
    from nlpfeat.analysis.sections import SectionOptions as SectionOptions
    from nlpfeat.analysis.sections import section as section
    from nlpfeat.analysis.superposition import superposition as superposition
    from nlpfeat.analysis.width_table import WidthTableOptions as WidthTableOptions
    from nlpfeat.analysis.width_table import width_table as width_table
    from nlpfeat.analysis.word_maps import word_map as word_map
    from nlpfeat.analysis.word_separability import word_separability as word_separability
    from nlpfeat.config.files import load_config as load_config
    from nlpfeat.data.text.word_tests import read_pairs as read_pairs
    from nlpfeat.embeddings.space import load_space as load_space
    from nlpfeat.films.scenes import save_film as save_film
    from nlpfeat.geometry.cells import linear_cells as linear_cells
    from nlpfeat.geometry.lines import line_pieces as line_pieces
    from nlpfeat.geometry.planes import plane_through as plane_through
    from nlpfeat.geometry.planes import principal_plane as principal_plane
    from nlpfeat.geometry.representation import cka as cka
    from nlpfeat.geometry.representation import manifold_capacity as manifold_capacity
    from nlpfeat.geometry.representation import separation as separation
    from nlpfeat.parallel import use_all_cores as use_all_cores
    from nlpfeat.plotting.figures.study import save_figures as save_figures
    from nlpfeat.plotting.regions import regions as regions
    from nlpfeat.plotting.style import CLASS_COLOURS as CLASS_COLOURS
    from nlpfeat.plotting.style import STYLE as STYLE
    from nlpfeat.plotting.style import width_colours as width_colours
    from nlpfeat.report.parts import write_report as write_report
    from nlpfeat.report.playground import write_playground as write_playground
    from nlpfeat.study.check import check_study as check_study
    from nlpfeat.study.session import open_study as open_study
    from nlpfeat.study.session import sweep as sweep
    from nlpfeat.sweeps.targets import compile_for as compile_for
    from nlpfeat.sweeps.targets import cuda_target as cuda_target
    from nlpfeat.sweeps.targets import tpu_target as tpu_target
    from nlpfeat.tasks.describe import describe_task as describe_task
    from nlpfeat.tasks.from_arrays import classification_task as classification_task
    from nlpfeat.tasks.registry import TASKS as TASKS
    from nlpfeat.tasks.registry import register_task as register_task
    from nlpfeat.tasks.spec import resolve as resolve


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
