"""Compile training programs for accelerators that are not here."""

import argparse
import os
import sys
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_json
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    from nlpfeat.sweeps.targets import Compiled, Target

# What libtpu would ask a TPU machine's metadata server for; and several may compile at a time, as none holds a chip.
TPU_VARIABLES = {
    "ALLOW_MULTIPLE_LIBTPU_LOAD": "1",
    "TPU_SKIP_MDS_QUERY": "1",
    "TPU_WORKER_HOSTNAMES": "localhost",
    "TPU_ACCELERATOR_TYPE": "v5litepod-4",
}


def add_configs(parser: Parser) -> None:
    """Flags of every target."""
    parser.add_argument(
        "configs", nargs="*", metavar="CONFIG", help="configs or tasks (default: every task, at its defaults)"
    )
    add_json(parser)


def add_tpu_flags(parser: Parser) -> None:
    """The topology, and what all targets take."""
    parser.add_argument("topology", metavar="TOPOLOGY", help="a kind of TPU and its grid of chips: v5e:2x2")
    add_configs(parser)


def run_tpu(args: argparse.Namespace, line: str) -> int:
    """Compile for a TPU, and print the table."""
    for name, value in TPU_VARIABLES.items():
        os.environ.setdefault(name, value)
    _on_cpu()
    from nlpfeat.sweeps.targets import tpu_target

    return _run(tpu_target(args.topology), args)


def run_cuda(args: argparse.Namespace, line: str) -> int:
    """Lower for CUDA, and print the table."""
    _on_cpu()
    from nlpfeat.sweeps.targets import cuda_target

    return _run(cuda_target(), args)


def _on_cpu() -> None:
    import jax

    jax.config.update("jax_platforms", "cpu")


def _run(target: "Target", args: argparse.Namespace) -> int:
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_json
    from nlpfeat.sweeps.targets import compile_for
    from nlpfeat.tasks.registry import TASKS
    from nlpfeat.tasks.spec import read_config, resolve

    references = args.configs or list(TASKS)
    found, mistakes = [], []
    for reference in track(references, "programs", len(references)):
        try:
            spec = resolve(read_config(reference), args.overrides)
            found.append(compile_for(spec, target))
        except UserError as error:
            mistakes.append(f"{reference}: {error}")
    if args.json:
        print_json([one._asdict() for one in found])
    elif found:
        _print(found, target)
    for one in found:
        for complaint in one.complaints:
            print(f"{one.task}: {complaint}", file=sys.stderr)
    if mistakes:
        raise UserError("; ".join(mistakes))
    return 1 if any(one.complaints for one in found) else 0


def _print(found: "list[Compiled]", target: "Target") -> None:
    from nlpfeat.cli.tables import print_columns

    def megabytes(values: list[int | None]) -> list[str]:
        return ["–" if value is None else f"{value / 1e6:,.1f}" for value in values]

    columns = {
        "task": [one.task for one in found],
        "members": [str(one.members) for one in found],
        "padded width": [str(one.width) for one in found],
        "places": [str(one.slots) for one in found],
        "in a block": [str(one.block) for one in found],
        "MFLOP a step and member": [f"{one.mflops:,.2f}" for one in found],
        "arguments, MB": megabytes([one.argument_bytes for one in found]),
        "intermediate, MB": megabytes([one.temporary_bytes for one in found]),
        "seconds": [f"{one.seconds:.1f}" for one in found],
    }
    done = "compiled for" if target.compiles else "lowered, not compiled, for"
    print_columns(
        columns,
        f"The training program of each study's widest bucket, {done} {target.mesh.size} × {target.device}; bytes are those of one "
        "device. Nothing was run.",
    )


COMMAND = Command(
    "compile-for",
    "compile the training programs for a TPU or a GPU that is not here",
    description="Tells the memory and the operations of a training step, and holds the programs to rules: no float64, no call to the\n"
    "host, a state that is updated in place, intermediate results of less than 1 GB, little padding. It exits with 1 where one\n"
    "is broken.",
    examples=(
        "nlpfeat compile-for tpu v5e:2x2 spirals",
        "nlpfeat compile-for cuda              # every task",
    ),
    python='nlpfeat.compile_for(nlpfeat.resolve(nlpfeat.load_config("spirals")), nlpfeat.cuda_target())',
    opens_study=False,
    subcommands=(
        Command(
            "tpu",
            "compile for the chips of a TPU, all on this machine's CPU; needs pip install 'nlpfeat[tpu]'",
            add_tpu_flags,
            run_tpu,
            examples=(
                "nlpfeat compile-for tpu v5e:2x2 spirals",
                "nlpfeat compile-for tpu v6e:2x2 char_rnn --config.sweep.width='(2048,)'",
            ),
            python='nlpfeat.compile_for(nlpfeat.resolve(nlpfeat.load_config("spirals")), nlpfeat.tpu_target("v5e:2x2"))',
            opens_study=False,
            takes_config=True,
        ),
        Command(
            "cuda",
            "lower for NVIDIA GPUs: what their compiler would be given",
            add_configs,
            run_cuda,
            examples=("nlpfeat compile-for cuda spirals imdb_lstm",),
            python='nlpfeat.compile_for(nlpfeat.resolve(nlpfeat.load_config("spirals")), nlpfeat.cuda_target())',
            opens_study=False,
            takes_config=True,
        ),
    ),
)
