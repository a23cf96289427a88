"""What is wrong in models, and in the content that stands on them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import pandas as pd

from omnipd.arguments import argument
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.frames.columns import (
    TEXT,
    Column,
    as_json,
    as_text,
    flag,
    folder_path,
    instant,
    text,
)
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual
from omnipd.lists.params import Param, choices
from omnipd.lists.parents import Parents
from omnipd.readers.below_model import BRANCH, CAMEL_BRANCH, below_model
from omnipd.readers.record_parts import items_in, object_in, objects_in


def _with_severity(issue: Record) -> list[Record]:
    """Put the older flag into the words of the newer severity."""
    told = {key: value for key, value in issue.items() if key != "is_warning"}
    warning = issue.get("is_warning")
    if told.get("severity") is None and isinstance(warning, bool):
        told["severity"] = "warning" if warning else "error"
    return [told]


MODEL_ISSUES = below_model(
    Endpoint(
        "/api/v1/models/{model_id}/validate",
        pages=paging.whole_or_bare,
        rows="issues",
        params=CAMEL_BRANCH,
        columns={
            "severity": text("severity", doc="error or warning"),
            "message": text("message", doc="What is wrong"),
            "view": text("view", doc="View it is in"),
            "field": text("field", doc="Field it is in"),
            "yaml_path": text("yaml_path", doc="Where in the files it is"),
            "auto_fix": Column(
                TEXT, ("auto_fix",), "JSON of a change that would repair it", as_json
            ),
        },
        unfold=_with_severity,
    )
)


@manual(MODEL_ISSUES)
def read_model_issues(
    models: Parents,
    *,
    branch_id: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read what is wrong in models, one row per issue.

    One call per model. A model without issues has no row.

    See Also
    --------
    omnipd.read_content_issues : What is wrong in the content on models.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     issues = omnipd.read_model_issues("flights")
    >>> len(issues)
    0
    """
    return MODEL_ISSUES.read(models, locals())


_ENTRY_KEYS = {
    "document_id",
    "identifier",
    "name",
    "type",
    "updated_at",
    "folder",
    "owner",
    "require_pull_request_to_publish",
}


_ISSUE_KEYS = {"queries_and_issues", "dashboard_filter_issues", "error"}


def _content_issues_of(answer: Record) -> Iterator[Record]:
    """Give a row per issue of a query, of a dashboard's filters, or of a whole document."""
    branch = object_in(answer, "branch").get("id")
    for entry in paging.rows_of(answer, "content"):
        head = {key: value for key, value in entry.items() if key not in _ISSUE_KEYS}
        head["branch"] = branch
        found = list(_issues_of(entry))
        # What nobody knows may be an issue of a new kind: it is not lost with its document.
        if not found and not head.keys() <= _ENTRY_KEYS | {"branch"}:
            found = [{"scope": "document"}]
        for issue in found:
            yield {**head, "issue": issue}


def _issues_of(entry: Record) -> Iterator[Record]:
    if entry.get("error") is not None:
        yield _told(entry["error"]) | {"scope": "document"}
    for query in objects_in(entry, "queries_and_issues"):
        for issue in items_in(query, "issues"):
            of_query = {key: value for key, value in query.items() if key != "issues"}
            yield of_query | _told(issue) | {"scope": "query"}
    for issue in items_in(entry, "dashboard_filter_issues"):
        yield _told(issue) | {"scope": "dashboard_filter"}


def _told(issue: Any) -> Record:
    """Return what an issue says: it is text, or an object with a message (docs/wire.md)."""
    if isinstance(issue, dict) and isinstance(issue.get("message"), str):
        return {key: value for key, value in issue.items() if key != "message"} | {
            "text": issue["message"]
        }
    return {"text": issue}


CONTENT_ISSUES = below_model(
    Endpoint(
        "/api/v1/models/{model_id}/content-validator",
        pages=paging.single,
        rows=None,
        params={
            **BRANCH,
            "find": Param("find"),
            "find_type": Param(
                "find_type", "choice", choices(field="FIELD", topic="TOPIC", view="VIEW")
            ),
            "folder_path": Param("folder_paths"),
            "include_personal_folders": Param("include_personal_folders", "flag"),
            "labels": Param("labels", "list"),
            "user_id": Param("userId", "id"),
        },
        # Without it every document comes, and is left out here.
        fixed={"content_filter_mode": "WITH_ISSUES"},
        columns={
            "branch_id": text("branch", doc="Branch that was asked for"),
            "document_id": text("document_id", doc="Another id of the document; not its key"),
            "document_identifier": text("identifier", doc="Identifier of the document or draft"),
            "document_name": text("name", doc="Its name"),
            "document_type": text("type", doc="Published, Draft and others"),
            "folder_name": text("folder.name", doc="Folder it is in"),
            "folder_path": folder_path("folder.path", doc="Path of that folder"),
            "owner_name": text("owner.name", doc="Name of its owner"),
            "owner_email": text("owner.email", doc="E-mail address of its owner"),
            "updated_at": instant("updated_at", doc="Last change of the document"),
            "require_pull_request_to_publish": flag(
                "require_pull_request_to_publish", doc="Whether a change needs a pull request"
            ),
            "issue_scope": text("issue.scope", doc="query, dashboard_filter or document"),
            "query_name": text("issue.query_name", doc="Name of the query"),
            "query_presentation_id": text("issue.query_presentation_id", doc="Id of the query"),
            "query_identifier_map_key": text("issue.query_id_map_key", doc="Key of its tile"),
            "issue": Column(TEXT, ("issue.text",), "What is wrong", as_text),
        },
        unfold=_content_issues_of,
    )
)


@manual(CONTENT_ISSUES)
def read_content_issues(
    models: Parents,
    *,
    branch_id: str | None = None,
    find: str | None = None,
    find_type: str | None = None,
    folder_path: str | None = None,
    include_personal_folders: bool = False,
    labels: Sequence[str] | str | None = None,
    user_id: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read what is wrong in the content on shared models, one row per issue.

    One call per model, for all its documents; it may take long. What is in order has no row.

    Parameters
    ----------
    models : str, iterable of str, or DataFrame
        Ids or names of shared models, or a frame with ``model_id``, such as that of
        ``read_models(model_kind="SHARED")``.
    branch_id : str, optional
        Hold the content against this branch of the model.
    find : str, optional
        Only content that uses this field (``view.field``), topic or view. With `find_type`.
    find_type : {"field", "topic", "view"}, optional
        What `find` names.
    folder_path : str, optional
        Only content in folders whose path starts with this.
    include_personal_folders : bool, default False
        Also content of one person only.
    labels : str or sequence of str, optional
        Only documents with one of these labels.
    user_id : str, optional
        Membership id of the person to act for. Default: that of the client.

    Raises
    ------
    BadRequestError
        For a model that is not shared, or a label that nobody made.

    See Also
    --------
    omnipd.read_model_issues : What is wrong in the models themselves.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     issues = omnipd.read_content_issues("flights")
    >>> issues.groupby("issue_scope").size().index.tolist()
    ['dashboard_filter', 'query']
    """
    arguments = dict(locals())
    if (find is None) != (find_type is None):
        raise ArgumentError(
            argument("find") + " and " + argument("find_type") + " go together; give both or none."
        )
    return CONTENT_ISSUES.read(models, arguments)
