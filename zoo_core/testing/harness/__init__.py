"""testing/harness."""
