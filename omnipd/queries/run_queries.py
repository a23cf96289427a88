"""Several queries at once, each with its own outcome."""

from __future__ import annotations

import contextlib
import textwrap
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar, Unpack, overload

import pandas as pd

from omnipd.arguments import argument, check_choice, whole_number
from omnipd.call import noted_interrupt, one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError, OmniError, held_warnings, warn
from omnipd.in_threads import as_completed
from omnipd.progress import Steps, steps
from omnipd.queries.job.options import QueryKeywords, check_keywords
from omnipd.queries.language.request import AnyQuery, QueryRequest
from omnipd.queries.run_query import Ready

T = TypeVar("T")

_MAX_WORKERS = 16
_LONGEST = 120


@overload
def run_queries(
    queries: Sequence[AnyQuery],
    *,
    errors: Literal["raise"] = "raise",
    max_workers: int = 4,
    client: Client | None = None,
    **options: Unpack[QueryKeywords],
) -> list[pd.DataFrame]: ...
@overload
def run_queries(
    queries: Sequence[AnyQuery],
    *,
    errors: Literal["collect"],
    max_workers: int = 4,
    client: Client | None = None,
    **options: Unpack[QueryKeywords],
) -> list[pd.DataFrame | OmniError]: ...
def run_queries(
    queries: Sequence[AnyQuery],
    *,
    errors: Literal["raise", "collect"] = "raise",
    max_workers: int = 4,
    client: Client | None = None,
    **options: Unpack[QueryKeywords],
) -> list[Any]:
    """Run several governed queries, some at the same time, and return their frames in order.

    All are checked before the first is sent, as :func:`omnipd.run_query` checks one. Each is run to
    its end, whatever becomes of the others. All of them share the key's allowance of requests, as
    everything does. An interrupt (Ctrl-C) ends all of them, and nothing more is sent.

    Parameters
    ----------
    queries : sequence of Query, dict, str or path
        Each as :func:`omnipd.run_query` takes it.
    errors : {"raise", "collect"}, default "raise"
        ``raise`` raises the first failure after all queries have ended; its ``partial`` is the
        list that ``collect`` would return, in which an error stands where a frame is missing.
    max_workers : int, default 4
        How many run at the same time, 1 to 16.
    client : Client, optional
        Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment.
    **options
        Any other keyword of :func:`omnipd.run_query`, for all queries alike; ``timeout`` is for all
        of them together.

    Returns
    -------
    list of pandas.DataFrame
        One for each query, in order; with ``errors="collect"`` an OmniError where one failed.

    Raises
    ------
    ArgumentError
        If one of them would be refused or misread; none was run.
    OmniError
        The first failure, as :func:`omnipd.run_query` raises it.

    Warns
    -----
    OmniWarning
        As :func:`omnipd.run_query` gives it, once for all queries that it is true of, with their
        places, topics and fields.

    See Also
    --------
    omnipd.run_query : One query, and what can be said with it.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     flights = {"modelId": "flights", "join_paths_from_topic_name": "flights"}
    ...     by_airport, by_month = omnipd.run_queries([
    ...         flights | {"fields": ["flights.origin", "flights.count"]},
    ...         flights | {"fields": ["flights.date[month]", "flights.count"]},
    ...     ])
    >>> len(by_airport), len(by_month)
    (3, 12)
    """
    check_choice("errors", errors, ("raise", "collect"))
    if isinstance(queries, Mapping | str) or not isinstance(queries, Sequence):
        raise ArgumentError(
            f"queries is {type(queries).__name__}, not a list of queries.",
            hint="run_query runs a single one.",
        )
    max_workers = whole_number("max_workers", max_workers, maximum=_MAX_WORKERS)
    check_keywords(options, of="run_queries", own=("errors", "max_workers"))
    client = current_client(client)
    said: list[list[str]] = [[] for _ in queries]
    ready = [
        _ready(query, f"Query {place} of {len(queries)}", client, options, held)
        for place, (query, held) in enumerate(zip(queries, said, strict=True), 1)
    ]
    with (
        one_call(options.get("timeout")),
        steps(client, "queries") as how_far,
    ):
        how_far.total = len(ready)
        for place, (asked, held) in enumerate(zip(ready, said, strict=True), 1):
            with _placed(f"Query {place} of {len(queries)}", held):
                asked.look_up_models()  # here, so that several ask once for the names
        for place, one in enumerate(_each(_checked, ready, said, max_workers), 1):
            if isinstance(one, ArgumentError):
                one.message = f"Query {place} of {len(queries)}: " + one.message
                raise one
        outcomes = _each(_run, ready, said, max_workers, how_far)
    _tell(said, [f"query {place} ({_in_short(one.request)})" for place, one in enumerate(ready, 1)])
    failed = [place for place, one in enumerate(outcomes) if isinstance(one, OmniError)]
    if failed and errors == "raise":
        first: Any = outcomes[failed[0]]
        first.partial = outcomes
        first.add_note(
            f"That was query {failed[0] + 1} of {len(queries)}; {len(queries) - len(failed)} gave "
            "their frames, which are in the error's .partial."
        )
        raise first
    return outcomes


def run_each(
    ready: Sequence[Ready | OmniError],
    called: Sequence[str],
    client: Client,
    max_workers: int = 4,
) -> list[pd.DataFrame | OmniError]:
    """Run queries that have nothing to do with each other; what one lacks is no matter to the others.

    Parameters
    ----------
    ready : sequence of Ready or OmniError
        An error where there is nothing to run; it is the outcome.
    called : sequence of str
        What each is called in a warning.
    client : Client
        Who asks.
    max_workers : int
        How many run at the same time.
    """
    said: list[list[str]] = [[] for _ in ready]
    with one_call(), steps(client, "queries") as how_far:
        how_far.total = len(ready)
        checked = _each(_checked, ready, said, max_workers)
        outcomes = _each(_run, checked, said, max_workers, how_far)
    _tell(said, called)
    return outcomes


def _tell(said: Sequence[Sequence[str]], called: Sequence[str]) -> None:
    """Give the warnings of all queries, each text once with the names of those that it is true of."""
    named: dict[str, list[str]] = {}
    for name, texts in zip(called, said, strict=True):
        for text in dict.fromkeys(texts):
            named.setdefault(text, []).append(name)
    for text, names in named.items():
        warn(f"Of {len(called)} queries: {', '.join(names)}. " + text)


def _in_short(request: QueryRequest) -> str:
    """Return the topic or view of a query and its fields, short enough for a warning."""
    query = request.body["query"]
    where = query.get("join_paths_from_topic_name") or query["table"] or "SQL"
    return textwrap.shorten(f"{where}: {', '.join(request.fields)}", _LONGEST, placeholder=" …")


def _each(
    work: Callable[[Ready | OmniError, list[str]], T],
    ready: Sequence[Ready | OmniError],
    said: Sequence[list[str]],
    max_workers: int,
    how_far: Steps | None = None,
) -> list[T]:
    """Return what comes of each query, in order; an interrupt says of how many there is something."""
    done: dict[int, T] = {}
    numbers = deque(range(len(ready)))

    def one(number: int) -> T:
        return work(ready[number], said[number])

    def tell(count: int) -> None:
        if how_far is not None:
            how_far.at(count, len(ready))

    def so_far() -> list[str]:
        ended = sum(isinstance(outcome, pd.DataFrame) for outcome in done.values())
        return [
            (
                f"{ended} of {len(ready)} queries had given their frames, of which only those that "
                + argument("ttl")
                + " stores are kept. Nothing more is sent; Omni may go on with what it has."
            )
        ]

    with (
        one_call() as call,
        noted_interrupt(so_far),
        contextlib.closing(as_completed(one, numbers, lambda: max_workers, call)) as completed,
    ):
        for number, outcome in completed:
            done[number] = outcome
            tell(len(done))
    return [done[number] for number in range(len(ready))]


def _ready(
    query: AnyQuery, place: str, client: Client, options: Mapping[str, Any], said: list[str]
) -> Ready:
    with _placed(place, said):
        return Ready(query, client=client, **options)


@contextlib.contextmanager
def _placed(place: str, said: list[str]) -> Iterator[None]:
    """Keep the warnings of one query, and say which it is where it is refused."""
    with _held_in(said):
        try:
            yield
        except ArgumentError as error:
            error.message = f"{place}: " + error.message
            raise


def _checked(ready: Ready | OmniError, said: list[str]) -> Ready | OmniError:
    """Return why a query must not be sent; what else goes wrong is met again when it is run."""
    with _held_in(said):
        try:
            if isinstance(ready, Ready):
                ready.check()
        except ArgumentError as error:
            return error
        except OmniError:
            pass
        return ready


def _run(ready: Ready | OmniError, said: list[str]) -> pd.DataFrame | OmniError:
    if isinstance(ready, OmniError):
        return ready
    with _held_in(said):
        try:
            return ready.frame()
        except OmniError as error:
            return error


@contextlib.contextmanager
def _held_in(said: list[str]) -> Iterator[None]:
    """Keep the warnings of one query: in its thread no line of the caller's is on the stack."""
    with held_warnings() as texts:
        try:
            yield
        finally:
            said += texts
