"""Whether a page can train the networks of a study as the study did, and by which numbers."""

import numpy as np
from jaxtyping import PyTree

from nlpfeat.report.nets import Recipe
from nlpfeat.store.results import further_axes
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.session import Study
from nlpfeat.training.learning_rates import CONSTANT
from nlpfeat.training.optimizers import adam_l2
from nlpfeat.training.recipe import used_parts
from nlpfeat.training.task import GradientDescent


def trains_as_the_page(study: Study) -> bool:
    """Whether all members train by Adam with L2, on all points, at one constant rate: what the pages' train.js does."""
    learner, training = study.task.learner, study.spec.training
    if not isinstance(learner, GradientDescent) or learner.optimizer is not adam_l2:
        return False
    axes = {
        name: np.atleast_1d(study.results[name].to_numpy()).tolist() for name in further_axes(study.results)
    }
    values = {name: axes.get(name, [value]) for name, value in vars(study.spec.settings).items()}
    return (
        not training.batch_size
        and len(training.steps) == 1
        and not training.lr_scales
        and not used_parts(study.spec.settings, values)
        and set(values["schedule"]) == {CONSTANT}
        and set(values["warmup_steps"]) == {0}
    )


def recipe_of(member: TrainedMember) -> Recipe:
    """The learning rate and weight decay of a member, as they were written: not as single precision has them."""
    settings: PyTree = member.settings
    return Recipe(
        *(
            float(f"{float(np.asarray(value)):.7g}")
            for value in (settings.learning_rate, settings.weight_decay)
        )
    )
