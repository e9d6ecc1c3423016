"""PyTorch, eager, with its fused optimizers; batches are indexed from a tensor, which a DataLoader would only slow."""

from __future__ import annotations

from typing import Any

from tests.benchmarks import data
from tests.benchmarks.contract import Array, Competitor
from tests.benchmarks.workloads import Workload


class PyTorch(Competitor):
    """torch.nn on the CPU."""

    title = "PyTorch"
    package = "torch"

    def prepare(self, work: Workload, threads: int) -> None:
        """Build the model and its optimizer."""
        import torch

        torch.set_num_threads(threads)
        self._torch, self._work = torch, work
        x, y = data.training_rows(work)
        self._x, self._y = torch.from_numpy(x), torch.from_numpy(y)
        self._model = self._build()
        self._step_model = self._model
        self._loss = torch.nn.CrossEntropyLoss()
        self._optimizer = self._make_optimizer()

    def _build(self) -> Any:
        torch, nn, work = self._torch, self._torch.nn, self._work
        stages: list[Any] = []
        for start in data.starting_weights(work):
            linear = nn.Linear(*start.shape)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(start.T))
                linear.bias.zero_()
            norm = [nn.BatchNorm1d(start.shape[1])] if work.batch_norm else []
            drop = [nn.Dropout(work.dropout)] if work.dropout else []
            stages += [linear, *norm, nn.ReLU(), *drop]
        return nn.Sequential(*stages[: -len(norm) - len(drop) - 1 or None])

    def _make_optimizer(self) -> Any:
        optim, work = self._torch.optim, self._work
        matrices = [p for p in self._model.parameters() if p.ndim == 2]
        others = [p for p in self._model.parameters() if p.ndim != 2]
        groups = [{"params": matrices, "weight_decay": work.l2}, {"params": others}]
        if work.optimizer == "adam":
            return optim.Adam(groups, lr=work.learning_rate, fused=True)
        return optim.SGD(groups, lr=work.learning_rate, momentum=work.momentum, fused=True)

    def epoch(self) -> None:
        """Take a step for each batch; the loss is gathered without waiting for it."""
        torch, rows, size = self._torch, self._work.rows, self._work.batch
        order = torch.randperm(rows) if self._work.shuffle else torch.arange(rows)
        total = torch.zeros(())
        self._model.train()
        for start in range(0, rows, size):
            which = order[start : start + size]
            loss = self._loss(self._step_model(self._x[which]), self._y[which])
            loss.backward()
            self._optimizer.step()
            self._optimizer.zero_grad()
            total += loss.detach() * len(which)
        self.train_loss = float(total) / rows

    def probabilities(self, x: Array) -> Array:
        """Run the model in evaluation mode."""
        self._model.eval()
        with self._torch.inference_mode():
            found: Array = self._torch.softmax(self._model(self._torch.from_numpy(x)), dim=1).numpy()
        return found
