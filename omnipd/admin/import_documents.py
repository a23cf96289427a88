"""Documents into Omni, from the files of an export.

An import always makes a new document, so none is ever sent twice: where the answer is lost, the
outcome is "unknown" and stays so.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.check_import import ModelFields, told
from omnipd.admin.document_files import (
    NEEDED,
    export_files,
    exported_identifiers,
    name_of,
    read_export,
    refuse_same_document,
)
from omnipd.admin.import_notes import MADE, Note, imported_before, note_import
from omnipd.admin.outcome import BROKEN_OFF, frame_of, warn_of_mended_rows
from omnipd.arguments import argument, check_flag, check_id
from omnipd.call import one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import (
    ArgumentError,
    AuthenticationError,
    DeadlineError,
    OmniError,
    OutcomeUnknownError,
    warn,
)
from omnipd.progress import steps
from omnipd.readers.model_list import model_id

_IMPORT = "/api/unstable/documents/import"
_PASSED = (*NEEDED, "dashboard", "workbookModel", "fileUploads")
_SKIPPED = "It was imported into this Omni before."
_LOST = (
    "It was sent to this Omni before, and the answer was lost: look for its name, then "
    + argument("again", True)
    + "."
)
_OUTCOME = pa.schema(
    [
        ("file", pa.string()),
        ("name", pa.string()),
        ("status", pa.string()),
        ("document_identifier", pa.string()),
        ("document_id", pa.string()),
        ("issues", pa.string()),
        ("error", pa.string()),
    ]
)


def import_documents(
    folder: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    model: str,
    folder_path: str | None = None,
    check: bool = True,
    again: bool = False,
    keep_identifiers: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Create a document from each file of an export.

    Every file is read and checked before anything is sent. Each is then sent once: what fails is
    named, what may or may not have worked is ``unknown``, and neither is sent again by itself. An
    import always makes a new document, never changes one. So what became of each file is noted
    beside it, in ``imported.jsonl``, and a file that was, or may have been, imported into the same
    Omni before is left out.

    Parameters
    ----------
    folder : path-like, or iterable of path-like
        A folder that :func:`export_documents` wrote, or single files of one.
    model : str
        The shared model to build on: its id or its name. It must have the fields that the documents use.
    folder_path : str, optional
        Folder for the new documents. Default: none.
    check : bool, default True
        Look first whether the model has the fields and topics that the documents use, which takes one
        request, and one for each topic.
    again : bool, default False
        Also make a document of a file that was, or may have been, imported into this Omni before.
    keep_identifiers : bool, default False
        Give each document the identifier that it was exported by, which ``manifest.jsonl`` beside the file
        says. Omni refuses one that it has already. By default it makes new ones.
    client : Client, optional
        Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment.

    Returns
    -------
    pandas.DataFrame
        The outcome, one row per file: ``file``, ``name``, ``status``, ``document_identifier``,
        ``document_id``, ``issues``, ``error`` (string). ``status`` is ``ok``, ``ok_with_issues``
        (made, and ``issues`` says what the model lacks: its tiles are broken), ``skipped`` (imported
        before, or sent and not answered), ``failed`` (Omni refused it), ``unknown`` (the answer was
        lost: look for the name in Omni) or ``pending`` (not sent, because the key stopped working or the
        time was up). To go on, pass the folder again, or the files of the pending rows. What breaks
        the import off, such as Ctrl-C, carries the outcome so far as ``partial``.

    Raises
    ------
    ArgumentError
        If a file is not an export, two files are of one identifier, the model id is none, or no manifest
        says the identifier that is to be kept; nothing was sent.
    NotFoundError
        If there is no such model; nothing was made.

    See Also
    --------
    export_documents : The way out.

    Examples
    --------
    >>> import omnipd, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=30)
    ...     models = omnipd.read_models(model="flights")
    ...     about_flights = documents[documents["connection_id"].isin(models["connection_id"])]
    ...     _ = omnipd.export_documents(about_flights.head(2), folder)
    ...     outcome = omnipd.import_documents(folder, model="flights")
    >>> outcome["status"].tolist()
    ['ok', 'ok']
    """
    check_id("model", model)
    check_flag("check", check)
    check_flag("again", again)
    check_flag("keep_identifiers", keep_identifiers)
    if folder_path is not None and not (isinstance(folder_path, str) and folder_path.strip()):
        raise ArgumentError(
            argument("folder_path", folder_path) + " is not a path; leave it out for no folder."
        )
    blobs = {path: read_export(path) for path in export_files(folder)}
    refuse_same_document(blobs)
    kept = exported_identifiers(blobs) if keep_identifiers else {}
    client = current_client(client)
    with one_call():
        rows = _imported(blobs, kept, client, model, folder_path, check=check, again=again)
    return frame_of(rows, _OUTCOME, complete=not any(row.get("error") for row in rows))


def _imported(
    blobs: Mapping[Path, Any],
    kept: Mapping[Path, str],
    client: Client,
    model: str,
    folder_path: str | None,
    *,
    check: bool,
    again: bool,
) -> list[dict[str, Any]]:
    """Import each export once, and return what became of each."""
    model = model_id(model, client)
    fields = ModelFields(model, client) if check else None
    checked = fields if fields is not None and fields.read() else None
    rows: list[dict[str, Any]] = [
        {
            "file": str(path),
            "name": name_of(blob),
            "status": "pending",
            "issues": told(checked.missing(blob)) if checked is not None else None,
        }
        for path, blob in blobs.items()
    ]
    before = {} if again else imported_before(blobs, client)
    not_written: set[Path] = set()
    try:
        with steps(client, _IMPORT, "documents") as how_far:
            how_far.total = len(rows)
            how_far.left = left = len(rows) - len(before)
            for done, (row, (path, blob)) in enumerate(zip(rows, blobs.items(), strict=True), 1):
                if (note := before.get(path)) is not None:
                    row.update(_skipped(note))
                    continue
                row.update(status="unknown", error=BROKEN_OFF)
                # Before it is sent: should this process be killed, it may exist.
                note_import(path, row, client, not_written)
                body = {key: blob[key] for key in _PASSED if key in blob}
                body["baseModelId"] = model
                if folder_path is not None:
                    body["folderPath"] = folder_path
                if path in kept:
                    body["identifier"] = kept[path]
                goes_on = _send(client, body, row)
                if row["status"] != "unknown":
                    note_import(path, row, client, not_written)
                if not goes_on:
                    break
                left -= 1
                how_far.at(done, len(rows), left=left)
        _warn_of_outcome(rows)
        warn_of_mended_rows(rows)
    except BaseException as stop:
        # Also Ctrl-C: what now exists in Omni must not be forgotten, or it is made twice.
        _hand_over(stop, rows)
        raise
    return rows


def _skipped(note: Note) -> dict[str, Any]:
    """Return what the row of a file says that was, or may have been, imported before."""
    identifier = note.get("document_identifier")
    return {
        "status": "skipped",
        "document_identifier": None if identifier is None else str(identifier),
        "issues": _LOST if note.get("status") == "unknown" else _SKIPPED,
    }


def _send(client: Client, body: Mapping[str, Any], row: dict[str, Any]) -> bool:
    """Send an import, and put what came of it into its row; tell whether there is any use in the next."""
    try:
        made = client.post(_IMPORT, body).content
    except AuthenticationError as error:
        row.update(status="pending", error=str(error.message))
        return False
    except OutcomeUnknownError as error:
        row["error"] = str(error.message)
    except DeadlineError as error:  # it was not sent
        row.update(status="pending", error=str(error.message))
        return not client.is_late
    except OmniError as error:
        row.update(status="failed", error=str(error.message))
    else:
        status = "ok" if row["issues"] is None else "ok_with_issues"
        row.update(status=status, error=None, **_made(made))
    return True


def _warn_of_outcome(rows: list[dict[str, Any]]) -> None:
    counts = Counter(row["status"] for row in rows)
    failed = sum(counts[status] for status in ("failed", "unknown", "pending"))
    if failed:
        warn(f"{failed} of {len(rows)} documents were not imported; the column 'error' says why.")
    if counts["ok_with_issues"]:
        warn(
            f"{counts['ok_with_issues']} of {len(rows)} documents ask for what the model lacks; the "
            "column 'issues' says what."
        )
    if counts["skipped"]:
        warn(
            f"{counts['skipped']} of {len(rows)} documents were imported before and are not made twice; "
            + argument("again", True)
            + " makes them."
        )


def _hand_over(stop: BaseException, rows: list[dict[str, Any]]) -> None:
    """Let what breaks an import off carry the outcome so far."""
    vars(stop)["partial"] = frame_of(rows, _OUTCOME, complete=False)
    counts = Counter(row["status"] for row in rows)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    made = [
        f"{row['file']} is {row['document_identifier']}" for row in rows if row["status"] in MADE
    ]
    stop.add_note(
        "\n".join([f"The import was broken off: {told}. .partial is its outcome.", *made])
    )


def _made(answer: Any) -> dict[str, str | None]:
    """Return what Omni calls a new document: at the top of its answer, or below the workbook."""
    top = answer if isinstance(answer, dict) else {}
    workbook = top.get("workbook")
    held = (workbook if isinstance(workbook, dict) else {}) | top
    keys = {"document_identifier": "identifier", "document_id": "documentId"}
    return {name: str(held[key]) if held.get(key) else None for name, key in keys.items()}
