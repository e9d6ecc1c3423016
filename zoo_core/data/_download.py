"""Downloads of public files from mirrors. A file is stored only if its size and checksum are the pinned ones."""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from zoo_core.errors import DataError, ResourceError, ZooError
from zoo_core.parts import PublicFile
from zoo_core.storage import remove_stale, temporary_file

DownloadProgress = Callable[[str, int, int | None], None]  # name, bytes so far, total bytes or None

ATTEMPTS = 3  # for each mirror
BACKOFF = 0.5  # seconds before the second attempt; doubles after that
TIMEOUT = 20.0  # seconds without a byte
CHUNK = 1 << 14  # bytes
PATIENCE = 30.0  # seconds in which a mirror must send at least CHUNK bytes


class _WrongContentError(Exception):
    """A mirror sent something else than the file; another attempt would bring the same."""


class _HashingWriter:
    """A file that accepts no more bytes than the pinned size, and computes their sha256."""

    def __init__(self, stream: BinaryIO, file: PublicFile, progress: DownloadProgress | None) -> None:
        self.stream, self.file, self.progress = stream, file, progress
        self.received, self.digest = 0, hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        """Write a chunk. Raises _WrongContentError beyond the pinned size, ResourceError if the disk fails."""
        self.received += len(chunk)
        if self.received > self.file.size:
            raise _WrongContentError(f"sent more than the {self.file.size} bytes that the file has")
        self.digest.update(chunk)
        try:
            self.stream.write(chunk)
        except OSError as error:
            raise ResourceError(f"cannot write {self.stream.name}: {error.strerror}; nothing was kept") from error
        if self.progress:
            self.progress(self.file.name, self.received, self.file.size)

    def flush(self) -> None:
        """Do nothing: pooch flushes after every chunk, and `close` is early enough."""


def fetch(file: PublicFile, folder: Path, progress: DownloadProgress | None = None) -> Path:
    """Download `file` into `folder` from the first mirror that sends it complete; return its path.

    Raises DataError if a mirror sent wrong bytes, ResourceError if no mirror could be reached or the disk failed. Both
    list what each mirror did. Other files in the folder are not changed.
    """
    failures: list[tuple[str, str]] = []
    wrong = False
    for mirror in file.mirrors:
        try:
            return _fetch_from_mirror(file, mirror, folder, progress)
        except (ZooError, MemoryError):
            raise
        except Exception as error:  # what a mirror sends may break the HTTP library in any way; the next one is asked
            wrong = wrong or not isinstance(error, OSError)
            failures.append((mirror, _describe_error(error)))
    lines = [f"  {mirror}: {reason}" for mirror, reason in failures]
    text = "\n".join([f"{file.name} could not be downloaded:", *lines, manual_hint(file, folder)])
    raise DataError(text) if wrong else ResourceError(text)


def manual_hint(file: PublicFile, folder: Path) -> str:
    """Return the line that says where to put a file that was downloaded by hand."""
    return f"  By hand: put it at {folder / file.name} (sha256 {file.sha256})"


def _fetch_from_mirror(file: PublicFile, mirror: str, folder: Path, progress: DownloadProgress | None) -> Path:
    """Try one mirror, with pauses between attempts. Raises the last error."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(BACKOFF * 2 ** (attempt - 1))
        try:
            return _fetch_once(file, mirror, folder, progress)
        except OSError as error:
            if not hasattr(error, "request"):  # an error of the disk, not of the HTTP library
                raise ResourceError(f"cannot write to {folder}: {error.strerror or error}; nothing was kept") from error
            if _is_permanent(error) or attempt == ATTEMPTS - 1:
                if _is_cut_short(error):
                    raise _WrongContentError(_describe_error(error)) from error
                raise
    raise AssertionError("unreachable")


def _fetch_once(file: PublicFile, mirror: str, folder: Path, progress: DownloadProgress | None) -> Path:
    """Download to a temporary file, and rename it once it is verified. Temporaries of killed downloads are removed."""
    path = folder / file.name
    _make_folder(folder)
    if path.is_dir():
        raise ResourceError(f"{path}: is a folder where the file belongs; remove it")
    remove_stale(path)
    with temporary_file(path) as (temporary, stream):
        writer = _HashingWriter(stream, file, progress)
        _run_with_patience(lambda: _download(mirror.rstrip("/") + "/" + file.name, writer), writer)
        stream.flush()
        _check_content(file, writer)
        shutil.move(temporary, path)
    return path


def _download(url: str, writer: _HashingWriter) -> None:
    """Write what a mirror sends to the writer."""
    import pooch

    responses: list[Any] = []
    get = pooch.HTTPDownloader(
        chunk_size=CHUNK,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},
        hooks={"response": [lambda response, **_: responses.append(response), _check_redirect]},
    )
    try:
        get(url, writer, None)
    finally:
        for response in responses:  # pooch leaves the connection open after an error
            response.close()


def _run_with_patience(download: Callable[[], None], writer: _HashingWriter) -> None:
    """Run a download in a thread; raise what it raises, or _WrongContentError once it sends next to nothing.

    The timeout of the HTTP library begins anew with each byte. A thread that is given up ends with its next chunk,
    because its file is closed.
    """
    raised: list[BaseException] = []

    def run() -> None:
        try:
            download()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True, name="download")
    thread.start()
    while thread.is_alive():
        before = writer.received
        thread.join(PATIENCE)
        if thread.is_alive() and writer.received - before < CHUNK:
            raise _WrongContentError(f"sent {writer.received - before} bytes in {PATIENCE:g} seconds")
    if raised:
        raise raised.pop()  # an error that its own traceback holds would keep the connection open


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(
            f"cannot make the cache folder {folder}: {error.strerror}; set ZOO_CACHE_DIR to another"
        ) from error


def _check_content(file: PublicFile, writer: _HashingWriter) -> None:
    if writer.received < file.size:
        raise _WrongContentError(f"sent {writer.received} of {file.size} bytes")
    if (got := writer.digest.hexdigest()) != file.sha256:
        raise _WrongContentError(f"wrong checksum: expected sha256 {file.sha256}, got {got}")


def _check_redirect(response: Any, **_: Any) -> None:
    """Raise _WrongContentError for a redirect from https to plain http."""
    target = response.headers.get("location", "") if response.is_redirect else ""
    if not safe_redirect(response.url, target):
        raise _WrongContentError(f"redirects from https to plain http ({target})")


def safe_redirect(url: str, target: str) -> bool:
    """Return whether a redirect from `url` to `target`, which may be relative or empty, keeps https."""
    return not (url.lower().startswith("https:") and target.strip().lower().startswith("http:"))


def _is_permanent(error: OSError) -> bool:
    """Return whether another attempt is useless: the server answered, and not with an error of its own (5xx)."""
    response = getattr(error, "response", None)
    return response is not None and response.status_code < 500


def _is_cut_short(error: OSError) -> bool:
    """Return whether the connection ended before the file was complete."""
    return type(error).__name__ == "ChunkedEncodingError"


def _describe_error(error: Exception) -> str:
    """Return what went wrong in a few words, without internals of the HTTP library."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"answered {response.status_code} {response.reason}"
    known = {
        "ConnectTimeout": "did not answer in time",
        "ReadTimeout": "stopped sending",
        "ConnectionError": "cannot be reached (is there a network?)",
        "SSLError": "has no valid certificate",
        "ProxyError": "cannot be reached through the proxy",
        "TooManyRedirects": "redirects too often",
        "ChunkedEncodingError": "broke the connection in the middle of the file",
    }
    return known.get(type(error).__name__, str(error))
