"""The frames of an export on disk, each read when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from omnipd.addresses import Address
from omnipd.admin.inventory_frames import Inventory
from omnipd.admin.snapshots import Snapshots, read_manifest
from omnipd.errors import ExportError
from omnipd.frames.to_pandas import to_frame
from omnipd.paths import place
from omnipd.readers import accessor  # noqa: F401 - the frames have df.omni


class Export(Inventory):
    """An inventory on disk; :func:`omnipd.open_export` opens it.

    Attributes
    ----------
    path : path-like
        Its folder, or its address.
    manifest : dict
        What is written down of it: what was asked for, when, and what became of it.
    """

    def __init__(self, path: Path | Address, manifest: dict[str, Any]) -> None:
        super().__init__({}, manifest["failures"])
        self.path = path
        self.manifest = manifest
        self._frames = _Frames(path, manifest)
        tables = manifest["tables"]
        self._incomplete = {name for name, table in tables.items() if not table["complete"]}

    def _is_whole(self, name: str) -> bool:
        return name not in self._incomplete  # the manifest knows, so that no table is read for it

    def _sizes(self) -> Iterator[tuple[str, int, int]]:
        for name, table in self.manifest["tables"].items():
            yield name, table["rows"], len(table["columns"])


def open_export(
    folder: str | os.PathLike[str],
    at: str | datetime | None = None,
    *,
    storage_options: Mapping[str, Any] | None = None,
) -> Export:
    """Open an export as the inventory that it is of, without reading its tables.

    Parameters
    ----------
    folder : path-like
        As it was given to :func:`omnipd.export_inventory`.
    at : str or datetime, optional
        The name of an export; or a time or day, in UTC where it says no zone: the last export that was
        begun by then. Default: the last one.
    storage_options : mapping, optional
        As for :func:`to_parquet`.

    Returns
    -------
    Inventory
        A mapping of names to frames, each read when it is first asked for, with the dtypes that its
        reader gives, the marks of what is incomplete, ``path`` and ``manifest``.

    Raises
    ------
    ArgumentError
        If there is no such export.
    ExportError
        If it cannot be read, or is not what was written.

    Examples
    --------
    >>> import omnipd, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> with omnipd.sandbox(size="tiny"):
    ...     export = omnipd.export_inventory(folder, include=["labels", "users"])
    >>> inventory = omnipd.open_export(folder)
    >>> inventory["labels"].dtypes["color"]
    string[pyarrow]
    """
    path = Snapshots(place("folder", folder, storage_options)).find(at)
    return Export(path, read_manifest(path))


class _Frames(Mapping[str, pd.DataFrame]):
    """The frames of an export by name."""

    def __init__(self, path: Path | Address, manifest: Mapping[str, Any]) -> None:
        self._path = path
        self._manifest = manifest
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            self._read[name] = self._frame(name)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._manifest["tables"])

    def __len__(self) -> int:
        return len(self._manifest["tables"])

    def _frame(self, name: str) -> pd.DataFrame:
        about = self._manifest["tables"][name]
        file, reason = self._path / about["file"], ""
        try:
            table = pyarrow.parquet.read_table(
                file if isinstance(file, Path) else pa.BufferReader(file.read_bytes())
            )
        except (OSError, pa.ArrowException) as error:
            reason = type(error).__name__
        else:
            columns = {field.name: str(field.type) for field in table.schema}
            if table.num_rows != about["rows"] or columns != about["columns"]:
                reason = "not what the manifest says"
        if reason:
            raise ExportError(
                f"{file} cannot be read ({reason}).", hint="Open another export, or make a new one."
            )
        facts = {
            "instance": self._manifest["instance"],
            "fetched_at": about["fetched_at"],
            "complete": about["complete"],
            # Whether what is personal is in it, too.
            "public_rows": about.get("public_rows"),
        }
        return to_frame(table.replace_schema_metadata(), facts)
