"""Downloads: each way in which a mirror may fail is named; no partial file is stored, the cache stays."""

from __future__ import annotations

import contextlib
import errno
import gc
import hashlib
import os
import threading
import time
import warnings
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

    def steady(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        for at in range(0, len(CONTENT), 8000):
            self.wfile.write(CONTENT[at : at + 8000])
            time.sleep(0.02)

    def garbage(self) -> None:
        self.wfile.write(b"\x00\xffnot HTTP at all\r\n\r\n")

    def half_status(self) -> None:
        self.wfile.write(b"HTTP/1.1 abc\r\n\r\n")

    def length(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx")

    def lengths(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nx")

    def chunked(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")

    def header(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"A" * 70_000 + b": x\r\n\r\n")

    def headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"A: x\r\n" * 2_000 + b"\r\n")

    def location(self) -> None:
        self.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: http://[::1/\r\n\r\n")

    def label(self) -> None:
        self.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: http://" + b"a" * 300 + b".x/\r\n\r\n")

    def scheme(self) -> None:
        self.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n")

    def encoded(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnothing of the kind")

    def drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.trickle()

    def drip_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nA: ")
        self.trickle()

    def trickle(self) -> None:
        with contextlib.suppress(OSError):
            for _ in range(200):
                self.wfile.write(b"x")
                time.sleep(0.05)

    def log_message(self, *args: object) -> None:
        """Print nothing."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "BACKOFF", 0.01)
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
    public: Public, server: Server, tmp_path: Path, ways: tuple[str], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "silent" in ways:
        monkeypatch.setattr(download, "TIMEOUT", 0.2)
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
    public: Public, tmp_path: Path, way: str, error: type[Exception], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "silent":
        monkeypatch.setattr(download, "TIMEOUT", 0.2)
    (tmp_path / "other").write_text("kept")
    with pytest.raises(error) as caught:
        fetch(public(way), tmp_path)
    for word in [*words, f"/{way}/", NAME, f"put it at {tmp_path / NAME}", SHA256]:
        assert word in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


MALFORMED = ("garbage", "half_status", "length", "lengths", "chunked", "header", "headers", "location", "label",
             "scheme", "encoded")  # fmt: skip


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("way", MALFORMED)
def test_a_malformed_answer_is_the_mirrors_and_the_next_is_asked(public: Public, tmp_path: Path, way: str) -> None:
    assert fetch(public(way, "good"), tmp_path).read_bytes() == CONTENT
    with pytest.raises((DataError, ResourceError), match=f"/{way}/: .+"):
        fetch(public(way), tmp_path / "new")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [NAME]


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("way", MALFORMED)
def test_what_an_error_held_is_closed_at_once_and_not_by_a_later_garbage_collection(
    public: Public, tmp_path: Path, way: str
) -> None:
    gc.collect()
    gc.disable()
    try:
        with contextlib.suppress(DataError, ResourceError):
            fetch(public(way), tmp_path)
        with warnings.catch_warnings(record=True) as late:
            warnings.simplefilter("always")
            gc.collect()
    finally:
        gc.enable()
    assert [warning.message for warning in late] == []


@pytest.fixture
def given_up() -> Iterator[None]:
    """Wait for the threads of downloads that were given up; they end with the next chunk, and so do their sockets."""
    yield
    for thread in threading.enumerate():
        if thread.name == "download":
            thread.join(10)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.usefixtures("given_up")
@pytest.mark.parametrize("way", ["drip", "drip_headers"])
@pytest.mark.slow
def test_a_mirror_that_sends_a_byte_now_and_then_is_given_up(
    public: Public, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(download, "PATIENCE", 1.0)
    began = time.monotonic()
    assert fetch(public(way, "good"), tmp_path).read_bytes() == CONTENT
    assert time.monotonic() - began < 5  # all bytes would take 10 seconds
    with pytest.raises(DataError, match=r"sent \d+ bytes in 1 seconds"):
        fetch(public(way), tmp_path / "new")


def test_a_slow_mirror_is_waited_for(public: Public, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PATIENCE", 0.4)
    monkeypatch.setattr(download, "CHUNK", 1000)
    assert fetch(public("steady"), tmp_path).read_bytes() == CONTENT


def test_what_a_killed_download_left_is_removed(public: Public, tmp_path: Path) -> None:
    (tmp_path / f".{NAME}.0123456789ab.tmp").write_bytes(b"half")
    (tmp_path / ".other.0123456789ab.tmp").write_bytes(b"of another file")
    fetch(public("good"), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.0123456789ab.tmp", NAME]


def test_a_named_pipe_in_the_cache_is_replaced(public: Public, cache: Path) -> None:
    (cache / "rows").mkdir(parents=True)
    os.mkfifo(cache / "rows" / NAME)
    folder = DataFolder.open()
    assert [status.state for status in folder.status("rows", [public("good")])] == ["absent"]
    assert folder.file("rows", public("good")).read_bytes() == CONTENT


def test_a_folder_in_the_place_of_the_file_stays(public: Public, tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(ResourceError, match="is a folder"):
        fetch(public("good"), tmp_path)
    assert list((tmp_path / NAME).iterdir()) == []


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
