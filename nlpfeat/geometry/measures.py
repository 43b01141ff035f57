"""Every measure of one trained net at once: what a study stores for each member and checkpoint."""

from typing import NamedTuple

import numpy as np

from nlpfeat.geometry import scatter, warping
from nlpfeat.geometry.decision import decision_regions, whole_plane
from nlpfeat.geometry.margin import hard_margin
from nlpfeat.geometry.network import Network
from nlpfeat.geometry.norms import product, pulls, spectral_product
from nlpfeat.geometry.probes import cross_entropy, fit_probe
from nlpfeat.geometry.regions import Regions, linear_regions
from nlpfeat.geometry.separability import EXACT, parted, rms_radius
from nlpfeat.geometry.theorems import check_decision, check_regions, check_scores, most_regions, own_margins


class Measure(NamedTuple):
    """What a number is."""

    dims: tuple[str, ...]  # beside member and step
    units: str
    about: str


POINTS, PLANE = ("split",), ("class",)
YES_NO = "1 or 0"  # the unit of what holds of a net or does not
MEASURES = {
    "radius": Measure(POINTS, "", "root mean square distance of embedded points from their mean"),
    "linearity": Measure(
        POINTS, "share", "variance of the embedding that an affine map of the input explains"
    ),
    "separable": Measure(
        POINTS,
        YES_NO,
        f"planes can part the embedded classes: each yes is certified, and each no in up to {EXACT} dimensions",
    ),
    "margin": Measure(
        POINTS, "", "hard margin at Σ‖w‖² = 1 over the RMS radius (Crammer & Singer 2001); 0 if not separable"
    ),
    "own_margin": Measure(POINTS, "nats", "median over points of own score less best other"),
    "probe_loss_gap": Measure(
        POINTS, "nats", "cross-entropy of the net's head less that of a converged probe"
    ),
    "probe_accuracy_gap": Measure(
        POINTS, "share", "accuracy of a converged probe less that of the net's head"
    ),
    "fisher": Measure(POINTS, "", "tr(S_W⁻¹ S_B) of the embedding"),
    "nc1": Measure(POINTS, "", "tr(S_W S_B⁺) / K of the embedding: 0 is collapsed"),
    "gdv": Measure(POINTS, "", "generalized discrimination value: 0 mixed, -1 ideal"),
    "nc2": Measure(POINTS, "2π/K", "unevenness of the class means around the circle"),
    "nc4": Measure(POINTS, "share", "points whose predicted class has the nearest training mean"),
    "head_uneven": Measure((), "2π/K", "unevenness of the class vectors around the circle"),
    "regions": Measure((), "regions", "linear regions in the box"),
    "regions_merged": Measure((), "regions", "linear regions after merging neighbours with equal maps"),
    "regions_share": Measure((), "share", "linear regions over the most that n lines can make"),
    "regions_ratio": Measure((), "R / (H²/2)", "linear regions over H²/2 (at most 1 + 1/H + 2/H²)"),
    "components": Measure(PLANE, "parts", "connected parts of the class's region of the plane"),
    "components_in_box": Measure(PLANE, "parts", "connected parts of the class's region in the box"),
    "holes": Measure(PLANE, "holes", "holes in the class's region of the plane"),
    "bounded": Measure(PLANE, "parts", "bounded parts of the class's region of the plane"),
    "plane_complete": Measure(
        (), YES_NO, "whether the box of components, holes and bounded parts holds all vertices"
    ),
    "decision_area": Measure(PLANE, "share", "share of the box where the class wins"),
    "decision_boundary": Measure(PLANE, "length", "length of the class's border in the box"),
    "log_det": Measure(("quantile",), "log area", "log|det| of the map"),
    "condition": Measure(("quantile",), "σ1/σ2", "anisotropy of the map"),
    "lipschitz": Measure((), "", "exact Lipschitz constant of the map on the box"),
    "flattened": Measure((), "share", "share of the box that is flattened to lines or points"),
    "fold_index": Measure((), "", "1 - |Σ det a| / Σ |det| a: 0 without folds"),
    "mirrored": Measure((), "share", "share of the box turned over against the rest"),
    "fold_time": Measure(
        (), "τ", "earliest τ at which (1-τ) x + τ E(x) flattens a region, in the net's own axes; 1 if never"
    ),
    "roughness": Measure((), "", "total variation of the map's gradient on the box"),
    "crease": Measure((), "", "mean jump of the gradient across an edge"),
    "arm_length": Measure(PLANE, "length", "length of the embedded arm"),
    "straightness": Measure(PLANE, "share", "chord over length of the embedded arm: 1 is straight"),
    "turn": Measure(PLANE, "degrees", "how far the embedded arm turns around the middle"),
    "spectral_product": Measure((), "", "product of the layers' spectral norms"),
    "layer_norm": Measure(("layer",), "", "spectral norm σ1 of each layer, from the input to the head"),
    "layer_condition": Measure(("layer",), "σ1/σ2", "anisotropy of each layer"),
    "path_norm": Measure((), "", "Σ |w_i||v_i| over the units of one hidden layer, input to embedding"),
    "mean_pull": Measure((), "", "mean of |w_i||v_i| over the units of one hidden layer"),
    "coincidences": Measure(
        (), "", "lines of the map that share points or stretches: counts are up to rounding"
    ),
    "plane_coincidences": Measure((), "", "the same for the decision regions of the plane"),
    "unclear": Measure((), "lines", "lines left out of a face because rounding hides them"),
    "violations": Measure((), "theorems", "theorems that the measures break: 0 or a defect"),
}


class Sample(NamedTuple):
    """What the measures of a member are taken on, the same at every step."""

    points: dict[str, np.ndarray]  # split -> (n, 2)
    labels: dict[str, np.ndarray]  # split -> (n,), "train" among them
    arms: np.ndarray  # (classes, n, 2) along the middle of each class's arm; (0, 0, 2) without arms
    window: float  # half the side of the box


def of_diverged(sample: Sample, classes: int, layers: int) -> dict[str, np.ndarray]:
    """The measures of a net whose training diverged: it separates nothing, and has no other measure (NaN)."""
    return nothing(sample, classes, layers) | {"separable": np.zeros(len(sample.points))}


def nothing(sample: Sample, classes: int, layers: int) -> dict[str, np.ndarray]:
    """NaN for every measure."""
    sizes = {"split": len(sample.points), "class": classes, "layer": layers}
    sizes["quantile"] = len(warping.QUANTILES)
    return {name: np.full([sizes[d] for d in about.dims], np.nan) for name, about in MEASURES.items()}


def measure(network: Network, sample: Sample) -> dict[str, np.ndarray]:
    """All of `MEASURES`, each an array over its dims; NaN where a measure does not apply.

    Args:
      network: 2 → … → d → K. Its last layer is the head; what comes before is the map that is measured.
      sample: values by split are in its order.
    """
    found = nothing(sample, network.outputs, len(network.layers))
    embedding = network.until(len(network.layers) - 1)
    regions = linear_regions(embedding, sample.window)
    held = check_regions(regions) | check_scores(network, sample.points["train"], sample.labels["train"])
    features = {split: embedding(points) for split, points in sample.points.items()}
    scores = {split: network(points) for split, points in sample.points.items()}
    found |= _of_points(features, scores, sample.labels)
    found["linearity"] = np.array(
        [warping.linearity(sample.points[split], e) for split, e in features.items()]
    )
    found |= _of_map(regions)
    plane, held_too = _of_plane(network, sample.window)
    found |= plane | _of_weights(network)
    if len(sample.arms):
        arms = warping.unwinding(embedding, sample.arms)
        found |= {"arm_length": arms.length, "straightness": arms.straightness, "turn": arms.turn}
    found["unclear"] = float(found["unclear"]) + regions.unclear
    found["violations"] = np.array(float(sum(not ok for ok in (held | held_too).values())))
    return {name: np.asarray(found[name], float) for name in MEASURES}


def measure_features(
    features: dict[str, np.ndarray], scores: dict[str, np.ndarray], labels: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Those of `MEASURES` that ask for points alone, of the features of any classifier; NaN for the others.

    Args:
      features, scores, labels: split -> (n, d), (n, classes) and (n,), "train" among the splits.
    """
    sample = Sample(features, labels, np.zeros((0, 0, 2)), 0.0)
    found = of_diverged(sample, next(iter(scores.values())).shape[1], 1)
    if all(np.isfinite(array).all() for part in (features, scores) for array in part.values()):
        found |= _of_points(features, scores, labels)
        found["violations"] = np.array(0.0)  # there is no theorem to break
    return {name: np.asarray(found[name], float) for name in MEASURES}


def _of_points(
    features: dict[str, np.ndarray], scores: dict[str, np.ndarray], labels: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    train = features["train"]
    probe = fit_probe(train, labels["train"])
    means = scatter.class_means(train, labels["train"])
    rows = []
    for split, e in features.items():
        own, given = labels[split], scores[split]
        separator = parted(e, own)
        predicted, probed = given.argmax(1), probe.scores(e)
        rows.append(
            {
                "radius": rms_radius(e),
                "separable": float(separator is not None),
                "margin": hard_margin(e, own, separator),
                "own_margin": float(np.median(own_margins(given, own))),
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


def _of_map(regions: Regions) -> dict[str, float | np.ndarray]:
    units, stretch, rough = regions.network.units, warping.stretch(regions), warping.roughness(regions)
    found: dict[str, float | np.ndarray] = {
        "regions": len(regions),
        "regions_merged": int(regions.merged().max()) + 1,
        "regions_ratio": len(regions) / (units**2 / 2),
        "log_det": stretch.log_det,
        "condition": stretch.condition,
        "lipschitz": stretch.lipschitz,
        "flattened": stretch.flattened,
        "roughness": rough.total,
        "crease": rough.crease,
        "coincidences": regions.coincidences,
    }
    if len(regions.network.folding) == 1:
        found["regions_share"] = len(regions) / most_regions(units)
    if regions.network.outputs == 2:
        folds, times = warping.folding(regions), warping.fold_times(regions.affine[0])
        found |= {"fold_index": folds.share, "mirrored": min(folds.mirrored, 1 - folds.mirrored)}
        found["fold_time"] = float(np.min(times, where=~np.isnan(times), initial=1.0))
    return found


def _of_plane(network: Network, window: float) -> tuple[dict[str, float | np.ndarray], dict[str, bool]]:
    plane, near = whole_plane(network, window), decision_regions(network, window)
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


def _of_weights(network: Network) -> dict[str, float | np.ndarray]:
    head, pull = network.layers[-1], np.array([np.nan])
    if network.folding == (0,):  # with several hidden layers a unit's weights lead from and to other units
        pull = pulls(network.layers[0].weight, product(network.layers[1:-1], len(network.layers[0].bias)))
    singular = [np.linalg.svd(layer.weight, compute_uv=False) for layer in network.layers]
    return {
        "spectral_product": spectral_product(network),
        "layer_norm": np.array([values[0] for values in singular]),
        "layer_condition": np.array(
            [
                np.nan if len(values) < 2 else (values[0] / values[1] if values[1] > 0 else np.inf)
                for values in singular
            ]
        ),
        "path_norm": float(pull.sum()),
        "mean_pull": float(pull.mean()),
        "head_uneven": scatter.uneven(head.weight) if head.weight.shape[1] == 2 else np.nan,
    }
