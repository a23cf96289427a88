"""Files that people have loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from omnipd.arguments import argument
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.frames.columns import count, instant, text
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual
from omnipd.lists.params import SORT_DIRECTION, Param, choices
from omnipd.readers.model_list import model_id

_TYPES = choices("csv", "spreadsheet")
_LONGEST_SEARCH = 256


@dataclass(frozen=True)
class _ByType(FanOut):
    """One list per type: Omni lists one type at a time, and does not say it in the rows."""

    def _bound(self, key: tuple[str, ...], endpoint: Endpoint | None = None) -> Endpoint:
        return replace(endpoint or self.endpoint, fixed={"type": key[0]})

    def has_first_page(self, key: tuple[str, ...]) -> bool:  # noqa: ARG002
        return True


UPLOADS = _ByType(
    Endpoint(
        "/api/v1/uploads",
        key=("upload_id",),
        params={
            "connection_id": Param("connectionId", "id"),
            "model": Param("modelId", "id", lookup=model_id),
            "search_term": Param("searchTerm"),
            "sort": Param(
                "sortField",
                "choice",
                choices(created_at="createdAt", file_name="fileName", updated_at="updatedAt"),
            ),
            "direction": SORT_DIRECTION,
        },
        columns={
            "upload_id": text("id", doc="Id of the upload"),
            "file_name": text("file_name", doc="Name of the file"),
            "view": text("view_name", doc="View that queries it"),
            "connection_id": text("connection_id", doc="Connection that it belongs to"),
            "model_id": text("model_id", doc="Model that it belongs to"),
            "in_db_as_table_name": text(
                "in_db_as_table_name", doc="Table, when it was written to the database"
            ),
            "size_bytes": count("size_bytes", doc="Size in bytes"),
            "created_at": instant("created_at", doc="When it was loaded"),
            "updated_at": instant("updated_at", doc="Last change"),
            "uploaded_by_id": text("uploaded_by_user.id", doc="Id of who loaded it"),
            "uploaded_by_name": text("uploaded_by_user.name", doc="Name of who loaded it"),
        },
    ),
    parent=("type",),
)


@manual(UPLOADS)
def read_uploads(
    *,
    upload_type: str | None = None,
    connection_id: str | None = None,
    model: str | None = None,
    search_term: str | None = None,
    sort: str = "updated_at",
    direction: str = "desc",
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the files that people have loaded, one row each: first csv files, then spreadsheets.

    Parameters
    ----------
    upload_type : {"csv", "spreadsheet"}, optional
        Only this type. Default: both, each read by itself.
    connection_id : str, optional
        Only files of this connection.
    model : str, optional
        Only files of this model: a workbook's own, by its id, or those of a shared model's connection,
        by its id or name.
    search_term : str, optional
        Words in the name of the file, at most 256 characters.
    sort : {"updated_at", "created_at", "file_name"}, default "updated_at"
        What to sort by, within each type.

    Notes
    -----
    No source says whether ``uploaded_by_id`` is a membership id.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     uploads = omnipd.read_uploads(sort="created_at")
    >>> uploads["type"].unique().tolist()
    ['csv', 'spreadsheet']
    """
    arguments = dict(locals())
    if isinstance(search_term, str) and len(search_term) > _LONGEST_SEARCH:
        raise ArgumentError(
            argument("search_term") + f" is longer than {_LONGEST_SEARCH} characters."
        )
    types = list(_TYPES)
    if upload_type is not None:
        types = [Param("type", "choice", _TYPES).encode("upload_type", upload_type)]
    uploads = UPLOADS.read(types, arguments)
    return uploads if limit is None else uploads.head(limit)
