"""What `zoo plugins new` writes: `plugin/` is the distribution, `parts/<kind>.py` its module for a kind of part.

They are real files with placeholder names. A file in `parts/` begins with what changes in `plugin/spec.toml` so that it
uses the part: lines `# spec:` are replaced by the lines `# with:` that follow them.
"""

from __future__ import annotations

from pathlib import Path

TEMPLATES = Path(__file__).parent


def template_kinds() -> list[str]:
    """Return the kinds of part that have a template; each kind of regularizer has its own."""
    return sorted(path.stem for path in (TEMPLATES / "parts").glob("*.py"))
