"""Which calls of Omni's API give something to somebody else, and which take it away."""

from __future__ import annotations

from urllib.parse import quote

NOT_BY_API = "not by the API"
_NOT_DOCUMENTED = "not documented"
_GROUP = "PATCH /api/scim/v2/Groups/{id}"
_LIMIT = "PATCH /api/v1/ai/credit-controls/users"

# {id} is what it is about, {leaver} whose it was; {user_id} stays and stands for whoever gets it.
_CALLS: dict[str, tuple[str, str]] = {
    "document": (
        "PUT /api/v1/documents/{id}/transfer-ownership",
        "DELETE /api/v1/documents/{id}",
    ),
    "trashed document": (NOT_BY_API, NOT_BY_API),
    "folder": (NOT_BY_API, "DELETE /api/v1/folders/{id}"),
    "schedule": (
        "PUT /api/v1/schedules/{id}/transfer-ownership",
        "DELETE /api/v1/schedules/{id}",
    ),
    "received_schedule": (
        "PUT /api/v1/schedules/{id}/add-recipients",
        "PUT /api/v1/schedules/{id}/remove-recipients",
    ),
    "api_key": (NOT_BY_API, "PUT /api/v1/api-keys/{id}"),
    "group": (_GROUP, _GROUP),
    "model_role": ("POST /api/v1/users/{user_id}/model-roles", NOT_BY_API),
    "document permission": (
        "POST /api/v1/documents/{id}/permissions",
        "DELETE /api/v1/documents/{id}/permissions",
    ),
    "folder permission": (
        "POST /api/v1/folders/{id}/permissions",
        "DELETE /api/v1/folders/{id}/permissions",
    ),
    "favorite": (
        "PUT /api/v1/documents/{id}/favorite?userId={user_id}",
        "DELETE /api/v1/documents/{id}/favorite?userId={leaver}",
    ),
    "draft": (NOT_BY_API, "DELETE /api/v1/documents/{id}/draft"),
    "routine": (_NOT_DOCUMENTED, _NOT_DOCUMENTED),
    "attribute": ("PATCH /api/scim/v2/Users/{user_id}", "PATCH /api/scim/v2/Users/{leaver}"),
    "credit_limit": (_LIMIT, _LIMIT),
}


def calls(what: str, identity: str | None, leaver: str) -> dict[str, str]:
    """Return the call that hands something over, and the one that takes it away.

    Examples
    --------
    >>> calls("folder", "f1", "m1")
    {'hand_over': 'not by the API', 'take_away': 'DELETE /api/v1/folders/f1'}
    """
    filled = (
        call.replace("{id}", quote(identity or "", safe="")).replace(
            "{leaver}", quote(leaver, safe="")
        )
        for call in _CALLS[what]
    )
    return dict(zip(("hand_over", "take_away"), filled, strict=True))
