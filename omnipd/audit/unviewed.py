"""Documents that nobody views, and what speaks for keeping them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import whole_number
from omnipd.audit.facts import reading_time
from omnipd.audit.reasons_to_keep import (
    USES,
    Row,
    any_of,
    is_favorite,
    is_scheduled,
    is_used_by_document,
    is_verified,
)
from omnipd.audit.some_columns import some_columns
from omnipd.audit.tables import Tables, question
from omnipd.frames.columns import COUNT, FLAG, INSTANT, TEXT

_MOST_DAYS = 100_000
_OF_CONTENT = (
    "document_identifier",
    "name",
    "scope",
    "owner_id",
    "owner_name",
    "folder_id",
    "folder_path",
    "last_viewed_at",
    "count_views",
    "updated_at",
)
_ALSO_OF_CONTENT = (
    "type",
    "deleted",
    "has_dashboard",
    "visits",
    "count_favorites",
    "labels",
    "labels_verified",
)
_SCHEMA = pa.schema(
    [
        *[(name, TEXT) for name in _OF_CONTENT[:4]],
        ("owner_name", TEXT),
        ("owner_email", TEXT),
        ("folder_id", TEXT),
        ("folder_path", TEXT),
        ("viewed", TEXT),
        ("last_viewed_at", INSTANT),
        ("days_since_view", COUNT),
        ("count_views", COUNT),
        ("updated_at", INSTANT),
        ("is_scheduled", FLAG),
        ("is_favorite", FLAG),
        ("is_verified", FLAG),
        ("is_updated_lately", FLAG),
        ("is_used_by_document", FLAG),
        ("has_reason_to_stay", FLAG),
        ("unknown", TEXT),
    ]
)


@question("content", also=("users", "labels", "schedules", *USES))
def unused(
    inventory: Inventory, *, days: int = 90, now: datetime | str | None = None
) -> pd.DataFrame:
    """Return the documents that nobody has viewed for some time, and what speaks for keeping each.

    Parameters
    ----------
    inventory : Inventory
        Of one Omni. It needs ``content``, and takes ``users``, ``labels``, ``schedules``,
        ``document_details`` and ``document_queries``. What is personal is in it with ``scope="all"``.
    days : int, default 90
        For how long. What was viewed within these days is left out.
    now : datetime or str, optional
        From when the days count back; UTC unless it says otherwise. Default: when ``content`` was
        read, whatever the day is today.

    Returns
    -------
    pandas.DataFrame
        One row per document, in the order of ``content``, without those in the trash:

        - ``document_identifier``, ``name``, ``scope``, ``owner_id``, ``owner_name``, ``folder_id``,
          ``folder_path``, ``last_viewed_at``, ``count_views``, ``updated_at``: as in ``content``;
          ``owner_email``: as in ``users``.
        - ``viewed``: ``before`` when the last view is longer ago; ``never`` when its dashboard counts
          no view; ``unknown`` when Omni does not say when it was viewed, or whether it was.
        - ``days_since_view``: whole days since the last view.
        - ``is_scheduled``: whether a schedule that runs delivers it.
        - ``is_favorite``: whether it is anybody's favorite.
        - ``is_verified``: whether it has a label that is verified.
        - ``is_updated_lately``: whether it was changed within these days.
        - ``is_used_by_document``: whether another document links to it or names it.
        - ``has_reason_to_stay``: whether any of the five holds; null where none is known to hold and
          not all are known.
        - ``unknown``: what is not known in this row, and why.

    Raises
    ------
    ArgumentError
        If the inventory lacks what it needs, or it is not known from when to count back.

    See Also
    --------
    omnipd.audit.orphans : What belongs to nobody.

    Examples
    --------
    >>> import omnipd
    >>> unused = omnipd.audit.unused
    >>> with omnipd.sandbox(size="tiny"):
    ...     inventory = omnipd.read_inventory(include=[*unused.needs, *unused.also], scope="all")
    >>> unused(inventory)[["name", "viewed", "is_scheduled", "is_favorite"]]
                             name   viewed  is_scheduled  is_favorite
    0   Busiest routes by airport  unknown          True         True
    1          Cancellations 2015   before          True         True
    2    Cancellations by airport  unknown          True         True
    3   Departure delays overview   before         False         True
    """
    days = whole_number("days", days, minimum=0, maximum=_MOST_DAYS, unit="days")
    tables = Tables(inventory, unused)
    return tables.answer(_SCHEMA, _rows(tables, reading_time(inventory, "content", now), days))


def _rows(tables: Tables, now: datetime, days: int) -> Iterator[dict[str, Any]]:
    since = now - timedelta(days=days)
    emails = {row["user_id"]: row["email"] for row in tables.rows("users")}
    reasons = {
        "is_scheduled": is_scheduled(tables),
        "is_favorite": is_favorite,
        "is_verified": is_verified(tables),
        "is_updated_lately": lambda row: _is_since(row["updated_at"], since),
        "is_used_by_document": is_used_by_document(tables),
    }
    rests_on = {
        "is_scheduled": ("schedules",),
        "is_verified": ("labels",),
        "is_used_by_document": USES,
    }
    gaps = {
        reason: [f"{name}: {tables.gaps[name]}" for name in names if name in tables.gaps]
        for reason, names in rests_on.items()
    }
    for row in some_columns(tables["content"], (*_OF_CONTENT, *_ALSO_OF_CONTENT)):
        if row["type"] != "document" or row["deleted"] or _is_since(row["last_viewed_at"], since):
            continue
        viewed, why = _viewed(row)
        flags = {name: reason(row) for name, reason in reasons.items()}
        unknown = [why] if why else []
        for name, flag in flags.items():
            if flag is None:
                unknown += gaps.get(name) or [f"{name}: Omni does not tell"]
        last = row["last_viewed_at"]
        yield (
            {name: row[name] for name in _OF_CONTENT}
            | flags
            | {
                "owner_email": emails.get(row["owner_id"]),
                "viewed": viewed,
                "days_since_view": None if last is None else (now - last).days,
                "has_reason_to_stay": any_of(*flags.values()),
                "unknown": "; ".join(unknown) or None,
            }
        )


def _is_since(time: datetime | None, since: datetime) -> bool | None:
    return None if time is None else time >= since


def _viewed(row: Row) -> tuple[str, str | None]:
    """Return whether a document was ever viewed, and why that is not known."""
    if row["last_viewed_at"] is not None:
        return "before", None
    if (row["count_views"] or 0) > 0 or (row["visits"] or 0) > 0:
        return "unknown", "viewed: it was, and Omni does not tell when"
    if not row["has_dashboard"]:
        return "unknown", "viewed: Omni counts the views of dashboards"
    if row["count_views"] is None:
        return "unknown", "viewed: Omni does not tell"
    return "never", None
