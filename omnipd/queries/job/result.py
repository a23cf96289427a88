"""A result as Omni sends it → the columns and rows that were asked for.

Omni sends columns that nobody asked for: sort keys, primary keys, times beside their text. No list of
names covers them, so what is kept is what was asked for (docs/wire.md).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from omnipd.errors import QueryError, ResponseError
from omnipd.frames.arrow_stream import distinct_names
from omnipd.frames.unify_schemas import is_text, wider_type
from omnipd.queries.job.any_case import finder
from omnipd.queries.language.clauses import TRANSPOSED
from omnipd.unicode_text import whole_text

#: The column that tells totals rows from others, when they are kept.
TOTAL_COLUMN = "omni_total"
#: Where a row of a pivoted result stands: in which row, and in which column (docs/wire.md).
PIVOT_ROW, PIVOT_COLUMN = "$omni_pivot_row_num", "$omni_pivot_col_num"


_INDICATORS = (
    "$omni_column_total_indicator",
    "__omni_column_total_indicator",
    "$omni_row_total_indicator",
    "__omni_row_total_indicator",
)
_RESERVED = re.compile(r"^\$omni_|^__omni_|__omni_sort(_\d+)?$|__omni_summ(_\d+)?$")
_SIDECAR = re.compile(r"^(.*)__omni_summ(?:_\d+)?$")
_RAW = re.compile(r"^(.+)__raw$")
_RAW_TIMEFRAME = re.compile(r"^(.+\[[^\[\]]+\])__raw$")
_REPEAT = re.compile(r"_\d+$")


def has_wildcard(fields: Sequence[str]) -> bool:
    """Whether the fields of a query name all of a view or of all views."""
    return any(field.endswith(".*") for field in fields)


def normalize(
    table: pa.Table,
    fields: Sequence[str],
    *,
    totals: bool = False,
    sql: bool = False,
    described: Collection[str] = (),
    transposed: Sequence[str] = (),
    places: bool = False,
) -> pa.Table:
    """Return the columns that were asked for, in that order, and no others.

    Parameters
    ----------
    table : pyarrow.Table
        As decoded.
    fields : sequence of str
        The fields of the query; where there are none, the result's own columns are the request.
    totals : bool
        Keep totals rows, told apart by the column ``omni_total``.
    sql : bool
        Whether the query is SQL: what it selects is the request, and the fields only say an order.
    described : collection of str
        The columns that Omni says the result has, for SQL and wildcards; empty where it says nothing.
    transposed : sequence of str
        The measures of the query that stand below each other instead of side by side.
    places : bool
        Keep, behind all others, the columns that say where a row of a pivoted result stands.

    Raises
    ------
    QueryError
        If the result lacks a field that was asked for.
    """
    marks = _total_marks(table)
    if marks is not None and totals:
        table = _values_from_sidecars(table, marks)
    elif marks is not None and marks.null_count < len(marks):
        table = table.filter(pc.is_null(marks))
    sql = sql or not fields
    table = _without_raw_pairs(table, () if sql else fields)
    names = [name for name in table.column_names if not _RESERVED.search(name)]
    wanted = _transposed(fields, transposed)
    if sql:
        own = _of_sql(names, described)
        asked = list(dict.fromkeys([*_asked_for(own, fields, ()), *own]))
    else:
        asked = _asked_for(names, wanted, described)
    result = table.select(asked)
    if totals:
        column = (
            pa.chunked_array([pa.nulls(table.num_rows, pa.string())]) if marks is None else marks
        )
        result = result.append_column(TOTAL_COLUMN, column)
    for name in (PIVOT_ROW, PIVOT_COLUMN) if places else ():
        if name in table.column_names:
            result = result.append_column(name, table.column(name).cast(pa.int64()))
    return result


def without_places(table: pa.Table) -> pa.Table:
    """Return a result without what says where a row of a pivoted result stands."""
    named = [name for name in (PIVOT_ROW, PIVOT_COLUMN) if name in table.column_names]
    return table.drop_columns(named) if named else table


def _total_marks(table: pa.Table) -> pa.ChunkedArray | None:
    """Return what kind of total each row is, null for ordinary rows; None without indicators."""
    marks = None
    for name in _INDICATORS:
        if name in table.column_names:
            said = table.column(name).cast(pa.string())
            said = pc.if_else(pc.equal(said, ""), pa.scalar(None, pa.string()), said)
            marks = said if marks is None else pc.coalesce(marks, said)
    return marks


def _values_from_sidecars(table: pa.Table, marks: pa.ChunkedArray) -> pa.Table:
    """Take the values of totals rows from their sidecar columns, the first of each wins."""
    base_of = finder({name: name for name in table.column_names})
    done = set()
    is_total = pc.is_valid(marks)
    for name in table.column_names:
        found = _SIDECAR.match(name)
        base = base_of(found[1]) if found else None
        if base is None or base in done:
            continue
        done.add(base)
        column = table.column(base)
        total = table.column(name)
        column = column.cast(_with_totals(base, column.type, total.type))
        total = total.cast(column.type)
        merged = pc.if_else(pc.and_(is_total, pc.is_valid(total)), total, column)
        table = table.set_column(table.column_names.index(base), base, merged)
    return table


def _with_totals(name: str, column: pa.DataType, total: pa.DataType) -> pa.DataType:
    """Return the type of a column with its totals, which may have more digits, or a fraction."""
    if is_text(column):
        return column
    if pa.types.is_decimal(column) and pa.types.is_floating(total):
        return pa.decimal128(pa.decimal128(38).precision, column.scale)
    try:
        return wider_type(name, column, total)
    except ResponseError:
        return column  # where no type holds both, the cast says whether the total fits


def _without_raw_pairs(table: pa.Table, fields: Sequence[str]) -> pa.Table:
    """Keep the value of a field under its plain name, where its text comes under that name beside it.

    In SQL both names may be the caller's own, unless a timeframe stands in them.
    """
    pair = _RAW if fields else _RAW_TIMEFRAME
    for raw in table.column_names:
        found = pair.match(raw)
        if found is None or found[1] not in table.column_names or raw in fields:
            continue
        plain = found[1]
        table = table.drop_columns([plain])
        names = [plain if name == raw else name for name in table.column_names]
        table = table.rename_columns(names)
    return table


def _transposed(fields: Sequence[str], measures: Sequence[str]) -> list[str]:
    """Return the fields with the columns of transposed measures at the place of the first of them."""
    wanted: list[str] = []
    for field in fields:
        if field not in measures:
            wanted.append(field)
        elif TRANSPOSED[0] not in wanted:
            wanted += TRANSPOSED
    return wanted


def _asked_for(names: list[str], fields: Sequence[str], described: Collection[str]) -> list[str]:
    """Return the columns of the fields in the order of the request, each once."""
    find = finder({name: name for name in names})
    said = {name.lower() for name in described}
    kept: dict[str, None] = {}
    missing = []
    for field in fields:
        if field.endswith(".*"):
            view = "" if field == "all_views.*" else field[:-1].lower()
            kept |= dict.fromkeys(
                name
                for name in names
                if name.lower().startswith(view) and (not said or name.lower() in said)
            )
        elif (name := find(field)) is not None:
            kept[name] = None
        else:
            missing.append(field)
    if missing:
        raise QueryError(
            f"The result lacks {', '.join(missing)}; it has {', '.join(names) or 'no columns'}.",
            hint="Check the spelling against the topic's fields.",
        )
    return list(kept)


def _of_sql(names: list[str], described: Collection[str]) -> list[str]:
    """Return the columns that Omni describes, which are those of the SQL.

    Where it describes none, or one that did not come, it does not speak of these columns: all are
    kept, for none that was written may be lost.
    """
    said = {name.lower() for name in described}
    if not said <= {name.lower() for name in names}:
        return names
    # Of columns that are named alike the later ones have a number behind the name.
    return [
        name
        for name in names
        if not said or name.lower() in said or _REPEAT.sub("", name.lower()) in said
    ]


def labeled(table: pa.Table, fields: Any) -> pa.Table:
    """Rename columns to Omni's labels, as :func:`labels_of` has them."""
    described = fields.items() if isinstance(fields, dict) else ()
    labels = {name: field.get("label") for name, field in described if isinstance(field, dict)}
    return table.rename_columns(labels_of(table.column_names, labels))


def labels_of(names: Sequence[str], labels: Mapping[str, Any]) -> list[str]:
    """Return the labels of columns; two columns with one label keep their names behind it.

    The mark of totals is found by its name, and keeps it.
    """
    found = [_label(labels.get(name), name) for name in names]
    return distinct_names(
        [
            f"{label} ({name})" if found.count(label) > 1 and name != TOTAL_COLUMN else label
            for label, name in zip(found, names, strict=True)
        ]
    )


def _label(label: Any, name: str) -> str:
    return str(whole_text(label)) if isinstance(label, str) and label else name
