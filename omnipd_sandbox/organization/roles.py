"""What each role may do with models."""

from __future__ import annotations

from collections.abc import Mapping

_VIEWER = frozenset({"RUN_CONTENT_QUERIES", "DOWNLOAD_CONTENT_QUERY", "SCHEDULE", "USE_AI"})


_RESTRICTED_QUERIER = _VIEWER | {"QUERY_TOPICS", "USE_WORKBOOKS", "SAVE_SPREADSHEETS", "VIEW_SQL"}


_QUERIER = _RESTRICTED_QUERIER | {"QUERY_FULL_MODEL", "QUERY_SQL", "UPLOAD_CSV"}


_MODELER = _QUERIER | {"UPDATE", "USE_IDE"}


# Each role may do all that the one before it may (docs/wire.md); QUERY_TOPICS is the wire's
# name of the restricted querier. Which permission comes with which role is assumed in part.
PERMISSIONS: Mapping[str, frozenset[str]] = {
    "NO_ACCESS": frozenset(),
    "VIEWER": _VIEWER,
    "QUERY_TOPICS": _RESTRICTED_QUERIER,
    "QUERIER": _QUERIER,
    "MODELER": _MODELER,
    "CONNECTION_ADMIN": _MODELER | {"UPDATE_RESTRICTED"},
}
