"""The measures of geometry in groups, with the formulas of those that have one, for lists in which people choose."""

RECORDED = "recorded while training"
# group -> its measures, in the order of docs/arrays.md
GROUPS = {
    "the embedded points": (
        "radius linearity separable margin median_margin probe_loss_gap probe_accuracy_gap fisher nc1 gdv nc2 nc4 head_nc2"
    ),
    "hidden units and probes": (
        "hidden_probe_accuracy embedding_probe_accuracy dead_units dead_share folds_crossed"
    ),
    "lazy or rich": "linearized_accuracy kernel_change kernel_label_alignment weight_movement",
    "linear regions": "regions occupied_regions regions_merged regions_share regions_ratio",
    "decision regions": (
        "components components_in_box holes bounded plane_complete decision_area decision_boundary"
    ),
    "the map": "log_det condition lipschitz flattened fold_index mirrored fold_time roughness gradient_jump",
    "class curves": "curve_length straightness winding_angle",
    "lines and planes through the data": (
        "line_regions_within line_regions_between line_pieces_within line_pieces_between line_variation_within line_variation_between "
        "line_straightness class_connected direct_change boundary_distance fold_distance fold_density_data fold_density_boundary "
        "fold_density_far hull_regions_within hull_regions_between hull_density_within hull_density_between neighbours "
        "neighbours_occupied"
    ),
    "layer by layer": (
        "layer_probe_accuracy layer_separable layer_margin layer_participation layer_intrinsic layer_label_alignment layer_input_cka"
    ),
    "weights": "spectral_product layer_spectral_norm layer_condition path_norm mean_path_norm",
    "whether to believe them": "coincidences plane_coincidences unclear violations",
}
GROUP_OF = {name: group for group, names in GROUPS.items() for name in names.split()}
FIRST = (
    "regions",
    "winding_angle",
    "margin",
    "spectral_product",
)  # beside the headline metric, where there are any
_E = "e: embedding"
FORMULAS = {
    "radius": f"√ mean ‖e − ē‖²; {_E}",
    "linearity": "1 − Σ‖e − (A x + b)‖² / Σ‖e − ē‖² with the best A, b",
    "margin": "max over W, b with Σ‖w‖² = 1 of min (w_y − w_k)·e + b_y − b_k, over the radius",
    "median_margin": "median of s_y − max_{k≠y} s_k; s: logits",
    "probe_loss_gap": "loss(head) − loss(probe)",
    "probe_accuracy_gap": "accuracy(probe) − accuracy(head)",
    "fisher": "tr(S_W⁻¹ S_B)",
    "nc1": "tr(S_W S_B⁺) / K",
    "gdv": "(distance within − distance between) / √d",
    "nc2": "√ mean (gap − 2π/K)² / (2π/K)",
    "head_nc2": "√ mean (gap − 2π/K)² / (2π/K)",
    "dead_share": "dead units / H",
    "kernel_change": "1 − CKA(Θ_t, Θ_0); Θ: tangent kernel",
    "kernel_label_alignment": "CKA(Θ, Y Yᵀ)",
    "weight_movement": "‖w − w₀‖ / ‖w₀‖",
    "regions_share": "R / (1 + n + n(n − 1)/2)",
    "regions_ratio": "R / (H²/2)",
    "decision_area": "area of {x: class k predicted} / area of the box",
    "log_det": "log σ₁σ₂ of each region, by area",
    "condition": "σ₁/σ₂ of each region, by area",
    "lipschitz": "max over regions of σ₁(A_r)",
    "flattened": "Σ a_r over regions of rank below 2 / Σ a_r",
    "fold_index": "1 − |Σ det(A_r) a_r| / Σ |det A_r| a_r",
    "fold_time": "least τ with det((1 − τ) I + τ A_r) = 0 for some r",
    "roughness": "Σ ‖A₊ − A₋‖_F · length over edges",
    "gradient_jump": "mean of ‖A₊ − A₋‖_F over edges",
    "curve_length": "Σ ‖e(c_{i+1}) − e(c_i)‖",
    "straightness": "‖e(end) − e(start)‖ / length",
    "winding_angle": "∠ e(end) − ∠ e(start) around ē",
    "line_variation_within": "∫ ‖d(s − s̄)/dt‖ dt",
    "line_variation_between": "∫ ‖d(s − s̄)/dt‖ dt",
    "line_straightness": "‖s(1) − s(0)‖ / ∫ ‖ds/dt‖ dt",
    "layer_participation": "(Σλ)² / Σλ²; λ: variances",
    "layer_label_alignment": "CKA(X Xᵀ, Y Yᵀ)",
    "layer_input_cka": "CKA(X_l, X_0)",
    "spectral_product": "Π σ_max(W_l)",
    "layer_spectral_norm": "σ₁(W_l)",
    "layer_condition": "σ₁/σ₂ of W_l",
    "path_norm": "Σ |w_i||v_i| over hidden units",
    "mean_path_norm": "Σ |w_i||v_i| / H",
    "loss": "−mean log p(y) for classifiers",
    "accuracy": "examples classified correctly / examples",
    "balanced_accuracy": "mean over classes of recall",
    "macro_f1": "mean over classes of 2 P R / (P + R)",
    "squared_error": "mean (r̂ − r)²",
    "bits": "−mean log₂ p(next character)",
}
SENTENCES = {
    "loss": "the loss per example, without weight decay",
    "accuracy": "share of examples whose largest score is that of their class",
    "balanced_accuracy": "mean over classes of the share of their examples that are classified correctly",
    "macro_f1": "mean over classes of the harmonic mean of precision and recall",
    "squared_error": "mean squared error of predicted ratings, in squared stars",
    "bits": "bits per character: the cost of the true next character under the prediction",
}
