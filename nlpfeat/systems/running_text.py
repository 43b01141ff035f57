"""What comes next in a text: the next word after a few, the next character after all before."""

from functools import partial
from typing import NamedTuple

from nlpfeat.data import characters, next_words
from nlpfeat.data.characters import CharacterSpec
from nlpfeat.data.examples import lanes, spread
from nlpfeat.data.next_words import NextWordSpec
from nlpfeat.data.order import lane_order
from nlpfeat.models import character_net, word_bag
from nlpfeat.models.character_net import CharacterNet, CharacterNetSpec
from nlpfeat.models.next_word_net import NextWordNet, NextWordNetSpec
from nlpfeat.settings import Count, Positive, Seed, Share
from nlpfeat.training.chance import token_bits
from nlpfeat.training.losses import many_class_cross_entropy, next_token
from nlpfeat.training.metrics import accuracy, bits, next_right
from nlpfeat.training.optimizers import adam
from nlpfeat.training.task import Goal, Memory, Source, Task


class NextWordSettings(NamedTuple):
    """Traced settings of nets that read a few words."""

    width: Count = 100
    seed: Seed = 0
    learning_rate: Positive = 1e-3


class CharacterNetSettings(NamedTuple):
    """Traced settings of nets that read characters; the shares that are dropped are told by `CharacterNet`."""

    width: Count = 256
    seed: Seed = 0
    learning_rate: Positive = 2e-3
    input_dropout: Share = 0.0
    state_dropout: Share = 0.0
    dropout: Share = 0.2


CHAR_RNN = Task(
    summary="a text character by character: what comes next",
    width="recurrent units",
    data=CharacterSpec,
    model=CharacterNetSpec,
    settings=CharacterNetSettings,
    load=lambda spec, model: Source(*characters.load(spec)),
    draw=characters.draw,
    batch=characters.batch,
    order=lane_order,
    memory=Memory(character_net.fresh, character_net.recall, character_net.keep),
    module=lambda model, book, units: CharacterNet(units, len(book.alphabet.letters) + 1, model),
    loss=next_token,
    loss_units="nats a character",
    metrics=(("bits", bits), ("accuracy", next_right)),
    optimizer=adam,
    success=Goal(2.1, falling=True),
    chance=partial(token_bits, characters.batch),
    piece=32,
    reading=partial(lanes, 32, 2048),
    classes=False,
    seeded=False,
)

NEXT_WORD = Task(
    summary="the next word after a few",
    width="units of each hidden layer",
    data=NextWordSpec,
    model=NextWordNetSpec,
    settings=NextWordSettings,
    load=lambda spec, model: Source(*next_words.load(spec)),
    draw=next_words.draw,
    batch=next_words.batch,
    module=lambda model, texts, units: NextWordNet(units, len(texts.vocabulary.words), model),
    loss=many_class_cross_entropy,
    metrics=(("accuracy", accuracy),),
    optimizer=adam,
    words=word_bag.words,
    success=Goal(0.15),
    piece=512,
    reading=partial(spread, 4096),
    classes=False,
    seeded=False,
)
