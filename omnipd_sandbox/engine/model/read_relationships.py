"""How views are joined, read from the file of relationships and from topics."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.engine.model.keys import RELATIONSHIP, NotModeled
from omnipd_sandbox.engine.model.model import Relationship
from omnipd_sandbox.engine.model.references import SqlText
from omnipd_sandbox.engine.model.yaml_parts import (
    Body,
    Parts,
    kind_of,
    optional_text,
    said,
    unmodeled,
)
from omnipd_sandbox.near_matches import near

_ALWAYS = SqlText.parse("TRUE")
_JOIN_TYPES = {"always_left", "inner", "full_outer", "cross"}
_CARDINALITIES = {
    "one_to_one", "many_to_one", "one_to_many", "many_to_many", "assumed_many_to_one",
}  # fmt: skip


def read_relationships(document: Any, parts: Parts) -> tuple[tuple[Relationship, ...], bool]:
    """Read how views are joined; tell whether any cannot be read, not even which views it joins."""
    if document is None:
        return (), False
    if not isinstance(document, list):
        if not isinstance(document, NotModeled):
            parts.issue(f"Relationships must be a list, not {kind_of(document)}")
        return (), True
    found, unread = [], False
    for each in document:
        body = parts.checked(each, RELATIONSHIP)
        left, right = said(body, "join_from_view"), said(body, "join_to_view")
        if left is None or right is None:
            parts.issue("A relationship needs join_from_view and join_to_view")
            unread = True
        else:
            found.append(_relationship(body, str(left), str(right), parts))
    return tuple(found), unread


def _relationship(body: Body, left: str, right: str, parts: Parts) -> Relationship:
    missing = list(unmodeled(body))
    join_type = str(said(body, "join_type", "always_left"))
    # A cross join repeats both sides, whatever they hold.
    cross = join_type == "cross"
    on = parts.optional_sql(said(body, "on_sql"))
    if cross and "on_sql" in body:
        parts.issue(f"Not modeled: on_sql of a cross join from {left} to {right}")
        missing.append("on_sql of a cross join")
    elif on is None and not cross:
        parts.issue(f"The relationship from {left} to {right} has no readable on_sql")
        missing.append("an on_sql that cannot be read")
    kind = str(said(body, "relationship_type", "many_to_many" if cross else "assumed_many_to_one"))
    if join_type not in _JOIN_TYPES:
        meant = near(join_type, _JOIN_TYPES)
        parts.issue(f"Not modeled: join_type {join_type} from {left} to {right}{meant}")
        missing.append(f"join_type {join_type}")
    if kind not in _CARDINALITIES:
        meant = near(kind, _CARDINALITIES)
        parts.issue(f"Not modeled: relationship_type {kind} from {left} to {right}{meant}")
        missing.append(f"relationship_type {kind}")
    return Relationship(
        left=str(said(body, "join_from_view_as", left)),
        left_view=left,
        right=str(said(body, "join_to_view_as", right)),
        right_view=right,
        on=on or _ALWAYS,
        join_type=join_type,
        kind=kind,
        reversible=said(body, "reversible", False),
        id=optional_text(said(body, "id")),
        unmodeled=tuple(missing),
    )
