"""Read one list to its end, from the cache or from the server, and never return half of it.

What is checked here of every list: no row twice, the server's own count, a total that stays. A
short list that does not add up is read once more, since it may have changed under the reader. One
whose pages are counted is read until two readings agree: a row that went to a page already read,
while another came behind, changes no count.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from omnipd import log
from omnipd.arguments import argument
from omnipd.cache.checkpoint import current_checkpoint, question_of
from omnipd.cache.lists import LARGEST_LIST
from omnipd.call import WouldSend, asking_ahead, current_call, noted_interrupt, rehearsal
from omnipd.client import strict_json
from omnipd.client.answers import Answer
from omnipd.client.client import Client
from omnipd.client.lanes import Route
from omnipd.errors import (
    BadRequestError,
    IncompleteReadError,
    NotFoundError,
    OmniError,
    ResponseError,
    warn,
)
from omnipd.frames.columns import Columns
from omnipd.frames.records import Record
from omnipd.frames.to_pandas import to_frame
from omnipd.lists import completeness, paging
from omnipd.lists.collect_pages import Keyless, PageCollector
from omnipd.lists.parse_pages import PageParser, Parsed
from omnipd.lists.taken_pages import TakenPages
from omnipd.message import changed, in_python
from omnipd.progress import Steps, steps

#: How many pages a list may have that is read again.
REREAD_PAGES = 10
#: What a note says of rows that are in `partial`; taken out where those of another frame are there.
IN_PARTIAL = ", in the error's .partial"
#: One change at any time is then seen twice alike after it.
_MOST_READINGS = 4

#: Below this are conversations and routines, which are those of whoever asks.
_OF_CALLER = "/api/v1/ai/"

#: Something done locally after the list is read.
Step = Callable[[pa.Table], pa.Table]

_EARLIER: ContextVar[pa.Table | None] = ContextVar("omnipd-earlier-reading", default=None)


@contextlib.contextmanager
def after_earlier(table: pa.Table | None) -> Iterator[None]:
    """Say what an earlier reading gave of the list that is read next; one that agrees is not done again.

    That is as good as two readings one after the other. For a row to be passed over unseen, another
    one has to come in behind where one went: of these the earlier reading has but one.
    """
    before = _EARLIER.get()
    try:
        _EARLIER.set(table)
        yield
    finally:
        _EARLIER.set(before)


@dataclass(frozen=True)
class Listing:
    """What is known of a list.

    Attributes
    ----------
    path : str
        Below the origin, starting with ``/api``.
    columns : mapping of str to Column, optional
        The columns of the frame in order; ``extra`` is added as the last. None finds them in the
        records.
    key : tuple of str
        Columns that tell one row from another; of each row at least one must have a value. Empty
        when nothing is known to.
    keyless : {"refused", "whole", "unchecked"}
        What a row without its key is: an error, where Omni's specification promises the key; told from
        others by all that it holds; or not told from others.
    pages : Family
        How the list is handed out.
    rows : str or tuple of str, optional
        The key under which the records stand, or several that servers of different age use; None
        for a bare array.
    unfold : callable, optional
        From one record to the rows that it holds, where a record is not a row.
    exhaustive : bool
        Whether the columns are all that is known to come; another key is then warned of.
    gone : str, optional
        Where newer servers do not have the call: what to use instead.
    meanings : mapping of int to str
        What some statuses mean here, for the hint of an error.
    body : callable, optional
        From the parameters to what is sent, where the list is asked for by a POST that only reads.
    answers : int
        In how many answers a list without pages comes.
    """

    path: str
    columns: Columns | None
    key: tuple[str, ...] = ()
    keyless: Keyless = "refused"
    pages: paging.Family = paging.cursor
    rows: paging.Rows = "records"
    unfold: Callable[[Record], Iterable[Record]] | None = None
    exhaustive: bool = True
    gone: str | None = None
    meanings: Mapping[int, str] = field(default_factory=dict)
    body: Callable[[Mapping[str, str]], Any] | None = None
    answers: int = 1


#: A table and the facts of how it was read.
Reading = tuple[pa.Table, dict[str, Any]]


class _NotStored(Exception):
    """A page of the list is not in the cache, or belongs to another reading of it."""


class ListRead:
    """One reading of one list, from the cache or from the server."""

    def __init__(
        self,
        listing: Listing,
        client: Client,
        limit: int | None,
        *,
        strict: bool,
    ) -> None:
        self._listing = listing
        self._client = client
        self._limit = limit
        self._strict = strict
        self._parse = _parser(listing)
        self._pass: _Pass | None = None
        self._steps = Steps(listing.path, "rows")

    def from_cache(self, query: Mapping[str, str], then: Sequence[Step]) -> Reading | None:
        """Return the list from the cache; None unless every page of one reading is there."""
        cache, path = self._client.cache, self._listing.path
        if cache is None:
            return None
        checkpoint = current_checkpoint()
        marks: dict[str, datetime] = {}
        taken: list[tuple[str, bytes]] = []

        def begin() -> paging.Fetch:
            marks.clear()
            taken.clear()
            return fetch

        def fetch(params: Mapping[str, str]) -> Any:
            page = cache.load(path, params)
            if page is None or (marks and page.read not in marks):
                raise _NotStored
            marks[page.read] = page.fetched_at
            if checkpoint is not None:
                taken.append((question_of(path, params), page.body))
            return self._parse(page.body)[0]

        try:
            with steps(self._client, path, "rows") as self._steps:
                table, reading = self._collect(begin, query, then, strict=True, stored=True)
        except (_NotStored, OmniError):
            return None
        fetched_at = next(iter(marks.values()))
        if checkpoint is not None:  # it may have run out when the read goes on
            for question, body in taken:
                checkpoint.keep(question, body, fetched_at)
        facts = self._facts(0, fetched_at, reading)
        log.debug("GET %s: from the cache, fetched %s", path, facts["fetched_at"])
        return table, facts

    def from_server(self, query: Mapping[str, str], then: Sequence[Step]) -> Reading:
        """Return the list from the server, and store the pages when they make a whole."""
        client, path = self._client, self._listing.path
        route = Route(any_key=_is_the_same_for_all(self._listing, query))
        call = current_call()
        if call.counts:
            return self._count(query, then, route)
        started = datetime.now(UTC)
        asked = resumed = size = 0
        trace_id: str | None = None
        taken = TakenPages()
        questions: set[str] = set()
        goes_on = False

        def begin() -> paging.Fetch:
            nonlocal size
            size = 0
            taken.clear()
            return fetch

        def fetch(params: Mapping[str, str]) -> Any:
            nonlocal asked, resumed, size, started, trace_id, goes_on
            questions.add(question_of(path, params))
            answer = self._ask(params, route)
            trace_id = answer.trace_id
            if answer.read_at is None or answer.asked_ahead:
                asked += 1
            else:
                resumed += 1
            if answer.read_at is not None:
                goes_on, started = True, min(started, answer.read_at)
            size += len(answer.body)
            if client.cache is None or size > LARGEST_LIST:
                taken.clear()
            else:
                taken.add(dict(params), answer.body)
            return answer.content

        with noted_interrupt(self._so_far), steps(client, path, "rows") as self._steps:
            while True:
                try:
                    table, reading = self._collect(begin, query, then, strict=self._strict)
                    break
                except (ResponseError, BadRequestError, NotFoundError):
                    if (checkpoint := current_checkpoint()) is not None:
                        checkpoint.forget(questions)
                    # Pages of two times may not fit, or the cursor between them be known no more.
                    if not goes_on:
                        raise
                goes_on, started = False, datetime.now(UTC)
        cache = client.cache
        if cache is not None and not reading.faults and taken and not call.asks_ahead:
            cache.save(path, taken, started)
        facts = self._facts(asked, started, reading, trace_id)
        return table, facts | {"from_checkpoint": resumed}

    def _ask(self, params: Mapping[str, str], route: Route) -> Answer:
        """Ask for one page."""
        make = self._listing.body
        body = None if make is None else make(params)
        return self._client.get(
            self._listing.path, params, body=body, parse=self._parse, route=route
        )

    def _count(self, query: Mapping[str, str], then: Sequence[Step], route: Route) -> Reading:
        """Raise how many requests the list takes, by its first page; return it where a checkpoint has it."""
        stored = 0
        oldest = datetime.now(UTC)

        def fetch(params: Mapping[str, str]) -> Any:
            nonlocal stored, oldest
            answer = self._ask(params, route)
            if answer.asked_ahead:  # to count this list, or another that asks the same
                raise WouldSend
            stored, oldest = stored + 1, min(oldest, answer.read_at or oldest)
            return answer.content

        if current_checkpoint() is not None:
            with contextlib.suppress(WouldSend, OmniError), rehearsal():
                table, reading = self._collect(lambda: fetch, query, then, strict=self._strict)
                return table, self._facts(0, oldest, reading) | {"from_checkpoint": stored}
        if self._listing.pages not in paging.IN_PAGES:
            raise WouldSend(max(1, self._listing.answers - stored), stored)
        calls, rows, more = self._by_its_first_page(query, limited=not then, route=route)
        raise WouldSend(max(1, calls - stored), stored, rows=rows, more=more)

    def _by_its_first_page(
        self, query: Mapping[str, str], *, limited: bool, route: Route
    ) -> tuple[int, int, str | None]:
        """Return how many requests and records a list is at least, and why it may be more."""
        listing, asked = self._listing, False

        def fetch_one(params: Mapping[str, str]) -> Any:
            nonlocal asked
            if asked:
                raise _NotStored
            asked = True
            with asking_ahead():
                return self._client.get(listing.path, params, route=route).content

        pages = listing.pages(fetch_one, query, listing.rows)
        first = next(pages)
        held, limit = len(first.records), self._limit if limited else None
        try:
            next(pages)
        except StopIteration:
            return 1, held, None
        except _NotStored:
            pass
        unfold = listing.unfold
        if limit is not None and unfold is not None:
            if sum(len(list(unfold(one))) for one in first.records) >= limit:
                return 1, held, None
            return 2, held, "how many rows a page gives is known when it is read"
        if first.total is None or not held:
            return 2, held, "Omni does not count this list"
        records = first.total if limit is None else min(first.total, limit)
        # A server may put fewer on a page than it was asked for.
        calls = math.ceil(records / held)
        if 1 < calls <= REREAD_PAGES and listing.pages in paging.BY_OFFSET:
            calls *= 2
        return calls, first.total, None

    def _so_far(self) -> list[str]:
        """Say how far the reading is, when it is interrupted."""
        reading = self._pass
        if reading is None or not reading.pages:
            return []
        total = f" of {reading.total:,}" if reading.total is not None else ""
        kept = "Of a list nothing is kept before it is whole: the same call begins it anew."
        if current_checkpoint() is not None:
            kept = "Nothing of it has to be asked for again."
        return [
            f"Read so far of {self._listing.path}: {reading.pages:,} page(s), "
            f"{reading.collected.rows:,}{total} rows. {kept}"
        ]

    def _collect(
        self,
        begin: Callable[[], paging.Fetch],
        query: Mapping[str, str],
        then: Sequence[Step],
        *,
        strict: bool,
        stored: bool = False,
    ) -> tuple[pa.Table, _Pass]:
        """Read all pages; read a short list again when it does not add up, or when it may have shifted.

        What is `stored` was read so already.
        """
        max_rows = None if then else self._limit
        before = self._earlier()
        for number in itertools.count(1):
            reading, table = self._read_once(begin(), query, max_rows)
            if reading.pages > REREAD_PAGES:
                break
            shifts = reading.pages > 1 and self._listing.pages in paging.BY_OFFSET
            if table is not None and not reading.faults:
                if stored or not shifts:
                    reading.confirmed = stored
                    break
                keys = _sorted_keys(table, self._listing.key)
                if before is not None and keys.equals(before):
                    reading.confirmed = True
                    break
                before = keys
            # Not ==: a list that shrank to one page meanwhile may be past its number.
            if number >= (_MOST_READINGS if shifts else 2):
                if not reading.faults:
                    reading.faults.append("each reading of it gave other rows")
                break
        if table is None:
            table = reading.collected.finish()
        if reading.faults and (strict or reading.cut_short):
            raise self._with_partial(
                IncompleteReadError(
                    f"{self._listing.path} does not add up: {'; '.join(reading.faults)}.",
                    hint=(
                        "The list may be changing while it is read: try again, or pass "
                        + argument("strict", False)
                        + " to take what there is."
                    ),
                ),
                reading,
                table,
            )
        if reading.faults:
            warn(
                f"{self._listing.path} does not add up: {'; '.join(reading.faults)}. The frame is marked "
                "incomplete.",
            )
        for step in then:
            table = step(table)
        table = table.slice(0, self._limit) if self._limit else table
        return table, reading

    def _earlier(self) -> pa.Table | None:
        """Return the keys of what an earlier reading gave; None where it is of another list."""
        table, key = _EARLIER.get(), self._listing.key
        there = table is not None and key and set(key) <= set(table.column_names)
        return _sorted_keys(table, key) if there else None

    def _read_once(
        self, fetch: paging.Fetch, query: Mapping[str, str], max_rows: int | None
    ) -> tuple[_Pass, pa.Table | None]:
        """Read all pages once; there is no table where a page was refused."""
        self._pass = reading = _Pass(self._listing, max_rows, self._steps)
        try:
            return reading, reading.run(fetch, query)
        except BadRequestError as error:
            if reading.pages == 0 or error.status != 400:
                raise self._with_partial(error, reading) from None
            reading.cut_short = True
            reading.faults.append(f"page {reading.pages + 1} was refused ({error.message})")
        except OmniError as error:
            raise self._with_partial(error, reading) from None
        except RecursionError:
            deep = ResponseError("A row of the list is nested too deeply to be read.")
            raise self._with_partial(deep, reading) from None
        return reading, None

    def _with_partial(
        self, error: OmniError, reading: _Pass, table: pa.Table | None = None
    ) -> OmniError:
        """Let an error carry the rows that were read before it, and nothing of the key."""
        error.message = changed(error.message, self._client.hide_key)
        if reading.pages and error.partial is None:
            table = reading.collected.finish() if table is None else table
            facts = self._facts(reading.pages, datetime.now(UTC), reading)
            error.partial = to_frame(table, facts | {"complete": False})
            total = f" of {reading.total:,}" if reading.total is not None else ""
            error.add_note(
                f"Read before it: {reading.pages} page(s), {table.num_rows:,}{total} rows"
                + in_python(IN_PARTIAL)
                + "; none is returned, because half a list looks like a whole one."
            )
        if isinstance(error, ResponseError) and error.url is None:
            error.url = self._client.base_url + self._listing.path
        return error

    def _facts(
        self,
        requests: int,
        fetched_at: datetime,
        reading: _Pass,
        trace_id: str | None = None,
    ) -> dict[str, Any]:
        """Sum up how the list was read; the trace id is that of the last page, none from the cache."""
        return {
            "instance": self._client.base_url,
            "endpoint": self._listing.path,
            "fetched_at": fetched_at.isoformat(timespec="seconds"),
            "requests": requests,
            "from_checkpoint": 0,
            "from_cache": requests == 0,
            "complete": not reading.faults,
            "total": reading.total,
            # A row that nothing tells from others is no doubt while it is alone.
            "duplicates_checked": reading.collected.unchecked < 2,
            "shifts_checked": self._shows_shifts(reading),
            "trace_id": trace_id,
        }

    def _shows_shifts(self, reading: _Pass) -> bool:
        """Whether a row that moved from one page to another would have been noticed."""
        pages = self._listing.pages
        # What the cursors of an unknown list are, nobody has said.
        safe = pages not in paging.BY_OFFSET and pages is not paging.either
        return safe or reading.confirmed or reading.pages <= 1


def _is_the_same_for_all(listing: Listing, query: Mapping[str, str]) -> bool:
    """Whether all keys of an organization are shown the same: nothing of a person, and no unknown list."""
    of_person = "userId" in query or query.get("scope") == "restricted"
    return not (of_person or listing.columns is None or listing.path.startswith(_OF_CALLER))


def _sorted_keys(table: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """Return the keys of all rows; a server may put rows that sort alike in another order each time."""
    return table.select(key).sort_by([(name, "ascending") for name in key])


def _parser(listing: Listing) -> Callable[[bytes], Parsed]:
    """Return what parses the pages of a list."""
    columns, rows = listing.columns, listing.rows
    # A record that becomes several rows, or may be told from others by all it holds, is needed whole.
    whole = listing.unfold is not None or listing.keyless != "refused"
    if whole or columns is None or rows is None or listing.pages not in paging.PAGE_SIZE_PARAMS:
        return strict_json.parse
    return PageParser(columns, (rows,) if isinstance(rows, str) else rows).parse


class _Pass:
    """The pages of one pass over a list, and what is wrong with them."""

    def __init__(
        self,
        listing: Listing,
        max_rows: int | None,
        told: Steps,
    ) -> None:
        self._listing = listing
        self._max_rows = max_rows
        self._told = told
        self.collected = PageCollector(
            listing.columns,
            key=listing.key,
            keyless=listing.keyless,
            unfold=listing.unfold,
            exhaustive=listing.exhaustive,
            max_rows=max_rows,
        )
        self.pages = 0
        self.total: int | None = None
        self.faults: list[str] = []
        #: Whether the reading before it gave the same rows.
        self.confirmed = False
        #: Whether pages are missing for certain; then not even ``strict=False`` returns the others.
        self.cut_short = False

    def run(self, fetch: paging.Fetch, query: Mapping[str, str]) -> pa.Table:
        """Read pages until the end or the wanted number of rows, and return their table."""
        collected = self.collected
        totals: list[int | None] = []
        for page in self._listing.pages(fetch, query, self._listing.rows):
            collected.add(page.records)
            self.pages += 1
            totals.append(page.total)
            # The first page's total is that of the list, whatever later ones count.
            self.total = totals[0]
            self._tell()
            if collected.enough:
                break
        table = collected.finish()
        self.faults += completeness.faults(totals, collected)
        return table

    def _tell(self) -> None:
        """Tell how far it is, in rows and in pages like those that came."""
        rows, total = self.collected.rows, self.total
        if total is not None and self._max_rows is not None:
            total = min(total, self._max_rows)
        left: int | None = None
        if self._listing.pages in paging.IN_ONE_PIECE:
            left = 0
        elif total is not None and rows:
            left = math.ceil(max(0, total - rows) * self.pages / rows)
        self._told.at(rows, total, left=left)
