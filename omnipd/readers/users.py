"""Who is who: the key itself, members, embed users, groups, attributes, roles and keys.

Nearly every user id of Omni is a membership id: the user in this organization (docs/wire.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from omnipd.client.client import Client
from omnipd.errors import ResponseError
from omnipd.frames.columns import TEXT, Column, as_json, as_text, count, flag, instant, text
from omnipd.frames.labels import joined
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual
from omnipd.lists.params import SORT_DIRECTION, Param
from omnipd.readers.edited_users import OF_ATTRIBUTE_VALUES, OF_EMAIL_ONLY_USERS, OF_USERS
from omnipd.readers.scim import without_constants

# The two extensions of a SCIM user. Their names hold dots, which paths of columns cannot.
_ATTRIBUTES = "urn:omni:params:1.0:UserAttribute"
_EXTENSION = "urn:omni:params:scim:schemas:extension:user:2.0"


def _primary(emails: Any) -> Any:
    first = emails[0] if emails else {}
    return next((one for one in emails if one.get("primary")), first).get("value")


def _person(resource: Record) -> list[Record]:
    """Return a SCIM user with its extensions under names without dots."""
    person = without_constants(resource)
    person["attributes"] = person.pop(_ATTRIBUTES, None)
    person["extension"] = person.pop(_EXTENSION, None)
    return [person]


_PERSON: dict[str, Column] = {
    "user_id": text(
        "id", doc="Membership id: what Omni calls user, owner and creator id elsewhere"
    ),
    "user_name": text("userName", doc="Login: an e-mail address; made up by Omni for embed users"),
    "display_name": text("displayName", doc="Name as people see it; not unique"),
    "active": flag("active", doc="Whether the user can log in"),
    "email": Column(TEXT, ("emails",), "Primary e-mail address", _primary),
    "created_at": instant("meta.created", doc="When the user was made"),
    "updated_at": instant("meta.lastModified", doc="Last change of the user"),
    "last_login_at": instant("extension.lastLogin", doc="Last login; null also when never"),
    "group_ids": joined("groups", "value", doc="Ids of the groups, comma-joined"),
    "group_names": joined("groups", "display", doc="Names of the groups, comma-joined"),
    "user_attributes": Column(
        TEXT, ("attributes",), "JSON of the user's own attribute values, by name", as_json
    ),
}

USERS = Endpoint(
    "/api/scim/v2/Users",
    key=("user_id",),
    editable=OF_USERS,
    pages=paging.scim,
    rows="Resources",
    params={"filter": Param("filter")},
    columns=_PERSON,
    unfold=_person,
)


@manual(USERS)
def read_users(
    *,
    filter: str | None = None,  # noqa: A002 - Omni's own word
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the members of the organization, one row each. It needs an organization key.

    Parameters
    ----------
    filter : str, optional
        A SCIM filter, such as ``'userName eq "ada@example.com"'``.

    Returns
    -------
    pandas.DataFrame
        In the order in which they joined. Older servers fill the first four columns only; the others are
        null.

    Raises
    ------
    ForbiddenError
        For a personal access token: Omni lists users for organization keys only.

    See Also
    --------
    omnipd.read_user_groups : One row per user and group.
    omnipd.read_user_attribute_values : One row per user, attribute and value.
    omnipd.read_model_roles : The roles of users on models.

    Notes
    -----
    ``user_id`` is the membership id, by which other frames name people too: in ``user_id``,
    ``owner_id`` and others.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     users = omnipd.read_users(limit=2)
    >>> users[["user_name", "display_name", "active"]]
                   user_name display_name  active
    0    ada@sandbox.example    Ada Byrne    True
    1  priya@sandbox.example   Priya Nair    True
    """
    return USERS.read(locals())


EMBED_USERS = Endpoint(
    "/api/scim/v2/embed/Users",
    key=("user_id",),
    pages=paging.scim,
    rows="Resources",
    params={"filter": Param("filter")},
    columns=_PERSON
    | {
        "embed_external_id": text(
            "embedExternalId", doc="The user's id in the embedding application"
        ),
        "embed_entity": text("embedEntity", doc="The entity the user belongs to there"),
        "embed_email": text("embedEmail", doc="The e-mail address given by the application"),
    },
    unfold=_person,
)


@manual(EMBED_USERS)
def read_embed_users(
    *,
    filter: str | None = None,  # noqa: A002 - Omni's own word
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the users of embedding applications, one row each. It needs an organization key.

    Parameters
    ----------
    filter : str, optional
        A SCIM filter on ``userName`` or ``embedExternalId`` with ``eq`` or ``co`` (contains), such
        as ``'embedExternalId eq "7"'``.

    Raises
    ------
    ForbiddenError
        For a personal access token.

    See Also
    --------
    omnipd.read_users : The members of the organization.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     users = omnipd.read_embed_users(filter='embedExternalId co "7"')
    >>> users["embed_external_id"].str.contains("7").all()
    True
    """
    return EMBED_USERS.read(locals())


def _groups_of_user(user: Record) -> Iterable[Record]:
    """Give a row per group; one without a group where Omni does not send them."""
    who = {"user": {"id": user.get("id"), "name": user.get("userName")}}
    if user.get("groups") is None:
        return [who]
    return [{**group, **who} for group in paging.rows_of(user, "groups")]


USER_GROUPS = Endpoint(
    "/api/scim/v2/Users",
    key=("user_id", "group_id"),
    keyless="whole",
    pages=paging.scim,
    rows="Resources",
    columns={
        "user_id": text("user.id", doc="Membership id of the user"),
        "user_name": text("user.name", doc="The user's login"),
        "group_id": text("value", doc="Id of the group; null where Omni does not say"),
        "group_name": text("display", doc="Its name"),
    },
    unfold=_groups_of_user,
)


@manual(USER_GROUPS)
def read_user_groups(
    *,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the groups of every member, one row per user and group. It needs an organization key.

    Returns
    -------
    pandas.DataFrame
        A user without groups has no row. One whose groups Omni does not send, as older servers do,
        has a row with null: not known.

    Raises
    ------
    ForbiddenError
        For a personal access token.

    See Also
    --------
    omnipd.read_group_members : The same from the side of the groups, in fewer calls.

    Notes
    -----
    It is made from the answers that :func:`omnipd.read_users` asks for, and shares its cache.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     groups = omnipd.read_user_groups()
    >>> groups[groups["user_name"] == "ada@sandbox.example"]["group_name"].tolist()
    ['Finance & Accounting', 'Everyone']
    """
    return USER_GROUPS.read(locals())


def _attribute_values_of(user: Record) -> Iterable[Record]:
    """Give a row per attribute and value; one without any where Omni does not send them."""
    who = {"user": {"id": user.get("id"), "name": user.get("userName")}}
    held = user.get(_ATTRIBUTES)
    if held is None:
        return [who]
    if not isinstance(held, dict):
        raise ResponseError("The attributes of a user are not an object.")
    rows = []
    for name, value in held.items():
        if isinstance(value, list) and value:
            rows += [
                {**who, "name": name, "position": place, "value": one}
                for place, one in enumerate(value, 1)
            ]
        else:
            rows.append({**who, "name": name, "value": None if value == [] else value})
    return rows


USER_ATTRIBUTE_VALUES = Endpoint(
    "/api/scim/v2/Users",
    key=("user_id", "attribute_name", "position"),
    editable=OF_ATTRIBUTE_VALUES,
    pages=paging.scim,
    rows="Resources",
    columns={
        "user_id": text("user.id", doc="Membership id of the user"),
        "user_name": text("user.name", doc="The user's login"),
        "attribute_name": text("name", doc="Name of the attribute"),
        "position": count("position", doc="Place in a list of values, from 1; null for a single"),
        "value": Column(TEXT, ("value",), "The value; numbers as text", as_text),
    },
    unfold=_attribute_values_of,
)


@manual(USER_ATTRIBUTE_VALUES)
def read_user_attribute_values(
    *,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the attributes of every member, one row per user, attribute and value.

    It needs an organization key.

    Returns
    -------
    pandas.DataFrame
        An attribute that holds nothing has a row with a null value. A user whose attributes Omni
        does not send, as older servers do, has a row with a null name.

    Raises
    ------
    ForbiddenError
        For a personal access token.

    See Also
    --------
    omnipd.read_user_attributes : Which attributes there are, with their defaults.

    Notes
    -----
    Only a user's own values come; who has none has the attribute's default. It is made from the
    answers that :func:`omnipd.read_users` asks for, and shares its cache.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     values = omnipd.read_user_attribute_values()
    >>> values[values["attribute_name"] == "region"]["value"].head(3).tolist()
    ['north', 'south', 'north']
    """
    return USER_ATTRIBUTE_VALUES.read(locals())


EMAIL_ONLY_USERS = Endpoint(
    "/api/v1/users/email-only",
    key=("user_id",),
    editable=OF_EMAIL_ONLY_USERS,
    params={"email": Param("email"), "direction": SORT_DIRECTION},
    page_size=20,  # more is 400 (docs/wire.md)
    columns={
        "user_id": text("user_id", doc="Membership id"),
        "email": text("email", doc="E-mail address"),
        "user_attributes": Column(
            TEXT, ("user_attributes",), "JSON of the attribute values, by name", as_json
        ),
    },
)


@manual(EMAIL_ONLY_USERS)
def read_email_only_users(
    *,
    email: str | None = None,
    direction: str = "asc",
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the people who are sent things and cannot log in, one row each. For administrators.

    Parameters
    ----------
    email : str, optional
        Only addresses that contain this text; case does not matter.
    direction : {"asc", "desc"}, default "asc"
        Sorted by address.

    See Also
    --------
    omnipd.read_users : People who can log in.

    Notes
    -----
    Omni hands out twenty at a time, so that a thousand cost fifty requests.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     board = omnipd.read_email_only_users(email="board", limit=2)
    >>> board["email"].tolist()
    ['Board.0@outside.example', 'Board.10@outside.example']
    """
    return EMAIL_ONLY_USERS.read(locals())


USER_ATTRIBUTES = Endpoint(
    "/api/v1/user-attributes",
    key=("attribute_name",),  # those of the system have an empty id
    pages=paging.whole,
    columns={
        "attribute_id": text("id", doc="Id; null for attributes of the system", none=""),
        "attribute_name": text("name", doc="Name in models and in embedding; the key"),
        "label": text("label", doc="Name as people see it"),
        "description": text("description", doc="Description"),
        "type": text("type", doc="String or Number"),
        "multiple_values": flag("multiple_values", doc="Whether it holds a list of values"),
        "system": flag("system", doc="Whether it is Omni's own"),
        "default_value": Column(
            TEXT,
            ("default_value",),
            "JSON of the value for users without one of their own",
            as_json,
        ),
    },
)


@manual(USER_ATTRIBUTES)
def read_user_attributes(
    *, strict: bool = True, refresh: bool = False, client: Client | None = None
) -> pd.DataFrame:
    """Read the attributes that users can have, one row each.

    Returns
    -------
    pandas.DataFrame
        Omni keeps default numbers as text.

    See Also
    --------
    omnipd.read_user_attribute_values : Who has which value.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     attributes = omnipd.read_user_attributes()
    >>> attributes[~attributes["system"]][["attribute_name", "type", "default_value"]]
      attribute_name    type    default_value
    5         region  String          "north"
    6          quota  Number              "0"
    7   cost_centers  Number  ["1000","1010"]
    8       language  String             <NA>
    """
    return USER_ATTRIBUTES.read(locals())
