"""One call of Omni's API that changes something, and how much care it takes.

The tiers: what is safe may be taken back and be made twice; what is to be confirmed gives people other
rights, other owners or other addresses; what destroys cannot be taken back as a whole, or reaches people
at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from omnipd.frames.columns import as_json

Tier = Literal["safe", "confirm", "destructive"]
TIERS: tuple[Tier, ...] = ("safe", "confirm", "destructive")

# By method and path, where * stands for one part; what no row names is destructive.
_TIERS: dict[str, Tier] = {
    "PUT /api/v1/documents/*/labels/*": "safe",
    "DELETE /api/v1/documents/*/labels/*": "safe",
    "PATCH /api/v1/documents/*/labels": "safe",
    "PATCH /api/v1/folders/*/labels": "safe",
    "POST /api/v1/labels": "safe",
    "PUT /api/v1/labels/*": "safe",
    "DELETE /api/v1/labels/*": "destructive",
    "PUT /api/v1/documents/*/favorite": "safe",
    "DELETE /api/v1/documents/*/favorite": "safe",
    "PATCH /api/v1/documents/*": "safe",
    "PATCH /api/v2/documents/*/draft": "safe",
    "PATCH /api/v2/documents/*/draft/*": "safe",
    "POST /api/v2/documents/*/draft/publish": "safe",
    "PUT /api/v2/documents/*/identifier": "confirm",
    "POST /api/v1/documents/*/move": "confirm",
    "PUT /api/v1/documents/*/transfer-ownership": "confirm",
    "PUT /api/v1/documents/*/permissions": "confirm",
    "POST /api/v1/documents/*/permissions": "confirm",
    "PATCH /api/v1/documents/*/permissions": "confirm",
    "DELETE /api/v1/documents/*/permissions": "confirm",
    "DELETE /api/v1/documents/*": "destructive",
    "POST /api/v1/folders": "safe",
    "PATCH /api/v1/folders/*": "safe",
    "POST /api/v1/folders/*/permissions": "confirm",
    "PATCH /api/v1/folders/*/permissions": "confirm",
    "DELETE /api/v1/folders/*/permissions": "confirm",
    "DELETE /api/v1/folders/*": "destructive",
    "PUT /api/v1/schedules/*/pause": "safe",
    "PUT /api/v1/schedules/*/resume": "safe",
    "PUT /api/v1/schedules/*/transfer-ownership": "confirm",
    "PUT /api/v1/schedules/*/add-recipients": "confirm",
    "PUT /api/v1/schedules/*/remove-recipients": "confirm",
    "PUT /api/v1/schedules/*": "destructive",
    "POST /api/v1/schedules/*/trigger": "destructive",
    "DELETE /api/v1/schedules/*": "destructive",
    "POST /api/scim/v2/Users": "safe",
    "PATCH /api/scim/v2/Users/*": "safe",
    "PUT /api/scim/v2/Users/*": "confirm",
    "DELETE /api/scim/v2/Users/*": "destructive",
    "DELETE /api/scim/v2/embed/Users/*": "destructive",
    "POST /api/scim/v2/Groups": "safe",
    "PATCH /api/scim/v2/Groups/*": "safe",
    "PUT /api/scim/v2/Groups/*": "confirm",
    "DELETE /api/scim/v2/Groups/*": "destructive",
    "POST /api/v1/users/email-only": "safe",
    "POST /api/v1/users/email-only/bulk": "safe",
    "POST /api/v1/users/*/model-roles": "safe",
    "POST /api/v1/user-groups/*/model-roles": "safe",
    "PUT /api/v1/api-keys/*": "confirm",
    "DELETE /api/v1/api-keys/*": "destructive",
    "DELETE /api/v1/uploads/*": "destructive",
    "POST /api/v1/models/*/content-validator": "confirm",
}
_PATTERNS = [
    (re.compile(re.escape(row).replace(r"\*", "[^/]+")), tier) for row, tier in _TIERS.items()
]


@dataclass(frozen=True)
class ApiCall:
    """One call.

    Attributes
    ----------
    method : str
    path : str
        Starts with ``/api``; parts that came from a caller are percent-encoded.
    body : object, optional
        What is sent as JSON.
    params : mapping of str to str
        What stands behind the question mark.
    """

    method: str
    path: str
    body: Any = None
    params: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        query = "&".join("=".join(pair) for pair in self.params.items())
        return (
            f"{self.method} {self.path}"
            + (f"?{query}" if query else "")
            + (f" {as_json(self.body)}" if self.body is not None else "")
        )

    @property
    def tier(self) -> Tier:
        """How much care it takes.

        Examples
        --------
        >>> ApiCall("PUT", "/api/v1/schedules/s1/pause").tier
        'safe'
        >>> ApiCall("POST", "/api/v1/schedules/s1/trigger").tier
        'destructive'
        """
        body = self.body if isinstance(self.body, Mapping) else {}
        if body.get("clearExistingDraft"):  # somebody's work would be lost
            return "destructive"
        if self.path.endswith("/content-validator") and not body.get("branch_id"):
            return "destructive"
        if "/documents/" in self.path and "identifier" in body:
            return "confirm"
        if (
            "/folders/" in self.path and "path" in body
        ):  # it leads there from what people have saved
            return "confirm"
        line = f"{self.method} {self.path}"
        return next((tier for row, tier in _PATTERNS if row.fullmatch(line)), "destructive")


def most_careful(tiers: list[Tier]) -> Tier:
    """Return that which asks for the most care; ``safe`` of none."""
    return max(tiers, key=TIERS.index, default="safe")
