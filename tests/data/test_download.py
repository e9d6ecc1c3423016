"""Downloads: each way in which a mirror may fail is named; no partial file is stored, the cache stays."""

from __future__ import annotations

import errno
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from zoo_core.data import DataFolder, _download as download
from zoo_core.data._download import fetch, safe_redirect
from zoo_core.errors import DataError, ResourceError, UsageError
from zoo_core.parts import PublicFile

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "rows.gz"
Public = Callable[..., PublicFile]  # makes a file; each argument is the way in which a mirror answers
Server = tuple[str, list[str]]  # its address, and the ways in which it was asked to answer
PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


class Mirror(BaseHTTPRequestHandler):
    """Answers in the way that the first part of the path names."""

    asked: list[str]

    def do_GET(self) -> None:
        how = self.path.split("/")[1]
        self.asked.append(how)
        getattr(self, how)()

    def send(self, content: bytes, length: int | None = None, status: int = 200) -> None:
        self.send_response(status)
        if length != -1:
            self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)

    def good(self) -> None:
        self.send(CONTENT)

    def missing(self) -> None:
        self.send(b"", status=404)

    def down(self) -> None:
        self.send(b"", status=503)

    def shaky(self) -> None:
        self.send(CONTENT) if self.asked.count("shaky") > 1 else self.send(b"", status=500)

    def cut(self) -> None:
        self.send(CONTENT[:1000], length=len(CONTENT))

    def short(self) -> None:
        self.send(CONTENT[:1000])

    def wrong(self) -> None:
        self.send(CONTENT[::-1])

    def large(self) -> None:
        self.send(CONTENT + b"!")

    def endless(self) -> None:
        self.send(CONTENT, length=-1)
        try:
            while True:
                self.wfile.write(CONTENT)
        except OSError:
            pass

    def moved(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/good/" + NAME)
        self.end_headers()

    def circle(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.path)
        self.end_headers()

    def silent(self) -> None:
        time.sleep(0.6)

    def log_message(self, *args: object) -> None:
        """Print nothing."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "BACKOFF", 0.01)
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    for name in ("ZOO_DATA_DIR", "ZOO_CACHE_DIR", "ZOO_OFFLINE", *PROXIES):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[str]]]:
    handler = type("Handler", (Mirror,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", handler.asked
        server.shutdown()
        thread.join()


@pytest.fixture
def public(server: Server) -> Public:
    """Return a function that makes a file; each argument is the way in which a mirror answers."""
    server[1].clear()

    def make(*ways: str) -> PublicFile:
        return PublicFile(NAME, SHA256, len(CONTENT), tuple(f"{server[0]}/{way}/" for way in ways))

    return make


def test_a_download_is_complete_and_reports_progress(public: Public, tmp_path: Path) -> None:
    heard: list[tuple[str, int, int | None]] = []
    path = fetch(public("good"), tmp_path / "new", lambda *what: heard.append(what))
    assert path == tmp_path / "new" / NAME
    assert path.read_bytes() == CONTENT
    assert heard[-1] == (NAME, len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)


@pytest.mark.parametrize(
    ("ways", "asked"),
    [
        (("shaky",), ["shaky", "shaky"]),
        (("moved",), ["moved", "good"]),
        (("missing", "good"), ["missing", "good"]),
        (("down", "good"), ["down"] * 3 + ["good"]),
        (("cut", "good"), ["cut"] * 3 + ["good"]),
        (("wrong", "good"), ["wrong", "good"]),
        (("large", "good"), ["large", "good"]),
        (("silent", "good"), ["silent"] * 3 + ["good"]),
    ],
)
def test_the_next_attempt_or_mirror_helps(
    public: Public, server: Server, tmp_path: Path, ways: tuple[str], asked: list[str]
) -> None:
    assert fetch(public(*ways), tmp_path).read_bytes() == CONTENT
    assert server[1] == asked


@pytest.mark.parametrize(
    ("way", "error", "words"),
    [
        ("missing", ResourceError, ["answered 404"]),
        ("down", ResourceError, ["answered 503"]),
        ("silent", ResourceError, ["stopped sending"]),
        ("circle", ResourceError, ["302"]),
        ("cut", DataError, ["broke the connection"]),
        ("short", DataError, ["sent 1000 of 256000 bytes"]),
        ("wrong", DataError, ["wrong checksum", SHA256, hashlib.sha256(CONTENT[::-1]).hexdigest()]),
        ("large", DataError, ["more than the 256000 bytes"]),
        ("endless", DataError, ["more than the 256000 bytes"]),
    ],
)
def test_a_failure_names_mirror_reason_and_way_out(
    public: Public, tmp_path: Path, way: str, error: type[Exception], words: list[str]
) -> None:
    (tmp_path / "other").write_text("kept")
    with pytest.raises(error) as caught:
        fetch(public(way), tmp_path)
    for word in [*words, f"/{way}/", NAME, f"put it at {tmp_path / NAME}", SHA256]:
        assert word in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_all_failures_are_listed(public: Public, tmp_path: Path) -> None:
    file = public("missing", "down")
    nowhere = PublicFile(NAME, SHA256, len(CONTENT), (*file.mirrors, "http://127.0.0.1:1/none/"))
    with pytest.raises(ResourceError) as caught:
        fetch(nowhere, tmp_path)
    for word in [*nowhere.mirrors, "404", "503", "cannot be reached"]:
        assert word in str(caught.value)


def test_a_folder_that_cannot_be_made(public: Public, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ResourceError, match="ZOO_CACHE_DIR"):
        fetch(public("good"), tmp_path / "file" / "cache")


@pytest.mark.parametrize(
    ("url", "target", "safe"),
    [
        ("https://a/b", "http://a/b", False),
        ("https://a/b", " HTTP://c/", False),
        ("https://a/b", "https://c/", True),
        ("https://a/b", "/c", True),
        ("http://a/b", "http://c/", True),
        ("https://a/b", "", True),
    ],
)
def test_redirects_never_lead_from_https_to_http(url: str, target: str, safe: bool) -> None:
    assert safe_redirect(url, target) is safe


# ------------------------------------------------------------------ the folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZOO_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def put(folder: Path, content: bytes, name: str = NAME) -> Path:
    path = folder / "rows" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_search_order(public: Public, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_DATA_DIR", str(tmp_path / "env"))
    (tmp_path / "given").mkdir()
    file, folder = public("good"), DataFolder.open(tmp_path / "given")
    assert folder.find("rows", file) is None
    assert folder.status("rows", [file])[0].state == "absent"
    assert folder.file("rows", file) == cache / "rows" / NAME
    # A user's file is used as it is: the checksum is only for downloads.
    for place in (tmp_path / "env", tmp_path / "given"):
        mine = place / "rows" / NAME
        assert folder.file("rows", file) != mine
        put(place, b"mine")
        assert folder.file("rows", file) == folder.find("rows", file) == mine
    (status,) = folder.status("rows", [file])
    assert (status.state, status.verified, status.where) == (
        "present",
        False,
        tmp_path / "given" / "rows" / NAME,
    )


def test_a_user_may_have_unpacked_the_file(public: Public, cache: Path, tmp_path: Path) -> None:
    path = put(tmp_path, b"plain", "rows")
    assert DataFolder.open(str(tmp_path)).file("rows", public("good")) == path


def test_a_cached_file_is_not_downloaded_again(public: Public, server: Server, cache: Path) -> None:
    file = public("good")
    path = put(cache, CONTENT)
    assert DataFolder.open().file("rows", file) == path
    assert server[1] == []
    (status,) = DataFolder.open().status("rows", [file])
    assert (status.name, status.state, status.verified) == (NAME, "present", True)


def test_a_damaged_cached_file_is_downloaded_again(public: Public, cache: Path) -> None:
    path = put(cache, CONTENT[::-1])
    file, folder = public("good"), DataFolder.open()
    (status,) = folder.status("rows", [file])
    assert (status.state, status.verified) == ("damaged", False)
    assert folder.file("rows", file).read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == [NAME]


def test_offline_says_what_to_put_where(
    public: Public, server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    with pytest.raises(ResourceError) as caught:
        DataFolder.open().file("rows", public("good"))
    for word in ["ZOO_OFFLINE", NAME, str(cache / "rows" / NAME), SHA256]:
        assert word in str(caught.value)
    assert server[1] == []


def test_a_missing_data_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absent"):
        DataFolder.open(tmp_path / "absent")


def test_own_files_are_found_in_the_data_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, data = tmp_path / "work", tmp_path / "data"
    work.mkdir(), data.mkdir()
    monkeypatch.chdir(work)
    (data / "mine.csv").touch()
    folder = DataFolder.open(data)
    assert folder.locate("mine.csv") == data / "mine.csv"
    (work / "mine.csv").touch()
    assert folder.locate("mine.csv").resolve() == work / "mine.csv"
    with pytest.raises(DataError, match=r"yours\.csv"):
        folder.locate("yours.csv")


def test_an_error_of_the_disk_is_not_reported_as_one_of_the_mirrors(
    public: Public, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pooch.core.shutil.move", full)
    with pytest.raises(ResourceError, match="No space left") as caught:
        fetch(public("good"), tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert server[1] == ["good"]
    assert list(tmp_path.iterdir()) == []
