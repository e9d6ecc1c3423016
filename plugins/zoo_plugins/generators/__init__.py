"""Sources of random numbers."""
