"""The checks. Each module has the checks of one kind of part: its CHECKS maps base classes to their checks."""
