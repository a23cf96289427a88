"""What the records of documents and of folders have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Page, page_reply
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.http.reply import Reply
from omnipd_sandbox.moods.behavior import Behavior
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Absent, Document, Folder

Item = Document | Folder
AnyItem = TypeVar("AnyItem", bound=Item)


def owner(item: Item, world: World) -> dict[str, str]:
    """Write who owns an item."""
    user = world.organization.person(item.owner_id)
    return {"id": owner_id(user.membership_id, world.behavior), "name": user.name}


def owner_id(membership_id: str, behavior: Behavior) -> str:
    """Give the id by which content names a person; on some tenants no user has it (docs/wire.md)."""
    if behavior.owner_ids == "membership":
        return membership_id
    return derived.stable_uuid("other id", membership_id)


def owned_by(asked: str, world: World) -> str | None:
    """Give the member whom content is asked for by an owner's id; None where nobody has it."""
    users, behavior = world.organization.users, world.behavior
    if behavior.owner_ids == "membership":
        found = asked if asked in users else None
    else:
        found = next((each for each in users if owner_id(each, behavior) == asked), None)
    if found is None and behavior.unknown_owner == "not_found":
        raise not_found("User", asked)
    return found


def items_reply(
    page: Page[AnyItem], write: Callable[[AnyItem, World], dict[str, Any]], call: Call
) -> Reply:
    """Answer with a page of items, with what is there only when it is asked for."""
    return page_reply(page, lambda item: write(item, call.world) | _optional_keys(item, call))


def _optional_keys(item: Item, call: Call) -> dict[str, Any]:
    include, world = call.parameters["include"], call.world
    record: dict[str, Any] = {}
    if "_count" in include:
        record["_count"] = _counts(item, world.organization)
    if "labels" in include:
        record["labels"] = _labels(item, world)
    return record


def without_absent(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the wire leaves out, which is not the same as null."""
    return {name: value for name, value in values.items() if not isinstance(value, Absent)}


def _counts(item: Item, organization: Organization) -> dict[str, int]:
    favorites = len(item.favorited_by)
    if isinstance(item, Document):
        return {"favorites": favorites, "views": item.views}
    return {"documents": organization.documents_per_folder()[item.id], "favorites": favorites}


def _labels(item: Item, world: World) -> list[Any]:
    if not (world.behavior.labels_as_objects or world.behavior.old_shapes):
        return list(item.labels)
    return [
        {"name": name, "verified": world.organization.labels[name].verified} for name in item.labels
    ]
