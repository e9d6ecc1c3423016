"""Initializers: the first values of weights and biases, by a fixed distribution or scaled by the layer's shape."""
