"""Preprocessors: they scale the inputs before the first layer."""
