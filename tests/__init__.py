"""Tests of the zoo, and in `benchmarks` what measures its speed."""
