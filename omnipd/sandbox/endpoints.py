"""The table of endpoints: what the sandbox answers, and what it lets itself be asked."""

from __future__ import annotations

from omnipd.sandbox.behaviour import Behaviour
from omnipd.sandbox.content import list_content
from omnipd.sandbox.parameters import (
    Parameter,
    comma_separated,
    one_of,
    page_size,
    text,
    uuid,
    uuids,
    words,
)
from omnipd.sandbox.query.run import run_query
from omnipd.sandbox.query.wait import wait_for_jobs
from omnipd.sandbox.routing import Endpoint
from omnipd.sandbox.whoami import who_am_i


def endpoints(behaviour: Behaviour) -> list[Endpoint]:
    """Write out the table; a few parameters are there only when switched on."""
    content_sorts = ["name", "favorites"]
    if behaviour.accepts_sort_by_updated_at:
        content_sorts.append("updatedAt")
    content_labels = {"labels": Parameter(comma_separated)}

    return [
        Endpoint(
            "GET",
            "/api/v1/content",
            list_content,
            {
                "cursor": Parameter(text),
                "pageSize": Parameter(page_size(100), 20),
                "include": Parameter(words("_count", "labels"), frozenset()),
                "scope": Parameter(one_of("organization", "restricted"), "organization"),
                "creatorId": Parameter(uuid),
                "folderId": Parameter(uuid),
                "path": Parameter(text),
                "sortField": Parameter(one_of(*content_sorts), "name"),
                "sortDirection": Parameter(one_of("asc", "desc"), "desc"),
                **(content_labels if behaviour.accepts_labels_filter else {}),
            },
        ),
        Endpoint("GET", "/api/v1/whoami", who_am_i, {"modelId": Parameter(uuids)}),
        Endpoint(
            "POST",
            "/api/v1/query/run",
            run_query,
            {"userId": Parameter(uuid), "branch_id": Parameter(uuid)},
        ),
        Endpoint(
            "GET",
            "/api/v1/query/wait",
            wait_for_jobs,
            {"jobIds": Parameter(text), "job_ids": Parameter(text)},
        ),
    ]
