"""The checks: one module for each kind of part, with CHECKS, a tuple of checks for each base class."""
