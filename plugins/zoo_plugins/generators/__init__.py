"""Generators: sources of random numbers."""
