"""THE table: every system that nlpfeat can sweep, by name.

A new system is a new row (in `nlpfeat/systems/`; where needed, a file in `data/` and one in `models/`); it inherits
every command, every figure and every generic test.
"""

from nlpfeat.systems import eleven_lines, points, ratings, running_text, sequences, windows, word_bags
from nlpfeat.training.task import Task

TASKS: dict[str, Task] = {
    "spirals": points.SPIRALS,
    "annulus": points.ANNULUS,
    "spirals_deep": points.SPIRALS_DEEP,
    "annulus_deep": points.ANNULUS_DEEP,
    "planted_words": word_bags.PLANTED_WORDS,
    "reviews_bag": word_bags.REVIEWS_BAG,
    "reviews_batch": word_bags.REVIEWS_BATCH,
    "reviews_mean": word_bags.REVIEWS_MEAN,
    "imdb_ngrams": word_bags.IMDB_NGRAMS,
    "eleven_lines": eleven_lines.ELEVEN_LINES,
    "imdb_dense": sequences.IMDB_DENSE,
    "imdb_cnn": sequences.IMDB_CNN,
    "imdb_multicnn": sequences.IMDB_MULTICNN,
    "imdb_lstm": sequences.IMDB_LSTM,
    "ratings_dot": ratings.RATINGS_DOT,
    "ratings_bias": ratings.RATINGS_BIAS,
    "ratings_net": ratings.RATINGS_NET,
    "ratings_bayes": ratings.RATINGS_BAYES,
    "windows": windows.WINDOWS,
    "windows_noise": windows.WINDOWS_NOISE,
    "next_word": running_text.NEXT_WORD,
    "char_rnn": running_text.CHAR_RNN,
}
