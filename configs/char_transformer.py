"""What does the width of a small causal transformer buy? Tiny Shakespeare, character by character.

The sizes of nanoGPT's recipe for a CPU: four blocks of four heads, windows of 64 characters, which come in random order.
The last tenth of the text is held out. The width is the number of units of every block, a multiple of the heads.

Command:  nlpfeat sweep char_transformer      4 to 128 units
          … :nanogpt  128 units, twelve windows per step, 2,000 steps, as in nanoGPT's README
          … :own --config.data.path=book.txt --study=runs/book      your own text
          nlpfeat write --study=runs/char_transformer --width=128 --seed=0 --prompt="ROMEO:"
Expect:   1e-3, two seeds: :nanogpt 2.59 bits per character of held-out text (nanoGPT: 2.71).
Minutes:  twenty, and two for :nanogpt, on two cores.
Data:     tinyshakespeare.txt, 1 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from nlpfeat.config.variants import with_variants

SEEDS = (0, 1)

get_config = with_variants(
    {
        "task": "char_transformer",
        "data": {"book": "shakespeare", "window": 64, "validation_share": 0.1},
        "model": {"blocks": 4, "heads": 4},
        # 32 windows per step: an epoch is 490 steps
        "training": {
            "steps": (2000,),
            "batch_size": 32,
            "record_every": 500,
            "checkpoint_every": 1000,
            "snapshots": (0, 100, 500, 1000),
        },
        "settings": {"learning_rate": 1e-3, "schedule": "cosine", "warmup_steps": 100, "final_lr_scale": 0.1},
        "sweep": {"width": (4, 8, 16, 32, 64, 128), "seed": SEEDS},
    },
    nanogpt={"training.batch_size": 12, "sweep": {"width": (128,), "seed": SEEDS}},
    own={"sweep": {"width": (16, 64), "seed": SEEDS}},
    smoke={
        "data": {"path": str(Path(__file__).parent / "examples" / "opinions.csv"), "window": 20},
        "model": {"blocks": 1, "heads": 2},
        "training": {
            "steps": (20, 10),
            "lr_scales": (1.0, 0.3),
            "batch_size": 8,
            "record_every": 10,
            "checkpoint_every": 20,
            "snapshots": (0, 10),
        },
        "settings.warmup_steps": 0,
        "sweep": {"width": (2, 8), "seed": SEEDS},
    },
)
