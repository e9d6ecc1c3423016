"""Preprocessors with one mistake each."""

import numpy as np

from tests.testing.faulty_parts import faulty
from zoo_core.errors import DataError
from zoo_core.parts import Preprocessor


class Centred(Preprocessor):
    """Correct: x - mean."""

    name = "centred_under_test"
    state = ("mean",)

    def fit(self, x):
        self.mean = x.take(np.arange(x.shape[0]), axis=0).mean(axis=0, dtype=np.float64)

    def transform(self, x, out):
        out[...] = x - self.mean


@faulty("state", "`state` lacks an attribute that `fit` sets")
class Unkept(Centred):
    """Does not name its mean."""

    state = ()


@faulty("values", "transform computes statistics of its rows")
class OfBatch(Centred):
    """Subtracts the mean of the batch."""

    def transform(self, x, out):
        out[...] = x - x.mean(axis=0)


@faulty("values", "the range of a constant feature")
class Scaled(Centred):
    """Divides by a standard deviation of zero."""

    state = ("mean", "deviation")

    def fit(self, x):
        super().fit(x)
        self.deviation = x.take(np.arange(x.shape[0]), axis=0).std(axis=0)

    def transform(self, x, out):
        out[...] = (x - self.mean) / self.deviation


@faulty("streaming", "fit may only use x.shape, x.dtype and x.take")
class InMemory(Centred):
    """Needs an array."""

    def fit(self, x):
        self.mean = x.mean(axis=0)


@faulty("state", "for a mask write np.flatnonzero(mask)")
class Masked(Preprocessor):
    """Leaves out constant columns by a mask of bools, which no model file holds."""

    name = "masked_under_test"
    state = ("mask",)

    def fit(self, x):
        self.mask = np.ptp(x.take(np.arange(x.shape[0]), axis=0), axis=0) > 0

    def output_width(self, inputs):
        return np.count_nonzero(self.mask)

    def transform(self, x, out):
        out[...] = x[:, self.mask]


@faulty("inverse", "inverse does not undo transform")
class HalfWay(Centred):
    """Adds the mean twice."""

    is_invertible = True

    def inverse(self, y, out):
        out[...] = y + 2 * self.mean


@faulty("out", "out of inverse")
class Adding(Centred):
    """Reads what stands in `out`."""

    is_invertible = True

    def inverse(self, y, out):
        out += y + self.mean


@faulty("check_state", "check_state does not refuse an array of another form by its name")
class Trusting(Centred):
    """Looks at the length alone."""

    def check_state(self, inputs):
        if self.mean.shape[-1] != inputs:
            raise ValueError(f"mean has {self.mean.shape[-1]} values, and there are {inputs} columns")


@faulty("check_state", "(AttributeError)")
class Stumbling(Centred):
    """Looks at what is not there."""

    def check_state(self, inputs):
        if self.mean.ndim > 1:
            self.mean.rows  # noqa: B018


@faulty("check_state", "check_state refuses what fit has learnt: mean holds 0")
class TooStrict(Centred):
    """Refuses means of 0 and less."""

    def check_state(self, inputs):
        if (self.mean < 1000).any():
            raise ValueError("mean holds 0")


class OfColumns(Preprocessor):
    """The numbers of a table, with 0 for a gap."""

    name = "of_columns"
    wants_columns = True

    def transform(self, x, out):
        out[...] = np.nan_to_num(x)


@faulty("columns", "a prepared value is not finite")
class KeepsGaps(OfColumns):
    """Leaves missing values as they are."""

    def transform(self, x, out):
        out[...] = x


@faulty("columns", "an unknown category or a missing value fails: IndexError")
class Looks(OfColumns):
    """Looks categories up among those of the training rows."""

    state = ("seen",)

    def fit(self, x):
        self.seen = np.arange(3.0)

    def transform(self, x, out):
        out[...] = np.nan_to_num(x)
        if self.columns:
            out[:, 1] = self.seen[out[:, 1].astype(int)]


@faulty("columns", "output_names has another number of names")
class Wide(OfColumns):
    """Doubles the columns and not their names."""

    def output_width(self, inputs):
        return 2 * inputs

    def transform(self, x, out):
        out[...] = np.nan_to_num(np.hstack([x, x]))


@faulty("columns", "it refuses columns of all kinds")
class Picky(OfColumns):
    """Refuses gaps."""

    def fit(self, x):
        if np.isnan(x.take(np.arange(x.shape[0]), axis=0)).any():
            raise DataError("no gaps")
