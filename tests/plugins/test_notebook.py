"""The notebook's printed lines come out of the ordinary core, digit by digit; the corrected recipes do better.

The logs in tests/golden are what the notebook's own cells printed. Other values are compared with a plain rewriting
of the notebook's loop, below.
"""

from pathlib import Path

import numpy as np
import pytest

import zoo_core
from zoo_core.data.readers.idx import read_idx
from zoo_core.training.events import Message

pytestmark = pytest.mark.mnist
GOLDEN = Path(__file__).parents[1] / "golden"
RUNS = {1: "notebook-1-sgd", 2: "notebook-2-dropout", 3: "notebook-3-minibatch", 4: "notebook-4-tanh-softmax"}


def printed(number: int, mnist_dir: Path, *overrides: str) -> list[str]:
    spec = zoo_core.read_spec(RUNS[number], overrides)
    return [e.text for e in zoo_core.follow(zoo_core.prepare(spec, mnist_dir)) if isinstance(e, Message)]


def log(number: int) -> list[str]:
    return (GOLDEN / f"notebook-run-{number}.log").read_text().splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("number", RUNS)
def test_all_lines_again(number: int, mnist_dir: Path) -> None:
    assert printed(number, mnist_dir) == log(number)


@pytest.mark.parametrize(("number", "lines"), [(1, 1), (2, 1), (3, 3), (4, 4)])
def test_first_lines_again(number: int, lines: int, mnist_dir: Path) -> None:
    found = printed(number, mnist_dir, f"training.epochs={(lines - 1) * 10 + 1}")
    assert found == log(number)[:lines]


class Plain:
    """The notebook's mathematics, written plainly, for values that the logs do not have."""

    def __init__(self, folder: Path, *, seed: int, hidden: int, rate: float, batch: int, run: int) -> None:
        names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
        images, labels, tests, answers = (read_idx(folder / "mnist" / f"{n}-ubyte.gz") for n in names)
        self.x, self.t = images[:1000].reshape(1000, 784) / 255, np.eye(10)[labels[:1000]]
        self.x_test, self.t_test = tests.reshape(-1, 784) / 255, np.eye(10)[answers]
        self.rng, self.rate, self.batch, self.run = np.random.RandomState(seed), rate, batch, run
        small = 0.1 if run == 4 else 1.0
        self.w1 = small * 0.2 * self.rng.random_sample((784, hidden)) - small * 0.1
        self.w2 = 0.2 * self.rng.random_sample((hidden, 10)) - 0.1

    def output(self, hidden: np.ndarray) -> np.ndarray:
        z = hidden @ self.w2
        return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) if self.run == 4 else z

    def epoch(self) -> tuple[float, int]:
        error, correct = 0.0, 0
        for i in range(len(self.x) // self.batch):
            x, t = (
                self.x[i * self.batch : (i + 1) * self.batch],
                self.t[i * self.batch : (i + 1) * self.batch],
            )
            hidden = np.tanh(x @ self.w1) if self.run == 4 else np.maximum(x @ self.w1, 0)
            mask = self.rng.randint(2, size=hidden.shape) if self.run > 1 else 1
            hidden = hidden * mask * 2 if self.run > 1 else hidden
            y = self.output(hidden)
            error += float(np.sum((t - y) ** 2))
            correct += int((y.argmax(1) == t.argmax(1)).sum())
            delta = (t - y) / {1: 1, 2: 1, 3: self.batch, 4: self.batch**2}[self.run]
            for _ in range(self.batch if self.run == 3 else 1):
                back = delta @ self.w2.T * (1 - hidden**2 if self.run == 4 else 1) * mask
                self.w2 += self.rate * hidden.T @ delta
                self.w1 += self.rate * x.T @ back
        return error / len(self.x), correct

    def line(self, epoch: int) -> str:
        error, correct = self.epoch()
        y = self.output(np.maximum(self.x_test @ self.w1, 0))
        wrong = float(np.sum((self.t_test - y) ** 2)) / len(y)
        hits = int((y.argmax(1) == self.t_test.argmax(1)).sum())
        return (
            f"I:{epoch} Train-Err:{str(error)[:5]} Train-Acc:{correct / 1000} "
            f"Test-Err:{str(wrong)[:5]} Test-Acc:{hits / len(y)}"
        )


@pytest.mark.parametrize(
    ("run", "seed", "hidden", "rate", "batch"),
    [
        (1, 7, 23, 0.004, 1),
        (2, 3, 30, 0.003, 1),
        (3, 5, 37, 0.002, 50),
        (3, 2, 20, 0.001, 300),
        (4, 11, 64, 1.5, 40),
    ],
)
def test_other_values(run: int, seed: int, hidden: int, rate: float, batch: int, mnist_dir: Path) -> None:
    plain = Plain(mnist_dir, seed=seed, hidden=hidden, rate=rate, batch=batch, run=run)
    overrides = (
        f"seed={seed}",
        f"model.layers.0.units={hidden}",
        f"optimizer.learning_rate={rate}",
        f"training.batch_size={batch}",
        "training.epochs=2",
        "training.evaluate_every=1",
    )
    assert printed(run, mnist_dir, *overrides) == [plain.line(0), plain.line(1)]


def test_the_history_divides_by_all_rows_as_the_notebook_does(mnist_dir: Path) -> None:
    plain = Plain(mnist_dir, seed=2, hidden=20, rate=0.001, batch=300, run=4)
    error, correct = plain.epoch()
    overrides = ("seed=2", "model.layers.0.units=20", "optimizer.learning_rate=0.001", "training.batch_size=300")
    spec = zoo_core.read_spec(RUNS[4], [*overrides, "training.epochs=1"])
    record = zoo_core.train(spec, mnist_dir).history[0]
    assert record["train_loss"] == pytest.approx(error, rel=1e-12)
    assert record["train_accuracy"] == correct / 1000


CORRECTED = ("corrected-1-sgd", "corrected-2-dropout", "corrected-3-minibatch", "corrected-4-tanh-softmax")


def test_corrected_recipes_beat_the_notebook(mnist_dir: Path) -> None:
    tests = read_idx(mnist_dir / "mnist/t10k-images-idx3-ubyte.gz").reshape(-1, 784)
    answers = read_idx(mnist_dir / "mnist/t10k-labels-idx1-ubyte.gz")
    folder = Path(__file__).parents[2] / "models/zoo_models"
    reached = [zoo_core.load(folder / f"{n}.npz").evaluate(tests, answers)["accuracy"] for n in CORRECTED]
    assert min(reached) >= 0.865
    assert max(reached) >= 0.89


@pytest.mark.slow
@pytest.mark.parametrize("name", CORRECTED)
def test_training_a_corrected_recipe_reaches_its_card(name: str, mnist_dir: Path) -> None:
    trained = zoo_core.train(name, mnist_dir)
    shipped = zoo_core.load(Path(__file__).parents[2] / f"models/zoo_models/{name}.npz")
    assert trained.history[-1]["test_accuracy"] == pytest.approx(shipped.history[-1]["test_accuracy"], abs=0.01)
