"""Schedules of the learning rate: they fall by a formula, fit the length of the run, or react to a monitored value."""
