"""What some tests need and a machine may lack; `make test` ends with how many it left out, and how to get it."""

import os
import shutil

import pytest

from nlpfeat.data import downloads

BROWSER, DRIVER, NODE = (shutil.which(name) for name in ("chromium", "chromedriver", "node"))
NO_BROWSER = "no Chromium with ChromeDriver here"
NO_NODE = "no node here"
NO_DATA = f"{downloads.FOLDER} names no folder of data"

needs_browser = pytest.mark.skipif(not (BROWSER and DRIVER), reason=NO_BROWSER)
needs_node = pytest.mark.skipif(not NODE, reason=NO_NODE)
needs_data = pytest.mark.skipif(not os.environ.get(downloads.FOLDER), reason=NO_DATA)

MENDS = {
    NO_BROWSER: "install both (Debian: apt-get install chromium chromium-driver)",
    NO_NODE: "install it (Debian: apt-get install nodejs)",
    NO_DATA: "set it to a folder of the files that nlpfeat/data/downloads.py names",
}
