"""Documents from one Omni to another: out to a folder of JSON files, and in again.

An export carries the document with its dashboard and workbook queries, not the shared model below
it, nor labels, permissions, schedules or favorites. An import always makes a new document, so none
is ever sent twice: where the answer is lost, the outcome is "unknown" and stays so.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Literal

import pandas as pd
import pyarrow as pa

from omnipd import strictjson
from omnipd.client import Client, current_client, segment
from omnipd.errors import (
    ArgumentError,
    AuthenticationError,
    ExportError,
    OmniError,
    OutcomeUnknownError,
    notice,
)
from omnipd.export import make_folder, to_jsonl, write_atomically
from omnipd.fanout import OF_ONE_PARENT, Parents, parent_keys, say_cost
from omnipd.frames import to_frame
from omnipd.params import check_choice, check_uuid

_EXPORT = "/api/unstable/documents/{identifier}/export"
_IMPORT = "/api/unstable/documents/import"
_NEEDED = ("document", "exportVersion", "queryModels")
_PASSED = (*_NEEDED, "dashboard", "workbookModel", "fileUploads")
_MANIFEST = pa.schema(
    [
        ("identifier", pa.string()),
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
        ("identifier", pa.string()),
        ("document_id", pa.string()),
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
        Document identifiers, or a frame with ``identifier`` or ``document_identifier``.
    folder : path-like
        Made when it does not exist. Files are called after identifier and name, in letters that
        every system allows; a file of the same document is replaced.
    errors : {"raise", "collect"}, default "raise"
        Whether a document that cannot be exported ends the export, or is a row with ``error``.
    client : Client, optional
        Default: that of the ``with`` block, else one from the environment.

    Returns
    -------
    pandas.DataFrame
        The manifest, one row per document: ``identifier``, ``name``, ``file`` (string), ``bytes``
        (int64), ``error`` (string). It is in the folder too, as ``manifest.jsonl``.

    Raises
    ------
    ExportError
        If a file cannot be written.
    NotFoundError, ForbiddenError, BadRequestError
        If a document cannot be exported; ``partial`` is the manifest so far.

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
    found_in = {"document_identifier": ("identifier",)}
    keys = [key for (key,) in parent_keys(documents, ("document_identifier",), found_in)]
    client = current_client(client)
    root = make_folder(folder).resolve()
    say_cost(client, len(keys), _EXPORT)
    rows: list[dict[str, Any]] = []
    taken: set[str] = set()
    for done, identifier in enumerate(keys, 1):
        row: dict[str, Any] = {"identifier": identifier}
        rows.append(row)
        try:
            blob = client.get(_EXPORT.format(identifier=segment(identifier))).content
            row["name"] = _name_of(blob)
            file = root / _file_name(identifier, row["name"] or "", taken)
            row["file"], row["bytes"] = file.name, _write(file, blob)
        except OF_ONE_PARENT as error:
            row["error"] = error.message
            if errors == "raise":
                error.partial = _frame(rows, _MANIFEST)
                raise
        if client.progress is not None:
            client.progress(_EXPORT, done, len(keys))
    manifest = _frame(rows, _MANIFEST)
    to_jsonl(manifest, root / "manifest.jsonl", allow_incomplete=True)
    return manifest


def import_documents(
    folder: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    base_model_id: str,
    folder_path: str | None = None,
    client: Client | None = None,
) -> pd.DataFrame:
    """Create a document from each file of an export.

    Every file is read and checked before anything is sent. Each is then sent once: what fails is
    named, what may or may not have worked is ``unknown``, and neither is sent again by itself.

    Parameters
    ----------
    folder : path-like, or iterable of path-like
        A folder that :func:`export_documents` wrote, or single files of one.
    base_model_id : str
        The shared model to build on (UUID). It must have the fields that the documents use.
    folder_path : str, optional
        Folder for the new documents. Default: none.
    client : Client, optional
        Default: that of the ``with`` block, else one from the environment.

    Returns
    -------
    pandas.DataFrame
        The outcome, one row per file: ``file``, ``name``, ``status``, ``identifier``,
        ``document_id``, ``error`` (string). ``status`` is ``ok``, ``failed`` (Omni refused it),
        ``unknown`` (the answer was lost: look for the name in Omni) or ``pending`` (not sent,
        because the key stopped working). To go on, pass the files of the pending rows.

    Raises
    ------
    ArgumentError
        If a file is no export, or the model id is none; nothing was sent.

    See Also
    --------
    export_documents : The way out.

    Examples
    --------
    >>> import omnipd, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with omnipd.sandbox() as omni:
    ...     documents = omnipd.read_content(limit=30).query("type == 'document'")
    ...     _ = omnipd.export_documents(documents.head(2), folder)
    ...     outcome = omnipd.import_documents(folder, base_model_id=omni.models["flights"])
    >>> outcome["status"].tolist()
    ['ok', 'ok']
    """
    check_uuid("base_model_id", base_model_id)
    if folder_path is not None and not folder_path.strip():
        raise ArgumentError("folder_path='' is empty; leave it out for no folder.")
    blobs = {path: _read(path) for path in _files(folder)}
    client = current_client(client)
    rows: list[dict[str, Any]] = [
        {"file": str(path), "name": _name_of(blob), "status": "pending"}
        for path, blob in blobs.items()
    ]
    for done, (row, blob) in enumerate(zip(rows, blobs.values(), strict=True), 1):
        body = {key: blob[key] for key in _PASSED if key in blob} | {"baseModelId": base_model_id}
        if folder_path is not None:
            body["folderPath"] = folder_path
        try:
            made = client.post(_IMPORT, body).content
        except AuthenticationError as error:
            row["error"] = error.message
            break
        except OutcomeUnknownError as error:
            row.update(status="unknown", error=error.message)
        except OmniError as error:
            row.update(status="failed", error=error.message)
        else:
            row.update(status="ok", **_made(made))
        if client.progress is not None:
            client.progress(_IMPORT, done, len(rows))
    open_rows = sum(row["status"] != "ok" for row in rows)
    if open_rows:
        notice(
            f"{open_rows} of {len(rows)} documents were not imported; the column 'error' says why."
        )
    return _frame(rows, _OUTCOME)


def _frame(rows: list[dict[str, Any]], schema: pa.Schema) -> pd.DataFrame:
    full = [{name: row.get(name) for name in schema.names} for row in rows]
    whole = not any(row.get("error") for row in rows)
    return to_frame(pa.Table.from_pylist(full, schema=schema), {"complete": whole})


def _file_name(identifier: str, name: str, taken: set[str]) -> str:
    """Return a file name that no system refuses and no other document has, even in another case.

    Always identifier and name, so that it is never a reserved name such as ``CON``.
    """
    stem = f"{_plain(identifier, 48) or 'document'}-{_plain(name, 80) or 'document'}"
    number, chosen = 2, stem
    while chosen.lower() in taken:
        number, chosen = number + 1, f"{stem}-{number}"
    taken.add(chosen.lower())
    return f"{chosen}.json"


def _plain(text: str, most: int) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", letters).strip("-")[:most].strip("-")


def _write(file: Path, blob: Any) -> int:
    """Write one export; a link that stands in its place is not followed out of the folder."""
    if file.is_symlink():
        raise ExportError(
            f"{file} is a link; it is not followed.", hint="Remove it, or take another folder."
        )
    body = json.dumps(blob, ensure_ascii=False, indent=1).encode("utf-8", "replace")

    def put(stream: IO[bytes]) -> None:
        stream.write(body)

    write_atomically(file, put)
    return len(body)


def _files(folder: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
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
    return [Path(file) for file in folder]


def _read(path: Path) -> Mapping[str, Any]:
    try:
        blob = strictjson.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        reason = f"cannot be read ({type(error).__name__})"
    else:
        if isinstance(blob, dict) and all(key in blob for key in _NEEDED):
            return blob
        reason = (
            f"is no export: it lacks {', '.join(key for key in _NEEDED if key not in (blob or ()))}"
        )
    raise ArgumentError(
        f"{path} {reason}.", hint="Nothing was sent. Take the file out and try again."
    )


def _name_of(blob: Any) -> str | None:
    document = blob.get("document") if isinstance(blob, Mapping) else None
    name = document.get("name") if isinstance(document, Mapping) else None
    return name if isinstance(name, str) else None


def _made(answer: Any) -> dict[str, str | None]:
    told = answer if isinstance(answer, dict) else {}
    keys = {"identifier": "identifier", "document_id": "documentId"}
    return {name: str(told[key]) if told.get(key) else None for name, key in keys.items()}
