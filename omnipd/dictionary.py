"""What a topic offers, to check a query against before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from omnipd.client import Client
from omnipd.envelope import AnyQuery, Built, Envelope
from omnipd.errors import AuthenticationError, ForbiddenError, NotFoundError, OmniError
from omnipd.fieldcheck import KnownField, check_fields, check_names
from omnipd.models import TOPIC_FIELDS

_Place = tuple[str, str, str | None]

# The topics that a client may not read: asking again with every query would cost a request each.
_CLOSED: WeakKeyDictionary[Client, set[_Place]] = WeakKeyDictionary()


def check_first(query: AnyQuery, request: Envelope, client: Client, wanted: bool | None) -> None:
    """Refuse a query that names what its topic does not have.

    One request for each topic, answered from the cache afterwards. Where the topic cannot be read, or
    the query has none, only the query itself is looked at, and Omni judges the rest.

    Parameters
    ----------
    query : Query or other
        As the caller gave it.
    request : Envelope
        What is sent for it.
    wanted : bool or None
        Whether to; None is for a query that was put together in Python, where names are easily
        mistyped, and not for one that comes from Omni.

    Raises
    ------
    ArgumentError
        Naming the field, with near matches.
    AuthenticationError
        If the key is not known; the query would end the same way.
    """
    if request.is_sql or not (isinstance(query, Built) if wanted is None else wanted):
        return
    _check(request.body["query"], client, request.body.get("branchId"))


def _check(query: Mapping[str, Any], client: Client, branch_id: str | None) -> None:
    check_names(query)
    topic = query.get("join_paths_from_topic_name")
    if not topic:
        return
    place = (str(query["modelId"]), str(topic), branch_id)
    known, is_stored = _known(place, client, refresh=False)
    where = f"The topic {topic}"
    if known is not None and is_stored and not _passes(query, known, where):
        # The model may have changed since.
        known, _ = _known(place, client, refresh=True)
    if known is not None:
        check_fields(query, known, where)


def _passes(query: Mapping[str, Any], known: Mapping[str, KnownField], where: str) -> bool:
    try:
        check_fields(query, known, where)
    except OmniError:
        return False
    return True


def _known(
    place: _Place, client: Client, *, refresh: bool
) -> tuple[dict[str, KnownField] | None, bool]:
    """Return the fields of a topic, None when they cannot be had; and whether that is stored."""
    closed = _CLOSED.setdefault(client, set())
    if place in closed:
        return None, False
    model_id, topic, branch_id = place
    try:
        table, facts = TOPIC_FIELDS.below((model_id, topic)).read_table(
            {"branch_id": branch_id, "refresh": refresh, "client": client}
        )
    except AuthenticationError:
        raise
    except (ForbiddenError, NotFoundError):
        closed.add(place)
        return None, False
    except OmniError:
        return None, False
    columns = ("fully_qualified_name", "kind", "data_type", "date_type", "time_frames")
    known = {
        row["fully_qualified_name"]: KnownField(
            row["kind"],
            row["data_type"],
            row["date_type"],
            frozenset((row["time_frames"] or "").lower().split(",")) - {""},
        )
        for row in table.select(columns).to_pylist()
    }
    return known or None, facts["requests"] == 0
