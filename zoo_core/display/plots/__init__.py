"""display/plots."""
