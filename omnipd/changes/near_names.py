"""Names that somebody may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return a question after the nearest of some names, with a space before it; nothing without one.

    Examples
    --------
    >>> did_you_mean("Finanse", ["finance", "marketing"])
    " Did you mean 'finance'?"
    """
    by_fold = {one.casefold(): one for one in names}
    near = difflib.get_close_matches(name.casefold(), by_fold, n=1)
    return f" Did you mean {by_fold[near[0]]!r}?" if near else ""
