"""PyTorch with the model compiled, as the tutorial of torch.compile shows it; needs a C++ compiler."""

from __future__ import annotations

from tests.benchmarks.competitors.pytorch import PyTorch
from tests.benchmarks.workloads import Workload


class TorchCompile(PyTorch):
    """torch.compile(model)."""

    title = "PyTorch, compiled"
    on_request = "compiling takes longer than a quick run; ask for it with --only"

    def prepare(self, work: Workload, threads: int) -> None:
        """Build and compile; the first epoch, which does not count, pays for it."""
        super().prepare(work, threads)
        self._step_model = self._torch.compile(self._model)
