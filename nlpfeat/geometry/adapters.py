"""One's own networks as piecewise-linear networks: layers of PyTorch, Equinox or Flax, and arrays.

Nothing of these libraries is imported: a layer is known by its attributes. A dense layer has a `weight` (outputs, inputs), as in
PyTorch and Equinox, or a `kernel` (inputs, outputs), as in Flax, and a bias or none; an activation is a ReLU or leaky ReLU, a
module of that name or a function. Layers that change nothing when a network is evaluated are passed over.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nlpfeat.geometry.network import LINEAR, RELU, Layer, Network, negative_slope_of

_NOTHING = (
    "Identity",
    "Dropout",
    "Flatten",
)  # classes of layers that change nothing at evaluation, on rows of numbers


def as_network(net: object) -> Network:
    """A network as plain arrays.

    Args:
      net: one of
        a `Network`; a trained member of a study;
        a PyTorch `Sequential`, an Equinox `MLP` or `Sequential`, a Flax (NNX) `Sequential`, or a Flax (Linen) `Sequential` with its
        variables, as a pair (module, variables) or bound to them;
        a sequence of layers in order, each a dense layer of these libraries or arrays (weight, bias), (weight, bias, negative
        slope), and between them activations: a module, a function such as `jax.nn.relu`, or a negative slope (0 for ReLU).
        Weights are (outputs, inputs). Tensors may be on an accelerator and may require gradients.

    Raises:
      ValueError: for a layer that is neither dense nor a (leaky) ReLU, which is named, and as `Network`.
    """
    if isinstance(net, Network):
        return net
    layers: list[Layer] = []
    for number, part in enumerate(_parts(net), 1):
        dense = _dense(part, number)
        if dense is not None:
            layers.append(dense)
            continue
        slope = _negative_slope(part, number)
        if not layers:
            raise ValueError(f"layer {number} is an activation, and there is no dense layer before it")
        last = layers.pop()
        if LINEAR not in (last.negative_slope, slope):
            raise ValueError(
                f"layer {number} is an activation, and so is the layer before it: compose them into one"
            )
        layers.append(last if slope == LINEAR else last._replace(negative_slope=slope))
    if not layers:
        raise ValueError(f"{type(net).__name__} has no layers that can be read: {_HOW}")
    return Network(tuple(layers))


_HOW = (
    "give its layers in order, as in regions([net.first, torch.relu, net.second], 1.0), or arrays (weight, bias, negative slope); "
    "0 is ReLU, 1 no activation"
)


def _parts(net: object) -> Iterator[object]:
    """The layers and activations of a network, in order, without those that change nothing."""
    if _is_linen_pair(net):
        module, variables = net  # pyright: ignore[reportGeneralTypeIssues]
        yield from _linen_parts(module, variables)
        return
    if hasattr(net, "scope") and hasattr(net, "bind"):  # a Linen module
        if getattr(net, "scope") is None:  # noqa: B009
            raise ValueError(
                f"the module {type(net).__name__} has no parameters: give the pair (module, variables)"
            )
        yield from _linen_parts(net, net.variables)  # pyright: ignore[reportAttributeAccessIssue]
        return
    inner = net if isinstance(net, (list, tuple)) else _sequence(net)
    if inner is None:
        yield net
        return
    activations = _between(net)
    for number, part in enumerate(inner):
        if _is_arrays(part) or not (isinstance(part, (list, tuple)) or _sequence(part) is not None):
            if type(part).__name__ not in _NOTHING:
                yield part
        else:
            yield from _parts(part)
        if activations is not None:
            yield activations[number == len(inner) - 1]


def _sequence(net: object) -> Sequence[object] | None:
    """The parts of a container of layers; None for anything else."""
    layers = getattr(net, "layers", None)
    if isinstance(layers, (list, tuple)) or type(layers).__name__ == "List":
        return list(layers)  # pyright: ignore[reportArgumentType]
    if type(net).__name__ in ("Sequential", "ModuleList") and hasattr(net, "__iter__"):
        return list(net)  # pyright: ignore[reportArgumentType]
    return None


def _between(net: object) -> tuple[object, object] | None:
    """The activations of an Equinox MLP: between its layers, and after the last; None for others."""
    found = tuple(getattr(net, name, None) for name in ("activation", "final_activation"))
    return None if None in found else found  # pyright: ignore[reportReturnType]


def _is_linen_pair(net: object) -> bool:
    return (
        isinstance(net, tuple) and len(net) == 2 and hasattr(net[0], "apply") and isinstance(net[1], Mapping)
    )


def _linen_parts(module: object, variables: Mapping[str, object]) -> Iterator[object]:
    """The layers of a Flax (Linen) Sequential, whose parameters are beside it."""
    params: Any = variables.get("params", variables)
    layers = getattr(module, "layers", None)
    if layers is None:
        raise ValueError(f"the module {type(module).__name__} is no Sequential: {_HOW}")
    for number, part in enumerate(layers):
        own = params.get(f"layers_{number}") or params.get(getattr(part, "name", None) or "")
        if isinstance(own, Mapping) and "kernel" in own:
            kernel = _array(own["kernel"]).T
            bias = _array(own["bias"]) if "bias" in own else np.zeros(len(kernel))
            yield kernel, bias
        elif type(part).__name__ not in _NOTHING:
            yield part


def _is_arrays(part: object) -> bool:
    """Whether a part is (weight, bias) or (weight, bias, negative slope)."""
    return isinstance(part, (list, tuple)) and len(part) in (2, 3) and np.ndim(_array(part[0])) == 2


def _dense(part: object, number: int) -> Layer | None:
    """A dense layer, before its activation; None for what is none."""
    if isinstance(part, (list, tuple)):
        if not _is_arrays(part):
            raise ValueError(f"layer {number}: arrays are (weight, bias) or (weight, bias, negative slope)")
        slope = negative_slope_of(part[2]) if len(part) == 3 else LINEAR
        return Layer(_array(part[0]), _array(part[1]), slope)
    weight, kernel = getattr(part, "weight", None), getattr(part, "kernel", None)
    if weight is None and kernel is None:
        return None
    array = _array(weight) if weight is not None else _array(kernel).T
    if array.ndim != 2 or type(part).__name__ == "Embedding":
        raise _neither(part, number)
    bias = getattr(part, "bias", None)
    return Layer(array, np.zeros(len(array)) if bias is None else _array(bias), LINEAR)


def _negative_slope(part: object, number: int) -> float:
    """The negative slope of an activation: a module, a function, or that number."""
    name = type(part).__name__
    if name == "ReLU":
        return RELU
    if name == "LeakyReLU":
        return float(part.negative_slope)  # pyright: ignore[reportAttributeAccessIssue]
    function = getattr(part, "fn", part)  # of Equinox's Lambda
    if (
        getattr(function, "__module__", "").startswith("torch")
        and getattr(function, "__name__", "") == "relu"
    ):
        return RELU
    if not callable(function) and not isinstance(function, (int, float)):
        raise _neither(part, number)
    try:
        return negative_slope_of(function)
    except ValueError as error:
        raise _neither(part, number) from error


def _neither(part: object, number: int) -> ValueError:
    name = getattr(part, "__name__", None) or type(part).__name__
    if isinstance(part, np.ndarray):
        mend = "; a layer of arrays is (weight, bias) or (weight, bias, negative slope)"
    elif number == 1:  # a module that is no sequence of layers
        mend = f"; {_HOW}"
    else:
        mend = ""
    return ValueError(
        f"layer {number} is {name}, and linear regions exist for dense layers with ReLU or leaky ReLU only{mend}"
    )


def _array(tensor: object) -> np.ndarray:
    """The numbers of an array or tensor of any library, on the host."""
    if hasattr(tensor, "detach"):  # PyTorch: NumPy takes neither gradients, nor accelerators, nor bfloat16
        tensor = tensor.detach().cpu().double()  # pyright: ignore[reportAttributeAccessIssue]
    elif hasattr(tensor, "get_value"):  # a variable of NNX
        tensor = tensor.get_value()  # pyright: ignore[reportAttributeAccessIssue]
    return np.asarray(tensor)
