"""What a film shows when, and from how far."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.films.camera import disc_grid, evenly_spaced, extent, film_steps, windows


@given(st.integers(1, 100_000), st.integers(2, 600))
@settings(max_examples=150, deadline=None)
def test_steps_rise_from_the_first_to_the_last_dense_at_first(total, frames):
    steps = film_steps(total, frames)
    gaps = np.diff(steps)
    assert (steps[0], steps[-1]) == (0, total)
    assert len(steps) == min(frames, total + 1)
    assert (gaps >= 1).all()
    assert (np.diff(gaps) >= -1).all()  # rounding apart they only grow
    if len(steps) > 2:
        assert gaps[0] == 1 or frames < 4 or total < 2 * frames


def test_a_long_film_begins_step_by_step():
    steps = film_steps(2000, 300)
    np.testing.assert_array_equal(steps[:8], np.arange(8))
    assert np.diff(steps)[-1] > 15


def test_one_frame_is_no_film():
    with pytest.raises(ValueError, match="at least 2 frames, not 1"):
        film_steps(10, 1)


@given(st.lists(st.floats(1e-4, 1e4), min_size=2, max_size=120), st.integers(0, 12))
@settings(max_examples=150, deadline=None)
def test_a_window_never_cuts_what_is_in_it(reach, calm):
    found = windows(np.array(reach), calm)
    assert (found >= np.array(reach) * 1.05).all()


def test_a_window_moves_calmly_while_the_embedding_grows_a_hundredfold():
    reach = 0.1 * 1000 ** np.linspace(0, 1, 300) * (1 + 0.2 * np.sin(np.arange(300)))
    zoom = np.abs(np.diff(np.log(windows(reach, 6))))
    assert zoom.max() < 0.06 < np.abs(np.diff(np.log(reach))).max()


def test_the_grid_fills_the_disc():
    lines = disc_grid(0.8, lines=9, points=11)
    assert lines.shape == (18, 11, 2)
    radius = np.linalg.norm(lines, axis=2)
    assert radius.max() <= 0.8 + 1e-12
    np.testing.assert_allclose(radius[:, [0, -1]], 0.8)
    np.testing.assert_array_equal(lines[:9, :, 0], np.broadcast_to(lines[:9, :1, 0], (9, 11)))
    np.testing.assert_allclose(lines[9:], lines[:9][..., ::-1])


def test_extent_and_evenly_spaced():
    assert extent(np.array([[1.0, -3.0]]), np.zeros((0, 2))) == 3.0
    np.testing.assert_array_equal(evenly_spaced(5, 10), np.arange(5))
    shown = evenly_spaced(1000, 7)
    assert (shown[0], shown[-1], len(shown)) == (0, 999, 7)
