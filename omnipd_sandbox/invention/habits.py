"""How often documents are viewed."""

from __future__ import annotations

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.derived import number
from omnipd_sandbox.organization.habits import Habit
from omnipd_sandbox.organization.records import Document

# In days; 0 is never.
_EVERY = (1, 1, 2, 3, 7, 14, 30, 0)


def invent_habit(document: Document) -> Habit | None:
    """Invent how often a document is viewed; nobody views what nobody has viewed before."""
    every = chance.pick(_EVERY, "viewed every", document.topic)
    if not every or not isinstance(document.last_viewed_at, str):
        return None
    return Habit(
        every=every,
        first=1 + number(every, "viewed first", document.topic),
        views=1 + number(6, "viewed together", document.topic),
        minutes=number(24 * 60, "viewed at", document.topic),
    )
