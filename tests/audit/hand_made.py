"""Tables of an inventory made by hand, with the columns that the readers give them."""

import pandas as pd
import pyarrow as pa

import omnipd
from omnipd.admin.inventory_parts import ALL_PARTS
from omnipd.frames.to_pandas import marked_incomplete, to_frame
from omnipd.lists.manual import list_of


def table(name, *rows, **facts):
    """Return a frame of these rows; what they do not say is null."""
    schema = list_of(ALL_PARTS[name].reader_name).schema
    assert not {key for row in rows for key in row} - {*schema.names}
    made = pa.Table.from_pylist(list(rows), schema=schema)
    return to_frame(made, {"fetched_at": "2026-05-01T12:00:00+00:00", "complete": True} | facts)


def lacking(tables, name, how):
    """Return an inventory whose table is missing, refused or incomplete."""
    kept = {one: frame for one, frame in tables.items() if one != name}
    if how == "incomplete":
        kept[name] = marked_incomplete(tables[name])
    return omnipd.Inventory(kept, {name: "refused"} if how == "refused" else {})


def rows(answer):
    """Return the rows of an answer, null as None."""
    return pa.Table.from_pandas(answer, preserve_index=False).to_pylist()


def by(answer, key, column):
    """Return a column by another one."""
    return {row[key]: row[column] for row in rows(answer)}


def at(text):
    """Return a time in UTC."""
    return pd.Timestamp(text, tz="UTC")
