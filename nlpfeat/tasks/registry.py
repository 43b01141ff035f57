"""THE table: every system that nlpfeat can sweep, by name.

A new system is a new row (in `nlpfeat/systems/`; where needed, a file in `data/` and one in `models/`); it inherits
every command, every figure and every generic test.
"""

from nlpfeat.tasks import bags, next_token, points, ratings, sequences, skipgrams
from nlpfeat.training.task import Task

TASKS: dict[str, Task] = {
    "spirals": points.SPIRALS,
    "annulus": points.ANNULUS,
    "spirals_deep": points.SPIRALS_DEEP,
    "annulus_deep": points.ANNULUS_DEEP,
    "planted_words": bags.PLANTED_WORDS,
    "reviews_bag": bags.REVIEWS_BAG,
    "reviews_batch": bags.REVIEWS_BATCH,
    "reviews_mean": bags.REVIEWS_MEAN,
    "imdb_ngrams": bags.IMDB_NGRAMS,
    "eleven_lines": points.ELEVEN_LINES,
    "imdb_dense": sequences.IMDB_DENSE,
    "imdb_cnn": sequences.IMDB_CNN,
    "imdb_multicnn": sequences.IMDB_MULTICNN,
    "imdb_lstm": sequences.IMDB_LSTM,
    "ratings_dot": ratings.RATINGS_DOT,
    "ratings_bias": ratings.RATINGS_BIAS,
    "ratings_net": ratings.RATINGS_NET,
    "ratings_bayes": ratings.RATINGS_BAYES,
    "windows": skipgrams.WINDOWS,
    "windows_noise": skipgrams.WINDOWS_NOISE,
    "next_word": next_token.NEXT_WORD,
    "char_rnn": next_token.CHAR_RNN,
}
