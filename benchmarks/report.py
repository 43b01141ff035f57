"""How fast the report page is in headless Chromium: frames per second of a play, and milliseconds until it redraws.

Needs Chromium and ChromeDriver. The networks have 100 hidden units and 1,000 points, the explorer 1,000 members; values are random,
sizes are those of a study. Timed with one network shown and with two.

Usage: python -m benchmarks.report
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from nlpfeat.analysis.geometry import WINDOW
from nlpfeat.films.camera import disc_grid
from nlpfeat.report.explorer import MeasureValues, Members
from nlpfeat.report.nets import Axis, Net, Nets
from nlpfeat.report.page import Part, report_page
from nlpfeat.stats.summaries import SummaryTable
from tests.browser import opened, until

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver

UNITS, POINTS, MEMBERS, FRAMES, ROUNDS = 100, 1000, 1000, 121, 5
SECONDS = 3  # of a play, at most 40 kept steps per second


def page() -> str:
    """A page of a thousand members, whose first two nets move through training."""
    rng = np.random.default_rng(0)
    shapes = [(UNITS, 2), (2, UNITS), (5, 2)]
    size, seeds = sum(out * (inputs + 1) for out, inputs in shapes), MEMBERS // 2
    nets, parameters, offset = [], [], 0
    for i in range(MEMBERS):
        frames = FRAMES if i % seeds == 0 else 1
        first, last = rng.normal(size=(2, size)) * 0.7
        parameters += [first + (last - first) * t for t in np.linspace(0, 1, frames)]
        nets.append(
            Net(f"{i:016x}", (i // seeds, i % seeds), int(frames == 1), shapes, [0.0, 1.0, 1.0], offset, 0)
        )
        offset += frames * size
    points = rng.uniform(-1, 1, (POINTS, 2)).astype(np.float32), rng.integers(0, 5, POINTS)
    axes = [Axis("width", [UNITS - 1, UNITS]), Axis("seed", list(range(seeds)))]
    steps = [list(range(FRAMES)), [FRAMES - 1]]
    packed = Nets(
        axes,
        steps,
        nets,
        np.concatenate(parameters),
        [points],
        disc_grid(1.4, 9, 33),
        WINDOW,
        ((0, 0), (1, 0)),
    )
    settings = {axis.name: np.array([axis.values[net.at[k]] for net in nets]) for k, axis in enumerate(axes)}
    every = list(range(0, 2000, 50))
    measures = [
        MeasureValues(name, name, "", name, every, rng.random((MEMBERS, len(every))))
        for name in ("accuracy", "loss")
    ]
    members = Members(
        [net.id for net in nets], settings, {"width": "width", "seed": "seed"}, measures, "accuracy"
    )
    table = SummaryTable([], [], "")
    return report_page(
        [Part("benchmark", "random networks", members, packed, [], table, [], {})], "benchmarks.report"
    )


def fps(browser: "WebDriver", slider: str, button: str) -> float:
    """Frames per second of a play to the end of a slider."""
    start = f"const p = unwarpers.s0; p.fps = null; p.controls.{slider}.value = 0; play(p, '{slider}', p.controls.{button}, {SECONDS})"
    browser.execute_script(start)
    return float(until(lambda: browser.execute_script("return unwarpers.s0.fps")))


def redraw(browser: "WebDriver") -> float:
    """Milliseconds until another measure of all members is drawn."""
    script = """
    const done = arguments[0], {y} = explorers.s0.controls, began = performance.now();
    y.value = y.value === 'loss' ? 'accuracy' : 'loss';
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));"""
    return float(browser.execute_async_script(script))


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.html"
        path.write_text(page(), "utf-8")
        browser = opened(path, 1280, 720)
        browser.execute_script("document.getElementById('s0-unwarper').scrollIntoView()")
        table = Table(
            caption=f"{UNITS} hidden units, {POINTS} points, {MEMBERS} members; median (range) of {ROUNDS} rounds"
        )
        for head in ("", "one network", "two networks"):
            table.add_column(head, justify="right")
        rows: dict[str, list[list[float]]] = {}
        for both in ("false", "true"):
            browser.execute_script(f"compare('s0', {both})")
            time.sleep(1)
            found = [
                (fps(browser, "step", "train"), fps(browser, "way", "move"), redraw(browser))
                for _ in range(ROUNDS)
            ]
            names = ("training, frames/s", "input → embedding, frames/s", "another measure, ms")
            for name, values in zip(names, zip(*found, strict=True), strict=True):
                rows.setdefault(name, []).append(list(values))
        browser.quit()
    for name, columns in rows.items():
        cells = [f"{statistics.median(c):.0f} ({min(c):.0f}–{max(c):.0f})" for c in columns]
        table.add_row(name, *cells)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
