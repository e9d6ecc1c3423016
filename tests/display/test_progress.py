"""The display of a run: plain lines or a live view, results on their own stream, only warnings if asked."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Iterator

import pytest
from rich.console import Console
from rich.text import Text

from zoo_core.display.progress import _live, show
from zoo_core.display.progress._layer_table import layer_remarks
from zoo_core.display.progress._run_progress import RunProgress
from zoo_core.display.progress._view import live_lines
from zoo_core.training.events import EpochEnded, Event, Finished, LayerStats, Message, Progress, Started

NAME = "net [red]x[/red]"
LAYERS = (
    LayerStats("layers.0 relu", 100, 0.62, 0.5, 1e-3),
    LayerStats("layers.1 softmax", 10, None, 0.1, 0.2),
)
ROWS = {"train": 50000, "test": 10000}


def run(epochs: int = 20, *, messages: tuple[Message, ...] = (), stop: int | None = None) -> Iterator[Event]:
    """Yield a run whose test accuracy is best (0.95) in epoch 3 and whose loss falls until the end."""
    directions = {"train_loss": False, "test_accuracy": True, "test_churn": False}
    yield Started(NAME, epochs, 0, 500, ROWS, 79510, 1, directions)
    for epoch in range(1, epochs + 1):
        yield Progress(epoch - 1, 250, 500, 48210.0, epoch - 0.5, 0.5, 1e-3, LAYERS)
        accuracy = 0.95 if epoch == 3 else 0.9
        record = {
            "epoch": epoch - 1,
            "train_loss": 1 / epoch,
            "test_accuracy": accuracy,
            "test_churn": 5.0 + epoch,
        }
        yield EpochEnded(record, float(epoch))
        yield from messages if epoch == 2 else ()
        if epoch == stop:
            yield Finished("early stopping: no better test_accuracy for 2 epochs", float(epoch))
            return
    yield Finished("all epochs done", float(epochs))


RESULT = Message("I:0 Train-Err:0.722 [b]Test[/b]", source="notebook_log")
NOTE = Message("the last batch is smaller")
WARNING = Message("the loss rises", source="watch [i]it[/i]", warning=True)
ALL = (RESULT, NOTE, WARNING)


def shown(events: Iterator[Event], *, terminal: bool = False, width: int = 80, **options: object) -> tuple[str, str]:
    """Return what went to standard error and to the results."""
    error, results = io.StringIO(), io.StringIO()
    console = Console(
        file=error, force_terminal=terminal, width=width, height=24,
        color_system="standard" if terminal else None, _environ={"TERM": "xterm"},
    )  # fmt: skip
    show(events, console=console, results=results, **options)
    return error.getvalue(), results.getvalue()


@pytest.fixture
def every_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every event refresh the live view, as if each came after a pause."""
    monkeypatch.setattr(_live, "MIN_INTERVAL", 0.0)
    monkeypatch.setattr(_live, "COST_FACTOR", 0.0)


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def screen(text: str) -> list[str]:
    """Return the lines of a terminal after it received text; only the movements that the view uses are known."""
    lines, row, column = [""], 0, 0
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
        if token == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif token == "\r":
            column = 0
        elif token == "\x1b[2K":
            lines[row] = ""
        elif re.fullmatch(r"\x1b\[\d+A", token):
            row = max(row - int(token[2:-1]), 0)
        elif not token.startswith("\x1b"):
            lines[row] = lines[row][:column].ljust(column) + token + lines[row][column + len(token) :]
            column += len(token)
    return [line.rstrip() for line in lines]


# ------------------------------------------------------------------ plain lines


def test_plain_mode_writes_lines_without_escape_codes() -> None:
    error, results = shown(run())
    lines = error.splitlines()
    assert "\x1b" not in error
    assert results == ""
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(f"{NAME}: 20 epochs of 500 steps; 79,510 parameters")
    assert "each figure: train / test" in lines
    assert lines[-1] == f"{NAME}: all epochs done; 20 epochs in 20 s"
    first, last = (next(line for line in lines if line.startswith(f"epoch {epoch:>2}/20")) for epoch in (1, 20))
    assert first.startswith("epoch  1/20  loss 1.0000 / -  accuracy - / 0.9000  churn - / 6.0000")
    assert last.startswith("epoch 20/20  loss 0.0500 / -  accuracy - / 0.9000  churn - / 25.00")


def test_plain_lines_of_a_fast_run_come_each_tenth() -> None:
    counters = re.findall(r"^epoch +(\d+)/400", shown(run(400))[0], re.MULTILINE)
    assert counters == [str(epoch) for epoch in (1, *range(41, 400, 40), 400)]


def test_the_last_epoch_before_an_early_stop_has_a_line() -> None:
    error, _ = shown(run(400, stop=7))
    assert [int(epoch) for epoch in re.findall(r"^epoch +(\d+)/", error, re.MULTILINE)] == [1, 7]
    ending = f"{NAME}: early stopping: no better test_accuracy for 2 epochs; 7 epochs in 7.0 s"
    assert " ".join(error.split()).endswith(ending)


def on_terminal(**environment: str) -> str:
    """Return what a terminal with these variables gets."""
    error = io.StringIO()
    console = Console(file=error, force_terminal=True, width=80, height=24, _environ=environment)
    show(run(messages=ALL), console=console, results=io.StringIO())
    return error.getvalue()


def test_a_dumb_terminal_gets_plain_lines() -> None:
    text = on_terminal(TERM="dumb")
    assert "\x1b" not in text
    assert "epoch 20/20" in text


def test_no_color_means_a_live_view_without_colours() -> None:
    colours = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
    plain, coloured = on_terminal(TERM="xterm", NO_COLOR="1"), on_terminal(TERM="xterm")
    assert "step   " in plain
    assert not colours.search(plain)
    assert colours.search(coloured)


def test_a_terminal_without_unicode_gets_plain_lines() -> None:
    error = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    show(run(), console=Console(file=error, force_terminal=True), results=io.StringIO())
    error.seek(0)
    assert "epoch 20/20" in error.read()


def test_a_resumed_run_counts_on() -> None:
    events = [Started("n", 30, 20, 5, ROWS, 7, 2), EpochEnded({"epoch": 20, "train_loss": 0.5}, 1.0)]
    error, _ = shown(iter(events))
    assert "resumed after 20 epochs" in error
    assert "epoch 21/30  loss 0.5000" in error


def test_a_resumed_run_remembers_its_best_epochs() -> None:
    history = [{"epoch": epoch, "train_loss": loss} for epoch, loss in enumerate((0.5, 0.1, 0.3))]
    run_progress = RunProgress()
    run_progress.take(Started("n", 30, 3, 5, ROWS, 7, 2, {"train_loss": False}, history=history))
    run_progress.take(EpochEnded({"epoch": 3, "train_loss": 0.4}, 1.0))
    assert run_progress.done == 4
    assert run_progress.metrics["train_loss"].best() == (2, 0.1)
    assert list(run_progress.metrics["train_loss"].points[0]) == [1, 2, 3, 4]


@pytest.mark.parametrize(("number", "words"), [(1, "1 thread\n"), (2, "2 threads\n")])
def test_threads_are_counted(number: int, words: str) -> None:
    error, _ = shown(iter([Started("n", 30, 0, 5, ROWS, 7, number)]))
    assert words in error.replace("\n  ", " ")


# ------------------------------------------------------------------ messages


@pytest.mark.parametrize("terminal", [False, True])
def test_messages_of_callbacks_are_results_as_they_stand(terminal: bool) -> None:
    error, results = shown(run(messages=ALL), terminal=terminal)
    assert results == "I:0 Train-Err:0.722 [b]Test[/b]\n"
    assert "Train-Err" not in error
    assert "the last batch is smaller" in error
    assert "warning: watch [i]it[/i]: the loss rises" in error


def test_results_are_written_at_once() -> None:
    seen = []
    results = io.StringIO()

    def events() -> Iterator[Event]:
        yield RESULT
        seen.append(results.getvalue())

    show(events(), console=Console(file=io.StringIO()), results=results)
    assert seen == [RESULT.text + "\n"]


@pytest.mark.parametrize("terminal", [False, True])
def test_quiet_leaves_only_warnings(terminal: bool) -> None:
    error, results = shown(run(messages=ALL), terminal=terminal, quiet=True)
    assert results == ""
    assert plain(error) == "warning: watch [i]it[/i]: the loss rises\n"


def test_escape_codes_in_names_do_not_reach_the_terminal() -> None:
    error, _ = shown(iter([Started("a\x1b[2Jb", 1, 0, 1, {}, 1, 1), Finished("x\x1b]0;t\x07", 1.0)]))
    assert "\x1b" not in error
    assert "\x07" not in error


@pytest.mark.parametrize("terminal", [False, True])
def test_an_interrupt_passes_through_and_leaves_the_cursor_visible(terminal: bool) -> None:
    def events() -> Iterator[Event]:
        yield from list(run(4))[:-1]
        raise KeyboardInterrupt

    error = io.StringIO()
    console = Console(file=error, force_terminal=terminal, width=80, _environ={"TERM": "xterm"})
    with pytest.raises(KeyboardInterrupt):
        show(events(), console=console, results=io.StringIO())
    assert error.getvalue().rfind("\x1b[?25l") <= error.getvalue().rfind("\x1b[?25h")
    assert "0.2500" in plain(error.getvalue())


# ------------------------------------------------------------------ live view


@pytest.mark.usefixtures("every_event")
def test_live_view_shows_progress_metrics_and_layers() -> None:
    error, _ = shown(run(), terminal=True)
    text = plain(error)
    assert NAME in text
    assert re.search(r"epoch  ━+─+  10/20 .* left", text)
    assert re.search(r"step   ━+─+  250/500 +loss 0.5000", text)
    assert "48,210 rows/s   learning rate 0.001" in text
    assert re.search(r"layers\.0 relu +100 +62 % +5\.0e-01 +1\.0e-03  many dead", text)
    assert re.search(r"layers\.1 softmax +10 +- +1\.0e-01 +2\.0e-01  large steps", text)
    assert "layers.0" not in plain(shown(run(), terminal=True, layers=False)[0])


def renamed(events: Iterator[Event], kept: int = 0) -> Iterator[Event]:
    """Yield a run whose test figures are those of the validation split; its weights are those of an epoch."""
    records = []
    for event in events:
        if isinstance(event, EpochEnded):
            records.append({key.replace("test_", "validation_"): value for key, value in event.record.items()})
            yield EpochEnded(records[-1], event.seconds)
        elif isinstance(event, Finished):
            yield Finished(event.reason, event.seconds, records[kept - 1])
        elif isinstance(event, Started):
            directions = {"validation_accuracy": True, "validation_churn": False}
            yield dataclasses.replace(event, higher_is_better=directions)
        else:
            yield event


def test_summary_marks_the_best_of_each_metric_in_its_own_direction() -> None:
    rows = {line[:20].strip(): line[20:].split() for line in screen(shown(renamed(run()), terminal=True)[0])}
    assert rows["train loss"][:3] == ["0.0500", "0.0500", "saved"]
    assert rows["validation accuracy"][:4] == ["0.9000", "0.9500", "epoch", "3"]
    assert rows["validation churn"][:4] == ["25.00", "6.0000", "epoch", "1"]


def test_no_epoch_is_the_best_by_its_test_figures() -> None:
    rows = {line[:13].strip(): line[13:].split() for line in screen(shown(run(), terminal=True)[0])}
    assert rows["test accuracy"][:3] == ["0.9000", "-", "-"]


def test_the_summary_shows_the_epoch_whose_weights_were_saved() -> None:
    text = shown(renamed(run(), kept=3), terminal=True)[0]
    assert "all epochs done; 20 epochs in 20 s; saved epoch 3" in plain(text)
    rows = {line[:20].strip(): line[20:].split() for line in screen(text)}
    assert rows["validation accuracy"][:3] == ["0.9500", "0.9500", "saved"]
    assert rows["train loss"][0] == "0.3333"
    assert shown(renamed(run(), kept=3))[0].splitlines()[-1].endswith("saved epoch 3")


@pytest.mark.usefixtures("every_event")
def test_live_view_leaves_only_results_and_summary_on_the_screen() -> None:
    shared = io.StringIO()
    shared.isatty = lambda: True
    console = Console(file=shared, force_terminal=True, width=80, height=24, _environ={"TERM": "xterm"})
    show(run(messages=ALL), console=console, results=shared)
    lines = screen(shared.getvalue())
    summary = f"{NAME}: all epochs done; 20 epochs in 20 s"
    assert lines[:4] == [RESULT.text, NOTE.text, f"warning: {WARNING.source}: {WARNING.text}", summary]
    assert not any("━" in line or "layers.0" in line for line in lines)


@pytest.mark.usefixtures("every_event")
def test_lines_that_a_narrower_window_breaks_are_erased() -> None:
    error = io.StringIO()
    console = Console(file=error, force_terminal=True, width=140, height=40, _environ={"TERM": "xterm"})
    rows: list[int] = []

    def events() -> Iterator[Event]:
        yield from list(run())[:9]
        lines = screen(error.getvalue())
        rows.extend(-(-max(len(line), 1) // 60) for line in lines)  # rows of each line after the terminal wrapped it
        error.truncate(error.seek(0))
        console.width = 60
        yield list(run())[9]
        assert error.getvalue().count("\x1b[1A") == sum(rows) - 1

    show(events(), console=console, results=io.StringIO())
    assert max(rows) > 1


def test_live_view_refreshes_by_the_clock_not_by_the_event() -> None:
    error, _ = shown(run(400), terminal=True)
    assert 1 <= plain(error).count("epoch  ") < 40


@pytest.mark.parametrize(("width", "height"), [(80, 24), (140, 40), (60, 15), (30, 8)])
def test_live_view_fits_the_terminal(width: int, height: int) -> None:
    run_progress = RunProgress()
    run_progress.take(Started("x" * 200, 1000, 0, 123456, ROWS, 10**9, 64))
    keys = [
        f"{s}_{m}" for s in ("train", "validation", "test") for m in ("loss", "accuracy", "balanced_accuracy", "f1")
    ]
    for epoch in range(9):
        run_progress.take(EpochEnded({"epoch": epoch, **dict.fromkeys(keys, 1e-5 * (epoch + 1))}, 1.0))
    run_progress.take(Progress(9, 5, 123456, 1e6, 1.0, 0.1, 1e-5, LAYERS * 6))
    lines = live_lines(run_progress, 1e5, width - 1, height - 1, layers=True)
    assert len(lines) <= height - 1
    assert max(line.cell_len for line in lines) <= width - 1
    assert any(line.plain.startswith(("train loss", "loss ")) for line in lines)


SPLIT_ROWS = {"train": 300, "validation": 100, "test": 100}


def view(
    width: int, height: int, metrics: tuple[str, ...] = ("loss", "accuracy"), layers: int = 2, first: int = 0
) -> list[Text]:
    """Return the lines of a run of nine epochs whose values are best at the end."""
    run_progress = RunProgress()
    directions = {f"{split}_{metric}": metric != "loss" for split in SPLIT_ROWS for metric in metrics}
    run_progress.take(Started("net", 100, first, 50, SPLIT_ROWS, 771, 1, directions))
    for epoch in range(1, 10):
        values = {f"{split}_{m}": epoch / 10 if m != "loss" else 1 / epoch for m in metrics for split in SPLIT_ROWS}
        run_progress.take(EpochEnded({"epoch": first + epoch, **values}, 1.0))
    stats = tuple(LayerStats(f"layers.{n} relu", 10, 0.9 if n == 15 else 0.1, 1.0, 1e-3) for n in range(layers))
    run_progress.take(Progress(first + 9, 25, 50, 1e3, 1.0, 0.1, 1e-3, stats))
    return live_lines(run_progress, 1.0, width - 1, height - 1, layers=True)


def has_dots(line: Text) -> bool:
    return any(0x2800 < ord(character) < 0x2900 for character in line.plain)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (200, 60)])
def test_the_view_uses_the_height_there_is(width: int, height: int) -> None:
    lines = view(width, height)
    assert len(lines) == height - 1
    titles = " ".join(line.plain for line in lines if re.search(r" 1 +.*(loss|accuracy).* 9", line.plain))
    assert "loss" in titles
    assert "accuracy" in titles
    assert sum(map(has_dots, lines)) >= 10


def test_the_legend_has_the_colours_of_the_curves() -> None:
    lines = view(80, 24)
    (legend,) = (line for line in lines if "⠤ ⠤ train" in line.plain)
    styles = {legend.plain[s.start : s.end].split()[-1]: s.style for s in legend.spans if s.style and s.style != "dim"}
    assert list(styles) == ["train", "validation", "test"]
    assert len(set(styles.values())) == 3
    drawn = {s.style for line in lines for s in line.spans if has_dots(line[s.start : s.end])}
    assert set(styles.values()) <= drawn


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 24), (200, 60)])
def test_twelve_metrics_of_three_splits_all_have_a_line(width: int, height: int) -> None:
    metrics = ("loss", *(f"metric_{n}" for n in range(11)))
    text = "\n".join(line.plain for line in view(width, height, metrics))
    for metric in metrics:
        value, best = ("0.1111",) * 2 if metric == "loss" else ("0.9000",) * 2
        name = metric.replace("_", " ")
        assert re.search(rf"^{name} +{value} +{value} +{value} +{best} +epoch 9$", text, re.MULTILINE) or re.search(
            rf"^validation {name} +{value} +{best}  now", text, re.MULTILINE
        )
    assert "layers.1 relu" in text


def test_of_many_layers_those_with_remarks_are_shown_first() -> None:
    text = "\n".join(line.plain for line in view(80, 24, layers=20))
    shown = re.findall(r"^layers\.(\d+)", text, re.MULTILINE)
    assert "15" in shown
    assert f"and {20 - len(shown)} more layers" in text
    assert re.findall(r"^layers\.(\d+)", "\n".join(line.plain for line in view(80, 60, layers=20)), re.MULTILINE) == [
        str(n) for n in range(20)
    ]


def test_between_two_epochs_the_view_shows_the_whole_last_one() -> None:
    run_progress = RunProgress()
    run_progress.take(Started("net", 30, 20, 5, ROWS, 7, 2))
    assert run_progress.position() == (21, 0)
    run_progress.take(EpochEnded({"epoch": 20, "train_loss": 0.5}, 1.0))
    assert run_progress.position() == (21, 5)
    run_progress.take(Progress(21, 2, 5, 1e3, 1.0, 0.1, 1e-3))
    assert run_progress.position() == (22, 2)


@pytest.mark.parametrize(
    ("dead", "norm", "ratio", "expected"),
    [
        (0.1, 1.0, 1e-3, []),
        (0.6, 1.0, 1e-3, ["many dead"]),
        (1.0, 0.0, 0.0, ["all dead", "no gradient"]),
        (None, 1.0, 0.5, ["large steps"]),
        (None, 1.0, 1e-7, ["small steps"]),
        (0.0, float("nan"), 1e-3, ["not finite"]),
    ],
)
def test_unusual_layers_are_named_in_words(dead: float | None, norm: float, ratio: float, expected: list[str]) -> None:
    assert layer_remarks(LayerStats("layers.0 relu", 10, dead, norm, ratio)) == expected
