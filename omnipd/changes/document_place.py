"""Where a document lies: the folder, or the top, and the scope that it has there.

A document in a folder has the folder's scope; at the top it may have either. So a path alone does not say
how a move is taken back, nor who sees the document afterwards. The text of a place says both:
``/finance (organization)``, and ``/ (restricted)`` for the top. Without the scope, none is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from omnipd.changes.values import TEXT, Value, ValueType

Scope = Literal["organization", "restricted"]
_SCOPED = re.compile(r"(?P<path>.*?)\s*\((?P<scope>organization|restricted)\)")


def place(path: str | None, scope: str | None) -> str | None:
    """Return the text of a place; None for the top, without a scope.

    Examples
    --------
    >>> place("finance", "organization"), place(None, "restricted"), place("/", None)
    ('/finance (organization)', '/ (restricted)', None)
    """
    at = "/" + (path or "").strip("/ ")
    if scope is not None:
        return f"{at} ({scope})"
    return None if at == "/" else at


def place_of(row: Mapping[str, Any]) -> str | None:
    """Return where a document lies, by its row."""
    return place(row["folder_path"], row["scope"])


def path_and_scope(value: Value) -> tuple[str | None, str | None]:
    """Return the path of a place, None for the top, and its scope, None where it is not said.

    Examples
    --------
    >>> path_and_scope("/finance (organization)"), path_and_scope(None)
    (('/finance', 'organization'), (None, None))
    """
    text = value if isinstance(value, str) else ""
    scoped = _SCOPED.fullmatch(text)
    path = scoped["path"] if scoped else text
    return None if path in {"", "/"} else path, scoped["scope"] if scoped else None


def _read(cell: Any) -> Value:
    return place(*path_and_scope(str(TEXT.read(cell)).strip()))


def _same(one: Value, other: Value) -> bool:
    """Whether two places are the same; a scope that one of them does not say is no difference."""
    (path, scope), (other_path, other_scope) = path_and_scope(one), path_and_scope(other)
    return path == other_path and (None in {scope, other_scope} or scope == other_scope)


PLACE = ValueType("the path of a folder", _read, str, _same)
