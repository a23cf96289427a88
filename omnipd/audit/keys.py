"""What tells the rows of a table from one another, and what its columns hold."""

from __future__ import annotations

from dataclasses import dataclass

from omnipd.admin.inventory_parts import ALL_PARTS
from omnipd.frames.columns import as_json
from omnipd.frames.undeclared import EXTRA
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import list_of

#: Tables that have one row for each parent, or one row at all.
_ONE_ROW = {
    *("ai_credit_controls", "ai_jobs", "dbt", "document_abilities", "document_details"),
    *("model_git", "schedule_details"),
}
#: Tables whose rows have one part of their key and not the other: either names the row.
_EITHER = {"content"}


@dataclass(frozen=True)
class Key:
    """What tells the rows of a table from one another.

    Attributes
    ----------
    columns : tuple of str
        Together; empty where nothing does.
    alone : bool
        Whether there is but one row, so that nothing has to.
    either : bool
        Whether each row has one of the columns.
    """

    columns: tuple[str, ...] = ()
    alone: bool = False
    either: bool = False


def key_of(table: str) -> Key:
    """Return the key of a table of an inventory; of another one none is known.

    Examples
    --------
    >>> key_of("topics").columns, key_of("model_issues").columns
    (('model_id', 'topic'), ())
    """
    if table not in ALL_PARTS:
        return Key()
    held = list_of(ALL_PARTS[table].reader_name)
    parent = held.parent if isinstance(held, FanOut) else ()
    own = held.endpoint.key if isinstance(held, FanOut) else held.key
    if not own and table not in _ONE_ROW:
        return Key()
    columns = tuple(dict.fromkeys([*parent, *own]))
    return Key(columns, alone=not columns, either=table in _EITHER)


def json_columns(table: str) -> set[str]:
    """Return the columns of a table that hold JSON.

    Examples
    --------
    >>> sorted(json_columns("document_queries"))
    ['extra', 'query']
    """
    if table not in ALL_PARTS:
        return set()
    held = list_of(ALL_PARTS[table].reader_name)
    endpoint = held.endpoint if isinstance(held, FanOut) else held
    columns = endpoint.columns or {}
    return {EXTRA, *(name for name, column in columns.items() if column.convert is as_json)}


def declared_columns() -> set[str]:
    """Return the columns of all tables that omnipd reads."""
    return {name for part in ALL_PARTS.values() for name in list_of(part.reader_name).schema.names}
