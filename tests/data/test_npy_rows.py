"""Rows read from a file are those of the saved array, and train a bit-identical model."""

from __future__ import annotations

import errno
import json
import os
import threading
import weakref
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

import zoo_core
from zoo_core.cli import run
from zoo_core.data.readers import npy_rows
from zoo_core.data.readers.npy_rows import DiskRows
from zoo_core.errors import DataError, ResourceError

ROWS = 900


@pytest.fixture
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (ROWS, 5, 4), np.uint8)
    return {"x": x, "y": x.reshape(ROWS, -1)[:, 0] % 3, "x_test": x[:40], "y_test": x.reshape(ROWS, -1)[:40, 0] % 3}


def saved(folder: Path, arrays: dict[str, np.ndarray]) -> dict[str, str]:
    """Save each array; return the path of each by its name."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return {name: str(folder / f"{name}.npy") for name in arrays}


def spec(data: dict[str, object], **training: object) -> dict[str, object]:
    layers = [{"units": 8, "activation": "relu"}, {"units": 3, "activation": "softmax"}]
    splits = ["train", "validation", "test"]
    return {
        "data": {"validation": 0.2, **data},
        "model": {"loss": "cross_entropy", "layers": layers},
        "optimizer": {"name": "adam"},
        "training": {"epochs": 3, "batch_size": 16, "metrics": ["accuracy"], "evaluate": splits, **training},
    }


def npy(paths: dict[str, str], **options: object) -> dict[str, object]:
    names = {"inputs": "x", "targets": "y", "test_inputs": "x_test", "test_targets": "y_test"}
    return {"name": "npy", **{option: paths[name] for option, name in names.items() if name in paths}, **options}


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_model_from_disk_is_the_model_from_memory(tmp_path, arrays, shuffle):
    np.savez(tmp_path / "all.npz", **arrays)
    memory = zoo_core.train(spec({"name": "npz", "path": str(tmp_path / "all.npz")}, shuffle=shuffle))
    disk = zoo_core.train(spec(npy(saved(tmp_path, arrays)), shuffle=shuffle))
    assert disk.history == memory.history
    for name, array in memory.arrays().items():
        np.testing.assert_array_equal(disk.arrays()[name], array)
    assert disk.about == memory.about
    np.testing.assert_array_equal(disk.predict(arrays["x"]), memory.predict(arrays["x"]))


@pytest.mark.parametrize("dtype", ["uint8", "float32", "int16"])
@pytest.mark.parametrize("indices", [[7], [3, 4, 5], [9, 2, 2, ROWS - 1, 0], [], list(range(ROWS))])
def test_rows_are_those_of_the_array(tmp_path, arrays, dtype, indices):
    x = arrays["x"].astype(dtype)
    np.save(tmp_path / "x.npy", x)
    rows = DiskRows(tmp_path / "x.npy")
    out = np.empty((len(indices), 20), dtype)
    assert (rows.shape, rows.dtype, len(rows)) == ((ROWS, 20), dtype, ROWS)
    np.testing.assert_array_equal(rows.take(np.array(indices, int)), x.reshape(ROWS, 20)[indices])
    assert rows.take(np.array(indices, int), axis=0, out=out) is out
    np.testing.assert_array_equal(out, x.reshape(ROWS, 20)[indices])


@pytest.mark.parametrize("indices", [[-1], [0, ROWS]])
def test_a_row_that_is_not_there_is_refused(tmp_path, arrays, indices):
    np.save(tmp_path / "x.npy", arrays["x"])
    with pytest.raises(IndexError, match=f"rows 0 to {ROWS - 1}"):
        DiskRows(tmp_path / "x.npy").take(np.array(indices))


@pytest.mark.parametrize("indices", [[ROWS - 1], [ROWS - 2, ROWS - 1]])
def test_a_file_that_shrinks_is_an_error(tmp_path, arrays, indices):
    np.save(tmp_path / "x.npy", arrays["x"])
    rows = DiskRows(tmp_path / "x.npy")
    os.truncate(tmp_path / "x.npy", 1000)
    with pytest.raises(DataError, match=r"x\.npy: has become shorter"):
        rows.take(np.array(indices))


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.asfortranarray(np.ones((6, 4))), "column by column"),
        (np.ones((6, 4), ">f4"), "holds >f4"),
        (np.ones(6), "rows can be read"),
        (np.full((6, 4), "a"), "holds <U1"),
    ],
)
def test_a_file_that_cannot_be_read_row_by_row_is_refused(tmp_path, array, words):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(DataError, match=words):
        DiskRows(tmp_path / "x.npy")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"y": np.zeros(7, int)}, f"has {ROWS} rows of 20 numbers"),
        ({"y": np.zeros((ROWS, 1), int)}, "one for each row"),
        ({"y": np.linspace(0, 1, ROWS)}, "task = 'regression'"),
        ({"y_test": np.full(40, 9)}, r"y_test.npy: row 0 \(from 0\) has the label '9'; the classes are 0, 1, 2"),
        ({"x_test": np.zeros((40, 4, 5), np.uint8)}, r"samples of shape \(4, 5\), not \(5, 4\)"),
        (
            {"x": np.where(np.arange(ROWS) == 8, np.nan, 1.0)[:, None] * np.ones(20)},
            r"row 8, column 0 \(both from 0\) is nan",
        ),
    ],
)
def test_data_that_do_not_fit_are_refused(tmp_path, arrays, changes, words):
    with pytest.raises(DataError, match=words):
        zoo_core.train(spec(npy(saved(tmp_path, arrays | changes))))


def test_names_of_classes_and_values(tmp_path, arrays):
    named = arrays | {"y": np.array(["cat", "dog", "eel"])[arrays["y"]], "y_test": np.array(["eel"] * 40)}
    model = zoo_core.train(spec(npy(saved(tmp_path, named))))
    assert set(model.predict(arrays["x"])) <= {"cat", "dog", "eel"}
    values = {"x": arrays["x"], "y": arrays["y"] * 1.5}
    learnt = spec(npy(saved(tmp_path, values), task="regression"), metrics=["mae"], evaluate=["train"])
    learnt["model"] = {"loss": "mse", "layers": [{"units": 1, "activation": "identity"}]}
    fitted = zoo_core.train(learnt)
    assert fitted.predict(arrays["x"]).shape == (ROWS,)


@pytest.mark.parametrize("anywhere", [True, False])
def test_rows_are_read_ahead_only_where_any_thread_may(tmp_path, arrays, monkeypatch, anywhere):
    taken, take = [], DiskRows.take

    def noted(self, *arguments, **options):
        taken.append(threading.current_thread() is threading.main_thread())
        return take(self, *arguments, **options)

    monkeypatch.setattr(DiskRows, "take", noted)
    monkeypatch.setattr(DiskRows, "from_any_thread", anywhere)
    zoo_core.train(spec(npy(saved(tmp_path, arrays)), epochs=1))
    assert all(taken) is not anywhere


def test_the_rows_of_the_next_batches_are_read_ahead(tmp_path, monkeypatch):
    taken, take, rng = threading.Semaphore(0), DiskRows.take, np.random.default_rng(0)

    def noted(self, *arguments, **options):
        taken.release()
        return take(self, *arguments, **options)

    arrays = {"x": rng.normal(size=(1000, 300)).astype(np.float32), "y": rng.integers(0, 3, 1000)}
    trainer = zoo_core.prepare(spec(npy(saved(tmp_path, arrays)), evaluate=[]))
    monkeypatch.setattr(DiskRows, "take", noted)
    steps, reads = trainer.loader.batches.steps, trainer.loader.block_steps
    trainer.loader.start_epoch()
    with closing(trainer.loader):
        for step in range(steps):
            trainer.loader.load_batch(step)
            if step % reads:
                continue
            assert taken.acquire(timeout=30)
            if step + reads < steps:  # before they are needed
                assert taken.acquire(timeout=30)
                taken.release()
    assert not taken.acquire(blocking=False)
    assert 1 < reads < steps


@pytest.mark.parametrize("anywhere", [True, False])
def test_a_file_that_shrinks_in_training_ends_the_run(tmp_path, arrays, monkeypatch, anywhere):
    monkeypatch.setattr(DiskRows, "from_any_thread", anywhere)
    trainer = zoo_core.prepare(spec(npy(saved(tmp_path, arrays))))
    os.truncate(tmp_path / "x.npy", 1000)
    with pytest.raises(DataError, match="has become shorter"):
        list(zoo_core.follow(trainer))


def test_rows_on_disk_are_measured_as_rows_in_memory(tmp_path, arrays):
    x = arrays["x"].astype(np.float32)
    model = zoo_core.train(spec(npy(saved(tmp_path, arrays | {"x": x, "x_test": x[:40]})), epochs=1))
    assert model.evaluate(DiskRows(tmp_path / "x.npy"), arrays["y"]) == model.evaluate(x, arrays["y"])
    np.save(tmp_path / "bad.npy", np.where(np.arange(ROWS) == 8, np.nan, 1.0)[:, None] * np.ones(20))
    with pytest.raises(DataError, match="inputs hold nan in row 8, column 0"):
        model.evaluate(DiskRows(tmp_path / "bad.npy"), arrays["y"])


def test_an_archive_is_no_array(tmp_path, arrays):
    paths = saved(tmp_path, arrays)
    np.savez(tmp_path / "y.npz", y=arrays["y"])
    with pytest.raises(DataError, match="there is 'npz'"):
        zoo_core.train(spec(npy(paths | {"y": str(tmp_path / "y.npz")})))


def test_the_advice_for_other_orders_of_numbers_helps(tmp_path):
    for x in (np.asfortranarray(np.ones((6, 4))), np.ones((6, 4), ">f4")):
        np.save(tmp_path / "x.npy", x)
        with pytest.raises(DataError, match=r"np\.ascontiguousarray\(x, x\.dtype\.newbyteorder\('='\)\)"):
            DiskRows(tmp_path / "x.npy")
        np.save(tmp_path / "x.npy", np.ascontiguousarray(x, x.dtype.newbyteorder("=")))
        np.testing.assert_array_equal(DiskRows(tmp_path / "x.npy").take(np.arange(6)), x)


def test_buffers_of_unused_arrays_are_dropped(tmp_path, arrays):
    np.save(tmp_path / "x.npy", arrays["x"])
    rows = DiskRows(tmp_path / "x.npy")
    gone = weakref.ref(rows.take(np.array([5, 3])))
    assert gone() is None


def test_two_views_of_one_array_have_their_own_buffers(tmp_path, arrays):
    np.save(tmp_path / "x.npy", arrays["x"])
    rows, out = DiskRows(tmp_path / "x.npy"), np.zeros((6, 20), np.uint8)
    for view in (out[::2], out[:3]):
        rows.take(np.array([9, 4, 7]), out=view)
        np.testing.assert_array_equal(view, arrays["x"].reshape(ROWS, 20)[[9, 4, 7]])


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", ">f4"])
@pytest.mark.parametrize("shape", [(-1, 5, 4), (-1, 20)])
def test_rows_of_a_file_are_predicted_without_reading_it_whole(tmp_path, arrays, monkeypatch, capsys, dtype, shape):
    model = zoo_core.train(spec(npy(saved(tmp_path, arrays)), epochs=1))
    model.save(tmp_path / "m.npz")
    x = np.tile(arrays["x"], (4, 1, 1)).astype(dtype)
    np.save(tmp_path / "new.npy", x.reshape(shape))
    taken, take = [], DiskRows.take
    monkeypatch.setattr(
        DiskRows, "take", lambda self, rows, axis=0: (taken.append(len(rows)), take(self, rows, axis))[1]
    )
    assert run(["predict", str(tmp_path / "m.npz"), str(tmp_path / "new.npy"), "--proba", "--json"]) == 0
    np.testing.assert_allclose(json.loads(capsys.readouterr().out), model.predict_proba(x), rtol=1e-6)
    assert max(taken, default=0) == (0 if dtype == ">f4" else ROWS * 4 if "float" in dtype else 1024)


def test_a_large_file_is_predicted_a_piece_at_a_time_with_the_same_bits(tmp_path, run_zoo, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(3000, 2)).astype(np.float32)
    np.savez("d.npz", x=x[:50], y=(x[:50, 0] > 0).astype(int))
    layers = [{"units": 4, "activation": "tanh"}, {"units": 2, "activation": "softmax"}]
    model = zoo_core.train(
        {"data": {"name": "npz", "path": "d.npz"}, "model": {"loss": "cross_entropy", "layers": layers},
         "optimizer": "adam", "training": {"epochs": 1}}, output="m.npz",
    )  # fmt: skip
    np.save("new.npy", x)
    monkeypatch.setattr("zoo_core.cli._predictions.CELLS", 1024)
    seen, outputs = [], zoo_core.Model.outputs
    monkeypatch.setattr(zoo_core.Model, "outputs", lambda self, rows: seen.append(len(rows)) or outputs(self, rows))
    assert run_zoo("predict", "m.npz", "new.npy", "--proba", "-o", "y.npy")[0] == 0
    assert (len(seen) > 2, sum(seen)) == (True, 3000)
    np.testing.assert_array_equal(np.load("y.npy"), outputs(model, x))


def test_a_row_that_is_not_finite_is_found_while_a_file_is_predicted(tmp_path, arrays, capsys):
    zoo_core.train(spec(npy(saved(tmp_path, arrays)), epochs=1)).save(tmp_path / "m.npz")
    x = np.ones((ROWS * 2, 20))
    x[560, 3] = np.nan
    np.save(tmp_path / "new.npy", x)
    assert run(["predict", str(tmp_path / "m.npz"), str(tmp_path / "new.npy")]) == 3
    assert "new.npy: row 560, column 3 (both from 0) is nan" in capsys.readouterr().err


def test_an_error_of_the_disk_in_training_names_the_file(tmp_path, arrays, monkeypatch):
    trainer = zoo_core.prepare(spec(npy(saved(tmp_path, arrays))))

    def failing(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(npy_rows, "_read_at", failing)
    with pytest.raises(ResourceError, match=r"cannot read .*x\.npy: Input/output error"):
        list(zoo_core.follow(trainer))


@pytest.mark.parametrize("ending", ["done", "interrupted", "abandoned", "failed"])
def test_no_thread_remains_however_a_run_ends(tmp_path, arrays, ending):
    before = threading.active_count()
    given = spec(npy(saved(tmp_path, arrays)), batch_size=16, metrics=["accuracy"])
    trainer = zoo_core.prepare(given)
    settle, counts = trainer._end_block, []

    def settled():
        settle()
        counts.append(threading.active_count() - before)
        if ending == "interrupted":
            trainer.interrupt("enough")
        if ending == "failed":
            raise DataError("gone")

    trainer._end_block = settled
    events = zoo_core.follow(trainer)
    if ending == "abandoned":
        while not counts:
            next(events)
        events.close()
    else:
        with suppress(DataError):
            list(events)
    assert max(counts) == 1
    assert threading.active_count() == before


def test_an_interrupted_run_goes_on_with_another_thread(tmp_path, arrays):
    given = spec(npy(saved(tmp_path, arrays)))
    alone, trainer = zoo_core.train(given), zoo_core.prepare(given)
    settle = trainer._end_block
    trainer._end_block = lambda: (settle(), trainer.interrupt("enough"))
    list(zoo_core.follow(trainer))
    assert trainer.position.step > 0
    trainer._end_block, trainer.interrupted = settle, ""
    list(zoo_core.follow(trainer))
    assert trainer.history == alone.history
