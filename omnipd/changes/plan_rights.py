"""Whose a document is in one Omni, and who may do what with it, planned for the same document in another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from omnipd.arguments import argument, as_list, check_choice
from omnipd.call import one_call
from omnipd.changes.change import Change, Key
from omnipd.changes.documents_now import Row, documents_now
from omnipd.changes.now import Now
from omnipd.changes.plan import Plan
from omnipd.changes.planned import planned
from omnipd.client.client import Client
from omnipd.client.current_client import client_given_as
from omnipd.errors import ArgumentError
from omnipd.lists.parents import Parents, parent_keys
from omnipd.readers.document_access import read_document_access
from omnipd.readers.groups import read_groups
from omnipd.readers.users import read_users

_RIGHTS = ("owner", "permissions")


def plan_rights(
    documents: Parents,
    *,
    source: Client,
    target: Client,
    include: str | Iterable[str] = _RIGHTS,
) -> Plan:
    """Plan to give documents the owner and the permissions that they have in another Omni.

    A document is the one of the same identifier, as :func:`promote` makes it; a person the one of the same
    address; a group the one of the same name.

    Parameters
    ----------
    documents : str, iterable of str, or DataFrame
        Identifiers, or a frame with ``document_identifier``.
    source, target : Client
        The Omni whose rights are taken, and the one that is to be changed.
    include : {"owner", "permissions"} or both
        What to plan for. Default: both.

    Returns
    -------
    Plan
        One row for each owner, role and boost that the target has otherwise. Permissions are those that
        stand on the document itself. They are added and changed, and none is taken away. Who is not in the
        target is a reason to refuse a row.

    Raises
    ------
    ArgumentError
        If both clients are of one Omni, or something else is to be included.
    ForbiddenError
        If a key may not list users or groups: organization keys may.

    See Also
    --------
    promote : Makes the documents.

    Examples
    --------
    >>> import omnipd
    >>> fleet = omnipd.Fleet(
    ...     {"dev": omnipd.sandbox(size="tiny"), "prod": omnipd.sandbox(size="tiny")}
    ... )
    >>> omnipd.plan_rights("report-4", source=fleet["dev"], target=fleet["prod"]).empty
    True
    >>> fleet.close()
    """
    asked = as_list("include", include)
    for one in asked:
        check_choice("include", one, _RIGHTS)
    source, target = two_omnis(source, target)
    keys = [key for (key,) in parent_keys(documents, ("document_identifier",))]
    with one_call():
        now = Now(target)
        here, there = documents_now(Now(source), keys), documents_now(now, keys)
        known = [key for key in keys if key in here]
        people = _Same.of("user", source, target)
        changes = [
            Change(_owner(key), None, None, None, _missing(here, key))
            for key in keys
            if key not in here or key not in there
        ]
        both = [key for key in known if key in there]
        if "owner" in asked:
            changes += [_owner_change(key, here[key], there[key], people) for key in both]
        if "permissions" in asked and both:
            changes += _permission_changes(both, there, people, source, target)
        return planned(changes, now)


def two_omnis(source: Any, target: Any) -> tuple[Client, Client]:
    """Return two clients; refuse what is none, a fleet, and one Omni under two names."""
    source, target = client_given_as("source", source), client_given_as("target", target)
    if source.base_url == target.base_url:
        raise ArgumentError(
            argument("source")
            + " and "
            + argument("target")
            + f" are the same Omni, {source.base_url}.",
            hint="Nothing was sent.",
        )
    return source, target


@dataclass(frozen=True)
class _Same:
    """People, or groups, of two Omnis: what they are called in the first, and their ids in the second."""

    called: Mapping[str, str]
    ids: Mapping[str, str]

    @classmethod
    def of(cls, kind: str, source: Client, target: Client) -> _Same:
        columns = ("user_id", "email") if kind == "user" else ("group_id", "display_name")
        read = read_users if kind == "user" else read_groups
        frames = [read(refresh=True, client=client) for client in (source, target)]
        called, others = (
            {
                str(one): str(name).casefold() if kind == "user" else str(name)
                for one, name in zip(frame[columns[0]], frame[columns[1]], strict=True)
                if not pd.isna(name)
            }
            for frame in frames
        )
        # A name that several have is nobody's.
        names = list(others.values())
        return cls(called, {name: one for one, name in others.items() if names.count(name) == 1})

    def find(self, theirs: str | None) -> tuple[str | None, str | None]:
        """Return the id in the second of one of the first, or why there is none."""
        name = self.called.get(theirs or "")
        if name is None:
            return None, f"The other Omni does not say who {theirs} is."
        if name not in self.ids:
            return None, f"{name} is nobody in this Omni, or several."
        return self.ids[name], None


def _owner(identifier: str) -> Key:
    return Key("document", identifier, None, "owner_id")


def _missing(here: Mapping[str, Row], identifier: str) -> str:
    return f"There is no such document in the {'target' if identifier in here else 'source'}."


def _owner_change(identifier: str, theirs: Row, ours: Row, people: _Same) -> Change:
    found, why = people.find(theirs["owner_id"])
    return Change(_owner(identifier), ours["owner_id"], found, ours["name"], why)


def _permission_changes(
    keys: list[str], there: Mapping[str, Row], people: _Same, source: Client, target: Client
) -> Iterator[Change]:
    groups = _Same.of("group", source, target)
    theirs, ours = (_permissions(keys, client) for client in (source, target))
    for (identifier, kind, principal), (role, boost) in theirs.items():
        found, why = (people if kind == "user" else groups).find(principal)
        part = f"{kind}:{found or principal}"
        had = ours.get((identifier, kind, found or ""), (None, None))
        name = there[identifier]["name"]
        key = Key("document_permission", identifier, part, "role")
        yield Change(key, had[0], role, name, why)
        if why is None and bool(boost) != bool(had[1]):
            yield Change(key._replace(column="access_boost"), had[1], boost, name)


def _permissions(
    keys: list[str], client: Client
) -> dict[tuple[str, str, str], tuple[str | None, bool | None]]:
    """Return the roles and boosts that stand on documents themselves, but for those of owners."""
    frame = read_document_access(keys, access_source="direct", refresh=True, client=client)
    cells = frame.astype(object)
    return {
        (row["document_identifier"], row["principal_type"], row["principal_id"]): (
            row["role"],
            row["access_boost"],
        )
        for row in cells.where(cells.notna(), None).to_dict("records")
        if not row["is_owner"] and row["access_source"] == "direct"
    }
