"""Optimizers: update rules of parameters, and wrappers around any optimizer."""
