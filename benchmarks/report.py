"""How fast the pages are in headless Chromium: live training and plays in frames per second, answers in milliseconds.

Needs Chromium and ChromeDriver. The networks have 100 hidden units and 1,000 points, the explorer 10,000 members; values are random,
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

from nlpfeat.report.members import MeasureValues, Members
from nlpfeat.report.nets import Axis, Net, Nets
from nlpfeat.report.page import Part, report_page
from nlpfeat.report.playground import playground_page
from nlpfeat.stats.summaries import SummaryTable
from tests.browser import launched, ready, until

Rows = dict[str, list[list[float]]]  # name -> values with one network, with two

if TYPE_CHECKING:
    from selenium.webdriver.chrome.webdriver import WebDriver

UNITS, POINTS, MEMBERS, FRAMES, ROUNDS = 100, 1000, 10_000, 121, 5
SECONDS = 2  # of a play, at most 60 kept steps per second


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
        1.4,
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
        [Part("benchmark", "random networks", ["Random numbers."], members, packed, [], table, [], {})],
        "benchmarks.report",
    )


def fps(browser: "WebDriver", choice: str) -> float:
    """Painted frames per second of a play to the end of a slider."""
    start = (
        f"const u = pages[0].unwarper; u.fps = null; u.store.set({{{choice}: {'u.steps[0]' if choice == 'step' else 0}}}); "
        + (
            f"u.play('step', u.steps, {SECONDS})"
            if choice == "step"
            else f"u.play('way', Array.from({{length: 201}}, (_, k) => k / 200), {SECONDS})"
        )
    )
    browser.execute_script(start)
    until(lambda: browser.execute_script("return pages[0].unwarper.playing === null"))
    return float(browser.execute_script("return pages[0].unwarper.fps"))


def redraw(browser: "WebDriver") -> float:
    """Milliseconds until another measure of all members is painted."""
    script = """
    const done = arguments[0], {store} = pages[0].explorer, began = performance.now();
    store.set({up: store.get("up") === "loss" ? "accuracy" : "loss"});
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));"""
    return float(browser.execute_async_script(script))


def brush(browser: "WebDriver") -> float:
    """Milliseconds until other members are kept by a range."""
    script = """
    const done = arguments[0], {store} = pages[0].explorer, began = performance.now();
    store.set({brush: store.get("brush") ? "" : "seed:0:100"});
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));"""
    return float(browser.execute_async_script(script))


def first_paint(browser: "WebDriver") -> float:
    """Milliseconds from the request of the page to its first paint."""
    browser.refresh()
    until(lambda: browser.execute_script("return performance.getEntriesByType('paint').length"))
    return float(browser.execute_script("return performance.getEntriesByType('paint')[0].startTime"))


def live(browser: "WebDriver") -> tuple[float, float]:
    """Steps and painted frames per second of a network that trains live, per network."""
    script = """
    const done = arguments[0], page = window.page, all = Object.values(page.sides).filter(one => one.side === "a" || page.store.get("compare"));
    page.restart();
    setTimeout(() => {
      const before = all.map(one => [one.live.step, one.painted]), began = performance.now();
      page.run();
      setTimeout(() => {
        page.stop();
        const seconds = (performance.now() - began) / 1000;
        done(all.map((one, k) => [(one.live.step - before[k][0]) / seconds, (one.painted - before[k][1]) / seconds]));
      }, 4000);
    }, 300);"""
    found = browser.execute_async_script(script)
    return min(steps for steps, _ in found), min(frames for _, frames in found)


def stored_rows(folder: Path) -> Rows:
    """Plays and answers of the report."""
    path = folder / "report.html"
    path.write_text(page(), "utf-8")
    browser = ready(launched(path, 1280, 720))
    rows: Rows = {"first paint, ms": [[first_paint(browser) for _ in range(ROUNDS)]]}
    ready(browser)
    for both in ("false", "true"):
        browser.execute_script(f"pages[0].unwarper.store.set({{compare: {both}}})")
        time.sleep(1)
        for _ in range(ROUNDS):
            browser.execute_script("scrollTo(0, 0)")
            found = [fps(browser, "step"), fps(browser, "way")]
            browser.execute_script("document.querySelector('.explorer').scrollIntoView()")
            found += [redraw(browser), brush(browser)]
            names = (
                "training, frames/s",
                "input → embedding, frames/s",
                "another measure, ms",
                "another range, ms",
            )
            for name, value in zip(names, found, strict=True):
                column = rows.setdefault(name, [[], []])
                column[both == "true"].append(value)
    browser.quit()
    return rows


def live_rows(folder: Path) -> Rows:
    """The playground."""
    path = folder / "playground.html"
    path.write_text(playground_page("benchmarks.report"), "utf-8")
    rows: Rows = {"live, steps/s": [[], []], "live, frames/s": [[], []]}
    for both in (0, 1):
        browser = launched(path, 1280, 720)
        browser.get(f"{path.as_uri()}#width.a={UNITS}&compare={both}")
        browser.refresh()
        until(lambda here=browser: here.execute_script("return window.page?.sides.a.painted > 0"))
        for _ in range(ROUNDS):
            for name, value in zip(rows, live(browser), strict=True):
                rows[name][both].append(value)
        browser.quit()
    return rows


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        rows = live_rows(Path(folder)) | stored_rows(Path(folder))
    table = Table(
        caption=f"{UNITS} hidden units, {POINTS} points, {MEMBERS:,} members; median (range) of {ROUNDS} rounds"
    )
    for head in ("", "one network", "two networks"):
        table.add_column(head, justify="right")
    for name, columns in rows.items():
        cells = [f"{statistics.median(c):.0f} ({min(c):.0f}–{max(c):.0f})" for c in columns]
        table.add_row(name, *cells)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
