"""What a document allows those who may see it, in the words of the wire."""

from __future__ import annotations

from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Document

#: Not an ability: it says what editors may not do without.
BY_PULL_REQUEST = "requirePullRequestToPublish"
ABILITIES = (
    "canAnalyze",
    "canDownload",
    "canDrill",
    "canDuplicate",
    "canRequestAccess",
    "canSaveSpreadsheets",
    "canSchedule",
    "canUpload",
    "canUseDashboardAi",
    "canUseTimezoneOverride",
    "canViewWorkbook",
)


def abilities(document: Document, organization: Organization) -> dict[str, bool]:
    """Tell what a document allows: what was set by calls, or what it allowed from the start."""
    forbidden = organization.forbidden.get(document.topic, frozenset())
    allowed = {name: name not in forbidden for name in ABILITIES}
    return {**allowed, BY_PULL_REQUEST: BY_PULL_REQUEST in forbidden, **document.settings}


def requires_pull_request(document: Document, organization: Organization) -> bool:
    """Tell whether a document is published by pull request only."""
    return abilities(document, organization)[BY_PULL_REQUEST]
