"""Optimizers, and optimizers that wrap others."""
