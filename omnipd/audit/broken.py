"""What is broken in content and models, as Omni's own validators say."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_frames import Inventory
from omnipd.audit.earlier_issues import EarlierIssues, as_content, as_model
from omnipd.audit.live import as_inventory, issues_on
from omnipd.audit.tables import Tables, question
from omnipd.client.client import Client
from omnipd.frames.columns import INSTANT
from omnipd.queries.language.timeframes import split

_SCHEMA = pa.schema(
    {
        **dict.fromkeys(("issue_of", "severity", "issue", "model_id", "branch_id"), pa.string()),
        **dict.fromkeys(("document_identifier", "document_name", "document_type"), pa.string()),
        **dict.fromkeys(("issue_scope", "query_id", "query_name", "view", "field"), pa.string()),
        **dict.fromkeys(("yaml_path", "folder_path"), pa.string()),
        **dict.fromkeys(("owner_id", "owner_name", "owner_email"), pa.string()),
        "first_seen_at": INSTANT,
    }
)
_NAMED = re.compile(r"""(?:['"`]|\$\{)([^\W\d]\w*\.[^\W\d]\w*(?:\[\w+\])?)(?:['"`]|\})""")


@question("content_issues", "model_issues", also=("documents", "users"))
def validate(
    inventory: Inventory | Client,
    branch: str | None = None,
    *,
    before: Inventory | str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """Return what is broken in content and in models, one row per issue.

    Parameters
    ----------
    inventory : Inventory or Client
        With the tables that ``omnipd.audit.validate.needs`` and ``.also`` name, as
        :func:`omnipd.read_inventory` reads them of all shared models; a client reads them now.
    branch : str, optional
        Id of a branch: content and its model are held against that. It has to be read now, by a client.
    before : Inventory or path-like, optional
        An earlier inventory or export, or the folder of exports of :func:`omnipd.export_inventory`: when
        was an issue first seen? Default: that is not asked.

    Returns
    -------
    pandas.DataFrame
        With these columns, those of issues in content first:

        - ``issue_of``: ``content`` or ``model``.
        - ``severity``: error or warning; null for content, of which Omni does not say it.
        - ``issue``: What is wrong.
        - ``model_id``, ``branch_id``: The model, and its branch where content was held against one.
        - ``document_identifier``, ``document_name``, ``document_type``: The document or draft.
        - ``issue_scope``: query, dashboard_filter or document.
        - ``query_id``, ``query_name``: The tile.
        - ``view``, ``field``: The view, and ``view.field``, without its timeframe. Of content the field that
          the issue puts in quotes, where it is one only.
        - ``yaml_path``: Where in the files of the model it is.
        - ``folder_path``: Folder of the document.
        - ``owner_id``, ``owner_name``, ``owner_email``: Owner of the document. Null for models, which
          have none; ``owner_id`` is null where documents and users do not tell it.
        - ``first_seen_at``: When the first frame was read that has the issue, among the earlier ones and
          this; null where that is not known.

        ``first_seen_at`` is ``timestamp[us, tz=UTC][pyarrow]``, all others are ``string[pyarrow]``.

    Raises
    ------
    ArgumentError
        If a table is missing that is needed, nothing earlier is there, or the branch is not.

    See Also
    --------
    omnipd.read_content_issues, omnipd.read_model_issues : What it is made of.

    Notes
    -----
    An issue is the same one as long as its model, its document and tile, or its view and field, and its
    words are.

    An earlier frame that is not whole may lack an issue that was there. An issue that is in the next one
    is null in ``first_seen_at``, and so it is where an earlier frame does not say when it was read. What did
    not have the table at all is passed over.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as client:
    ...     issues = omnipd.audit.validate(client)
    >>> issues.groupby(["issue_of", "document_type", "field"]).size()
    issue_of  document_type  field
    content   Draft          flights.tail_number          25
                             order_items.sales_channel    22
              Published      flights.tail_number           5
                             order_items.sales_channel     9
    dtype: int64
    """
    given = as_inventory(inventory, validate) if branch is None else issues_on(branch, inventory)
    tables = Tables(given, validate)
    seen = EarlierIssues(given, before)
    owners = _Owners(tables)

    def rows() -> Iterator[Mapping[str, Any]]:
        for row in tables.rows("content_issues"):
            field = _field_named(row["issue"])
            yield {
                **row,
                "issue_of": "content",
                "query_id": row["query_presentation_id"],
                "view": None if field is None else field.partition(".")[0],
                "field": field,
                "owner_id": owners.id_of(row["document_identifier"], row["owner_email"]),
                "first_seen_at": seen.first("content_issues", as_content(row)),
            }
        for row in tables.rows("model_issues"):
            view, field = row["view"], row["field"]
            yield {
                **row,
                "issue_of": "model",
                "issue": row["message"],
                "field": field if None in {view, field} else f"{view}.{field}",
                "first_seen_at": seen.first("model_issues", as_model(row)),
            }

    return tables.answer(_SCHEMA, rows())


def _field_named(issue: str | None) -> str | None:
    found = {split(name)[0] for name in _NAMED.findall(issue or "")}
    return found.pop() if len(found) == 1 else None


class _Owners:
    """The owners of documents: by the document, or by the address where one person has it."""

    def __init__(self, tables: Tables) -> None:
        documents = tables["documents"]
        self._of_document = dict(
            zip(
                documents["document_identifier"].to_pylist(),
                documents["owner_id"].to_pylist(),
                strict=True,
            )
        )
        self._by_email: dict[str, set[str]] = {}
        users = tables["users"] if tables.is_known("users") else tables["users"].slice(0, 0)
        for user_id, email in zip(
            users["user_id"].to_pylist(), users["email"].to_pylist(), strict=True
        ):
            if user_id is not None and email is not None:
                self._by_email.setdefault(email.lower(), set()).add(user_id)

    def id_of(self, document: str | None, email: str | None) -> str | None:
        owner = self._of_document.get(document)
        if owner is not None or email is None:
            return owner
        found = self._by_email.get(email.lower(), set())
        return next(iter(found)) if len(found) == 1 else None
