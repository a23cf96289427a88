"""Any list of Omni as a frame: the way to endpoints that are newer than omnipd."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.arguments import argument, said
from omnipd.client.api_paths import is_api_path
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.frames.columns import TEXT, Column, as_json, to_instant
from omnipd.frames.undeclared import EXTRA
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual
from omnipd.unicode_text import whole_text


@manual()
def read_records(
    path: str,
    *,
    rows: str | None = None,
    params: Mapping[str, Any] | None = None,
    columns: Mapping[str, str | tuple[str, pa.DataType]] | None = None,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read any list of Omni's API, one row per record.

    For endpoints that omnipd has no reader for. Cursor paging is followed where the answer has it.

    Parameters
    ----------
    path : str
        Below the instance's address, for example ``"/api/v1/labels"``. Percent-encode ids in it.
    rows : str, optional
        The key under which the records stand. Default: a bare array, ``records``, or the only
        list in the answer.
    params : mapping, optional
        Query parameters in Omni's spelling. Omni refuses those it does not know. ``pageSize`` is
        not sent unless it is here.
    columns : mapping, optional
        Column name → wire path with dots (``"owner.id"``), or (path, Arrow type). The schema is
        then the same for any number of rows. Default: a column for every key.

    Returns
    -------
    pandas.DataFrame
        With `columns`: those, and ``extra`` with everything else as JSON. Without: a column for
        every key that came, ``owner.id`` as ``owner_id``, lists as JSON text.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     df = omnipd.read_records("/api/v1/content", columns={"title": "name"}, limit=3)
    >>> df.columns.tolist(), len(df)
    (['title', 'extra'], 3)
    """
    _check_columns(columns)
    if rows is not None and not isinstance(rows, str):
        raise ArgumentError(argument("rows", rows) + " must be text: the key of the records.")
    if (
        not isinstance(path, str)
        or whole_text(path) != path
        or not re.fullmatch(r"/api/[^?#\s]+", path)
        or not is_api_path(path)
    ):
        raise ArgumentError(
            argument("path", path) + " is not an API path.",
            hint="Start with /api/ and put query parameters into " + argument("params") + ".",
        )
    endpoint = Endpoint(
        path,
        columns={name: _column(where) for name, where in columns.items()} if columns else None,
        fixed=_fixed(params),
        pages=paging.either,
        rows=rows,
        exhaustive=False,
    )
    return endpoint.read({"limit": limit, "strict": strict, "refresh": refresh, "client": client})


def _check_columns(columns: Any) -> None:
    if columns is not None and not isinstance(columns, Mapping):
        raise ArgumentError(
            argument("columns", columns) + " is not a mapping.",
            hint='Write {"owner_id": "owner.id"}.',
        )
    for name, where in (columns or {}).items():
        if not isinstance(name, str):
            raise ArgumentError(f"columns has the name {name!r:.60}, which is not text.")
        if name == EXTRA or not _names(where):
            raise ArgumentError(
                f"columns[{name!r}] is not a wire path, or a path and an Arrow type.",
                hint="extra is the name of the column that holds everything else.",
            )


def _names(where: Any) -> bool:
    if isinstance(where, tuple):
        return len(where) == 2 and isinstance(where[0], str) and isinstance(where[1], pa.DataType)
    return isinstance(where, str)


def _column(where: str | tuple[str, pa.DataType]) -> Column:
    path, kind = (where, TEXT) if isinstance(where, str) else where
    if pa.types.is_timestamp(kind):
        return Column(kind, (path,), "", to_instant)
    if pa.types.is_string(kind):
        return Column(
            kind, (path,), "", lambda value: value if isinstance(value, str) else as_json(value)
        )
    return Column(kind, (path,), "")


def _fixed(params: Any) -> dict[str, str]:
    """Return query parameters as they are sent."""
    if params is not None and not isinstance(params, Mapping):
        raise ArgumentError(
            argument("params", params) + " is not a mapping.",
            hint='Write {"scope": "organization"}.',
        )
    given = {name: value for name, value in (params or {}).items() if value is not None}
    for name, value in given.items():
        if not isinstance(name, str):
            raise ArgumentError(f"params has the name {name!r:.60}, which is not text.")
        held = value if isinstance(value, list | tuple) else [value]
        if any(_has_no_form(one) for one in held):
            raise ArgumentError(f"params[{name!r}]={said(value):.60} has no form in an address.")
    return {name: _wire(value) for name, value in given.items()}


def _has_no_form(value: Any) -> bool:
    if isinstance(value, str):
        return bool(whole_text(value) != value)
    return value is None or isinstance(value, Iterable)


def _wire(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(_wire, value)) if isinstance(value, list | tuple) else str(value)
