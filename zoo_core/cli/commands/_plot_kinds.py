"""The figure of each kind of `zoo plot`."""

from __future__ import annotations

import shlex
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from zoo_core.errors import DataError, ResourceError, UsageError, letters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from zoo_core.parts import Schedule
    from zoo_core.registry import Registry, Tool

STEPS = 100  # in an epoch, where a schedule is drawn without data


@dataclass(frozen=True)
class PlotOptions:
    """What `zoo plot` was asked for, besides the names."""

    kind: str
    what: str
    split: str
    changes: list[str]  # of --set
    epochs: int
    data_dir: Path | None
    sha256: list[str] | None
    max_size: int


def draw_figure(names: list[str], registry: Registry, options: PlotOptions, tool: Tool | None) -> Figure:
    """Return the figure of a built-in kind, or of a plugin's plot."""
    if options.kind == "activation":
        return _draw_activation(names[0], registry, options)
    if options.kind == "schedule":
        return _draw_schedule(names[0], registry, options)
    for name in names:
        _check_model_name(name, registry, options.kind)
    from zoo_core.cli._inputs import load_models

    models = load_models(names, registry, options.sha256, options.max_size)
    if options.kind == "confusion":
        from zoo_core.cli._inputs import data_folder
        from zoo_core.cli._output import warn_of
        from zoo_core.display.plots.kinds import draw_confusion

        return draw_confusion(models[0], options.split, data_folder(options.data_dir), registry, warn=warn_of)
    from zoo_core.cli._output import redirect_prints
    from zoo_core.display.plots.kinds import draw_models

    with nullcontext() if tool is None else redirect_prints():
        return draw_models(models, model_titles(names), options.kind, options.what, tool)


def _check_model_name(name: str, registry: Registry, kind: str) -> None:
    """Raise UsageError for the name of a spec or a part, with the way to draw it."""
    from zoo_core.registry import find_beside, shipped_models
    from zoo_core.spec.describe import article

    if name.endswith((".toml", ".json")):
        raise UsageError(
            f"{name}: --kind {kind} draws trained models, and this is a spec; train it first: zoo train "
            f"{shlex.quote(name)}, or draw its parts: --kind activation, --kind schedule"
        )
    if name in shipped_models(registry) or Path(name).exists() or find_beside(name, ".npz"):
        return
    for part in ("activation", "schedule"):
        if own := next((known for known in registry.names(part) if letters(known) == letters(name)), ""):
            way = f"zoo plot {own} --kind {part}"
            raise UsageError(f"{name!r} is no model, but the name of {article(part)}; draw it: {way}")


def model_titles(names: list[str]) -> list[str]:
    """Return the names of files without their folders, unless these are needed to make them differ."""
    depth, titles = 1, [_title(name, 1) for name in names]
    deepest = max(len(PurePath(name).parts) for name in names)
    while depth < deepest:
        depth += 1
        counts = Counter(title for _, title in set(zip(names, titles, strict=True)))
        titles = [
            _title(name, depth) if counts[title] > 1 else title for name, title in zip(names, titles, strict=True)
        ]
    return titles


def _title(name: str, depth: int) -> str:
    return "/".join(PurePath(name.removesuffix(".npz")).parts[-depth:]) if name.endswith(".npz") else name


# ------------------------------------------------------------------ parts


def _draw_activation(name: str, registry: Registry, options: PlotOptions) -> Figure:
    from zoo_core.display.plots import activation_curve
    from zoo_core.parts import Activation

    found = _read_spec_or_part(name, registry, options)
    return activation_curve(found if isinstance(found, Activation) else found.model.layers[0].activation)


def _read_spec_or_part(name: str, registry: Registry, options: PlotOptions) -> Any:
    """Return the spec of a file or a shipped model, or else the part of a name."""
    from zoo_core.registry import find_beside, is_path, shipped_models
    from zoo_core.spec import read_part, read_spec

    if is_path(name, ".toml", ".json", ".npz") or name in shipped_models(registry):
        return read_spec(name, options.changes, registry)
    if beside := name not in registry.names(options.kind) and find_beside(name, ".toml", ".json", ".npz"):
        raise UsageError(f"{name!r} is no {options.kind} and no shipped model{beside}")
    return read_part(options.kind, name, options.changes, registry)


def _draw_schedule(name: str, registry: Registry, options: PlotOptions) -> Figure:
    from zoo_core.display.plots import schedule_curve
    from zoo_core.parts import Schedule

    found = _read_spec_or_part(name, registry, options)
    if isinstance(found, Schedule):
        return schedule_curve(found, options.epochs, STEPS, is_real=False)
    rate: float | Schedule = found.optimizer.learning_rate
    if not isinstance(rate, Schedule):
        rate = registry.get("schedule", "constant")(rate)  # type: ignore[call-arg, assignment]
    steps = _known_steps(name, found, options)
    return schedule_curve(rate, found.training.epochs, steps or STEPS, is_real=steps is not None)  # type: ignore[arg-type]


def _known_steps(name: str, spec: Any, options: PlotOptions) -> int | None:
    """Return the number of steps of an epoch, or None with a warning if the data are not there."""
    import dataclasses

    from zoo_core.cli._inputs import data_folder
    from zoo_core.cli._output import warn_of
    from zoo_core.runs import steps_per_epoch

    try:
        return steps_per_epoch(spec, dataclasses.replace(data_folder(options.data_dir), offline=True))
    except (DataError, ResourceError, UsageError) as error:
        reason = str(error).partition("\n")[0]
        warn_of({"steps": f"{name}: the steps of an epoch are not known, {STEPS} are drawn; its data: {reason}"})
        return None
