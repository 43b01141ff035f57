"""Let a character network write: sample texts that continue a prompt."""

import argparse
from typing import TYPE_CHECKING

from nlpfeat.cli import parsing
from nlpfeat.cli.parsing import Command, Parser, add_count, require_range
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    from nlpfeat.study.session import Study

MAX_CHARACTERS, MAX_TEXTS = 1_000_000, 100


def add_flags(parser: Parser) -> None:
    """All flags but those of further axes."""
    parsing.add_study(parser, "runs/char_rnn")
    parsing.add_member(parser)
    parser.add_argument(
        "--prompt", metavar="TEXT", help="text to continue (default: the beginning of the held-out text)"
    )
    add_temperature(parser)
    add_count(parser, "--characters", 320, "number of characters per text")
    add_count(parser, "--texts", 1, "number of texts")
    add_count(parser, "--sample-seed", 0, "seed of the sampling")
    parsing.add_json(parser)


def add_temperature(parser: Parser) -> None:
    """The flag of the sampling temperature."""
    description = (
        "of the softmax: 1 samples from the network's own distribution, 0 takes the most probable character"
    )
    parser.add_argument(
        "--temperature", type=float, default=0.8, metavar="X", help=f"{description} (default: %(default)s)"
    )


def open_characters(args: argparse.Namespace) -> "Study":
    """Open a study of character networks.

    Raises:
      UserError: if it is of another task.
    """
    from nlpfeat.analysis.sampling import require_characters
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.study.session import open_study

    use_all_cores()
    study = open_study(args.study)
    require_characters(study.task, study.path)
    return study


def run(args: argparse.Namespace, line: str) -> int:
    """Print the texts, each after its prompt."""
    require_range(args, "temperature", 0)
    require_range(args, "characters", 1, MAX_CHARACTERS)
    require_range(args, "texts", 1, MAX_TEXTS)
    require_range(args, "sample_seed", 0, 2**31 - 1)
    if args.prompt == "":
        raise UserError("--prompt: give at least one character, or leave it out")

    from nlpfeat.analysis.sampling import SamplingOptions, book_of, sample_member, warn_of_unknown_characters
    from nlpfeat.cli.members import member_of
    from nlpfeat.cli.tables import print_json, printable

    study = open_characters(args)
    member = study.restore_converged(args.step, **member_of(study, args))
    prompt = book_of(study).prompt if args.prompt is None else args.prompt
    alphabet = study.dataset.metadata.alphabet
    warn_of_unknown_characters(alphabet, prompt)
    options = SamplingOptions(args.temperature, args.characters, args.texts, args.sample_seed)
    texts, prompt = sample_member(member, prompt, options), alphabet.normalize(prompt)
    if args.json:
        member_fields = {"member": member.id, "step": member.step, "temperature": options.temperature}
        print_json(member_fields | {"sample_seed": options.sample_seed, "prompt": prompt, "texts": texts})
        return 0
    print("\n\n".join(printable(prompt + text) for text in texts))
    return 0


COMMAND = Command(
    "write",
    "let a character network write: sample texts that continue a prompt",
    add_flags,
    run,
    description="The same member, prompt, temperature and --sample-seed give the same texts.",
    examples=(
        'nlpfeat write --study=runs/char_rnn-best --width=256 --seed=0 --prompt "ethics is a basic foundation of all that"',
        "nlpfeat write --study=runs/char_rnn-best --width=256 --seed=0 --temperature=0.5 --characters=2000 --sample-seed=7",
        "nlpfeat write --study=runs/char_rnn-best --width=256 --seed=0 --step=100     # early in training",
    ),
    python='nlpfeat.sample_member(nlpfeat.open_study("runs/char_rnn-best").restore(width=256, seed=0), "ethics is")',
)
