"""Who can see what, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import as_list, check_choice
from omnipd.audit.access_grants import ROLES, Grants
from omnipd.audit.access_items import Item, Items
from omnipd.audit.access_people import Groups, People
from omnipd.audit.access_rows import SCHEMA, ModelRoles, Rows
from omnipd.audit.find import find_item, find_person
from omnipd.audit.tables import Tables, question

_NEEDED = ("content", "users")
_ALSO = (
    "documents",
    "folders",
    "groups",
    "group_members",
    "document_access",
    "folder_permissions",
    "model_roles",
)


@question(*_NEEDED, also=_ALSO)
def access(
    inventory: Inventory,
    people: Sequence[str] | str | None = None,
    content: Sequence[str] | str | None = None,
    *,
    organization_role: str | None = None,
) -> pd.DataFrame:
    """Return who can see which documents and folders, and why, with one row for each way.

    Parameters
    ----------
    inventory : Inventory
        Of one Omni. It needs ``content`` and ``users``, and takes ``documents``, ``folders``,
        ``groups``, ``group_members``, ``document_access``, ``folder_permissions`` and
        ``model_roles``. What is personal is in it with ``scope="all"``.
    people : str or sequence of str, optional
        Only these people: ids, addresses or names. What is not known of anybody in particular may
        concern them, and stays.
    content : str or sequence of str, optional
        Only these documents and folders: identifiers, ids, paths or names.
    organization_role : {"NO_ACCESS", "VIEWER", "EXPLORER", "EDITOR", "MANAGER"}, optional
        The role that everybody has on what is the organization's, as the settings of Omni show it. Its
        API does not tell. Default: not known.

    Returns
    -------
    pandas.DataFrame
        One row per item, person and way, by item and person:

        - ``user_id``, ``email``, ``display_name``, ``active``: the person; null where it is not
          known who.
        - ``type``, ``document_identifier``, ``id``, ``name``: the document or folder, as in
          ``content``.
        - ``access_source``: ``owner``, ``direct``, ``folder`` when inherited, ``organization`` for
          everybody, or ``administrator``.
        - ``group_id``, ``group_name``: the group that has the role; ``group_path``: that group and
          those within it down to the person's own.
        - ``folder_id``, ``folder_path``: the folder that has the role.
        - ``role``: what this way gives; ``access_boost``: whether it is boosted.
        - ``model_role``: the person's role on the document's connection, which may limit what they see.
        - ``resulting_role``: the highest of all ways; ``NO_ACCESS`` for who is deactivated; null
          where something that is not known may give more.
        - ``can_see``: whether they see it; null where it is not known.
        - ``unknown``: what is not known in this row, and why.

    Raises
    ------
    ArgumentError
        If the inventory lacks what it needs, or somebody or something that is named is not in it, or is not the only one.

    See Also
    --------
    omnipd.audit.who_can_see : One item, with one row per person.
    omnipd.audit.what_can_see : One person, with one row per item.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox(size="tiny"):
    ...     inventory = omnipd.read_inventory(scope="all")
    >>> access = omnipd.audit.access(inventory, people="priya@sandbox.example")
    >>> access["access_source"].value_counts().loc[["owner", "direct", "folder"]].tolist()
    [2, 1, 4]
    """
    _check_role(organization_role)
    tables = Tables(inventory, access)
    whom = None if people is None else {"people": people}
    what = None if content is None else {"content": content}
    return tables.answer(SCHEMA, _table(tables, whom, what, organization_role))


@question(*_NEEDED, also=_ALSO)
def who_can_see(
    inventory: Inventory, item: str, *, organization_role: str | None = None
) -> pd.DataFrame:
    """Return who can see a document or a folder, with one row per person.

    Parameters
    ----------
    inventory : Inventory
        As for :func:`omnipd.audit.access`.
    item : str
        The document or folder: its identifier, id, path or name.
    organization_role : {"NO_ACCESS", "VIEWER", "EXPLORER", "EDITOR", "MANAGER"}, optional
        As for :func:`omnipd.audit.access`.

    Returns
    -------
    pandas.DataFrame
        Those who see it, and those of whom that is not known: ``user_id``, ``email``,
        ``display_name``, ``active``, ``can_see``, ``resulting_role``, ``model_role`` as in
        :func:`omnipd.audit.access`; ``ways``: every way that gives something, in words; ``unknown``: what is not known,
        and why. What may concern anybody has rows of its own, without a ``user_id``.

    Raises
    ------
    ArgumentError
        If the inventory lacks what it needs, or `item` is not in it, or is not the only one.

    See Also
    --------
    omnipd.audit.access : Every way in a row of its own.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox(size="tiny"):
    ...     inventory = omnipd.read_inventory(scope="all")
    >>> seen = omnipd.audit.who_can_see(inventory, "/flights", organization_role="NO_ACCESS")
    >>> seen["resulting_role"].dropna().tolist()
    ['MANAGER', 'VIEWER', 'EDITOR', 'MANAGER']
    """
    _check_role(organization_role)
    tables = Tables(inventory, who_can_see)
    table = _table(tables, None, {"item": item}, organization_role)
    return tables.answer(_WHO, _view(table, _WHO, _person))


@question(*_NEEDED, also=_ALSO)
def what_can_see(
    inventory: Inventory, person: str, *, organization_role: str | None = None
) -> pd.DataFrame:
    """Return which documents and folders somebody can see, with one row per item.

    Parameters
    ----------
    inventory : Inventory
        As for :func:`omnipd.audit.access`.
    person : str
        The person: id, address or name.
    organization_role : {"NO_ACCESS", "VIEWER", "EXPLORER", "EDITOR", "MANAGER"}, optional
        As for :func:`omnipd.audit.access`.

    Returns
    -------
    pandas.DataFrame
        What they see, and that of which it is not known: ``type``, ``document_identifier``, ``id``,
        ``name``, ``can_see``, ``resulting_role``, ``model_role`` as in
        :func:`omnipd.audit.access`; ``ways``: every way that gives something, in words; ``unknown``: what is not known,
        and why.

    Raises
    ------
    ArgumentError
        If the inventory lacks what it needs, or `person` is not in it, or is not the only one.

    See Also
    --------
    omnipd.audit.access : Every way in a row of its own.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox(size="tiny"):
    ...     inventory = omnipd.read_inventory(scope="all")
    >>> seen = omnipd.audit.what_can_see(inventory, "priya@sandbox.example")
    >>> seen["can_see"].value_counts().to_dict()
    {True: 6}
    """
    _check_role(organization_role)
    tables = Tables(inventory, what_can_see)
    table = _table(tables, {"person": person}, None, organization_role)
    return tables.answer(_WHAT, _view(table, _WHAT, _item))


_SEEN = ("can_see", "resulting_role", "model_role")
_WORDS = [("ways", pa.string()), ("unknown", pa.string())]
_WHO = pa.schema([*list(SCHEMA)[:4], *map(SCHEMA.field, _SEEN), *_WORDS])
_WHAT = pa.schema([*list(SCHEMA)[4:8], *map(SCHEMA.field, _SEEN), *_WORDS])


def _check_role(organization_role: str | None) -> None:
    if organization_role is not None:
        check_choice("organization_role", organization_role, ROLES)


def _table(
    tables: Tables,
    whom: Mapping[str, Sequence[str] | str] | None,
    what: Mapping[str, Sequence[str] | str] | None,
    organization_role: str | None,
) -> pa.Table:
    """Return the rows of the people and items that are asked for, each by the argument's name."""
    everybody = People(tables.rows("users"))
    items = Items(tables)
    wanted: set[int] | None = None
    if whom is not None:
        wanted = {
            everybody.place(find_person(everybody.users, one, name)) for name, one in _each(whom)
        }
    chosen: list[Item] = items.all
    if what is not None:
        found = [find_item(items.all, one, name) for name, one in _each(what)]
        chosen = list({id(one): dict(one) for one in found}.values())
    groups = Groups(tables, everybody)
    grants = Grants(tables, items, everybody, groups, organization_role, chosen)
    rows = Rows(chosen, grants, everybody, groups, wanted)
    table = rows.table(ModelRoles(tables, everybody))
    rest = [{"unknown": f"{name}: {tables.gaps[name]}"} for name in _LISTS if name in tables.gaps]
    if not everybody.administrators_are_known:
        rest.append(_ADMINISTRATORS)
    return pa.concat_tables([table, pa.Table.from_pylist(rest, schema=SCHEMA)])


def _each(asked: Mapping[str, Sequence[str] | str]) -> Iterator[tuple[str, str]]:
    """Yield what an argument names, one by one."""
    for name, value in asked.items():
        for one in as_list(name, value):
            yield name, one


#: Without one of these there may be people or items that nothing is said of.
_LISTS = ("users", "content", "documents", "folders")
_ADMINISTRATORS = {
    "access_source": "administrator",
    "role": "MANAGER",
    "unknown": "Omni does not tell who is an administrator",
}


def _person(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what tells one person from another; what is said of nobody stands for itself."""
    if row["user_id"] is not None:
        return (row["user_id"],)
    return (None, row["display_name"], row["unknown"])


def _item(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (row["type"], row["document_identifier"], row["id"], row["name"])


def _view(
    table: pa.Table, schema: pa.Schema, key: Callable[[Mapping[str, Any]], tuple[Any, ...]]
) -> Iterator[dict[str, Any]]:
    """Yield one row for all ways to one person or item, unless these are known to come to none."""
    names = [name for name in schema.names if name != "ways"]
    for _, held in groupby(table.select([*names, *_WAY]).to_pylist(), key=key):
        ways = list(held)
        if ways[0]["can_see"] is not False:
            unknown = dict.fromkeys(row["unknown"] for row in ways if row["unknown"] is not None)
            yield {name: ways[0][name] for name in names} | {
                "ways": "; ".join(
                    dict.fromkeys(
                        _way(row)
                        for row in ways
                        if row["access_source"] is not None and row["role"] != "NO_ACCESS"
                    )
                )
                or None,
                "unknown": "; ".join(unknown) or None,
            }


_WAY = ("access_source", "group_id", "group_name", "folder_id", "folder_path", "role")


def _way(row: Mapping[str, Any]) -> str:
    parts = [row["access_source"]]
    if row["group_id"] is not None or row["group_name"] is not None:
        parts.append(f"group {row['group_name'] or row['group_id']}")
    if row["folder_id"] is not None or row["folder_path"] is not None:
        parts.append(f"{row['folder_path'] or row['folder_id']}")
    return f"{' '.join(parts)}: {row['role'] or 'unknown'}"
