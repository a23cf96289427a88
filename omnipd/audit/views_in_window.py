"""How often documents were viewed in a window of time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import pandas as pd

from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import argument, check_choice
from omnipd.audit.export_history import History, Reading
from omnipd.audit.facts import NOT_PERSONAL, facts_of, has_all_scopes
from omnipd.audit.tables import Tables, question
from omnipd.audit.views_between import (
    CONTENT,
    DOCUMENTS,
    Counted,
    Row,
    sums,
    sums_schema,
    views_between,
)
from omnipd.cache.lifetime import checked_lifetime, in_words
from omnipd.errors import ArgumentError, warn

#: What documents are summed up by, and the columns that name it.
_BY: dict[str, tuple[str, ...]] = {
    "document": (),
    "owner": ("owner_id", "owner_name"),
    "folder": ("folder_id", "folder_path"),
}
#: What two exports have in common that show the same: the Omni, the key, whom it acts for, the scopes.
_SAME = {
    "instance": "another Omni",
    "key": "another key",
    "user_id": "another person",
    "scope": "another scope",
}
#: A baseline that makes the window longer than this is told.
_TOLERATED = 1.1


@question(CONTENT)
def usage(
    exports: str | os.PathLike[str] | Iterable[Inventory | tuple[datetime | str, Inventory]],
    window: str | float | timedelta = "30d",
    *,
    by: Literal["document", "owner", "folder"] = "document",
    storage_options: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Return how often documents were viewed in a window of time.

    Omni counts the views of a document since it was made. What was viewed in a window is how much the
    counter has grown from one export to another: from the last one that was begun at or before the window's
    start, to the last of all, at which the window ends.

    Parameters
    ----------
    exports : path-like or iterable of Inventory
        The folder that :func:`omnipd.export_inventory` writes to, or its address; only the manifests and
        tables of two exports are read. Or inventories in any order: each says itself when it was read,
        or is a pair ``(time, inventory)``, with a time as :func:`omnipd.open_export` takes it. They
        need ``content``.
    window : str, float or timedelta, default "30d"
        How long the window is: ``"30d"``, ``"12h"``, or seconds.
    by : {"document", "owner", "folder"}, default "document"
        One row for each document; or for all documents of an owner, or directly in a folder.
    storage_options : mapping, optional
        As for :func:`omnipd.to_parquet`.

    Returns
    -------
    pandas.DataFrame
        By document, in the order of the last export and then those that are not in it any more:

        - ``document_identifier``, ``name``, ``scope``, ``owner_id``, ``owner_name``, ``folder_id``,
          ``folder_path``: as in ``content``.
        - ``views``, ``visits``: how much ``count_views`` and ``visits`` have grown; null where that is not
          known.
        - ``count_views_before``, ``count_views``: the counter at the start and at the end.
        - ``last_viewed_at``: as in ``content``.
        - ``change``: ``added``, ``removed`` or ``renamed`` between the two exports; null otherwise, and
          where that is not known.
        - ``renamed_from``: the identifier that it had.
        - ``measured_from``, ``measured_to``: when the counters were read.
        - ``unknown``: why ``views`` is null.

        By owner or folder, in order of its name:

        - ``owner_id`` and ``owner_name``, or ``folder_id`` and ``folder_path``: null for documents
          without.
        - ``documents``: how many there are in either export.
        - ``views``, ``visits``: the sums; null where a part is not known.
        - ``known_views``, ``known_visits``: the sums of what is known; null where nothing is.
        - ``documents_unknown``: of how many the views are not known.
        - ``measured_from``, ``measured_to``: the earliest and the latest of the documents whose views are
          known.
        - ``unknown``: why ``views`` is null, with the number of documents.

    Raises
    ------
    ArgumentError
        If there is no export or inventory with ``content``, or the two are of different Omnis, keys,
        people or scopes.
    ExportError
        If an export cannot be read.

    See Also
    --------
    omnipd.audit.diff : What else has changed between two exports.

    Notes
    -----
    Views are null, never zero, where they are not known: there is no export at or before the window's
    start; the document is not in both exports; a counter is missing, or fell, as it does when it is reset.
    No list of Omni's says when a document was made, so that one which is new in the window may as well
    have been restored: its ``count_views`` is the most that it can have been viewed. A counter that
    was reset and has grown beyond what it was cannot be told from one that was not.

    A document that was given another identifier is found where the exports have an id that stays with it,
    as :func:`omnipd.audit.diff` does. Else it is removed and added. Where another document has taken the
    identifier of one that is gone, the two are taken for one.

    Exports are not exactly one window apart: ``measured_from`` and ``measured_to`` say what was measured,
    and a warning says if it is more than a tenth longer than `window`. An export counts from when it was begun.
    With ``since="last"`` it may have taken what is personal from an export before: these documents have
    the times at which they were read.

    Examples
    --------
    >>> import datetime, omnipd
    >>> day, history = datetime.datetime(2026, 9, 1, tzinfo=datetime.UTC), []
    >>> with omnipd.sandbox(documents=20, now=lambda: day, cache=False):
    ...     while day < datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC):
    ...         history.append((day, omnipd.read_inventory(include="content")))
    ...         day += datetime.timedelta(days=20)
    >>> views = omnipd.audit.usage(history, window="40d")
    >>> views.loc[views["views"] > 100, ["document_identifier", "views", "count_views"]]
       document_identifier  views  count_views
    5            report-13    120         1825
    17          qtlk7w1t10    200         2149
    18           hce5n3vc1    120          277
    """
    check_choice("by", by, _BY)
    span = checked_lifetime(window, "window", can_be_off=False)
    if span is None:
        raise ArgumentError(
            argument("window", window) + " is no time for anybody to view anything."
        )
    history = History(exports, storage_options)
    last = history.last(CONTENT)
    if last is None:
        raise ArgumentError(
            argument("exports") + " have no content.",
            hint="What is needed: " + argument("include", [CONTENT], of="export_inventory") + ".",
        )
    begin = last.at - span
    first = history.last(CONTENT, begin)
    tables = Tables(last.inventory, usage)
    end = Counted(last, tables[CONTENT], tables.is_known(CONTENT))
    no_start = f"there is no export at or before {_said(begin)}"
    start = None
    if first is None:
        tables.gaps["content at the start"] = no_start
    else:
        _refuse_other(first, last)
        before = Tables(first.inventory, usage)
        start = Counted(first, before[CONTENT], before.is_known(CONTENT))
        if not start.is_whole:
            tables.gaps["content at the start"] = before.gaps[CONTENT]
        _tell_of_gap(first, last, span)
        _note_scopes(tables, start, end)
    if history.passed_over:
        warn(f"Passed over, without content: {', '.join(history.passed_over)}.")
    rows = views_between(start, end, no_start)
    if by == "document":
        return tables.answer(DOCUMENTS, rows)
    return tables.answer(sums_schema(_BY[by]), _sums(rows, by, start, end))


def _sums(rows: Iterable[Row], by: str, start: Counted | None, end: Counted) -> list[Row]:
    lacking = [
        which
        for which, side in (("start", start), ("end", end))
        if side is not None and not side.is_whole
    ]
    incomplete = f"content is incomplete at the {' and the '.join(lacking)}" if lacking else None
    return sums(rows, _BY[by], incomplete)


def _refuse_other(first: Reading, last: Reading) -> None:
    """Refuse two readings that do not show the same."""
    one, other = _facts(first), _facts(last)
    for fact, what in _SAME.items():
        if fact in one and fact in other and one[fact] != other[fact]:
            # A key is told by no more than that it is another one.
            told = "" if fact == "key" else f": {one[fact]}, not {other[fact]}"
            raise ArgumentError(
                f"The export {first.name} is of {what} than {last.name}{told}. Their counters are not those "
                "of one history.",
                hint="Keep the exports of each Omni and key in a folder of their own, or give a "
                + argument("window")
                + " that begins after the change.",
            )


def _note_scopes(tables: Tables, start: Counted, end: Counted) -> None:
    """Note what is personal where only one reading is known to have it: it is neither new nor gone."""
    sides = {"start": start, "end": end}
    known = {which: has_all_scopes(side.reading.inventory) for which, side in sides.items()}
    for which, side in sides.items():
        if any(known.values()) and not known[which] and side.is_whole:
            side.is_whole = False
            tables.gaps[f"{CONTENT} at the {which}"] = NOT_PERSONAL


def _facts(reading: Reading) -> Mapping[str, Any]:
    """Return what an export says of itself; an inventory that was read says only of which Omni it is."""
    manifest = getattr(reading.inventory, "manifest", None)
    if manifest is not None:
        return {fact: manifest[fact] for fact in _SAME if fact in manifest}
    instance = facts_of(reading.inventory, CONTENT).get("instance")
    return {} if instance is None else {"instance": instance}


def _tell_of_gap(first: Reading, last: Reading, span: timedelta) -> None:
    if last.at - first.at > span * _TOLERATED:
        warn(
            f"Measured from {_said(first.at)} to {_said(last.at)}, which is longer than "
            f"{in_words(span)}: no export was begun between {_said(first.at)} and "
            f"{_said(last.at - span)}."
        )


def _said(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds")
