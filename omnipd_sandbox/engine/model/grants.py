"""Who may ask for what: grants by attributes of users, and filters on rows by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from omnipd_sandbox.engine.model.circumstances import Circumstances


@dataclass(frozen=True)
class Grant:
    """Hold the values of an attribute that open something."""

    attribute: str
    values: frozenset[str]


@dataclass(frozen=True)
class AccessFilter:
    """Restrict a topic's rows to those with the user's own value in a field."""

    field: str
    attribute: str
    # Whoever has one of these values sees all rows.
    unfiltered: frozenset[str] = frozenset()
    like: bool = False


def holds(grants: Mapping[str, Grant], names: Iterable[str], around: Circumstances) -> bool:
    """Tell whether the acting user has all of some grants."""
    return all(_has(grants.get(name), around) for name in names)


def _has(grant: Grant | None, around: Circumstances) -> bool:
    if grant is None:
        # Never open by mistake.
        return False
    value = around.user_attributes.get(grant.attribute)
    values = value if isinstance(value, list) else [value]
    return any(str(each) in grant.values for each in values if each is not None)
