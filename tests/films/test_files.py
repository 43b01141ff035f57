"""Films of a few frames, written and read again in every format."""

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from unittest import mock

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image, ImageColor

from nlpfeat.films import training
from nlpfeat.films.files import write_frames
from nlpfeat.films.film import draw, pixels
from nlpfeat.films.glossary import words_of
from nlpfeat.films.render import render
from nlpfeat.films.writers import LINGER, write_gif
from nlpfeat.parallel import process_pool
from nlpfeat.plotting.style import CLASS_COLOURS
from tests.films.scenes import SCENES, film


@pytest.fixture(scope="module")
def rendered():
    """A film and its frames, drawn in other processes."""
    made = film("training")
    with process_pool() as pool:
        return made, list(render(made, pool))


@pytest.fixture
def path_of_programs(tmp_path, monkeypatch):
    """An empty one, and no ffmpeg in the environment either."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", mock.Mock(side_effect=RuntimeError("none here")))
    return folder


def near(image, expected, most):
    """Mean difference of two images, of 255."""
    return np.abs(np.asarray(image).astype(float) - expected).mean() < most


def test_frames_from_processes_are_those_drawn_here(rendered):
    made, frames = rendered
    assert len(frames) == made.frames
    for number, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.rgb, pixels(draw(made, number)))


def test_without_ffmpeg_the_film_is_a_gif_and_one_line_says_so(rendered, tmp_path, path_of_programs, caplog):
    made, frames = rendered
    paths = write_frames(made, iter(frames), tmp_path / "film-width=2", fps=20)
    assert [p.name for p in paths] == ["film-width=2.gif", "film-width=2.html", "film-width=2.png"]
    assert caplog.messages == [
        "no ffmpeg on this machine: the film is a GIF; for mp4 install ffmpeg, or pip install imageio-ffmpeg"
    ]
    with Image.open(paths[0]) as gif:
        assert gif.n_frames == made.frames
        assert gif.info["duration"] == 50
        assert gif.info["loop"] == 0
        for number, frame in enumerate(frames):
            gif.seek(number)
            assert near(gif.convert("RGB"), np.asarray(Image.fromarray(frame.rgb).resize(gif.size)), 9)
    with Image.open(paths[2]) as poster:
        np.testing.assert_array_equal(np.asarray(poster), frames[-1].rgb)


@pytest.mark.parametrize(
    ("fps", "times"), [(10, [100] * 3), (24, [40, 40, 40]), (30, [30, 40, 30]), (50, [20] * 3)]
)
def test_a_gif_plays_at_its_speed(fps, times, rendered, tmp_path):
    """Hundredths of a second, whose rounding does not add up."""
    write_gif(tmp_path / "film.gif", [frame.webp for frame in rendered[1]], fps)
    with Image.open(tmp_path / "film.gif") as gif:
        found = []
        for number in range(gif.n_frames):
            gif.seek(number)
            found.append(gif.info["duration"])
    assert found == [*times, LINGER]


def test_a_gif_shrinks_until_it_fits_and_keeps_the_colours_of_classes(tmp_path):
    """Frames of noise, which no format makes small, with a few points of each class."""
    rng, images = np.random.default_rng(0), []
    colours = [ImageColor.getrgb(colour) for colour in CLASS_COLOURS]
    for _ in range(60):
        rgb = rng.integers(0, 256, (90, 120, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
        for k, colour in enumerate(colours):
            rgb[40:120, 40 + 100 * k : 120 + 100 * k] = colour
        buffer = BytesIO()
        Image.fromarray(rgb).save(buffer, "WEBP", quality=80)
        images.append(buffer.getvalue())
    write_gif(tmp_path / "film.gif", images, 8)
    assert (tmp_path / "film.gif").stat().st_size <= 3_000_000
    with Image.open(tmp_path / "film.gif") as gif:
        assert gif.n_frames == 60
        scale = gif.width / 960
        found = np.asarray(gif.convert("RGB"), float)
    for k, colour in enumerate(colours):
        middle = found[round(80 * scale), round((80 + 100 * k) * scale)]
        assert np.abs(middle - colour).max() < 40


def test_a_gif_too_is_written_where_it_is_asked_for(rendered, tmp_path):
    made, frames = rendered
    paths = write_frames(made, iter(frames), tmp_path / "film", fps=20, gif=True)
    assert [p.suffix for p in paths] == [".mp4", ".gif", ".html", ".png"]


@pytest.mark.parametrize("own", [True, False])
def test_with_ffmpeg_the_film_is_an_mp4(own, rendered, tmp_path, monkeypatch):
    """The one that lies in the environment, else the machine's."""
    made, frames = rendered
    monkeypatch.setenv("PATH", str(tmp_path))
    if not own:
        (tmp_path / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
        monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", mock.Mock(side_effect=RuntimeError))
    paths = write_frames(made, iter(frames), tmp_path / "film", fps=20)
    assert paths[0].name == "film.mp4"
    assert not list(tmp_path.glob("*.gif"))
    monkeypatch.undo()
    reader = imageio_ffmpeg.read_frames(str(paths[0]))
    metadata = next(reader)
    assert (metadata["fps"], metadata["codec"]) == (20, "h264")
    back = [np.frombuffer(data, np.uint8).reshape(frames[0].rgb.shape) for data in reader]
    assert len(back) == made.frames
    for image, frame in zip(back, frames, strict=True):
        assert near(image, frame.rgb, 6)


def test_an_ffmpeg_that_fails_is_quoted_and_leaves_nothing(rendered, tmp_path, path_of_programs):
    made, frames = rendered
    program = path_of_programs / "ffmpeg"
    program.write_text("#!/bin/sh\necho 'Unknown encoder libx264' >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(
        OSError, match=r"failed: Unknown encoder libx264; without ffmpeg in PATH the film is a GIF"
    ):
        write_frames(made, iter(frames), tmp_path / "film", fps=20)
    assert [p.name for p in tmp_path.iterdir()] == ["bin"]


def test_the_page_holds_every_frame_and_needs_nothing_else(rendered, tmp_path, path_of_programs):
    made, frames = rendered
    page = write_frames(made, iter(frames), tmp_path / "film", fps=20)[1].read_text("utf-8")
    images = [base64.b64decode(data) for data in json.loads(re.search(r"images = (\[.*?\])\.map", page)[1])]
    labels = json.loads(re.search(r"labels = (\[.*?\]);", page)[1])
    assert labels == [made.scenes[0].label(i) for i in range(made.frames)]
    for data, frame in zip(images, frames, strict=True):
        assert near(Image.open(BytesIO(data)).convert("RGB"), frame.rgb, 6)
    assert not re.search(r"https?://|src=|@import|<link", page)
    for control in ('id="play"', 'type="range"', 'id="speed"', "Pause", "full screen"):
        assert control in page
    for word in ("step", "train", "test"):
        assert f"<dt>{word}</dt>" in page


@pytest.mark.parametrize("kind", sorted(set(SCENES) - {"training"}))
def test_every_kind_is_written(kind, tmp_path, path_of_programs):
    made = film(kind, copies=2, style="dark")
    with ThreadPoolExecutor(1) as pool:
        paths = write_frames(made, render(made, pool), tmp_path / kind, fps=10)
    with Image.open(paths[0]) as gif:
        assert gif.n_frames == made.frames


def test_the_words_on_frames_are_explained():
    assert {"embedding", "class vectors"} <= set(words_of(training.NOTE))
    assert words_of("step 12  train 50.0%") == {
        name: words_of("step train")[name] for name in ("step", "train")
    }
    assert words_of("nothing of that kind") == {}
