"""Regularizers: penalties, constraints, noise, and augmentation of batches."""
