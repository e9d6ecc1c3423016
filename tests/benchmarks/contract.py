"""What a competitor is. To add one: a file in `competitors` with one class, and its name in `COMPETITORS` below."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module, metadata
from typing import Any, ClassVar

from numpy.typing import NDArray

from tests.benchmarks.workloads import Workload

Array = NDArray[Any]
OWN_CHOICE = 0  # number of threads: as the competitor itself decides


class Competitor(ABC):
    """One way to train and use a network. It lives in a process of its own and imports its library there only."""

    title: ClassVar[str]
    package: ClassVar[str] = "numpy"  # the distribution that must be installed
    trains: ClassVar[bool] = True  # False: it only predicts
    on_request: ClassVar[str] = ""  # why it takes part only where `--only` names it
    settings: ClassVar[tuple[int, ...]] = (1, 2)  # numbers of threads to try

    @classmethod
    def refuses(cls, work: Workload) -> str:
        """Return what it cannot do of a workload, or nothing."""
        return ""

    @classmethod
    def environment(cls, threads: int) -> dict[str, str]:
        """Return the variables that limit its process to a number of threads."""
        return {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}

    @abstractmethod
    def prepare(self, work: Workload, threads: int) -> None:
        """Make data and network ready; the weights are those of `data.starting_weights`."""

    def epoch(self) -> None:
        """Train on every row once."""
        raise NotImplementedError

    def digest(self) -> str:
        """Return the sha256 of all parameters."""
        raise NotImplementedError

    @abstractmethod
    def probabilities(self, x: Array) -> Array:
        """Return the class probabilities of float32 rows: (rows, inputs) -> (rows, classes), as NumPy arrays."""


COMPETITORS = {
    "zoo": "zoo:Zoo",
    "floor": "floor:Floor",
    "numpy": "numpy_loop:NumpyLoop",
    "pytorch": "pytorch:PyTorch",
    "torch-compile": "torch_compile:TorchCompile",
    "scikit-learn": "scikit_learn:ScikitLearn",
    "jax": "jax_step:JaxStep",
    "jax-scan": "jax_scan:JaxScan",
    "thinc": "thinc_chain:ThincChain",
    "keras": "keras_fit:KerasFit",
    "onnxruntime": "onnx_runtime:OnnxRuntime",
}


def competitor(key: str) -> type[Competitor]:
    """Return the class of a competitor; its library is not imported yet."""
    module, _, name = COMPETITORS[key].partition(":")
    found: type[Competitor] = getattr(import_module(f"tests.benchmarks.competitors.{module}"), name)
    return found


def version(key: str) -> str:
    """Return the version of a competitor's library, or nothing where it is not installed."""
    try:
        return metadata.version(competitor(key).package)
    except metadata.PackageNotFoundError:
        return ""


def why_absent(key: str, work: Workload, *, training: bool) -> str:
    """Return why a competitor does not take part, or nothing where it does."""
    kind = competitor(key)
    if not version(key):
        return f"{kind.package} is not installed"
    if training and not kind.trains:
        return "only predicts"
    return kind.refuses(work)
