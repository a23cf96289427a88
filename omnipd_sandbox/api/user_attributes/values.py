"""Values of attributes that a body gives to people."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from omnipd_sandbox.calls.checks import Check, anything, table
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.organization.attributes import UserAttribute


def values_of(attributes: Iterable[UserAttribute]) -> Check:
    """Take values of attributes, which must be defined; null takes a value away.

    They are kept as they were sent. Which of them Omni refuses is assumed.
    """
    defined = {each.name: each for each in attributes}

    def check(given: Any) -> dict[str, Any]:
        values: dict[str, Any] = table(anything)(given)
        for name, value in values.items():
            attribute = defined.get(name)
            if attribute is None:
                raise BadRequest(f"User attribute {name} does not exist", name)
            if attribute.system:
                raise BadRequest("System attributes cannot be set", name)
            if value is not None and not _fits(value, attribute):
                many = "one or more " if attribute.multiple_values else ""
                raise BadRequest(f"Expected {many}{attribute.type}", name)
        return values

    return check


def _fits(value: Any, attribute: UserAttribute) -> bool:
    if isinstance(value, list):
        return attribute.multiple_values and all(_is_one(each, attribute) for each in value)
    return _is_one(value, attribute)


def _is_one(value: Any, attribute: UserAttribute) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    if attribute.type == "String" or not isinstance(value, str):
        return True
    # Numbers may be sent as text, which keeps those that JavaScript would round.
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False
