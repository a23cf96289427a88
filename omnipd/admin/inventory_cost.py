"""What an inventory costs, from the server's counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_parts import (
    ALL_PARTS,
    Part,
    Reader,
    is_of_one_list,
    names_of,
    with_needed,
)
from omnipd.arguments import check_choice
from omnipd.call import one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import OmniError, warn
from omnipd.frames.columns import COUNT, NUMBER, TEXT
from omnipd.frames.to_pandas import to_frame
from omnipd.lists.fanout import in_minutes, minutes_for
from omnipd.lists.read_list import REREAD_PAGES
from omnipd.readers.scope_all import ALL
from omnipd.readers.users import read_users

_PAGE = 100
_NAMED = 3


def estimate_inventory(
    *,
    include: Sequence[str] | str | None = None,
    scope: Literal["all", "organization"] = "all",
    client: Client | None = None,
) -> pd.DataFrame:
    """Estimate what :func:`read_inventory` would cost, one row per frame.

    It asks for the first page of each list, for the server's count: nine calls unless more is included.

    Parameters
    ----------
    include, scope, client
        As for :func:`read_inventory`.

    Returns
    -------
    pandas.DataFrame
        ``name`` (string), ``calls`` (int64), ``minutes`` (float64). Calls are those of an empty
        cache; they are null for what cannot be counted. Minutes are null for a client without a
        pace. A frame that is not asked for and is needed by another is there too.

    Raises
    ------
    ArgumentError
        For a name that is not known; nothing was sent.
    AuthenticationError, NetworkError, RateLimitError
        If nothing can be asked.

    Notes
    -----
    The folders that are personal are not known before they are read; each costs one call more for
    ``folder_permissions``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     cost = omnipd.estimate_inventory(include=["users", "document_access"])
    >>> cost[["name", "calls"]]
                  name  calls
    0            users      4
    1        documents      6
    2  document_access    577
    """
    names = names_of(include)
    check_choice("scope", scope, (ALL, "organization"))
    with one_call():
        return Cost(current_client(client), scope).of(with_needed(names, scope))


def calls_of(rows: int, part: Part | None) -> int:
    """Return the calls of so many rows in pages; a short list whose pages are counted is read twice."""
    pages = max(1, -(-rows // _PAGE))
    twice = part is not None and part.counted_pages and 1 < pages <= REREAD_PAGES
    return 2 * pages if twice else pages


class Cost:
    """The calls of frames. Each list is counted once.

    Parameters
    ----------
    client : Client
        Who asks.
    scope : str
        As for :func:`omnipd.read_inventory`.
    """

    def __init__(self, client: Client, scope: str) -> None:
        self._client = client
        self._scope = scope
        self._counted: dict[Reader, int | None] = {}

    def of(self, names: Sequence[str]) -> pd.DataFrame:
        """Return the calls and minutes of each frame."""
        calls = [self.calls(ALL_PARTS[name]) for name in names]
        pace = self._client.requests_per_minute
        minutes = [
            None if number is None or pace is None else minutes_for(number, pace)
            for number in calls
        ]
        columns = {
            "name": pa.array(names, TEXT),
            "calls": pa.array(calls, COUNT),
            "minutes": pa.array(minutes, NUMBER),
        }
        return to_frame(pa.table(columns), {"instance": self._client.base_url})

    def warn(self, calls: Mapping[str, int]) -> None:
        """Warn beforehand of calls that take more than a minute at the pace of the key."""
        whole, pace = sum(calls.values()), self._client.requests_per_minute
        if pace is None or whole <= pace:
            return
        largest = sorted(filter(calls.get, calls), key=calls.__getitem__, reverse=True)
        shown = ", ".join(f"{name} {calls[name]:,}" for name in largest[:_NAMED])
        minutes = in_minutes(minutes_for(whole, pace))
        warn(f"The inventory is about {whole:,} calls ({shown}), {minutes}.")

    def calls(self, part: Part) -> int | None:
        """Return the calls of a frame with an empty cache; None where one of its lists cannot be counted."""
        if not part.pages:
            return 1
        if part.below is not None:
            parents = ALL_PARTS[part.below]
            if parents.below is not None:
                return None  # of them only their own parents are known
            if part.counted is None and not parents.pages:
                return len(parents.read(client=self._client))
            return self._rows(part.counted or parents.read)
        cached = self._client.cache is not None
        if part.same_as is not None:
            return 0 if cached else self.pages(ALL_PARTS[part.same_as])
        needed = [self.pages(part)]
        if part.is_read_by_person(self._scope):
            needed.append(self._rows(read_users))
            needed.append(0 if cached else self.pages(ALL_PARTS["users"]))
        known = [number for number in needed if number is not None]
        return sum(known) if len(known) == len(needed) else None

    def pages(self, part: Part) -> int | None:
        """Return the calls of a list that comes in pages; None where it cannot be counted."""
        rows = self._rows(part.read)
        return None if rows is None else calls_of(rows, part)

    def _rows(self, reader: Reader) -> int | None:
        """Return how many rows the server counts in a list, from its first page."""
        if reader not in self._counted:
            try:
                first = reader(limit=1, client=self._client)
                self._counted[reader] = first.attrs["omni"].get("total")
            except OmniError as error:
                if not is_of_one_list(error):
                    raise
                self._counted[reader] = None
        return self._counted[reader]
