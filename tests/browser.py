"""Pages in a real browser, without a network. Tests that open one are marked `needs_browser`."""

import time

from tests.requirements import BROWSER, DRIVER

FLAGS = (
    *("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync"),
    *("disable-background-networking", "disable-component-update", "host-resolver-rules=MAP * 0.0.0.0"),
)


def launched(path, width=1500, height=900, *, phone=False):
    """A browser with the page at `path`."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"window-size={width},{height}"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.add_experimental_option(
        "prefs",
        {
            "download.default_directory": str(path.parent),
            "profile.default_content_setting_values.automatic_downloads": 1,  # several, without asking
        },
    )
    if phone:
        screen = {"width": width, "height": height, "pixelRatio": 2.0, "touch": True}
        options.add_experimental_option("mobileEmulation", {"deviceMetrics": screen})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    browser.get(path.as_uri())
    return browser


def ready(browser):
    """The same browser, once the script of a report has painted everything."""
    assert until(
        lambda: browser.execute_script(
            "return window.pages?.length > 0 && pages.every(page => page.explorer)"
        )
    )
    return browser


def opened(path, width=1500, height=900, *, phone=False):
    """A browser with a report, laid out and at rest."""
    return ready(launched(path, width, height, phone=phone))


def until(holds, seconds=60):
    """What `holds` returns, once that is true."""
    stop = time.monotonic() + seconds
    while True:
        value = holds()
        if value or time.monotonic() > stop:
            return value
        time.sleep(0.1)


def errors(browser):
    """What the browser's console complains of."""
    return [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def point_at(browser, x, y, *, click=False):
    """Move the mouse to a place of the window, and click there."""
    from selenium.webdriver import ActionChains

    actions = ActionChains(browser)
    actions.w3c_actions.pointer_action.move_to_location(int(x) + 3, int(y) + 3)
    actions.w3c_actions.pointer_action.move_to_location(int(x), int(y))
    if click:
        actions.click()
    actions.perform()


def at_address(browser, address):
    """Open another address of a page, from the beginning."""
    browser.get("about:blank")
    browser.get(address)


def click(browser, text):
    """Click the button of this text."""
    found = (
        "return [...document.querySelectorAll('button')].find(one => one.textContent.trim() === arguments[0])"
    )
    browser.execute_script("arguments[0].click()", browser.execute_script(found, text))


def audit(browser):
    """What axe-core finds serious or critical: rule and first place of each."""
    from axe_core_python.selenium import Axe

    found = Axe().run(browser)
    assert found["passes"]
    return [
        (one["id"], one["nodes"][0]["html"][:200], one["nodes"][0]["failureSummary"][:300])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
