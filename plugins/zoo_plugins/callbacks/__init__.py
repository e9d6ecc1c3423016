"""Callbacks: rules that stop a run."""
