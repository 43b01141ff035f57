"""What comes next in a text: the next word of a text, from the words before it, the next character after all before."""

from dataclasses import replace
from functools import partial

from nlpfeat.config.fields import Count, DropoutRate, Multiple, Positive, Scalar, settings_class, traced
from nlpfeat.data.samplers import epoch_sampler, stream_sampler, streams, subsample
from nlpfeat.data.text import characters, next_words
from nlpfeat.data.text.characters import CharacterSpec
from nlpfeat.data.text.next_words import NextWordSpec
from nlpfeat.models import character_net, word_bag
from nlpfeat.models.character_net import CharacterNet, CharacterNetSpec
from nlpfeat.models.character_transformer import CharacterTransformer, CharacterTransformerSpec
from nlpfeat.models.next_word_net import NextWordNet, NextWordNetSpec
from nlpfeat.models.units import ONE_RECURRENT_LAYER
from nlpfeat.training.losses import (
    many_class_cross_entropy,
    next_token_loss,
    uniform_cross_entropy,
    uniform_next_token_loss,
)
from nlpfeat.training.metrics import Metric, accuracy, bits_per_token, next_token_accuracy, unigram_bits
from nlpfeat.training.optimizers import adam
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.task import (
    Carry,
    DataPipeline,
    Evaluation,
    GradientDescent,
    ModelFactory,
    Task,
    Views,
)


@settings_class
class NextWordSettings(DescentSettings):
    """Settings of nets that read a few words."""

    width: Scalar = traced(100, Count)


@settings_class
class CharacterNetSettings(DescentSettings):
    """Settings of nets that read characters; for the fractions dropped see `CharacterNet`."""

    width: Scalar = traced(256, Count)
    learning_rate: Scalar = traced(2e-3, Positive)
    input_dropout: Scalar = traced(0.0, DropoutRate)
    state_dropout: Scalar = traced(0.0, DropoutRate)
    dropout: Scalar = traced(0.2, DropoutRate)


@settings_class
class CharacterTransformerSettings(DescentSettings):
    """Settings of transformers that read characters; for the fraction dropped see `CharacterTransformer`."""

    width: Scalar = traced(128, Count)
    dropout: Scalar = traced(0.0, DropoutRate)


CHAR_RNN = Task(
    name="char_rnn",
    summary="the next character of a text, by a recurrent network",
    width_label="recurrent units",
    data=DataPipeline(
        CharacterSpec,
        characters.make_splits,
        load=lambda spec, model: characters.load(spec),
        batch=characters.batch,
        per_seed=False,
    ),
    model=ModelFactory(
        CharacterNetSpec,
        CharacterNetSettings,
        build=lambda model, book, units: CharacterNet(units, len(book.alphabet.characters) + 1, model),
        carry=Carry(character_net.init_carry, character_net.inject_carry, character_net.extract_carry),
    ),
    learner=GradientDescent(
        Metric("loss", next_token_loss, "nats per character", "min"),
        adam,
        sampler=stream_sampler,
        uniform_loss=uniform_next_token_loss,
    ),
    evaluation=Evaluation(
        metrics=(
            Metric("bits", bits_per_token, "bits per character", "min"),
            Metric("accuracy", next_token_accuracy),
        ),
        success=2.1,
        baseline=partial(unigram_bits, characters.batch),
        batch_size=32,
        indices=partial(streams, 32, 2048),
        kind="sequence",
    ),
    views=Views(units=ONE_RECURRENT_LAYER),
)

# Each window is read on its own, so windows come in any order.
CHAR_TRANSFORMER = replace(
    CHAR_RNN,
    name="char_transformer",
    summary="the next character of a text, by a causal transformer",
    width_label="units of every block",
    model=ModelFactory(
        CharacterTransformerSpec,
        CharacterTransformerSettings,
        build=lambda model, book, units: CharacterTransformer(
            units, len(book.alphabet.characters) + 1, book.window, model
        ),
        limits=lambda model, data: {"width": Multiple(model.heads, "config.model.heads")},
        layered=False,
    ),
    learner=replace(CHAR_RNN.learner, sampler=epoch_sampler),
    evaluation=replace(CHAR_RNN.evaluation, indices=partial(subsample, 2048)),
    views=Views(),  # heads share the units of a block
)

NEXT_WORD = Task(
    name="next_word",
    summary="the next word of a text, from the words before it",
    width_label="units of each hidden layer",
    data=DataPipeline(
        NextWordSpec,
        next_words.make_splits,
        load=lambda spec, model: next_words.load(spec),
        batch=next_words.batch,
        per_seed=False,
    ),
    model=ModelFactory(
        NextWordNetSpec,
        NextWordSettings,
        build=lambda model, texts, units: NextWordNet(units, len(texts.vocabulary.words), model),
    ),
    learner=GradientDescent(
        Metric("loss", many_class_cross_entropy, "nats", "min"), adam, uniform_loss=uniform_cross_entropy
    ),
    evaluation=Evaluation(
        metrics=(Metric("accuracy", accuracy),),
        success=0.15,
        batch_size=512,
        indices=partial(subsample, 4096),
        kind="sequence",
    ),
    views=Views(word_vectors=word_bag.word_vectors),
)
