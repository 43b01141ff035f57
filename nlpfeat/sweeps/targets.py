"""Compile a study's training program for accelerators that are not here, and hold it to what keeps them fast.

For a TPU the compiler of libtpu does all of its work on a CPU, for a topology of chips that is only named. For CUDA the
program is lowered: what XLA would compile there. Neither is run.
"""

import importlib.util
import re
import time
from typing import TYPE_CHECKING, Literal, NamedTuple

import jax
import numpy as np
import pandas as pd
from jax.experimental import topologies
from jax.sharding import Mesh

from nlpfeat.errors import UserError
from nlpfeat.sweeps import ahead, programs
from nlpfeat.sweeps.buckets import partition_widths
from nlpfeat.sweeps.compute import flops_per_step
from nlpfeat.sweeps.members import MemberFactory, member_factory
from nlpfeat.sweeps.memory import require_fits
from nlpfeat.sweeps.plan import all_members
from nlpfeat.tasks.spec import Spec

if TYPE_CHECKING:
    from jax.stages import Lowered

TargetName = Literal["tpu", "cuda"]

MAX_TEMPORARY = 10**9  # bytes of intermediate results on each device
MAX_PADDING = 1 / 3  # of the members on a device that has at least FULL of them
FULL = 8


class Target(NamedTuple):
    """Devices to compile for.

    Attributes:
      name: the platform, of `nlpfeat.sweeps.programs.PLATFORMS`.
      device: one of them, in words.
      compiles: whether the compiler is here; the program is only lowered otherwise.
    """

    name: str
    mesh: Mesh
    device: str
    compiles: bool


class Compiled(NamedTuple):
    """A training program for a target. Bytes are those of one device.

    Attributes:
      task: its name.
      members: of the widest bucket of the study.
      width: padded.
      slots: places for members, over all devices.
      block: members vectorised together.
      mflops: millions of floating-point operations of a training step of one member.
      seconds: of lowering and compiling.
      argument_bytes, temporary_bytes: None where the program was only lowered.
      complaints: the rules that it breaks.
    """

    task: str
    members: int
    width: int
    slots: int
    block: int
    mflops: float
    seconds: float
    argument_bytes: int | None
    temporary_bytes: int | None
    complaints: tuple[str, ...]


def tpu_target(topology: str) -> Target:
    """A TPU by the name of its topology.

        nlpfeat.tpu_target("v5e:2x2")

    Call it in a process that has the environment variable TPU_SKIP_MDS_QUERY=1 and uses JAX on its CPU.

    Raises:
      UserError: if libtpu is not installed, or does not know the topology.
    """
    if importlib.util.find_spec("libtpu") is None:
        raise UserError("compiling for a TPU needs its compiler, libtpu: pip install 'nlpfeat[tpu]'")
    try:
        described = topologies.get_topology_desc(platform="tpu", topology_name=topology)
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0].removeprefix("INVALID_ARGUMENT: ")
        raise UserError(
            f"libtpu knows no topology {topology!r}: {reason}; write a kind of chip and its grid, as in v5e:2x2, v6e:2x4 or v5p:2x2x1"
        ) from None
    devices = described.devices
    return Target("tpu", programs.member_mesh(devices), f"a {devices[0].device_kind} chip", compiles=True)


def cuda_target() -> Target:
    """An NVIDIA GPU, for which programs can be lowered on any machine.

    nlpfeat.cuda_target()
    """
    return Target("cuda", programs.member_mesh(jax.devices()[:1]), "a GPU", compiles=False)


def compile_for(spec: Spec, target: Target) -> Compiled:
    """Compile, or lower, the program that trains the widest bucket of a study.

        nlpfeat.compile_for(nlpfeat.resolve(nlpfeat.load_config("spirals")), nlpfeat.cuda_target()).mflops

    Args:
      spec: of the study, which need not exist.
      target: what to compile for.

    Raises:
      UserError: if one member does not fit the device; the width that fits is named. As `member_factory` besides.
    """
    factory = member_factory(spec)
    members = _widest_bucket(factory)
    began = time.perf_counter()
    shapes = ahead.bucket_shapes(factory, members, target.mesh, target.name)
    lowered = ahead.trace_advance(shapes).lower(lowering_platforms=(target.name,))
    arguments = temporary = None
    found = [*_complaints_of_text(lowered), *_complaints_of_layout(shapes.layout, len(members))]
    if target.compiles:
        try:
            memory = lowered.compile().memory_analysis()
        except jax.errors.JaxRuntimeError as error:
            _explain(factory, target, error)
            raise
        assert memory is not None, "the compiler of a TPU tells the memory"
        arguments, temporary = int(memory.argument_size_in_bytes), int(memory.temp_size_in_bytes)
        state = sum(
            np.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(lowered.out_info[0])
        )
        if memory.alias_size_in_bytes * target.mesh.size < state:
            found.append("the state is copied: its memory is not used again for the next one")
        if temporary > MAX_TEMPORARY:
            found.append(f"its intermediate results take {temporary / 1e9:.1f} GB of a device")
    width = int(members["width"].max())
    return Compiled(
        task=factory.spec.task.name,
        members=len(members),
        width=width,
        slots=shapes.layout.members,
        block=shapes.layout.block,
        mflops=flops_per_step(factory, width) / 1e6,
        seconds=time.perf_counter() - began,
        argument_bytes=arguments,
        temporary_bytes=temporary,
        complaints=tuple(found),
    )


def _widest_bucket(factory: MemberFactory) -> pd.DataFrame:
    members = all_members(factory.spec)
    buckets = partition_widths(members["width"].to_numpy(), padded=factory.spec.task.model.padded)
    return members.iloc[buckets[-1]]


def _complaints_of_text(lowered: "Lowered") -> list[str]:
    """What a lowered program must not hold."""
    text = lowered.as_text()
    found = []
    if re.search(r"[x<]f64\b", text):
        found.append("it computes in float64")
    if "callback" in text:
        found.append("it calls back to the host")
    donated = len(re.findall(r"jax\.buffer_donor|tf\.aliasing_output", text))
    if donated < len(jax.tree.leaves(lowered.out_info[0])):
        found.append("the state is not donated")
    return found


def _complaints_of_layout(layout: programs.Layout, members: int) -> list[str]:
    each = -(-members // layout.mesh.size)
    padding = layout.members / layout.mesh.size / each - 1
    if each >= FULL and padding > MAX_PADDING:
        return [f"{padding:.0%} of the places for members are padding"]
    return []


def _explain(factory: MemberFactory, target: Target, error: Exception) -> None:
    """Raise the reason why a program did not fit, if that is what the compiler says."""
    told = re.search(r"available HBM \(([\d.]+)([MG])\)", str(error)) or re.search(
        r"of ([\d.]+)([MG]) hbm", str(error)
    )
    if "RESOURCE_EXHAUSTED" in str(error) and told:
        require_fits(factory, target.device, int(float(told[1]) * {"M": 2**20, "G": 2**30}[told[2]]))
