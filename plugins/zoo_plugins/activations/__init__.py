"""Activations: elementwise functions, softmax and its relatives, functions with parameters, and gated units."""
