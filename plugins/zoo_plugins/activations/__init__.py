"""Activations: elementwise, row by row, with parameters, and gated."""
