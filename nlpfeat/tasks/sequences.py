"""Texts as sequences of words: the classifiers of fast.ai's lesson 5."""

from dataclasses import replace

from nlpfeat.config.fields import Count, DropoutRate, NonNegative, Scalar, settings_class, traced
from nlpfeat.data.text import corpus, sequences
from nlpfeat.data.text.sequences import SequenceSpec
from nlpfeat.models import word_bag
from nlpfeat.models.conv_net import ConvNet, ConvNetSpec, MultiConvNetSpec
from nlpfeat.models.dense_net import DenseNet, DenseNetSpec
from nlpfeat.models.lstm_net import LstmNet, LstmNetSpec
from nlpfeat.models.units import ONE_OF_SEVERAL_LAYERS
from nlpfeat.tasks import fit_texts
from nlpfeat.training.metrics import CLASS_METRICS, Metric, accuracy
from nlpfeat.training.optimizers import adam, adam_with_l2
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.task import DataPipeline, Evaluation, ModelFactory, Task, Views, cross_entropy_descent


@settings_class
class DenseNetSettings(DescentSettings):
    """Settings of the dense net; `dropout` is the fraction of dense units dropped."""

    width: Scalar = traced(100, Count)
    dropout: Scalar = traced(0.7, DropoutRate)


@settings_class
class MultiConvNetSettings(DescentSettings):
    """Settings of convolutions of several kernel sizes; for the fractions dropped see `ConvNet`."""

    width: Scalar = traced(64, Count)
    word_dropout: Scalar = traced(0.2, DropoutRate)
    embedding_dropout: Scalar = traced(0.2, DropoutRate)
    joined_dropout: Scalar = traced(0.5, DropoutRate)
    dropout: Scalar = traced(0.7, DropoutRate)


@settings_class
class ConvNetSettings(DescentSettings):
    """Settings of convolutions of one kernel size; for the fractions dropped see `ConvNet`."""

    width: Scalar = traced(64, Count)
    word_dropout: Scalar = traced(0.2, DropoutRate)
    column_dropout: Scalar = traced(0.0, DropoutRate)
    embedding_dropout: Scalar = traced(0.2, DropoutRate)
    filter_dropout: Scalar = traced(0.2, DropoutRate)
    dropout: Scalar = traced(0.7, DropoutRate)


@settings_class
class LstmNetSettings(DescentSettings):
    """Settings of the LSTM; `l2` multiplies Σ W² of the word table."""

    width: Scalar = traced(100, Count)
    word_dropout: Scalar = traced(0.2, DropoutRate)
    l2: Scalar = traced(1e-6, NonNegative)


IMDB_DENSE = Task(
    name="imdb_dense",
    summary="texts classified by a dense layer on all embedded positions",
    width_label="units of the swept layer",
    data=DataPipeline(
        SequenceSpec,
        corpus.make_splits,
        load=lambda spec, model: sequences.load(spec, model.embedding),
        batch=sequences.batch,
        per_seed=False,
    ),
    model=ModelFactory(
        DenseNetSpec,
        DenseNetSettings,
        build=lambda model, data, units: DenseNet(
            units, len(data.corpus.classes), len(data.vocabulary.words), data.length, model
        ),
        init_override=sequences.pretrained_embedding,
    ),
    learner=cross_entropy_descent(adam),
    evaluation=Evaluation(
        metrics=(Metric("accuracy", accuracy), *CLASS_METRICS), success=0.87, batch_size=250
    ),
    views=Views(word_vectors=word_bag.word_vectors, units=ONE_OF_SEVERAL_LAYERS),
    fit=fit_texts.fit_sequences,
)

IMDB_CNN = replace(
    IMDB_DENSE,
    name="imdb_cnn",
    summary="texts classified by convolutions of one kernel size",
    model=replace(
        IMDB_DENSE.model,
        spec=ConvNetSpec,
        settings=ConvNetSettings,
        build=lambda model, data, units: ConvNet(
            units, len(data.corpus.classes), len(data.vocabulary.words), data.length, model
        ),
    ),
)

IMDB_MULTICNN = replace(
    IMDB_CNN,
    name="imdb_multicnn",
    summary="texts classified by convolutions of several kernel sizes in parallel",
    model=replace(IMDB_CNN.model, spec=MultiConvNetSpec, settings=MultiConvNetSettings),
)

IMDB_LSTM = replace(
    IMDB_DENSE,
    name="imdb_lstm",
    summary="texts classified by an LSTM",
    model=replace(
        IMDB_DENSE.model,
        spec=LstmNetSpec,
        settings=LstmNetSettings,
        build=lambda model, data, units: LstmNet(
            units, len(data.corpus.classes), len(data.vocabulary.words), model
        ),
    ),
    learner=cross_entropy_descent(adam_with_l2("words")),
)
