"""Attributes of users: which there are, and who has which value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.records import User


@dataclass(frozen=True)
class UserAttribute:
    """An attribute; those of the system have no id of their own."""

    name: str
    label: str
    type: Literal["String", "Number"] = "String"
    description: str | None = None
    multiple_values: bool = False
    system: bool = False
    default: Any = None

    @property
    def id(self) -> str:
        """Give its id, the empty text for one of the system (docs/wire.md)."""
        return "" if self.system else chance.stable_uuid("user attribute", self.name)


ATTRIBUTES = (
    UserAttribute("omni_user_id", "Omni user id", system=True),
    UserAttribute("omni_user_email", "Omni user e-mail", system=True),
    UserAttribute("omni_user_name", "Omni user name", system=True),
    UserAttribute("omni_user_timezone", "Omni user time zone", system=True),
    UserAttribute("omni_is_org_admin", "Omni organization administrator", system=True),
    UserAttribute("region", "Region", description="Which rows are theirs.", default="north"),
    # Numbers travel as text here (docs/wire.md).
    UserAttribute("quota", "Quota", "Number", default="0"),
    UserAttribute(
        "cost_centers",
        "Cost centers",
        "Number",
        description="",
        multiple_values=True,
        default=["1000", "1010"],
    ),
    UserAttribute("language", "Language"),
)


def invent_values(mailbox: str, region: str) -> dict[str, Any]:
    """Invent the values a member has of their own; null where one was taken away."""
    email = f"{mailbox}@sandbox.example"
    values: dict[str, Any] = {"region": region}
    if chance.number(2, "quota", email) == 0:
        values["quota"] = 100 * chance.number(50, "how much", email)
    if chance.number(3, "cost centers", email) == 0:
        values["cost_centers"] = [1000, 1000 + 10 * chance.number(9, "cost center", email)]
    if chance.number(4, "language", email) == 0:
        values["language"] = None
    return values


def effective_values(user: User, attributes: Iterable[UserAttribute]) -> dict[str, Any]:
    """Give the value of every attribute: the system's, the member's own, or the default."""
    system = {
        "omni_user_id": user.user_id,
        "omni_user_email": user.email,
        "omni_user_name": user.name,
        "omni_user_timezone": "UTC",
        # A text, not a boolean (docs/wire.md).
        "omni_is_org_admin": str(user.organization_role == "ORG_ADMIN").lower(),
    }
    defaults = {each.name: each.default for each in attributes}
    return defaults | system | user.attributes
