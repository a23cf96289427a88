"""Labels, as their list writes them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Label


def label_record(label: Label, counts: Counter[str]) -> dict[str, Any]:
    """Write a label as the list does."""
    return {
        "name": label.name,
        "color": label.color,
        "description": label.description,
        "homepage": label.homepage,
        "verified": label.verified,
        "usage_count": counts[label.name],
    }


def uses(organization: Organization) -> Counter[str]:
    """Count the documents and folders that carry each label."""
    # Documents in the Trash do not count: assumed.
    counts = Counter(
        name
        for document in organization.documents.values()
        if not document.deleted
        for name in document.labels
    )
    counts.update(name for folder in organization.folders.values() for name in folder.labels)
    return counts
