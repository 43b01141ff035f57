"""The page of word maps in a real browser, without a network. Needs Chromium and ChromeDriver (see .ci/run)."""

import numpy as np
import pandas as pd
import pytest

from nlpfeat.plotting.figures.maps import Panel, Points
from nlpfeat.report.map_page import Map, map_page
from tests.browser import audit, click, errors, launched, point_at, until
from tests.requirements import needs_browser

pytestmark = needs_browser
MARKUP = '<b>"awkward", é'


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of 40 words on a map and on a number line, one of them <awkward>, opened from a file."""
    folder = tmp_path_factory.mktemp("page")
    words = [f"good{i}" for i in range(20)] + [f"bad{i}" for i in range(19)] + [MARKUP]
    points = np.stack([np.arange(40.0), np.arange(40.0) ** 2 % 37], 1)
    near = (np.arange(40)[:, None] + np.arange(1, 4)) % 40
    panels = [
        Panel("width 2", points, neighbours=near, ends=("left one; left two", "right", "below", "above")),
        Panel("width 1: number line", points * [1, 0], line=True, neighbours=near[:, ::-1]),
    ]
    good, polarity = np.arange(40) < 20, np.linspace(3, -3, 40)
    columns = {
        "group": np.where(good, "good", "bad"),
        "polarity": polarity.round(3),
        "count": np.arange(40) + 50,
    }
    points = Points(
        "word", words, columns, ["#009E73"] * 20 + ["#1a1a1a"] * 20, ["circle"] * 40, np.abs(polarity)
    )
    html = map_page(Map(panels, points, "heading", f"About {MARKUP}"), "the command <i>")
    (folder / "map.html").write_text(html, "utf-8")
    browser = launched(folder / "map.html")
    assert until(lambda: browser.execute_script("return page.views[0].placed.length"))
    yield browser, folder
    browser.quit()


def js(browser, body):
    return browser.execute_script(body)


def test_opens_without_a_network_or_an_error(page):
    browser, _ = page
    assert errors(browser) == []
    assert js(browser, "return performance.getEntriesByType('resource').length") == 0
    assert js(browser, "return page.views.map(view => view.placed.length)") == [40, 40]
    assert js(browser, "return page.views[0].labelled.length") > 10
    assert "the command <i>" in browser.find_element("tag name", "main").text
    assert audit(browser) == []


def place_of(browser, number, word):
    return js(
        browser,
        f"const {{placed, figure}} = page.views[{number}], box = figure.canvas.getBoundingClientRect(), [x, y] = placed[{word}];"
        "return [box.left + x * box.width / figure.width, box.top + y * box.height / figure.height]",
    )


def test_hover_shows_the_word_and_its_columns(page):
    browser, _ = page
    point_at(browser, *place_of(browser, 0, 7))
    tip = until(lambda: browser.find_element("class name", "tip").text)
    assert "good7" in tip
    assert "count: 57" in tip


def test_a_click_tells_the_nearest_words_on_every_map(page):
    browser, _ = page
    point_at(browser, *place_of(browser, 0, 38), click=True)
    assert until(lambda: js(browser, "return page.chosen")) == [0, 1, 38, 39]
    said = browser.find_element("class name", "near").text
    assert f"Nearest to bad18, width 2: {MARKUP}, good0, good1" in said
    assert f"Nearest to bad18, width 1: good1, good0, {MARKUP}" in said
    assert set(js(browser, "return page.views[0].labelled")) <= {0, 1, 38, 39}
    click(browser, "Clear")
    assert until(lambda: js(browser, "return page.chosen") == [])


def test_search_finds_a_word_and_says_so_on_every_map(page):
    browser, _ = page
    field = browser.find_element("css selector", "input[type=search]")
    field.send_keys("good1")
    assert until(lambda: "1 found: good1" in js(browser, "return page.found.textContent"))
    assert 1 in js(browser, "return page.chosen")
    field.send_keys("\b")
    assert until(lambda: len(js(browser, "return page.chosen")) == 20)  # all that begin so
    field.send_keys("zz")
    assert until(lambda: "no such name" in js(browser, "return page.found.textContent"))
    click(browser, "Clear")
    assert until(lambda: js(browser, "return page.chosen") == [])
    assert field.get_attribute("value") == ""


def test_zoom_by_wheel_and_keys_and_back(page):
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    browser, _ = page
    wide = "return page.views[0].right - page.views[0].left"
    before = js(browser, wide)
    canvas = browser.find_element("css selector", ".maps canvas")
    ActionChains(browser).scroll_from_origin(ScrollOrigin.from_element(canvas), 0, -100).perform()
    assert until(lambda: js(browser, wide) < before)
    zoomed = js(browser, wide)
    canvas.send_keys("+")
    assert js(browser, wide) < zoomed
    canvas.send_keys("0")
    assert js(browser, wide) == pytest.approx(before)


def test_a_number_line_keeps_its_height(page):
    browser, _ = page
    tall = "return page.views[1].high - page.views[1].low"
    before = js(browser, tall)
    browser.find_elements("css selector", ".maps canvas")[1].send_keys("+")
    assert js(browser, tall) == before


def test_coordinates_are_a_csv(page):
    browser, folder = page
    click(browser, "Coordinates as CSV")
    path = folder / "word_map.csv"
    assert until(path.exists)
    table = pd.read_csv(path)
    assert table.shape == (40, 4 + 4)
    assert table["word"].iloc[-1] == MARKUP
    assert table["width 2: x"].tolist() == list(range(40))
