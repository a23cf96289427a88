"""What the page says of an inventory, section by section, each from the questions of an administrator.

A section whose table was not read says so: a number that is not known is never a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from omnipd import audit
from omnipd.admin.inventory_frames import Inventory
from omnipd.audit.facts import reading_time
from omnipd.audit.tables import Question
from omnipd.display import counted
from omnipd.frames.to_pandas import is_whole
from omnipd.readers.folders import folder_tree
from omnipd.report_page.cells import PageTable, addresses_of, joined, page_table
from omnipd.report_page.drawings import Bar, Tile, Treemap, bars, treemap

#: Columns that change with each view: they are no change of somebody's.
_USE = (
    *("count_views", "count_favorites", "count_documents", "visits", "last_viewed_at"),
    *("last_login_at", "last_completed_at", "last_status"),
)
_AGES = ((30, "in 30 days"), (90, "31 to 90 days ago"), (180, "91 to 180 days ago"))
_YEAR = 365
#: Two drawings of the same: one for a desk or paper, one for a phone.
_WIDE, _NARROW = (1000, 520, 15), (380, 460, 13)

#: The numbers at the top, each of rows of a table.
_COUNTS: tuple[tuple[str, str, Callable[[pd.DataFrame], pd.Series[Any]] | None], ...] = (
    ("Documents", "content", lambda frame: _kept(frame)["type"].eq("document")),
    ("Folders", "content", lambda frame: _kept(frame)["type"].eq("folder")),
    ("Active users", "users", lambda frame: frame["active"]),
    ("Groups", "groups", None),
    ("Labels", "labels", None),
    ("Schedules", "schedules", None),
    ("API keys", "api_keys", None),
    ("Models", "models", None),
)


@dataclass(frozen=True)
class Count:
    """A number at the top; None where its table was not read whole."""

    label: str
    number: int | None


@dataclass(frozen=True)
class BarChart:
    """Bars under a caption."""

    caption: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    id, title : str
        Its anchor and its heading.
    lead : str
        What is found, in a sentence.
    treemaps : tuple of Treemap
        One drawing for wide screens and one for narrow ones.
    charts : tuple of BarChart
        Bars.
    tables : tuple of PageTable
        Tables.
    notes : tuple of str
        What is not known in it.
    command : str
        The command that has all of it.
    """

    id: str
    title: str
    lead: str
    treemaps: tuple[Treemap, ...] = ()
    charts: tuple[BarChart, ...] = ()
    tables: tuple[PageTable, ...] = ()
    notes: tuple[str, ...] = ()
    command: str = ""


def counts(inventory: Inventory) -> list[Count]:
    """Return how many there are of what an organization has."""
    found = []
    for label, name, of in _COUNTS:
        frame = inventory.get(name)
        if frame is None or not is_whole(frame):
            found.append(Count(label, None))
        else:
            found.append(Count(label, len(frame) if of is None else int(of(frame).sum())))
    return found


def sections(
    inventory: Inventory, before: Inventory | None, days: int, now: datetime | None
) -> Iterator[Section]:
    """Yield the sections in the order of the page."""
    moment = reading_time(inventory, "content", now)
    content = _kept(inventory["content"])
    yield _folders(inventory["content"], content)
    yield _views(inventory, content, days, moment)
    yield _schedules(inventory)
    yield _owners(inventory, content)
    yield _access(inventory, content, days, moment)
    yield _issues(inventory)
    if before is not None:
        yield _changes(before, inventory)
    yield _quality(inventory)


def _kept(content: pd.DataFrame) -> pd.DataFrame:
    """Return content but for what is known to be in the trash."""
    return content[~content["deleted"].fillna(False).astype(bool)]


def _missing(inventory: Inventory, *names: str) -> str:
    """Return why there is no answer, or nothing where all tables are there."""
    gone = [name for name in names if name not in inventory]
    if not gone:
        return ""
    why = [f"{name} ({inventory.failures.get(name, 'not asked for')})" for name in gone]
    return f"Not known: it needs {joined(why)}."


def _gaps(inventory: Inventory, question: Question[..., Any]) -> tuple[str, ...]:
    """Return what an answer would rest on, too, and was not read whole."""
    gone = [
        name
        for name in (*question.needs, *question.also)
        if name not in inventory or not is_whole(inventory[name])
    ]
    if not gone:
        return ()
    return (f"Not read, or not whole: {joined(gone)}. What rests on that may be missing here.",)


def _folders(everything: pd.DataFrame, content: pd.DataFrame) -> Section:
    documents = content[content["type"] == "document"]
    tree = folder_tree(content)
    top = tree[tree["depth"] == 1]
    tiles = [
        Tile(str(path), int(total), None if pd.isna(views) else int(views))
        for path, total, views in zip(
            top["path"], top["total_documents"], top["total_views"], strict=True
        )
    ]
    outside = documents[documents["folder_id"].isna()]
    views = outside["count_views"]
    tiles.append(
        Tile("(in no folder)", len(outside), None if views.isna().any() else int(views.sum()))
    )
    shown = pd.DataFrame(
        [(tile.name, tile.documents, tile.views) for tile in tiles],
        columns=["folder", "documents", "views"],
    ).astype({"documents": "int64[pyarrow]", "views": "int64[pyarrow]"})
    shown = shown.sort_values(["documents", "folder"], ascending=[False, True])
    lead = (
        f"{counted(len(documents), 'document')} in {counted(len(tree), 'folder')}. A tile is as large as "
        "its documents are many, and the darker, the more often each of them is viewed."
    )
    trash = len(everything) - len(content)
    return Section(
        "folders",
        "Where the content is",
        lead,
        treemaps=tuple(treemap(tiles, *size) for size in (_WIDE, _NARROW)),
        tables=(
            page_table(
                "Folders at the top, with all below them",
                shown,
                {"folder": "Folder", "documents": "Documents", "views": "Views"},
            ),
        ),
        notes=(f"Left out, since it is in the trash: {trash:,}.",) if trash else (),
        command="omnipd content",
    )


def _views(inventory: Inventory, content: pd.DataFrame, days: int, now: datetime) -> Section:
    found = audit.unused(inventory, days=days, now=now)
    documents = content[content["type"] == "document"]
    candidates = found[
        (found["viewed"] != "unknown") & found["has_reason_to_stay"].eq(False).fillna(False)
    ].sort_values("days_since_view", ascending=False, na_position="first")
    return Section(
        "views",
        "What is looked at",
        f"{counted(len(found), 'document')} of {len(documents):,} were not seen to be viewed in {days:,} "
        f"days. Of these, {len(candidates):,} have no known reason to stay: no schedule, no favorite, no "
        "verified label, no change lately, no document that leads to them.",
        charts=(BarChart("Documents by when they were last viewed", bars(_ages(inventory, now))),),
        tables=(
            page_table(
                "Without a view and without a reason to stay, the longest first",
                candidates,
                {
                    "name": "Document",
                    "folder_path": "Folder",
                    "owner_name": "Owner",
                    "last_viewed_at": "Last view",
                    "count_views": "Views",
                },
                addresses=addresses_of(content),
            ),
        ),
        notes=_gaps(inventory, audit.unused),
        command=f"omnipd audit unused --days {days}",
    )


def _ages(inventory: Inventory, now: datetime) -> list[tuple[str, int]]:
    """Return how many documents were last viewed when."""
    everything = audit.unused(inventory, days=0, now=now + timedelta(days=1))
    since = everything["days_since_view"] - 1
    ages = dict.fromkeys(
        [label for _, label in _AGES]
        + ["181 to 365 days ago", "longer ago", "never", "Omni does not tell when"],
        0,
    )
    for viewed, days in zip(everything["viewed"], since, strict=True):
        if viewed == "never":
            ages["never"] += 1
        elif pd.isna(days):
            ages["Omni does not tell when"] += 1
        else:
            label = next((label for most, label in _AGES if days <= most), None)
            ages[label or ("181 to 365 days ago" if days <= _YEAR else "longer ago")] += 1
    return list(ages.items())


def _schedules(inventory: Inventory) -> Section:
    title, command = "Schedules in trouble", "omnipd audit schedule-health"
    if why := _missing(inventory, *audit.schedule_health.needs):
        return Section("schedules", title, why)
    health = audit.schedule_health(inventory)
    troubled = health[health["findings"].fillna("") != ""]
    kinds = troubled["findings"].str.split(",").explode().value_counts()
    return Section(
        "schedules",
        title,
        f"{counted(len(troubled), 'schedule')} of {len(health):,} have a finding.",
        charts=(_kinds("Schedules by finding", kinds),) if len(kinds) else (),
        tables=(
            page_table(
                "Schedules with a finding",
                troubled,
                {
                    "name": "Schedule",
                    "dashboard_name": "Dashboard",
                    "findings": "Findings",
                    "owner_name": "Owner",
                    "last_status": "Last status",
                },
            ),
        ),
        notes=_gaps(inventory, audit.schedule_health),
        command=command,
    )


def _kinds(caption: str, numbers: pd.Series[int]) -> BarChart:
    return BarChart(
        caption, bars([(str(name).replace("_", " "), int(n)) for name, n in numbers.items()])
    )


def _owners(inventory: Inventory, content: pd.DataFrame) -> Section:
    found = audit.orphans(inventory)
    known = found[found["id"].notna() | found["name"].notna()]
    return Section(
        "owners",
        "What belongs to nobody",
        f"{counted(len(known), 'finding')}: owners who are gone or deactivated, and what has no readers, no "
        "document, no content or no members.",
        charts=(_kinds("By kind", known["kind"].value_counts()),) if len(known) else (),
        tables=(
            page_table(
                "Findings",
                known,
                {
                    "name": "Name",
                    "type": "Type",
                    "kind": "Finding",
                    "folder_path": "Folder",
                    "refers_to_name": "Refers to",
                },
                addresses=addresses_of(content),
                of="id",
            ),
        ),
        notes=_gaps(inventory, audit.orphans),
        command="omnipd audit orphans",
    )


def _access(inventory: Inventory, content: pd.DataFrame, days: int, now: datetime) -> Section:
    documents = content[content["type"] == "document"]
    charts = [_kinds("Documents by scope", documents["scope"].fillna("not known").value_counts())]
    tables, notes, said = [], [], []
    if why := _missing(inventory, "document_access"):
        notes.append(f"Who was given access by name: {why[0].lower()}{why[1:]}")
    else:
        access = inventory["document_access"]
        direct = access[
            (access["access_source"] == "direct") & (access["principal_type"] == "user")
        ]
        said.append(
            f"{counted(direct['document_identifier'].nunique(), 'document')} are shared with somebody by name"
        )
        per_document = (
            direct.groupby("document_identifier").size().rename("people").reset_index()
        ).merge(documents[["document_identifier", "name", "scope", "owner_name"]])
        tables.append(
            page_table(
                "Shared with most people by name",
                per_document.sort_values(["people", "name"], ascending=[False, True]),
                {"name": "Document", "people": "People", "scope": "Scope", "owner_name": "Owner"},
                addresses=addresses_of(content),
            )
        )
    if why := _missing(inventory, "users"):
        notes.append(f"Who does not sign in: {why[0].lower()}{why[1:]}")
    else:
        users = inventory["users"]
        active = users[users["active"].fillna(False).astype(bool)]
        away = active[
            active["last_login_at"].isna() | (active["last_login_at"] < now - timedelta(days=days))
        ]
        said.append(
            f"{counted(len(away), 'active user')} of {len(active):,} are not known to have signed in for "
            f"{days:,} days"
        )
        tables.append(
            page_table(
                "Active, and not known to have signed in lately",
                away.sort_values("last_login_at", na_position="first"),
                {
                    "display_name": "Name",
                    "email": "Address",
                    "last_login_at": "Last sign-in",
                    "group_names": "Groups",
                },
            )
        )
    return Section(
        "access",
        "Who sees what",
        f"{joined(said)}." if said else "",
        charts=tuple(charts),
        tables=tuple(tables),
        notes=tuple(notes),
        command="omnipd audit access",
    )


def _issues(inventory: Inventory) -> Section:
    title = "What is broken"
    if why := _missing(inventory, *audit.validate.needs):
        return Section("issues", title, why)
    issues = audit.validate(inventory)
    return Section(
        "issues",
        title,
        f"Omni's own checks name {counted(len(issues), 'issue')} in models and content.",
        charts=(_kinds("By severity", issues["severity"].fillna("not said").value_counts()),)
        if len(issues)
        else (),
        tables=(
            page_table(
                "Issues",
                issues,
                {
                    "issue": "Issue",
                    "issue_of": "Of",
                    "document_name": "Document",
                    "view": "View",
                    "field": "Field",
                },
            ),
        ),
        notes=_gaps(inventory, audit.validate),
        command="omnipd audit validate",
    )


def _changes(before: Inventory, inventory: Inventory) -> Section:
    found = audit.diff(before, inventory, ignore=list(_USE))
    summary = audit.diff_summary(found)
    kinds = ["added", "removed", "changed"]
    moved = summary[summary[kinds].sum(axis=1) > 0]
    unknown = summary[summary["not_known"] > 0]["table"].tolist()
    since = reading_time(before, "content", None)
    columns = {"table": "Table", **{kind: kind.capitalize() for kind in kinds}}
    return Section(
        "changes",
        "What has changed",
        f"Since {since:%Y-%m-%d %H:%M} UTC, {counted(len(moved), 'table')} changed. How often things are "
        "viewed is not compared.",
        tables=(
            page_table("Rows by table", moved, columns),
            page_table(
                "Changes",
                found,
                {
                    "table": "Table",
                    "change": "Change",
                    "name": "Name",
                    "column": "Column",
                    "old": "Before",
                    "new": "Now",
                },
            ),
        ),
        notes=(f"Not known in {joined(unknown)}.",) if unknown else (),
        command="omnipd audit diff",
    )


def _quality(inventory: Inventory) -> Section:
    rows: list[tuple[str, int, str]] = [
        (name, len(frame), "whole" if is_whole(frame) else "not whole")
        for name, frame in inventory.items()
    ]
    failed: Sequence[tuple[str, None, str]] = [
        (name, None, why) for name, why in inventory.failures.items() if name not in inventory
    ]
    frame = pd.DataFrame([*failed, *rows], columns=["table", "rows", "state"])
    frame["rows"] = frame["rows"].astype("int64[pyarrow]")
    whole = sum(state == "whole" for *_, state in rows)
    return Section(
        "quality",
        "How well it was read",
        f"{whole:,} of {counted(len(frame), 'table')} are whole."
        + (
            ""
            if inventory.complete
            else " What is not whole, or was refused, is not counted as none."
        ),
        tables=(page_table("Tables", frame, {"table": "Table", "rows": "Rows", "state": "State"}),),
    )
