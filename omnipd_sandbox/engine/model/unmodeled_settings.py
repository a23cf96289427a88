"""Settings of a model that are not modeled, and the words by which an answer depends on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_WORDS = {
    "week_start_day": re.compile("week", re.IGNORECASE),
    "fiscal_month_offset": re.compile(r"fiscal|\bfy\s?\d", re.IGNORECASE),
}
# What only lists timeframes, or is only read by people.
_WITHOUT_BEARING = {
    "ai_context", "default_timeframes", "description", "group_label", "label", "sample_queries",
    "skills", "synonyms", "timeframes", *_WORDS,
}  # fmt: skip


def speaks_of(setting: str, said: Any) -> bool:
    """Tell whether a query, or a file of a model, has words that a setting changes the sense of.

    Rather once too often: a field may be called so, too.
    """
    if isinstance(said, str):
        return _WORDS[setting].search(said) is not None
    if isinstance(said, Mapping):
        return any(
            # The names of fields say nothing, unless a timeframe is cut; isFiscal does when it is on.
            (("[" in str(key) or value is True) and speaks_of(setting, str(key)))
            or speaks_of(setting, value)
            for key, value in said.items()
            if key not in _WITHOUT_BEARING
        )
    return isinstance(said, list | tuple) and any(speaks_of(setting, each) for each in said)
