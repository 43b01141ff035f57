"""A frame shows what the net does: read back from the arrays and from the artists."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from nlpfeat.films.film import Film, draw, pixels
from nlpfeat.films.interpolation import interpolation_scene, tau_at, time_at
from nlpfeat.films.layers import layer_scene
from nlpfeat.films.regions import region_scene
from nlpfeat.films.scene import Replayed, class_ground
from nlpfeat.films.training import embedding_scene
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.geometry.regions import count_regions
from nlpfeat.geometry.warping import determinants
from nlpfeat.plotting.style import THEMES
from tests.films.scenes import DEEP, LABELS, NETS, POINTS, SCENES, film

KINDS = sorted(SCENES)


def dots(scene, frame):
    """The points of a frame as drawn, with the limits of the axes."""
    ax, strip = Figure().subplots(2)
    scene.draw(ax, strip, frame, THEMES["light"])
    clouds = [artist for artist in ax.collections if isinstance(artist, PathCollection)]
    assert len(clouds) == 1
    return np.asarray(clouds[0].get_offsets()), ax


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_cut_in_any_frame(kind):
    scene = SCENES[kind]()
    for frame in range(scene.frames):
        points, ax = dots(scene, frame)
        low, high = ax.get_xlim()
        assert ax.get_ylim() == (low, high)
        assert ax.get_aspect() == 1
        assert low < points.min() < points.max() < high


def test_training_shows_the_embedding_of_each_step():
    scene = SCENES["training"]()
    for frame, net in enumerate(NETS):
        np.testing.assert_allclose(dots(scene, frame)[0], net.until(2)(POINTS), rtol=1e-6, atol=1e-6)
    assert scene.label(3) == "step 100  train 100.0%  test  90.0%"
    assert len({len(scene.label(frame)) for frame in range(4)}) == 1
    assert scene.windows[-1] > 50 * scene.windows[0]


def test_interpolation_starts_at_the_input_and_ends_at_the_embedding():
    scene = interpolation_scene(NETS[-1], POINTS, LABELS, 30, 1.1)
    np.testing.assert_array_equal(dots(scene, 0)[0], POINTS)
    np.testing.assert_allclose(dots(scene, 29)[0], NETS[-1].until(2)(POINTS), atol=1e-12)
    assert scene.tau(0) == 0
    assert scene.tau(29) == 1
    assert (np.diff([scene.tau(i) for i in range(30)]) >= 0).all()


def test_between_two_fold_times_nothing_turns():
    scene = interpolation_scene(NETS[-1], POINTS, LABELS, 5, 1.1)
    assert len(scene.folds) > 2
    times = np.concatenate([[0], np.unique(scene.folds), [1]])
    for start, stop in pairwise(times):
        if stop - start > 1e-9:
            middle = [scene.turned(t) for t in np.linspace(start, stop, 7)[1:-1]]
            assert all((turned == middle[0]).all() for turned in middle)
    np.testing.assert_array_equal(scene.turned(1.0), determinants(scene.jacobians) < 0)
    assert not scene.turned(0.0).any()


def test_the_pace_of_an_interpolation_has_an_inverse():
    tau = np.linspace(0, 1, 11)
    np.testing.assert_allclose(tau_at(time_at(tau)), tau, atol=1e-12)
    assert tau_at(0.5) < 0.2


def test_layers_start_at_the_input_and_end_at_the_embedding():
    scene = SCENES["layers"]()
    np.testing.assert_array_equal(dots(scene, 0)[0], POINTS)
    np.testing.assert_allclose(dots(scene, 3)[0], DEEP.until(3)(POINTS), atol=1e-9)
    assert scene.label(0).startswith("layer 1 of 3: rotate")
    assert scene.label(3).startswith("head")


def test_regions_are_counted_and_points_stay():
    scene = SCENES["regions"]()
    for frame, net in enumerate(NETS):
        np.testing.assert_array_equal(dots(scene, frame)[0], POINTS)
        assert f"{count_regions(net, 1.1)} regions" in scene.label(frame)


def test_the_ground_belongs_to_the_class_that_wins_there():
    head = Layer(np.array([[1.0, 0.3], [-1, 0.5], [0, -2]]), np.array([0.1, 0.0, 0.4]), 1.0)
    polygons, classes = class_ground(head, 2.0)
    middles = np.array([polygon.mean(0) for polygon in polygons])
    np.testing.assert_array_equal(Network((head,))(middles).argmax(1), classes)
    x, y = np.concatenate(polygons).T
    assert (x.min(), x.max(), y.min(), y.max()) == (-2, 2, -2, 2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("style", ["light", "dark"])
def test_a_frame_is_a_pure_function_of_arrays_and_number(kind, style):
    first, again = film(kind, style=style), film(kind, style=style)
    images = [pixels(draw(first, frame)) for frame in range(first.frames)]
    assert {image.shape for image in images} == {images[0].shape}
    assert not any(side % 2 for side in images[0].shape[:2])
    np.testing.assert_array_equal(images[2], pixels(draw(again, 2)))
    assert (images[0] != images[-1]).any()
    background = np.array(images[0][0, 0])
    assert (background.mean() > 200) == (style == "light")


def test_panels_stand_side_by_side_and_then_below():
    one, two, three, five = (pixels(draw(film("training", n), 0)).shape[:2] for n in (1, 2, 3, 5))
    assert one[1] < two[1] < three[1]
    assert five[1] == three[1]  # 3 + 2
    assert five[0] > 1.7 * three[0]


def test_while_a_step_rests_it_keeps_its_name():
    scene = layer_scene(DEEP, POINTS, LABELS, 200)
    names = [scene.label(frame) for frame in range(200)]
    path = [f"layer {step.layer} of 3: {step.verb} {step.numbers}" for step in scene.path]
    assert list(dict.fromkeys(names)) == [*path, "head: the class of the highest score"]
    whole = np.flatnonzero(scene.positions == 1.0)
    assert len(whole) > 1
    assert {names[frame] for frame in whole} == {path[0]}


def test_a_dead_net_is_drawn():
    """All weights zero: every point in one place, class vectors without length."""
    dead = Network(tuple(Layer(np.zeros_like(w), np.zeros_like(b), s) for w, b, s in DEEP.layers))
    replayed = Replayed(np.array([0, 1]), [dead, dead], {"train": np.array([0.3, 0.3])}, POINTS, LABELS)
    for scene in (
        embedding_scene(replayed),
        interpolation_scene(dead, POINTS, LABELS, 3, 1.1),
        layer_scene(dead, POINTS, LABELS, 3),
        region_scene(replayed, 1.1),
    ):
        for frame in range(scene.frames):
            made = Film((scene,), ("dead",), "", "", "", THEMES["light"])
            assert pixels(draw(made, frame)).std() > 0
