"""An endpoint that is a table: arguments → wire → pages → frame.

An endpoint is a literal. Its reader is a function with a real signature and docstring, whose body
hands its arguments over. What every list shares lives here: checking before anything is sent, the
cache, the re-reading of a list that does not add up, and the refusal to return half of one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import pyarrow as pa

from omnipd import paging, strictjson
from omnipd.client import Client, current_client
from omnipd.errors import (
    ArgumentError,
    BadRequestError,
    IncompleteReadError,
    OmniError,
    ResponseError,
    notice,
)
from omnipd.frames import to_frame
from omnipd.records import InferringBuilder, TableBuilder

if TYPE_CHECKING:
    from omnipd.columns import Columns

PAGE_SIZE = "100"
_REREAD_PAGES = 10

# The canonical dashed form: version 1 to 8, variant 8 to b, or all zeros or all ones. Omni refuses
# the looser forms that Python's uuid module takes (docs/wire.md).
_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    r"|0{8}-0{4}-0{4}-0{4}-0{12}|f{8}-f{4}-f{4}-f{4}-f{12}",
    re.IGNORECASE,
)


#: A step done on this side: the table and the reader's arguments → the table.
Here = Callable[[pa.Table, Mapping[str, Any]], pa.Table]


@dataclass(frozen=True)
class Param:
    """One query parameter.

    Attributes
    ----------
    wire : str
        Omni's spelling.
    kind : {"text", "uuid", "choice", "list"}
        How an argument is checked and written.
    choices : mapping of str to str
        The legal values of a choice or list, each with its spelling on the wire.
    here : callable, optional
        How to do the same on this side, ``(table, arguments) → table``, for what some servers
        refuse.
    doubtful : tuple of str
        The values that some servers refuse, when it is not all of them.
    """

    wire: str
    kind: Literal["text", "uuid", "choice", "list"] = "text"
    choices: Mapping[str, str] = field(default_factory=dict)
    here: Here | None = None
    doubtful: tuple[str, ...] = ()

    def may_be_refused(self, value: Any) -> bool:
        """Whether some servers answer 400 to this value of the parameter."""
        return self.here is not None and (not self.doubtful or value in self.doubtful)

    def encode(self, name: str, value: Any) -> str:
        """Return an argument in the wire's form.

        Raises
        ------
        ArgumentError
            Naming the argument, with near matches where there is a set of legal values.
        """
        if self.kind != "list":
            return self._encode_one(name, value)
        items = [value] if isinstance(value, str) else list(value)
        if not items:
            raise ArgumentError(f"{name}=[] is empty; leave {name} out to ask for everything.")
        encoded = [self._encode_one(name, item) for item in items]
        for item in encoded:
            if "," in item:
                raise ArgumentError(
                    f"{name}={item!r} holds a comma, which separates values on the wire."
                )
        return ",".join(encoded)

    def _encode_one(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise ArgumentError(f"{name}={value!r} must be text, not {type(value).__name__}.")
        if not value.strip():
            # An empty filter is dropped by the server: it would answer with everything.
            raise ArgumentError(
                f"{name}={value!r} is empty; leave {name} out to ask for everything."
            )
        if self.choices:
            check_choice(name, value, self.choices)
            return self.choices[value]
        if self.kind == "uuid" and not _UUID.fullmatch(value):
            raise ArgumentError(
                f"{name}={value!r} is not an id of the form 123e4567-e89b-12d3-a456-426614174000."
            )
        return value


def choices(*values: str, **respelt: str) -> dict[str, str]:
    """Return legal values with their wire spelling: as they are, or as a keyword says.

    Examples
    --------
    >>> choices("name", updated_at="updatedAt")
    {'name': 'name', 'updated_at': 'updatedAt'}
    """
    return {value: value for value in values} | respelt


def check_choice(name: str, value: str, legal: Iterable[str]) -> None:
    """Refuse a value outside a set, with near matches.

    Examples
    --------
    >>> check_choice("direction", "des", ["asc", "desc"])
    Traceback (most recent call last):
    ...
    omnipd.errors.ArgumentError: direction='des' is not known.
    Did you mean 'desc'? It takes: asc, desc.
    """
    legal = list(legal)
    if value in legal:
        return
    near = difflib.get_close_matches(str(value), legal, n=1, cutoff=0.5)
    guess = f"Did you mean {near[0]!r}? " if near else ""
    raise ArgumentError(
        f"{name}={value!r} is not known.", hint=f"{guess}It takes: {', '.join(legal)}."
    )


Step = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True)
class Endpoint:
    """A list of Omni as a table.

    Attributes
    ----------
    path : str
        Below the origin, starting with ``/api``.
    columns : mapping of str to Column, optional
        The columns of the frame in order; ``extra`` is added as the last. None finds them in the
        records.
    exhaustive : bool
        Whether the columns are all that is known to come; another key is then warned of.
    key : tuple of str
        Columns that tell one row from another; of each row at least one must have a value. Empty
        when nothing is known to.
    params : mapping of str to Param
        The reader's parameters that become query parameters.
    fixed : mapping of str to str
        Query parameters that are always sent.
    pages : Family
        How the list is handed out.
    rows : str, optional
        The key under which the records stand; None for a bare array.
    """

    path: str
    columns: Columns | None
    key: tuple[str, ...] = ()
    params: Mapping[str, Param] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    pages: paging.Family = paging.cursor
    rows: str | None = "records"
    exhaustive: bool = True

    def read(self, arguments: Mapping[str, Any]) -> pd.DataFrame:
        """Read the whole list.

        Parameters
        ----------
        arguments : mapping
            The reader's own arguments: those of ``params``, and ``limit``, ``strict``, ``refresh``
            and ``client``, which every reader has.

        Returns
        -------
        pandas.DataFrame
            Whole, or an error is raised that carries what was read.
        """
        limit = _checked_limit(arguments.get("limit"))
        given = {name: arguments[name] for name in self.params if arguments.get(name) is not None}
        wire = {name: self.params[name].encode(name, value) for name, value in given.items()}
        client = current_client(arguments.get("client"))
        if client.user_id is not None and "user_id" not in self.params:
            notice(f"{self.path} cannot act for user_id=; it shows what the key itself sees.")
        walk = _Walk(self, client, limit, strict=bool(arguments.get("strict", True)))
        doubtful = {name for name in given if self.params[name].may_be_refused(given[name])}
        refused = {name for name in doubtful if (self.path, name) in client.refused}
        if not arguments.get("refresh"):
            for left_out in [refused] if refused == doubtful else [refused, doubtful]:
                frame = walk.stored(self._query(wire, left_out), self._here(given, left_out))
                if frame is not None:
                    return frame
        while True:
            try:
                return walk.live(self._query(wire, refused), self._here(given, refused))
            except BadRequestError as error:
                newly = self._refused_by(error, doubtful - refused)
                if not newly or error.partial is not None:
                    raise
                words = error.message
            refused |= newly
            client.refused |= {(self.path, name) for name in newly}
            notice(
                f"This Omni does not take {' and '.join(f'{name}=' for name in sorted(newly))} here as "
                f"asked; the whole list is read and omnipd does it on this side. ({words})"
            )

    def _query(self, wire: Mapping[str, str], left_out: set[str]) -> dict[str, str]:
        query = {
            self.params[name].wire: value for name, value in wire.items() if name not in left_out
        }
        query |= self.fixed
        return query | {"pageSize": PAGE_SIZE} if self.pages is paging.cursor else query

    def _here(self, given: Mapping[str, Any], left_out: set[str]) -> list[Step]:
        """Return what has to be done on this side, in the order of ``params``."""
        return [
            _bound(param.here, given)
            for name, param in self.params.items()
            if name in left_out and param.here is not None
        ]

    def _refused_by(self, error: BadRequestError, doubtful: set[str]) -> set[str]:
        """Return the doubtful parameters that a 400 is about: those it names, else all of them."""
        if error.status != 400:
            return set()
        named = {
            name for name in doubtful if self.params[name].wire.lower() in error.message.lower()
        }
        return named or doubtful


def _bound(here: Here, given: Mapping[str, Any]) -> Step:
    return lambda table: here(table, given)


def _checked_limit(limit: Any) -> int | None:
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ArgumentError(f"limit={limit!r} must be a whole number of rows, 1 or more.")
    return limit


class _NotStored(Exception):
    """A page of the walk is not in the cache, or belongs to another walk."""


class _Walk:
    """One reading of one list, from the cache or from the server."""

    def __init__(
        self, endpoint: Endpoint, client: Client, limit: int | None, *, strict: bool
    ) -> None:
        self._endpoint = endpoint
        self._client = client
        self._limit = limit
        self._strict = strict

    def stored(self, query: Mapping[str, str], here: Sequence[Step]) -> pd.DataFrame | None:
        """Return the frame from the cache; None unless every page of one walk is there."""
        cache, path = self._client.cache, self._endpoint.path
        if cache is None:
            return None
        marks: dict[str, datetime] = {}

        def fetch(params: Mapping[str, str]) -> Any:
            page = cache.load(path, params)
            if page is None or (marks and page.walk not in marks):
                raise _NotStored
            marks[page.walk] = page.fetched_at
            return strictjson.parse(page.body)[0]

        try:
            table, complete = self._collect(fetch, query, here)
        except (_NotStored, OmniError):
            return None
        return to_frame(table, self._facts(0, next(iter(marks.values())), complete))

    def live(self, query: Mapping[str, str], here: Sequence[Step]) -> pd.DataFrame:
        """Return the frame from the server, and store the pages when they make a whole."""
        client, path = self._client, self._endpoint.path
        before, started = client.requests_sent, datetime.now(UTC)
        taken: list[tuple[Mapping[str, str], bytes]] = []

        def fetch(params: Mapping[str, str]) -> Any:
            if "cursor" not in params:
                taken.clear()  # the list is being read again from its start
            answer = client.get(path, params)
            taken.append((dict(params), answer.body))
            return answer.content

        table, complete = self._collect(fetch, query, here)
        if client.cache is not None and complete:
            client.cache.save(path, taken)
        return to_frame(table, self._facts(client.requests_sent - before, started, complete))

    def _collect(
        self,
        fetch: paging.Fetch,
        query: Mapping[str, str],
        here: Sequence[Step],
    ) -> tuple[pa.Table, bool]:
        """Read all pages; read a short list once more when it does not add up."""
        most = None if here else self._limit
        for last in (False, True):
            reading = _Reading(self._endpoint, most, self._client.progress)
            try:
                reading.run(fetch, query)
            except BadRequestError as error:
                if reading.pages == 0 or error.status != 400:
                    raise self._with_partial(error, reading) from None
                reading.faults.append(f"page {reading.pages + 1} was refused ({error.message})")
            except OmniError as error:
                raise self._with_partial(error, reading) from None
            if not reading.faults or last or reading.pages > _REREAD_PAGES:
                break
        table = reading.builder.finish()
        if reading.faults and (self._strict or reading.cut_short):
            raise self._with_partial(
                IncompleteReadError(
                    f"{self._endpoint.path} does not add up: {'; '.join(reading.faults)}.",
                    hint="The list may be changing while it is read: try again, or pass strict=False to "
                    "take what there is.",
                ),
                reading,
                table,
            )
        if reading.faults:
            notice(
                f"{self._endpoint.path} does not add up: {'; '.join(reading.faults)}. The frame is marked "
                "incomplete.",
            )
        for step in here:
            table = step(table)
        return table.slice(0, self._limit) if self._limit else table, not reading.faults

    def _with_partial(
        self, error: OmniError, reading: _Reading, table: pa.Table | None = None
    ) -> OmniError:
        """Let an error carry the rows that were read before it."""
        if reading.pages and error.partial is None:
            table = reading.builder.finish() if table is None else table
            error.partial = to_frame(table, self._facts(reading.pages, datetime.now(UTC), False))
            total = f" of {reading.total:,}" if reading.total is not None else ""
            error.message += (
                f"\nRead before it: {reading.pages} page(s), {table.num_rows:,}{total} rows, in the "
                "error's .partial; none is returned, because half a list looks like a whole one."
            )
        if isinstance(error, ResponseError) and error.url is None:
            error.url = self._client.base_url + self._endpoint.path
        return error

    def _facts(self, requests: int, fetched_at: datetime, complete: bool) -> dict[str, Any]:
        return {
            "instance": self._client.base_url,
            "endpoint": self._endpoint.path,
            "fetched_at": fetched_at.isoformat(timespec="seconds"),
            "requests": requests,
            "from_cache": requests == 0,
            "complete": complete,
        }


class _Reading:
    """The pages of one pass over a list, and what is wrong with them."""

    def __init__(
        self,
        endpoint: Endpoint,
        most: int | None,
        progress: Callable[[str, int, int | None], None] | None,
    ) -> None:
        self._endpoint = endpoint
        self._most = most
        self._progress = progress
        self.builder: TableBuilder | InferringBuilder = (
            InferringBuilder()
            if endpoint.columns is None
            else TableBuilder(endpoint.columns, exhaustive=endpoint.exhaustive)
        )
        self.pages = 0
        self.total: int | None = None
        self.faults: list[str] = []

    @property
    def cut_short(self) -> bool:
        """Whether pages are missing for certain; then not even ``strict=False`` returns them."""
        return any("was refused" in fault for fault in self.faults)

    def run(self, fetch: paging.Fetch, query: Mapping[str, str]) -> None:
        """Read pages until the end or the wanted number of rows."""
        seen: set[tuple[str, ...]] = set()
        repeated, totals = 0, set()
        enough = False
        for page in self._endpoint.pages(fetch, query, self._endpoint.rows):
            fresh = [record for record in page.records if self._is_new(record, seen)]
            repeated += len(page.records) - len(fresh)
            if self._most is not None:
                fresh = fresh[: self._most - self.builder.rows]
            self.builder.add(fresh)
            self.pages += 1
            self.total = page.total
            totals.add(page.total)
            if self._progress is not None:
                self._progress(self._endpoint.path, self.builder.rows, page.total)
            if self._most is not None and self.builder.rows >= self._most:
                enough = True
                break
        if repeated:
            self.faults.append(f"{repeated} row(s) came twice")
        if len(totals) > 1:
            shown = " and ".join(str(total) for total in sorted(totals, key=str))
            self.faults.append(f"the total changed while it was read ({shown})")
        elif self.total is not None and self.total != self.builder.rows and not enough:
            self.faults.append(f"the server counts {self.total} and sent {self.builder.rows}")

    def _is_new(self, record: Mapping[str, Any], seen: set[tuple[str, ...]]) -> bool:
        """Remember what tells this record from the others, by the wire paths of the key columns."""
        columns = self._endpoint.columns
        if not self._endpoint.key or columns is None:
            return True
        parts = [
            next((record[path] for path in columns[name].paths if path in record), None)
            for name in self._endpoint.key
        ]
        if all(part is None for part in parts):
            raise ResponseError(
                f"A row on page {self.pages + 1} has none of its keys ({', '.join(self._endpoint.key)})."
            )
        identity = tuple(str(part) for part in parts)
        if identity in seen:
            return False
        seen.add(identity)
        return True
