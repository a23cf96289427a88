"""Attributes of users, and who has which value."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.attributes import SYSTEM_ATTRIBUTES, UserAttribute
from omnipd_sandbox.organization.derived import number

ATTRIBUTES = (
    *SYSTEM_ATTRIBUTES,
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
    if chance.one_in(2, "quota", email):
        values["quota"] = 100 * number(50, "how much", email)
    if chance.one_in(3, "cost centers", email):
        values["cost_centers"] = [1000, 1000 + 10 * number(9, "cost center", email)]
    if chance.one_in(4, "language", email):
        values["language"] = None
    return values
