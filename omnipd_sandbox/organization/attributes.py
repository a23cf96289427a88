"""Attributes of users: which there are, and who has which value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from omnipd_sandbox.organization.derived import stable_uuid
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
        return "" if self.system else stable_uuid("user attribute", self.name)


#: Those that every organization has.
SYSTEM_ATTRIBUTES = (
    UserAttribute("omni_user_id", "Omni user id", system=True),
    UserAttribute("omni_user_email", "Omni user e-mail", system=True),
    UserAttribute("omni_user_name", "Omni user name", system=True),
    UserAttribute("omni_user_timezone", "Omni user time zone", system=True),
    UserAttribute("omni_is_org_admin", "Omni organization administrator", system=True),
)


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
