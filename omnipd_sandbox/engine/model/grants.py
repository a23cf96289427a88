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


def alternatives(needed: str) -> tuple[tuple[str, ...], ...]:
    """Read what is needed: ``a|b&c`` is ``a``, or both ``b`` and ``c``; empty for what is unreadable."""
    read = tuple(tuple(name.strip() for name in each.split("&")) for each in needed.split("|"))
    return read if all(all(names) for names in read) else ()


def holds(grants: Mapping[str, Grant], needed: Iterable[str], around: Circumstances) -> bool:
    """Tell whether the acting user has all of some grants, each of which may be put together."""
    if around.has_all_grants:
        return True
    return all(
        any(all(_has(grants.get(name), around) for name in names) for names in alternatives(each))
        for each in needed
    )


def _has(grant: Grant | None, around: Circumstances) -> bool:
    if grant is None:
        # Never open by mistake.
        return False
    value = around.user_attributes.get(grant.attribute)
    values = value if isinstance(value, list) else [value]
    return any(str(each) in grant.values for each in values if each is not None)
