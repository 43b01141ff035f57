"""The page of word maps in a real browser, without a network. Needs Chromium and ChromeDriver (see .ci/run)."""

import numpy as np
import pytest

from nlpfeat.plotting.figures.maps import Panel, Points
from nlpfeat.report.map_page import map_page
from tests.browser import element, errors, opened, point_at, until
from tests.requirements import needs_browser

pytestmark = needs_browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of 40 words on two maps, one of them <awkward>, opened from a file."""
    folder = tmp_path_factory.mktemp("page")
    words = [f"good{i}" for i in range(20)] + [f"bad{i}" for i in range(19)] + ['<b>"awkward", é']
    points = np.stack([np.arange(40.0), np.arange(40.0) ** 2 % 37], 1)
    panels = [Panel("width 2", points), Panel("width 10", points[:, ::-1])]
    good, polarity = np.arange(40) < 20, np.linspace(3, -3, 40)
    columns = {
        "group": np.where(good, "good", "bad"),
        "polarity": polarity.round(3),
        "count": np.arange(40) + 50,
    }
    points = Points("word", words, columns, ["#009E73"] * 40, ["circle"] * 40, np.abs(polarity))
    html = map_page(panels, points, "<p>About</p>")
    (folder / "map.html").write_text(html, "utf-8")
    browser = opened(folder / "map.html")
    yield browser, folder
    browser.quit()


SETUP = """
const doc = Bokeh.documents[0], plot = doc.get_model_by_name("map0");
const points = plot.renderers.find(r => r.glyph.type === "Scatter").data_source;
const labels = plot.center.concat(plot.above).find(a => a.type === "LabelSet").source;
"""


def js(browser, body):
    return browser.execute_script(SETUP + body)


def test_opens_without_a_network_or_an_error(page):
    browser, _ = page
    assert errors(browser) == []
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert js(browser, "return points.data.name.length") == 40
    assert until(lambda: js(browser, "return labels.data.name.length")) > 10


def test_hover_shows_the_word(page):
    browser, _ = page
    x, y = js(
        browser,
        """
        const view = Bokeh.index.find_one_by_id(plot.id);
        const box = view.canvas_view.el.getBoundingClientRect(), frame = view.frame;
        return [box.left + frame.x_scale.compute(points.data.x0[7]), box.top + frame.y_scale.compute(points.data.y0[7])];
        """,
    )
    point_at(browser, x, y)
    tip = until(
        lambda: (
            (found := element(browser, ".bk-Tooltip"))
            and browser.execute_script("return arguments[0].shadowRoot.textContent", found)
        )
    )
    assert "good7" in tip
    assert "57" in tip


def test_search_finds_a_word_and_says_so_on_every_map(page):
    browser, _ = page
    field = element(browser, "input")
    field.send_keys("good1")
    assert until(lambda: js(browser, "return points.selected.indices") == [1])
    assert js(browser, "return labels.data.name") == ["good1"]
    assert "1 found: good1" in js(browser, "return doc.get_model_by_name('found').text")
    field.send_keys("\b")
    assert until(lambda: len(js(browser, "return points.selected.indices")) == 20)  # all that begin so
    field.send_keys("zz")
    assert until(lambda: "no such name" in js(browser, "return doc.get_model_by_name('found').text"))
    assert js(browser, "return doc.get_model_by_name('map1').renderers[0].data_source.id === points.id")
    element(browser, "button", 0).click()
    assert until(lambda: js(browser, "return doc.get_model_by_name('search').value_input") == "")
    assert js(browser, "return points.selected.indices") == []


def test_zoom_keeps_the_labels_inside(page):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    browser, _ = page
    before = js(browser, "return plot.x_range.end - plot.x_range.start")
    canvas = element(browser, "canvas")
    ActionChains(browser).scroll_from_origin(ScrollOrigin.from_element(canvas), 0, -100).perform()
    assert until(lambda: js(browser, "return plot.x_range.end - plot.x_range.start") < before)
    words = js(browser, "return labels.data.name")
    inside = js(browser, "return labels.data.x.every(x => plot.x_range.start <= x && x <= plot.x_range.end)")
    assert words
    assert inside


def test_coordinates_are_a_csv(page):
    import pandas as pd

    browser, folder = page
    element(browser, "button", 1).click()
    path = folder / "word_map.csv"
    assert until(path.exists)
    table = pd.read_csv(path)
    assert table.shape == (40, 4 + 4)
    assert table["word"].iloc[-1] == '<b>"awkward", é'
    assert table["width 10: y"].tolist() == list(range(40))
