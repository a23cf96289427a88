"""The endpoint of the attributes of users."""

from __future__ import annotations

from omnipd_sandbox.api.user_attributes.list import list_attributes
from omnipd_sandbox.calls.routing import Endpoint


def user_attribute_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [Endpoint("GET", "/api/v1/user-attributes", list_attributes)]
