"""Values of attributes that a body gives to people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.organization.attributes import UserAttribute


def read_values(
    given: Mapping[str, Any], at: str, attributes: Iterable[UserAttribute]
) -> dict[str, Any]:
    """Check values of attributes, which must be defined; null takes a value away.

    They are kept as they were sent. Which of them Omni refuses is assumed.
    """
    defined = {each.name: each for each in attributes}
    for name, value in given.items():
        place = f"{at}.{name}" if at else name
        attribute = defined.get(name)
        if attribute is None:
            raise BadRequest(f"User attribute {name} does not exist", at=place)
        if attribute.system:
            raise BadRequest("System attributes cannot be set", at=place)
        if value is not None and not _fits(value, attribute):
            many = "one or more " if attribute.multiple_values else ""
            raise BadRequest(f"Expected {many}{attribute.type}", at=place)
    return dict(given)


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
