"""A change of parts of what SCIM has, whose body is the same for users and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omnipd.changes.api_call import ApiCall

_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def patch(path: str, operations: Sequence[Mapping[str, Any]]) -> ApiCall:
    """Return the call that makes some operations, one after the other."""
    return ApiCall("PATCH", path, {"schemas": [_SCHEMA], "Operations": list(operations)})
