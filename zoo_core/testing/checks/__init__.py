"""testing/checks."""
