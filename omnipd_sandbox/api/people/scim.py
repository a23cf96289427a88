"""Lists as SCIM has them: a start, a count, a filter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import Reply, json_reply

Resource = TypeVar("Resource")
CORE = "urn:ietf:params:scim:schemas:core:2.0"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

_FILTER = re.compile(r'\s*(\w+)\s+(\w+)\s+"((?:[^"\\]|\\.)*)"\s*')


def list_response(
    resources: Sequence[Resource], write: Callable[[Resource], dict[str, Any]], call: Call
) -> Reply:
    """Answer with the part of a list that was asked for, which may be less than was asked for."""
    # Below one counts as one, and below zero as zero (RFC 7644, section 3.4.2.4).
    start = max(1, call.parameters["startIndex"])
    count = max(0, call.parameters["count"])
    most = call.world.behavior.scim_count_at_most
    if most is not None:
        count = min(count, most)
    part = resources[start - 1 : start - 1 + count]
    return json_reply(
        {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": len(resources),
            "itemsPerPage": len(part),
            "startIndex": start,
            "Resources": [write(each) for each in part],
        }
    )


def matching(
    text: str | None,
    resources: Sequence[Resource],
    attributes: Mapping[str, Callable[[Resource], str]],
    *,
    operators: Sequence[str] = ("eq",),
    minds_case: Sequence[str] = (),
) -> list[Resource]:
    """Keep the resources that fit a filter such as ``userName eq "x@y"``.

    The names of attributes and operators do not mind case; values do only for the attributes
    in `minds_case`.
    """
    if not text:
        return list(resources)
    found = _FILTER.fullmatch(text)
    known = {name.casefold(): name for name in attributes}
    if found is None or found[1].casefold() not in known or found[2].casefold() not in operators:
        raise BadRequest(f"Unsupported filter: {text}", at="filter")
    name, operator = known[found[1].casefold()], found[2].casefold()
    wanted = re.sub(r"\\(.)", r"\1", found[3])

    def folded(value: str) -> str:
        return value if name in minds_case else value.casefold()

    if operator == "co":
        return [each for each in resources if folded(wanted) in folded(attributes[name](each))]
    return [each for each in resources if folded(wanted) == folded(attributes[name](each))]
