"""Labels: many on one item, one string in a column.

A frame holds the labels of an item as the API itself writes them in a query: names joined by
commas. A comma inside a name is written ``%2C``, and a name that itself holds ``%2C`` or ``%25``
has ``%25`` for that percent sign, so that each name can be had back; any other percent sign stays.
Older servers send objects with a ``verified`` flag, newer ones plain names; both are read.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from omnipd.errors import warn
from omnipd.frames.columns import TEXT, Column

_ESCAPES = {"%2C": ",", "%25": "%"}
_ESCAPE = re.compile("%2C|%25")
_LOOKS_ESCAPED = re.compile("%(?=2C|25)")


def join_names(labels: Any) -> str:
    """Return the names of a record's labels in the API's notation.

    Examples
    --------
    >>> join_names(["finance", {"name": "q1, q2", "verified": True}])
    'finance,q1%2C q2'
    """
    if type(labels) is not list and not _is_list(labels):
        raise TypeError("no list of labels")  # text would be spelled
    names = [label if isinstance(label, str) else label["name"] for label in labels]
    joined = ",".join(names)
    # Most names have neither sign, and a list has thousands of names.
    if "%" not in joined and joined.count(",") < len(names):
        return joined
    return ",".join(map(_escaped, names))


def join_verified(labels: Any) -> str | None:
    """Return the names of the verified labels; None when the server did not say which are."""
    if not _is_list(labels):
        return None
    for label in labels:
        # The first question is for speed: asking for a Mapping takes ten times as long.
        if not (type(label) is dict or isinstance(label, Mapping)) or "verified" not in label:
            return None
    return join_names([label for label in labels if label["verified"]])


def joined(path: str, key: str, *, doc: str) -> Column:
    """Declare what each object of a list holds under a key, joined as names of labels are.

    Examples
    --------
    >>> joined("groups", "id", doc="Ids of the groups").convert([{"id": "a"}, {"id": "b"}])
    'a,b'
    """
    return Column(TEXT, (path,), doc, functools.partial(_join_each, key))


def _join_each(key: str, objects: Any) -> str:
    if not _is_list(objects):
        raise TypeError("no list")
    return join_names([one.get(key) for one in objects])


def split_names(joined: str | None) -> list[str]:
    """Return the names in a joined string.

    Examples
    --------
    >>> split_names("finance,q1%2C q2")
    ['finance', 'q1, q2']
    """
    names = joined.split(",") if joined else []
    return [_ESCAPE.sub(lambda found: _ESCAPES[found[0]], name) for name in names]


LABELS = Column(
    TEXT,
    ("labels",),
    "Label names, comma-joined; null when not asked for, empty when there are none",
    join_names,
)
LABELS_VERIFIED = Column(
    TEXT,
    ("labels",),
    "The verified ones among them, comma-joined; null when the server does not say",
    join_verified,
)


def having_any(table: pa.Table, names: Iterable[str]) -> pa.Table:
    """Keep the rows that carry at least one of the labels."""
    wanted = {names} if isinstance(names, str) else set(names)
    held = {name for joined in table.column("labels").to_pylist() for name in split_names(joined)}
    for name in sorted(wanted - held):
        near = difflib.get_close_matches(name, held, n=1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        warn(f"Nothing in the list has the label {name!r}.{guess}")
    keep = [
        not wanted.isdisjoint(split_names(joined)) for joined in table.column("labels").to_pylist()
    ]
    return table.filter(pa.array(keep, pa.bool_()))


def _is_list(value: Any) -> bool:
    return type(value) is list or (
        isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    )


def _escaped(name: str) -> str:
    return _LOOKS_ESCAPED.sub("%25", name).replace(",", "%2C")
