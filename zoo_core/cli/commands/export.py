"""`zoo export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, Force, Json, MaxSize, Sha256
from zoo_core.cli._output import report, warn

EXAMPLES = (
    "Examples: zoo export glyphs.npz -o glyphs.onnx | zoo export mnist-mlp -o mnist.py --force | "
    "zoo export glyphs.npz -o glyphs/"
)


def command(
    model: Annotated[str, typer.Argument(help="A model file (.npz), or the name of a shipped model.")],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="PATH", help="The file, whose ending names the format, or FOLDER/.")
    ],
    force: Force = False,
    sha256: Sha256 = None,
    max_size: MaxSize = MAX_SIZE_MIB,
    json: Json = False,
) -> None:
    """Write a model in another format.

    Built in are .onnx, .safetensors (the arrays), and source code: .py needs NumPy alone, .js nothing, .c its libm.
    Plugins bring others.
    How rows are prepared, and the labels, go with the model. Each file is first compared with the model on 257 rows.
    FOLDER/ gets what a hub of models shows: the model file, its arrays, config.json and the model card README.md.
    """
    from zoo_core.cli._inputs import check_not_an_input, check_output_path, load_model
    from zoo_core.cli._output import redirect_prints
    from zoo_core.registry import Registry
    from zoo_core.runs import export, find_exporter, names_folder

    registry = Registry()
    warn(registry)
    path = Path(output)
    check_not_an_input(path, model)
    find_exporter(output, registry)
    if not names_folder(output):
        check_output_path(path, force)
    found = load_model(model, registry, sha256, max_size)
    with redirect_prints():
        written = export(found, output, registry, overwrite=force)
    names = ", ".join(map(str, written.files))
    size = sum(file.stat().st_size for file in written.files) if path.is_dir() else path.stat().st_size
    facts = {"saved": output, "bytes": size, "files": [str(file) for file in written.files], "note": written.note}
    report(facts, json, f"saved {names}{f' ({written.note})' if written.note else ''}")
