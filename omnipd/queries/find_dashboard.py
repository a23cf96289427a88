"""A document by what people have of it: its address in a browser, its identifier, its name."""

from __future__ import annotations

import difflib
import itertools
import json
import re
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from omnipd.arguments import argument, function
from omnipd.client.client import Client
from omnipd.client.settings import shown_host
from omnipd.errors import ArgumentError, NotFoundError
from omnipd.readers.documents import read_documents

#: Where the identifier stands in an address: behind one of these.
_PAGES = ("dashboards", "w")
_PORTS = {"http": 80, "https": 443}
# Slugs that people choose, short ids and UUIDs. What looks otherwise may still be one.
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{2,64}")


def is_like_identifier(text: str) -> bool:
    """Whether a text looks like an identifier rather than like a name.

    Examples
    --------
    >>> is_like_identifier("w9kwzitc27"), is_like_identifier("Weekly sales")
    (True, False)
    """
    return _IDENTIFIER.fullmatch(text) is not None


def read_url(url: str, client: Client) -> tuple[str, dict[str, Any]]:
    """Return the identifier in the address of a dashboard, and the filters that it sets.

    Parameters
    ----------
    url : str
        As a browser shows it.
    client : Client
        Whose Omni it must be.

    Raises
    ------
    ArgumentError
        For an address of another Omni, or of something else.
    """
    try:
        parts = urlsplit(url.strip())
        here, there = _place(urlsplit(client.base_url)), _place(parts)
    except ValueError:
        raise ArgumentError(f"{url!r:.80} is not an address.") from None
    if here != there:
        # Only the host is shown: an address can hold what is nobody's business.
        raise ArgumentError(
            f"The address is on {shown_host(parts.hostname)}, and this client's Omni is {client.base_url}.",
            hint="Pass the identifier of the dashboard, or a client of that Omni.",
        )
    steps = [unquote(step) for step in parts.path.split("/")]
    for page, identifier in itertools.pairwise(steps):
        if page in _PAGES and identifier:
            return identifier, _filters_in(parts)
    raise ArgumentError(
        "The address names no dashboard.",
        hint=f"That of one is {client.base_url}/dashboards/ and its identifier.",
    )


def _place(parts: SplitResult) -> tuple[str | None, int | None]:
    return parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _filters_in(parts: SplitResult) -> dict[str, Any]:
    """Return what an address sets filters to: ``f--view.field=`` and ``c--id=``."""
    found: dict[str, Any] = {}
    for name, text in parse_qsl(parts.query, keep_blank_values=True):
        if name[:3] not in ("f--", "c--"):
            continue
        value: Any = text
        if text.startswith("{"):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                raise ArgumentError(
                    f"The address sets {name[3:]!r:.60} to what cannot be read.",
                    hint="Leave it out of the address, and pass " + argument("filters") + ".",
                ) from None
        if name[3:] in found and found[name[3:]] != value:
            raise ArgumentError(
                f"The address sets {name[3:]!r:.60} twice, to {found[name[3:]]!r:.40} and {value!r:.40}.",
                hint="Leave it out of the address, and pass " + argument("filters") + ".",
            )
        found[name[3:]] = value
    return found


def identifier_of(name: str, client: Client) -> str | None:
    """Return the identifier of the dashboard of a name; None for an identifier that is listed itself.

    Raises
    ------
    ArgumentError
        If several dashboards have the name.
    NotFoundError
        If none has, with near matches.
    """
    listed = read_documents(include=None, client=client)
    if name in set(listed["document_identifier"]):
        return None
    shown = listed[listed["has_dashboard"].fillna(True).astype(bool)]
    found = shown.loc[shown["name"] == name, "document_identifier"].tolist()
    if len(found) > 1:
        raise ArgumentError(
            f"{len(found)} dashboards are named {name!r:.60}.",
            hint=f"Pass the identifier of one: {', '.join(found)}.",
        )
    if found:
        return str(found[0])
    folded = {
        str(each).casefold(): str(each)
        for column in ("document_identifier", "name")
        for each in shown[column].dropna()
    }
    near = [folded[one] for one in difflib.get_close_matches(name.casefold(), folded, n=3)]
    raise NotFoundError(
        f"No dashboard is called {name!r:.60}, neither by identifier nor by name, or it is not "
        "yours to see.",
        hint=f"Did you mean {' or '.join(map(repr, near))}?"
        if near
        else (
            function("read_documents")
            + " has the identifiers; has_dashboard says which have tiles."
        ),
    )
