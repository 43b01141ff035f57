"""Word vectors learned without labels: windows of text, real or not."""

from dataclasses import replace
from functools import partial

from nlpfeat.config.fields import Count, Scalar, settings_class, traced
from nlpfeat.data.samplers import subsample
from nlpfeat.data.text import windows
from nlpfeat.data.text.windows import SubsampledSpec, WindowSpec
from nlpfeat.models import word_bag, word_windows
from nlpfeat.models.word_windows import NoiseNet, NoiseNetSpec, WindowNet, WindowNetSpec
from nlpfeat.training.losses import negative_sampling_loss, window_loss
from nlpfeat.training.metrics import Metric, tie_baseline, window_accuracy
from nlpfeat.training.optimizers import adam
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.task import DataPipeline, Evaluation, GradientDescent, ModelFactory, Task, Views


@settings_class
class WindowSettings(DescentSettings):
    """Settings of nets that score windows."""

    width: Scalar = traced(50, Count)


WINDOWS = Task(
    name="windows",
    summary="word vectors by classifying windows of text as real or corrupted in the middle word",
    width_label="dimension of the word vectors",
    data=DataPipeline(
        WindowSpec,
        windows.make_splits,
        load=lambda spec, model: windows.load(spec),
        batch=windows.batch,
        per_seed=False,
    ),
    model=ModelFactory(
        WindowNetSpec,
        WindowSettings,
        build=lambda model, data, units: WindowNet(
            units, len(data.vocabulary.words), data.context_radius, model
        ),
    ),
    learner=GradientDescent(Metric("loss", window_loss, "nats", "min"), adam),
    evaluation=Evaluation(
        metrics=(Metric("accuracy", window_accuracy),),
        success=0.9,
        baseline=tie_baseline,
        batch_size=32,
        indices=partial(subsample, 1024),
        kind="ranking",
    ),
    views=Views(word_vectors=word_bag.word_vectors),
)

WINDOWS_NOISE = replace(
    WINDOWS,
    name="windows_noise",
    summary="word vectors by negative sampling (skip-grams)",
    data=replace(WINDOWS.data, spec=SubsampledSpec),
    model=ModelFactory(
        NoiseNetSpec,
        WindowSettings,
        build=lambda model, data, units: NoiseNet(
            units, len(data.vocabulary.words), data.context_radius, data.max_kept, data.buckets, model
        ),
        layered=False,
    ),
    learner=GradientDescent(Metric("loss", negative_sampling_loss, "nats per window", "min"), adam),
    views=Views(word_vectors=word_windows.word_vectors),
    # Frequent words give most corrupted windows away, and they are subsampled.
    evaluation=replace(WINDOWS.evaluation, success=0.75),
)
