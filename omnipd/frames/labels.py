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

import pandas as pd
import pyarrow as pa

from omnipd.errors import ArgumentError, warn
from omnipd.frames.columns import FLAG, TEXT, Column

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
    if not _is_list(labels):
        raise TypeError("no list of labels")  # text would be spelled
    names = [label if type(label) is str else label["name"] for label in labels]
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
        if type(label) is not dict or "verified" not in label:
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


def explode_labels(df: pd.DataFrame) -> pd.DataFrame:
    """Return one row per item and label.

    Parameters
    ----------
    df : pandas.DataFrame
        With a ``labels`` column as the readers make it (ask for ``include="labels"``), and
        ``labels_verified`` where known. There ``%2C`` stands for a comma in a name, and ``%25``
        for a percent sign that would read as one of the two.

    Returns
    -------
    pandas.DataFrame
        The columns of `df` but for ``labels`` and ``labels_verified``, then ``label`` (string) and
        ``verified`` (bool, null where the server does not say). Items without labels have no row.
        The index is that of `df`, so that a label finds its item.

    Raises
    ------
    ArgumentError
        If there is no ``labels`` column, or it is null throughout: the labels were not asked for.

    See Also
    --------
    omnipd.read_content : Read documents and folders.

    Examples
    --------
    >>> import omnipd
    >>> content = omnipd.flatten_content([
    ...     {"type": "document", "identifier": "d1", "name": "Sales", "labels": ["finance", "weekly"]},
    ... ])
    >>> omnipd.explode_labels(content)[["name", "label", "verified"]]
        name    label  verified
    0  Sales  finance      <NA>
    0  Sales   weekly      <NA>
    """
    if not isinstance(df, pd.DataFrame):
        raise ArgumentError(f"Expected a DataFrame, not {type(df).__name__}.")
    if "labels" not in df.columns:
        raise ArgumentError(
            "The frame has no column 'labels'.", hint='Read it with include="labels".'
        )
    if len(df) and df["labels"].isna().all():
        raise ArgumentError("The labels were not asked for.", hint='Read it with include="labels".')
    joined = [None if pd.isna(value) else str(value) for value in df["labels"]]
    sure = df["labels_verified"] if "labels_verified" in df.columns else [None] * len(df)
    rows: list[int] = []
    names: list[str] = []
    verified: list[bool | None] = []
    for row, (labels, known) in enumerate(zip(joined, sure, strict=True)):
        among = None if pd.isna(known) else set(split_names(str(known)))
        for name in split_names(labels):
            rows.append(row)
            names.append(name)
            verified.append(None if among is None else name in among)
    long = df.drop(columns=["labels", "labels_verified"], errors="ignore").iloc[rows].copy()
    long["label"] = pd.Series(
        pd.array(pa.array(names, TEXT), dtype=pd.ArrowDtype(TEXT)), index=long.index
    )
    long["verified"] = pd.Series(
        pd.array(pa.array(verified, FLAG), dtype=pd.ArrowDtype(FLAG)), index=long.index
    )
    # Of an incomplete frame this is one, too; pandas need not keep it.
    long.attrs.update(df.attrs)
    return long


def _is_list(value: Any) -> bool:
    return type(value) is list or (
        isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    )


def _escaped(name: str) -> str:
    return _LOOKS_ESCAPED.sub("%25", name).replace(",", "%2C")
