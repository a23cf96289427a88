"""How the name of a folder becomes a part of its path."""

from __future__ import annotations

import re


def slug(name: str) -> str:
    """Make the part of a path that a name gives."""
    return re.sub(r"[^\w]+", "-", name.lower()).strip("-")
