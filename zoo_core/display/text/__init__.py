"""display/text."""
