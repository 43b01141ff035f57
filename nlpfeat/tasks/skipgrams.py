"""Word vectors learned without labels: windows of text, real or not."""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

from nlpfeat.config.fields import Count, Positive, Seed
from nlpfeat.data.core import Dataset
from nlpfeat.data.samplers import subsample
from nlpfeat.data.text import windows
from nlpfeat.data.text.windows import SubsampledSpec, WindowSpec
from nlpfeat.models import word_bag
from nlpfeat.models.word_windows import NoiseNet, NoiseNetSpec, WindowNet, WindowNetSpec
from nlpfeat.training.losses import negative_sampling_loss, window_loss
from nlpfeat.training.metrics import tie_baseline, window_accuracy
from nlpfeat.training.optimizers import adam
from nlpfeat.training.task import Goal, Task


class WindowSettings(NamedTuple):
    """Traced settings of nets that score windows."""

    width: Count = 50
    seed: Seed = 0
    learning_rate: Positive = 1e-3


WINDOWS = Task(
    summary="word vectors by telling windows of text from copies with another middle word",
    width="dimension of the word vectors",
    data=WindowSpec,
    model=WindowNetSpec,
    settings=WindowSettings,
    load=lambda spec, model: Dataset(*windows.load(spec)),
    draw=windows.make_splits,
    batch=windows.batch,
    module=lambda model, data, units: WindowNet(units, len(data.vocabulary.words), data.reach, model),
    loss=window_loss,
    metrics=(("accuracy", window_accuracy),),
    optimizer=adam,
    words=word_bag.word_vectors,
    success=Goal(0.9),
    chance=tie_baseline,
    piece=32,
    reading=partial(subsample, 1024),
    classes=False,
    seeded=False,
)

WINDOWS_NOISE = replace(
    WINDOWS,
    summary="word vectors by telling words of a window from noise drawn by frequency",
    data=SubsampledSpec,
    model=NoiseNetSpec,
    module=lambda model, data, units: NoiseNet(
        units, len(data.vocabulary.words), data.reach, data.slots, model
    ),
    loss=negative_sampling_loss,
    loss_units="nats a window",
    success=Goal(0.75),  # frequent words tell most of a window that is wrong, and they are thinned out
)
