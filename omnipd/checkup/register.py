"""The register's open questions (docs/wire.md) that reads alone can answer, and how this Omni answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from omnipd.checkup.compare import form_of
from omnipd.checkup.findings import Finding, Result
from omnipd.checkup.looks import Look
from omnipd.checkup.questions import Heard, Questions
from omnipd.checkup.reader_checks import Seen, look_at, value_of
from omnipd.client.api_paths import segment
from omnipd.frames.records import Record, Values

_AREA = "register"
#: An id that nobody has.
_NOBODY = "00000000-0000-4000-8000-000000000000"
_SHAPES = {
    "UUID": re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I),
    "eight letters and digits": re.compile(r"[0-9A-Za-z]{8}"),
}
_CONTENT = Look("read_content")
#: How many calls :func:`ask_register` sends at most.
CALLS = 11


def ask_register(questions: Questions, seen: Seen) -> Iterator[Finding]:
    """Ask what reads alone can tell, each with the calls that it takes."""
    yield from _pages(questions, seen)
    yield from _refused(questions)
    yield _unknown_owner(questions)
    yield from _owner(questions, seen)
    yield _default_page(questions)
    yield from _other_calls(questions, seen)


def told_by_answers(seen: Seen) -> Iterator[Finding]:
    """Yield what the answers tell that are there already."""
    yield _ids(seen)
    yield _scim_page(seen)
    if "read_topics" in seen.records:
        made = sum(one.get("is_composite") is True for one in seen.records["read_topics"])
        yield _told("composite topics", "none" if not made else str(made), note=bool(made))
    if (topic := topic_seen(seen)) is not None:
        yield from _of_topic(topic)
    if rows := seen.records.get("read_dashboard_filters"):
        filters = [one for row in rows for one in objects_in(row.get("filters"))]
        typed = bool(filters) and not any("defaultValue" in one for one in filters)
        form = "objects that name their field in full" if typed else "with kind and defaultValue"
        yield _told("form of dashboard filters", form if filters else "none seen", note=typed)
    if rows := seen.records.get("read_content_issues"):
        issues = [
            issue
            for row in rows
            for document in objects_in(row.get("content"))
            for one in objects_in(document.get("queries_and_issues"))
            for issue in one.get("issues") or ()
        ]
        form = form_of(issues) or "none seen"
        yield _told("issues of content", form, note="object" in form)
    heard = next(iter(seen.answers.values()), None)
    if heard is not None:
        comes = bool(heard.headers.get("x-trace-id"))
        yield _told("x-trace-id", "comes" if comes else "does not come", note=not comes)


def _pages(questions: Questions, seen: Seen) -> Iterator[Finding]:
    """Read two pages of content, and tell what their totals count."""
    first = questions.ask(_CONTENT.listing.path, _CONTENT.params())
    seen.keep(_CONTENT.reader, first)
    yield look_at(_CONTENT, first, seen)
    info = _page_info(first)
    cursor = info.get("nextCursor")
    if not isinstance(cursor, str | int) or isinstance(cursor, bool):
        yield _told("totalRecords", "there is no second page to compare", unknown=True)
        return
    second = questions.ask(_CONTENT.listing.path, _CONTENT.params() | {"cursor": str(cursor)})
    whole, left = info.get("totalRecords"), _page_info(second).get("totalRecords")
    held = len(seen.records.get(_CONTENT.reader, []))
    if not isinstance(whole, int) or not isinstance(left, int):
        yield _told("totalRecords", "it is not there", note=True)
    elif whole == left:
        yield _told("totalRecords", "counts the whole list on every page")
    elif left == whole - held:
        yield _told("totalRecords", "counts what is left of the list", note=True)
    else:
        yield Finding(_AREA, "totalRecords", "problem", "neither the whole nor what is left")


def _refused(questions: Questions) -> Iterator[Finding]:
    """Ask with parameters that some servers refuse, and with one that none knows."""
    for check, params in (
        ("labels as a filter of content", {"labels": "omnipd-doctor"}),
        ("sortField=updatedAt of content", {"sortField": "updatedAt", "sortDirection": "asc"}),
        ("a parameter that nobody knows", {"omnipdDoctor": "1"}),
    ):
        heard = questions.ask(_CONTENT.listing.path, {"pageSize": "1"} | params)
        expected = 400 if "omnipdDoctor" in params else 200
        if heard.is_good or heard.status == 400:
            said = "taken" if heard.is_good else "refused (400)"
            yield _told(check, said, note=heard.status != expected)
        else:
            yield _told(check, heard.said, unknown=True)


def _unknown_owner(questions: Questions) -> Finding:
    heard = questions.ask(_CONTENT.listing.path, {"pageSize": "1", "creatorId": _NOBODY})
    empty = heard.is_good and not _records(heard)
    words = {404: "404"}.get(heard.status, "an empty list" if empty else heard.said)
    return _told("content of an owner whom nobody is", words, note=heard.status != 404)


def _owner(questions: Questions, seen: Seen) -> Iterator[Finding]:
    owner = _first(seen.records.get("read_documents", []), ("owner.id", "ownerId"))
    if owner is None or not seen.answers["read_users"].is_good:
        yield _told("ids of owners", "no owner or no user seen", unknown=True)
        return
    users = seen.records.get("read_users", [])
    if any(one.get("id") == owner for one in users):
        yield _told("ids of owners", "those of users")
        return
    heard = questions.ask(Look("read_users").listing.path + "/" + segment(owner))
    if heard.is_good or heard.status == 404:
        said = "those of users" if heard.is_good else "others than those of users"
        yield _told("ids of owners", said, note=not heard.is_good)
    else:
        yield _told("ids of owners", heard.said, unknown=True)


def _default_page(questions: Questions) -> Finding:
    heard = questions.ask(_CONTENT.listing.path)
    size = _page_info(heard).get("pageSize")
    if not isinstance(size, int):
        return _told("records on a page where nobody says", heard.said, unknown=True)
    return _told("records on a page where nobody says", str(size), note=size != 20)


def _other_calls(questions: Questions, seen: Seen) -> Iterator[Finding]:
    """Ask by GET for calls that change something: 405 says that there is one at that address."""
    folder = _first(seen.records.get("read_folders", []), ("id",))
    document = value_of(
        "document_identifier", "read_documents", seen.records.get("read_documents", [])
    )
    for check, part, path in (
        ("a call that labels folders", folder, "/api/v1/folders/{}/labels"),
        ("drafts below /api/v2/documents", document, "/api/v2/documents/{}/draft"),
    ):
        if part is None:
            yield _told(check, "nothing seen to ask about", unknown=True)
            continue
        heard = questions.ask(path.format(segment(part)))
        there = heard.is_good or heard.status == 405
        known = there or heard.status in {404, 501}
        said = "there" if there else "not there" if known else heard.said
        yield _told(check, f"{said} ({heard.status})", unknown=not known)
    heard = questions.ask("/api/unstable/documents", {"pageSize": "1"})
    said = "answer" if heard.is_good else f"do not answer ({heard.status})"
    yield _told("old paths below /api/unstable", said, note=not heard.is_good)


def _ids(seen: Seen) -> Finding:
    """Tell what ids look like, of users, models and connections."""
    found = []
    for reader in ("read_users", "read_models", "read_connections", "read_groups"):
        values = Values(seen.records.get(reader) or [{}]).first(("id",))
        ids = [one for one in values if isinstance(one, str)]
        shapes = {_shape_of(one) for one in ids}
        what = reader.removeprefix("read_")
        found += [f"{what}: {' or '.join(sorted(shapes))}"] if shapes else []
    short = any("eight" in one for one in found if not one.startswith("groups"))
    return _told("form of ids", ", ".join(found) or "none seen", note=short, unknown=not found)


def _shape_of(identity: str) -> str:
    return next((name for name, shape in _SHAPES.items() if shape.fullmatch(identity)), "other")


def _scim_page(seen: Seen) -> Finding:
    heard = seen.answers.get("read_users")
    content = heard.content if heard is not None and heard.is_good else {}
    total, held = content.get("totalResults"), len(seen.records.get("read_users", []))
    asked = Look("read_users").listing.page_size
    if not isinstance(total, int) or not held:
        return _told("users on a page", "none seen", unknown=True)
    short = held < min(total, asked)
    words = f"{held}, though {asked} were asked for" if short else "as many as are asked for"
    return _told("users on a page", words, note=short)


def _of_topic(topic: Record) -> Iterator[Finding]:
    joins = objects_in(topic.get("relationships"))
    if joins:
        named = all("id" in one for one in joins)
        yield _told("ids of relationships", "there" if named else "not there", note=not named)
    fields = [
        one
        for view in objects_in(topic.get("views"))
        for kind in ("dimensions", "measures")
        for one in objects_in(view.get(kind))
    ]
    spelled = [one.get("display_sql") or one.get("sql") for one in fields]
    if fields:
        blank = not any(spelled)
        yield _told("SQL of fields", "blank" if blank else "shown", note=blank)
        form = form_of(one.get("format") for one in fields) or "none seen"
        yield _told("format of fields", form, note="object" in form)


def topic_seen(seen: Seen) -> Record | None:
    """Return the topic that has been read, None without."""
    heard = seen.answers.get("read_topic_fields")
    topic = heard.content.get("topic") if heard is not None and heard.is_good else None
    return topic if isinstance(topic, dict) else None


def _told(check: str, words: str, *, note: bool = False, unknown: bool = False) -> Finding:
    result: Result = "unknown" if unknown else "note" if note else "ok"
    return Finding(_AREA, check, result, words)


def _page_info(heard: Heard) -> Record:
    info = heard.content.get("pageInfo") if isinstance(heard.content, dict) else None
    return info if isinstance(info, dict) else {}


def _records(heard: Heard) -> list[Record]:
    held = heard.content.get("records") if isinstance(heard.content, dict) else None
    return held if heard.is_good and isinstance(held, list) else []


def _first(records: list[Record], paths: tuple[str, ...]) -> str | None:
    values = Values(records).first(paths) if records else []
    return next((one for one in values if isinstance(one, str) and one), None)


def objects_in(value: Any) -> list[Record]:
    """Return the objects that a list or an object holds."""
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for one in values if isinstance(one, dict)]
