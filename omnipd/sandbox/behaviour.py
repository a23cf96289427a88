"""The ways in which one Omni differs from another, as switches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RetryAfter = Literal["none", "seconds", "date"]


@dataclass(frozen=True)
class Behaviour:
    """Choose between what the sources of the contract disagree on, or what varies by instance.

    Parameters
    ----------
    requests_per_minute : int, optional
        Requests one ``Authorization`` value may make in any 60 seconds. Off when None;
        Omni's default is 60.
    retry_after : {"none", "seconds", "date"}
        How a 429 says when to come back. No source says which form Omni uses.
    slow_job_polls : int
        Number of ``query/wait`` calls a query needs before it is done.
    labels_as_objects : bool
        Give labels as ``{"name", "verified"}`` (older servers) instead of plain names.
    accepts_labels_filter : bool
        Accept ``labels`` on ``/content``; its absence from the specification means 400.
    accepts_sort_by_updated_at : bool
        Accept ``sortField=updatedAt`` on ``/content``; not in the specification either.
    redact_sql : bool
        Act as if nobody held ``VIEW_SQL``.
    query_api_enabled : bool
        The organization's feature flag for the query endpoints.
    manual_sql_allowed : bool
        Without it, SQL by hand fails as a job, whoever sends it.
    ai_credits_left : bool
        Without any, the AI answers 402.
    old_shapes : bool
        Give records the shapes of older servers and of the older documentation, wherever the
        sources of the contract disagree on a shape.
    scim_count_at_most : int, optional
        The most resources one page of a SCIM list holds, however many are asked for.
    """

    requests_per_minute: int | None = None
    retry_after: RetryAfter = "none"
    slow_job_polls: int = 0
    labels_as_objects: bool = False
    accepts_labels_filter: bool = False
    accepts_sort_by_updated_at: bool = False
    redact_sql: bool = False
    query_api_enabled: bool = True
    manual_sql_allowed: bool = True
    ai_credits_left: bool = True
    old_shapes: bool = False
    scim_count_at_most: int | None = None

    def __post_init__(self) -> None:
        if self.requests_per_minute is not None and self.requests_per_minute < 1:
            msg = "requests_per_minute must be at least 1, or None for no limit"
            raise ValueError(msg)
        if self.retry_after not in {"none", "seconds", "date"}:
            msg = f"retry_after must be 'none', 'seconds' or 'date', not {self.retry_after!r}"
            raise ValueError(msg)
        if self.slow_job_polls < 0:
            msg = "slow_job_polls cannot be negative"
            raise ValueError(msg)
        if self.scim_count_at_most is not None and self.scim_count_at_most < 1:
            msg = "scim_count_at_most must be at least 1, or None for no limit"
            raise ValueError(msg)
