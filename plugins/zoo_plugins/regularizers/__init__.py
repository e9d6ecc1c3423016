"""Regularizers: penalties and constraints of weights, noise and penalties of outputs, and augmentation of batches."""
