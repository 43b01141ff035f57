"""Word vectors learned without labels: windows of text, real or not."""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

from nlpfeat.data import stretches, windows
from nlpfeat.data.examples import spread
from nlpfeat.data.windows import ThinnedSpec, WindowSpec
from nlpfeat.models import word_bag
from nlpfeat.models.noise_net import NoiseNet, NoiseNetSpec
from nlpfeat.models.window_net import WindowNet, WindowNetSpec
from nlpfeat.settings import Count, Positive, Seed
from nlpfeat.training.chance import tie
from nlpfeat.training.losses import noise_contrast, real_or_not
from nlpfeat.training.metrics import real_above_wrong
from nlpfeat.training.optimizers import adam
from nlpfeat.training.task import Goal, Source, Task


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
    load=lambda spec, model: Source(*windows.load(spec)),
    draw=stretches.draw,
    batch=stretches.batch,
    module=lambda model, data, units: WindowNet(units, len(data.vocabulary.words), data.reach, model),
    loss=real_or_not,
    metrics=(("accuracy", real_above_wrong),),
    optimizer=adam,
    words=word_bag.words,
    success=Goal(0.9),
    chance=tie,
    piece=32,
    reading=partial(spread, 1024),
    classes=False,
    seeded=False,
)

WINDOWS_NOISE = replace(
    WINDOWS,
    summary="word vectors by telling words of a window from noise drawn by frequency",
    data=ThinnedSpec,
    model=NoiseNetSpec,
    module=lambda model, data, units: NoiseNet(
        units, len(data.vocabulary.words), data.reach, data.slots, model
    ),
    loss=noise_contrast,
    loss_units="nats a window",
    success=Goal(0.75),  # frequent words tell most of a window that is wrong, and they are thinned out
)
