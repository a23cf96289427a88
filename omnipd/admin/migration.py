"""Documents from one Omni to another: out to a folder of JSON files, and in again.

An export carries the document with its dashboard and workbook queries, not the shared model below
it, nor labels, permissions, schedules or favorites. An import always makes a new document, so none
is ever sent twice: where the answer is lost, the outcome is "unknown" and stays so.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

import pandas as pd
import pyarrow as pa

from omnipd.admin.check_import import ModelFields, told
from omnipd.arguments import check_choice, check_flag, check_id
from omnipd.client import strict_json
from omnipd.client.client import Client, segment
from omnipd.client.current import current_client
from omnipd.errors import (
    ArgumentError,
    AuthenticationError,
    ExportError,
    OmniError,
    OutcomeUnknownError,
    ResponseError,
    notice,
)
from omnipd.export.files import make_folder, to_jsonl, write_atomically
from omnipd.frames.to_pandas import is_whole, to_frame
from omnipd.lists.fanout import OF_ONE_PARENT, Parents, parent_keys, say_cost
from omnipd.text import whole_text

_EXPORT = "/api/unstable/documents/{identifier}/export"
_IMPORT = "/api/unstable/documents/import"
_NEEDED = ("document", "exportVersion", "queryModels")
_PASSED = (*_NEEDED, "dashboard", "workbookModel", "fileUploads")
_MANIFEST_FILE = "manifest.jsonl"
_IMPORTED_FILE = "imported.jsonl"
_SKIPPED = "It was imported into this Omni before."
_LOST = (
    "It was sent to this Omni before, and the answer was lost: look for its name, then again=True."
)
#: A line of the notes beside the files.
_Note = dict[str, Any]
_BROKEN_OFF = "Broken off before Omni's answer was dealt with."
# An identifier of Omni has at most 48 letters. Windows keeps some names for itself.
_LONGEST = 48
_USUAL = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d)$)[a-z0-9_]+(?:-[a-z0-9_]+)*")
_MANIFEST = pa.schema(
    [
        ("document_identifier", pa.string()),
        ("name", pa.string()),
        ("file", pa.string()),
        ("bytes", pa.int64()),
        ("error", pa.string()),
    ]
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


def export_documents(
    documents: Parents,
    folder: str | os.PathLike[str],
    *,
    errors: Literal["raise", "collect"] = "raise",
    client: Client | None = None,
) -> pd.DataFrame:
    """Write each document to a JSON file of its own.

    Parameters
    ----------
    documents : str, iterable of str, or DataFrame
        Document identifiers, or a frame with ``document_identifier``.
    folder : path-like
        Made when it does not exist. Files are called after the identifier, in letters that every
        system allows; a file of the same document is replaced, also when its name has changed.
        With a changed identifier it is another file: take an empty folder for a new export.
    errors : {"raise", "collect"}, default "raise"
        Whether a document that cannot be exported ends the export, or is a row with ``error``.
        What would fail them all, and an answer that is no export, ends it all the same.
    client : Client, optional
        Default: that of the ``with`` block, else one from the environment.

    Returns
    -------
    pandas.DataFrame
        The manifest, one row per document: ``document_identifier``, ``name``, ``file`` (string),
        ``bytes`` (int64), ``error`` (string). It is in the folder too, as ``manifest.jsonl``, also
        when the export ends early.

    Raises
    ------
    ArgumentError
        If there is something else than identifiers in `documents`; nothing was sent.
    ExportError
        If a file cannot be written; ``partial`` is the manifest so far.
    APIError, NetworkError, ResponseError
        If a document cannot be exported, or an answer is no export; ``partial`` is the manifest
        so far.

    See Also
    --------
    import_documents : The way back.

    Examples
    --------
    >>> import omnipd, tempfile
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_content(limit=30).query("type == 'document'")
    ...     manifest = omnipd.export_documents(documents.head(2), tempfile.mkdtemp())
    >>> manifest["error"].isna().tolist()
    [True, True]
    """
    check_choice("errors", errors, ("raise", "collect"))
    keys = [key for (key,) in parent_keys(documents, ("document_identifier",))]
    client = current_client(client)
    root = make_folder(folder).resolve()
    _refuse_link(root / _MANIFEST_FILE)
    say_cost(client, len(keys), _EXPORT)
    rows: list[dict[str, Any]] = []
    try:
        for done, identifier in enumerate(keys, 1):
            row: dict[str, Any] = {"document_identifier": identifier, "error": _BROKEN_OFF}
            rows.append(row)
            try:
                blob = _export(client, identifier)
                row["name"] = _name_of(blob)
                file = root / _file_name(identifier)
                row["file"], row["bytes"], row["error"] = file.name, _write(file, blob), None
            except OmniError as error:
                row["error"] = error.message
                if errors == "raise" or not isinstance(error, OF_ONE_PARENT):
                    raise
            if client.progress is not None:
                client.progress(_EXPORT, done, len(keys))
    except BaseException as stop:
        manifest = _frame(rows, _MANIFEST, complete=False)
        if isinstance(stop, OmniError):
            stop.partial = manifest
        with contextlib.suppress(OmniError):  # why it ended says more
            _write_manifest(manifest, root)
        raise
    failed = any(row["error"] for row in rows)
    manifest = _frame(rows, _MANIFEST, complete=not failed and is_whole(documents))
    _write_manifest(manifest, root)
    _tell_mended(rows)
    return manifest


def import_documents(
    folder: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    base_model_id: str,
    folder_path: str | None = None,
    check: bool = True,
    again: bool = False,
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
    base_model_id : str
        The shared model to build on (UUID). It must have the fields that the documents use.
    folder_path : str, optional
        Folder for the new documents. Default: none.
    check : bool, default True
        Look first whether the model has the fields and topics that the documents use, which takes one
        request, and one for each topic.
    again : bool, default False
        Also make a document of a file that was, or may have been, imported into this Omni before.
    client : Client, optional
        Default: that of the ``with`` block, else one from the environment.

    Returns
    -------
    pandas.DataFrame
        The outcome, one row per file: ``file``, ``name``, ``status``, ``document_identifier``,
        ``document_id``, ``issues``, ``error`` (string). ``status`` is ``ok``, ``ok_with_issues``
        (made, and ``issues`` says what the model lacks: its tiles are broken), ``skipped`` (imported
        before, or sent and not answered), ``failed`` (Omni refused it), ``unknown`` (the answer was
        lost: look for the name in Omni) or ``pending`` (not sent, because the key stopped working). To
        go on, pass the folder again, or the files of the pending rows. What breaks the import off,
        such as Ctrl-C, carries the outcome so far as ``partial``.

    Raises
    ------
    ArgumentError
        If a file is no export, two files are of one identifier, or the model id is none; nothing
        was sent.
    NotFoundError
        If there is no such model; nothing was made.

    See Also
    --------
    export_documents : The way out.

    Examples
    --------
    >>> import omnipd, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with omnipd.sandbox() as omni:
    ...     documents = omnipd.read_documents(limit=30)
    ...     models = omnipd.read_models(model=omni.models["flights"])
    ...     about_flights = documents[documents["connection_id"].isin(models["connection_id"])]
    ...     _ = omnipd.export_documents(about_flights.head(2), folder)
    ...     outcome = omnipd.import_documents(folder, base_model_id=omni.models["flights"])
    >>> outcome["status"].tolist()
    ['ok', 'ok']
    """
    check_id("base_model_id", base_model_id)
    check_flag("check", check)
    check_flag("again", again)
    if folder_path is not None and not (isinstance(folder_path, str) and folder_path.strip()):
        raise ArgumentError(f"folder_path={folder_path!r} is no path; leave it out for no folder.")
    blobs = {path: _read(path) for path in _files(folder)}
    _refuse_twice(blobs)
    client = current_client(client)
    fields = ModelFields(base_model_id, client) if check else None
    checked = fields if fields is not None and fields.read() else None
    rows: list[dict[str, Any]] = [
        {
            "file": str(path),
            "name": _name_of(blob),
            "status": "pending",
            "issues": told(checked.missing(blob)) if checked is not None else None,
        }
        for path, blob in blobs.items()
    ]
    before = {} if again else _imported_before(blobs, client)
    not_written: set[Path] = set()
    try:
        for done, (row, (path, blob)) in enumerate(zip(rows, blobs.items(), strict=True), 1):
            if (note := before.get(path)) is not None:
                lost = note.get("status") == "unknown"
                identifier = note.get("document_identifier")
                row.update(
                    status="skipped",
                    document_identifier=None if identifier is None else str(identifier),
                    issues=_LOST if lost else _SKIPPED,
                )
                continue
            row.update(status="unknown", error=_BROKEN_OFF)
            # Before it is sent: should this process be killed, it may exist.
            _note_import(path, row, client, not_written)
            body = {key: blob[key] for key in _PASSED if key in blob}
            body["baseModelId"] = base_model_id
            if folder_path is not None:
                body["folderPath"] = folder_path
            try:
                made = client.post(_IMPORT, body).content
            except AuthenticationError as error:
                row.update(status="pending", error=error.message)
                break
            except OutcomeUnknownError as error:
                row["error"] = error.message
            except OmniError as error:
                row.update(status="failed", error=error.message)
            else:
                status = "ok" if row["issues"] is None else "ok_with_issues"
                row.update(status=status, error=None, **_made(made))
            finally:
                if row["status"] != "unknown":
                    _note_import(path, row, client, not_written)
            if client.progress is not None:
                client.progress(_IMPORT, done, len(rows))
        _tell_outcome(rows)
        _tell_mended(rows)
    except BaseException as stop:
        # Also Ctrl-C: what now exists in Omni must not be forgotten, or it is made twice.
        _hand_over(stop, rows)
        raise
    return _frame(rows, _OUTCOME, complete=not any(row.get("error") for row in rows))


def _tell_outcome(rows: list[dict[str, Any]]) -> None:
    counts = Counter(row["status"] for row in rows)
    failed = sum(counts[status] for status in ("failed", "unknown", "pending"))
    if failed:
        notice(f"{failed} of {len(rows)} documents were not imported; the column 'error' says why.")
    if counts["ok_with_issues"]:
        notice(
            f"{counts['ok_with_issues']} of {len(rows)} documents ask for what the model lacks; the "
            "column 'issues' says what."
        )
    if counts["skipped"]:
        notice(
            f"{counts['skipped']} of {len(rows)} documents were imported before and are not made twice; "
            "again=True makes them."
        )


def _imported_before(paths: Iterable[Path], client: Client) -> dict[Path, _Note]:
    """Return the files that were, or may have been, imported into this Omni, with what is noted."""
    notes: dict[Path, dict[str, _Note]] = {}
    for path in paths:
        if path.parent not in notes:
            notes[path.parent] = _notes_in(path.parent / _IMPORTED_FILE, client)
    return {
        path: notes[path.parent][path.name] for path in paths if path.name in notes[path.parent]
    }


def _notes_in(file: Path, client: Client) -> dict[str, _Note]:
    if not file.exists():
        return {}
    made: dict[str, _Note] = {}
    unknown: dict[str, _Note] = {}
    for line in file.read_bytes().splitlines():
        try:
            note = strict_json.loads(line)
        except (ValueError, RecursionError):
            continue  # a line that was cut off
        if not isinstance(note, dict) or note.get("instance") != client.base_url:
            continue
        name, status = str(note.get("file")), str(note.get("status"))
        if status.startswith("ok"):
            made[name] = note
        elif status == "unknown":
            unknown[name] = note
        else:  # what was sent last was refused
            unknown.pop(name, None)
    return unknown | made


def _note_import(
    path: Path, row: Mapping[str, Any], client: Client, not_written: set[Path]
) -> None:
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
        _refuse_link(notes)
        with notes.open("ab") as file:
            file.write(json.dumps(note, ensure_ascii=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if notes not in not_written:
            not_written.add(notes)
            notice(
                f"{notes} cannot be written ({type(error).__name__}): another import would make the "
                "documents again."
            )


def _hand_over(stop: BaseException, rows: list[dict[str, Any]]) -> None:
    """Let what breaks an import off carry the outcome so far."""
    vars(stop)["partial"] = _frame(rows, _OUTCOME, complete=False)
    counts = Counter(row["status"] for row in rows)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    made = [
        f"{row['file']} is {row['document_identifier']}"
        for row in rows
        if row["status"].startswith("ok")
    ]
    stop.add_note(
        "\n".join([f"The import was broken off: {told}. .partial is its outcome.", *made])
    )


def _frame(rows: list[dict[str, Any]], schema: pa.Schema, *, complete: bool) -> pd.DataFrame:
    full = [{name: whole_text(row.get(name)) for name in schema.names} for row in rows]
    return to_frame(pa.Table.from_pylist(full, schema=schema), {"complete": complete})


def _tell_mended(rows: list[dict[str, Any]]) -> None:
    mended = {name for row in rows for name, value in row.items() if whole_text(value) != value}
    if mended:
        notice(f"Text that is not valid Unicode was mended with U+FFFD in: {', '.join(mended)}")


def _export(client: Client, identifier: str) -> Mapping[str, Any]:
    answer = client.get(_EXPORT.format(identifier=segment(identifier))).content
    if lacking := _lacking(answer):
        raise ResponseError(
            f"Omni's answer for {identifier} is no export: it lacks {', '.join(lacking)}.",
            hint="Its file, if there was one, is as before.",
            url=client.base_url + _EXPORT.format(identifier=segment(identifier)),
            status=200,
        )
    held: Mapping[str, Any] = answer
    return held


def _lacking(blob: Any) -> list[str]:
    """Return the keys that an export must have and this has not."""
    return [key for key in _NEEDED if not isinstance(blob, dict) or key not in blob]


def _file_name(identifier: str) -> str:
    """Return the one file name of an identifier: no system refuses it, and no other one has it.

    The name of a document is not in it, for it may change.
    """
    if len(identifier) <= _LONGEST and _USUAL.fullmatch(identifier):
        return f"{identifier}.json"
    # A system may take AB and ab for one name. No usual identifier has --.
    mark = hashlib.blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{_plain(identifier) or 'document'}--{mark}.json"


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", letters).strip("-")[:_LONGEST].strip("-")


def _refuse_link(file: Path) -> None:
    """Refuse a link that stands in a file's place: it may lead out of the folder."""
    if file.is_symlink():
        raise ExportError(
            f"{file} is a link; it is not followed.", hint="Remove it, or take another folder."
        )


def _write(file: Path, blob: Any) -> int:
    """Write one export."""
    _refuse_link(file)
    # Half a surrogate pair has no UTF-8; as \ud83d it stays what it was.
    body = json.dumps(blob, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")

    def put(stream: IO[bytes]) -> None:
        stream.write(body)

    write_atomically(file, put)
    return len(body)


def _write_manifest(manifest: pd.DataFrame, root: Path) -> None:
    _refuse_link(root / _MANIFEST_FILE)
    to_jsonl(manifest, root / _MANIFEST_FILE, allow_incomplete=True)


def _files(folder: Any) -> list[Path]:
    if isinstance(folder, str | os.PathLike):
        root = Path(folder)
        if not root.is_dir():
            raise ArgumentError(
                f"{root} is not a folder.", hint="Pass what export_documents() wrote."
            )
        files = sorted(root.glob("*.json"))
        if not files:
            raise ArgumentError(
                f"{root} has no .json files.", hint="Pass what export_documents() wrote."
            )
        return files
    listed = list(folder) if isinstance(folder, Iterable) else [folder]
    for file in listed:
        if not isinstance(file, str | os.PathLike):
            raise ArgumentError(
                f"{file!r:.60} is not a path.", hint="Pass a folder, or files of an export."
            )
    return [Path(file) for file in listed]


def _refuse_twice(files: Iterable[Path]) -> None:
    """Refuse two files of one identifier, which is what their names are."""
    first: dict[str, Path] = {}
    for path in files:
        other = first.setdefault(path.name.lower(), path)
        if other != path:
            raise ArgumentError(
                f"{other} and {path} are of one document, which would be made twice.",
                hint="Nothing was sent. Leave one out, or import them in two calls.",
            )


def _read(path: Path) -> Mapping[str, Any]:
    try:
        blob = strict_json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        reason = f"cannot be read ({type(error).__name__})"
    else:
        if not (lacking := _lacking(blob)):
            held: Mapping[str, Any] = blob
            return held
        reason = f"is no export: it lacks {', '.join(lacking)}"
    raise ArgumentError(
        f"{path} {reason}.", hint="Nothing was sent. Take the file out and try again."
    )


def _name_of(blob: Any) -> str | None:
    document = blob.get("document") if isinstance(blob, Mapping) else None
    name = document.get("name") if isinstance(document, Mapping) else None
    return name if isinstance(name, str) else None


def _made(answer: Any) -> dict[str, str | None]:
    """Return what Omni calls a new document: at the top of its answer, or below the workbook."""
    top = answer if isinstance(answer, dict) else {}
    workbook = top.get("workbook")
    held = (workbook if isinstance(workbook, dict) else {}) | top
    keys = {"document_identifier": "identifier", "document_id": "documentId"}
    return {name: str(held[key]) if held.get(key) else None for name, key in keys.items()}
