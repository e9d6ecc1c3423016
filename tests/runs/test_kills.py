"""Samples of two long proofs: killed runs, and runs in other environments. All of them: python -m tests.robustness."""

import pytest

from tests.robustness import environments, kills


@pytest.mark.slow
def test_killed_runs_end_in_the_same_file():
    assert kills.main(20) == (20, [])


@pytest.mark.slow
def test_one_file_in_every_environment():
    assert environments.main(4) == (4, [])
