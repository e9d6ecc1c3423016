"""The competitors, a file each: see `tests.benchmarks.contract`."""
