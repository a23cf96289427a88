"""Every list of an organization on disk: an export that always arrives, beside those before it."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from omnipd.addresses import Address
from omnipd.admin.address_snapshots import AddressSnapshots
from omnipd.admin.export_formats import FORMATS, write_as
from omnipd.admin.export_read import ExportRead
from omnipd.admin.inventories import join_exports
from omnipd.admin.inventory_parts import names_of, with_needed
from omnipd.admin.open_export import Export
from omnipd.admin.since_last import SinceLast
from omnipd.admin.snapshots import (
    MANIFEST,
    FolderSnapshots,
    Snapshots,
    begun_at,
    read_manifest,
)
from omnipd.arguments import argument, check_choice, check_flag, whole_number
from omnipd.cache.checkpoint import checkpointed
from omnipd.cache.lifetime import ago, checked_lifetime
from omnipd.call import noted_interrupt, one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError, ExportError, OmniError, warn
from omnipd.lists.manual import manual
from omnipd.paths import place
from omnipd.readers.scope_all import ALL
from omnipd.version import __version__

#: After which time all is asked for again, where nobody has said another.
_WEEK = timedelta(days=7)


@manual(joined=join_exports, place="folder")
def export_inventory(
    folder: str | os.PathLike[str],
    *,
    include: Sequence[str] | str | None = None,
    scope: Literal["all", "organization"] = "all",
    format: Literal["parquet", "csv", "xlsx"] = "parquet",  # noqa: A002 - pandas' word
    keep: int | None = None,
    since: Literal["last"] | None = None,
    full_every: str | float | timedelta | None = None,
    errors: Literal["raise", "collect"] = "raise",
    strict: bool = True,
    max_calls: int | None = None,
    storage_options: Mapping[str, Any] | None = None,
    client: Client | None = None,
) -> Path | Address:
    """Read lists of an organization and write each to a file, as its rows come.

    Each export is a folder of its own below `folder`, named by the time in UTC at which it was begun.
    It appears there when it is whole, and never changes after that; then ``latest.json`` beside it names
    it. One that is broken off, in whatever way, goes on with the same call: what was read is kept, and
    nothing of it is asked for again. That also holds with another `format` or `errors`.

    Parameters
    ----------
    folder : path-like
        Made where it is missing. Or an address that fsspec knows, such as ``s3://bucket/omni``: then an
        export is made in the state folder of this machine, and put there when it is whole.
    include : str or sequence of str, optional
        As for :func:`omnipd.read_inventory`: names, groups, or ``all``.
    scope : {"all", "organization"}, default "all"
        As for :func:`omnipd.read_inventory`.
    format : {"parquet", "csv", "xlsx"}, default "parquet"
        What to write beside Parquet, which is always there: a CSV file for each frame, or one Excel
        workbook, ``inventory.xlsx``.
    keep : int, optional
        How many exports stay; older ones are deleted when this one is there, and so is what was broken
        off and not gone on with for a week. Default: all.
    since : {"last"}, optional
        Ask again only for what may have changed since the last export in `folder`; see the notes.
    full_every : str, float or timedelta, optional
        With `since`: after which time all is asked for again, as ``"12h"``. Default: ``"7d"``.
    errors : {"raise", "collect"}, default "raise"
        ``collect`` goes on after what is refused; the export says that it is incomplete, and why.
    max_calls : int, optional
        Refuse what needs more requests than this, counted as if all were asked for; the counts are a
        request for each list.
    storage_options : mapping, optional
        As for :func:`omnipd.to_parquet`.

    Returns
    -------
    path-like
        The folder of the new export, with one Parquet file per frame and ``manifest.json``: a Path, or an
        address, which ``os.fspath()`` gives as text. Of a fleet, a frame with ``instance`` and ``export``:
        each Omni has a folder of its name in `folder`, with its own exports.

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

    What is below documents, folders, users and the like is written as it comes and never held; with
    `since`, one such table is held at a time.

    With ``since="last"`` every list is read whole, so that what is new, renamed, moved or deleted is
    seen at once. What costs a call for each parent, such as ``document_access``, is asked for again only
    where something in the parent's own row has changed, or the parent is new or was refused; the other
    rows are those of the last export. A permission may change without its document: that is seen when
    `full_every` has passed, and so is what people have in their own folders. What is below models is asked
    for each time, since a model does not say that its files have changed. All is asked for with another
    key or another version of omnipd, and where the last export cannot be read. The column ``read_at``
    says of each row of such a table when it came.

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
    root = place("folder", folder, storage_options)
    client = current_client(client)
    if since is not None:
        check_choice("since", since, ("last",))
    elif full_every is not None:
        raise ArgumentError(
            argument("full_every", full_every) + " needs " + argument("since", "last") + ".",
            hint="Without it all is asked for each time.",
        )
    often = _WEEK
    if full_every is not None:
        often = checked_lifetime(full_every, "full_every") or timedelta(0)
    snapshots: AddressSnapshots | FolderSnapshots = (
        AddressSnapshots(root, client.state) if isinstance(root, Address) else FolderSnapshots(root)
    )
    last = _last(snapshots, client, scope, often) if since is not None else None
    asked = {
        "instance": client.base_url,
        "key": client.fingerprint,
        "user_id": client.user_id,
        "tables": wanted,
        "scope": scope,
        "since": since if last is None else last.name,
    }
    # What was read goes on whatever is made of it.
    identity = {name: str(value) for name, value in asked.items()}
    made = {"format": format, "errors": errors}
    again = functools.partial(
        export_inventory,
        root,  # with what its store takes, and shows none of it
        include=include,
        scope=scope,
        format=format,
        keep=keep,
        since=since,
        full_every=full_every,
        errors=errors,
        strict=strict,
        max_calls=max_calls,
        client=client,
    )
    unfinished = snapshots.begin(identity)
    whole = (unfinished / MANIFEST).exists()
    if whole and not made.items() <= read_manifest(unfinished).items():
        snapshots.publish(unfinished)
        unfinished, whole = snapshots.begin(identity), False
    if not whole:
        begun = begun_at(unfinished)
        reading = ExportRead(
            unfinished, client, scope, errors, strict, last, read_at=since is not None
        )
        names = with_needed(wanted, scope)
        with (
            one_call(),
            checkpointed(unfinished, identity, again),
            noted_interrupt(reading.so_far),
        ):
            reading.run("export", names, max_calls)
            manifest = {
                "manifest": 1,
                "omnipd": __version__,
                **asked,
                **made,
                "begun_at": begun.isoformat(timespec="seconds"),
                "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "full_at": (last.full_at if last else begun).isoformat(timespec="seconds"),
                # Of what is below others, the next one has to know those others.
                **reading.summary(wanted if since is None else names),
            }
            write_as(format, unfinished, list(manifest["tables"]))
            snapshots.finish(unfinished, manifest)
    else:
        begun = begun_at(unfinished)
        warn(
            "Nothing is asked for: the export that was broken off was whole. It was begun at "
            f"{begun:%Y-%m-%d %H:%M} UTC, {ago(begun)}."
        )
    try:
        export = snapshots.publish(unfinished)
    except OmniError as error:
        error.resumable_by(again)
        raise
    if keep is not None:
        snapshots.keep(keep, export.name)
    return export


def _last(
    snapshots: Snapshots, client: Client, scope: str, full_every: timedelta
) -> SinceLast | None:
    """Return the export to begin from; None where there is none, or all is to be asked for again."""
    path = snapshots.latest()
    if path is None:
        return None
    now, anew = datetime.fromtimestamp(client.clock.wall(), UTC), None
    try:
        manifest = read_manifest(path)
        of = (manifest["instance"], manifest["scope"])
        last = SinceLast(Export(path, manifest), full_every, now)
    except ExportError as error:
        anew = error.message
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        anew = f"{path / MANIFEST} is not what omnipd writes ({type(error).__name__})."
    if anew is not None:
        warn(anew + " All is asked for.")
        return None
    if of != (client.base_url, scope):
        raise ArgumentError(
            f"The last export in {snapshots.root} is of {of[0]} with "
            + argument("scope", of[1])
            + ": nothing can be taken from it.",
            hint="Take another folder for each Omni and scope.",
        )
    # Another key or person may be shown other things, and another version may write other things.
    asks = {"key": client.fingerprint, "user_id": client.user_id, "omnipd": __version__}
    is_same = asks.items() <= manifest.items()
    return last if is_same and not last.is_over else None
