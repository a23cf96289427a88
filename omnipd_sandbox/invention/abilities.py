"""What documents do not allow."""

from __future__ import annotations

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.abilities import BY_PULL_REQUEST
from omnipd_sandbox.organization.records import Document

# ability: one document in so many does without it
_FORBIDDEN_ONCE_IN = {
    "canAnalyze": 8,
    "canDownload": 8,
    "canDrill": 10,
    "canDuplicate": 12,
    "canRequestAccess": 5,
    "canSaveSpreadsheets": 9,
    "canSchedule": 7,
    "canUpload": 4,
    "canUseDashboardAi": 6,
    "canUseTimezoneOverride": 3,
    "canViewWorkbook": 8,
}


def invent_forbidden(document: Document) -> frozenset[str]:
    """Invent what a document does not allow, and whether it is published by pull request only."""
    topic = document.topic
    forbidden = {
        name for name, many in _FORBIDDEN_ONCE_IN.items() if chance.one_in(many, name, topic)
    }
    if chance.one_in(20, "pull request", topic):
        forbidden.add(BY_PULL_REQUEST)
    return frozenset(forbidden)
