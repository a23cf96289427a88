"""Dashboards, found by what is written on them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from omnipd.arguments import argument, whole_number
from omnipd.client.client import Client
from omnipd.display import counted
from omnipd.errors import warn
from omnipd.frames.columns import NUMBER, Column, text
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual
from omnipd.lists.params import Param
from omnipd.readers.documents import DOCUMENTS

CONTENT_SEARCH = Endpoint(
    "/api/v1/content/search",
    # No source says what the answer looks like (docs/wire.md).
    pages=paging.either,
    rows=None,
    key=("document_identifier",),
    keyless="whole",
    exhaustive=False,
    params={"query": Param("q")},
    meanings=dict.fromkeys((404, 405), "This Omni does not have the search; it is a newer call."),
    columns={
        **(DOCUMENTS.columns or {}),
        "document_identifier": text(
            "identifier", "documentIdentifier", doc="Identifier of the document"
        ),
        "score": Column(
            NUMBER, ("score", "relevance"), "How well it fits, where the server says so"
        ),
    },
)


def _is_like_a_limit(count: int) -> bool:
    """Whether so many may be all that Omni gives at once; what its limit is, no source says."""
    return count >= 10 and count % 5 == 0


@manual(CONTENT_SEARCH)
def read_content_search(
    query: str,
    *,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the dashboards that hold some words, one row each, the best first.

    Omni looks into names, descriptions, names of queries, folders, labels and creators.

    Parameters
    ----------
    query : str
        What to look for, in words.
    limit : int, optional
        How many to ask for. Without it Omni decides how many come; a warning says so where their
        number looks like a limit.

    See Also
    --------
    omnipd.read_content : All content.

    Notes
    -----
    No source says what the answer looks like: what omnipd does not know of it is in ``extra``, and nothing
    is warned of.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     found = omnipd.read_content_search("delay", limit=3)
    >>> len(found), found.columns[0]
    (3, 'type')
    """
    arguments = dict(locals())
    search = CONTENT_SEARCH
    search.params["query"].encode(
        "query", query
    )  # None too is refused: all dashboards are no answer
    if limit is not None:
        search = replace(search, fixed={"limit": str(whole_number("limit", limit, unit="rows"))})
    found = search.read(arguments)
    if limit is None and _is_like_a_limit(len(found)):
        warn(
            f"Omni gave the best {counted(len(found), 'dashboard')}, and there may be more. Say with "
            + argument("limit", ...)
            + " how many are to come."
        )
    return found
