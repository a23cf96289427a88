"""Documents out of Omni, to a folder of JSON files.

An export carries the document with its dashboard and workbook queries, not the shared model below
it, nor labels, permissions, schedules or favorites.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from omnipd.admin.document_files import (
    MANIFEST_FILE,
    file_name,
    lacking_keys,
    name_of,
    refuse_link,
    write_export,
)
from omnipd.admin.outcome import BROKEN_OFF, frame_of, warn_of_mended_rows
from omnipd.arguments import check_choice
from omnipd.call import one_call
from omnipd.client.api_paths import segment
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import OmniError, ResponseError
from omnipd.export.jsonl import to_jsonl
from omnipd.export.whole_files import make_folder
from omnipd.frames.to_pandas import is_whole
from omnipd.lists.fanout import say_cost
from omnipd.lists.parents import Parents, parent_keys
from omnipd.lists.read_parents import OF_ONE_PARENT
from omnipd.progress import steps

_EXPORT = "/api/unstable/documents/{identifier}/export"
_MANIFEST = pa.schema(
    [
        ("document_identifier", pa.string()),
        ("name", pa.string()),
        ("file", pa.string()),
        ("bytes", pa.int64()),
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
        What would fail them all, and an answer that is not an export, ends it all the same.
    client : Client, optional
        Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment.

    Returns
    -------
    pandas.DataFrame
        The manifest, one row per document: ``document_identifier``, ``name``, ``file`` (string), ``bytes``
        (int64), ``error`` (string). It is in the folder too, as ``manifest.jsonl``, also when the
        export ends early.

    Raises
    ------
    ArgumentError
        If there is something else than identifiers in `documents`; nothing was sent.
    ExportError
        If a file cannot be written; ``partial`` is the manifest so far.
    APIError, NetworkError, ResponseError
        If a document cannot be exported, or an answer is not an export; ``partial`` is the manifest
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
    refuse_link(root / MANIFEST_FILE)
    say_cost(client, len(keys), _EXPORT)
    rows: list[dict[str, Any]] = []
    try:
        with one_call(), steps(client, _EXPORT, "documents") as how_far:
            how_far.total = how_far.left = len(keys)
            for done, identifier in enumerate(keys, 1):
                row: dict[str, Any] = {"document_identifier": identifier, "error": BROKEN_OFF}
                rows.append(row)
                try:
                    blob = _export(client, identifier)
                    row["name"] = name_of(blob)
                    file = root / file_name(identifier)
                    row["file"], row["bytes"], row["error"] = (
                        file.name,
                        write_export(file, blob),
                        None,
                    )
                except OmniError as error:
                    row["error"] = str(error.message)
                    if errors == "raise" or not isinstance(error, OF_ONE_PARENT):
                        raise
                how_far.at(done, len(keys), left=len(keys) - done)
    except BaseException as stop:
        manifest = frame_of(rows, _MANIFEST, complete=False)
        if isinstance(stop, OmniError):
            stop.partial = manifest
        with contextlib.suppress(OmniError):  # why it ended says more
            _write_manifest(manifest, root)
            if isinstance(stop, KeyboardInterrupt):
                stop.add_note(_so_far(rows, len(keys), root))
        raise
    failed = any(row["error"] for row in rows)
    manifest = frame_of(rows, _MANIFEST, complete=not failed and is_whole(documents))
    _write_manifest(manifest, root)
    warn_of_mended_rows(rows)
    return manifest


def _so_far(rows: list[dict[str, Any]], count: int, root: Path) -> str:
    """Say what an export that is interrupted leaves, and how to go on."""
    written = sum(row["error"] is None for row in rows)
    return (
        f"Written so far: {written:,} of {count:,} documents, which {root / MANIFEST_FILE} names. "
        "The same call writes all of them anew; pass the others to go on."
    )


def _export(client: Client, identifier: str) -> Mapping[str, Any]:
    answer = client.get(_EXPORT.format(identifier=segment(identifier))).content
    if lacking := lacking_keys(answer):
        raise ResponseError(
            f"Omni's answer for {identifier} is not an export: it lacks {', '.join(lacking)}.",
            hint="Its file, if there was one, is as before.",
            url=client.base_url + _EXPORT.format(identifier=segment(identifier)),
            status=200,
        )
    held: Mapping[str, Any] = answer
    return held


def _write_manifest(manifest: pd.DataFrame, root: Path) -> None:
    refuse_link(root / MANIFEST_FILE)
    to_jsonl(manifest, root / MANIFEST_FILE, allow_incomplete=True)
