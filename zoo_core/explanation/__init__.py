"""One step of training taken apart: every array that it computes, and numbers to check it by."""

from zoo_core.explanation.records import Change, Check, Cost, Excerpt, Explanation, Pass
from zoo_core.explanation.step import exact, explain

__all__ = ["Change", "Check", "Cost", "Excerpt", "Explanation", "Pass", "exact", "explain"]
