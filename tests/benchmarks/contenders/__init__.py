"""The contenders, a file each: see `tests.benchmarks.contract`."""
