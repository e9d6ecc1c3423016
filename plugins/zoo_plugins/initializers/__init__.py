"""Initializers: the first values of weights and biases."""
