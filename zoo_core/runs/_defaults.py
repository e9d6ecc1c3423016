"""What depends on the data of a spec: the default preprocessor and metrics, the description of the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from zoo_core.contract import checked_value_widths, checked_widths
from zoo_core.data import DataFolder, checked_data
from zoo_core.errors import DataError, SpecError
from zoo_core.model import DataDescription, Model, short_fault
from zoo_core.nn import is_identity, scales_targets
from zoo_core.parts import Data, Loss, Metric, Preprocessor
from zoo_core.registry import Registry
from zoo_core.spec import DEFAULT_METRICS, Spec, copy_part, dump


def load_data(spec: Spec, data_dir: str | Path | DataFolder | None = None) -> Data:
    """Load the data set of a spec. Which files its paths may name depends on where the spec was read.

    Raises PluginError where the data set breaks the contract of its kind.
    """
    folder = data_dir if isinstance(data_dir, DataFolder) else DataFolder.open(data_dir)
    return checked_data(spec.data.source, copy_part(spec.data.source).load(folder.for_origin(spec.origin)))


def fill_defaults(spec: Spec, data: Data, registry: Registry, earlier: Model | None = None) -> Spec:
    """Return the spec with its preprocessors and metrics filled in, from the data or from an earlier model.

    Raises SpecError where spec, data and earlier model do not fit together.
    """
    preprocessor = spec.data.preprocessor or _default_preprocessor(data, registry, earlier)
    if earlier is not None and dump(preprocessor) != dump(earlier.spec.data.preprocessor):
        raise SpecError(
            f"spec {spec.name!r}: data.preprocessor is {dump(preprocessor)!r}, and the weights to start from were "
            f"trained with {dump(earlier.spec.data.preprocessor)!r}; leave the key out"
        )
    _check_takes_columns(preprocessor, data, f"spec {spec.name!r}")
    targets = _target_preprocessor(spec, data, registry, earlier)
    metrics = spec.training.metrics
    if metrics is None:
        metrics = [registry.get("metric", m)() for m in DEFAULT_METRICS[data.task]]  # type: ignore[misc]
    _check_tasks(spec, data, [spec.model.loss, *metrics])
    _check_outputs(spec, data)
    _check_scale(spec, data, targets)
    return spec.model_copy(
        update={
            "data": spec.data.model_copy(update={"preprocessor": preprocessor, "target_preprocessor": targets}),
            "training": spec.training.model_copy(update={"metrics": metrics}),
        }
    )


def _default_preprocessor(data: Data, registry: Registry, earlier: Model | None) -> Preprocessor:
    if earlier is not None and earlier.spec.data.preprocessor is not None:
        return earlier.spec.data.preprocessor
    return registry.get("preprocessor", data.preprocessor)()  # type: ignore[return-value]


def _check_takes_columns(preprocessor: Preprocessor, data: Data, where: str) -> None:
    """Raise SpecError for a preprocessor that cannot take the columns of the data, or a missing value in them."""
    if preprocessor.wants_columns:
        return
    odd = next((column for column in data.columns if column.kind in ("category", "date")), None)
    what = f"column {odd.name!r} is a {odd.kind}" if odd else _missing_value(data)
    if what:
        raise SpecError(
            f"{where}: data.preprocessor is {preprocessor.name!r}, which takes numbers alone, and {what}; "
            "write preprocessor = 'table'"
        )


def _missing_value(data: Data) -> str:
    """Say where a value is missing, or ''."""
    for table in filter(None, (data.train, data.test) if data.columns else ()):
        if isinstance(table.x, np.ndarray) and np.isnan(table.x).any():
            row, column = np.argwhere(np.isnan(table.x))[0]
            return f"column {data.columns[column].name!r} has no value in row {row} (from 0)"
    return ""


def _target_preprocessor(spec: Spec, data: Data, registry: Registry, earlier: Model | None) -> Preprocessor | None:
    """Return what scales the targets: as the spec says, as in an earlier model, or as suits the loss; None for classes.

    Raises SpecError where spec and earlier model differ. A model file of an earlier version has none.
    """
    given = spec.data.target_preprocessor
    if earlier is not None:
        kept = earlier.spec.data.target_preprocessor
        if given is not None and dump(given) != dump(kept) and not (kept is None and given.is_identity):
            raise SpecError(
                f"spec {spec.name!r}: data.target_preprocessor is {dump(given)!r}, and the weights to start from were "
                f"trained with {dump(kept) or 'none'!r}; leave the key out"
            )
        return kept
    if data.task != "regression" and (given is None or given.is_identity):
        return None
    last, loss = spec.model.layers[-1], spec.model.loss
    if given is not None:
        return given
    scaled = scales_targets(loss) and is_identity(last.activation, last.units)
    return registry.get("preprocessor", "standard" if scaled else "none")()  # type: ignore[return-value]


def _check_tasks(spec: Spec, data: Data, parts: list[Loss | Metric]) -> None:
    for part in parts:
        if part.task not in ("any", data.task) and not (data.task == "multilabel" and part.multilabel):
            raise SpecError(
                f"spec {spec.name!r}: {part.kind} {part.name!r} is for {part.task}, and "
                f"dataset {spec.data.source.name!r} is for {data.task}{_remedy(part, data)}"
            )
    if data.task == "multilabel" and spec.model.loss.class_weights is not None:
        raise SpecError(
            f"spec {spec.name!r}: model.loss.class_weights weigh classes, and the data have several labels a row; "
            "leave the key out"
        )


def _remedy(part: Loss | Metric, data: Data) -> str:
    """Return what to write for several labels a row, or ''."""
    if data.task != "multilabel":
        return ""
    way = "'binary_cross_entropy'" if isinstance(part, Loss) else "'accuracy', 'f1' or 'roc_auc'"
    return f", several labels a row; use one for these, such as {way}"


def _check_outputs(spec: Spec, data: Data) -> None:
    units, loss = spec.model.layers[-1].units, spec.model.loss
    place = f"spec {spec.name!r}: model.layers.{len(spec.model.layers) - 1}.units is {units}"
    if data.task == "regression":
        targets = data.train.y.shape[1]
        widths, has = checked_value_widths(loss, targets), f"{targets} target column(s)"
    elif data.task == "multilabel":
        labels = data.train.y.shape[1]
        widths, has = (labels,), f"{labels} label(s)"
    else:
        classes = count_classes(data)
        widths, has = checked_widths(loss, max(classes, 2)), f"{classes} classes"
    if units not in widths:
        right = " or ".join(map(str, widths))
        raise SpecError(f"{place}, and the data has {has}; with loss {loss.name!r} make it {right}")


def _check_scale(spec: Spec, data: Data, preprocessor: Preprocessor | None) -> None:
    """Raise SpecError for scaled targets where it is not known to which target an output belongs, and how it scales."""
    units, loss = spec.model.layers[-1].units, spec.model.loss
    if data.task != "regression" or preprocessor is None or preprocessor.is_identity:
        return
    targets = data.train.y.shape[1]
    if units != targets and (units % targets or not scales_targets(loss)):
        raise SpecError(
            f"spec {spec.name!r}: data.target_preprocessor is {preprocessor.name!r}, and how the {units} "
            f"outputs of loss {loss.name!r} for {targets} target(s) scale is not known; write 'none'"
        )


def count_classes(data: Data) -> int:
    """Return the number of classes of a data set: that of its names, or the largest label and one."""
    return len(data.class_names) or int(data.train.y.max()) + 1


def describe_data(spec: Spec, data: Data) -> DataDescription:
    """Return what a model file says of its data. Raises DataError where the data set describes them wrongly."""
    try:
        return DataDescription(
            inputs=int(data.train.x.shape[1]),
            task=data.task,
            class_names=_class_names(spec, data),
            feature_names=list(data.feature_names) or [column.name for column in data.columns],
            target_names=_target_names(spec, data),
            image_shape=list(data.image_shape) if data.image_shape else None,
            columns=DataDescription.stored_columns(data.columns),
            label_words=[list(words) for words in data.label_words],
        )
    except ValueError as error:
        raise DataError(
            f"dataset {spec.data.source.name!r} describes its data wrongly: {short_fault(error)}"
        ) from error


def _class_names(spec: Spec, data: Data) -> list[str]:
    """Return the names of the classes; numbers where there are none and the outputs do not tell how many there are."""
    outputs = spec.model.layers[-1].units
    unnamed = data.task == "classification" and not data.class_names
    if unnamed and (classes := count_classes(data)) != max(outputs, 2):
        return [str(i) for i in range(classes)]
    return list(data.class_names)


def _target_names(spec: Spec, data: Data) -> list[str]:
    """Return the names of the targets; numbered ones where there are none and the outputs do not tell how many.

    Labels always have names.
    """
    if data.task == "multilabel" and not data.target_names:
        return [f"label {i + 1}" for i in range(data.train.y.shape[1])]
    if data.task == "regression" and not data.target_names and data.train.y.shape[1] != spec.model.layers[-1].units:
        return [f"target {i + 1}" for i in range(data.train.y.shape[1])]
    return list(data.target_names)
