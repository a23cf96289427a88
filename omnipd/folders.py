"""The folders of a content frame as a tree, with counts rolled up."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from omnipd.errors import ArgumentError
from omnipd.frames import to_frame

_NEEDED = ("type", "id", "name", "path", "folder_id")
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("path", pa.string()),
        ("parent_id", pa.string()),
        ("parent_path", pa.string()),
        ("depth", pa.int64()),
        ("documents", pa.int64()),
        ("folders", pa.int64()),
        ("total_documents", pa.int64()),
        ("total_folders", pa.int64()),
        ("total_views", pa.int64()),
    ]
)


def folder_tree(df: pd.DataFrame) -> pd.DataFrame:
    """Return the folders of a content frame with their parents, depths and rolled-up counts.

    Counts are of the rows in `df`: read the whole content for a whole tree.

    Parameters
    ----------
    df : pandas.DataFrame
        From :func:`omnipd.read_content` or :func:`omnipd.flatten_content`.

    Returns
    -------
    pandas.DataFrame
        One row per folder, sorted by path: ``id``, ``name``, ``path``, ``parent_id`` and
        ``parent_path`` (null at the top, and where the parent is not in `df`), ``depth`` (1 at the
        top), ``documents`` and ``folders`` directly inside, ``total_documents``,
        ``total_folders`` and ``total_views`` of everything below. ``total_views`` is null when the
        views of a document below are not known.

    Raises
    ------
    ArgumentError
        If `df` is not a content frame.

    Examples
    --------
    >>> import omnipd
    >>> content = omnipd.flatten_content([
    ...     {"type": "folder", "id": "f1", "name": "Sales", "path": "sales"},
    ...     {"type": "folder", "id": "f2", "name": "EMEA", "path": "sales/emea"},
    ...     {"type": "document", "identifier": "d1", "name": "Q1", "folder": {"id": "f2"}},
    ... ])
    >>> omnipd.folder_tree(content)[["path", "depth", "documents", "total_documents"]]
              path  depth  documents  total_documents
    0       /sales      1          0                1
    1  /sales/emea      2          1                1
    """
    missing = [name for name in _NEEDED if name not in df.columns]
    if missing:
        raise ArgumentError(
            f"The frame has no column {missing[0]!r}.", hint="Pass what read_content() returns."
        )
    folders = df[df["type"] == "folder"]
    documents = df[df["type"] == "document"]
    by_path = {
        str(path): _Folder(str(identity), _text(name), str(path))
        for identity, name, path in zip(
            folders["id"], folders["name"], folders["path"], strict=True
        )
        if not pd.isna(path)
    }
    by_id = {folder.id: folder for folder in by_path.values()}
    for folder in by_path.values():
        folder.parent = by_path.get(folder.path.rpartition("/")[0])
    views = documents["count_views"] if "count_views" in df.columns else [None] * len(documents)
    for home, seen in zip(documents["folder_id"], views, strict=True):
        if (found := by_id.get(_text(home) or "")) is not None:
            found.take_document(None if pd.isna(seen) else int(seen))
    ordered = sorted(by_path.values(), key=lambda folder: folder.path)
    for folder in ordered:
        folder.count_in_ancestors()
    table = pa.Table.from_pylist([folder.row() for folder in ordered], schema=_SCHEMA)
    return to_frame(table, {"complete": df.attrs.get("omni", {}).get("complete", True)})


class _Folder:
    """One folder while its counts are being added up."""

    def __init__(self, identity: str, name: str | None, path: str) -> None:
        self.id = identity
        self.name = name
        self.path = path
        self.parent: _Folder | None = None
        self.documents = self.folders = self.total_documents = self.total_folders = 0
        self.total_views: int | None = 0

    def take_document(self, views: int | None) -> None:
        self.documents += 1
        folder: _Folder | None = self
        while folder is not None:
            folder.total_documents += 1
            known = folder.total_views is not None and views is not None
            folder.total_views = (folder.total_views or 0) + (views or 0) if known else None
            folder = folder.parent

    def count_in_ancestors(self) -> None:
        if self.parent is not None:
            self.parent.folders += 1
        ancestor = self.parent
        while ancestor is not None:
            ancestor.total_folders += 1
            ancestor = ancestor.parent

    def row(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "path": self.path,
            "parent_id": self.parent.id if self.parent else None,
            "parent_path": self.parent.path if self.parent else None,
            "depth": self.path.strip("/").count("/") + 1,
            "documents": self.documents,
            "folders": self.folders,
            "total_documents": self.total_documents,
            "total_folders": self.total_folders,
            "total_views": self.total_views,
        }


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]
