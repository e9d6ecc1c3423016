"""Metrics: classification, probabilities, regression."""
