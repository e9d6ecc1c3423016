"""Draws models/notebook-and-corrected.png from the model files of the eight runs.

for run in notebook-1-sgd ... corrected-4-tanh-softmax: zoo train RUN -o FOLDER/RUN.npz
python tests/golden/make_picture.py FOLDER
"""

import sys
from pathlib import Path

from matplotlib.figure import Figure

import zoo_core

TITLES = {
    "1-sgd": "1  SGD",
    "2-dropout": "2  dropout",
    "3-minibatch": "3  mini-batches",
    "4-tanh-softmax": "4  tanh, softmax",
}
LOOKS = {"notebook": ("#0072B2", "--"), "corrected": ("#D55E00", "-")}


def points(history: list[dict[str, float]], key: str) -> tuple[list[float], list[float]]:
    """Return the share of the run and the error, both in percent, for every measured epoch."""
    end = history[-1]["epoch"] + 1
    rows = [r for r in history if key in r and "test_accuracy" in r]
    return [100 * (r["epoch"] + 1) / end for r in rows], [100 * (1 - r[key]) for r in rows]


def main(folder: Path) -> None:
    """Draw test error and training error of each pair on one axis."""
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    for axes, (run, title) in zip(figure.subplots(1, 4, sharey=True), TITLES.items(), strict=True):
        for name, (colour, line) in LOOKS.items():
            history = zoo_core.load(folder / f"{name}-{run}.npz").history
            axes.plot(*points(history, "test_accuracy"), line, color=colour, linewidth=2, label=f"{name}, test")
            axes.plot(*points(history, "train_accuracy"), line, color=colour, linewidth=0.8, label=f"{name}, training")
        axes.set(title=title, xlabel="% of the run", ylim=(0, 40), xlim=(0, 100))
        axes.grid(alpha=0.3)
        best = f"{100 * (1 - history[-1]['test_accuracy']):.1f} %"
        axes.annotate(best, (98, 100 * (1 - history[-1]["test_accuracy"]) + 1), ha="right", color=LOOKS["corrected"][0])
    figure.axes[0].set_ylabel("error, % of images")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(Path(__file__).parents[2] / "models/notebook-and-corrected.png", dpi=110)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
