"""Losses: for classes by probabilities, for classes by margins or overlaps, and for values."""
