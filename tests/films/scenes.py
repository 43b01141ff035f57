"""Small scenes of every kind, from nets that are drawn and not trained."""

import numpy as np

from nlpfeat.films.film import Film
from nlpfeat.films.interpolation import interpolation_scene
from nlpfeat.films.layers import layer_scene
from nlpfeat.films.regions import region_scene
from nlpfeat.films.scene import Replayed
from nlpfeat.films.training import embedding_scene
from nlpfeat.plotting.style import THEMES
from tests.geometry.nets import random_net

RNG = np.random.default_rng(3)
ANGLE = np.linspace(0, 5, 30)[:, None] + np.arange(3) * 2.1
POINTS = (np.linspace(0.2, 1, 30)[:, None, None] * np.stack([np.sin(ANGLE), np.cos(ANGLE)], 2)).reshape(-1, 2)
LABELS = np.tile(np.arange(3), 30)
WIDE = random_net(1, [12, 2], outputs=3)
DEEP = random_net(8, [2, 2, 2], outputs=3, negative_slope=0.3)


def grown(factor):
    """The wide net with an embedding `factor` times as large; its last hidden layer made linear, as embeddings are."""
    first, second, head = WIDE.layers
    embedding = second._replace(weight=second.weight * factor, bias=second.bias * factor, negative_slope=1.0)
    return type(WIDE)((first, embedding, head))


NETS = [grown(factor) for factor in (0.05, 0.4, 1.0, 5.0)]
STEPS = np.array([0, 1, 10, 100])
ACCURACY = {"train": np.array([0.3, 0.5, 0.8, 1.0]), "test": np.array([0.3, 0.4, 0.7, 0.9])}
REPLAYED = Replayed(STEPS, NETS, ACCURACY, POINTS, LABELS)
SCENES = {
    "training": lambda: embedding_scene(REPLAYED),
    "interpolation": lambda: interpolation_scene(NETS[-1], POINTS, LABELS, 4, 1.1),
    "layers": lambda: layer_scene(DEEP, POINTS, LABELS, 4),
    "regions": lambda: region_scene(REPLAYED, 1.1),
}


def film(kind, copies=1, style="light"):
    scenes = tuple(SCENES[kind]() for _ in range(copies))
    titles = tuple(f"net {i}" for i in range(copies))
    return Film(scenes, titles, f"A {kind} film", "How to read it.", "command commit config", THEMES[style])
