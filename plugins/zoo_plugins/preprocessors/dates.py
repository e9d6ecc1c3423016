"""Dates as numbers: how long ago, and where in the year, the week and the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_core.parts import Array, Preprocessor
from zoo_plugins.preprocessors._groups import check_array, check_places, check_values
from zoo_plugins.preprocessors.scaling import chunks

DAY = 86_400  # seconds
FIRST, LAST = -62_135_596_800, 253_402_300_799  # the years 1 to 9999
MONDAY = 3  # 1970-01-01 was a Thursday
PARTS_OF_DATE = ("elapsed", "year", "month.sin", "month.cos", "weekday.sin", "weekday.cos", "hour.sin", "hour.cos",
                 "missing")  # fmt: skip
SCALED = 2  # the first ones are standardized


@dataclass
class DateParts(Preprocessor):
    """The parts of a date, in seconds since 1970-01-01, that vary in the training rows.

    Time and year as (x - mean) / standard deviation; month, weekday and hour as sine and cosine of their angle on a
    circle; and whether the date is missing. A missing date has 0 in all other columns.
    """

    name = "date_parts"
    state = ("shift", "scale", "kept")
    wants_columns = True

    def fit(self, x: Any) -> None:
        """Find which parts vary, and the mean and deviation of time and year."""
        with np.errstate(all="ignore"):
            low = np.fmin.reduce([np.fmin.reduce(_parts(chunk)) for chunk in chunks(x)])
            high = np.fmax.reduce([np.fmax.reduce(_parts(chunk)) for chunk in chunks(x)])
            mean = self._mean(x, np.zeros((x.shape[1], SCALED)), 1)
            deviation = np.sqrt(self._mean(x, mean, 2))
        varies = low < high
        self.shift = np.nan_to_num(mean)
        self.scale = np.where(varies[:, :SCALED] & (deviation > 0), deviation, 1.0)
        self.kept = np.flatnonzero(varies.ravel()).astype(np.int64)

    @staticmethod
    def _mean(x: Any, shift: Array, power: int) -> Array:
        """Return the mean of (time - shift) ** power, and that of the year, over the dates that are there."""
        total, count = np.zeros(shift.shape), np.zeros(shift.shape)
        for chunk in chunks(x):
            values = _parts(chunk)[:, :, :SCALED] - shift
            total += np.nansum(values**power, axis=0)
            count += (~np.isnan(values)).sum(axis=0)
        return total / count

    def check_state(self, inputs: int) -> None:
        """Check shapes, that scales are above 0, and the places of the parts."""
        check_array("shift", self.shift, (inputs, SCALED))
        check_array("scale", self.scale, (inputs, SCALED))
        check_values("scale", self.scale, self.scale <= 0, "is above 0")
        check_places("kept", self.kept, inputs * len(PARTS_OF_DATE))

    def output_width(self, inputs: int) -> int:
        """Return the number of parts that vary."""
        return len(self.kept)

    def output_names(self) -> list[str]:
        """Return such as "joined.year" for each column."""
        names = [f"{column.name}.{part}" for column in self.columns for part in PARTS_OF_DATE]
        return [names[i] for i in self.kept.tolist()] if names else []

    def learnt(self, inputs: int) -> list[dict[str, Any]]:
        """Return the mean and the deviation of each date, and the parts that are written."""
        found = []
        for at, (mean, deviation) in enumerate(zip(self.shift[:, 0], self.scale[:, 0], strict=True)):
            day = np.datetime64(int(np.clip(mean, FIRST, LAST)), "s").astype("datetime64[D]")
            parts = [PARTS_OF_DATE[i % len(PARTS_OF_DATE)] for i in self.kept if i // len(PARTS_OF_DATE) == at]
            spread = f"{deviation / DAY:.4g} days"
            found.append({"mean": str(day), "standard deviation": spread, "parts": parts})
        return found

    def transform(self, x: Array, out: Array) -> None:
        """Write the parts."""
        found = _parts(np.asarray(x, np.float64))
        found[:, :, :SCALED] -= self.shift
        found[:, :, :SCALED] /= self.scale
        out[...] = np.nan_to_num(found.reshape(len(x), -1)[:, self.kept])

    def onnx(self, graph: Any, x: Any) -> Any:
        """Return the parts, a column each."""
        parts, found = _list_of_parts(x), []
        for kept in self.kept.tolist():
            at, which = divmod(kept, len(PARTS_OF_DATE))
            column = parts[which][:, at : at + 1]
            if which < SCALED:
                column = (column - self.shift[at, which]) / self.scale[at, which]
            found.append(np.where(np.isnan(column), 0.0, column))
        return np.hstack(found)


def _parts(x: Array) -> Array:
    """Return all parts of dates, shape (rows, columns, parts); NaN where a date is missing."""
    return np.stack(_list_of_parts(x), axis=-1)


def _list_of_parts(x: Array) -> list[Array]:
    """Return each part of dates, shape (rows, columns), in the order of PARTS_OF_DATE."""
    gaps = np.isnan(x)
    seconds = np.where(gaps, 0.0, x).clip(FIRST, LAST)
    days = np.floor(seconds / DAY)
    year, month = _year_and_month(days)
    found = [seconds, year]
    for share in (month / 12, (days + MONDAY) % 7 / 7, (seconds - days * DAY) / DAY):
        found += [np.sin(2 * np.pi * share), np.cos(2 * np.pi * share)]
    return [*(np.where(gaps, np.nan, part) for part in found), gaps.astype(np.float64)]


def _year_and_month(days: Array) -> tuple[Array, Array]:
    """Return the year, and the month from 0, of days since 1970-01-01 in the Gregorian calendar.

    Source: Hinnant, "chrono-compatible low-level date algorithms" (2013), `civil_from_days`. Its years begin in March.
    """
    since = days + 719_468  # since 0000-03-01
    era = np.floor(since / 146_097)  # of 400 years
    day = since - era * 146_097
    leaps = np.floor(day / 1460) - np.floor(day / 36_524) + np.floor(day / 146_096)
    year = np.floor((day - leaps) / 365)
    day = day - (365 * year + np.floor(year / 4) - np.floor(year / 100))
    month = np.floor((5 * day + 2) / 153)  # from 0 for March
    return year + era * 400 + (month >= 10), (month + 2) % 12


PARTS = (DateParts,)
