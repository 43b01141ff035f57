"""The report page in a real browser, without a network. Needs Chromium and ChromeDriver (see .ci/run)."""

import json

import numpy as np
import pytest

from nlpfeat.films.motion import steps as step_lists
from nlpfeat.films.motion import walk
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.geometry.regions import count_regions
from nlpfeat.plotting.figures.maps import Panel, Points
from nlpfeat.report import study_nets
from nlpfeat.report.explorer import MeasureValues, Members
from nlpfeat.report.nets import Axis, Net, Nets
from nlpfeat.report.page import Map, Part, report_page
from nlpfeat.stats.summaries import SummaryTable
from nlpfeat.study.session import open_study
from nlpfeat.tasks.registry import TASKS
from tests.browser import element, errors, opened, point_at, until
from tests.commands import run
from tests.requirements import needs_browser
from tests.toys import SPIRALS, TOYS, study, with_grid, with_training

pytestmark = needs_browser
NAMES = "<img src=x onerror='hacked=1'>&\"🙂 שלום"
WINDOW = 1.1
LAYERS = "const page = unwarpers.s0, view = page.views.a, net = chosen(page, view), layers = layersOf(page, net, stepOf(page, net).place);"


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
    """Set the sliders of the first view."""
    browser.execute_script(
        "const page = unwarpers.s0, [w, s] = page.views.a.axes; w.value = arguments[0]; s.value = arguments[1];"
        "page.controls.step.value = page.metadata.steps.indexOf(arguments[2]); page.controls.way.value = arguments[3]",
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


@pytest.mark.parametrize(("place", "width"), [(0, 2), (1, 7), (2, 100)])
@pytest.mark.parametrize("step", [0, 12])
def test_the_page_computes_what_jax_does(browser, made, place, width, step):
    done, dataset = made
    last = int(dataset.step[-1])
    step = 0 if step == 0 else last
    pick(browser, place, 1, step)
    member = done.restore(step, width=width, seed=1)
    inputs = member.splits["train"].inputs
    trace = member.module.apply({"params": member.params}, inputs, member.settings)
    found = browser.execute_script(
        LAYERS
        + "const {x, y} = pointsOf(page, net); return [layers.slice(0, -1), layers].map(some => forward(some, [x, y]).map(a => Array.from(a)))"
    )
    for values, name in zip(found, ("embedding", "scores"), strict=True):
        np.testing.assert_allclose(np.array(values).T, trace[name], rtol=1e-5, atol=1e-5)
    right = browser.execute_script("return unwarpers.s0.views.a.shown.accuracy")
    own = dataset.accuracy.sel(width=width, seed=1, step=step, split="train")
    assert right == pytest.approx(float(own), abs=1e-6)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_regions_are_the_exact_ones_and_classes_own_the_plane(browser, made, place):
    done, _ = made
    width = (2, 7, 100)[place]
    pick(browser, place, 0, int(made[1].step[-1]))
    member = done.restore(width=width, seed=0)
    layers = done.task.views.plane.layers(member.module, member.params, member.settings)
    network = Network(tuple(Layer(*layer) for layer in layers))
    rng = np.random.default_rng(0)
    points = rng.uniform(-WINDOW, WINDOW, (300, 2))
    found = browser.execute_script(
        LAYERS
        + """
        const {regions, folds} = linearRegions(layers.slice(0, -1), page.metadata.window), head = layers.at(-1);
        const cells = classCells(regions.map(p => ({polygon: p.polygon, map: through(head, p.map)})), head.out);
        const area = p => { let sum = 0; for (let k = 0; k < p.length; k += 2) { const n = (k + 2) % p.length;
          sum += p[k] * p[n + 1] - p[n] * p[k + 1]; } return sum / 2; };
        const inside = (p, [x, y]) => { for (let k = 0; k < p.length; k += 2) { const n = (k + 2) % p.length;
          if ((p[n] - p[k]) * (y - p[k + 1]) - (p[n + 1] - p[k + 1]) * (x - p[k]) < -1e-12) return false; } return true; };
        const points = arguments[0];
        return {count: regions.length, shown: view.shown.regions, folds: folds.length,
          areas: [regions.map(p => area(p.polygon)).reduce((a, b) => a + b), cells.flat().map(area).reduce((a, b) => a + b)],
          merged: cells.map(own => [own, outlines(own, page.metadata.window)].map(list => list.map(area).reduce((a, b) => a + b, 0))),
          loops: cells.map(own => outlines(own, page.metadata.window).length),
          owners: points.map(p => cells.findIndex(own => own.some(c => inside(c, p)))),
          images: points.map(p => { const {map} = regions.find(q => inside(q.polygon, p));
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
    pick(browser, 0, 0, int(made[1].step[-1]))
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
        LAYERS
        + "const steps = stepsOf(layers); return [steps.length, drawable(net), arguments[1].map(at => walk(arguments[0], steps, at).map(a => Array.from(a)))]",
        points.T.tolist(),
        positions,
    )
    assert found[:2] == [len(path), True]
    for position, values in zip(positions, found[2], strict=True):
        np.testing.assert_allclose(np.array(values).T, walk(points, path, position), rtol=1e-9, atol=1e-9)


def canvas(browser, name):
    """The picture of a plot, as pixels."""
    script = """
    const done = arguments[1], model = Bokeh.documents[0].get_model_by_name(arguments[0]);
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() =>
      Bokeh.index.find_one_by_id(model.id).export("auto").canvas.toBlob(blob =>
        blob.arrayBuffer().then(bytes => done(Array.from(new Uint8Array(bytes))))), 100)));"""
    return bytes(browser.execute_async_script(script, name))


@pytest.mark.parametrize(
    ("control", "pictures"),
    [
        ("views.a.axes[0]", ("s0_a_plane", "s0_a_space", "s0_a_units")),
        ("views.a.axes[1]", ("s0_a_plane", "s0_a_space", "s0_a_units")),
        ("controls.step", ("s0_a_plane", "s0_b_plane", "s0_a_space", "s0_b_space")),
        ("controls.way", ("s0_a_space", "s0_b_space")),
    ],
)
def test_a_slider_moved_by_keys_changes_the_picture(browser, made, control, pictures):
    from selenium.webdriver.common.keys import Keys

    pick(browser, 2, 0, int(made[1].step[-1]))
    before = {name: canvas(browser, name) for name in (*pictures, "s0_b_units")}
    model = f"unwarpers.s0.{control}"
    root = browser.execute_script(f"return Bokeh.index.find_one_by_id({model}.id).el")
    handle = browser.execute_script("return arguments[0].shadowRoot.querySelector('.noUi-handle')", root)
    old = browser.execute_script(f"return {model}.value")
    handle.send_keys(Keys.ARROW_RIGHT if old == 0 else Keys.ARROW_LEFT)
    assert until(lambda: browser.execute_script(f"return {model}.value") != old)
    for name in pictures:
        assert canvas(browser, name) != before[name], name
    if "views.a" in control:  # the other view stays as it was
        assert canvas(browser, "s0_b_units") == before["s0_b_units"]


@pytest.mark.parametrize(("button", "which"), [("train", "step"), ("move", "way")])
def test_play_goes_to_the_end_and_stops(browser, button, which):
    slider, model = f"unwarpers.s0.controls.{which}", f"unwarpers.s0.controls.{button}"
    browser.execute_script(f"{slider}.value = {slider}.end")
    label = browser.execute_script(f"return {model}.label")
    root = browser.execute_script(f"return Bokeh.index.find_one_by_id({model}.id).el")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", root)
    browser.execute_script("return arguments[0].shadowRoot.querySelector('button')", root).click()
    assert until(lambda: browser.execute_script(f"return {slider}.value < {slider}.end"))
    assert "Pause" in browser.execute_script(f"return {model}.label")
    seen = set()
    assert until(
        lambda: (
            seen.add(browser.execute_script(f"return {slider}.value"))
            or browser.execute_script("return unwarpers.s0.playing === null")
        )
    )
    assert browser.execute_script(f"return {slider}.value === {slider}.end")
    assert len(seen) > 2
    assert browser.execute_script("return unwarpers.s0.fps") > 0
    assert browser.execute_script(f"return {model}.label") == label


def test_a_click_into_the_plane_follows_that_point(browser, made):
    pick(browser, 2, 0, int(made[1].step[-1]))
    browser.execute_script("document.getElementById('s0-views').scrollIntoView()")
    x, y = place_of(browser, "unwarpers.s0.views.a.plane", -0.5, 0.25)
    point_at(browser, x, y, click=True)
    assert until(lambda: abs(browser.execute_script("return unwarpers.s0.controls.x.value") + 0.5) < 0.02)
    assert browser.execute_script("return unwarpers.s0.controls.y.value") == pytest.approx(0.25, abs=0.02)
    told = browser.find_element("id", "s0-a-point").text
    assert told.startswith("Point (−0.5")
    assert "of 100 units on → embedding" in told
    member = made[0].restore(width=100, seed=0)
    at = browser.execute_script("const {x, y} = unwarpers.s0.controls; return [x.value, y.value]")
    trace = member.module.apply({"params": member.params}, tuple(np.array([v]) for v in at), member.settings)
    assert f"class {int(np.argmax(trace['scores']))} " in told
    cells = browser.execute_script("return unwarpers.s0.views.a.units_data.data.value.slice(2, 102)")
    np.testing.assert_allclose(cells, np.asarray(trace["features"])[0], rtol=1e-4, atol=1e-5)


def test_a_click_into_the_embedding_follows_the_nearest_point(browser, made):
    pick(browser, 2, 0, int(made[1].step[-1]))
    browser.execute_script("document.querySelector('#s0-views .pair').scrollIntoView({block: 'center'})")
    nearest = "const [x, y] = unwarpers.s0.views.a.moved, k = 7;return [x[k], y[k]]"
    x, y = browser.execute_script(nearest)
    point_at(browser, *place_of(browser, "unwarpers.s0.views.a.space", x, y), click=True)
    probe = "return [unwarpers.s0.views.a.probed.data.x[0], unwarpers.s0.views.a.probed.data.y[0]]"
    reach = browser.execute_script("return unwarpers.s0.views.a.space.x_range.end")
    assert until(lambda: np.hypot(*np.subtract(browser.execute_script(probe), (x, y))) < 0.02 * reach)
    at = browser.execute_script("const {x, y} = unwarpers.s0.controls; return [x.value, y.value]")
    there = made[0].spec.data.points * made[0].spec.data.arms
    points = browser.execute_script(
        "const {data} = unwarpers.s0.views.a.known; return [Array.from(data.x), Array.from(data.y)]"
    )
    assert len(points[0]) == there
    assert np.hypot(*(np.array(points) - np.array(at)[:, None])).min() < 1e-3  # it is one of them


def place_of(browser, model, x, y):
    """Where in the window a plot has the point (x, y)."""
    return browser.execute_script(
        f"""
        const view = Bokeh.index.find_one_by_id({model}.id), box = view.canvas_view.el.getBoundingClientRect();
        return [box.left + view.frame.x_scale.compute(arguments[0]), box.top + view.frame.y_scale.compute(arguments[1])];
        """,
        x,
        y,
    )


def test_pointing_at_a_member_tells_its_id_and_curve_and_a_click_picks_it(browser, made):
    _, dataset = made
    browser.execute_script("document.getElementById('s0-explorer').scrollIntoView()")
    chosen = str(dataset.member_id.sel(width=7, seed=1).item())
    here = browser.execute_script(
        "const d = explorers.s0.dots.data, k = d.id.indexOf(arguments[0]); return [d.x[k], d.y[k]]", chosen
    )
    point_at(browser, *place_of(browser, "explorers.s0.plot", *here))
    assert until(lambda: chosen in browser.execute_script("return explorers.s0.curves.title.text"))
    tip = until(
        lambda: (
            (found := element(browser, ".bk-Tooltip"))
            and browser.execute_script("return arguments[0].shadowRoot.textContent", found)
        )
    )
    assert chosen in tip
    curves = browser.execute_script(
        "const d = explorers.s0.own.data; return Object.fromEntries(d.name.map((n, k) => [n, Array.from(d.ys[k])]))"
    )
    for split, values in curves.items():
        np.testing.assert_allclose(values, dataset.accuracy.sel(width=7, seed=1, split=split), atol=1e-6)
    point_at(browser, *place_of(browser, "explorers.s0.plot", *here), click=True)
    assert until(lambda: browser.execute_script("return unwarpers.s0.views.a.shown.net") == chosen)


def test_every_measure_against_every_other(browser, made):
    _, dataset = made
    options = browser.execute_script("return explorers.s0.controls.y.options.map(option => option[0])")
    assert {"loss train", "accuracy test", "regions", "winding_angle", "margin test", "width", "seed"} <= set(
        options
    )
    for name in options:
        browser.execute_script(
            "explorers.s0.controls.y.value = arguments[0]; explorers.s0.controls.x.value = 'loss train'", name
        )
    assert errors(browser) == []
    browser.execute_script(
        "const c = explorers.s0.controls; c.y.value = 'accuracy test'; c.x.value = 'width'"
    )
    bands = browser.execute_script("const d = explorers.s0.bands.data; return [d.low, d.median, d.high]")
    last = dataset.accuracy.isel(step=-1).sel(split="test").transpose("width", "seed").to_numpy()
    np.testing.assert_allclose(bands, np.quantile(last, (0.25, 0.5, 0.75), axis=1), atol=1e-6)


@pytest.mark.parametrize(
    ("width", "height", "phone"),
    [(1280, 720, False), pytest.param(1920, 1080, False, marks=pytest.mark.slow), (390, 844, True)],
)
def test_it_fits_a_screen(made, width, height, phone):
    browser = opened(made[0].path / "report.html", width, height, phone=phone)
    try:
        assert errors(browser) == []
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        for name in ("s0_a_plane", "s0_a_space", "s0_plot"):
            size = browser.execute_script(
                "return Bokeh.index.find_one_by_id(Bokeh.documents[0].get_model_by_name(arguments[0]).id).el.getBoundingClientRect().width",
                name,
            )
            assert 150 < size <= width, name
        browser.execute_script("document.querySelector('#s0-views .view.b .pair').scrollIntoView()")
        top = browser.execute_script(
            "return Bokeh.index.find_one_by_id(unwarpers.s0.controls.step.id).el.getBoundingClientRect().top"
        )
        assert 0 <= top < 100  # within reach of both nets
    finally:
        browser.quit()


def many(members, rng, frames=1):
    """A part of a page with so many members, their nets of 100 units; its words and title are full of markup."""
    shapes, at = [(100, 2), (2, 100), (3, 2)], [(i // 100, i % 100) for i in range(members)]
    size = sum(out * (inputs + 1) for out, inputs in shapes)
    nets = [Net(f"{i:016x}", at[i], 0, shapes, [0.0, 1.0, 1.0], i * frames * size, 0) for i in range(members)]
    axes = [Axis("width", list(range(2, 3 + (members - 1) // 100))), Axis("seed", list(range(100)))]
    points = rng.normal(size=(1000, 2)).astype(np.float32), rng.integers(0, 3, 1000)
    numbers = rng.normal(size=members * frames * size).astype(np.float32)
    grid = np.zeros((4, 5, 2))
    packed = Nets(
        axes,
        [list(range(7, 7 + frames))],
        nets,
        numbers,
        [points],
        grid,
        WINDOW,
        ((0, 0), ((members - 1) // 100, 0)),
    )
    settings = {axis.name: np.array([axis.values[a[i]] for a in at]) for i, axis in enumerate(axes)}
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
    maps = [Map([Panel(NAMES, rng.normal(size=(3, 2)))], words, NAMES, "<p>About</p>")]
    table = SummaryTable([NAMES], [[NAMES]], NAMES)
    return Part(NAMES, NAMES, shown, packed, maps, table, [NAMES], {NAMES: "<script>hacked=3</script>"})


def test_every_frame_of_a_play_is_painted(tmp_path):
    (tmp_path / "page.html").write_text(
        report_page([many(1, np.random.default_rng(0), frames=61)], "play"), "utf-8"
    )
    browser = opened(tmp_path / "page.html", 1280, 720)
    try:
        counted = """
        const page = unwarpers.s0, {step, train} = page.controls, view = Bokeh.index.find_one_by_id(page.views.a.plane.id), {paint} = view;
        window.frames = 0; window.paints = 0;
        view.paint = function (...given) { paints++; return paint.apply(this, given); };
        step.properties.value.change.connect(() => frames++);
        play(page, "step", train, 2);"""
        browser.execute_script(counted)
        assert until(lambda: browser.execute_script("return unwarpers.s0.playing === null"))
        frames, paints = browser.execute_script("return [frames, paints]")
        assert frames > 3
        assert paints >= 0.9 * (frames - 1)  # the last one may still be on its way
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
        assert browser.execute_script(
            "return [explorers.s0, explorers.s1].map(page => page.dots.data.x.length)"
        ) == [1000, 1000]
        x, y = place_of(
            browser,
            "Bokeh.documents[0].get_model_by_name('s0_map0').children[2].children[0]",
            *part.maps[0].panels[0].points[1].tolist(),
        )
        browser.execute_script("window.scrollTo(0, arguments[0] - 300)", y)
        point_at(browser, x, 300)
        tip = until(
            lambda: (
                (found := element(browser, ".bk-Tooltip"))
                and browser.execute_script("return arguments[0].shadowRoot.textContent", found)
            )
        )
        assert "<script>hacked=2</script>" in tip
        browser.execute_script(
            "explorers.s1.controls.y.value = 'accuracy test'; unwarpers.s1.views.b.axes[1].value = 99"
        )
        assert until(lambda: browser.execute_script("return unwarpers.s1.views.b.shown.net") == f"{999:016x}")
        assert browser.execute_script("return unwarpers.s0.views.b.shown.net") == f"{900:016x}"
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
        assert browser.execute_script("return unwarpers.s0.metadata.axes.map(axis => axis.name)") == [
            "seed",
            "depth",
        ]
        browser.execute_script(
            "const [s, d] = unwarpers.s0.views.a.axes; s.value = 1; d.value = 1; unwarpers.s0.controls.path.active = 1; unwarpers.s0.controls.way.value = 0.5"
        )
        shown = browser.execute_script("return unwarpers.s0.views.a.shown")
        assert shown["net"] == str(dataset.member_id.sel(width=2, seed=1, depth=4).item())
        assert browser.find_element("id", "s0-a-space").text.startswith("Layer ")
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
        pytest.param(1e-3, "unwarpers.s0.views.b.shown.regions > 0", marks=pytest.mark.slow),
        (1e38, "unwarpers.s0 === undefined"),
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
        assert browser.execute_script("return explorers.s0.dots.data.x.length") == 4
    finally:
        browser.quit()
