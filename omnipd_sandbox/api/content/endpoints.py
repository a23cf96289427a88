"""The endpoints of content, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.content.list import list_content
from omnipd_sandbox.api.content.search import search_content
from omnipd_sandbox.api.items.visible import SCOPE
from omnipd_sandbox.calls.checks import Key, text, uuid
from omnipd_sandbox.calls.parameters import comma_separated, page_size, pages, sorting, words
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.moods.behavior import Behavior


def content_endpoints(behavior: Behavior) -> list[Endpoint]:
    """Write out the table; a few parameters are there only when switched on."""
    more_fields = ["updatedAt"] if behavior.accepts_sort_by_updated_at else []
    more = {"labels": Key(comma_separated)} if behavior.accepts_labels_filter else {}
    return [
        Endpoint(
            "GET",
            "/api/v1/content",
            list_content,
            {
                **pages(),
                "include": Key(words("_count", "labels"), frozenset()),
                "scope": Key(SCOPE, "organization"),
                "creatorId": Key(uuid),
                "folderId": Key(uuid),
                "path": Key(text()),
                **sorting("name", "favorites", *more_fields, by="name", direction="desc"),
                **more,
            },
        ),
        Endpoint(
            "GET",
            "/api/v1/content/search",
            search_content,
            {"q": Key(text(minimum=1), required=True), "limit": Key(page_size(100), 20)},
        ),
    ]
