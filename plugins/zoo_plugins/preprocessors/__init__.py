"""Preprocessors: how inputs are scaled before the first layer."""
