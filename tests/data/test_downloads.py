"""Downloads from a page on this machine: resumed, mirrored, checked, kept aside."""

import contextlib
import hashlib
import http.server
import threading
from typing import ClassVar

import pytest

from nlpfeat.data import downloads
from nlpfeat.data.downloads import File, fetch
from nlpfeat.errors import UserError

CONTENT = bytes(range(256)) * 4000
HALF = len(CONTENT) // 2


class Page(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT at /good, half of it and then nothing at /breaks, without end at /endless, something else at /wrong; notes ranges."""

    asked: ClassVar[list] = []

    def do_GET(self):
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.asked.append((self.path, start))
        if self.path == "/gone":
            self.send_error(404)
            return
        body = (
            CONTENT[::-1] if self.path == "/wrong" else b"log in first" if self.path == "/portal" else CONTENT
        )
        if self.path == "/plain":
            start = 0
        self.send_response(206 if start else 200)
        if self.path == "/endless":
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                while True:
                    self.wfile.write(body)
        self.send_header("Content-Length", "abc" if self.path == "/abc" else str(len(body) - start))
        self.end_headers()
        stop = len(body) // 2 if self.path == "/breaks" else len(body)
        self.wfile.write(body[start:stop])

    def log_message(self, *_):
        pass


@pytest.fixture
def page(tmp_path, monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(downloads, "cache", lambda: tmp_path / "cache")
    monkeypatch.delenv(downloads.FOLDER, raising=False)
    Page.asked = []
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def published(page, *names):
    return File(
        "film.bin", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), tuple(f"{page}/{n}" for n in names)
    )


def test_downloaded_once(page, caplog):
    file = published(page, "good")
    assert fetch(file).read_bytes() == CONTENT
    assert fetch(file).read_bytes() == CONTENT
    assert Page.asked == [("/good", 0)]
    assert "downloading film.bin (1 MB)" in caplog.text
    assert [path.name for path in downloads.cache().iterdir()] == ["film.bin"]


@pytest.mark.parametrize("second", ["good", "plain"])
def test_a_mirror_goes_on_where_the_first_page_broke_off(page, second):
    assert fetch(published(page, "gone", "breaks", second)).read_bytes() == CONTENT
    assert [name for name, _ in Page.asked] == ["/gone", "/breaks", f"/{second}"]
    assert HALF - downloads.CHUNK <= Page.asked[2][1] <= HALF


def test_resumed_by_the_next_command(page):
    with pytest.raises(UserError):
        fetch(published(page, "breaks"))
    assert fetch(published(page, "good")).read_bytes() == CONTENT
    assert HALF - downloads.CHUNK <= Page.asked[-1][1] <= HALF


def test_a_wrong_checksum_is_kept_aside_and_named(page):
    with pytest.raises(UserError, match=r"another file than published.*film.bin.wrong-checksum"):
        fetch(published(page, "wrong"))
    assert Page.asked == [("/wrong", 0)]
    aside = downloads.cache() / "film.bin.wrong-checksum"
    assert aside.read_bytes() == CONTENT[::-1]
    assert not (downloads.cache() / "film.bin").exists()
    assert fetch(published(page, "good")).read_bytes() == CONTENT


def test_the_next_page_is_asked_after_a_wrong_one(page):
    assert fetch(published(page, "portal", "wrong", "good")).read_bytes() == CONTENT
    with pytest.raises(UserError, match="12 bytes, not the 1,024,000 published"):
        fetch(published(page, "portal")._replace(name="other.bin"))


def test_a_page_that_does_not_end_is_left_at_the_published_size(page):
    assert fetch(published(page, "endless")).read_bytes() == CONTENT
    longer = published(page, "endless")._replace(name="other.bin", bytes=len(CONTENT) + 1)
    with pytest.raises(UserError, match="another file than published"):
        fetch(longer)
    assert (downloads.cache() / "other.bin.wrong-checksum").stat().st_size == len(CONTENT) + 1


def test_a_length_that_is_no_number_is_told(page):
    with pytest.raises(UserError, match="a length of 'abc'"):
        fetch(published(page, "abc"))


def test_a_kept_file_of_another_size_is_named(page):
    downloads.cache().mkdir()
    (downloads.cache() / "film.bin").write_bytes(b"half")
    with pytest.raises(UserError, match=r"film.bin has 4 bytes.*delete it"):
        fetch(published(page, "good"))


def test_offline_says_what_to_fetch_from_where_and_where_to_put_it(page, tmp_path):
    with pytest.raises(UserError) as raised:
        fetch(published("http://127.0.0.1:9", "x/film.bin"))
    for told in ("film.bin", "http://127.0.0.1:9/x/film.bin", str(tmp_path / "cache"), "NLPFEAT_DATA"):
        assert told in str(raised.value)
    with pytest.raises(UserError, match="HTTP 404"):
        fetch(published(page, "gone"))


def test_a_folder_of_ones_own_is_taken_as_it_is(page, tmp_path, monkeypatch):
    (tmp_path / "film.bin").write_bytes(b"my own edition")
    monkeypatch.setenv(downloads.FOLDER, str(tmp_path))
    assert fetch(published(page, "good")).read_bytes() == b"my own edition"
    assert Page.asked == []
    monkeypatch.setenv(downloads.FOLDER, str(tmp_path / "none"))
    with pytest.raises(UserError, match="is no folder"):
        fetch(published(page, "good"))
