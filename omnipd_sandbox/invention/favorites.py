"""Since when documents are somebody's favorites."""

from __future__ import annotations

from collections.abc import Mapping

from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant
from omnipd_sandbox.organization.records import Document


def invent_favorite_dates(document: Document) -> Mapping[str, str]:
    """Invent a date for each member who marked a document."""
    return {
        each: written(instant("favorited", document.topic, each)) for each in document.favorited_by
    }
