"""`Model`: what a user asks of a trained network: predictions, figures, plots, and a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.contract import naming_parts
from zoo_core.model._assembled import AssembledModel
from zoo_core.model._inference import checked_own, layer_outputs, network_outputs
from zoo_core.model._rows import checked_inputs, checked_table
from zoo_core.model._saving import file_arrays, file_contents, file_header
from zoo_core.model.answers import answers, probabilities
from zoo_core.parts import Array, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Model(AssembledModel):
    """A network that predicts, with all it needs. Made by `zoo_core.train` and `zoo_core.load`.

    Several threads may use it: calls are serialized. During training only its trainer may use it.

    Example:
        model = zoo_core.load("glyphs-quickstart")
        model.predict(x)  # x: (rows, 784), pixels from 0 to 255
    """

    def _repr_html_(self) -> str:
        """Return layers, task, figures and learning curve for a notebook."""
        from zoo_core.model._html import model_html  # late: most models are not shown

        return model_html(self)

    def __reduce__(self) -> tuple[Callable[..., Model], tuple[Any, ...]]:
        """Return what a pickle holds: the bytes of the model's file."""
        from zoo_core.model._pickling import reduce_model  # late: most models are not pickled

        return reduce_model(self)

    @naming_parts
    def outputs(self, x: Any) -> Array:
        """Compute the outputs of the last layer; for a regression in the units of the targets.

        Args:
            x: inputs in the units of the data, shape (rows, features), or (rows, height, width) for images. The columns
                of a data frame, a mapping or a structured array are matched by name; others are left out. Where the
                model was trained on categories or dates, they hold texts; an array of numbers holds their codes.

        Returns:
            Outputs, shape (rows, outputs), in the dtype of the network, or in float64 where it learnt scaled targets.

        Raises:
            DataError: the inputs have another shape, lack a column by name, or are not finite.
            NumericError: the weights or the outputs are not finite.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.outputs(x).shape  # (rows, 10)
        """
        return checked_own(self, network_outputs(self, checked_inputs(self, x)))

    @naming_parts
    def predict(self, x: Any) -> Array:
        """Predict labels or values.

        Args:
            x: inputs, as in `outputs`.

        Returns:
            For classification the label of each row, shape (rows,): integers if all class names are whole numbers,
            else names. For regression values in the units of the targets, shape (rows,) for one target, else
            (rows, targets). For several labels a row, bools of shape (rows, labels), in the order of `labels`.

        Raises:
            DataError, NumericError: as in `outputs`.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.predict(x)  # array([3, 7, ...])
        """
        return answers(self, self.outputs(x))

    @naming_parts
    def predict_proba(self, x: Any) -> Array:
        """Predict the probability of each class, or of each of several labels.

        Args:
            x: inputs, as in `outputs`.

        Returns:
            Probabilities from 0 to 1, shape (rows, classes), in the order of `labels`. Those of classes add up to 1 in
            each row; those of several labels a row do not.

        Raises:
            UsageError: output layer and loss give no probabilities; those of margins are scores.
            DataError, NumericError: as in `outputs`.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.predict_proba(x).sum(axis=1)  # 1 for each row
        """
        return probabilities(self, self.outputs(x))

    @naming_parts
    def activations(self, x: Any) -> dict[str, Array]:
        """Compute the output of each layer, to look into the network.

        Args:
            x: inputs, as in `outputs`.

        Returns:
            For each layer, by its path such as "layers.0", what it gives outside training, shape (rows, units): after
            the activation, without dropout and the like. Those of the last layer are `outputs`, but for the units of
            scaled targets. The arrays are copies.

        Raises:
            DataError, NumericError: as in `outputs`.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.activations(x)["layers.0"].shape  # (rows, 64)
        """
        return layer_outputs(self, checked_inputs(self, x))

    @naming_parts
    def evaluate(self, x: Any, y: Any = None) -> dict[str, float]:
        """Compute the loss and the metrics of the spec.

        The loss is of the targets that the network learns: by default, most regressions learn standardized ones.
        Metrics are in the units of the targets.

        Args:
            x: inputs, as in `outputs`; without `y`, rows as in `train`: (x, y), (x, y, weights), a mapping of these
                names, or a frame that has the column which the model predicts.
            y: true labels as `labels` gives them, shape (rows,); for regression values, (rows,) or (rows, targets);
                for several labels a row, 0 and 1 or bools (rows, labels). They may be a column or a frame.

        Returns:
            "loss", the mean over all rows, and each metric by its name.

        Raises:
            DataError: inputs or targets have another shape, another label or a value that is not finite.
            NumericError: the weights or the outputs are not finite.
            PluginError: a part that only training and evaluation need cannot be imported.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.evaluate(x, y)  # {"loss": 0.05, "accuracy": 0.98}
        """
        from zoo_core.model.evaluation import evaluate_table  # late: predicting measures nothing

        return evaluate_table(self, self.table(x, y), check=True)

    def table(self, x: Any, y: Any = None) -> Table:
        """Return rows as they are given for `evaluate`, with the class indices of the model. Raises DataError."""
        return checked_table(self, x, y)

    def plot(self, kind: str = "curves", **options: Any) -> Figure:
        """Draw the model.

        Args:
            kind: "curves", "layers", "confusion", "weights", or a plot of a plugin; see `zoo_core.plot`.
            options: as for `zoo_core.plot`, such as `what="accuracy"` of "curves", or `data=(x, y)` of "confusion".

        Returns:
            A Matplotlib figure, which a notebook shows.

        Raises:
            UsageError, DataError, ResourceError, PluginError: as `zoo_core.plot`.

        Example:
            model = zoo_core.load("glyphs-quickstart")
            model.plot("weights")
        """
        from zoo_core.registry import DRAWER, load_target  # late: predicting draws nothing

        figure: Figure = load_target(DRAWER)(self, kind, **options)
        return figure

    @naming_parts
    def save(self, path: str | Path, *, overwrite: bool | Callable[[], bool] = True) -> str:
        """Write a model file, atomically.

        Args:
            path: the file, usually *.npz.
            overwrite: whether an existing file may be replaced; a function is asked again just before that.

        Returns:
            The sha256 of the file, 64 hexadecimal digits.

        Raises:
            ResourceError: the file cannot be written.
            UsageError: the file exists and may not be replaced.
            PluginError: the file would not give back this model. What was at `path` is still there.

        Example:
            model = zoo_core.train("glyphs-quickstart")
            model.save("glyphs.npz")
        """
        from zoo_core.model import prove  # late: predicting writes nothing
        from zoo_core.storage import write_model_file

        proof = partial(prove, self)
        self.sha256 = write_model_file(path, *self.contents(path), overwrite=overwrite, prove=proof)
        self.file = Path(path).absolute()
        return self.sha256

    @naming_parts
    def to_bytes(self) -> bytes:
        """Return the bytes of a model file, which `zoo_core.load` takes.

        Returns:
            What `save` writes. A pickle of the model holds the same bytes.

        Raises:
            PluginError: the bytes would not give back this model.

        Example:
            data = model.to_bytes()
            zoo_core.load(data).predict(x)
        """
        from zoo_core.model import prove  # late: predicting writes nothing
        from zoo_core.storage import contents_from_bytes, to_bytes

        data = to_bytes(*self.contents(), f"model {self.name!r}")
        prove(self, contents_from_bytes(data, f"model {self.name!r}", limit=len(data)))
        return data

    def arrays(self) -> dict[str, Array]:
        """Return the arrays of a model file by name, not copies: of network, preprocessors and run."""
        return file_arrays(self)

    def contents(self, path: str | Path | None = None) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return header and arrays of a model file; they hold the state of the run too, if the spec asks for it."""
        return file_contents(self, path)

    def header(self, path: str | Path | None = None) -> dict[str, Any]:
        """Return the header of a model file; with `path`, also where the data of its spec lie from there."""
        return file_header(self, path)
