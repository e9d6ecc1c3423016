"""The edges that display: live progress, plots, tables. They take events and plain data."""
