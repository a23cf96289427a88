"""What a topic offers, to check a query against before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from omnipd.client import Client
from omnipd.envelope import AnyQuery, Built, Envelope
from omnipd.errors import AuthenticationError, ForbiddenError, NotFoundError, OmniError
from omnipd.fieldcheck import KnownField, check_fields, check_names
from omnipd.locks import ProcessLock
from omnipd.models import TOPIC_FIELDS

_Place = tuple[str, str, str | None]
_Known = Mapping[str, KnownField]

# What each client was told of a topic; None for one that it may not read. A query that passes by
# what was told then is sent, and one that does not makes the topic be read again: so this may be old.
_TOLD: WeakKeyDictionary[Client, dict[_Place, _Known | None]] = WeakKeyDictionary()
# Queries that begin at the same time ask once.
_ASKING = ProcessLock()


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
    where = f"The topic {topic}"
    with _ASKING:
        told = _TOLD.setdefault(client, {})
        is_new = place not in told
        if is_new:
            is_new = _ask(told, place, client, refresh=False)
        known = told.get(place)
        if known is not None and not is_new and not _passes(query, known, where):
            _ask(told, place, client, refresh=True)  # the model may have changed since
            known = told.get(place)
    if known is not None:
        check_fields(query, known, where)


def _passes(query: Mapping[str, Any], known: Mapping[str, KnownField], where: str) -> bool:
    try:
        check_fields(query, known, where)
    except OmniError:
        return False
    return True


def _ask(
    told: dict[_Place, _Known | None], place: _Place, client: Client, *, refresh: bool
) -> bool:
    """Read a topic and note its fields; return whether the answer is fresh from Omni.

    What fails for now is not noted, and asked for again with the next query.
    """
    told.pop(place, None)
    model_id, topic, branch_id = place
    try:
        table, facts = TOPIC_FIELDS.below((model_id, topic)).read_table(
            {"branch_id": branch_id, "refresh": refresh, "client": client}
        )
    except AuthenticationError:
        raise
    except (ForbiddenError, NotFoundError):
        told[place] = None
        return True
    except OmniError:
        return True
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
    told[place] = known or None
    return bool(facts["requests"])
