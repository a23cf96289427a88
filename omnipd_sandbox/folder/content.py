"""What queries and dashboards of a file hold, looked at as those that are imported are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from omnipd_sandbox.calls.checks import Check, anything, checked, table
from omnipd_sandbox.calls.query_object import query_object
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.organization.records import Dashboard, StoredQuery


def problems_of_queries(queries: Sequence[StoredQuery]) -> Iterator[str]:
    """Say what is wrong with queries, each thing with its place among them."""
    for number, stored in enumerate(queries):
        yield from _problem(query_object, stored.query, f"queries[{number}].query")


def problems_of_prompt(query: Any) -> Iterator[str]:
    """Say what is wrong with the query that answers a prompt, each thing with its place."""
    yield from _problem(query_object, query, "query")
    for key in ("modelId", "model_id") if isinstance(query, dict) else ():
        if key in query:
            yield f"query.{key}: the query is on the model of its prompt: leave this out"


def problems_of_dashboard(dashboard: Dashboard | None) -> Iterator[str]:
    """Say what is wrong with a dashboard, each thing with its place."""
    for name in ("filters", "controls", "tile_filters") if dashboard else ():
        yield from _problem(table(table(anything)), getattr(dashboard, name), f"dashboard.{name}")


def _problem(check: Check, value: Any, place: str) -> Iterator[str]:
    try:
        checked(check, value, place)
    except BadRequest as refusal:
        yield f"{refusal.at}: {refusal.reason}"
