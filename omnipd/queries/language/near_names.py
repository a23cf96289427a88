"""What a name may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def near_names(name: str, known: Collection[str]) -> str:
    """Return a question with near matches: a like field here, the same elsewhere, else any like one.

    Examples
    --------
    >>> near_names("orders.cuont", ["orders.count", "users.name"])
    'Did you mean orders.count?'
    """
    view, _, own = name.rpartition(".")
    parts = {one: one.partition("[")[0].rpartition(".") for one in known}
    here = {field: one for one, (at, _, field) in parts.items() if at == view}
    found = [here[field] for field in difflib.get_close_matches(own, here, n=2, cutoff=0.75)]
    found += [one for one, (_, _, field) in parts.items() if field == own]
    found = found or difflib.get_close_matches(name, known, n=3, cutoff=0.75)
    return f"Did you mean {' or '.join(list(dict.fromkeys(found))[:3])}?" if found else ""
