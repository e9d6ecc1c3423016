"""Writes predictions as they come: as lines, CSV or JSON on standard output, or into a file that gets its name last."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

import numpy as np

from zoo_core.cli._predictions import Chunk, Predictions

if TYPE_CHECKING:
    from zoo_core.parts import Array

TEXT_ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
ENDINGS = (".npy", *TEXT_ENDINGS)
IN_MEMORY = 2**22  # characters of a result before it is printed
LEVEL = 6  # of gzip
Chunks = Iterable[Chunk]


def print_predictions(predictions: Predictions, chunks: Chunks, stream: Any, as_json: bool) -> None:
    """Print predictions when all are there, so that nothing is printed where one row is refused."""
    with HeldText() as file:
        if as_json:
            _write_json(predictions, chunks, file, getattr(stream, "encoding", None) or "utf-8")
        elif predictions.is_one_column:
            for row in _rows(predictions, chunks, _texts, ""):
                file.write(_line(row[0]))
        else:  # several columns need their names
            _write_csv(predictions, chunks, file, ",")
        file.copy_to(stream)


class HeldText:
    """A text that is kept until it is whole: a short one in memory, a long one in a temporary file."""

    def __init__(self) -> None:
        self._file: IO[str] = io.StringIO(newline="")
        self._written, self._is_on_disk = 0, False

    def __enter__(self) -> HeldText:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, text: str) -> None:
        """Add a text."""
        self._written += len(text)
        if self._written > IN_MEMORY and not self._is_on_disk:
            self._move_to_disk()
        self._file.write(text)

    def _move_to_disk(self) -> None:
        from tempfile import TemporaryFile  # late: its import takes as long as to predict a row

        before, self._is_on_disk = self._file, True
        self._file = TemporaryFile("w+", encoding="utf-8", errors="surrogatepass", newline="")  # noqa: SIM115
        self._file.write(before.getvalue())  # type: ignore[attr-defined]

    def copy_to(self, stream: Any) -> None:
        """Write the text to a stream."""
        self._file.seek(0)
        while part := self._file.read(IN_MEMORY):
            stream.write(part)


def save_predictions(predictions: Predictions, chunks: Chunks, output: Path, force: bool) -> None:
    """Write predictions to a file whose name ends as one of `ENDINGS`."""
    from zoo_core.storage import write_file

    name = output.name.lower()
    if name.endswith(".npy"):
        array = _array(predictions, chunks)
        write_file(output, lambda file: np.save(file, array, allow_pickle=False), overwrite=force)
        return
    delimiter = "\t" if ".tsv" in name[-7:] else ","
    packed = name.endswith(".gz")
    write_file(output, lambda file: _write_text(predictions, chunks, file, delimiter, packed), overwrite=force)


def _array(predictions: Predictions, chunks: Chunks) -> Array:
    """Return labels or values (rows,), or several for each row (rows, columns)."""
    found = [chunk.found for chunk in chunks if chunk.found is not None]
    columns = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    return columns[0] if predictions.is_one_column else np.column_stack(columns)


def _write_text(predictions: Predictions, chunks: Chunks, file: BinaryIO, delimiter: str, packed: bool) -> None:
    """Write CSV as UTF-8; gzip keeps neither name nor time, so that equal results are equal files."""
    import gzip

    target: Any = gzip.GzipFile("", "wb", LEVEL, file, mtime=0) if packed else file
    text = io.TextIOWrapper(target, "utf-8", newline="")
    _write_csv(predictions, chunks, text, delimiter)
    text.detach()
    if packed:
        target.close()


def _write_csv(predictions: Predictions, chunks: Chunks, file: Any, delimiter: str) -> None:
    """Write a header and the rows, with quotes around a cell that needs them."""
    lines = csv.writer(_LineEnds(file), delimiter=delimiter, lineterminator="\r\n")
    lines.writerow(predictions.header)
    is_multilabel = predictions.model.about.task == "multilabel"
    texts = _spelled_labels if is_multilabel else _texts
    lines.writerows(_rows(predictions, chunks, texts, ""))


class _LineEnds:
    """Takes lines that end in "\\r\\n" and writes them with "\\n".

    Before Python 3.13 a writer quotes a lone "\\r" in a cell only if its own line ends have one.
    """

    def __init__(self, file: Any) -> None:
        self.file = file

    def write(self, line: str) -> None:
        self.file.write(line[:-2] + "\n")


def _write_json(predictions: Predictions, chunks: Chunks, file: HeldText, encoding: str) -> None:
    """Write a list: an object for each row with the names of its columns, or what the one array has for it."""
    from zoo_core.display.text import print_json

    header, begin = predictions.header, "["
    for chunk in chunks:
        rows = _rows(predictions, [chunk], lambda column: column.tolist(), None)
        part = _Encoded()
        part.encoding = encoding
        if predictions.is_named:
            print_json([dict(zip(header, row, strict=True)) for row in rows], part)
        else:
            print_json([row[0] if predictions.is_one_column else row for row in rows], part)
        file.write(begin + part.getvalue()[1:-3])  # without "[", and without a line end and "]" on a line
        begin = ","
    file.write("\n]\n")


class _Encoded(io.StringIO):
    """A text for a stream of some encoding."""

    encoding = "utf-8"


def _rows(
    predictions: Predictions, chunks: Chunks, convert: Callable[[Array], list[Any]], blank: Any
) -> Iterator[tuple[Any, ...]]:
    """Yield the cells of each row; `blank` stands for what a row with an error, or one without, does not have."""
    width = len(predictions.header) - len(predictions.keep) - predictions.mark
    for chunk in chunks:
        found = [[blank] * chunk.rows for _ in range(width)] if chunk.found is None else [*map(convert, chunk.found)]
        for column in found:
            for at in chunk.errors:
                column[at] = blank
        errors = [[chunk.errors.get(at, blank) for at in range(chunk.rows)]] if predictions.mark else []
        yield from zip(*chunk.kept, *found, *errors, strict=True)


def _texts(column: Array) -> list[str]:
    """Return values with the fewest digits that give the same numbers again."""
    return [str(value) for value in column]


def _spelled_labels(column: Array) -> list[str]:
    """Return which rows have a label as tables write it; probabilities as other numbers."""
    return ["true" if value else "false" for value in column.tolist()] if column.dtype == bool else _texts(column)


def _line(text: str) -> str:
    return (text if text.isprintable() else text.replace("\r", "\\r").replace("\n", "\\n")) + "\n"
