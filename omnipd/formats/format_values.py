"""Tables and frames with the text that Omni shows in the place of each value."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from itertools import cycle
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.arguments import argument, function, said
from omnipd.errors import ArgumentError, warn
from omnipd.export.spelled import spelled
from omnipd.formats.number_format import number_format
from omnipd.formats.write_numbers import exact_texts, is_number, number_texts
from omnipd.formats.write_times import is_time, is_time_pattern, time_texts
from omnipd.frames import times
from omnipd.frames.from_pandas import column_to_arrow
from omnipd.frames.to_pandas import storable, to_frame
from omnipd.frames.wide import Wide

_NO_FRACTION, _MIDNIGHT = r"\.0+$", r" 00:00:00$"


def format_values(df: pd.DataFrame, formats: Mapping[Any, str] | None = None) -> pd.DataFrame:
    """Return a frame with the text that Omni shows in the place of each value.

    Parameters
    ----------
    df : pandas.DataFrame
        The result of a query. It is not changed.
    formats : dict, optional
        The format of columns by their names, such as ``{"users.credit": "EURCURRENCY_2"}``; of a pivot
        by those of its measures, too. They go
        before those of the model, which are in ``df.attrs["omni"]["formats"]``; None as format is
        none at all.

    Returns
    -------
    pandas.DataFrame
        The same columns and rows, all text. Null stays null. A column without a format, and one
        whose format is not for its type, is the plain text of its values.

    Raises
    ------
    ArgumentError
        If `formats` names a column that the frame does not have.

    Warns
    -----
    OmniWarning
        Once for all formats that are not known; their columns are plain text.

    See Also
    --------
    run_query : ``formatted=True`` does it at once.

    Notes
    -----
    Numbers are exact: decimals and integers are never made floats, and a float stands for the shortest
    decimal that it is printed as. What lies half way between two texts goes away from zero. Commas
    stand between thousands and a point before decimals, whatever locale a model sets: Omni does not
    send that.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     df = (
    ...         omnipd.Query("orders", "orders")
    ...         .select("order_items.status", "order_items.total_sale_price", "order_items.count")
    ...         .sort("order_items.status")
    ...         .run()
    ...     )
    >>> omnipd.format_values(df, {"order_items.count": "NUMBER_0"})
      order_items.status order_items.total_sale_price order_items.count
    0               <NA>                    $1,738.98                40
    1           complete                    $5,328.77               120
    2            pending                    $1,757.61                40
    3           returned                    $1,776.24                40
    """
    if not isinstance(df, pd.DataFrame):
        raise ArgumentError(
            argument("df") + " is no frame.",
            hint="Pass what " + function("run_query") + " returns.",
        )
    known = formats_of(df, formats)
    unknown: dict[str, str] = {}
    texts = {
        str(place): _column(name, column_to_arrow(name, column), _of(name, known), unknown)
        for place, (name, column) in enumerate(df.items())
    }
    _warn_of(unknown)
    if not texts:
        return df.copy()
    shown = to_frame(pa.table(texts), {}).set_axis(df.index).set_axis(df.columns, axis=1)
    shown.attrs = dict(df.attrs)
    return shown


def as_shown(table: pa.Table, formats: Mapping[str, str]) -> pa.Table:
    """Return a table with the text that Omni shows in the place of each value.

    Parameters
    ----------
    table : pyarrow.Table
        Of any columns; each becomes one of text.
    formats : mapping
        The formats of columns by their names.
    """
    unknown: dict[str, str] = {}
    columns = [
        _column(field.name, storable(table.column(place)), formats.get(field.name), unknown)
        for place, field in enumerate(table.schema)
    ]
    _warn_of(unknown)
    return pa.table(columns, names=table.column_names)


def wide_as_shown(wide: Wide, formats: Mapping[str, str]) -> Wide:
    """Return a wide table with the text that Omni shows in the place of each value.

    Parameters
    ----------
    wide : Wide
        Of any columns.
    formats : mapping
        The formats of what its rows and columns are of and of its measures, by their names.
    """
    unknown: dict[str, str] = {}

    def shown(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
        return _column(name, storable(column), formats.get(name), unknown)

    def heads(table: pa.Table) -> pa.Table:
        for place, name in enumerate(table.column_names):
            table = table.set_column(place, name, shown(name, table.column(place)))
        return table

    cells = zip(cycle(wide.measures), wide.cells, strict=False)
    changed = replace(
        wide,
        rows=heads(wide.rows),
        columns=heads(wide.columns),
        cells=tuple(shown(name, column) for name, column in cells),
    )
    _warn_of(unknown)
    return changed


#: The format of columns by their names, and by those of one of their levels; None is none at all.
_Formats = Mapping[Hashable, str | None]


def formats_of(df: pd.DataFrame, given: Mapping[Any, str] | None) -> tuple[_Formats, _Formats]:
    """Return the formats of the columns of a frame: those that were given, and behind them the model's.

    Raises
    ------
    ArgumentError
        For one of a column that the frame does not have.
    """
    facts = df.attrs.get("omni")
    own = facts.get("formats") if isinstance(facts, dict) else None
    known: _Formats = own if isinstance(own, dict) else {}
    if given is None:
        return {}, known
    if not isinstance(given, Mapping):
        raise ArgumentError(
            argument("formats") + " is no dict of columns and their formats.",
            hint="For example {'users.credit': 'USDCURRENCY_2'}.",
        )
    names = {*df.columns}
    names |= {part for name in df.columns if isinstance(name, tuple) for part in name}
    for name, format_ in given.items():
        if name not in names:
            raise ArgumentError(
                argument("formats") + f" has the column {said(name):.60}, which the frame has not."
            )
        if not (format_ is None or isinstance(format_, str)):
            raise ArgumentError(
                argument("formats") + f" has for {said(name):.60} what is no text: the format."
            )
    return given, known


def _of(name: Hashable, formats: Iterable[_Formats]) -> str | None:
    """Return the format of a column; of one with several names, that of the last that has any."""
    names = [name, *reversed(name)] if isinstance(name, tuple) else [name]
    return next((known[each] for known in formats for each in names if each in known), None)


def _column(
    name: Hashable, column: pa.ChunkedArray, format_: str | None, unknown: dict[str, str]
) -> pa.ChunkedArray:
    kind = column.type
    if format_ is None:
        return _plain(column)
    numbers, is_pattern = number_format(format_), is_time_pattern(format_)
    if numbers is not None and is_number(kind):
        return number_texts(column, numbers)
    if is_pattern and is_time(kind):
        return time_texts(column, format_)
    if numbers is None and not is_pattern:
        unknown.setdefault(format_, str(name))
    return _plain(column)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the text of values without a format."""
    kind = column.type
    if pa.types.is_decimal(kind):
        return exact_texts(column)
    if is_time(kind):
        return _plain_times(column)
    [held] = spelled(pa.table({"": column})).columns
    return held.cast(pa.string())


def _plain_times(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return dates and times as ISO 8601 has them, as short as all of a column allow."""
    if pa.types.is_timestamp(column.type) and column.type.tz not in {None, "UTC"}:
        column = pc.local_timestamp(column)
    texts = pc.replace_substring_regex(times.as_text(column), "Z$", "")
    for what in (_NO_FRACTION, _MIDNIGHT):
        if pc.all(pc.match_substring_regex(texts, what)).as_py():
            texts = pc.replace_substring_regex(texts, what, "")
    return texts


def _warn_of(unknown: Mapping[str, str]) -> None:
    if not unknown:
        return
    listed = ", ".join(f"{format_!r:.60} of {name}" for format_, name in unknown.items())
    warn(f"The format is not known, and its values are shown as plain text: {listed}.")
