"""Sampling from character networks: the distribution of the samples, and the state carried from character to character."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import chisquare

from nlpfeat.analysis.sampling import SamplingOptions, sample_text, sample_token, unit_activations
from nlpfeat.data.text.characters import Alphabet, Window
from nlpfeat.errors import UserError
from nlpfeat.models.character_net import CharacterNet, CharacterNetSpec
from nlpfeat.tasks.next_token import CharacterNetSettings

ALPHABET = Alphabet("abcd ", lower=True)
SETTINGS = CharacterNetSettings(width=np.int32(4), seed=np.int32(0))


@pytest.fixture(scope="module")
def net():
    """A net of two layers with large weights, and its parameters."""
    module = CharacterNet(4, 6, CharacterNetSpec(cell="lstm", layers=2, embedding=3))
    window = Window(jnp.zeros((1, 2), jnp.int32), None, None)
    params = jax.jit(module.init)(jax.random.key(0), window, SETTINGS)["params"]
    rng = np.random.default_rng(0)
    return module, jax.tree.map(lambda p: jnp.asarray(1.5 * rng.normal(size=p.shape), jnp.float32), params)


def sample(net, prompt, **options):
    return sample_text(*net, SETTINGS, ALPHABET, prompt, SamplingOptions(**options))


def scores(net, text):
    """After each character of a text, read at once."""
    module, params = net
    tokens = jnp.asarray(ALPHABET.encode(text)[None].astype(np.int32))
    trace = jax.jit(module.apply)({"params": params}, Window(tokens, None, None), SETTINGS)
    return np.array(trace["scores"][0], np.float64)


def test_at_temperature_0_the_likeliest_is_written(net):
    (found,) = sample(net, "Ab", temperature=0.0, characters=12, sample_seed=3)
    given = scores(net, "ab" + found[:-1])[1:]
    given[:, 0] = -np.inf
    assert found == ALPHABET.decode(given.argmax(1))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_characters_are_drawn_by_the_softmax(temperature):
    """Chi-square of 20,000 draws; the kind of unknown characters is never drawn, however high its score."""
    given = np.array([9.0, 1.0, -0.5, 0.3, 2.0])
    many = jnp.broadcast_to(jnp.asarray(given, jnp.float32), (20_000, 5))
    drawn = np.bincount(sample_token(jax.random.key(1), many, temperature), minlength=5)
    chances = np.exp(given[1:] / temperature)
    assert drawn[0] == 0
    assert chisquare(drawn[1:], 20_000 * chances / chances.sum()).pvalue > 1e-3


def test_the_first_character_written_follows_the_nets_own_chances(net):
    texts = sample(net, "ab c", temperature=1.0, characters=1, texts=4000)
    chances = np.exp(scores(net, "ab c")[-1, 1:])
    counts = np.array([texts.count(letter) for letter in ALPHABET.characters])
    likely = 4000 * chances / chances.sum() > 5
    expected = counts[likely].sum() * chances[likely] / chances[likely].sum()
    assert chisquare(counts[likely], expected).pvalue > 1e-3


def test_equal_seeds_give_equal_texts_and_others_do_not(net):
    first, again, other = (
        sample(net, "a", temperature=1.0, characters=40, sample_seed=seed)[0] for seed in (5, 5, 6)
    )
    assert first == again != other
    with pytest.raises(UserError, match="empty prompt"):
        sample(net, "", characters=4)


def test_states_are_those_of_reading_on(net):
    module, params = net
    numbers = ALPHABET.encode("abd cab")
    found = unit_activations(module, params, SETTINGS, numbers)
    assert found.shape == (7, 8)
    for length in (1, 4, 7):
        window = Window(jnp.asarray(numbers[None, :length].astype(np.int32)), None, None)
        after = jax.jit(module.apply)({"params": params}, window, SETTINGS)["state"]
        np.testing.assert_allclose(
            found[length - 1], np.concatenate([layer[-1][0] for layer in after]), atol=1e-5
        )
