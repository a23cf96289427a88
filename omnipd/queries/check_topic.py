"""What a topic offers, to check a query against before it is sent."""

from __future__ import annotations

import contextlib
import difflib
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from omnipd.arguments import argument, check_flag
from omnipd.client.client import Client
from omnipd.errors import (
    ArgumentError,
    AuthenticationError,
    ForbiddenError,
    NotFoundError,
    OmniError,
    QueryTimeoutError,
    warn,
)
from omnipd.locks import new_lock
from omnipd.queries.language.check_fields import (
    KnownField,
    check_fields,
    check_names,
    texts_like_times,
)
from omnipd.queries.language.filling import not_filled
from omnipd.queries.language.request import AnyQuery, Built, QueryRequest
from omnipd.readers.topics import TOPIC_FIELDS, TOPICS

_Place = tuple[str, str, str | None]
_Known = Mapping[str, KnownField]


@dataclass
class _Topic:
    """What a client was told of a topic.

    A query that passes by what was told then is sent, and one that does not makes the topic be read
    again: so this may be old.
    """

    #: Whether Omni has answered.
    told: bool = False
    #: Its fields; None when the client may not read it.
    known: _Known | None = None
    #: Held while Omni is asked, so that queries that begin at the same time ask once.
    asking: threading.RLock = field(default_factory=new_lock)


_MOST_NAMED = 20

_TOPICS: WeakKeyDictionary[Client, dict[_Place, _Topic]] = WeakKeyDictionary()
# Held briefly, never while Omni is asked.
_LOOKING = new_lock()


def check_first(
    query: AnyQuery,
    request: QueryRequest,
    client: Client,
    wanted: bool | None,
) -> None:
    """Refuse a query that names what its topic does not have.

    One request for each topic, answered from the cache afterwards. Where the topic cannot be read, or
    the query has none, only the query itself is looked at, and Omni judges the rest.

    Parameters
    ----------
    query : Query or other
        As the caller gave it.
    request : QueryRequest
        What is sent for it.
    client : Client
        Who asks.
    wanted : bool or None
        Whether to; None is for a query that was put together in Python, where names are easily
        mistyped, and not for one that comes from Omni.

    Raises
    ------
    ArgumentError
        Naming the field, with near matches.
    AuthenticationError
        If the key is not known; the query would end the same way.
    QueryTimeoutError
        If the time is up before the topic was read; the query was not sent.
    """
    if wanted is not None:
        check_flag("check", wanted)
    built = isinstance(query, Built)
    wanted = built if wanted is None else wanted
    checked = (
        wanted
        and not request.is_sql
        and _check(request.body["query"], client, request.body.get("branchId"))
    )
    if (built or wanted) and not checked:
        _tell_of_times(request)
    if not request.is_sql:
        _tell_of_gaps(request)


def topic_fields(
    query: Mapping[str, Any], client: Client, branch_id: str | None, needed: Iterable[str]
) -> Mapping[str, KnownField] | None:
    """Return the fields of a query's topic; None without a topic, or where it cannot be read.

    Parameters
    ----------
    query : mapping
        As it is stored.
    client : Client
        Who asks.
    branch_id : str, optional
        Of a branch of the model.
    needed : iterable of str
        Names of fields: where one of them is not among those that were told earlier, the topic is
        read again, since the model may have changed.
    """
    name = query.get("join_paths_from_topic_name")
    if not name or not query.get("modelId"):
        return None
    place = (str(query["modelId"]), str(name), branch_id)
    with _LOOKING:
        topic = _TOPICS.setdefault(client, {}).setdefault(place, _Topic())
    with _asking(topic, client):
        is_new = not topic.told and _ask(topic, place, client, refresh=False)
        if topic.known is not None and not is_new and not set(needed) <= topic.known.keys():
            _ask(topic, place, client, refresh=True)
        return topic.known


@contextlib.contextmanager
def _asking(topic: _Topic, client: Client) -> Iterator[None]:
    """Be the only one who asks for a topic.

    Raises
    ------
    QueryTimeoutError
        If the time of the call is up, before or after.
    """
    deadline = client.deadline()
    taken = False
    try:
        taken = topic.asking.acquire(
            timeout=-1 if deadline.patient else max(0.0, deadline.remaining())
        )
        if taken:
            yield
    finally:
        # An interrupt may come when it is taken and before that is noted; or on the way into another
        # function.
        try:  # noqa: SIM105
            topic.asking.release()
        except RuntimeError:  # it was not taken
            pass
    if not taken or client.is_late:
        raise QueryTimeoutError(
            f"The topic was not read within {deadline.seconds:g} s, and the query was not sent.",
            hint=(
                "Allow more time with "
                + argument("timeout", ...)
                + "; with "
                + argument("check", False)
                + " the topic is not looked at."
            ),
            retryable=True,
        )


def _tell_of_times(request: QueryRequest) -> None:
    """Warn of comparisons of text that may have been meant for times: Omni would ignore those."""
    for name in texts_like_times(request.body["query"]):
        warn(
            f"{name} is compared with text, and its type was not looked up. If it is a time, Omni "
            f"ignores that and all rows come; it needs a filter of dates, such as field({name!r}).in_the(…)."
        )


def _tell_of_gaps(request: QueryRequest) -> None:
    """Warn of gaps that were to be filled and are not: Omni leaves them in silence."""
    for name in not_filled(request.body["query"]):
        bare = name.partition("[")[0]
        warn(
            f"The gaps of {name} are not filled: Omni fills a range that a filter ends on both sides, "
            f"such as field({bare!r}).in_the('last 30 days')."
        )


def _check(query: Mapping[str, Any], client: Client, branch_id: str | None) -> bool:
    """Refuse what the topic lacks; tell whether there was a topic to hold the query against."""
    check_names(query)
    name = query.get("join_paths_from_topic_name")
    if not name:
        return False
    place = (str(query["modelId"]), str(name), branch_id)
    where = f"The topic {name}"
    with _LOOKING:
        topic = _TOPICS.setdefault(client, {}).setdefault(place, _Topic())
    known = topic.known
    if known is not None and _passes(query, known, where):
        return True
    with _asking(topic, client):
        is_new = not topic.told and _ask(topic, place, client, refresh=False)
        if topic.known is not None and not is_new and not _passes(query, topic.known, where):
            # The model may have changed since.
            _ask(topic, place, client, refresh=True)
        known = topic.known
    if known is not None:
        check_fields(query, known, where)
    return known is not None


def _passes(query: Mapping[str, Any], known: Mapping[str, KnownField], where: str) -> bool:
    try:
        check_fields(query, known, where)
    except OmniError:
        return False
    return True


def _ask(topic: _Topic, place: _Place, client: Client, *, refresh: bool) -> bool:
    """Read a topic and note its fields; return whether the answer is fresh from Omni.

    What fails for now is not noted, and asked for again with the next query.
    """
    topic.told, topic.known = False, None
    model_id, name, branch_id = place
    asked = {"branch_id": branch_id, "refresh": refresh, "client": client}
    is_missing = False
    try:
        table, facts = TOPIC_FIELDS.below((model_id, name)).read_table(asked)
    except AuthenticationError:
        raise
    except ForbiddenError:
        topic.told = True
        return True
    except NotFoundError:
        is_missing = True  # and no more here: whoever mistyped a name need not see this error
    except OmniError:
        return True
    if is_missing:
        _refuse_unknown(place, asked)
        topic.told = True
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
    topic.told, topic.known = True, known or None
    return bool(facts["requests"])


def _refuse_unknown(place: _Place, asked: Mapping[str, Any]) -> None:
    """Refuse a topic that Omni does not find, and that is not in the model's list of topics either.

    Where the list cannot be read, Omni judges the query.
    """
    model_id, name, _ = place
    try:
        table, _ = TOPICS.below((model_id,)).read_table({**asked, "refresh": False})
    except AuthenticationError:
        raise
    except OmniError:
        return
    names = sorted({one for one in table["topic"].to_pylist() if one})
    if not names or name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    shown = ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
    guess = f"Did you mean {near[0]!r}?" if near else f"It has {shown}."
    raise ArgumentError(
        f"The model has no topic {name!r}.",
        hint=f"{guess} With " + argument("check", False) + " the query is sent as it is.",
    )
