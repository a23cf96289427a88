"""Read the body of ``query/run``, and refuse what Omni refuses before it plans anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.api.query.result_file import RESULT_TYPES
from omnipd_sandbox.calls.body import read_object
from omnipd_sandbox.calls.checks import (
    Key,
    anything,
    boolean,
    checked,
    items,
    one_of,
    record,
    table,
    text,
    time_zone,
    uuid,
)
from omnipd_sandbox.calls.query_object import QUERY_KEYS, NoFilter
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest
from omnipd_sandbox.http.reply import without_nulls

# The names the specification gives (disabled, normal, refresh, refresh_all) are refused by
# the server (docs/wire.md).
CACHE_MODES = ("Standard", "SkipRequery", "SkipCache", "SkipCacheAndRebuildExtracts")


_KEYS = {
    "query": Key(table(anything), required=True),
    "cache": Key(one_of(*CACHE_MODES), "SkipRequery"),
    "planOnly": Key(boolean, False),
    "workbookUrl": Key(boolean, False),
    "resultType": Key(one_of(*RESULT_TYPES), None),
    "formatResults": Key(boolean),
    "branchId": Key(uuid, None),
    "userId": Key(uuid, None),
    "environmentConnectionId": Key(uuid),
    "timezone": Key(time_zone, None),
}
# What they say, and keys that are not known, are the planner's to judge.
_QUERY_KEYS = {
    **QUERY_KEYS,
    "modelId": Key(uuid, required=True),
    "fields": Key(items(text()), required=True),
}


@dataclass(frozen=True)
class QueryRequest:
    """Hold what ``query/run`` was asked, checked; what the query says is the planner's to judge."""

    query: dict[str, Any]
    cache: str
    plan_only: bool
    workbook_url: bool
    user_id: str | None
    branch_id: str | None
    # One document of this kind in place of lines, and whether its numbers are formatted.
    result_type: str | None = None
    format_results: bool = False
    # The IANA name of a time zone.
    timezone: str | None = None

    @property
    def model_id(self) -> str:
        """Give the model the query is for."""
        return str(self.query["modelId"])


def read_request(body: bytes) -> QueryRequest:
    """Check a body and give what it says."""
    asked = record(_KEYS)(without_nulls(read_object(body)))
    query: dict[str, Any] = asked["query"]
    try:
        known = checked(record(_QUERY_KEYS), without_nulls(query), "query")
    except NoFilter:
        # It never reaches the planner, and Omni does not say where it is (docs/wire.md).
        raise unreadable_filter() from None
    _check_together(asked)
    _check_query(query, asked)
    return QueryRequest(
        query={**query, "modelId": known["modelId"]},
        cache=asked["cache"],
        plan_only=asked["planOnly"],
        workbook_url=asked["workbookUrl"],
        user_id=asked["userId"],
        branch_id=asked["branchId"],
        result_type=asked["resultType"],
        format_results=asked.get("formatResults", False),
        timezone=asked["timezone"],
    )


def unreadable_filter() -> RefusedRequest:
    """Give the 400 for a filter that is no filter object."""
    return RefusedRequest(400, "Unable to parse data stream")


def _check_together(asked: dict[str, Any]) -> None:
    if asked["resultType"] is None and "formatResults" in asked:
        raise BadRequest("formatResults requires resultType", at="formatResults")
    if asked["planOnly"] and asked["resultType"] is not None:
        raise BadRequest("planOnly cannot be combined with resultType", at="planOnly")
    if asked["planOnly"] and asked["workbookUrl"]:
        raise BadRequest("planOnly cannot be combined with workbookUrl", at="workbookUrl")
    if "environmentConnectionId" in asked:
        raise BadRequest("this Omni has no connection environments", at="environmentConnectionId")


def _check_query(query: dict[str, Any], asked: dict[str, Any]) -> None:
    unlimited = "limit" in query and query["limit"] is None
    if unlimited and query.get("pivots") and asked["resultType"] is None:
        raise BadRequest("an unlimited query cannot have pivots", at="query.limit")
    if "branchId" in query:
        raise BadRequest("branchId belongs beside query, not inside it", at="query.branchId")
    if asked["workbookUrl"] and query.get("staticQueryReferences"):
        raise BadRequest(
            "workbookUrl cannot be combined with staticQueryReferences", at="workbookUrl"
        )
