"""A query of one row, and what its answer tells of how this Omni answers queries."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from omnipd.checkup.compare import form_of
from omnipd.checkup.findings import Finding, Result
from omnipd.checkup.questions import Heard, Questions
from omnipd.checkup.reader_checks import Seen, value_of
from omnipd.checkup.register import objects_in, topic_seen
from omnipd.client import strict_json
from omnipd.frames.records import Record

_AREA = "query"
#: Zones that are shown as they are.
_ZONE = re.compile(r"(?:Etc/)?(?:UTC|GMT)|Zulu|Z|[+-]\d\d:\d\d")
_PATH = "/api/v1/query/run"


def run_tiny_query(questions: Questions, seen: Seen) -> Iterator[Finding]:
    """Ask for one row of two or three fields of the topic that has been read."""
    query = _query(seen)
    if query is None:
        yield Finding(_AREA, "query", "unknown", "no topic with fields has been seen")
        return
    heard = questions.ask(_PATH, body={"query": query})
    lines = [line for line in map(_line, heard.body.splitlines()) if line is not None]
    if heard.status not in {200, 408}:
        remedy = "The query API may be off for the organization, or the key may not query."
        yield Finding(_AREA, "query", "problem", f"refused ({heard.status})", remedy)
        return
    yield _how_it_begins(heard, lines)
    submitted = [one.get("jobs_submitted") for one in lines]
    named = any(value for one in submitted if isinstance(one, dict) for value in one.values())
    yield _told("ids of results", "the server's own" if named else "none", note=named)
    for line in lines:
        if "summary" in line or "query" in line:
            yield from _of_job(line, query)


def _how_it_begins(heard: Heard, lines: list[Record]) -> Finding:
    if heard.status == 408:
        return _told("first answer", "a 408: wait", note=True)
    if any("job_id" in line for line in lines):
        return _told("first answer", "the result")
    if any("jobs_submitted" in line for line in lines):
        return _told("first answer", "the job, and that it has to be waited for", note=True)
    return _told("first answer", "the footer alone: wait", note=True)


def _of_job(line: Record, query: Record) -> Iterator[Finding]:
    echoed = line.get("query")
    under = isinstance(echoed, dict) and "model_job" in echoed
    said = "under model_job" if under else form_of([echoed]) or "not there"
    yield _told("query that the job repeats", said, note=not under)
    summary = line.get("summary")
    fields = objects_in(summary.get("fields") if isinstance(summary, dict) else None)
    form = form_of(one.get("format") for one in fields) or "none seen"
    yield _told("format in results", form, note="object" in form)
    status = line.get("status")
    done = status == "COMPLETE"
    result: Result = "ok" if done else "problem"
    yield Finding(_AREA, "job", result, "complete" if done else "not complete")
    schema = _schema_of(line.get("result"))
    if schema is None:
        yield _told("result", "no Arrow in base64", unknown=True)
        return
    more = len(set(schema.names) - set(query["fields"]))
    yield _told("columns that nobody asked for", str(more) if more else "none", note=bool(more))
    zones = sorted(
        {
            one.type.tz if _ZONE.fullmatch(one.type.tz) else "another"
            for one in schema
            if pa.types.is_timestamp(one.type) and one.type.tz
        }
    )
    yield _told(
        "zone of instants", ", ".join(zones) or "none seen", note=zones not in ([], ["UTC"])
    )


def _query(seen: Seen) -> Record | None:
    """Return a query of a dimension, a measure and an instant, of the topic's own view."""
    topic, model = (
        topic_seen(seen),
        value_of("model_id", "read_models", seen.records.get("read_models", [])),
    )
    base = None if topic is None else topic.get("base_view_name")
    views = (
        [one for one in objects_in(topic.get("views")) if one.get("name") == base] if topic else []
    )
    if model is None or not views:
        return None
    dimensions = _shown(views[0].get("dimensions"))
    measures = sorted(_shown(views[0].get("measures")), key=lambda one: not one.get("format"))
    instants = [one for one in dimensions if one.get("data_type") == "TIMESTAMP"]
    chosen = [*dimensions[:1], *measures[:1], *instants[:1]]
    names = list(dict.fromkeys(str(one["fully_qualified_name"]) for one in chosen))
    if not names or topic is None:
        return None
    return {
        "modelId": model,
        "table": base,
        "fields": names,
        "join_paths_from_topic_name": topic.get("name"),
        "limit": 1,
    }


def _shown(fields: Any) -> list[Record]:
    return [
        one
        for one in objects_in(fields)
        if one.get("fully_qualified_name") and not one.get("hidden")
    ]


def _line(text: bytes) -> Record | None:
    try:
        line = strict_json.loads(text)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def _schema_of(result: Any) -> pa.Schema | None:
    if not isinstance(result, str):
        return None
    try:
        return pa.ipc.open_stream(base64.b64decode(result, validate=True)).schema
    except (binascii.Error, ValueError, pa.ArrowException, OSError):
        return None


def _told(check: str, words: str, *, note: bool = False, unknown: bool = False) -> Finding:
    result: Result = "unknown" if unknown else "note" if note else "ok"
    return Finding(_AREA, check, result, words)
