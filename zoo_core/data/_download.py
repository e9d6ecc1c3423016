"""Downloads of public files: mirrors in order, a pinned size and checksum, and nothing half done."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from zoo_core.errors import DataError, ResourceError
from zoo_core.parts import PublicFile

Progress = Callable[[str, int, int | None], None]  # name, bytes so far, bytes in all or None

ATTEMPTS = 3  # for each mirror
BACKOFF = 0.5  # seconds before the second attempt; doubles after that
TIMEOUT = 20.0  # seconds without a byte
CHUNK = 1 << 16


class _RefusedError(Exception):
    """A mirror sent something that must not be taken; another attempt would bring the same."""


class _Writer:
    """A file that grows to `limit` bytes at most, and knows the sha256 of what it holds."""

    def __init__(self, path: str, file: PublicFile, progress: Progress | None) -> None:
        self.stream = Path(path).open("wb")  # noqa: SIM115 - the caller closes it
        self.file, self.progress = file, progress
        self.received, self.digest = 0, hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        """Take in a chunk; refuse more than the pinned size. Raises ResourceError where the disk fails."""
        self.received += len(chunk)
        if self.received > self.file.size:
            raise _RefusedError(f"sent more than the {self.file.size} bytes that the file has")
        self.digest.update(chunk)
        try:
            self.stream.write(chunk)
        except OSError as error:
            raise ResourceError(f"cannot write {self.stream.name}: {error.strerror}; nothing was kept") from error
        if self.progress:
            self.progress(self.file.name, self.received, self.file.size)

    def flush(self) -> None:
        """Leave it to `close`: pooch asks for a flush after every chunk."""


def fetch(file: PublicFile, folder: Path, progress: Progress | None = None) -> Path:
    """Download `file` into `folder` from the first mirror that has it whole; return its path.

    Raises DataError where a mirror sent wrong bytes, ResourceError where no mirror could be reached or the
    disk refused; both list what each mirror did. Files that were there before stay as they were.
    """
    failures: list[tuple[str, str]] = []
    wrong = False
    for mirror in file.mirrors:
        try:
            return _from_mirror(file, mirror, folder, progress)
        except (_RefusedError, OSError) as error:
            wrong = wrong or isinstance(error, _RefusedError)
            failures.append((mirror, _words(error)))
    lines = [f"  {mirror}: {reason}" for mirror, reason in failures]
    text = "\n".join([f"{file.name} could not be downloaded:", *lines, by_hand(file, folder)])
    raise DataError(text) if wrong else ResourceError(text)


def by_hand(file: PublicFile, folder: Path) -> str:
    """Return the line that says how to put a file in its place by hand."""
    return f"  By hand: put it at {folder / file.name} (sha256 {file.sha256})"


def _from_mirror(file: PublicFile, mirror: str, folder: Path, progress: Progress | None) -> Path:
    """Try one mirror, with pauses between attempts. Raises _RefusedError, or the last OSError."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(BACKOFF * 2 ** (attempt - 1))
        try:
            return _attempt(file, mirror, folder, progress)
        except OSError as error:
            if not hasattr(error, "request"):  # not from the HTTP library, so from the disk
                raise ResourceError(f"cannot write to {folder}: {error.strerror or error}; nothing was kept") from error
            if _final(error) or attempt == ATTEMPTS - 1:
                if _cut(error):
                    raise _RefusedError(_words(error)) from error
                raise
    raise AssertionError("unreachable")


def _attempt(file: PublicFile, mirror: str, folder: Path, progress: Progress | None) -> Path:
    import pooch

    pooch.get_logger().setLevel("WARNING")  # its notes go to standard error; ours go through `progress`
    responses: list[Any] = []
    get = pooch.HTTPDownloader(
        chunk_size=CHUNK,
        timeout=TIMEOUT,
        headers={"Accept-Encoding": "identity"},
        hooks={"response": [lambda response, **_: responses.append(response), _check_redirect]},
    )

    def download(url: str, output: str, _: Any) -> None:
        writer = _Writer(output, file, progress)
        try:
            get(url, writer, None)
        finally:
            writer.stream.close()
            for response in responses:  # pooch leaves the connection open where it fails
                response.close()
        _check(file, writer)

    url = mirror.rstrip("/") + "/" + file.name
    _make_folder(folder)
    return Path(pooch.retrieve(url, f"sha256:{file.sha256}", file.name, folder, downloader=download))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(
            f"cannot make the cache folder {folder}: {error.strerror}; set ZOO_CACHE_DIR to another"
        ) from error


def _check(file: PublicFile, writer: _Writer) -> None:
    if writer.received < file.size:
        raise _RefusedError(f"sent {writer.received} of {file.size} bytes")
    if (got := writer.digest.hexdigest()) != file.sha256:
        raise _RefusedError(f"wrong checksum: expected sha256 {file.sha256}, got {got}")


def _check_redirect(response: Any, **_: Any) -> None:
    """Refuse to be led from https to plain http."""
    target = response.headers.get("location", "") if response.is_redirect else ""
    if not safe_redirect(response.url, target):
        raise _RefusedError(f"redirects from https to plain http ({target})")


def safe_redirect(url: str, target: str) -> bool:
    """Tell whether a redirect from `url` to `target` (perhaps relative, perhaps empty) keeps https."""
    return not (url.lower().startswith("https:") and target.strip().lower().startswith("http:"))


def _final(error: OSError) -> bool:
    """Tell whether a further attempt is pointless: the server answered, and not with a fault of its own."""
    response = getattr(error, "response", None)
    return response is not None and response.status_code < 500


def _cut(error: OSError) -> bool:
    """Tell whether a connection ended before the file did."""
    return type(error).__name__ == "ChunkedEncodingError"


def _words(error: Exception) -> str:
    """Return what went wrong in a few words, without the internals of the HTTP library."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"answered {response.status_code} {response.reason}"
    known = {
        "ConnectTimeout": "did not answer in time",
        "ReadTimeout": "fell silent",
        "ConnectionError": "cannot be reached (is there a network?)",
        "SSLError": "has no valid certificate",
        "ProxyError": "cannot be reached through the proxy",
        "TooManyRedirects": "redirects without end",
        "ChunkedEncodingError": "broke the connection in the middle of the file",
    }
    return known.get(type(error).__name__, str(error))
