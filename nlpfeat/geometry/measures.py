"""All measures of one trained network: what a study stores for each member and checkpoint."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int

from nlpfeat.geometry import scatter, warping
from nlpfeat.geometry.cells import DIMENSIONS, linear_cells, most_cells
from nlpfeat.geometry.complex import BOX
from nlpfeat.geometry.crossings import row_labels
from nlpfeat.geometry.decision import whole_plane, within
from nlpfeat.geometry.margin import hard_margin, margins
from nlpfeat.geometry.network import Layer, Network, forward
from nlpfeat.geometry.norms import product, spectral_product, unit_path_norms
from nlpfeat.geometry.probes import Probe, cross_entropy, fit_probe
from nlpfeat.geometry.regions import Regions, linear_regions
from nlpfeat.geometry.representation import (
    RIDGE,
    Separation,
    cka,
    intrinsic_dimension,
    label_alignment,
    participation_ratio,
    separation,
)
from nlpfeat.geometry.sections import fold_distance, sections
from nlpfeat.geometry.separability import EXACT_DIMENSIONS, find_separator, is_decided, rms_radius
from nlpfeat.geometry.tangent_kernel import (
    LinearizedNetwork,
    alignment,
    fit_linearized,
    label_kernel,
    tangent_kernel,
)
from nlpfeat.geometry.theorems import check_decision, check_regions, check_scores, max_regions


class Measure(NamedTuple):
    """One number, or one array over `dims`, per member and step."""

    dims: tuple[str, ...]  # beside member and step
    units: str
    description: str


YES_NO = "1 or 0"  # the unit of properties that a network has or does not have
_ONE, _SPLIT, _CLASS, _LAYER, _QUANTILE = (), ("split",), ("class",), ("layer",), ("quantile",)
_TABLE = {
    "radius": (_SPLIT, "", "root mean square distance of the embedded points from their mean"),
    "linearity": (_SPLIT, "fraction", "variance of the embedding explained by an affine map of the input"),
    "separable": (
        _SPLIT,
        YES_NO,
        f"linearly separable: 1 is certified, 0 is proved up to {EXACT_DIMENSIONS} dimensions and few classes, else not found",
    ),
    "margin": (
        _SPLIT,
        "",
        f"hard margin (Crammer & Singer 2001) in RMS radii, at Σ‖w‖² = 1; above {EXACT_DIMENSIONS} dimensions of the separator found",
    ),
    "median_margin": (_SPLIT, "nats", "median margin: true-class logit minus the largest other logit"),
    "probe_loss_gap": (_SPLIT, "nats", "cross-entropy of the head minus that of a converged linear probe"),
    "probe_accuracy_gap": (_SPLIT, "fraction", "accuracy of a converged linear probe minus that of the head"),
    "fisher": (_SPLIT, "", "tr(S_W⁻¹ S_B) of the embedding"),
    "nc1": (_SPLIT, "", "tr(S_W S_B⁺) / K of the embedding: 0 is collapsed"),
    "gdv": (_SPLIT, "", "generalized discrimination value: 0 mixed, -1 ideal"),
    "nc2": (_SPLIT, "2π/K", "unevenness of the class means around the circle"),
    "nc4": (
        _SPLIT,
        "fraction",
        "points whose predicted class is that of the nearest class mean (train split)",
    ),
    "head_nc2": (_ONE, "2π/K", "unevenness of the class vectors around the circle"),
    "hidden_probe_accuracy": (
        _SPLIT,
        "fraction",
        "accuracy of a linear classifier of the last hidden layer",
    ),
    "embedding_probe_accuracy": (_SPLIT, "fraction", "accuracy of the same classifier of the embedding"),
    "linearized_accuracy": (
        _SPLIT,
        "fraction",
        "accuracy of the network linearized at its start, trained to convergence; at step 0 only",
    ),
    "kernel_change": (_ONE, "1 - CKA", "change of the tangent kernel since the start: 0 is lazy"),
    "kernel_label_alignment": (_ONE, "CKA", "alignment of the tangent kernel with the labels"),
    "weight_movement": (_LAYER, "‖Δw‖ / ‖w₀‖", "change of each layer's weights since the start"),
    "dead_units": (_ONE, "units", "hidden units that are inactive at every training point"),
    "dead_share": (_ONE, "fraction", "hidden units that are inactive at every training point"),
    "regions": (_ONE, "regions", "linear regions in the box"),
    "occupied_regions": (_SPLIT, "regions", "linear regions that hold a point of the data"),
    "folds_crossed": (_CLASS, "folds", "units that switch along the class's curve"),
    "regions_merged": (_ONE, "regions", "linear regions after merging neighbours with equal maps"),
    "regions_share": (_ONE, "fraction", "linear regions over the maximum for n lines"),
    "regions_ratio": (_ONE, "R / (H²/2)", "linear regions over H²/2 (at most 1 + 1/H + 2/H²)"),
    "components": (_CLASS, "components", "connected components of the class's region of the plane"),
    "components_in_box": (_CLASS, "components", "connected components of the class's region in the box"),
    "holes": (_CLASS, "holes", "holes in the class's region of the plane"),
    "bounded": (_CLASS, "components", "bounded components of the class's region of the plane"),
    "plane_complete": (
        _ONE,
        YES_NO,
        "whether components and holes are counted with all vertices of the plane",
    ),
    "decision_area": (_CLASS, "fraction", "fraction of the box where the class is predicted"),
    "decision_boundary": (_CLASS, "length", "length of the class's decision boundary in the box"),
    "log_det": (_QUANTILE, "log area", "log|det| of the map"),
    "condition": (_QUANTILE, "σ1/σ2", "condition number of the map"),
    "lipschitz": (_ONE, "", "exact Lipschitz constant of the map on the box"),
    "flattened": (_ONE, "fraction", "fraction of the box on which the map has rank below 2"),
    "fold_index": (_ONE, "", "1 - |Σ det a| / Σ |det| a: 0 without folds"),
    "mirrored": (_ONE, "fraction", "fraction of the box whose orientation differs from that of the rest"),
    "fold_time": (_ONE, "τ", "earliest τ at which (1-τ) x + τ E(x) flattens a region; 1 if never"),
    "roughness": (_ONE, "", "total variation of the map's gradient on the box"),
    "gradient_jump": (_ONE, "", "mean jump of the gradient across an edge between regions"),
    "curve_length": (_CLASS, "length", "length of the embedded class curve"),
    "straightness": (_CLASS, "fraction", "chord over length of the embedded class curve: 1 is straight"),
    "winding_angle": (
        _CLASS,
        "degrees",
        "angle from start to end of the embedded class curve around the middle",
    ),
    "spectral_product": (_ONE, "", "product of the layers' spectral norms"),
    "layer_spectral_norm": (_LAYER, "", "spectral norm σ1 of each layer, from the input to the head"),
    "layer_condition": (_LAYER, "σ1/σ2", "condition number of each layer"),
    "path_norm": (_ONE, "", "Σ |w_i||v_i| over the units of one hidden layer, input to embedding"),
    "mean_path_norm": (_ONE, "", "mean of |w_i||v_i| over the units of one hidden layer"),
    "coincidences": (
        _ONE,
        "",
        "lines of the map that meet in one point or overlap: counts are up to rounding",
    ),
    "plane_coincidences": (_ONE, "", "as coincidences, for the decision regions of the plane"),
    "unclear": (_ONE, "lines", "lines left out of a face because of rounding"),
    "neighbours": (
        _ONE,
        "regions",
        "mean number of neighbours of the linear regions that do not touch the box",
    ),
    "neighbours_occupied": (_ONE, "regions", "the same, of regions that hold a training point"),
    "line_regions_within": (_ONE, "regions", "linear regions along a line between two examples of a class"),
    "line_regions_between": (_ONE, "regions", "linear regions along a line between examples of two classes"),
    "line_pieces_within": (_ONE, "pieces", "affine pieces along a line between two examples of a class"),
    "line_pieces_between": (_ONE, "pieces", "affine pieces along a line between examples of two classes"),
    "line_variation_within": (_ONE, "nats", "total variation of the logits between two examples of a class"),
    "line_variation_between": (_ONE, "nats", "total variation of the logits between examples of two classes"),
    "line_straightness": (
        _ONE,
        "fraction",
        "change of the logits between examples of two classes over their total variation",
    ),
    "class_connected": (
        _ONE,
        "fraction",
        "lines between two examples of a class that never leave the region of the class",
    ),
    "direct_change": (_ONE, "fraction", "lines between two classes that change from one to the other once"),
    "boundary_distance": (
        _ONE,
        "length",
        "median distance to the decision boundary on the way to an example of another class",
    ),
    "fold_distance": (_SPLIT, "length", "median distance from an example to the nearest fold"),
    "fold_density_data": (_ONE, "folds / length", "folds per unit of length near training examples"),
    "fold_density_boundary": (_ONE, "folds / length", "folds per unit of length near the decision boundary"),
    "fold_density_far": (_ONE, "folds / length", "folds per unit of length beyond the data"),
    "hull_regions_within": (
        _ONE,
        "regions",
        "linear regions in half of the triangle of three examples of a class",
    ),
    "hull_regions_between": (_ONE, "regions", "linear regions in half of the triangle of three classes"),
    "hull_density_within": (_ONE, "regions / area", "linear regions per area in triangles of one class"),
    "hull_density_between": (_ONE, "regions / area", "linear regions per area in triangles of three classes"),
    "layer_probe_accuracy": (
        ("split", "layer"),
        "fraction",
        "accuracy of a linear classifier of what a layer reads",
    ),
    "layer_separable": (
        _LAYER,
        YES_NO,
        "1 is certified: training classes are linearly separable in what a layer reads",
    ),
    "layer_margin": (_LAYER, "", "margin, in RMS radii, of the separator found in what a layer reads"),
    "layer_participation": (_LAYER, "dimensions", "participation ratio of what a layer reads"),
    "layer_intrinsic": (_LAYER, "dimensions", "intrinsic dimension (two neighbours) of what a layer reads"),
    "layer_label_alignment": (_LAYER, "CKA", "alignment with the labels of what a layer reads"),
    "layer_input_cka": (_LAYER, "CKA", "similarity to the input of the network of what a layer reads"),
    "violations": (_ONE, "theorems", "theorems that the measures contradict: 0, or a defect of nlpfeat"),
}
MEASURES = {name: Measure(*row) for name, row in _TABLE.items()}
CELL_UNITS = 128  # hidden units of networks of three inputs whose cells are built
LAYER_POINTS = 500  # of each split, on which what a layer reads is measured
KERNEL_POINTS = 250  # of the train split, at which the tangent kernel is compared
PROBE_RIDGE = 1e-5  # of the probes of hidden units, which would take seconds to converge without
Values: TypeAlias = dict[str, np.ndarray]  # of measures by name, each an array over its dims
Computed: TypeAlias = dict[str, float | np.ndarray]


class Sample(NamedTuple):
    """The data on which a member is measured, the same at every step."""

    points: dict[str, Float[np.ndarray, "n d"]]  # inputs by split
    labels: dict[str, Int[np.ndarray, " n"]]  # by split, "train" among them
    class_curves: Float[
        np.ndarray, "classes n 2"
    ]  # along the middle of each class; (0, 0, 2) where there are none
    window: float  # half the side of the box; 0 where networks are not on the plane
    # New points and labels by split, on which the accuracy of the kernel is judged; empty: those above.
    fresh: dict[str, tuple[Float[np.ndarray, "n d"], Int[np.ndarray, " n"]]] = {}  # noqa: RUF012  (never written to)


def undefined_measures(sample: Sample, classes: int, layers: int) -> Values:
    """NaN for every measure."""
    sizes = {"split": len(sample.points), "class": classes, "layer": layers}
    sizes["quantile"] = len(warping.QUANTILES)
    return {name: np.full([sizes[d] for d in measure.dims], np.nan) for name, measure in MEASURES.items()}


def diverged_measures(sample: Sample, classes: int, layers: int) -> Values:
    """The measures of a network whose training diverged: it is not separable, and all other measures are NaN.

    Args:
      sample: for the number of splits.
      classes, layers: how many the network has.
    """
    return undefined_measures(sample, classes, layers) | {"separable": np.zeros(len(sample.points))}


def measure_layers(layers: list[Layer], initial: list[Layer], sample: Sample) -> Values:
    """All measures of a network given as layers, also those before training; NaN where its training diverged."""
    if not all(np.isfinite(array).all() for layer in layers for array in (layer.weight, layer.bias)):
        return diverged_measures(sample, len(layers[-1].bias), len(layers))
    return measure(Network(tuple(layers)), Network(tuple(initial)), sample)


def measure(network: Network, initial: Network, sample: Sample) -> Values:
    """All of `MEASURES`, each an array over its dims; NaN where a measure does not apply.

    Args:
      network: of any number of inputs. Its last layer is the head; the layers before it are the map that is measured.
      initial: the same network before training.
      sample: values by split are in its order.
    """
    found = undefined_measures(sample, network.outputs, len(network.layers))
    embedding = network.until(len(network.layers) - 1)
    read = [sample.points]  # what each layer reads
    for layer in embedding.layers:
        read.append({split: forward((layer,), values) for split, values in read[-1].items()})
    features = read[-1]
    scores = {split: network(points) for split, points in sample.points.items()}
    probes = _unit_probes(network, sample, read)
    found |= _of_points(features, scores, sample.labels, probes.get(len(read) - 1))
    found |= (
        _of_units(network, sample, read, probes) | _of_kernel(network, initial, sample) | _of_weights(network)
    )
    found |= _of_sections(network, sample)
    found |= _of_layers(read, sample.labels, probes)
    found["linearity"] = np.array(
        [warping.linearity(sample.points[split], e) for split, e in features.items()]
    )
    held = {}
    if sample.window:
        regions = linear_regions(embedding, sample.window)
        held = check_regions(regions) | check_scores(network, sample.points["train"], sample.labels["train"])
        found |= _of_map(regions) | _of_neighbours(
            regions.patterns(), regions.adjacency(), _on_rim(regions), network, sample
        )
        plane, of_plane = _of_plane(network, sample.window)
        found, held = found | plane, held | of_plane
        if len(sample.class_curves):
            shapes = warping.curve_shapes(embedding, sample.class_curves)
            found |= {"curve_length": shapes.length, "straightness": shapes.straightness}
            found["winding_angle"] = shapes.winding_angle
        found["unclear"] = float(found["unclear"]) + regions.unclear
    elif network.inputs == DIMENSIONS and network.units <= CELL_UNITS:
        cells = linear_cells(embedding, float(1.1 * np.abs(sample.points["train"]).max()))
        held = {"Zaslavsky": len(cells) <= most_cells(embedding), "Euler": cells.euler == 1}
        found |= {"regions": len(cells), "unclear": cells.unclear}
        found |= _of_neighbours(cells.patterns(), cells.adjacency(), cells.touches_box(), network, sample)
    found["violations"] = np.array(float(sum(not ok for ok in held.values())))
    return {name: np.asarray(found[name], float) for name in MEASURES}


def measure_features(
    features: dict[str, Float[np.ndarray, "n d"]],
    scores: dict[str, Float[np.ndarray, "n classes"]],
    labels: dict[str, Int[np.ndarray, " n"]],
    layers: Sequence[dict[str, Float[np.ndarray, "n d_"]]] = (),
) -> Values:
    """Those of `MEASURES` that need features only, of any classifier; NaN for the others.

    Args:
      features: by split, "train" among them: the inputs of the last layer.
      scores: by split, the logits.
      labels: by split.
      layers: by split, what the network computes before, in order.
    """
    sample = Sample(features, labels, np.zeros((0, 0, 2)), 0.0)
    every = [*layers, features]
    found = diverged_measures(sample, next(iter(scores.values())).shape[1], len(every))
    if all(np.isfinite(array).all() for part in (*every, scores) for array in part.values()):
        found |= _of_points(features, scores, labels) | _of_layers(every, labels, {})
        found["violations"] = np.array(0.0)  # no theorem applies
    return {name: np.asarray(found[name], float) for name in MEASURES}


def _of_points(features: Values, scores: Values, labels: Values, near: Probe | None = None) -> Values:
    """Separability and scatter of the last features; `near` is a probe of much the same points, from which the fit starts."""
    train = features["train"]
    few = is_decided(train.shape[1], len(np.unique(labels["train"])))
    probe = (
        fit_probe(train, labels["train"], near=near)
        if few
        else fit_probe(train, labels["train"], RIDGE, near)
    )
    means = scatter.class_means(train, labels["train"])
    rows = []
    for split, e in features.items():
        own, given = labels[split], scores[split]
        if few:
            separator = find_separator(e, own)
            separable = Separation(separator is not None, hard_margin(e, own, separator))
        else:
            separable = separation(e, own, probe if split == "train" else None)
        predicted, probed = given.argmax(1), probe.scores(e)
        rows.append(
            {
                "radius": rms_radius(e),
                "separable": float(separable.separable),
                "margin": separable.margin,
                "median_margin": float(np.median(margins(given, own))),
                "probe_loss_gap": cross_entropy(given, own) - cross_entropy(probed, own),
                "probe_accuracy_gap": float((probed.argmax(1) == own).mean() - (predicted == own).mean()),
                "fisher": scatter.fisher(e, own),
                "nc1": scatter.nc1(e, own),
                "gdv": scatter.gdv(e, own),
                "nc2": scatter.nc2(e, own) if e.shape[1] == 2 else np.nan,
                "nc4": scatter.nc4(e, means, predicted),
            }
        )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _unit_probes(network: Network, sample: Sample, read: Sequence[Values]) -> dict[int, Probe]:
    """Linear classifiers of the last hidden layer and the embedding, by index of what layers read; none off the plane, where each layer is measured."""
    if not (network.folding and sample.window):
        return {}
    return {
        at: fit_probe(read[at]["train"], sample.labels["train"], PROBE_RIDGE)
        for at in (network.folding[-1] + 1, len(read) - 1)
    }


def _of_units(network: Network, sample: Sample, read: Sequence[Values], probes: dict[int, Probe]) -> Computed:
    """What the hidden units do at the points, and how well they separate the classes beside the embedding."""
    patterns = {split: network.active(points) for split, points in sample.points.items()}
    dead = float((~patterns["train"]).all(0).sum())
    found: Computed = {
        "dead_units": dead,
        "dead_share": dead / network.units if network.units else np.nan,
        "occupied_regions": np.array([row_labels(rows).max() + 1 for rows in patterns.values()]),
    }
    if len(sample.class_curves):
        along = [network.active(curve) for curve in sample.class_curves]
        found["folds_crossed"] = np.array([(rows[1:] != rows[:-1]).sum() for rows in along], float)
    for name, at in (("hidden", min(probes)), ("embedding", max(probes))) if probes else ():
        found[f"{name}_probe_accuracy"] = np.array(
            [
                (probes[at].scores(features).argmax(1) == sample.labels[split]).mean()
                for split, features in read[at].items()
            ]
        )
    return found


def _of_neighbours(
    patterns: Bool[np.ndarray, "regions units"],
    adjacency: Int[np.ndarray, "inner 3"],
    on_rim: Bool[np.ndarray, " regions"],
    network: Network,
    sample: Sample,
) -> Computed:
    """How many neighbours regions have, of all and of those that hold data."""
    count = len(patterns)
    ends = np.sort(adjacency[:, :2], axis=1)
    pairs = np.unique(ends, axis=0)  # two regions may share several edges
    neighbours = np.bincount(pairs.ravel(), minlength=count)
    group = row_labels(np.concatenate([patterns, network.active(sample.points["train"])]))
    occupied = np.isin(group[:count], group[count:])
    return {
        "neighbours": neighbours[~on_rim].mean() if (~on_rim).any() else np.nan,
        "neighbours_occupied": neighbours[occupied & ~on_rim].mean()
        if (occupied & ~on_rim).any()
        else np.nan,
    }


def _on_rim(regions: Regions) -> Bool[np.ndarray, " regions"]:
    """Which regions of the plane touch the box."""
    found = np.zeros(len(regions), bool)
    found[regions.cells.sides[(regions.cells.sides == BOX).any(1)].max(1)] = True
    return found


def _of_sections(network: Network, sample: Sample) -> Computed:
    """What lines and planes through the training examples show."""
    along = sections(network, sample.points["train"], sample.labels["train"])
    distances = [fold_distance(network, points) for points in sample.points.values()]
    return {**along._asdict(), "fold_distance": np.array(distances)}


def _of_layers(read: Sequence[Values], labels: Values, near: Mapping[int, Probe]) -> Computed:
    """Separability and dimension of what each layer reads, on a sample of the training examples."""
    some = {
        split: np.sort(np.random.default_rng(0).permutation(len(of_split))[:LAYER_POINTS])
        for split, of_split in labels.items()
    }
    present, own = np.unique(labels["train"][some["train"]], return_inverse=True)
    rows, accuracies = [], []
    for number, features in enumerate(read):
        train = features["train"][some["train"]]
        start = near.get(number) if len(present) == labels["train"].max() + 1 else None
        probe = fit_probe(train, own, RIDGE, start)
        found = separation(train, own, probe)
        predicted = {split: present[probe.scores(features[split][some[split]]).argmax(1)] for split in labels}
        accuracies.append([(predicted[split] == labels[split][some[split]]).mean() for split in labels])
        rows.append(
            {
                "layer_separable": float(found.separable),
                "layer_margin": found.margin,
                "layer_participation": participation_ratio(train),
                "layer_intrinsic": intrinsic_dimension(train),
                "layer_label_alignment": label_alignment(train, own),
                "layer_input_cka": cka(read[0]["train"][some["train"]], train),
            }
        )
    by_layer: Computed = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    by_layer["layer_probe_accuracy"] = np.array(accuracies).T
    return by_layer


def _of_kernel(network: Network, initial: Network, sample: Sample) -> Computed:
    """Whether the network learns as a linear model does, or features of its own."""
    train, labels = sample.points["train"], sample.labels["train"]
    some = np.sort(np.random.default_rng(0).permutation(len(train))[:KERNEL_POINTS])
    now, before = tangent_kernel(network, train[some]), tangent_kernel(initial, train[some])
    moved = np.array(
        [_movement(after, first) for after, first in zip(network.layers, initial.layers, strict=True)]
    )
    untrained = (
        bool(sample.window) and np.nanmax(moved, initial=0) < 1e-5
    )  # another machine may round the first weights otherwise
    return {
        "kernel_change": 1 - alignment(now, before),
        "kernel_label_alignment": alignment(now, label_kernel(labels[some])),
        "weight_movement": moved,
    } | ({"linearized_accuracy": linearized_accuracy(initial, sample)} if untrained else {})


def _movement(after: Layer, first: Layer) -> float:
    """By how much weights and biases have moved, over their first size; NaN from zero."""
    size = np.hypot(np.linalg.norm(first.weight), np.linalg.norm(first.bias))
    change = np.hypot(np.linalg.norm(after.weight - first.weight), np.linalg.norm(after.bias - first.bias))
    return float(change / size) if size > 0 else np.nan


def linearized_accuracy(network: Network, sample: Sample) -> Float[np.ndarray, " splits"]:
    """The accuracy by split of the linearized network, trained with the ridge that is best on validation.

    Held-out splits are those of `sample.fresh`, if it has any; NaN without a validation split.
    """
    judged = {split: (sample.points[split], sample.labels[split]) for split in sample.points} | sample.fresh
    if "validation" not in judged:
        return np.full(len(judged), np.nan)

    def accuracy(model: LinearizedNetwork, split: str) -> float:
        points, labels = judged[split]
        return float((model(points).argmax(1) == labels).mean())

    models = fit_linearized(network, sample.points["train"], sample.labels["train"])
    best = max(models, key=lambda model: accuracy(model, "validation"))  # of equals the smoothest
    return np.array([accuracy(best, split) for split in judged])


def _of_map(regions: Regions) -> Computed:
    units, rough = regions.network.units, warping.roughness(regions)
    found: Computed = {
        "regions": len(regions),
        "regions_merged": int(regions.merged().max()) + 1,
        "regions_ratio": len(regions) / (units**2 / 2),
        "roughness": rough.total_variation,
        "gradient_jump": rough.mean_jump,
        "coincidences": regions.coincidences,
    } | warping.jacobian_statistics(regions)._asdict()
    if len(regions.network.folding) == 1:
        found["regions_share"] = len(regions) / max_regions(units)
    if regions.network.outputs == 2:
        folds, times = warping.folding(regions), warping.fold_times(regions.affine[0])
        found |= {"fold_index": folds.fold_index, "mirrored": min(folds.mirrored, 1 - folds.mirrored)}
        found["fold_time"] = float(np.min(times, where=~np.isnan(times), initial=1.0))
    return found


def _of_plane(network: Network, window: float) -> tuple[Computed, dict[str, bool]]:
    plane = whole_plane(network, window)
    near = within(plane, window)
    shape, here = plane.summary(), near.summary()
    found = {
        "components": shape.components,
        "components_in_box": here.components,
        "holes": shape.holes,
        "bounded": shape.bounded,
        "plane_complete": float(plane.complete),
        "plane_coincidences": plane.coincidences,
        "unclear": plane.unclear + near.unclear,
        "decision_area": here.area / near.box.area,
        "decision_boundary": here.boundary,
    }
    return found, check_decision(plane)


def _of_weights(network: Network) -> Computed:
    head, norms = network.layers[-1], np.array([np.nan])
    if network.folding == (0,):  # defined for one hidden layer only
        outgoing = product(network.layers[1:-1], len(network.layers[0].bias))
        norms = unit_path_norms(network.layers[0].weight, outgoing)
    singular = [np.linalg.svd(layer.weight, compute_uv=False) for layer in network.layers]
    return {
        "spectral_product": spectral_product(network),
        "layer_spectral_norm": np.array([values[0] for values in singular]),
        "layer_condition": np.array(
            [
                np.nan if len(values) < 2 else (values[0] / values[1] if values[1] > 0 else np.inf)
                for values in singular
            ]
        ),
        "path_norm": float(norms.sum()),
        "mean_path_norm": float(norms.mean()),
        "head_nc2": scatter.unevenness(head.weight) if head.weight.shape[1] == 2 else np.nan,
    }
