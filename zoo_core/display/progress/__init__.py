"""display/progress."""
