"""What became of each file of an import, noted beside it, so that nothing is made twice."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from omnipd.admin.document_files import refuse_link
from omnipd.client import strict_json
from omnipd.client.client import Client
from omnipd.errors import warn

#: The outcomes of a file that is a document now.
MADE = {"ok", "ok_with_issues"}
_IMPORTED_FILE = "imported.jsonl"
#: A line of the notes.
Note = dict[str, Any]


def imported_before(paths: Iterable[Path], client: Client) -> dict[Path, Note]:
    """Return the files that were, or may have been, imported into this Omni, with what is noted."""
    notes: dict[Path, dict[str, Note]] = {}
    for path in paths:
        if path.parent not in notes:
            notes[path.parent] = _notes_in(path.parent / _IMPORTED_FILE, client)
    return {
        path: notes[path.parent][path.name] for path in paths if path.name in notes[path.parent]
    }


def note_import(path: Path, row: Mapping[str, Any], client: Client, not_written: set[Path]) -> None:
    """Note beside a file what became of it, so that nothing is made twice; say once where it cannot."""
    note = {
        "file": path.name,
        "instance": client.base_url,
        "status": row["status"],
        "document_identifier": row.get("document_identifier"),
        "imported_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    notes = path.parent / _IMPORTED_FILE
    try:
        refuse_link(notes)
        with notes.open("ab") as file:
            file.write(json.dumps(note, ensure_ascii=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if notes not in not_written:
            not_written.add(notes)
            warn(
                f"{notes} cannot be written ({type(error).__name__}): another import would make the "
                "documents again."
            )


def _notes_in(file: Path, client: Client) -> dict[str, Note]:
    if not file.exists():
        return {}
    made: dict[str, Note] = {}
    unknown: dict[str, Note] = {}
    for line in file.read_bytes().splitlines():
        try:
            note = strict_json.loads(line)
        except (ValueError, RecursionError):
            continue  # a line that was cut off
        if not isinstance(note, dict) or note.get("instance") != client.base_url:
            continue
        name, status = str(note.get("file")), str(note.get("status"))
        if status in MADE:
            made[name] = note
        elif status == "unknown":
            unknown[name] = note
        else:  # what was sent last was refused
            unknown.pop(name, None)
    return unknown | made
