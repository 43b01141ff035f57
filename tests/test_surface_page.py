"""The page of the surface: its data, and that it opens, turns and answers in a browser, without a network."""

import json
import re

import pandas as pd
import pytest

from nlpfeat.analysis.double_descent import DoubleDescent
from nlpfeat.report.surface import surface_page
from tests.browser import errors, launched
from tests.requirements import needs_browser


def found():
    """Two panels of 3 × 4 errors, one cell of which has no member."""
    rows = [
        {
            "label_noise": noise,
            "train_examples": examples,
            "width": width,
            "seeds": 3,
            "error": 0.5 - 0.01 * width + noise * (width == 4),
            "train_error": 0.1,
            "fitted": float(width > 4),
        }
        for noise in (0.0, 0.5)
        for examples in (10, 20, 40)
        for width in (2, 4, 8, 16)
        if (noise, examples, width) != (0.0, 10, 16)
    ]
    peaks = [
        {
            "label_noise": noise,
            "train_examples": examples,
            "mean_rise": noise - 0.02,
            "mean_fall": noise,
            "resolution": 0.05,
            "mean_peak_width": 4,
        }
        for noise in (0.0, 0.5)
        for examples in (10, 20, 40)
    ]
    return DoubleDescent(pd.DataFrame(), pd.DataFrame(rows), pd.DataFrame(peaks), "test", "rate 1 </script>")


def page():
    return surface_page(found(), "train_examples", "units", "command <b>")


def test_the_data_of_the_page():
    html = page()
    data = json.loads(re.search(r'id="data">(.*?)</script>', html)[1])
    assert data["widths"] == [2, 4, 8, 16]
    assert data["rows"] == ["10", "20", "40"]
    assert data["panels"][0]["error"][0][3] is None
    assert data["panels"][1]["error"][2][1] == 0.96
    assert [panel["peaks"] for panel in data["panels"]] == [[-1, -1, -1], [1, 1, 1]]
    assert "label noise 0.5" in html
    assert "rate 1 \\u003c/script>" in html
    assert "command &lt;b&gt;" in html


@needs_browser
def test_it_opens_turns_and_answers(tmp_path):
    (tmp_path / "surface.html").write_text(page(), "utf-8")
    browser = launched(tmp_path / "surface.html")
    try:
        assert errors(browser) == []
        assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
        pixels = "return page.figure.canvas.toDataURL().length"
        before = browser.execute_script(pixels)
        browser.execute_script("page.figure.canvas.focus()")
        browser.switch_to.active_element.send_keys("\ue014" * 4)  # the right arrow
        assert browser.execute_script("return page.view.turn") == pytest.approx(-0.65 + 4 * 0.08)
        assert browser.execute_script(pixels) != before
        said = browser.execute_script(
            "const q = page.corners[5]; page.tell([q.x, q.y]); return [page.said, page.data.rows[q.i], page.data.widths[q.j]];"
        )
        assert f"train examples {said[1]}, width {said[2]}" in said[0]
    finally:
        browser.quit()
