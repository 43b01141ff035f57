"""How many sparse features fit into m dimensions, and what does each further dimension buy? The toy model of superposition.

A hundred features, each zero most of the time, pass through m dimensions and come back: x' = ReLU(Wᵀ W x + b). Dense features get a
dimension each, or none; sparse ones share dimensions.

Command:  nlpfeat sweep superposition      2 to 100 dimensions, five sparsities, 16 seeds
          … :decay      importance falls from each feature to the next: the first ones matter most
          … :many       a thousand features
          … :plane      five features in two dimensions: the sparser they are, the more become corners of a regular polygon
          nlpfeat superposition --study=runs/superposition
Expect:   Adam at 1e-2 along a cosine, 2,000 steps of 128; see docs/extra-units.md.
Minutes:  four on two cores, two for :many, ¼ for :plane.
Data:     generated.
"""

from nlpfeat.config.variants import with_variants

DIMENSIONS = (2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20, 25, 30, 36, 44, 52, 64, 80, 100)

get_config = with_variants(
    {
        "task": "superposition",
        "data": {"features": 100},
        "training": {
            "steps": (2000,),
            "batch_size": 128,
            "record_every": 1000,
            "checkpoint_every": 2000,
            "train_sample": 4096,
        },
        "settings": {"learning_rate": 1e-2, "schedule": "cosine", "warmup_steps": 50},
        "sweep": {
            "width": DIMENSIONS,
            "sparsity": (0.0, 0.5, 0.9, 0.97, 0.99),
            "seed": tuple(range(16)),
        },
    },
    decay={"settings.importance_decay": 0.95},
    plane={
        "data.features": 5,
        "training.steps": (4000,),
        "sweep": {"width": (2,), "sparsity": (0.0, 0.5, 0.8, 0.9, 0.95, 0.99), "seed": tuple(range(16))},
    },
    many={
        "data": {"features": 1000, "train": 8192, "test": 2048},
        "sweep": {
            "width": (8, 12, 16, 24, 32, 48, 64, 96, 128),
            "sparsity": (0.99, 0.999),
            "seed": (0, 1, 2, 3),
        },
    },
    smoke={
        "data": {"features": 8, "train": 256, "validation": 64, "test": 64},
        "training": {"steps": (40,), "batch_size": 16, "record_every": 20},
        "settings.warmup_steps": 5,
        "sweep": {"width": (2, 4, 8), "sparsity": (0.0, 0.9), "seed": (0, 1)},
    },
)
