"""Lists and changes as SCIM has them: a start, a count, a filter; one operation after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, anything, checked, items, one_of, record, text
from omnipd_sandbox.calls.parameters import scim_number
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import Reply, json_reply

Resource = TypeVar("Resource")
#: What a list takes.
SCIM_LIST = {
    "count": Key(scim_number, 100),
    "startIndex": Key(scim_number, 1),
    "filter": Key(text()),
}
CORE = "urn:ietf:params:scim:schemas:core:2.0"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_OPERATIONS = ("replace", "Replace", "add", "Add", "remove", "Remove")

_FILTER = re.compile(r'\s*(\w+)\s+(\w+)\s+"((?:[^"\\]|\\.)*)"\s*')


def list_response(
    resources: Sequence[Resource], write: Callable[[Resource], dict[str, Any]], call: Call
) -> Reply:
    """Answer with the part of a list that was asked for, which may be less than was asked for."""
    # Below one counts as one, and below zero as zero (RFC 7644, section 3.4.2.4).
    start = max(1, call.parameters["startIndex"])
    count = max(0, call.parameters["count"])
    maximum = call.world.behavior.scim_count_at_most
    if maximum is not None:
        count = min(count, maximum)
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


def patch_keys(*, needs_value: bool, minimum: int) -> dict[str, Key]:
    """Declare the body of a change of parts: so many operations at least."""
    operation = {
        "op": Key(one_of(*_OPERATIONS), required=True),
        "path": Key(text()),
        "value": Key(anything, required=needs_value),
    }
    return {
        "schemas": Key(items(one_of(_PATCH)), required=True),
        "Operations": Key(items(record(operation), minimum=minimum), required=True),
    }


def patched(
    resource: Resource,
    body: Mapping[str, Any],
    change: Callable[[Resource, dict[str, Any]], Resource],
) -> Resource:
    """Change parts of a resource, one operation after the other."""
    for place, operation in enumerate(body["Operations"]):
        resource = checked(partial(change, resource), operation, "Operations", place)
    return resource


def meta(kind: str, created: str, modified: str) -> dict[str, str]:
    """Write when a resource was made and changed."""
    return {"created": created, "lastModified": modified, "resourceType": kind}
