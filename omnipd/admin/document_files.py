"""The files of an export: what they are called, and how they are written and read."""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from omnipd.arguments import function
from omnipd.client import strict_json
from omnipd.errors import ArgumentError, ExportError
from omnipd.export.whole_files import write_atomically
from omnipd.paths import local_path

#: What an export says of its files.
MANIFEST_FILE = "manifest.jsonl"
#: What Omni asks for in an import.
NEEDED = ("document", "exportVersion", "queryModels")
# An identifier of Omni has at most 48 letters. Windows keeps some names for itself.
_LONGEST = 48
_USUAL = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d)$)[a-z0-9_]+(?:-[a-z0-9_]+)*")


def file_name(identifier: str) -> str:
    """Return the one file name of an identifier: no system refuses it, and no other one has it.

    The name of a document is not in it, for it may change.
    """
    if len(identifier) <= _LONGEST and _USUAL.fullmatch(identifier):
        return f"{identifier}.json"
    # A system may take AB and ab for one name. No usual identifier has --.
    mark = hashlib.blake2b(identifier.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"{_plain(identifier) or 'document'}--{mark}.json"


def write_export(file: Path, blob: Any) -> int:
    """Write one export."""
    refuse_link(file)
    # A lone surrogate has no UTF-8; as \ud83d it stays what it was.
    body = json.dumps(blob, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")
    write_atomically(file, lambda stream: stream.write(body))
    return len(body)


def export_files(folder: Any) -> list[Path]:
    """Return the files of an export, from its folder or one by one."""
    if isinstance(folder, str | os.PathLike):
        root = local_path("folder", folder)
        if not root.is_dir():
            raise ArgumentError(
                f"{root} is not a folder.",
                hint="Pass what " + function("export_documents") + " wrote.",
            )
        files = sorted(root.glob("*.json"))
        if not files:
            raise ArgumentError(
                f"{root} has no .json files.",
                hint="Pass what " + function("export_documents") + " wrote.",
            )
        return files
    listed = folder if isinstance(folder, Iterable) and not isinstance(folder, bytes) else [folder]
    hint = "Pass a folder, or files of an export."
    return [local_path("folder", file, hint=hint) for file in listed]


def refuse_same_document(files: Iterable[Path]) -> None:
    """Refuse two files of one identifier, which is what their names are."""
    first: dict[str, Path] = {}
    for path in files:
        other = first.setdefault(path.name.lower(), path)
        if other != path:
            raise ArgumentError(
                f"{other} and {path} are of one document, which would be made twice.",
                hint="Nothing was sent. Leave one out, or import them in two calls.",
            )


def read_export(path: Path) -> Mapping[str, Any]:
    """Read one export; refuse a file that is none."""
    try:
        blob = strict_json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        reason = f"cannot be read ({type(error).__name__})"
    else:
        if not (lacking := lacking_keys(blob)):
            held: Mapping[str, Any] = blob
            return held
        reason = f"is not an export: it lacks {', '.join(lacking)}"
    raise ArgumentError(
        f"{path} {reason}.", hint="Nothing was sent. Take the file out and try again."
    )


def exported_identifiers(files: Iterable[Path]) -> dict[Path, str]:
    """Return the identifier that each file was exported by, as the manifest beside it says.

    Raises
    ------
    ArgumentError
        If there is no manifest, or it does not name a file.
    """
    manifests: dict[Path, dict[str, str]] = {}
    found: dict[Path, str] = {}
    for path in files:
        place = path.parent / MANIFEST_FILE
        if place not in manifests:
            manifests[place] = _identifiers_in(place)
        if path.name not in manifests[place]:
            raise ArgumentError(
                f"{place} does not say the identifier of {path.name}.",
                hint="Nothing was sent. Leave the file where "
                + function("export_documents")
                + " wrote it.",
            )
        found[path] = manifests[place][path.name]
    return found


def _identifiers_in(manifest: Path) -> dict[str, str]:
    try:
        rows = [strict_json.loads(line) for line in manifest.read_bytes().splitlines()]
    except (OSError, ValueError, RecursionError):
        return {}
    return {
        str(row["file"]): str(row["document_identifier"])
        for row in rows
        if isinstance(row, dict) and row.get("file") and row.get("document_identifier")
    }


def lacking_keys(blob: Any) -> list[str]:
    """Return the keys that an export must have and this has not."""
    return [key for key in NEEDED if not isinstance(blob, dict) or key not in blob]


def name_of(blob: Any) -> str | None:
    """Return the name of an exported document, where it has one."""
    document = blob.get("document") if isinstance(blob, Mapping) else None
    name = document.get("name") if isinstance(document, Mapping) else None
    return name if isinstance(name, str) else None


def refuse_link(file: Path) -> None:
    """Refuse a link that stands in a file's place: it may lead out of the folder."""
    if file.is_symlink():
        raise ExportError(
            f"{file} is a link; it is not followed.", hint="Remove it, or take another folder."
        )


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", letters).strip("-")[:_LONGEST].strip("-")
