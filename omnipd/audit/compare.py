"""What has changed between two inventories, exports or frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_frames import Inventory
from omnipd.admin.inventory_parts import ALL_PARTS
from omnipd.admin.since_last import READ_AT
from omnipd.arguments import argument, as_list, check_choice, check_flag, function, said
from omnipd.audit.compare_tables import CHANGES, Compared, changes, not_compared
from omnipd.audit.each_inventory import of_each_inventory
from omnipd.audit.facts import NOT_PERSONAL, facts_in, has_all_scopes
from omnipd.audit.keys import Key, declared_columns, json_columns, key_of
from omnipd.audit.renamed_documents import DOCUMENTS, Renamed, renamed_documents
from omnipd.errors import ArgumentError, ExportError, ExportIncompleteError, warn
from omnipd.export.storable_table import table_for
from omnipd.frames.from_pandas import has_default_index
from omnipd.frames.to_pandas import is_whole, to_frame

_SIDES = ("before", "after")
_INCOMPLETE = "incomplete"
_NOT_ASKED = "not in the inventory"


@of_each_inventory
def diff(
    before: Inventory | pd.DataFrame,
    after: Inventory | pd.DataFrame,
    key: str | Sequence[str] | Mapping[str, str | Sequence[str]] | None = None,
    *,
    include: str | Iterable[str] | None = None,
    ignore: str | Iterable[str] = (),
    allow_incomplete: bool = False,
) -> pd.DataFrame:
    """Return what has changed from one inventory or frame to another.

    The order of rows and columns does not matter, nor do dtypes: an inventory that was just read can
    be compared with an export, and a frame with one that came from a CSV file.

    Parameters
    ----------
    before, after : Inventory or DataFrame
        Two inventories, of which each may be an export as :func:`omnipd.open_export` opens it; or two
        frames.
    key : str, sequence of str or mapping, optional
        The columns that tell one row from another. Of an inventory's tables they are known; a mapping
        from tables to columns names those of tables that omnipd does not know. Of frames the default
        is their index, unless it only numbers the rows. ``[]`` compares rows by all that they hold.
    include : str or iterable of str, optional
        The tables to compare. Default: all.
    ignore : str or iterable of str
        Columns that are not compared, in whatever table, such as ``count_views`` and
        ``last_viewed_at``. What is in a table's key tells its rows apart all the same.
    allow_incomplete : bool, default False
        Compare also what is marked incomplete or could not be read. What rests on it has a null
        ``change``.

    Returns
    -------
    pandas.DataFrame
        One row for each row that was added or removed, and for each value that changed, with these
        columns, all of ``string[pyarrow]``:

        - ``table``: The table; null for frames.
        - ``change``: ``added``, ``removed`` or ``changed``; ``column added`` or ``column removed``,
          once for a column that only one side has; null where it is not known.
        - ``key``: The key of the row; where it has several columns, ``column=value`` for each that is
          not null. Of rows that no key tells apart, all that they hold.
        - ``name``: What the row is called, where it has such a column.
        - ``column``: The column that changed.
        - ``old``, ``new``: Its values, spelled as :func:`omnipd.to_csv` does with ``raw=True``. A null is a
          null, not empty text.
        - ``same_as``: The key of the document that was added, where the one that was removed looks as
          if it had been renamed, and the other way round.
        - ``note``: What else is to be known.

        It is in order by table, change, key and column. ``attrs["omni"]`` says in ``tables`` what was
        compared.

    Raises
    ------
    ArgumentError
        If it is not known what tells the rows of frames apart, or a column or table is not there.
    ExportIncompleteError
        If a side is incomplete.

    See Also
    --------
    diff_summary : How many rows of each table.
    omnipd.open_export : Opens an export of an earlier day.

    Notes
    -----
    Null, NaN, NaT and ``pd.NA`` are equal. Numbers are equal where they are the same number, whatever
    their type, to the last digit; zero has no sign. Instants are equal in any time zone, unit and
    spelling. A time without a zone is no instant. What has no type in common is compared as text, as
    CSV spells it. JSON in tables of an inventory is compared as what it says.

    Rows whose key is null or not unique, and those of tables whose rows have none, such as
    ``model_issues``, are compared by all that they hold, as often as it is there: one that changed is
    removed and added. ``note`` says so.

    A document whose identifier was changed is one change, of ``document_identifier``, where both sides
    have a table with an id that stays with it: ``document_queries``, ``document_drafts``,
    ``schedules`` or ``content_issues``. Its address, and what is below it, is then no change. Else it
    is removed and added, and ``same_as`` names the other if name, folder, owner and connection are the
    same.

    ``read_at``, which exports note, is not compared in inventories.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox(size="tiny"):
    ...     before = omnipd.read_inventory(include=["labels", "users"])
    >>> labels = before["labels"].iloc[1:].copy()
    >>> labels.loc[labels["label"] == "deprecated", "description"] = "Gone soon"
    >>> after = omnipd.Inventory({"labels": labels, "users": before["users"]})
    >>> omnipd.audit.diff(before, after)[["change", "key", "column", "old", "new"]]
        change         key       column                  old        new
    0  removed     finance         <NA>                 <NA>       <NA>
    1  changed  deprecated  description  Kept for reference.  Gone soon
    """
    check_flag("allow_incomplete", allow_incomplete)
    ignored = set(as_list("ignore", ignore))
    if isinstance(before, pd.DataFrame) and isinstance(after, pd.DataFrame):
        if include is not None or isinstance(key, Mapping):
            raise ArgumentError(
                argument("include")
                + " and a "
                + argument("key")
                + " for each table are for inventories; these are two frames."
            )
        return _of_frames((before, after), key, ignored, allow_incomplete)
    if isinstance(before, Inventory) and isinstance(after, Inventory):
        if key is not None and not isinstance(key, Mapping):
            raise ArgumentError(
                argument("key", key) + " does not say of which table.",
                hint="Of an inventory: " + argument("key", {"table": ["column"]}) + ".",
            )
        return _of_inventories((before, after), key or {}, include, ignored, allow_incomplete)
    raise ArgumentError(
        f"Expected two inventories or two frames, not {type(before).__name__} and "
        f"{type(after).__name__}.",
        hint=function("open_export") + " opens an export, inventory['users'] is a frame of one.",
    )


def _of_frames(
    frames: tuple[pd.DataFrame, pd.DataFrame],
    key: str | Sequence[str] | None,
    ignored: set[str],
    allow_incomplete: bool,
) -> pd.DataFrame:
    gaps = tuple(None if is_whole(frame) else _INCOMPLETE for frame in frames)
    lacking = [side for side, gap in zip(_SIDES, gaps, strict=True) if gap]
    _refuse_incomplete(" and ".join(lacking), allow_incomplete)
    if key is None:
        _refuse_unclear_index(frames)
    else:
        frames = (_without_plain_index(frames[0]), _without_plain_index(frames[1]))
    before, after = (_table(*one) for one in zip(_SIDES, frames, strict=True))
    columns = as_list("key", key) if key is not None else before.column_names[: _levels(frames[0])]
    _check_columns("key", columns, before, after, both=True)
    _check_columns("ignore", ignored, before, after)
    for name in ignored.intersection(columns):
        raise ArgumentError(
            argument("ignore", name) + " is in the key, which tells the rows apart."
        )
    compared = Compared(
        None, before, after, Key(tuple(columns)), ignored=ignored, gaps=(gaps[0], gaps[1])
    )
    facts = [_facts([frame]) for frame in frames]
    return _answer([changes(compared)], facts, [None], dict.fromkeys(lacking, _INCOMPLETE))


def _refuse_unclear_index(frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """Refuse frames whose index does not tell which row is which."""
    before, after = (frame.index for frame in frames)
    hint = (
        "Name the column, or columns, that tell one row from another: "
        + argument("key", ...)
        + ". To compare rows by all that they hold: "
        + argument("key", [])
        + "."
    )
    for side, index in zip(_SIDES, (before, after), strict=True):
        if index.nlevels == 1 and index.name is None and pd.api.types.is_integer_dtype(index.dtype):
            raise ArgumentError(f"The index of {side} only numbers its rows.", hint=hint)
    if list(before.names) != list(after.names):
        raise ArgumentError(
            f"The index of before is {said(list(before.names))}, that of after "
            f"{said(list(after.names))}.",
            hint=hint,
        )


def _without_plain_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without an index that has no name: where the rows have a key, it says nothing."""
    return frame.reset_index(drop=True) if set(frame.index.names) == {None} else frame


def _levels(frame: pd.DataFrame) -> int:
    return 0 if has_default_index(frame) else frame.index.nlevels


def _table(side: str, frame: pd.DataFrame) -> pa.Table:
    """Return a frame as a table, the levels of its index first."""
    try:
        return table_for(frame, allow_incomplete=True).replace_schema_metadata()
    except ExportError as error:
        raise ArgumentError(
            f"{side} cannot be compared: {error.message}", hint=error.hint
        ) from None


def _check_columns(
    name: str, columns: Iterable[Any], before: pa.Table, after: pa.Table, *, both: bool = False
) -> None:
    """Refuse a name that is no column, with near ones."""
    held = [set(table.column_names) for table in (before, after)]
    legal = held[0] & held[1] if both else held[0] | held[1]
    for column in columns:
        check_choice(name, column, sorted(legal))


class _Side:
    """The tables of an inventory."""

    def __init__(self, name: str, inventory: Inventory) -> None:
        self._name = name
        self._inventory = inventory
        self._tables: dict[str, pa.Table] = {}

    @property
    def names(self) -> list[str]:
        """The tables that it has, or should have."""
        return [*dict.fromkeys([*self._inventory, *self._inventory.failures])]

    def gap(self, name: str, other: _Side | None = None) -> str | None:
        """Why a table is not known whole, or not as far as another side tells it."""
        if name not in self._inventory:
            return self._inventory.failures.get(name, _NOT_ASKED)
        if not is_whole(self._inventory[name]):
            return _INCOMPLETE
        is_wider = other is not None and other.has_all_scopes(name)
        return NOT_PERSONAL if is_wider and not self.has_all_scopes(name) else None

    def has_all_scopes(self, name: str) -> bool:
        """Whether a table is known to have what is personal, too."""
        part = ALL_PARTS.get(name)
        return part is not None and part.personal and has_all_scopes(self._inventory, name)

    def table(self, name: str) -> pa.Table | None:
        """Return a table; None where there is none."""
        if name not in self._tables and name in self._inventory:
            frame = _without_plain_index(self._inventory[name])
            self._tables[name] = _table(f"{self._name}[{name!r}]", frame)
        return self._tables.get(name)

    def facts(self, names: Iterable[str]) -> dict[str, Any]:
        """Return where and when tables were read."""
        return _facts([self._inventory[name] for name in names if name in self._inventory])


def _of_inventories(
    inventories: tuple[Inventory, Inventory],
    keys: Mapping[str, str | Sequence[str]],
    include: str | Iterable[str] | None,
    ignored: set[str],
    allow_incomplete: bool,
) -> pd.DataFrame:
    before, after = (_Side(*one) for one in zip(_SIDES, inventories, strict=True))
    names = [*dict.fromkeys([*before.names, *after.names])]
    for name in keys:
        check_choice("key", name, names)
    if include is not None:
        asked = as_list("include", include)
        for name in asked:
            check_choice("include", name, names)
        names = [name for name in names if name in asked]
    gaps = {name: (before.gap(name, after), after.gap(name, before)) for name in names}
    lacking = [name for name, both in gaps.items() if set(both) - {None, _NOT_ASKED, NOT_PERSONAL}]
    _refuse_incomplete(", ".join(lacking), allow_incomplete)
    tables = {
        name: (old, new)
        for name in names
        if (old := before.table(name)) is not None and (new := after.table(name)) is not None
    }
    held = {column for pair in tables.values() for one in pair for column in one.column_names}
    for column in ignored:
        check_choice("ignore", column, sorted(held | declared_columns()))
    renamed = _renamed(before, after)
    parts = []
    for name in names:
        if name not in tables:
            parts.append(not_compared(name, _told(gaps[name])))
            continue
        old, new = tables[name]
        key = key_of(name)
        if name in keys:
            key = Key(tuple(as_list("key", keys[name])))
            _check_columns("key", key.columns, old, new, both=True)
        compared = Compared(
            name,
            old,
            new,
            key,
            json_columns(name),
            {*ignored, READ_AT.name},
            renamed,
            gaps[name],
        )
        parts.append(changes(compared))
    open_questions = {name: _told(both) for name, both in gaps.items() if any(both)}
    facts = [side.facts(tables) for side in (before, after)]
    return _answer(parts, facts, list(tables), open_questions)


def _renamed(before: _Side, after: _Side) -> dict[str, Renamed]:
    """Return the documents that were renamed, where all documents of both sides are known."""
    if any(
        side.gap(name) not in {None, _NOT_ASKED} for side in (before, after) for name in DOCUMENTS
    ):
        return {}
    return renamed_documents(before.table, after.table)


def _refuse_incomplete(lacking: str, allow_incomplete: bool) -> None:
    if lacking and not allow_incomplete:
        raise ExportIncompleteError(
            f"What is to be compared is incomplete: {lacking}.",
            hint=(
                "Read it again, or pass "
                + argument("allow_incomplete", True)
                + ": what rests on it is then left open."
            ),
        )


def _told(gaps: tuple[str | None, str | None]) -> str:
    return "; ".join(f"{side}: {gap}" for side, gap in zip(_SIDES, gaps, strict=True) if gap)


def _facts(frames: Iterable[pd.DataFrame]) -> dict[str, Any]:
    """Return which Omni frames are of, and when the first was read."""
    held = [facts_in(frame) for frame in frames]
    fetched = [facts["fetched_at"] for facts in held if facts.get("fetched_at")]
    return {
        "instance": next((facts["instance"] for facts in held if facts.get("instance")), None),
        "fetched_at": min(fetched, default=None),
    }


def _answer(
    parts: Sequence[pa.Table],
    facts: Sequence[dict[str, Any]],
    tables: Sequence[str | None],
    gaps: Mapping[str, str],
) -> pd.DataFrame:
    if gaps:
        told = "; ".join(f"{name} ({why})" for name, why in gaps.items())
        warn(f"Not all is known: {told}. What rests on it is left open.")
    told_of = {
        **dict(zip(_SIDES, facts, strict=True)),
        "tables": list(tables),
        "complete": not gaps,
        **({"failures": dict(gaps)} if gaps else {}),
    }
    return to_frame(pa.concat_tables([CHANGES.empty_table(), *parts]), told_of)
