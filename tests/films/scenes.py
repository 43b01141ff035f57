"""Small scenes of every kind, from nets that are drawn and not trained."""

import numpy as np

from nlpfeat.films import interpolation, layers, regions, training
from nlpfeat.films.film import Film
from nlpfeat.films.scene import Member
from nlpfeat.plotting.style import THEMES
from tests.geometry.nets import random_net

RNG = np.random.default_rng(3)
ANGLE = np.linspace(0, 5, 30)[:, None] + np.arange(3) * 2.1
POINTS = (np.linspace(0.2, 1, 30)[:, None, None] * np.stack([np.sin(ANGLE), np.cos(ANGLE)], 2)).reshape(-1, 2)
LABELS = np.tile(np.arange(3), 30)
WIDE = Member(random_net(1, [12, 2], outputs=3), POINTS, LABELS)
DEEP = Member(random_net(8, [2, 2, 2], outputs=3, negative_slope=0.3), POINTS, LABELS)


def grown(factor):
    """The wide net with an embedding `factor` times as large; its last hidden layer made linear, as embeddings are."""
    first, second, head = WIDE.network.layers
    embedding = second._replace(weight=second.weight * factor, bias=second.bias * factor, negative_slope=1.0)
    return type(WIDE.network)((first, embedding, head))


NETS = [grown(factor) for factor in (0.05, 0.4, 1.0, 5.0)]
STEPS = np.array([0, 1, 10, 100])
ACCURACY = {"train": np.array([0.3, 0.5, 0.8, 1.0]), "test": np.array([0.3, 0.4, 0.7, 0.9])}
MEMBER = Member(NETS[-1], POINTS, LABELS)
SCENES = {
    "training": lambda: training.film(NETS, POINTS, LABELS, STEPS, ACCURACY),
    "interpolation": lambda: interpolation.film(MEMBER, 4, 1.1),
    "layers": lambda: layers.film(DEEP, 4),
    "regions": lambda: regions.film(NETS, POINTS, LABELS, STEPS, ACCURACY, 1.1),
}


def film(kind, copies=1, style="light"):
    scenes = tuple(SCENES[kind]() for _ in range(copies))
    titles = tuple(f"net {i}" for i in range(copies))
    return Film(scenes, titles, f"A {kind} film", "How to read it.", "command commit config", THEMES[style])
