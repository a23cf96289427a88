"""Documents of one Omni, made in another under the same identifier, in the folder of the same path."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.document_files import read_export
from omnipd.admin.export_documents import export_documents
from omnipd.admin.import_documents import import_documents
from omnipd.admin.outcome import frame_of
from omnipd.arguments import argument, check_flag, check_id
from omnipd.call import one_call
from omnipd.changes.documents_now import Row, documents_now, listed_documents
from omnipd.changes.now import Now
from omnipd.changes.plan_rights import two_omnis
from omnipd.changes.promoted_document import Promoted, as_before
from omnipd.changes.promoted_folders import make_folders, missing_folders
from omnipd.changes.promoted_labels import carry_labels
from omnipd.changes.promoted_model import TargetModels
from omnipd.client.client import Client
from omnipd.errors import OmniError, held_warnings, warn
from omnipd.export.whole_files import make_folder
from omnipd.lists.parents import Parents, parent_keys

_OUTCOME = pa.schema(
    [
        (name, pa.string())
        for name in ("document_identifier", "name", "status", "folder_path", "model", "detail")
    ]
)


def promote(
    documents: Parents,
    folder: str | os.PathLike[str],
    *,
    source: Client,
    target: Client,
    model: str | None = None,
    folders: bool = False,
    again: bool = False,
    dry_run: bool = False,
) -> pd.DataFrame:
    """Bring documents from one Omni to another, such as from dev to prod.

    Each is exported to a file, checked against the model of the target, and made there: with the same
    identifier, in the folder of the same path, with the labels that it has. Owner and permissions are
    planned for by :func:`plan_rights`. A document that the target has is never changed, and none is made
    twice: what became of each is noted beside the files, and what was sent and not answered is looked for
    before anything else is done about it. So the same call goes on where one was broken off.

    Parameters
    ----------
    documents : str, iterable of str, or DataFrame
        Identifiers, or a frame with ``document_identifier``. Folders in it are left out.
    folder : path-like
        Where the files are written, and what became of them. Made when it does not exist; keep it to go on.
    source, target : Client
        The Omni that has them, and the one that is to have them: ``fleet["dev"]``, ``fleet["prod"]``.
    model : str, optional
        The target's shared model to build on: its name or id. Default: the one that has the name of the
        document's own.
    folders : bool, default False
        Also make folders that the target lacks.
    again : bool, default False
        Also make what was made before, or was sent and not answered, and is not in the target's list.
    dry_run : bool, default False
        Only export and check, and say what would be made: nothing is sent to the target.

    Returns
    -------
    pandas.DataFrame
        One row per document, all of ``string[pyarrow]``: ``document_identifier``, ``name``, ``status``,
        ``folder_path``, ``model`` (the target's) and ``detail``. ``status`` is

        - ``made``; or ``pending``: it would be, or was not sent since the key stopped working or the
          time was up;
        - ``already``: this folder says that it was made before, and there it is;
        - ``conflict``: the target has that identifier, also in its trash, and not from here;
        - ``refused``: ``detail`` says what is lacking, and nothing was sent;
        - ``failed``: Omni refused it;
        - ``unknown``: it was sent, the answer was lost, and the target does not list it.

        ``detail`` also says which labels could not be put on.

    Raises
    ------
    ArgumentError
        If there is something else than identifiers in `documents`, or both clients are of one Omni.
    OmniError
        If either Omni cannot be read; nothing was made.

    See Also
    --------
    compare : What each has.
    plan_rights : The owner and the permissions of what was made.
    export_documents : The files.

    Notes
    -----
    It takes one request to the source for each document, and one to the target; beside these a few lists:
    of documents, folders and models, and the fields of each model and topic that is named. Labels take one
    request for each document that has some.

    An export does not carry the description, nor schedules and favorites. Personal documents are refused: without their folder everybody would see them. What is made belongs to
    the owner of the target's key until a plan of :func:`plan_rights` is applied.

    Examples
    --------
    >>> import omnipd, tempfile
    >>> fleet = omnipd.Fleet(
    ...     {"dev": omnipd.sandbox(documents=40), "prod": omnipd.sandbox(size="tiny")}
    ... )
    >>> mine = ["report-22", "report-31"]
    >>> omnipd.promote(
    ...     mine, tempfile.mkdtemp(), source=fleet["dev"], target=fleet["prod"], folders=True
    ... )["status"].tolist()
    ['made', 'made']
    >>> fleet.close()
    """
    for name, value in {"folders": folders, "again": again, "dry_run": dry_run}.items():
        check_flag(name, value)
    if model is not None:
        check_id("model", model)
    source, target = two_omnis(source, target)
    keys = [key for (key,) in parent_keys(documents, ("document_identifier",))]
    root = make_folder(folder).resolve()
    with one_call():
        promoted = _exported(keys, root, source)
        there = _listed(target)
        before = as_before(promoted, target)
        for one in promoted:
            if one.status == "pending":
                one.find_in(there, before, again=again)
        _check(promoted, source, target, model, make=folders)
        try:
            if not dry_run:
                _make(promoted, source, target, again=again)
        except OmniError as error:
            error.partial = _outcome(promoted)
            raise
    _warn_of(promoted)
    return _outcome(promoted)


def _exported(keys: list[str], root: Path, source: Client) -> list[Promoted]:
    """Export the documents; those that are not there, or not to be shared, are refused."""
    here = documents_now(Now(source), keys)
    promoted = [Promoted(key, here.get(key)) for key in keys]
    if due := [one for one in promoted if one.status == "pending"]:
        with held_warnings():  # each row says why it was not exported
            manifest = export_documents(
                [one.identifier for one in due], root, errors="collect", client=source
            )
        for one, file, error in zip(due, manifest["file"], manifest["error"], strict=True):
            if pd.isna(error):
                one.file = root / file
            else:
                one.refuse(f"It cannot be exported: {error}")
    return promoted


def _listed(target: Client) -> dict[str, Row]:
    return {row["document_identifier"]: row for row in listed_documents(Now(target))}


def _check(
    promoted: list[Promoted], source: Client, target: Client, model: str | None, *, make: bool
) -> None:
    """Refuse what the target lacks something for: the model, its fields, the folder."""
    models = TargetModels(source, target, model)
    for one in promoted:
        if one.status == "pending" and one.file is not None:
            one.model_id, one.model, why = models.of(read_export(one.file))
            if why:
                one.refuse(why)
    due = [one for one in promoted if one.status == "pending"]
    lacking = set() if make else missing_folders({one.folder for one in due if one.folder}, target)
    for one in due:
        if one.folder in lacking:
            one.refuse(
                f"The target has no folder {one.folder}: make it, or give "
                + argument("folders", True)
                + "."
            )


def _make(promoted: list[Promoted], source: Client, target: Client, *, again: bool) -> None:
    due = [one for one in promoted if one.status == "pending"]
    for path, why in make_folders(
        {one.folder for one in due if one.folder}, source, target
    ).items():
        for one in due:
            if one.folder == path:
                one.refuse(why)
    due = [one for one in due if one.status == "pending"]
    try:
        for place, group in _by_place(due).items():
            if not _import(group, *place, target, again=again):
                break  # what stopped one would stop all
    finally:
        _look_up(due, target)
    carry_labels([one for one in promoted if one.status in {"made", "already"}], target)


def _by_place(due: list[Promoted]) -> dict[tuple[str, str | None], list[Promoted]]:
    groups: dict[tuple[str, str | None], list[Promoted]] = {}
    for one in due:
        groups.setdefault((one.model_id or "", one.folder), []).append(one)
    return groups


def _import(
    group: list[Promoted], model: str, folder_path: str | None, target: Client, *, again: bool
) -> bool:
    """Import documents of one model and folder; tell whether there is any use in the next."""
    files = {str(one.file): one for one in group}
    with held_warnings():  # what became of each is in its row
        outcome = import_documents(
            list(files),
            model=model,
            folder_path=folder_path,
            check=False,
            again=again,
            keep_identifiers=True,
            client=target,
        )
    cells = outcome.astype(object)
    for row in cells.where(cells.notna(), None).to_dict("records"):
        files[row["file"]].take({str(name): cell for name, cell in row.items()})
    return not (outcome["status"] == "pending").any()


def _look_up(due: list[Promoted], target: Client) -> None:
    """Look for what was sent and not answered: it may be there."""
    lost = [one for one in due if one.status == "unknown"]
    if not lost:
        return
    try:
        there = _listed(target)
    except OmniError:  # what is not known now is looked for by the next call
        return
    for one in lost:
        if one.identifier in there:
            one.is_found(target)


def _warn_of(promoted: list[Promoted]) -> None:
    counts = Counter(one.status for one in promoted)
    missed = {name: counts[name] for name in ("conflict", "refused", "failed", "unknown")}
    if told := [f"{count} {name}" for name, count in missed.items() if count]:
        warn(f"Of {len(promoted)} documents {', '.join(told)}: the column 'detail' says why.")


def _outcome(promoted: list[Promoted]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = [dict(_row(one)) for one in promoted]
    whole = {"made", "already"}
    return frame_of(rows, _OUTCOME, complete=all(one.status in whole for one in promoted))


def _row(one: Promoted) -> Mapping[str, str | None]:
    return {
        "document_identifier": one.identifier,
        "name": one.name,
        "status": one.status,
        "folder_path": one.folder,
        "model": one.model,
        "detail": one.detail,
    }
