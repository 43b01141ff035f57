"""The words on the frames of films, in the plain terms of a lecture."""

import re

WORDS = {
    "width": "number of hidden units of the network",
    "seed": "number from which the initial weights and the data are drawn; networks that differ only in it differ by chance",
    "step": "updates of the weights so far",
    "train": "share of the training points, from which the network learns, that are classified correctly",
    "test": "share of other points, which the network has never seen, that are classified correctly",
    "embedding": "where the network puts each point before its last layer, which divides that plane by straight lines",
    "class vectors": "the rows of the last layer: a point belongs to the class whose vector it points along most, after a shift",
    "regions": "parts of the input on which the same hidden units are active; within each, the network is one matrix and a shift",
    "decision boundary": "where two classes have the same score",
    "τ": "how far the points have gone from the input (0) to the embedding (1)",
    "folds": "a region folds when it passes through a line and is turned over",
    "rotate": "every matrix is a rotation, a scaling along the axes and another rotation: its singular value decomposition",
    "negative slope": "what the activation multiplies negative values by: 0 for ReLU",
    "temperature": "by which the scores are divided before a character is drawn: small is cautious, large is daring",
    "prompt": "the given beginning of the text",
    "accuracy": "share of predictions that are right",
}


def words_of(text: str) -> dict[str, str]:
    """The terms that occur in a text, with what they mean."""
    lower = text.lower()
    return {
        term: meaning
        for term, meaning in WORDS.items()
        if re.search(rf"(?<!\w){re.escape(term)}(?!\w)", lower)
    }
