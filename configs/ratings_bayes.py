"""How many factors explain ratings of films when the prior shrinks useless factors?

Variational Bayes: factors and biases are random variables, and the spread of each factor is learned. The priors of
films and users are centred on values predicted from facts (year, genres; age, gender, occupation), from their numbers of
ratings, and from who rated what. Each user has a bias of its own on each day. A step updates all variables once.

Command:  nlpfeat sweep ratings_bayes      2 to 100 factors; a tenth held out
          … :best         the number of factors chosen on that tenth: 50
          … :folds        the five published folds of MovieLens 100K, 20 factors
          … :folds_width  2 to 100 factors on these folds
          … :folds_plain  the folds without facts, times and implicit feedback
Expect:   60 steps, four seeds: :best a squared error of .67 on the test ratings; 40 steps, three seeds: :folds an RMSE
          of .88, :folds_plain .90.
Minutes:  two, one, one, one and one on two cores.
Data:     MovieLens latest-small, 1 MB, and 100K, 5 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from nlpfeat.config.variants import with_variants

EXAMPLES = Path(__file__).parent / "examples"

FOLDS = {
    "data": {"edition": "100k"},
    "training": {"steps": (40,), "record_every": 20, "checkpoint_every": 40},
    "settings.ridge": 150.0,
    "sweep": {"width": (20,), "fold": (1, 2, 3, 4, 5), "seed": (0, 1, 2)},
}

get_config = with_variants(
    {
        "task": "ratings_bayes",
        "data": {"validation_share": 0.1},
        "training": {"steps": (60,), "record_every": 10, "checkpoint_every": 60},
        "settings": {"learning_rate": 1.0, "ridge": 50.0},
        "sweep": {"width": (2, 5, 10, 20, 50, 100), "seed": (0, 1, 2)},
    },
    best={"data.validation_share": 0.0, "sweep": {"width": (50,), "seed": (0, 1, 2, 3)}},
    folds=FOLDS,
    folds_width={**FOLDS, "sweep": {**FOLDS["sweep"], "width": (2, 5, 10, 20, 50, 100), "seed": (0,)}},
    folds_plain={
        **FOLDS,
        "data": {"edition": "100k", "facts": False},
        "model": {"implicit": 0, "times": False},
    },
    smoke={
        "data": {"path": str(EXAMPLES / "tastes.csv"), "items": str(EXAMPLES / "dishes.csv")},
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
