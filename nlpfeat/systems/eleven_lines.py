"""Four rows and their exclusive or, by two layers of sigmoids."""

from typing import NamedTuple

from nlpfeat.data import four_rows
from nlpfeat.models.eleven_lines import ElevenLines, ElevenLinesSpec
from nlpfeat.settings import Count, Positive, Seed
from nlpfeat.training.losses import half_squared_error
from nlpfeat.training.metrics import accuracy
from nlpfeat.training.optimizers import plain
from nlpfeat.training.task import Task


class ElevenLinesSettings(NamedTuple):
    """Traced settings of the eleven lines. Their step adds up four rows where ours takes the mean: so 4 is their 1."""

    width: Count = 4
    seed: Seed = 0
    learning_rate: Positive = 4.0


ELEVEN_LINES = Task(
    summary="the exclusive or of two columns, by sigmoid layers on four rows",
    width="hidden sigmoids",
    data=four_rows.FourRowsSpec,
    model=ElevenLinesSpec,
    settings=ElevenLinesSettings,
    draw=four_rows.draw,
    module=lambda model, data, units: ElevenLines(units),
    loss=half_squared_error,
    loss_units="½ squared error",
    metrics=(("accuracy", accuracy),),
    optimizer=plain,
    seeded=False,
)
