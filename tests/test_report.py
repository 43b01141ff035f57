"""The report page in a real browser, without a network. Needs Chromium and ChromeDriver (see .ci/run)."""

import json
import re
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from nlpfeat.films.motion import steps as step_lists
from nlpfeat.films.motion import walk
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.geometry.regions import count_regions
from nlpfeat.plotting.figures.maps import Panel, Points
from nlpfeat.report import study_nets
from nlpfeat.report.map_page import Map
from nlpfeat.report.members import MeasureValues, Members
from nlpfeat.report.nets import Axis, Net, Nets
from nlpfeat.report.page import Part, report_page
from nlpfeat.stats.summaries import SummaryTable
from nlpfeat.study.session import open_study
from nlpfeat.tasks.registry import TASKS
from tests.browser import at_address, audit, click, errors, opened, point_at, ready, until
from tests.commands import run
from tests.requirements import needs_browser
from tests.toys import SPIRALS, TOYS, study, with_grid, with_training

pytestmark = needs_browser
NAMES = "<img src=x onerror='hacked=1'>&\"🙂 שלום"
WINDOW = 1.1
SCREENSHOTS = Path(__file__).parent / "screenshots"
VIEW = "const {unwarper} = pages[0], {view} = unwarper.sides.a, layers = unwarper.layersOf('a'), {points, shown} = {points: view.shown.data, shown: view.shown};"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study of three widths, its name full of markup, and its page."""
    path = tmp_path_factory.mktemp("report") / NAMES
    spec = with_training(with_grid(SPIRALS, width=(2, 7, 100), seed=(0, 1)), snapshots=(0,))
    _, dataset = study(spec, path)
    assert run("measure", f"--study={path}").returncode == 0
    command = run("report", f"--study={path}", "--frames=5", "--json")
    assert command.returncode == 0, command.stderr
    told = json.loads(command.stdout)
    assert told["path"] == str(path / "report.html")
    assert told["megabytes"] < 15
    return open_study(path), dataset


@pytest.fixture(scope="module")
def browser(made):
    """The page, opened from a file."""
    browser = opened(made[0].path / "report.html", 1280, 720)
    yield browser
    browser.quit()


def pick(browser, width, seed, step, way=1):
    """Choose what the first view shows."""
    browser.execute_script(
        "pages[0].unwarper.store.set({'width.a': arguments[0], 'seed.a': arguments[1], step: arguments[2], way: arguments[3]})",
        width,
        seed,
        step,
        way,
    )


def test_opens_without_a_network_or_an_error_and_shows_names_as_text(browser, made):
    assert errors(browser) == []
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.execute_script("return typeof hacked") == "undefined"
    assert str(made[0].path) in browser.find_element("tag name", "h1").text
    assert "config.json" in browser.find_element("tag name", "main").text
    assert browser.title == f"nlpfeat: {made[0].path}"


@pytest.mark.parametrize("width", [2, 7, 100])
@pytest.mark.parametrize("step", [0, 12])
def test_the_page_computes_what_jax_does(browser, made, width, step):
    done, dataset = made
    last = int(dataset.step[-1])
    step = 0 if step == 0 else last
    pick(browser, width, 1, step)
    member = done.restore(step, width=width, seed=1)
    inputs = member.splits["train"].inputs
    trace = member.module.apply({"params": member.params}, inputs, member.settings)
    found = browser.execute_script(
        VIEW
        + "return [layers.slice(0, -1), layers].map(some => net.forward(some, [points.x, points.y]).map(a => Array.from(a)))"
    )
    for values, name in zip(found, ("embedding", "scores"), strict=True):
        np.testing.assert_allclose(np.array(values).T, trace[name], rtol=1e-5, atol=1e-5)
    right = browser.execute_script("return pages[0].unwarper.sides.a.view.shown.accuracy")
    own = dataset.accuracy.sel(width=width, seed=1, step=step, split="train")
    assert right == pytest.approx(float(own), abs=1e-6)


@pytest.mark.parametrize("width", [2, 7, 100])
def test_regions_are_the_exact_ones_and_classes_own_the_plane(browser, made, width):
    done, _ = made
    pick(browser, width, 0, int(made[1].step[-1]))
    member = done.restore(width=width, seed=0)
    layers = done.task.views.plane.layers(member.module, member.params, member.settings)
    network = Network(tuple(Layer(*layer) for layer in layers))
    rng = np.random.default_rng(0)
    points = rng.uniform(-WINDOW, WINDOW, (300, 2))
    found = browser.execute_script(
        VIEW
        + """
        const {linearRegions, classCells, outlines, through} = regions, half = scene.WINDOW, head = layers.at(-1);
        const {regions: parts, folds} = linearRegions(layers.slice(0, -1), half);
        const cells = classCells(parts.map(p => ({polygon: p.polygon, map: through(head, p.map)})), head.out);
        const area = p => { let sum = 0; for (let k = 0; k < p.length; k += 2) { const n = (k + 2) % p.length;
          sum += p[k] * p[n + 1] - p[n] * p[k + 1]; } return sum / 2; };
        const inside = (p, [x, y]) => { for (let k = 0; k < p.length; k += 2) { const n = (k + 2) % p.length;
          if ((p[n] - p[k]) * (y - p[k + 1]) - (p[n + 1] - p[k + 1]) * (x - p[k]) < -1e-12) return false; } return true; };
        const places = arguments[0];
        return {count: parts.length, shown: shown.regions, folds: folds.length,
          areas: [parts.map(p => area(p.polygon)).reduce((a, b) => a + b), cells.flat().map(area).reduce((a, b) => a + b)],
          merged: cells.map(own => [own, outlines(own, half)].map(list => list.map(area).reduce((a, b) => a + b, 0))),
          loops: cells.map(own => outlines(own, half).length),
          owners: places.map(p => cells.findIndex(own => own.some(c => inside(c, p)))),
          images: places.map(p => { const {map} = parts.find(q => inside(q.polygon, p));
            return [0, 3].map(k => map[k] * p[0] + map[k + 1] * p[1] + map[k + 2]); })};
        """,
        points.tolist(),
    )
    assert found["count"] == found["shown"] == count_regions(network.until(2), WINDOW)
    np.testing.assert_allclose(found["areas"], (2 * WINDOW) ** 2, rtol=1e-9)
    for cells, merged in found["merged"]:
        assert merged == pytest.approx(cells, rel=1e-5, abs=1e-5)
    assert found["owners"] == network(points).argmax(1).tolist()
    np.testing.assert_allclose(found["images"], network.until(2)(points), rtol=1e-9, atol=1e-9)


def test_layer_by_layer_is_the_film(browser, made):
    done, _ = made
    pick(browser, 2, 0, int(made[1].step[-1]))
    member = done.restore(width=2, seed=0)
    path = step_lists(
        Network(
            tuple(
                Layer(*layer)
                for layer in done.task.views.plane.layers(member.module, member.params, member.settings)
            )
        )
    )
    points = np.random.default_rng(0).normal(size=(20, 2))
    positions = [0, 0.4, 1.5, 2.3, 3.7, 4.2, 5.5, len(path) - 0.5, len(path)]
    found = browser.execute_script(
        VIEW
        + "const steps = motion.stepsOf(layers); return [steps.length, motion.isDrawable(layers), arguments[1].map(at => motion.walk(arguments[0], steps, at).map(a => Array.from(a)))]",
        points.T.tolist(),
        positions,
    )
    assert found[:2] == [len(path), True]
    for position, values in zip(positions, found[2], strict=True):
        np.testing.assert_allclose(np.array(values).T, walk(points, path, position), rtol=1e-9, atol=1e-9)


def pictures(browser):
    """The pixels of every picture of the unwarper, by side and name."""
    script = """
    const found = {};
    for (const [side, {view}] of Object.entries(pages[0].unwarper.sides))
      for (const [name, {canvas}] of Object.entries(view.figures)) found[`${side} ${name}`] = canvas.toDataURL();
    return found;"""
    return browser.execute_script(script)


@pytest.mark.parametrize(
    ("label", "changed"),
    [
        ("width", {"a plane", "a space", "a units"}),
        ("seed", {"a plane", "a space", "a units"}),
        ("step of training", {f"{side} {name}" for side in "ab" for name in ("plane", "space", "units")}),
        ("way from the input", {"a space", "b space"}),
    ],
)
def test_a_slider_moved_by_keys_changes_the_picture(browser, made, label, changed):
    from selenium.webdriver.common.keys import Keys

    pick(browser, 100, 0, int(made[1].step[-1]))
    before = pictures(browser)
    slider = browser.find_element("css selector", f'.unwarper input[aria-label="{label}"]')
    old = slider.get_attribute("value")
    assert slider.get_attribute("aria-valuetext").startswith(label)
    slider.send_keys(Keys.ARROW_RIGHT if old == "0" else Keys.ARROW_LEFT)
    assert until(lambda: slider.get_attribute("value") != old)
    after = pictures(browser)
    assert {name for name in after if after[name] != before[name]} == changed


@pytest.mark.parametrize(("button", "which"), [("▶ Training", "step"), ("▶ Input → embedding", "way")])
def test_play_goes_to_the_end_and_stops(browser, made, button, which):
    last = int(made[1].step[-1]) if which == "step" else 1
    value = f"return pages[0].unwarper.store.get('{which}')"
    browser.execute_script(f"pages[0].unwarper.store.set({{{which}: {last}}})")
    click(browser, button)
    assert until(lambda: browser.execute_script(value) < last)
    assert "❚❚ Pause" in browser.find_element("class name", "unwarper").text
    seen = set()
    assert until(
        lambda: (
            seen.add(browser.execute_script(value))
            or browser.execute_script("return pages[0].unwarper.playing === null")
        )
    )
    assert browser.execute_script(value) == last
    assert len(seen) > 2
    assert browser.execute_script("return pages[0].unwarper.fps") > 0
    assert button in browser.find_element("class name", "unwarper").text


def place_of(browser, side, figure, half, x, y):
    """Where in the window a square picture has the point (x, y)."""
    browser.execute_script(
        f"pages[0].unwarper.sides.{side}.view.figures.{figure}.canvas.scrollIntoView({{block: 'center'}})"
    )
    return browser.execute_script(
        f"const box = pages[0].unwarper.sides.{side}.view.figures.{figure}.canvas.getBoundingClientRect(), [half, x, y] = arguments;"
        "return [box.left + (x + half) / (2 * half) * box.width, box.top + (half - y) / (2 * half) * box.height]",
        half,
        x,
        y,
    )


def test_a_click_into_the_plane_follows_that_point(browser, made):
    pick(browser, 100, 0, int(made[1].step[-1]))
    point_at(browser, *place_of(browser, "a", "plane", WINDOW, -0.5, 0.25), click=True)
    probe = "const {store} = pages[0].unwarper; return [store.get('x'), store.get('y')]"
    assert until(lambda: np.hypot(*np.subtract(browser.execute_script(probe), (-0.5, 0.25))) < 0.03)
    at = browser.execute_script(probe)
    said = browser.execute_script("return document.querySelector('.which p').textContent")
    assert said.startswith("Point (−0.")
    assert "of 100 units on → embedding" in said
    member = made[0].restore(width=100, seed=0)
    trace = member.module.apply({"params": member.params}, tuple(np.array([v]) for v in at), member.settings)
    assert f"class {int(np.argmax(trace['scores']))} " in said
    units = browser.execute_script(VIEW + "return net.trace(layers, ...arguments[0])[1]", at)
    np.testing.assert_allclose(units, np.asarray(trace["features"])[0], rtol=1e-4, atol=1e-5)
    assert member.id in browser.execute_script("return document.querySelector('.which .id').textContent")


def test_a_click_into_the_embedding_follows_the_nearest_point(browser, made):
    pick(browser, 100, 0, int(made[1].step[-1]))
    x, y, half = browser.execute_script(
        VIEW + "const [x, y] = shown.moved.points; return [x[7], y[7], shown.moved.half]"
    )
    point_at(browser, *place_of(browser, "a", "space", half, x, y), click=True)
    moved = VIEW + "return view.shown.moved.probe"
    assert until(lambda: np.hypot(*np.subtract(browser.execute_script(moved), (x, y))) < 0.02 * half)
    there = made[0].spec.data.points * made[0].spec.data.arms
    points = browser.execute_script(VIEW + "return [Array.from(points.x), Array.from(points.y)]")
    at = browser.execute_script("const {store} = pages[0].unwarper; return [store.get('x'), store.get('y')]")
    assert len(points[0]) == there
    assert np.hypot(*(np.array(points) - np.array(at)[:, None])).min() < 1e-6  # it is one of them


def test_a_fixed_scale_keeps_the_square_and_shows_growth(browser, made):
    half = "return ['a', 'b'].map(side => pages[0].unwarper.sides[side].view.shown.moved.half)"
    browser.execute_script("pages[0].unwarper.store.set({scale: 'fixed'})")
    seen = set()
    for step in (0, int(made[1].step[-1])):
        pick(browser, 100, 0, step)
        seen |= set(browser.execute_script(half))
    assert len(seen) == 1  # both networks and all steps share one square
    browser.execute_script("pages[0].unwarper.store.set({scale: 'free'})")
    pick(browser, 100, 0, 0)
    assert browser.execute_script(half)[0] < seen.pop()


def test_headlines_are_words_and_lead_with_numbers(browser, made):
    pick(browser, 7, 1, int(made[1].step[-1]))
    headline = browser.find_element("css selector", ".view .headline").text
    assert headline.startswith("Width 7, seed 1, step ")
    assert headline.endswith("% correct")
    lead = browser.find_element("css selector", ".lead").text
    assert lead.startswith("Accuracy on test data, median of 2 seeds, ")
    assert "at width 2" in lead
    assert "at width 100" in lead
    assert "(chance, the best constant prediction: " in lead


def test_a_network_trains_live_beside_its_record(browser, made):
    done, dataset = made
    last = int(dataset.step[-1])
    pick(browser, 7, 1, 0)
    before = browser.find_element("css selector", ".view .headline").text
    click(browser, "▶ Train live")
    side = "const {live, view, note, training} = pages[0].unwarper.sides.a; "
    ended = (
        side
        + "return Boolean(training) && !live.running && live.step === arguments[0] && view.shown.step === arguments[0]"
    )
    assert until(lambda: browser.execute_script(ended, last))
    headline, note, live = browser.execute_script(
        side + "return [view.headline.textContent, note.textContent, Array.from(live.parameters)]"
    )
    assert headline.startswith(f"Width 7, seed 1, live at step {last}: ")
    recorded = float(dataset.loss.sel(width=7, seed=1, step=last, split="train"))
    said = [float(number) for number in re.findall(r"[\d.]+", note.replace(f"step {last}", ""))]
    assert said == pytest.approx([recorded, recorded], rel=6e-3)
    member = done.restore(last, width=7, seed=1)
    layers = done.task.views.plane.layers(member.module, member.params, member.settings)
    own = np.concatenate([np.ravel(part) for layer in layers for part in layer[:2]])
    assert np.linalg.norm(live - own) < 1e-3 * np.linalg.norm(own)
    pick(browser, 7, 0, 0)  # another network is asked for: the stored one is shown
    pick(browser, 7, 1, 0)
    assert browser.find_element("css selector", ".view .headline").text == before


def test_layer_by_layer_is_offered_where_layers_can_be_drawn(browser, made):
    last = int(made[1].step[-1])
    shown = "return [...document.querySelectorAll('label')].find(l => l.textContent.startsWith('path to')).hidden === false"
    browser.execute_script("pages[0].unwarper.store.set({'width.b': 100})")
    pick(browser, 2, 0, last)
    assert browser.execute_script(shown)
    pick(browser, 7, 0, last)
    assert not browser.execute_script(shown)


def test_pointing_at_a_member_tells_its_id_and_curve_and_a_click_picks_it(browser, made):
    _, dataset = made
    browser.execute_script("pages[0].explorer.store.set({up: 'accuracy test', across: 'width'})")
    browser.execute_script("document.querySelector('.explorer').scrollIntoView()")
    chosen = str(dataset.member_id.sel(width=7, seed=1).item())
    assert until(lambda: browser.execute_script("return pages[0].explorer.dots.members.length") == 6)
    here = browser.execute_script("return pages[0].explorer.at(arguments[0])", chosen)
    point_at(browser, *here)
    assert until(lambda: chosen in browser.find_element("class name", "explorer").text)
    for split, values in browser.execute_script("return pages[0].explorer.curve()"):
        np.testing.assert_allclose(values, dataset.accuracy.sel(width=7, seed=1, split=split), atol=1e-6)
    point_at(browser, *here, click=True)
    assert until(lambda: browser.execute_script("return pages[0].unwarper.sides.a.view.shown.net") == chosen)


def test_every_measure_against_every_other(browser, made):
    _, dataset = made
    browser.execute_script("pages[0].explorer.store.set({all: false, up: 'accuracy test'})")
    options = "return [...document.querySelector('.explorer select').options].map(option => option.value)"
    few = browser.execute_script(options)
    assert few[:2] == ["width", "seed"]
    assert few[2:] == ["accuracy test", "regions", "winding_angle", "margin test", "spectral_product"]
    browser.execute_script("pages[0].explorer.store.set({all: true})")
    names = browser.execute_script(options)
    assert {"loss train", "accuracy test", "regions", "winding_angle", "margin test"} <= set(names)
    groups = browser.execute_script(
        "return [...document.querySelectorAll('.explorer select optgroup')].map(group => group.label)"
    )
    assert {"recorded while training", "linear regions", "the map", "weights"} <= set(groups)
    for name in dict.fromkeys(names):
        browser.execute_script(
            "pages[0].explorer.store.set({up: arguments[0], across: 'loss train'}); pages[0].explorer.redraw()",
            name,
        )
    assert errors(browser) == []
    browser.execute_script("pages[0].explorer.store.set({up: 'regions_ratio', across: 'width'})")
    said = browser.find_element("css selector", ".explorer .caption").text
    assert "linear regions over H²/2" in said
    assert "R / (H²/2)" in said
    browser.execute_script(
        "pages[0].explorer.store.set({up: 'accuracy test', across: 'width'}); pages[0].explorer.redraw()"
    )
    band = browser.execute_script("return pages[0].explorer.band()")
    last = dataset.accuracy.isel(step=-1).sel(split="test").transpose("width", "seed").to_numpy()
    quartiles = np.quantile(last, (0.25, 0.5, 0.75), axis=1)
    np.testing.assert_allclose([band[name] for name in ("low", "median", "high")], quartiles, atol=1e-6)


def test_a_range_on_parallel_coordinates_keeps_members(browser, made):
    _, dataset = made
    browser.execute_script(
        "pages[0].explorer.store.set({brush: 'width:5:200'}); document.querySelector('.explorer > details').open = true"
    )
    assert until(lambda: browser.execute_script("return pages[0].explorer.kept.length") == 4)
    assert until(lambda: browser.execute_script("return pages[0].explorer.parallel.placed.length") >= 5)
    figure = browser.find_element("css selector", ".explorer > details figure canvas")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", figure)
    box = browser.execute_script(
        "const r = arguments[0].getBoundingClientRect(); return [r.left, r.top]", figure
    )
    x = browser.execute_script("return pages[0].explorer.parallel.placed[1].x")  # the seed
    from selenium.webdriver import ActionChains

    actions = ActionChains(browser)
    pointer = actions.w3c_actions.pointer_action
    pointer.move_to_location(int(box[0] + x), int(box[1] + 37)).pointer_down().move_to_location(
        int(box[0] + x), int(box[1] + 120)
    ).pointer_up()
    actions.perform()
    assert until(lambda: browser.execute_script("return pages[0].explorer.kept.length") == 2)
    click(browser, "2 members as CSV")
    path = made[0].path / "members.csv"
    assert until(path.exists)
    table = pd.read_csv(path)
    assert set(table["member"]) == {str(dataset.member_id.sel(width=w, seed=1).item()) for w in (7, 100)}
    assert {"width", "seed", "accuracy test", "regions"} <= set(table.columns)
    click(browser, "clear the ranges")
    assert until(lambda: browser.execute_script("return pages[0].explorer.kept.length") == 6)


@pytest.mark.parametrize("kind", ["SVG", "PNG"])
def test_pictures_are_files(browser, made, kind):
    pick(browser, 7, 0, int(made[1].step[-1]))
    script = "[...document.querySelectorAll('.view .menu button')].find(button => button.textContent === arguments[0]).click()"
    browser.execute_script(script, kind)
    path = made[0].path / f"left-step-{int(made[1].step[-1])}-plane.{kind.lower()}"
    assert until(lambda: path.exists() and path.stat().st_size > 5000)
    if kind == "SVG":
        root = ET.fromstring(path.read_text("utf-8"))
        assert len(list(root.iter())) > 20
    else:
        with Image.open(path) as picture:
            assert picture.width == picture.height >= 1800


def test_the_address_restores_the_view(made):
    browser = opened(made[0].path / "report.html", 1280, 720)
    try:
        browser.execute_script(
            "const [page] = pages; page.unwarper.store.set({'width.a': 7, 'seed.b': 1, way: 0.5, ground: 'area', folds: false, scale: 'fixed', step: 0});"
            "page.explorer.store.set({up: 'regions', across: 'loss test', log: 'regions', all: true, brush: 'width:5:200'})"
        )
        both = "return pages.map(page => [page.unwarper.store.all(), page.explorer.store.all()])"
        wanted = browser.execute_script(both)
        address = until(lambda: "s0.all.up=regions" in browser.current_url and browser.current_url)
        at_address(browser, address)
        ready(browser)
        assert browser.execute_script(both) == wanted
        assert browser.execute_script("return pages[0].explorer.kept.length") == 4
        headline = browser.find_element("css selector", ".view .headline").text
        assert headline.startswith("Width 7, ")
        assert "step 0" in headline
        assert errors(browser) == []
    finally:
        browser.quit()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_serious_finding_of_axe(browser, theme):
    browser.execute_script("document.documentElement.dataset.theme = arguments[0]; pages[0].redraw()", theme)
    found = audit(browser)
    browser.execute_script("delete document.documentElement.dataset.theme; pages[0].redraw()")
    assert found == []


# How far a picture of the page may differ from that of the day on which it was last looked at: mean difference of its pixels, of 255, at a
# sixteenth of its size, so that fonts and edges do not count. In deuteranopia, classes must still differ.
SCREENS = {
    "desk": (1280, 720, False, "light"),
    "wide": (1920, 1080, False, "dark"),
    "phone": (390, 844, True, "light"),
}
TOLERANCE = 12.0


@pytest.mark.parametrize("name", SCREENS)
def test_the_first_screen(tmp_path, name):
    width, height, phone, theme = SCREENS[name]
    (tmp_path / "page.html").write_text(
        report_page([many(200, np.random.default_rng(0), title="a study")], "command"), "utf-8"
    )
    browser = opened(tmp_path / "page.html", width, height, phone=phone)
    try:
        browser.execute_script(
            "document.documentElement.dataset.theme = arguments[0]; pages[0].redraw()", theme
        )
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        bottom = browser.execute_script(
            "return pages[0].unwarper.sides.a.view.figures.plane.canvas.getBoundingClientRect().bottom"
        )
        assert bottom <= height
        if not phone:  # both networks
            assert (
                browser.execute_script(
                    "return pages[0].unwarper.sides.b.view.figures.space.canvas.getBoundingClientRect().bottom"
                )
                <= height - 100
            )
        with Image.open(BytesIO(browser.get_screenshot_as_png())) as screen:
            size = (screen.width // 16, screen.height // 16)
            found = np.asarray(screen.convert("RGB").resize(size, Image.Resampling.BOX), float)
        path = SCREENSHOTS / f"{name}.png"
        if not path.exists():  # pragma: no cover  (delete a picture to renew it, and look at the new one)
            Image.fromarray(found.astype(np.uint8)).save(path)
        with Image.open(path) as kept:
            wanted = np.asarray(kept.convert("RGB"), float)
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).mean() < TOLERANCE
    finally:
        browser.quit()


def test_two_networks_fit_a_phone_by_a_swipe(made):
    browser = opened(made[0].path / "report.html", 390, 844, phone=True)
    try:
        assert errors(browser) == []
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        small = browser.execute_script(
            "return [...document.querySelectorAll('button, select, input:not([type=checkbox]), summary, label.check')].map(e => [e, e.getBoundingClientRect()])"
            ".filter(([, r]) => r.width && r.height < 43.5).map(([e, r]) => [e.outerHTML.slice(0, 80), r.height])"
        )
        assert small == []
        browser.execute_script("document.querySelector('.two').scrollLeft = 1000")
        assert until(
            lambda: browser.execute_script(
                "return pages[0].unwarper.sides.b.view.element.getBoundingClientRect().left < 60"
            )
        )
    finally:
        browser.quit()


def many(members, rng, frames=1, title=NAMES):
    """A part of a page with so many members, their nets of 100 units; its words and title are full of markup."""
    shapes, at = [(100, 2), (2, 100), (3, 2)], [(i // 100, i % 100) for i in range(members)]
    size = sum(out * (inputs + 1) for out, inputs in shapes)
    nets = [Net(f"{i:016x}", at[i], 0, shapes, [0.0, 1.0, 1.0], i * frames * size, 0) for i in range(members)]
    axes = [Axis("width", list(range(2, 3 + (members - 1) // 100))), Axis("seed", list(range(100)))]
    points = rng.normal(size=(1000, 2)).astype(np.float32), rng.integers(0, 3, 1000)
    numbers = rng.normal(size=members * frames * size).astype(np.float32)
    packed = Nets(
        axes,
        [list(range(7, 7 + frames))],
        nets,
        numbers,
        [points],
        1.4,
        ((0, 0), ((members - 1) // 100, 0)),
    )
    settings = {axis.name: np.array([list(axis.values)[a[i]] for a in at]) for i, axis in enumerate(axes)}
    steps = list(range(0, 2000, 50))
    measures = [
        MeasureValues(f"{name} test", name, "test", name, steps, rng.random((members, len(steps))))
        for name in ("accuracy", "loss")
    ]
    shown = Members(
        [net.id for net in nets], settings, {"width": NAMES, "seed": "seed"}, measures, "loss test"
    )
    words = Points(
        "word",
        [NAMES, "<script>hacked=2</script>", "plain"],
        {"count": np.arange(3)},
        ["#000000"] * 3,
        ["circle"] * 3,
        np.ones(3),
    )
    maps = [Map([Panel(NAMES, rng.normal(size=(3, 2)))], words, NAMES, NAMES)]
    table = SummaryTable([NAMES], [[NAMES]], NAMES)
    return Part(
        title,
        title,
        [f"Sentence of {title}"],
        shown,
        packed,
        maps,
        table,
        [NAMES],
        {NAMES: "<script>hacked=3</script>"},
    )


def test_every_frame_of_a_play_is_painted(tmp_path):
    (tmp_path / "page.html").write_text(
        report_page([many(1, np.random.default_rng(0), frames=61)], "play"), "utf-8"
    )
    browser = opened(tmp_path / "page.html", 1280, 720)
    try:
        counted = """
        const {unwarper} = pages[0], {plane} = unwarper.sides.a.view.figures, {paint} = plane;
        window.frames_ = 0; window.paints = 0;
        plane.paint = () => { paints++; paint(); };
        unwarper.store.subscribe(changed => { if (changed.has("step")) frames_++; });
        unwarper.store.set({step: unwarper.steps[0]});
        unwarper.play("step", unwarper.steps, 2);"""
        browser.execute_script(counted)
        assert until(lambda: browser.execute_script("return pages[0].unwarper.playing === null"))
        frames, paints = browser.execute_script("return [frames_, paints]")
        assert frames > 3
        assert paints >= frames - 1
    finally:
        browser.quit()


@pytest.mark.slow
def test_two_studies_of_a_thousand_members_whose_names_are_markup(tmp_path):
    part = many(1000, np.random.default_rng(0))
    page = report_page([part, part], NAMES)
    assert len(page.encode()) < 15e6
    (tmp_path / "page.html").write_text(page, "utf-8")
    browser = opened(tmp_path / "page.html", 1280, 720)
    try:
        assert errors(browser) == []
        assert browser.execute_script("return typeof hacked") == "undefined"
        assert NAMES in browser.find_element("tag name", "h2").text
        assert browser.title == f"nlpfeat: {NAMES}, {NAMES}"
        assert browser.execute_script("return pages.map(page => page.explorer.dots.members.length)") == [
            1000,
            1000,
        ]
        browser.execute_script("pages[0].maps[0].click(1)")
        assert "<script>hacked=2</script>" in browser.find_element("class name", "near").text
        browser.execute_script(
            "pages[1].explorer.store.set({up: 'accuracy test'}); pages[1].unwarper.store.set({'seed.b': 99})"
        )
        shown = "return pages.map(page => page.unwarper.sides.b.view.shown.net)"
        assert until(lambda: browser.execute_script(shown)[1] == f"{999:016x}")
        assert browser.execute_script(shown)[0] == f"{900:016x}"
        assert browser.execute_script("return typeof hacked") == "undefined"
        assert errors(browser) == []
    finally:
        browser.quit()


@pytest.mark.slow
def test_recipes_have_sliders_and_deep_nets_a_walk(tmp_path):
    spec = with_grid(TOYS["spirals_deep"], width=(2,), seed=(0, 1), depth=(3, 4))
    path = tmp_path / "deep"
    _, dataset = study(spec, path)
    command = run("report", f"--study={path}", "--frames=0")
    assert command.returncode == 0, command.stderr
    browser = opened(path / "report.html", 1280, 720)
    try:
        assert errors(browser) == []
        sliders = [
            one.get_attribute("aria-label")
            for one in browser.find_elements("css selector", ".view .settings input")
        ]
        assert sliders == ["seed", "depth"] * 2
        browser.execute_script(
            "pages[0].unwarper.store.set({'seed.a': 1, 'depth.a': 4, path: 'layers', way: 0.5})"
        )
        shown = browser.execute_script("return pages[0].unwarper.sides.a.view.shown.net")
        assert shown == str(dataset.member_id.sel(width=2, seed=1, depth=4).item())
        assert browser.execute_script(
            "return pages[0].unwarper.sides.a.view.figures.space.caption.textContent"
        ).startswith("Layer ")
    finally:
        browser.quit()


@pytest.mark.slow
def test_settings_of_the_unwarper_are_those_written(tmp_path):
    spec = with_grid(SPIRALS, width=(3,), seed=(0, 1), noise=(0.01, 0.1))
    _, dataset = study(spec, tmp_path / "study")
    nets, _ = study_nets.nets_of_page(open_study(tmp_path / "study"), frames=0, budget=1e9)
    assert nets.axes == [Axis("seed", [0, 1]), Axis("noise", [0.01, 0.1])]
    ids = {net.at: net.id for net in nets.nets}
    assert ids[1, 0] == str(dataset.member_id.sel(width=3, seed=1, noise=0.01).item())


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--study=nowhere",), "nowhere is not a study"),
        (("--frames=1",), "--frames: 1 is not 0, or 2 to 1000"),
        (("--out=nowhere/page.html",), "--out: there is no folder nowhere"),
        (("--out=.",), "--out: . is a folder"),
    ],
)
def test_mistakes_are_named(flags, told):
    command = run("report", *flags)
    assert command.returncode == 2
    assert command.stderr.startswith(f"error: {told}")
    assert command.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        pytest.param(1e-3, "pages[0].unwarper.sides.b.view.shown.regions > 0", marks=pytest.mark.slow),
        (1e38, "pages[0].unwarper === null"),
    ],
)
def test_a_single_net_and_one_that_diverged(tmp_path, rate, shown):
    spec = with_training(with_grid(SPIRALS, width=(3,), seed=(0,), learning_rate=(rate,)), snapshots=())
    study(spec, tmp_path / "study")
    command = run("report", f"--study={tmp_path / 'study'}", "--frames=3")
    assert command.returncode == 0, command.stderr
    assert ("every network diverged" in command.stderr) == (rate > 1)
    browser = opened(tmp_path / "study" / "report.html")
    try:
        assert errors(browser) == []
        assert browser.execute_script(f"return {shown}")
    finally:
        browser.quit()


def test_networks_of_which_only_the_first_checkpoints_are_finite(tmp_path):
    spec = with_grid(SPIRALS, width=(3,), seed=(0,), learning_rate=(1e38,))
    study(spec, tmp_path / "study")
    nets, notes = study_nets.nets_of_page(open_study(tmp_path / "study"), frames=3, budget=1e9)
    assert nets is None
    assert notes == ["no unwarper: every network diverged"]


def test_frames_and_seeds_stay_within_the_budget(tmp_path):
    study(with_grid(SPIRALS, width=(50, 100), seed=(0, 1, 2)), tmp_path / "study")
    nets, notes = study_nets.nets_of_page(open_study(tmp_path / "study"), frames=25, budget=40_000)
    assert any(note.startswith("the unwarper has room for") for note in notes)
    assert nets.parameters.nbytes < 40_000


def test_a_width_that_diverged_leaves_the_others(tmp_path):
    spec = with_grid(SPIRALS, width=(2, 3), seed=(0, 1))
    _, dataset = study(spec, tmp_path / "study")
    for name in ("accuracy", "loss"):
        dataset[name][{"width": 0}] = np.nan
    starred = study_nets.starred_members(open_study(tmp_path / "study"), dataset)
    assert [star["width"] for star in starred] == [3, 3]  # of one width the median and the best


@pytest.mark.parametrize("content", ["", "{", "[]", '{"commands": 3}'])
def test_a_damaged_manifest_is_named(tmp_path, content):
    study(with_grid(SPIRALS, width=(2,), seed=(0,)), tmp_path / "study")
    (tmp_path / "study" / "manifest.json").write_text(content)
    command = run("report", f"--study={tmp_path / 'study'}", "--frames=0")
    assert command.returncode == 2
    assert "manifest.json is damaged" in command.stderr
    assert "Traceback" not in command.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_has_a_page(name, tmp_path):
    path = tmp_path / "study"
    study(with_grid(TOYS[name], width=(2, 3), seed=(0, 1)), path)
    command = run("report", f"--study={path}", "--frames=3")
    assert command.returncode == 0, command.stderr
    browser = opened(path / "report.html")
    try:
        assert errors(browser) == []
        assert browser.execute_script("return pages[0].explorer.dots.members.length") == 4
    finally:
        browser.quit()
