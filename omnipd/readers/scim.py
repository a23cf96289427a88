"""SCIM resources, without what is the same in each."""

from __future__ import annotations

from omnipd.frames.records import Record


def without_constants(resource: Record) -> Record:
    """Leave out what is the same in every SCIM resource of a list."""
    kept = {key: value for key, value in resource.items() if key != "schemas"}
    if isinstance(meta := resource.get("meta"), dict):
        kept["meta"] = {key: value for key, value in meta.items() if key != "resourceType"}
    return kept
