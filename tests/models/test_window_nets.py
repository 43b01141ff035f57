"""Nets that tell real windows from others, against loops over windows, pairs and noise words."""

import jax
import numpy as np
import pytest
from flax.core.meta import unbox

from nlpfeat.data.text import windows
from nlpfeat.data.text.windows import SubsampledSpec
from nlpfeat.models.word_windows import noise_words, other_words, subsampled
from nlpfeat.tasks.skipgrams import WINDOWS, WINDOWS_NOISE
from tests.data.test_windows import written

RADIUS = 2


@pytest.fixture(scope="module", params=[WINDOWS, WINDOWS_NOISE], ids=["windows", "windows_noise"])
def asked(request, tmp_path_factory):
    """A net of width 3 padded to 5, its parameters, a batch, its trace in training, and the key of its noise."""
    task = request.param
    path, _ = written(tmp_path_factory.mktemp("text"), [330, 3, 9, 40], words=9)
    spec = SubsampledSpec(
        path=path, context_radius=RADIUS, vocab_size=8, validation_share=0.0, subsample=0.05
    )
    dataset = windows.load(spec)
    stream, texts = dataset.arrays, dataset.metadata
    batch = task.data.batch(stream, windows.make_splits(texts, None)["train"], None)
    settings = task.model.settings(width=np.int32(3), seed=np.int32(0))
    module = task.model.build(task.model.spec(), texts, 5)
    params = unbox(module.init(jax.random.key(1), batch.inputs, settings)["params"])
    params = jax.tree.map(lambda p: np.random.default_rng(p.size).normal(size=p.shape), params)
    trace = module.apply({"params": params}, batch.inputs, settings)
    return task, texts, batch, params, trace


def test_scores_are_those_of_each_window_and_its_copy(asked):
    task, texts, batch, params, trace = asked
    words = np.asarray(batch.inputs.words)
    key = jax.random.key(0)
    key = key if task is WINDOWS else jax.random.split(key, 3)[2]
    other = np.asarray(other_words(key, batch.inputs.words, len(texts.vocabulary.words)))

    def score(window):
        if task is WINDOWS:
            vectors = params["words"]["table"][window][:, :3]
            hidden = np.tanh(np.einsum("td,tdh->h", vectors, params["weight"][:, :3]) + params["bias"])
            return hidden @ params["score"]["weight"][:, 0] + params["score"]["bias"][0]
        middle = params["middles"]["table"][window[RADIUS]][:3]
        around = params["words"]["table"][window][:, :3]
        nearness = [0.5, 1, 0, 1, 0.5]
        return sum(weight * vector @ middle for weight, vector in zip(nearness, around, strict=True))

    places = np.argwhere(np.asarray(trace["windows"]))
    assert len(places) == 330 + 9 + 40 - 3 * 2 * RADIUS
    loss, right = np.zeros(len(words)), np.zeros(len(words))
    for row, place in places:
        window = words[row, place - RADIUS : place + RADIUS + 1].copy()
        real = score(window)
        window[RADIUS] = other[row, place]
        wrong = score(window)
        assert trace["real"][row, place] == pytest.approx(real, abs=1e-4)
        assert trace["wrong"][row, place] == pytest.approx(wrong, abs=1e-4)
        loss[row] += (np.log1p(np.exp(-real)) + np.log1p(np.exp(wrong))) / 2
        right[row] += real > wrong
    targets = np.asarray(batch.targets)
    np.testing.assert_allclose(task.evaluation.headline.fn(trace, targets), right / targets, rtol=1e-5)
    if task is WINDOWS:
        np.testing.assert_allclose(task.learner.loss.fn(trace, targets), loss / targets, rtol=1e-4)


def test_noise_loss_is_the_sum_over_pairs_and_noise_words(asked):
    task, texts, batch, params, trace = asked
    if task is WINDOWS:
        return
    thin_key, noise_key, _ = jax.random.split(jax.random.key(0), 3)
    kept = jax.device_get(subsampled(thin_key, batch.inputs, texts.max_kept))
    noise = np.asarray(noise_words(noise_key, batch.inputs.noise, (len(kept.words), 64)))
    middle, context = (params[name]["table"][:, :3] for name in ("middles", "words"))

    def cost(x):
        return np.log1p(np.exp(x))

    total, same = np.zeros(len(kept.words)), 0
    for row in range(len(kept.words)):
        for t in range(texts.max_kept):
            if not kept.middle[row, t]:
                continue
            for c in range(max(0, t - RADIUS), min(texts.max_kept, t + RADIUS + 1)):
                if c == t or kept.document[row, c] != kept.document[row, t]:
                    continue
                weight = (RADIUS + 1 - abs(t - c)) / RADIUS
                around = context[kept.words[row, c]]
                total[row] += weight * cost(-middle[kept.words[row, t]] @ around)
                for word in noise[row]:
                    if word == kept.words[row, t]:
                        same += 1
                    else:
                        total[row] += weight * 5 / 64 * cost(middle[word] @ around)
    assert same > 100  # the replaced word never equals the original: here it often would
    targets = np.asarray(batch.targets)
    np.testing.assert_allclose(task.learner.loss.fn(trace, targets), total / targets, rtol=1e-4)


def test_in_training_noise_is_drawn_anew_and_else_it_is_not(asked):
    task, texts, batch, params, trace = asked
    settings = task.model.settings(width=np.int32(3), seed=np.int32(0))
    module = task.model.build(task.model.spec(), texts, 5)

    def ask(**more):
        return np.asarray(module.apply({"params": params}, batch.inputs, settings, **more)["wrong"])

    first, second = (ask(train=True, rngs={"dropout": jax.random.key(i)}) for i in (1, 2))
    assert (first != second).any()
    np.testing.assert_array_equal(ask(), trace["wrong"])
