"""What comes next in a text: the next word after a few, the next character after all before."""

from functools import partial
from typing import NamedTuple

from nlpfeat.config.fields import Count, Fraction, Positive, Seed
from nlpfeat.data.core import Dataset
from nlpfeat.data.samplers import stream_sampler, streams, subsample
from nlpfeat.data.text import characters, next_words
from nlpfeat.data.text.characters import CharacterSpec
from nlpfeat.data.text.next_words import NextWordSpec
from nlpfeat.models import character_net, word_bag
from nlpfeat.models.character_net import CharacterNet, CharacterNetSpec
from nlpfeat.models.next_word_net import NextWordNet, NextWordNetSpec
from nlpfeat.training.losses import many_class_cross_entropy, next_token_loss
from nlpfeat.training.metrics import accuracy, bits_per_token, next_token_accuracy, unigram_bits
from nlpfeat.training.optimizers import adam
from nlpfeat.training.task import Carry, Goal, Task


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
    input_dropout: Fraction = 0.0
    state_dropout: Fraction = 0.0
    dropout: Fraction = 0.2


CHAR_RNN = Task(
    summary="a text character by character: what comes next",
    width="recurrent units",
    data=CharacterSpec,
    model=CharacterNetSpec,
    settings=CharacterNetSettings,
    load=lambda spec, model: Dataset(*characters.load(spec)),
    draw=characters.make_splits,
    batch=characters.batch,
    order=stream_sampler,
    memory=Carry(character_net.init_carry, character_net.inject_carry, character_net.extract_carry),
    module=lambda model, book, units: CharacterNet(units, len(book.alphabet.letters) + 1, model),
    loss=next_token_loss,
    loss_units="nats a character",
    metrics=(("bits", bits_per_token), ("accuracy", next_token_accuracy)),
    optimizer=adam,
    success=Goal(2.1, falling=True),
    chance=partial(unigram_bits, characters.batch),
    piece=32,
    reading=partial(streams, 32, 2048),
    classes=False,
    seeded=False,
)

NEXT_WORD = Task(
    summary="the next word after a few",
    width="units of each hidden layer",
    data=NextWordSpec,
    model=NextWordNetSpec,
    settings=NextWordSettings,
    load=lambda spec, model: Dataset(*next_words.load(spec)),
    draw=next_words.make_splits,
    batch=next_words.batch,
    module=lambda model, texts, units: NextWordNet(units, len(texts.vocabulary.words), model),
    loss=many_class_cross_entropy,
    metrics=(("accuracy", accuracy),),
    optimizer=adam,
    words=word_bag.word_vectors,
    success=Goal(0.15),
    piece=512,
    reading=partial(subsample, 4096),
    classes=False,
    seeded=False,
)
