"""The configs at toy size under their own names, in one folder, so that the commands of the documentation run as written."""

import itertools
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

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
NAMED_SEEDS = (1458,)  # named by the command of a film
SHIM = """import runpy
from tests.small_configs import small
real = runpy.run_path({real!r})["get_config"]
def get_config(*variant):
    return small(real, *variant)
get_config.variants = real.variants
"""
EXAMPLES = "configs/examples"


def small(real: Callable[..., ConfigDict], variant: str = "") -> ConfigDict:
    """A variant with fewer seeds, on the data and with the steps of the smoke variant; the steps of points stay.

    Args:
      real: `get_config` of the config file, with its `variants`.
      variant: as in FILE:VARIANT; "" for none.
    """
    config = real(variant) if variant else real()
    toy = smoke_variant(real, variant, config.task)
    seeds = tuple(config.sweep.get("seed", (0,)))
    config.sweep.seed = tuple(seed for i, seed in enumerate(seeds) if i < 4 or seed in NAMED_SEEDS)
    if "train_examples" in config.sweep:  # divisors of the toy's forty
        config.sweep.train_examples = (10, 20, 40)
    if "fold" in config.sweep:  # the toy has no published folds
        del config.sweep["fold"]
    if "points" in config.get("data", {}):
        config.data.points = toy.data.points
        return config
    toy.sweep = config.sweep
    if "path" in toy.get("data", {}) and toy.data.path.endswith("opinions.csv"):
        toy.data.path = f"{EXAMPLES}/opinions.csv"
        if "vocab_size" in toy.data:
            toy.data.vocab_size = 200
    if "path" in toy.get("data", {}) and toy.data.path.endswith("tastes.csv"):
        toy.data.path, toy.data.items = f"{EXAMPLES}/tastes.csv", f"{EXAMPLES}/dishes.csv"
    return toy


def smoke_variant(real: Callable[..., ConfigDict], variant: str, task: str) -> ConfigDict:
    """The smoke variant of the same task; where there is none, the first one of the file."""
    if "/" in variant:  # SIZE/TASK of all_tasks.py
        return real(f"smoke/{variant.partition('/')[2]}")
    toys = [real(name) for name in real.variants if "smoke" in name]  # pyright: ignore[reportFunctionMemberAccess]
    return next((toy for toy in toys if toy.task == task), toys[0])


def write_task(folder: Path) -> None:
    """Write stripes.py, the task of one's own that docs/own-task.md registers."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "own-task.md").read_text(), re.DOTALL)
    (task,) = (block for block in blocks if block.startswith("# stripes.py"))
    (folder / "stripes.py").write_text(task)


def lay_out(folder: Path) -> None:
    """Write what the commands need: small configs, data that contain the names in the commands, the reader's own files."""
    rng = random.Random(0)
    (folder / EXAMPLES).mkdir(parents=True)
    for path in sorted((ROOT / "configs").glob("*.py")):
        (folder / path.relative_to(ROOT)).write_text(SHIM.format(real=str(path)))
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    for name in ("tests", "benchmarks", "notebooks"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "nlpfeat").mkdir()  # the package with these configs in the place of those that it ships
    for path in (ROOT / "nlpfeat").iterdir():
        (folder / "nlpfeat" / path.name).symlink_to(path)
    (folder / "nlpfeat" / "configs").symlink_to(folder / "configs")
    (folder / "docs").mkdir()
    for path in (ROOT / "docs").glob("*.py"):  # copies, as they write pictures beside themselves
        shutil.copy(path, folder / "docs" / path.name)
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
    write_task(folder)
    # The reader's own files, with the columns that the commands name.
    (folder / "mine.csv").write_text(opinions.replace("text,label", "comment,mood", 1))
    (folder / "new.csv").write_text("comment\nI loved it.\nBoring.\n")
    (folder / "pairs.csv").write_text("taster,wine\n0,apple pie\nsomeone,1\n")
    (folder / "points.csv").write_text(
        "x,y,class\n" + "".join(f"{i % 7},{i % 5},{'ab'[i % 7 > i % 5]}\n" for i in range(40))
    )
    (folder / "wines.csv").write_text(tastes.replace("user,item,rating", "taster,wine,points", 1))
    (folder / "cellar.csv").write_text(
        (ROOT / EXAMPLES / "dishes.csv").read_text().replace("item,", "wine,", 1)
    )
    text = "\n\n".join(line.rsplit(",", 1)[0].strip('"') for line in opinions.splitlines()[1:])
    (folder / "book.txt").write_text(text * 3)
