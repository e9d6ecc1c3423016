"""What the checks are built on: parts under test, findings, and runs of parts with watched arrays and generators."""
