"""Make docs/gallery: small pictures and films, by the commands of the documentation on the studies in runs/; a ready report page.

Command:  python docs/gallery.py      (some three minutes; the studies that it names must be in runs/, with their figures)
          python docs/gallery.py report.html      (the page alone, of a study of its own: some three minutes)
"""

import base64
import json
import re
import shlex
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image

import nlpfeat
from nlpfeat.report.parts import ReportOptions

FOLDER = Path(__file__).parent / "gallery"
FILM = "film {1} --study=runs/{0} {2}"
# name -> arguments of nlpfeat, width of the copy in pixels, frames of a moving copy or the one frame shown
PICTURES = {
    "training": (FILM.format("spirals", "training", "--width=100 --seed=3"), 360, 36),
    "interpolation": (FILM.format("spirals", "interpolation", "--width=100 --seed=3"), 360, 36),
    "layers": (FILM.format("spirals_deep-recipe", "layers", "--width=2 --seed=1458"), 360, 90),
    "widths": (FILM.format("spirals", "training", "--widths=2,8,100 --seed=3"), 1000, "last"),
    "regions": (FILM.format("spirals", "regions", "--widths=2,8,100 --seed=3"), 1000, "last"),
    "annulus": (FILM.format("annulus", "regions", "--widths=2,3 --seed=best"), 700, "last"),
}

# name -> a figure of nlpfeat plot or compare, width of the copy
FIGURES = {
    "recipes": ("spirals_deep/figures/grid.png", 800),
    "pull": ("spirals_deep-recipe/figures/compare-spirals_deep-wide-loss=0.1.png", 1100),
}


def main() -> None:
    """Make every picture."""
    FOLDER.mkdir(exist_ok=True)
    for name, (arguments, width, shown) in PICTURES.items():
        with tempfile.TemporaryDirectory() as folder:
            length = f"--stills={shown}" if isinstance(shown, str) else f"--frames={shown}"
            line = [sys.executable, "-m", "nlpfeat", *shlex.split(arguments), length, f"--out-dir={folder}"]
            subprocess.run(line, check=True)
            if isinstance(shown, str):
                shrink(next(Path(folder).glob("*.png")), width).save(FOLDER / f"{name}.png", optimize=True)
            else:
                animate(frames_of(next(Path(folder).glob("*.html"))), width, FOLDER / f"{name}.webp")
    for name, (path, width) in FIGURES.items():
        shrink(Path("runs") / path, width).save(FOLDER / f"{name}.png", optimize=True)


def make_page() -> None:
    """The ready report page: seven widths of the spirals with eight seeds each, measured."""
    study = nlpfeat.sweep("spirals", seed=range(8), study="runs/report")
    nlpfeat.measure(study)
    study = nlpfeat.open_study(study.path)
    command = "nlpfeat report --study=runs/report --frames=40"
    nlpfeat.write_report([study], FOLDER / "report.html", ReportOptions(frames=40, budget=2e6), command)


def shrink(path: Path, width: int) -> Image.Image:
    """A picture at another width, in few colours."""
    with Image.open(path) as image:
        return resize(image, width).quantize(128, dither=Image.Dither.NONE)


def resize(image: Image.Image, width: int) -> Image.Image:
    """An image at another width."""
    return image.convert("RGB").resize((width, width * image.height // image.width), Image.Resampling.LANCZOS)


def frames_of(page: Path) -> list[Image.Image]:
    """The frames that a film's page holds; it is there with and without ffmpeg."""
    found = re.search(r"images = (\[.*?\])\.map", page.read_text("utf-8"))
    assert found
    return [Image.open(BytesIO(base64.b64decode(data))) for data in json.loads(found[1])]


def animate(frames: list[Image.Image], width: int, target: Path) -> None:
    """An animated WebP at another width: a third of a GIF of that quality."""
    small = [resize(frame, width) for frame in frames]
    times = [120] * (len(small) - 1) + [2000]
    small[0].save(
        target, "WEBP", save_all=True, append_images=small[1:], duration=times, loop=0, quality=45, method=6
    )


if __name__ == "__main__":
    nlpfeat.use_all_cores()
    if sys.argv[1:] != ["report.html"]:
        main()
    make_page()
