"""A result as one document: ``resultType`` csv, json or xlsx."""

from __future__ import annotations

import csv
from io import StringIO

from omnipd_sandbox.api.query.display import Shown
from omnipd_sandbox.api.query.spreadsheet import spreadsheet
from omnipd_sandbox.http.reply import Document, json_reply, to_json

RESULT_TYPES = ("csv", "json", "xlsx")


def result_file(result: Shown, kind: str) -> Document:
    """Write a result as one of the kinds of document."""
    match kind:
        case "csv":
            return Document(_csv(result), content_type="text/csv")
        case "json":
            return Document(to_json(records(result)), content_type="application/json")
        case _:
            return Document(spreadsheet(result), content_type="application/vnd.ms-excel")


def records(result: Shown) -> list[dict[str, object]]:
    """Give the rows as objects, keyed by label."""
    return [dict(zip(result.labels, row, strict=True)) for row in result.rows()]


def timed_out(job_id: str) -> Document:
    """Say that the result is not there yet; here `timed_out` is a boolean (docs/wire.md)."""
    body = {"detail": "Query timed out", "remaining_job_ids": [job_id], "timed_out": True}
    return json_reply(body, status=408)


def _csv(result: Shown) -> bytes:
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(result.labels)
    for row in result.rows():
        writer.writerow([str(value).lower() if isinstance(value, bool) else value for value in row])
    return file.getvalue().encode("utf-8", "surrogatepass")
