"""Read the body of ``query/run``, and refuse what Omni refuses before it plans anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.api.query.result_file import RESULT_TYPES
from omnipd_sandbox.calls.body import boolean, expected, read_object, uuid, word
from omnipd_sandbox.calls.parameters import is_uuid
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest

# The names the specification gives (disabled, normal, refresh, refresh_all) are refused by
# the server (docs/wire.md).
CACHE_MODES = ("Standard", "SkipRequery", "SkipCache", "SkipCacheAndRebuildExtracts")


@dataclass(frozen=True)
class Envelope:
    """Hold what ``query/run`` was asked, checked; the query itself is the planner's to judge."""

    query: dict[str, Any]
    cache: str
    plan_only: bool
    workbook_url: bool
    user_id: str | None
    branch_id: str | None
    # One document of this kind in place of lines, and whether its numbers are formatted.
    result_type: str | None = None
    format_results: bool = False

    @property
    def model_id(self) -> str:
        """Give the model the query is for."""
        return str(self.query["modelId"])


def read_envelope(body: bytes) -> Envelope:
    """Check a body and give what it says."""
    given = read_object(body)
    query = given.get("query")
    if not isinstance(query, dict):
        raise BadRequest("Required" if query is None else expected("object", query), at="query")
    cache = word(given, "cache", CACHE_MODES)
    plan_only = boolean(given, "planOnly")
    workbook_url = boolean(given, "workbookUrl")
    result_type = _result_type(given, plan_only=plan_only)
    if plan_only and workbook_url:
        raise BadRequest("planOnly cannot be combined with workbookUrl", at="workbookUrl")
    branch_id = uuid(given, "branchId")
    user_id = uuid(given, "userId")
    if uuid(given, "environmentConnectionId") is not None:
        raise BadRequest("this Omni has no connection environments", at="environmentConnectionId")
    if given.get("timezone") is not None:
        raise BadRequest("the connection does not allow user-specific timezones", at="timezone")
    _check_query(query, result_type)
    if workbook_url and query.get("staticQueryReferences"):
        raise BadRequest(
            "workbookUrl cannot be combined with staticQueryReferences", at="workbookUrl"
        )
    return Envelope(
        query={**query, "modelId": query["modelId"].lower()},
        cache=cache or "SkipRequery",
        plan_only=plan_only,
        workbook_url=workbook_url,
        user_id=user_id,
        branch_id=branch_id,
        result_type=result_type,
        format_results=boolean(given, "formatResults"),
    )


def _result_type(given: Mapping[str, Any], *, plan_only: bool) -> str | None:
    result_type = word(given, "resultType", RESULT_TYPES)
    if result_type is None:
        if given.get("formatResults") is not None:
            raise BadRequest("formatResults requires resultType", at="formatResults")
        return None
    if plan_only:
        raise BadRequest("planOnly cannot be combined with resultType", at="planOnly")
    return result_type


def _check_query(query: Mapping[str, Any], result_type: str | None) -> None:
    _check_present_uuid(query)
    fields = query.get("fields")
    if not isinstance(fields, list):
        reason = "Required" if fields is None else expected("array", fields)
        raise BadRequest(reason, at="query.fields")
    for place, field in enumerate(fields):
        if not isinstance(field, str):
            raise BadRequest(expected("string", field), at=f"query.fields.{place}")
    _check_limit(query, result_type)
    if "branchId" in query:
        raise BadRequest("branchId belongs beside query, not inside it", at="query.branchId")
    filters = query.get("filters")
    if isinstance(filters, dict) and not all(isinstance(one, dict) for one in filters.values()):
        # A bare scalar in place of a filter object never reaches the planner.
        raise unreadable_filter()


def unreadable_filter() -> RefusedRequest:
    """Give the 400 for a filter that is no filter object."""
    return RefusedRequest(400, "Unable to parse data stream")


def _check_present_uuid(query: Mapping[str, Any]) -> None:
    model_id = query.get("modelId")
    if model_id is None:
        raise BadRequest("Required", at="query.modelId")
    if not is_uuid(model_id):
        reason = "Invalid uuid" if isinstance(model_id, str) else expected("string", model_id)
        raise BadRequest(reason, at="query.modelId")


def _check_limit(query: Mapping[str, Any], result_type: str | None) -> None:
    limit = query.get("limit")
    if limit is None:
        if "limit" in query and query.get("pivots") and result_type is None:
            raise BadRequest("an unlimited query cannot have pivots", at="query.limit")
        return
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        raise BadRequest(expected("number", limit), at="query.limit")
    if isinstance(limit, float) and not limit.is_integer():
        raise BadRequest("Expected integer, received float", at="query.limit")
    if limit <= 0:
        raise BadRequest("Number must be greater than 0", at="query.limit")
