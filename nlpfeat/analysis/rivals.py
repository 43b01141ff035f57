"""Plain rivals of the classifiers of texts, by scikit-learn: what any model should be held against."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from jaxtyping import Bool, Float, Int, PyTree
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC


class Classify(Protocol):
    """A rival."""

    def __call__(
        self, train: Sequence[str], labels: Int[np.ndarray, " train"], test: Sequence[str], /
    ) -> Int[np.ndarray, " test"]:
        """The predicted classes of the test texts.

        Raises:
          ValueError: if no training text has a word.
        """
        ...


def tfidf(train: Sequence[str], labels: Int[np.ndarray, " train"], test: Sequence[str]) -> np.ndarray:
    """Logistic regression at C = 1 on words and pairs of words, weighted by TF-IDF: the defaults of scikit-learn."""
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=1, max_iter=1000))
    return model.fit(train, labels).predict(test)


def nb_svm(train: Sequence[str], labels: Int[np.ndarray, " train"], test: Sequence[str]) -> np.ndarray:
    """A linear support-vector machine for each class against the others, on presence of words and pairs times log-count ratio.

    Source: Wang & Manning, "Baselines and bigrams", ACL 2012.
    """
    vectorizer = CountVectorizer(ngram_range=(1, 2), binary=True)
    seen: PyTree = vectorizer.fit_transform(
        train
    )  # sparse matrices, whose types SciPy and scikit-learn tell differently
    new: PyTree = vectorizer.transform(test)
    classes = np.unique(labels)
    margins = np.zeros((len(test), len(classes)))
    for k, name in enumerate(classes):
        own = labels == name
        weights = _ratios(seen, own)
        model = LinearSVC(C=1).fit(seen.multiply(weights).tocsr(), own)
        margins[:, k] = model.decision_function(new.multiply(weights).tocsr())
    return classes[margins.argmax(1)]


def _ratios(counts: PyTree, own: Bool[np.ndarray, " n"]) -> Float[np.ndarray, " words"]:
    inside, outside = (np.asarray(counts[mask].sum(0)).ravel() + 1.0 for mask in (own, ~own))
    return np.log(inside / inside.sum()) - np.log(outside / outside.sum())


class Rival(NamedTuple):
    """A rival by name."""

    name: str
    classify: Classify


RIVALS = (
    Rival("TF-IDF + logistic regression (scikit-learn)", tfidf),
    Rival("NB-SVM (scikit-learn)", nb_svm),
)
