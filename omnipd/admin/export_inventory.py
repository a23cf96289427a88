"""Every list of an organization on disk: an export that always arrives, beside those before it."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from omnipd.admin.export_formats import FORMATS, write_as
from omnipd.admin.inventory_cost import Cost
from omnipd.admin.inventory_parts import ALL_PARTS, Part, names_of, with_needed
from omnipd.admin.inventory_read import InventoryRead
from omnipd.admin.snapshots import MANIFEST, Snapshots
from omnipd.admin.table_file import TableFile
from omnipd.arguments import check_choice, check_flag, whole_number
from omnipd.cache.checkpoint import checkpointed
from omnipd.call import noted_interrupt, one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ExportIncompleteError, OmniError
from omnipd.export.whole_files import check_path
from omnipd.frames.to_pandas import is_whole
from omnipd.lists.manual import manual, schema_of
from omnipd.lists.read_parents import rows_into
from omnipd.readers.scope_all import ALL
from omnipd.version import __version__

#: What frames that are read later may need of one that is written: the keys of parents.
_KEPT = (
    *("conversation_id", "connection_id", "document_identifier", "folder_id", "job_id", "model_id"),
    *("prompt_set_id", "run_id", "schedule_id", "topic", "user_id"),
    *("destination_type", "has_dashboard"),
)


@manual()
def export_inventory(
    folder: str | os.PathLike[str],
    *,
    include: Sequence[str] | str | None = None,
    scope: Literal["all", "organization"] = "all",
    format: Literal["parquet", "csv", "xlsx"] = "parquet",  # noqa: A002 - pandas' word
    keep: int | None = None,
    errors: Literal["raise", "collect"] = "raise",
    strict: bool = True,
    max_calls: int | None = None,
    client: Client | None = None,
) -> Path:
    """Read lists of an organization and write each to a file, in memory that does not grow with it.

    Each export is a folder of its own below `folder`, named by the time in UTC at which it was begun.
    It appears there when it is whole, and never changes after that; then ``latest.json`` beside it names
    it. One that is broken off, in whatever way, goes on with the same call: what was read is kept, and
    nothing of it is asked for again.

    Parameters
    ----------
    folder : path-like
        Made where it is missing.
    include : str or sequence of str, optional
        As for :func:`omnipd.read_inventory`: names, groups, or ``all``.
    scope : {"all", "organization"}, default "all"
        As for :func:`omnipd.read_inventory`.
    format : {"parquet", "csv", "xlsx"}, default "parquet"
        What to write beside Parquet, which is always there: a CSV file for each frame, or one Excel
        workbook, ``inventory.xlsx``.
    keep : int, optional
        How many exports stay; older ones are deleted when this one is there. Default: all.
    errors : {"raise", "collect"}, default "raise"
        ``collect`` goes on after what is refused; the export says that it is incomplete, and why.

    Returns
    -------
    pathlib.Path
        The folder of the new export, with one Parquet file per frame and ``manifest.json``.

    Raises
    ------
    ArgumentError
        For an argument that is not known; nothing was sent.
    ExportError
        If something cannot be written. What was read is kept all the same.
    APIError, NetworkError, ResponseError, IncompleteReadError
        If a list could not be read whole. The error's ``resume()`` goes on, and so does the same call.

    See Also
    --------
    omnipd.open_export : The frames of an export.
    omnipd.estimate_inventory : What it would cost.

    Notes
    -----
    ``manifest.json`` holds what was asked for, when, with how many requests, and of each table the
    rows, the columns with their types, when its oldest answer came, and whether it is complete. The
    types of a table are those that its reader declares: a value that a server sends in another type is
    null in its column, and kept as JSON in the column ``extra``. Two exports of what is the same have the
    same bytes, but for the times in the manifest.

    Examples
    --------
    >>> import omnipd, tempfile
    >>> with omnipd.sandbox(size="tiny"):
    ...     export = omnipd.export_inventory(tempfile.mkdtemp(), include=["labels", "users"])
    >>> sorted(file.name for file in export.iterdir())
    ['labels.parquet', 'manifest.json', 'users.parquet']
    """
    wanted = names_of(include)
    check_choice("scope", scope, (ALL, "organization"))
    check_choice("format", format, FORMATS)
    check_choice("errors", errors, ("raise", "collect"))
    check_flag("strict", strict)
    if keep is not None:
        keep = whole_number("keep", keep)
    check_path("folder", folder)
    client = current_client(client)
    snapshots = Snapshots(Path(folder))
    asked = {
        "instance": client.base_url,
        "tables": wanted,
        "scope": scope,
        "format": format,
        "errors": errors,
    }
    identity = {name: str(value) for name, value in asked.items()} | {"key": client.fingerprint}
    again = functools.partial(
        export_inventory,
        folder,
        include=include,
        scope=scope,
        format=format,
        keep=keep,
        errors=errors,
        strict=strict,
        max_calls=max_calls,
        client=client,
    )
    unfinished = snapshots.begin(identity)
    if not (unfinished / MANIFEST).exists():
        begun = datetime.now(UTC)
        reading = _ExportRead(unfinished, client, scope, errors, strict)
        names = with_needed(wanted, scope)
        with (
            one_call(),
            checkpointed(unfinished, identity, again),
            noted_interrupt(reading.so_far),
        ):
            Cost(client, scope).say(names, max_calls)
            for name in names:
                reading.read(name)
            manifest = {
                "manifest": 1,
                "omnipd": __version__,
                **asked,
                "begun_at": begun.isoformat(timespec="seconds"),
                "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
                **reading.summary(wanted),
            }
            write_as(format, unfinished, list(manifest["tables"]))
            snapshots.finish(unfinished, manifest)
    place = snapshots.publish(unfinished)
    if keep is not None:
        snapshots.keep(keep)
    return place


@contextlib.contextmanager
def _told_as_ours(folder: Path) -> Iterator[None]:
    """Say what cannot be written as omnipd says it."""
    try:
        yield
    except OmniError:
        raise
    except (OSError, pa.ArrowException) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
    else:
        return
    raise ExportIncompleteError(
        f"{folder} could not be written to its end: {reason}.",
        hint="Make room; what was read is kept, and the same call goes on.",
    )


class _ExportRead(InventoryRead):
    """One reading of an inventory into the files of an export."""

    def __init__(self, folder: Path, client: Client, scope: str, errors: str, strict: bool) -> None:
        super().__init__(client, scope, errors, strict, refresh=True)
        self._folder = folder
        self._tables: dict[str, dict[str, Any]] = {}

    def _frame(self, name: str, part: Part) -> pd.DataFrame:
        """Write a frame to its file, and return what those after it need of it."""
        parents = {one.below for one in ALL_PARTS.values()}
        schema = schema_of(part.reader_name)
        with (
            _told_as_ours(self._folder),
            TableFile(self._folder / f"{name}.parquet", schema) as file,
        ):
            # Who is a parent is needed afterwards.
            taken = contextlib.nullcontext() if name in parents else rows_into(file.add)
            with taken:
                frame = self.read_part(part)
            file.add(pa.Table.from_pandas(frame, preserve_index=False))
            whole = is_whole(frame)
            file.mark({"omni": {"complete": whole}})
        facts = frame.attrs["omni"]
        self._tables[name] = {
            "file": f"{name}.parquet",
            "rows": file.rows,
            "columns": {field.name: str(field.type) for field in schema},
            "complete": whole,
            "fetched_at": facts.get("fetched_at"),
            "requests": facts.get("requests"),
            **({"failures": facts["failures"]} if "failures" in facts else {}),
        }
        return frame[[column for column in _KEPT if column in frame.columns]]

    def _note(self, error: OmniError, name: str) -> None:
        error.add_note(f"While reading {name}.")

    def summary(self, wanted: Sequence[str]) -> dict[str, Any]:
        """Return what the manifest says of the tables; those that were only needed are taken away."""
        for name in set(self._tables) - set(wanted):
            (self._folder / self._tables.pop(name)["file"]).unlink()
        failures = {name: why for name, why in self._failures.items() if name in wanted}
        tables = {name: self._tables[name] for name in wanted if name in self._tables}
        complete = not failures and all(table["complete"] for table in tables.values())
        return {"complete": complete, "tables": tables, "failures": failures}
