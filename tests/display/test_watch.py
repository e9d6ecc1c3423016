"""`zoo_core.watch` shows a run in a notebook, seldom enough, to the end, and returns what `train` would."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import zoo_core
from zoo_core.display.progress import _notebook, show_html
from zoo_core.errors import PluginError, UsageError
from zoo_core.parts import Callback
from zoo_core.runs import Output, prepare_resumed
from zoo_core.training import Interval
from zoo_core.training.events import EpochEnded, Event, Finished, Message, Started

HOSTILE = "<script>alert(1)</script>"
SPEC = {
    "name": "watched",
    "data": {"name": "glyphs", "rows": 300, "test_rows": 50, "validation": 0.2},
    "model": {"loss": "cross_entropy", "layers": [{"units": 10, "activation": "softmax"}]},
    "optimizer": "adam",
    "training": {"epochs": 4},
}


class Talks(Callback):
    name = "talks"

    def on_epoch_end(self, record: Any, run: Any) -> None:
        run.say(f"epoch {record['epoch']}")


@dataclass
class Stops(Callback):
    name = "stops"
    interrupts: bool = False

    def on_batch_end(self, run: Any) -> None:
        if run.epoch == 2:
            raise KeyboardInterrupt if self.interrupts else ValueError("no <more>")


class Plugin:
    @staticmethod
    @zoo_core.hookimpl
    def zoo_parts() -> list[Any]:
        return [Talks, Stops]


@pytest.fixture
def registry() -> zoo_core.Registry:
    registry = zoo_core.Registry()
    registry.add(Plugin)
    return registry


class Handle:
    def __init__(self, pages: list[str]) -> None:
        self.pages = pages

    def update(self, page: Any) -> None:
        self.pages.append(page.data)


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that a notebook was given, in their order."""
    found: list[str] = []

    def display(page: Any, *, display_id: bool) -> Handle:
        assert display_id
        assert not found  # one output, which is replaced
        found.append(page.data)
        return Handle(found)

    monkeypatch.setattr("IPython.display.display", display)
    monkeypatch.setattr("zoo_core.display.notebook.shows_html", lambda: True)
    return found


def test_a_watched_run_gives_the_model_of_train(pages: list[str]) -> None:
    model = zoo_core.watch(zoo_core.prepare(SPEC))
    other = zoo_core.train(SPEC)
    assert model.history == other.history
    assert model.network.parameters.tobytes() == other.network.parameters.tobytes()
    assert "all epochs done; 4 epochs in" in pages[-1]
    assert "<svg" in pages[-1]
    assert f"{model.history[-1]['validation_accuracy']:.4f}" in pages[-1]


def test_messages_and_warnings_are_shown(
    pages: list[str], registry: zoo_core.Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    training = {"epochs": 3, "callbacks": ["talks"]}
    trainer = zoo_core.prepare(SPEC | {"training": training}, registry=registry)
    trainer.warn(HOSTILE)
    zoo_core.watch(trainer)
    assert capsys.readouterr().out.splitlines() == ["epoch 0", "epoch 1", "epoch 2"]
    assert "&lt;script&gt;" in pages[-1]
    assert "<script" not in "".join(pages)


@pytest.mark.parametrize(("interrupts", "raised"), [(False, PluginError), (True, KeyboardInterrupt)])
def test_the_final_state_is_shown_after_an_error(
    pages: list[str], registry: zoo_core.Registry, interrupts: bool, raised: type[BaseException]
) -> None:
    stops = {"name": "stops", "interrupts": interrupts}
    trainer = zoo_core.prepare(SPEC | {"training": {"epochs": 4, "callbacks": [stops]}}, registry=registry)
    with pytest.raises(raised) as error:
        zoo_core.watch(trainer)
    assert "stopped; 2 epochs in" in pages[-1]
    assert ("an interrupt" if interrupts else "no &lt;more&gt;") in pages[-1]
    assert error.value.model is trainer.model  # type: ignore[attr-defined]


def test_a_resumed_run_shows_the_epochs_before(pages: list[str], tmp_path: Any) -> None:
    output = Output(tmp_path / "m.npz")
    with output.lock():
        output.prepare(zoo_core.Spec.parse(SPEC).to_dict())
        events = zoo_core.follow(zoo_core.prepare(SPEC), output, Interval.parse("1steps"))
        next(event for event in events if isinstance(event, EpochEnded) and event.record["epoch"] == 1)
        events.close()  # type: ignore[attr-defined]
        model = zoo_core.watch(prepare_resumed(output), output)
    assert len(model.history) == 4
    assert (tmp_path / "m.npz").exists()
    assert "all epochs done" in pages[-1]


# ------------------------------------------------------------------ how often it draws


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(_notebook, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def run_of(clock: SimpleNamespace, epochs: int, seconds: float) -> Iterator[Event]:
    yield Started("run", epochs, 0, 10, {"train": 100}, 50, 1)
    for epoch in range(epochs):
        clock.now += seconds
        yield EpochEnded({"epoch": epoch, "train_loss": 1 / (epoch + 1)}, clock.now)
    yield Finished("all epochs done", clock.now)


@pytest.mark.parametrize("cost", [0.0, 0.001, 0.05, 0.4])
def test_the_view_limits_itself_by_its_own_cost(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, cost: float
) -> None:
    times: list[float] = []

    class Slow:
        def update(self, page: Any) -> None:
            times.append(clock.now)
            clock.now += cost

    def display(page: Any, *, display_id: bool) -> Slow:
        handle = Slow()
        handle.update(page)
        return handle

    monkeypatch.setattr("IPython.display.display", display)
    show_html(run_of(clock, epochs=3000, seconds=0.01), results=io.StringIO())
    drawn = np.array(times)
    assert max(((drawn >= t) & (drawn < t + 1)).sum() for t in drawn) <= 4
    assert cost * (len(drawn) - 2) <= 0.05 * clock.now  # the first and the last one come in any case
    assert len(drawn) >= (80 if cost < 0.01 else 3)


def test_a_long_run_has_few_warnings_and_a_short_page(clock: SimpleNamespace, pages: list[str]) -> None:
    def events() -> Iterator[Event]:
        first, *rest = run_of(clock, epochs=2000, seconds=0.1)
        yield first
        yield from (Message(f"warning {at}", warning=True) for at in range(500))
        yield from rest

    show_html(events(), results=io.StringIO())
    assert "and 480 more warnings" in pages[-1]
    assert max(map(len, pages)) < 20_000


# ------------------------------------------------------------------ elsewhere


def test_without_a_notebook_lines_are_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    zoo_core.watch(zoo_core.prepare(SPEC))
    assert "all epochs done" in capsys.readouterr().err


def test_a_terminal_of_ipython_is_no_notebook() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    from zoo_core.display.notebook import shows_html

    InteractiveShell.instance()  # type: ignore[no-untyped-call]
    try:
        assert not shows_html()
    finally:
        InteractiveShell.clear_instance()


def test_what_is_no_run_or_no_plot_is_named() -> None:
    with pytest.raises(UsageError, match=r"watch takes a prepared run, as in watch\(prepare\(spec\)\), not str"):
        zoo_core.watch("glyphs-quickstart")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="there is no plot 3 "):
        zoo_core.load("glyphs-quickstart").plot(3)  # type: ignore[arg-type]
