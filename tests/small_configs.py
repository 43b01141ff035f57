"""The README's configs at toy size under their own names, in a folder of their own, so that its commands run as they are written."""

import itertools
import random
import shutil
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

ROOT = Path(__file__).parents[1]
WORDS = [
    "excellent",
    "terrible",
    "boring",
    "never",
    "man",
    "woman",
    "actor",
    "brooklyn",
    "film",
    "the",
    "a",
    "was",
    "and",
    "not",
    "bad",
    "at",
    "all",
]
NAMED_SEEDS = (1458,)  # of a film
SHIM = """import runpy
from tests.small_configs import small
real = runpy.run_path({real!r})["get_config"]
def get_config(*variant):
    return small(real, *variant)
get_config.variants = real.variants
"""
EXAMPLES = "configs/examples"


def small(real: Any, *variant: str) -> ConfigDict:
    """The variant's grid with fewer seeds, on the data and with the steps of the smoke variant; of points the steps stay."""
    asked = real(*variant)
    toy = smoke_variant(real, asked.task)
    seeds = tuple(asked.sweep.get("seed", (0,)))
    asked.sweep.seed = tuple(seed for i, seed in enumerate(seeds) if i < 4 or seed in NAMED_SEEDS)
    if "points" in asked.get("data", {}):
        asked.data.points = toy.data.points
        return asked
    toy.sweep = asked.sweep
    if "data" not in toy:
        return toy
    if "path" in toy.data and toy.data.path.endswith("opinions.csv"):
        toy.data.path = f"{EXAMPLES}/opinions.csv"
        if "vocab_size" in toy.data:
            toy.data.vocab_size = 200
    if "path" in toy.data and toy.data.path.endswith("tastes.csv"):
        toy.data.path, toy.data.items = f"{EXAMPLES}/tastes.csv", f"{EXAMPLES}/dishes.csv"
    return toy


def smoke_variant(real: Any, task: str) -> ConfigDict:
    """The file's smoke variant of this task; of deep and shallow nets on the same points there is one."""
    toys = [real(name) for name in real.variants if "smoke" in name]
    return next((toy for toy in toys if toy.task == task), toys[0])


def lay_out(folder: Path) -> None:
    """A copy of what the README's commands need: small configs, data with the names in them, files of one's own."""
    rng = random.Random(0)
    (folder / EXAMPLES).mkdir(parents=True)
    for path in sorted((ROOT / "configs").glob("*.py")):
        (folder / path.relative_to(ROOT)).write_text(SHIM.format(real=str(path)))
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("nlpfeat", "tests", "benchmarks"):
        (folder / name).symlink_to(ROOT / name)
    opinions = (ROOT / EXAMPLES / "opinions.csv").read_text()
    more = [
        f'"{" ".join(rng.choices(WORDS, k=12))}",{label}'
        for label in ("positive", "negative")
        for _ in range(40)
    ]
    (folder / EXAMPLES / "opinions.csv").write_text(opinions + "\n".join(more) + "\n")
    films = ("500,Toy Story (1995),Animation", "501,Alien (1979),Horror")
    (folder / EXAMPLES / "dishes.csv").write_text(
        (ROOT / EXAMPLES / "dishes.csv").read_text() + "\n".join(films) + "\n"
    )
    tastes = (ROOT / EXAMPLES / "tastes.csv").read_text()
    users = sorted({line.split(",")[0] for line in tastes.splitlines()[1:]})
    seen = [f"{user},{film},{rng.choice((2, 3.5, 5))}" for user, film in itertools.product(users, (500, 501))]
    (folder / EXAMPLES / "tastes.csv").write_text(tastes + "\n".join(seen) + "\n")
    # Files of one's own, with the columns that the README names.
    (folder / "mine.csv").write_text(opinions.replace("text,label", "comment,mood", 1))
    (folder / "comments.txt").write_text("I loved it.\nBoring.\n")
    (folder / "wines.csv").write_text(tastes.replace("user,item,rating", "taster,wine,points", 1))
    (folder / "cellar.csv").write_text(
        (ROOT / EXAMPLES / "dishes.csv").read_text().replace("item,", "wine,", 1)
    )
    text = "\n\n".join(line.rsplit(",", 1)[0].strip('"') for line in opinions.splitlines()[1:])
    (folder / "book.txt").write_text(text * 3)
