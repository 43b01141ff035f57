"""What all pages have in common: modules that are tested under node, linted and bundled; data that cannot break out of them."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nlpfeat.report.web_page import WEB, as_array, as_json, bundle, web_page
from tests.requirements import NODE, needs_node

ROOT = Path(__file__).parents[1]
MODULES = sorted(path.stem for path in Path(str(WEB)).glob("*.js"))
PAGES = ("map_page", "playground", "report", "surface_page", "trainer")


@needs_node
def test_the_modules_pass_their_own_tests(tmp_path):
    for path in [*(ROOT / "nlpfeat/report/web").glob("*.js"), *(ROOT / "tests/web").glob("*.js")]:
        shutil.copy(path, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(
        [NODE, "--test"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout[-5000:]
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) > 20


def test_the_modules_are_linted():
    lint = Path(sys.executable).with_name("oxlint")
    done = subprocess.run(
        [lint, "--deny-warnings", "nlpfeat/report/web", "tests/web"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_module_is_part_of_a_page():
    used = {
        name
        for page in PAGES
        for name in re.findall(r"^const (\w+) = \(\(\) => \{$", bundle(page), re.MULTILINE)
    }
    assert used == set(MODULES)


@pytest.mark.parametrize("page", PAGES)
def test_a_bundle_holds_each_module_once_and_no_import(page):
    code = bundle(page)
    names = re.findall(r"^const (\w+) = \(\(\) => \{$", code, re.MULTILINE)
    assert len(names) == len(set(names))
    assert not re.search(r"^(import|export) ", code, re.MULTILINE)
    assert "http" not in code.replace("http://www.w3.org/2000/svg", "")


def test_the_trainer_knows_nothing_of_the_page():
    code = bundle("trainer")
    assert "document" not in code
    assert set(re.findall(r"window\b[.\w]*", code)) <= {"window"}


def test_an_import_of_what_is_not_exported_is_an_error(monkeypatch, tmp_path):
    (tmp_path / "a.js").write_text('import {gone} from "./b.js";\n')
    (tmp_path / "b.js").write_text("export const there = 1;\n")
    monkeypatch.setattr("nlpfeat.report.web_page.WEB", tmp_path)
    with pytest.raises(ValueError, match=r"a\.js imports gone, which b\.js does not export"):
        bundle("a")


def test_data_stay_data():
    awkward = "</script><script>alert(1)</script><!-- \u2028 $title ${x}"
    page = web_page(awkward, "map_page", "void 0;", {"name": awkward}, "")
    assert page.count("</script>") == 2
    found = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    assert json.loads(found[1]) == {"name": awkward}
    assert "<title>&lt;/script&gt;" in page
    with pytest.raises(ValueError, match="JSON"):
        as_json({"nan": float("nan")})


def test_arrays_are_little_endian():
    assert as_array(np.array([[1.0, 2.5]], ">f4"), "f4") == {"f4": "AACAPwAAIEA="}
    assert as_array(np.array([1, 2]), "u1") == {"u1": "AQI="}
