"""The playground in a real browser, without a network. Needs Chromium and ChromeDriver (see .ci/run)."""

import json
from dataclasses import replace

import numpy as np
import pytest

from nlpfeat.geometry.network import Layer, Network
from nlpfeat.geometry.regions import count_regions
from nlpfeat.report.playground import playground_page
from nlpfeat.study.session import open_study
from tests.browser import at_address, audit, click, errors, launched, point_at, until
from tests.commands import run
from tests.requirements import needs_browser
from tests.toys import TOYS, study, with_grid, with_training

pytestmark = needs_browser
STEPS = 300
WIDTHS = (2, 8, 100)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The page, written by the command."""
    folder = tmp_path_factory.mktemp("playground")
    command = run("playground", f"--out={folder / 'playground.html'}", "--json")
    assert command.returncode == 0, command.stderr
    said = json.loads(command.stdout)
    assert said["path"] == str(folder / "playground.html")
    assert said["kilobytes"] < 1000
    return folder / "playground.html"


def shown(browser):
    """The page once both networks are painted."""
    ready = "return window.page && ['a', 'b'].every(k => k === 'b' && !page.store.get('compare') || page.sides[k].painted > 0)"
    assert until(lambda: browser.execute_script(ready))
    return browser


@pytest.fixture(scope="module")
def window(path):
    """A browser for all tests of the page."""
    browser = launched(path, 1280, 1000)
    yield browser
    browser.quit()


@pytest.fixture
def browser(window, path):
    """The page, opened from a file, from the beginning."""
    at_address(window, path.as_uri())
    yield shown(window)
    assert errors(window) == []


def state(browser, side="a"):
    return browser.execute_script(
        "const {live, view, note} = page.sides[arguments[0]]; return {step: live.step, running: live.running, loss: live.loss, diverged: live.diverged, "
        "worker: live.inWorker, accuracy: view.shown?.accuracy, headline: view.headline.textContent, note: note.textContent, parameters: Array.from(live.parameters ?? []), at: live.parameters ? live.step : -1}",
        side,
    )


def trained(browser, steps, side="a"):
    """Train what is shown to a step; the state of a side then."""
    browser.execute_script("page.run(arguments[0])", steps)
    sides = "Object.values(page.sides).filter(one => one.side === 'a' || page.store.get('compare'))"
    assert until(
        lambda: browser.execute_script(
            f"return {sides}.every(({{live}}) => !live.running && live.step >= arguments[0])", steps
        )
    )
    assert until(lambda: browser.execute_script(f"return {sides}.every(one => !one.fresh)"))
    return state(browser, side)


def test_it_opens_above_the_fold_without_a_request(browser):
    browser.set_window_size(1280, 720)
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    for side in "ab":
        box = browser.execute_script(
            "const {bottom, width} = page.sides[arguments[0]].view.figures.plane.canvas.getBoundingClientRect(); return [bottom, width]",
            side,
        )
        assert box[0] <= 600  # a window of 720 leaves so much to the page
        assert box[1] > 250
    browser.set_window_size(1280, 1000)
    assert browser.execute_script("return page.sides.a.live.inWorker")


def test_train_pause_step_and_rewind(browser):
    click(browser, "▶ Train")
    assert until(lambda: state(browser)["at"] > 20)
    assert "Pause" in browser.execute_script("return document.querySelector('.primary').textContent")
    click(browser, "❚❚ Pause")
    assert until(lambda: not state(browser)["running"])
    browser.execute_script("page.goTo(40)")
    assert until(lambda: state(browser)["at"] == 40)
    forty = state(browser)["parameters"]
    click(browser, "Step")
    assert until(lambda: state(browser)["at"] == 41)
    assert state(browser)["parameters"] != forty
    trained(browser, 90)
    browser.execute_script("page.goTo(40)")
    assert until(lambda: state(browser)["at"] == 40)
    assert state(browser)["parameters"] == forty  # to the bit, by training on from a copy
    assert until(lambda: "step 40" in state(browser)["headline"])  # with the next frame
    click(browser, "⟲ Restart")
    assert until(lambda: state(browser)["at"] == 0)


def test_one_seed_against_another(browser):
    browser.execute_script("page.store.set({'width.a': 6, 'width.b': 6, 'seed.b': 1})")
    assert until(lambda: state(browser, "b")["at"] == 0 and "Width 6" in state(browser, "b")["headline"])
    a, b = trained(browser, 50), state(browser, "b")
    assert a["parameters"] != b["parameters"]
    browser.execute_script("page.store.set({'seed.b': 0})")
    assert until(lambda: state(browser, "b")["at"] == 0)
    browser.execute_script("page.restart()")
    assert trained(browser, 50)["parameters"] == state(browser, "b")["parameters"]


@pytest.fixture(scope="module", params=["spirals", "annulus"])
def held(request, tmp_path_factory):
    """A study of 300 steps, and the playground that starts from its members."""
    folder = tmp_path_factory.mktemp("held")
    toy = TOYS[request.param]
    toy = replace(toy, data=replace(toy.data, points=150))
    spec = with_grid(toy, width=WIDTHS, seed=(0,), learning_rate=(1e-3,))
    study(with_training(spec, steps=(STEPS,), record_every=50, snapshots=(0,)), folder / "study")
    command = run("playground", f"--study={folder / 'study'}", f"--out={folder / 'page.html'}")
    assert command.returncode == 0, command.stderr
    return open_study(folder / "study"), folder / "page.html"


@pytest.mark.parametrize("width", WIDTHS)
def test_live_training_is_that_of_jax(held, width):
    done, path = held
    # At the notebook's rate. At 1e-2 rounding alone decides: after 300 steps, NumPy in float32 departs from JAX by up to 1.5 norms.
    member = done.restore(STEPS, width=width, seed=0)
    browser = shown(launched(path))
    try:
        browser.execute_script(f"page.sides.a.startFrom({member.id!r})")
        assert until(lambda: f"Width {width}," in state(browser)["headline"])
        first = done.restore(0, width=width, seed=0)
        assert state(browser)["parameters"] == pytest.approx(flat(first), abs=0)
        live = np.array(trained(browser, STEPS)["parameters"])
        start = 0
        for weight, bias, _ in done.task.views.plane.layers(member.module, member.params, member.settings):
            own = np.concatenate([np.ravel(weight), np.ravel(bias)])
            part = live[start : start + own.size]
            assert np.linalg.norm(part - own) <= 1e-3 * np.linalg.norm(own)
            start += own.size
        record = float(done.results.loss.sel(width=width, seed=0, split="train").isel(step=-1).squeeze())
        assert state(browser)["loss"] == pytest.approx(record, rel=2e-3)
        assert f"at step {STEPS} the study recorded" in state(browser)["note"]
        assert errors(browser) == []
    finally:
        browser.quit()


def flat(member):
    layers = member.task.views.plane.layers(member.module, member.params, member.settings)
    return np.concatenate([np.ravel(part) for layer in layers for part in layer[:2]]).astype(float).tolist()


def test_what_is_shown_is_the_exact_network(browser):
    browser.execute_script("page.store.set({'width.a': 12, 'depth.a': 2, 'activation.a': 'leaky'})")
    assert until(lambda: "Width 12 in 2 layers" in state(browser)["headline"])
    trained(browser, 100)
    found = browser.execute_script(
        "const {shown} = page.sides.a.view, list = v => Array.from(v); return {layers: shown.layers.map(l => [list(l.weight), list(l.bias), l.inputs, l.activation]), "
        "regions: shown.regions, points: [list(shown.data.x), list(shown.data.y)], labels: list(shown.data.labels), accuracy: shown.accuracy, "
        "image: shown.scene.image.map(list)}"
    )
    layers = tuple(
        Layer(np.array(w).reshape(-1, inputs), np.array(b), slope) for w, b, inputs, slope in found["layers"]
    )
    network, points = Network(layers), np.array(found["points"]).T
    assert found["regions"] == count_regions(network.until(3), 1.1)
    np.testing.assert_allclose(np.array(found["image"]).T, network.until(3)(points), atol=1e-9)
    assert found["accuracy"] == pytest.approx((network(points).argmax(1) == found["labels"]).mean())


def test_the_lesson_from_beginning_to_end(still):
    browser = still  # whose runs are not slowed down to be watched
    click(browser, "Predict first: a lesson")
    held = []
    for number in range(1, 9):
        assert until(lambda n=number: f"{n} of 8" in browser.find_element("css selector", ".lesson h2").text)
        browser.execute_script("document.querySelector('.lesson .option').click()")
        assert until(
            lambda: browser.execute_script(
                "return page.lesson.playing === null && document.querySelector('.lesson .answer b')"
            ),
            90,
        )
        held.append(browser.find_element("css selector", ".lesson .answer").text)
        click(browser, "end of the lesson" if number == 8 else "next question →")
    assert until(lambda: browser.execute_script("return document.querySelector('.lesson').hidden"))
    for number, word in enumerate(
        ["wedges", "four regions", "doublings", "Rate 0.001", "dead", "percentage points", "seven", "theorem"]
    ):
        assert word in held[number], held[number]
    assert "“two leave many points wrong, a hundred do not”" in held[1]
    assert "“the large rate wins”" in held[3]
    assert "“further apart than that”" in held[5]


def test_own_points_while_it_trains(browser):
    browser.execute_script("page.store.set({shape: 'own', compare: false, speed: '60'})")
    for label, spots in enumerate([((-0.5, -0.5), (-0.6, 0.1)), ((0.5, 0.5), (0.6, -0.1))]):
        browser.execute_script("page.ownTools.setClass(arguments[0])", label)
        for spot in spots:
            point_at(browser, *place_of(browser, *spot), click=True)
    assert until(lambda: browser.execute_script("return page.own.length") == 4)
    browser.execute_script("page.run()")
    assert until(lambda: state(browser)["at"] > 30)
    point_at(browser, *place_of(browser, 0.1, 0.8), click=True)
    assert until(lambda: browser.execute_script("return page.own.length") == 5)
    before = state(browser)["at"]
    assert until(lambda: state(browser)["at"] > before)  # it goes on
    assert until(lambda: browser.execute_script("return page.sides.a.view.shown.data.labels.length") == 5)
    browser.execute_script("page.ownTools.setTool('move')")
    drag(browser, place_of(browser, 0.1, 0.8), place_of(browser, 0.3, 0.6))
    moved = browser.execute_script("return page.own.at(-1)")
    assert (moved["x"], moved["y"]) == pytest.approx((0.3, 0.6), abs=0.03)
    browser.execute_script("page.ownTools.setTool('erase')")
    point_at(browser, *place_of(browser, moved["x"], moved["y"]), click=True)
    assert until(lambda: browser.execute_script("return page.own.length") == 4)
    browser.execute_script("page.stop()")
    kept = "return new URLSearchParams(location.hash.slice(1)).get('own') === packed.packPoints(page.own) && location.href"
    at_address(browser, until(lambda: browser.execute_script(kept)))
    shown(browser)
    assert browser.execute_script("return page.own.length") == 4


def place_of(browser, x, y):
    """Where in the window the left input plane has a point."""
    return browser.execute_script(
        "const box = page.sides.a.view.figures.plane.canvas.getBoundingClientRect();"
        "return [box.left + (arguments[0] + 1.1) / 2.2 * box.width, box.top + (1.1 - arguments[1]) / 2.2 * box.height]",
        x,
        y,
    )


def drag(browser, start, end):
    from selenium.webdriver import ActionChains

    actions = ActionChains(browser)
    actions.w3c_actions.pointer_action.move_to_location(*map(int, start)).pointer_down().move_to_location(
        *map(int, end)
    ).pointer_up()
    actions.perform()


def test_a_table_that_is_dropped_on_the_page(browser, tmp_path):
    drop = (
        "const items = new DataTransfer(); items.items.add(new File([arguments[0]], arguments[1]));"
        "document.dispatchEvent(new DragEvent('drop', {dataTransfer: items, bubbles: true, cancelable: true}))"
    )
    browser.execute_script("window.hacked = 0")
    markup = "<img src=x onerror=hacked=1>"
    browser.execute_script(drop, f"x,y,label\n0,0,{markup}\n1,1,b\n", f"{markup}.csv")
    assert until(lambda: browser.execute_script("return page.own.length") == 2)
    status = browser.find_element("css selector", "p.note[role=status]")
    assert markup in browser.find_element("tag name", "main").text
    browser.execute_script(drop, "%PDF-1.7", "none.csv")
    assert until(lambda: "none.csv cannot be used: line 1" in browser.find_element("tag name", "main").text)
    assert browser.execute_script("return page.own.length") == 2  # the points before are still there
    many = "\n".join(f"{k / 5e4 - 1},{(k * 7 % 1000) / 500 - 1},{k % 3}" for k in range(100_000))
    browser.execute_script(drop, many, "many.csv")
    assert until(lambda: 1000 < browser.execute_script("return page.own.length") <= 2000)
    assert "one in 50 of 100,000 points is used" in browser.find_element("tag name", "main").text
    assert trained(browser, 5)["at"] >= 5
    assert browser.execute_script("return hacked") == 0
    assert status


def test_a_rate_that_diverges_is_said_and_there_is_a_way_back(browser):
    browser.execute_script(
        "page.store.set({points: 60, 'width.a': 100, 'depth.a': 8, 'rate.a': 1000, compare: false})"
    )
    browser.execute_script("page.run()")
    assert until(lambda: "is too large" in state(browser)["note"])
    browser.execute_script("page.stop()")
    buttons = browser.find_elements("css selector", ".note.warning button")
    assert [button.text.split(" at ")[0].split(" to ")[0] for button in buttons] == ["start again", "back"]
    buttons[0].click()
    assert until(lambda: browser.execute_script("return page.store.get('rate.a')") == 100)
    browser.execute_script("page.stop(); page.store.set({'rate.a': 0.001})")
    browser.execute_script("page.restart()")
    assert until(lambda: state(browser)["at"] == 0 and "too large" not in state(browser)["note"])


def test_the_address_restores_the_view(browser, path):
    browser.execute_script(
        "page.store.set({shape: 'moons', noise: 0.1, dataseed: 7, 'width.a': 5, 'rate.a': 0.03, 'depth.b': 3, 'activation.b': 'tanh', ground: 'nothing', "
        "folds: false, x: -0.4, scale: 'fixed', theme: 'dark'})"
    )
    wanted = browser.execute_script("return page.store.all()")
    address = until(lambda: "theme=dark" in browser.current_url and browser.current_url)
    at_address(browser, address)
    shown(browser)
    assert browser.execute_script("return page.store.all()") == wanted
    assert browser.execute_script("return document.documentElement.dataset.theme") == "dark"
    at_address(browser, f"{path.as_uri()}#width.a=abc&arms=99&shape=%3Cb%3E&x=nan&lesson=77")
    shown(browser)
    assert browser.execute_script("return page.data.classes") == 8


def test_a_slower_network_is_rewound_to_where_it_has_been(browser):
    browser.execute_script("page.store.set({'width.a': 2, 'width.b': 50, points: 200})")
    trained(browser, 20)
    browser.execute_script("page.store.set({'width.b': 60})")  # it begins anew
    assert until(lambda: state(browser, "b")["at"] == 0)
    browser.execute_script("page.goTo(15)")
    assert until(lambda: (state(browser)["at"], state(browser, "b")["at"]) == (15, 0))
    click(browser, "Step")
    assert until(lambda: (state(browser)["at"], state(browser, "b")["at"]) == (16, 1))


@pytest.mark.parametrize(
    "address",
    [
        "#width.a=0&depth.b=-1",
        "#width.a=2.5",
        "#arms=2.5",
        "#shape=constructor",
        "#theme=foo",
        "#way=3&path=layers&width.a=2&depth.a=2",
        "#activation.a=x&speed=y&ground=z",
    ],
)
def test_an_address_that_nobody_wrote_opens_a_sound_page(browser, path, address):
    at_address(browser, path.as_uri() + address)
    shown(browser)
    assert trained(browser, 5)["step"] >= 5


def test_without_points_nothing_trains_or_diverges(browser):
    browser.execute_script("page.store.set({shape: 'own', compare: false})")
    for button in ("▶ Train", "Step"):
        click(browser, button)
        assert until(lambda: "a network needs points" in browser.find_element("tag name", "main").text)
    assert until(lambda: "no points yet" in state(browser)["headline"])
    assert "diverged" not in browser.find_element("tag name", "main").text
    browser.execute_script("page.sides.a.view.figures.space.canvas.click()")
    click(browser, "add one at the cross")
    assert browser.execute_script("return page.own") == [{"x": 0.3, "y": 0.2, "label": 0}]


def test_the_step_slider_says_its_step(browser):
    trained(browser, 40)
    slider = browser.find_element("css selector", "input[aria-label=step]")
    slider.send_keys("\ue012")  # the left arrow
    assert until(lambda: state(browser)["at"] == 39)
    assert slider.get_attribute("aria-valuetext") == "step 39"
    assert "NaN" not in browser.find_element("tag name", "main").text


def test_a_lesson_that_is_changed_or_restarted_asks_again(still):
    browser = still
    options = "return document.querySelectorAll('.lesson .option').length"
    browser.execute_script("page.store.set({lesson: 3, speed: '60'}); page.lesson.predict(0); page.stop()")
    click(browser, "⟲ Restart")
    assert until(lambda: browser.execute_script(options)) == 3
    browser.execute_script("page.lesson.predict(0); page.store.set({'width.a': 5})")
    assert until(lambda: browser.execute_script(options)) == 3
    assert browser.execute_script("return page.lesson.playing === null")


def test_a_second_network_does_not_cost_the_training_of_the_first(browser):
    browser.execute_script("page.store.set({compare: false})")
    trained(browser, 30)
    browser.execute_script("page.store.set({compare: true})")
    assert until(lambda: state(browser, "b")["at"] == 0)
    assert state(browser)["at"] == 30


def test_a_browser_without_workers(path):
    browser = launched(path)
    try:
        browser.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": "window.Worker = undefined"}
        )
        browser.refresh()
        shown(browser)
        assert trained(browser, 60)["at"] >= 60
        assert not state(browser)["worker"]
        assert errors(browser) == []
    finally:
        browser.quit()


@pytest.mark.parametrize("address", ["", "#lesson=2&shape=own", "#theme=dark"])
def test_no_serious_finding_of_axe(browser, path, address):
    at_address(browser, path.as_uri() + address)
    shown(browser)
    assert audit(browser) == []


def test_sliders_say_their_values_in_words_and_obey_keys(browser):
    from selenium.webdriver.common.keys import Keys

    slider = browser.find_element("css selector", ".settings input[type=range]")
    assert slider.get_attribute("aria-label") == "width"
    assert slider.get_attribute("aria-valuetext") == "width 8"
    slider.send_keys(Keys.ARROW_RIGHT)
    assert until(lambda: browser.execute_script("return page.store.get('width.a')") == 10)
    assert slider.get_attribute("aria-valuetext") == "width 10"
    browser.execute_script("page.sides.a.view.figures.plane.canvas.focus()")
    browser.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    assert browser.execute_script("return page.store.get('x')") == pytest.approx(0.28)


def test_targets_of_a_phone_and_a_swipe_between_networks(path):
    browser = shown(launched(path, 390, 844, phone=True))
    try:
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
        small = browser.execute_script(
            "return [...document.querySelectorAll('button, select, input:not([type=checkbox]), summary, label.check')].map(e => [e, e.getBoundingClientRect()])"
            ".filter(([, r]) => r.width && r.height < 43.5).map(([e, r]) => [e.outerHTML.slice(0, 80), r.height])"
        )
        assert small == []
        views = browser.execute_script(
            "return [...document.querySelectorAll('.two > .view')].map(v => v.getBoundingClientRect().width)"
        )
        assert all(300 < width < 390 for width in views)
        browser.execute_script("document.querySelector('.two').scrollLeft = 1000")
        assert until(
            lambda: browser.execute_script(
                "return page.sides.b.view.element.getBoundingClientRect().left < 60"
            )
        )
        assert errors(browser) == []
    finally:
        browser.quit()


@pytest.fixture
def still(browser):
    """A browser of someone who prefers reduced motion."""
    emulate = "Emulation.setEmulatedMedia"
    browser.execute_cdp_cmd(emulate, {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]})
    yield browser
    browser.execute_cdp_cmd(emulate, {"features": []})


def test_reduced_motion_jumps(still):
    click(still, "▶ Input → embedding")
    assert still.execute_script("return page.store.get('way')") == 0


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--out=nowhere/page.html",), "--out: there is no folder nowhere"),
        (("--out=.",), "--out: . is a folder"),
        (("--study=nowhere",), "nowhere is not a study"),
        (("--widths=2",), "--widths: names members of a study"),
    ],
)
def test_mistakes_are_named(flags, said):
    command = run("playground", *flags)
    assert command.returncode == 2
    assert command.stderr.startswith(f"error: {said}")
    assert command.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "training", "said"),
    [
        ("reviews_bag", {}, "networks from the plane to the plane"),
        ("spirals", {"batch_size": 10}, "trains in another way"),
    ],
)
def test_studies_that_do_not_fit_are_refused(tmp_path, name, training, said):
    study(with_training(with_grid(TOYS[name], width=(2,), seed=(0,)), **training), tmp_path / "study")
    command = run("playground", f"--study={tmp_path / 'study'}", f"--out={tmp_path / 'page.html'}")
    assert command.returncode == 2
    assert said in command.stderr
    assert not (tmp_path / "page.html").exists()


def test_the_page_of_the_documentation_is_that_of_the_modules():
    from docs.conf import PLAYGROUND, STAMP

    assert PLAYGROUND.read_text("utf-8") == playground_page(STAMP)
