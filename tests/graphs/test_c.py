"""What is peculiar to models as C: texts, threads, several models in a program, compilers that do not work."""

from __future__ import annotations

import ctypes
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import zoo_core
from tests.graphs.languages import CC, EVIL, STRICT, c_texts, compiled, needs_cc, strange_model
from tests.graphs.networks import network_with
from tests.graphs.test_outputs import CASES, X
from tests.graphs.test_python_tables import FRAME, KINDS, model_of
from zoo_core.errors import UsageError


@needs_cc
def test_the_header_stands_beside_and_tells_labels_and_categories(tmp_path):
    model = model_of(FRAME, columns=KINDS)
    written = zoo_core.export(model, tmp_path / "m.c")
    assert [file.name for file in written.files] == ["m.c", "m.h"]
    library = compiled(tmp_path / "m.c")
    assert c_texts(library, "m_labels", 2) == ["0", "1"]
    assert c_texts(library, "m_categories_1", 3) == ["1", "2", "7"]
    assert c_texts(library, "m_categories_3", 2) == ["B c", "a"]


def test_a_name_that_no_include_takes_is_refused(tmp_path):
    with pytest.raises(UsageError, match="the name of a C file may hold"):
        zoo_core.export("glyphs-quickstart", tmp_path / 'a"b.c')


@needs_cc
def test_texts_of_strangers_stay_texts(tmp_path):
    model = strange_model()[0]
    zoo_core.export(model, tmp_path / "m.c")
    sources = [(tmp_path / name).read_text(encoding="utf-8") for name in ("m.c", "m.h")]
    assert all("??" not in source for source in sources)
    library = compiled(tmp_path / "m.c")
    assert c_texts(library, "m_labels", 2) == model.labels().tolist()
    assert EVIL in model.labels().tolist()
    (tmp_path / "user.cpp").write_text('#include "m.h"\nint main() { return m_labels[0] == 0; }\n')
    subprocess.run([CC, "-x", "c++", "-fsyntax-only", "-Wall", "user.cpp"], cwd=tmp_path, check=True)


@needs_cc
def test_threads_may_share_a_model_and_two_models_a_program(tmp_path):
    model = zoo_core.train(CASES["texts"][0], data=(X, CASES["texts"][1]))
    for name in ("one.c", "2-two.c"):
        zoo_core.export(model, tmp_path / name)
    command = [CC, *STRICT, "-shared", "-fPIC", "one.c", "2-two.c", "-o", "both.so", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    library, rows = ctypes.CDLL(str(tmp_path / "both.so")), np.ascontiguousarray(X)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda row: library.one_predict(ctypes.c_void_p(row.ctypes.data)), rows))
    assert model.labels()[found].tolist() == model.predict(X).tolist()
    assert library.model_2_two_predict(ctypes.c_void_p(rows[0].ctypes.data)) == found[0]


@pytest.mark.skipif(os.name != "posix", reason="the compiler of this test is a script of a shell")
def test_a_compiler_that_does_not_work_or_does_not_end_is_told(tmp_path, monkeypatch):
    from zoo_plugins.exporters import _running

    compiler, model = tmp_path / "cc", network_with("activation", "relu", {}, "float32", "hidden")
    compiler.write_text("#!/bin/sh\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    note = zoo_core.export(model, tmp_path / "m.c").note
    assert note.endswith(f"as a graph: {compiler} does not work here, so the code itself was not checked")
    compiler.write_text("#!/bin/sh\nsleep 60\n")
    monkeypatch.setattr(_running, "SECONDS", 0.1)
    began = time.monotonic()
    note = zoo_core.export(model, tmp_path / "m.c").note
    assert time.monotonic() - began < 30
    assert note.endswith("as a graph: cc took over 0.1 s, so the code itself was not checked")
