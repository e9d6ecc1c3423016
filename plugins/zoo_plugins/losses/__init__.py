"""Losses: classification, margins, regression."""
