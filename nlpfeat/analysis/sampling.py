"""Text sampled from a character network, one character at a time, and the states of its units while it reads."""

import logging
import math
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike
from jaxtyping import Float, Int, Integer, PyTree

from nlpfeat.config.fields import Settings
from nlpfeat.data.core import Outputs, Params
from nlpfeat.data.text.characters import Alphabet, Book, CharacterSpan, CharacterSpec, Window
from nlpfeat.errors import UserError
from nlpfeat.keys import stream
from nlpfeat.models.batch_norm import Network
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.session import Study
from nlpfeat.training.task import Task

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SamplingOptions:
    """How texts are sampled.

    Attributes:
      temperature: divides the scores before the softmax: 1 samples from the network's own distribution, 0 always takes the most
        probable character.
      characters: sampled per text.
      texts: number of texts, all from the same prompt.
      sample_seed: of the random numbers. Equal seeds and options give equal texts.
    """

    temperature: float = 0.8
    characters: int = 320
    texts: int = 1
    sample_seed: int = 0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature >= 0):
            raise UserError(f"temperature: {self.temperature:g} must be a finite number, at least 0")
        if min(self.characters, self.texts) < 1:
            raise UserError("characters and texts must be at least 1")


def require_characters(task: Task, where: object) -> None:
    """Check that the networks of a task read a text character by character.

    Args:
      where: the study, for the message.

    Raises:
      UserError: if they do not.
    """
    if not issubclass(task.data.spec, CharacterSpec):
        raise UserError(
            f"{where} is a study of {task.name}, whose networks do not write: name one of char_rnn or char_transformer, such as runs/char_rnn"
        )


def book_of(study: Study) -> Book:
    """The text of a study of character networks; logs a note where none of it is held out.

    Raises:
      UserError: if its networks do not read characters, or the text has changed.
    """
    require_characters(study.task, study.path)
    book: Book = study.dataset.metadata
    if not book.holds_out:
        log.warning(
            "%s holds no text out: its networks are evaluated on the training text, which is not new to them",
            study.path,
        )
    return book


def warn_of_unknown_characters(alphabet: Alphabet, prompt: str) -> None:
    """Log the characters of a prompt that are not in the alphabet."""
    unknown = [char for char in alphabet.normalize(prompt) if char not in alphabet.characters]
    if unknown:
        names = " ".join(map(repr, dict.fromkeys(unknown)))
        log.warning("characters outside the network's alphabet, which it cannot tell apart: %s", names)


def sample_member(
    member: TrainedMember, prompt: str, options: SamplingOptions = SamplingOptions()
) -> list[str]:
    """Texts that a trained character network writes after a prompt. As `sample_text`."""
    alphabet = member.dataset.metadata.alphabet
    return sample_text(member.module, member.params, member.settings, alphabet, prompt, options)


def sample_text(
    module: Network,
    params: Params,
    settings: Settings,
    alphabet: Alphabet,
    prompt: str,
    options: SamplingOptions,
) -> list[str]:
    """Texts that a character network writes after a prompt, without the prompt.

    Args:
      module: a network that returns "scores" and the "state" after what it has read, as `CharacterNet` and `CharacterTransformer`.
      params: of the module.
      settings: scalars of the member.
      alphabet: of the training text. Characters outside it are never sampled.
      prompt: at least one character.
      options: temperature, length, number and seed of the texts.

    Raises:
      UserError: if the prompt is empty.
    """
    if not prompt:
        raise UserError("an empty prompt: give at least one character to go on from")
    tokens = alphabet.encode(prompt).astype(np.int32)  # lower case may be longer: İ becomes two characters
    prompts = np.broadcast_to(tokens, (options.texts, len(tokens)))
    key, temperature = stream(options.sample_seed, "write"), jnp.float32(options.temperature)
    sampled = _sample(module, params, settings, prompts, key, temperature, options.characters)
    return [alphabet.decode(row) for row in np.asarray(sampled)]


CarriedState = PyTree  # what a network knows of the characters before; None before the first


@partial(jax.jit, static_argnames=("module", "length"))
def _sample(
    module: Network,
    params: Params,
    settings: Settings,
    prompts: Int[Array | np.ndarray, "texts characters"],
    key: Array,
    temperature: Array,
    length: int,
) -> Int[Array, "texts length"]:
    """Read the prompts, then sample a character and read it, `length` times."""

    def read(tokens: Array, state: CarriedState) -> tuple[Array, CarriedState]:
        outputs = _read(module, params, settings, tokens, state)
        return outputs["scores"][:, -1], outputs["state"]

    def step(carry: tuple[Array, CarriedState], key: Array) -> tuple[tuple[Array, CarriedState], Array]:
        scores, state = carry
        tokens = sample_token(key, scores, temperature)
        return read(tokens[:, None], state), tokens

    _, sampled = jax.lax.scan(step, read(jnp.asarray(prompts), None), jax.random.split(key, length))
    return sampled.T


def sample_token(
    key: Array, scores: Float[Array | np.ndarray, "n vocab_size"], temperature: ArrayLike
) -> Int[Array, " n"]:
    """One token per row of scores; token 0, which stands for unknown characters, is never sampled.

    Args:
      key: of the random numbers.
      scores: logits of the next token.
      temperature: of the softmax; 0 takes the largest score.
    """
    known = jnp.asarray(scores).at[:, 0].set(-jnp.inf)
    sampled = jax.random.categorical(key, known / jnp.maximum(temperature, 1e-6))
    return jnp.where(jnp.asarray(temperature) > 0, sampled, known.argmax(1)).astype(jnp.int32)


def unit_activations(
    module: Network, params: Params, settings: Settings, tokens: Integer[np.ndarray, " characters"]
) -> Float[np.ndarray, "characters units"]:
    """What every unit keeps after each character of a text that is read from its beginning, layer after layer.

    Args:
      module: a network whose outputs include "units" (n, units), as `CharacterNet` and `CharacterTransformer`.
      params: of the module.
      settings: scalars of the member.
      tokens: of the text's characters.
    """
    return np.asarray(_activations(module, params, settings, jnp.asarray(tokens, jnp.int32)))


@partial(jax.jit, static_argnames="module")
def _activations(
    module: Network, params: Params, settings: Settings, tokens: Int[Array, " characters"]
) -> Float[Array, "characters units"]:
    def step(state: CarriedState, token: Array) -> tuple[CarriedState, Array]:
        outputs = _read(module, params, settings, token[None, None], state)
        return outputs["state"], outputs["units"][0]

    first = _read(module, params, settings, tokens[None, :1], None)
    _, rest = jax.lax.scan(step, first["state"], tokens[1:])
    return jnp.concatenate([first["units"], rest])


def _read(module: Network, params: Params, settings: Settings, tokens: Array, state: CarriedState) -> Outputs:
    """Outputs for tokens (n, length) that continue from `state`."""
    nowhere = jnp.zeros(len(tokens), jnp.int32)
    outputs: PyTree = module.apply(
        {"params": params}, Window(tokens, CharacterSpan(nowhere, nowhere), state), settings
    )
    return outputs
