"""The predictions of a model as columns of a file: what is kept of the rows, labels or values, probabilities, errors.

A chunk of rows is predicted at a time. All chunks but the last are whole blocks of the network. So the results have the
same bits as those of all rows at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from zoo_core.data.readers.feature_table import FeatureRows, FeatureTable
from zoo_core.errors import DataError, NumericError, UsageError

if TYPE_CHECKING:
    from zoo_core.model import Model
    from zoo_core.parts import Array

CELLS = 2**18  # of a chunk, with those that are kept
PREDICTION, PROBABILITY, ERROR = "prediction", "probability", "error"


@dataclass(frozen=True)
class Chunk:
    """The predictions for some rows.

    Args:
        kept: the cells of each kept column.
        found: for each predicted column its values, shape (rows,); None if no row can be predicted.
        errors: what is wrong with rows, by their index; these have no predictions.
        rows: their number.
    """

    kept: Sequence[Sequence[str]]
    found: list[Array] | None
    errors: dict[int, str]
    rows: int


@dataclass
class Predictions:
    """The columns that are written for each row.

    Args:
        model: the model.
        where: the name of the input, for messages.
        proba: whether there are probabilities.
        is_named: whether the columns stand in a table: with the label beside probabilities, and names that say which
            is which.
        keep: the names of the columns of the input that are kept.
        mark: whether rows with a fault are marked, and not refused.
    """

    model: Model
    where: str
    proba: bool = False
    is_named: bool = False
    keep: Sequence[str] = ()
    mark: bool = False
    marked: int = field(default=0, init=False)  # rows
    seen: int = field(default=0, init=False)  # rows
    first_error: str = field(default="", init=False)

    @cached_property
    def header(self) -> list[str]:
        """The name of each column."""
        return [*self.keep, *self._own_names(), *([ERROR] if self.mark else [])]

    @property
    def is_one_column(self) -> bool:
        """Whether there is nothing but a label or a value for each row."""
        several = self.proba or self._width > 1 or self.model.about.task == "multilabel"
        return not (self.is_named or several)

    def check(self) -> None:
        """Raise UsageError if two columns of a table would have one name."""
        twice = next((name for name in self.header if self.header.count(name) > 1), None)
        if self.is_named and twice is not None:
            raise UsageError(f"{self.where}: two columns would have the name {twice!r}; name those to keep with --keep")

    def _own_names(self) -> list[str]:
        labels = [str(label) for label in self.model.labels().tolist()] if self.proba else []
        targets = list(self.model.about.target_names)
        if not self.is_named:
            own = ["label" if self.model.about.task == "classification" else "value"]
            return labels or targets or own
        several = targets or [str(i) for i in range(self._width)]
        own = [PREDICTION] if self._width == 1 else [f"{PREDICTION}_{name}" for name in several]
        return own + [f"{PROBABILITY}_{label}" for label in labels]

    @property
    def _width(self) -> int:
        """The number of labels or values of a row."""
        about = self.model.about
        return 1 if about.task == "classification" else about.target_count(self.model.network.outputs)

    def chunks(self, source: Any, keep: Sequence[int] = ()) -> Iterator[Chunk]:
        """Yield the predictions for a table, whose columns `keep` are kept, or for an array of inputs."""
        if not isinstance(source, FeatureTable):
            for found in self._of_array(source):
                yield Chunk((), found, {}, len(found[0]))
            return
        for rows in source.chunks(self.model.network.inference_rows, CELLS, keep, self.mark):
            chunk = self._chunk(rows)
            self.seen += chunk.rows
            self.marked += len(chunk.errors)
            if chunk.errors and not self.first_error:
                self.first_error = chunk.errors[min(chunk.errors)]
            yield chunk

    def _of_array(self, source: Any) -> Iterator[list[Array]]:
        """Yield the predicted columns for an array of inputs, or for rows on disk, some rows at a time."""
        rows, unit = (*source.shape, 1)[0], self.model.network.inference_rows  # a lone number is refused below
        step = max(1, CELLS // max(1, self.model.about.inputs) // unit) * unit
        for start in range(0, rows, step):
            part = source if rows <= step else source.take(range(start, min(start + step, rows)), axis=0)
            try:
                yield self._compute(part)
            except DataError:
                self._naming_input(source)  # raises it with the index of the row in the file
                raise

    def _naming_input(self, x: Any) -> list[Array]:
        try:
            return self._compute(x)
        except DataError as error:
            raise DataError(f"{self.where}: {error}") from error

    def _compute(self, x: Any) -> list[Array]:
        """Return the predicted columns of a table, or those of the one array that is asked for."""
        from zoo_core.model.answers import answers, in_words, probabilities

        outputs = self.model.outputs(x)  # once, also where both are asked for
        parts = [in_words(self.model, answers(self.model, outputs))] if self.is_named or not self.proba else []
        parts += [probabilities(self.model, outputs)] if self.proba else []
        return [column for part in parts for column in (part.T if part.ndim > 1 else [part])]

    def _chunk(self, rows: FeatureRows) -> Chunk:
        errors = dict(rows.faults or {})
        found = self._compute_good(rows, errors)
        return Chunk(rows.kept, found, {at: rows.place(at) + text for at, text in errors.items()}, len(rows))

    def _compute_good(self, rows: FeatureRows, errors: dict[int, str]) -> list[Array] | None:
        """Return the predicted columns; add the rows that the model refuses to `errors`.

        Rows with an error stand in the block as copies of another one, so that the others keep their places and bits.
        """
        good = [at for at in range(len(rows)) if at not in errors]
        if not good:
            return None
        rows.x[list(errors)] = rows.x[good[0]]
        try:
            return self._compute(rows.x)
        except (DataError, NumericError) as error:
            if self.model.not_finite or (isinstance(error, NumericError) and not self.mark):
                raise
            found = {at: f": {fault}" for at in good if (fault := self._fault(rows.x[at : at + 1]))}
            if not (found and self.mark):
                first = min(found, default=None)
                told = str(error) if first is None else rows.place(first) + found[first]
                raise type(error)(f"{self.where}: {told}") from error
        errors |= found
        return self._compute_good(rows, errors)

    def _fault(self, x: Array) -> str:
        """Return why a row cannot be predicted, or ''."""
        try:
            self._compute(x)
        except (DataError, NumericError) as error:
            return str(error).removeprefix("row 0 (from 0): ")
        return ""


def kept_columns(table: FeatureTable, wanted: Sequence[str], kinds: Mapping[str, str]) -> dict[str, int]:
    """Return the name and the index of each column of a table that `--keep` names.

    Args:
        table: the table.
        wanted: the values of the option: "all", "id", or names with commas between them.
        kinds: the kinds of columns that the model's spec says.

    Raises:
        UsageError: there is no such column.
    """
    places: list[int] = []
    for text in wanted:
        names = [text] if text in table.names else [name.strip() for name in text.split(",")]
        for name in names:
            places += _kept_places(table, name, kinds)
    return {table.names[i] or ("" if any(table.names) else str(i)): i for i in places}


def _kept_places(table: FeatureTable, name: str, kinds: Mapping[str, str]) -> list[int]:
    named = any(table.names)
    if name == "all":
        return [i for i, own in enumerate(table.names) if own or not named or i == 0]
    ids = [own for own, kind in kinds.items() if kind == "id" and (own in table.names or not named)]
    try:
        if name == "id" and ids:
            return [table.index(own) for own in dict.fromkeys([*ids, *(["id"] if "id" in table.names else [])])]
        return [table.index(name)]
    except DataError as error:
        raise UsageError(f"--keep {name}: {error}") from error
