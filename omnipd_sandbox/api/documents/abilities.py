"""What a document allows those who may see it."""

from __future__ import annotations

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Document

BY_PULL_REQUEST = "requirePullRequestToPublish"
# ability: one document in so many does without it; 0 for never
_ABILITIES = {
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
    BY_PULL_REQUEST: 0,
}


def abilities(document: Document, organization: Organization) -> dict[str, bool]:
    """Tell what a document allows those who may see it."""
    said = organization.particulars
    if said is not None:
        forbidden = said.forbidden.get(document.topic, frozenset())
        allowed = {name: name not in forbidden for name in _ABILITIES}
    else:
        allowed = {
            name: chance.number(one_in or 1, name, document.topic) != 0
            for name, one_in in _ABILITIES.items()
        }
    allowed |= document.settings
    return allowed | {BY_PULL_REQUEST: requires_pull_request(document, organization)}


def requires_pull_request(document: Document, organization: Organization) -> bool:
    """Tell whether a document is published by pull request only."""
    said = organization.particulars
    if BY_PULL_REQUEST in document.settings:
        return document.settings[BY_PULL_REQUEST]
    if said is not None:
        # An ability in name only: it is what the others may not do without.
        return BY_PULL_REQUEST in said.forbidden.get(document.topic, ())
    return chance.number(20, "pull request", document.topic) == 0
