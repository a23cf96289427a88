"""Documents, moved to a folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omnipd.arguments import argument
from omnipd.call import one_call
from omnipd.changes.change import Change, Key
from omnipd.changes.document_place import PLACE, place_of
from omnipd.changes.documents_now import documents_now
from omnipd.changes.now import Now
from omnipd.changes.plan import Plan
from omnipd.changes.planned import planned
from omnipd.changes.values import Value
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError
from omnipd.lists.parents import Parents, parent_keys


def plan_move(documents: Parents, folder: str | None, *, client: Client | None = None) -> Plan:
    """Plan to move documents to a folder.

    Parameters
    ----------
    documents : str, iterable of str, or DataFrame
        Identifiers, or a frame with ``document_identifier``. Folders in it are left out.
    folder : str or None
        The path of the folder, such as ``"/finance/2026"``; None for the top, where a document keeps its
        scope. ``"/ (organization)"`` and ``"/ (restricted)"`` give it another one there.
    client : Client, optional
        Default: the current one.

    Returns
    -------
    Plan
        One row per document that is not there yet. ``old`` and ``new`` have the scope behind the path, and
        ``remark`` says where others will see a document: what comes into a folder has the folder's scope.
        A folder that is not there is a reason to refuse a row. It is looked for among those of the
        organization and, if need be, of the owners of the documents.

    Raises
    ------
    ArgumentError
        If `folder` is no path.

    See Also
    --------
    omnipd.plan : Documents of an edited frame, each to a folder of its own, by ``folder_path``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox(size="tiny"):
    ...     plan = omnipd.plan_move("report-4", "/flights")
    >>> plan["old"].item(), plan["new"].item()
    ('/flights/delays/by-airline (organization)', '/flights (organization)')
    """
    try:
        wanted = PLACE.of(folder)
    except ValueError:
        raise ArgumentError(
            argument("folder", folder) + " must be the path of a folder, or None for the top."
        ) from None
    keys = [key for (key,) in parent_keys(documents, ("document_identifier",))]
    with one_call():
        now = Now(current_client(client))
        found = documents_now(now, keys)
        return planned((_change(key, found.get(key), wanted) for key in keys), now)


def _change(identifier: str, row: Mapping[str, Any] | None, wanted: Value) -> Change:
    key = Key("document", identifier, None, "folder_path")
    if row is None:
        return Change(key, None, wanted, None, "There is no such document.")
    return Change(key, place_of(row), wanted, row["name"])
