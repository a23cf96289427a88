"""Who is who: the key itself, members, embed users, groups, attributes, roles and keys.

Nearly every user id of Omni is a membership id: the user in this organization (docs/wire.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from omnipd.client.client import Client
from omnipd.client.current import current_client
from omnipd.errors import ArgumentError, IncompleteReadError, ResponseError
from omnipd.frames.columns import COUNT, TEXT, Column, as_json, count, flag, instant, text
from omnipd.frames.labels import join_each, join_names
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut, Parents
from omnipd.lists.params import Param, choices

_MODEL = Param("modelId", "list")
_DIRECTION = Param("sortDirection", "choice", choices("asc", "desc"))

# The two extensions of a SCIM user. Their names hold dots, which paths of columns cannot.
_ATTRIBUTES = "urn:omni:params:1.0:UserAttribute"
_EXTENSION = "urn:omni:params:scim:schemas:extension:user:2.0"


@dataclass(frozen=True)
class Identity:
    """Who a key is.

    Attributes
    ----------
    instance : str
        The Omni that answered.
    user_id : str
        Base user id. Most of Omni's API does not take this one.
    membership_id : str
        The user in this organization: what Omni calls user id, owner id and creator id.
    key_scope : str
        ``organization`` for an organization key, ``user`` for a personal access token.
    org_role : str
        ``ORG_ADMIN`` or ``MEMBER``.
    roles : dict
        Model id → ``roleName``, ``baseRole``, ``connectionId`` and ``permissions``.
    roles_truncated : bool
        Whether Omni left some out: it stops at 200 models.
    """

    instance: str
    user_id: str
    membership_id: str
    key_scope: str
    org_role: str
    roles: Mapping[str, Mapping[str, Any]] = field(repr=False)
    roles_truncated: bool = False


def whoami(*, model_id: str | list[str] | None = None, client: Client | None = None) -> Identity:
    """Ask who the key is, of what kind, and which roles it has. The check before everything else.

    Parameters
    ----------
    model_id : str or list of str, optional
        Only the roles on these models.
    client : Client, optional
        Default: that of the ``with`` block, else one from the environment.

    Returns
    -------
    Identity
        ``membership_id``, ``key_scope``, ``org_role``, ``roles`` by model id, and more.

    Raises
    ------
    AuthenticationError
        If Omni does not know the key.
    NotFoundError
        If the key has no role on a model of `model_id`.
    ResponseError
        If the answer names no user, or holds its roles otherwise than by model.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     me = omnipd.whoami()
    >>> me.key_scope, me.org_role
    ('organization', 'ORG_ADMIN')
    """
    params = {} if model_id is None else {"modelId": _MODEL.encode("model_id", model_id)}
    client = current_client(client)
    answer = client.get("/api/v1/whoami", params).content
    user = answer.get("user") if isinstance(answer, dict) else None
    if not isinstance(user, dict) or not isinstance(user.get("membershipId"), str):
        raise ResponseError(
            "Omni's answer to whoami names no user.",
            url=client.base_url + "/api/v1/whoami",
            status=200,
        )
    roles = {} if answer.get("rolesByModel") is None else _roles_by_model(answer, "rolesByModel")
    return Identity(
        instance=client.base_url,
        user_id=str(user.get("id", "")),
        membership_id=user["membershipId"],
        key_scope=str(answer.get("keyScope", "")),
        org_role=str(answer.get("orgRole", "")),
        roles=roles,
        roles_truncated=bool(answer.get("rolesByModelTruncated", False)),
    )


def _roles_by_model(answer: Any, key: paging.Rows) -> dict[str, Record]:
    """Return the roles of an answer of whoami: an object with a role for each model id."""
    held = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(held, dict) or not all(isinstance(role, dict) for role in held.values()):
        raise ResponseError("The answer has no roles by model.", status=200)
    return held


def _joined(key: str) -> Callable[[Any], str]:
    """Return a conversion from a list of objects to what each holds under a key, comma-joined."""
    return lambda held: join_each(held, lambda one: one.get(key))


def _primary(emails: Any) -> Any:
    first = emails[0] if emails else {}
    return next((one for one in emails if one.get("primary")), first).get("value")


def _length(held: Any) -> int:
    if not isinstance(held, list):
        raise TypeError("not a list")
    return len(held)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else as_json(value)


def _without_constants(resource: Record) -> Record:
    """Leave out what is the same in every SCIM resource of a list."""
    kept = {key: value for key, value in resource.items() if key != "schemas"}
    if isinstance(meta := resource.get("meta"), dict):
        kept["meta"] = {key: value for key, value in meta.items() if key != "resourceType"}
    return kept


def _person(resource: Record) -> list[Record]:
    """Return a SCIM user with its extensions under names without dots."""
    person = _without_constants(resource)
    person["attributes"] = person.pop(_ATTRIBUTES, None)
    person["extension"] = person.pop(_EXTENSION, None)
    return [person]


_PERSON: dict[str, Column] = {
    "id": text("id", doc="Membership id: what Omni calls user, owner and creator id elsewhere"),
    "user_name": text("userName", doc="Login: an e-mail address; made up by Omni for embed users"),
    "display_name": text("displayName", doc="Name as people see it; not unique"),
    "active": flag("active", doc="Whether the user can log in"),
    "email": Column(TEXT, ("emails",), "Primary e-mail address", _primary),
    "created": instant("meta.created", doc="When the user was made"),
    "last_modified": instant("meta.lastModified", doc="Last change of the user"),
    "last_login": instant("extension.lastLogin", doc="Last login; null also when never"),
    "group_ids": Column(TEXT, ("groups",), "Ids of the groups, comma-joined", _joined("value")),
    "group_names": Column(
        TEXT, ("groups",), "Names of the groups, comma-joined", _joined("display")
    ),
    "user_attributes": Column(
        TEXT, ("attributes",), "JSON of the user's own attribute values, by name", as_json
    ),
}

USERS = Endpoint(
    "/api/scim/v2/Users",
    key=("id",),
    pages=paging.scim,
    rows="Resources",
    params={"filter": Param("filter")},
    columns=_PERSON,
    unfold=_person,
)


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
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        In the order in which they joined: ``id``, ``user_name``, ``display_name`` (string),
        ``active`` (bool), ``email`` (string), ``created``, ``last_modified``, ``last_login``
        (timestamp[us, UTC]), ``group_ids``, ``group_names``, ``user_attributes``, ``extra``
        (string). Older servers send the first four only; the others are null.

    Raises
    ------
    ForbiddenError
        For a personal access token: Omni lists users for organization keys only.
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_user_groups : One row per user and group.
    omnipd.read_user_attribute_values : One row per user, attribute and value.
    omnipd.read_model_roles : The roles of users on models.

    Notes
    -----
    ``id`` is the membership id. Join it with ``owner_id``, ``user_id`` and ``membership_id`` of
    other frames.

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
    key=("id",),
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
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``user_name``, ``display_name`` (string), ``active`` (bool), ``email`` (string),
        ``created``, ``last_modified``, ``last_login`` (timestamp[us, UTC]), ``group_ids``,
        ``group_names``, ``user_attributes``, ``embed_external_id``, ``embed_entity``,
        ``embed_email``, ``extra`` (string).

    Raises
    ------
    ForbiddenError
        For a personal access token.
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

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


def read_user_groups(
    *,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the groups of every member, one row per user and group. It needs an organization key.

    Parameters
    ----------
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``user_id``, ``user_name``, ``group_id``, ``group_name``, ``extra`` (string). A user
        without groups has no row. One whose groups Omni does not send, as older servers do, has a
        row with null: not known.

    Raises
    ------
    ForbiddenError
        For a personal access token.
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

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
    pages=paging.scim,
    rows="Resources",
    columns={
        "user_id": text("user.id", doc="Membership id of the user"),
        "user_name": text("user.name", doc="The user's login"),
        "attribute_name": text("name", doc="Name of the attribute"),
        "position": count("position", doc="Place in a list of values, from 1; null for a single"),
        "value": Column(TEXT, ("value",), "The value; numbers as text", _as_text),
    },
    unfold=_attribute_values_of,
)


def read_user_attribute_values(
    *,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the attributes of every member, one row per user, attribute and value.

    It needs an organization key.

    Parameters
    ----------
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``user_id``, ``user_name``, ``attribute_name`` (string), ``position`` (int64), ``value``,
        ``extra`` (string). An attribute that holds nothing has a row with a null value. A user
        whose attributes Omni does not send, as older servers do, has a row with a null name.

    Raises
    ------
    ForbiddenError
        For a personal access token.
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

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


GROUPS = Endpoint(
    "/api/scim/v2/Groups",
    key=("id",),
    pages=paging.scim,
    rows="Resources",
    params={"filter": Param("filter")},
    columns={
        "id": text("id", doc="Group id: eight letters and digits"),
        "display_name": text("displayName", doc="Name of the group"),
        "member_count": Column(COUNT, ("members",), "How many members it has", _length),
        "created": instant("meta.created", doc="When the group was made"),
        "last_modified": instant("meta.lastModified", doc="Last change of the group"),
    },
    unfold=lambda group: [_without_constants(group)],
)


def read_groups(
    *,
    filter: str | None = None,  # noqa: A002 - Omni's own word
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the groups of users, one row each. It needs an organization key.

    Parameters
    ----------
    filter : str, optional
        A SCIM filter, such as ``'displayName eq "Analysts"'``.
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``display_name`` (string), ``member_count`` (int64), ``created``,
        ``last_modified`` (timestamp[us, UTC]), ``extra`` (string).

    Raises
    ------
    ForbiddenError
        For a personal access token.
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_group_members : One row per group and member.
    omnipd.read_model_roles : The roles that groups give.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     groups = omnipd.read_groups()
    >>> groups[["display_name", "member_count"]].tail(1)
      display_name  member_count
    4  Empty group             0
    """
    return GROUPS.read(locals())


def _members_of(group: Record) -> Iterable[Record]:
    """Give a row per member; one without a member where Omni does not send them."""
    where = {"group": {"id": group.get("id"), "name": group.get("displayName")}}
    if group.get("members") is None:
        return [where]
    return [{**member, **where} for member in paging.rows_of(group, "members")]


GROUP_MEMBERS = Endpoint(
    "/api/scim/v2/Groups",
    key=("group_id", "user_id"),
    pages=paging.scim,
    rows="Resources",
    params={"filter": Param("filter")},
    columns={
        "group_id": text("group.id", doc="Id of the group"),
        "group_name": text("group.name", doc="Its name"),
        "user_id": text("value", doc="Membership id of the member; null where Omni does not say"),
        "user_display": text("display", doc="The member's e-mail address"),
    },
    unfold=_members_of,
)


def read_group_members(
    *,
    filter: str | None = None,  # noqa: A002 - Omni's own word
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read who is in which group, one row per group and member. It needs an organization key.

    Parameters
    ----------
    filter : str, optional
        A SCIM filter on groups, such as ``'displayName eq "Analysts"'``.
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``group_id``, ``group_name``, ``user_id``, ``user_display``, ``extra`` (string). A group
        without members has no row. One whose members Omni does not send has a row with null.

    Raises
    ------
    ForbiddenError
        For a personal access token.
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_groups : One row per group.
    omnipd.read_users : ``user_id`` is its ``id``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     members = omnipd.read_group_members()
    >>> members["group_name"].value_counts().loc[["Everyone"]].tolist()
    [130]
    """
    return GROUP_MEMBERS.read(locals())


EMAIL_ONLY_USERS = Endpoint(
    "/api/v1/users/email-only",
    key=("user_id",),
    params={"email": Param("email"), "direction": _DIRECTION},
    page_size=20,  # more is 400 (docs/wire.md)
    columns={
        "user_id": text("user_id", doc="Membership id"),
        "email": text("email", doc="E-mail address"),
        "user_attributes": Column(
            TEXT, ("user_attributes",), "JSON of the attribute values, by name", as_json
        ),
    },
)


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
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``user_id``, ``email``, ``user_attributes``, ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

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
    key=("name",),  # those of the system have an empty id
    pages=paging.whole,
    columns={
        "id": text("id", doc="Id; null for attributes of the system", none=""),
        "name": text("name", doc="Name in models and in embedding; the key"),
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


def read_user_attributes(
    *, strict: bool = True, refresh: bool = False, client: Client | None = None
) -> pd.DataFrame:
    """Read the attributes that users can have, one row each.

    Parameters
    ----------
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``name``, ``label``, ``description``, ``type`` (string), ``multiple_values``,
        ``system`` (bool), ``default_value``, ``extra`` (string). Omni keeps default numbers as
        text.

    Raises
    ------
    APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_user_attribute_values : Who has which value; ``attribute_name`` is ``name`` here.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     attributes = omnipd.read_user_attributes()
    >>> attributes[~attributes["system"]][["name", "type", "default_value"]]
               name    type    default_value
    5        region  String          "north"
    6         quota  Number              "0"
    7  cost_centers  Number  ["1000","1010"]
    8      language  String             <NA>
    """
    return USER_ATTRIBUTES.read(locals())


_ROLE: dict[str, Column] = {
    "model_id": text("modelId", doc="Model the role is on"),
    "connection_id": text("connectionId", doc="Connection of the model"),
    "role_name": text("roleName", doc="Role: Omni's or one of your own"),
    "base_role": text("baseRole", doc="Omni's role that it is made from"),
    "priority": count("priority", doc="The higher wins"),
    "resolved": flag("resolved", doc="Whether this one is in effect; null for groups"),
    "origin_type": text("from.type", doc="Where it comes from: USER, ORG, BASE or GROUP"),
    "origin_group_id": text("from.miniUuid", doc="The group that gives it"),
    "origin_group_name": text("from.name", doc="The group's name"),
    "origin_depth": count("from.depth", doc="How deeply that group is nested; 0: a direct member"),
}


def _roles_of(parent: str, path: str) -> FanOut:
    return FanOut(
        Endpoint(
            path,
            # Which of them are null depends on the role (docs/wire.md).
            key=("model_id", "connection_id", "origin_type", "origin_group_id", "role_name"),
            keyless="whole",
            pages=paging.whole,
            rows="results",
            params={
                "connection_id": Param("connectionId", "id"),
                "model_id": Param("modelId", "id"),
            },
            columns=_ROLE,
        ),
        parent=(parent,),
        found_in={parent: ("id",)},
    )


USER_MODEL_ROLES = _roles_of("user_id", "/api/v1/users/{user_id}/model-roles")
GROUP_MODEL_ROLES = _roles_of("group_id", "/api/v1/user-groups/{group_id}/model-roles")


def read_model_roles(
    users: Parents | None = None,
    *,
    groups: Parents | None = None,
    connection_id: str | None = None,
    model_id: str | None = None,
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the roles of users, or of groups, on models, one row per role and where it comes from.

    One call per user or group.

    Parameters
    ----------
    users : str, iterable of str, or DataFrame, optional
        Membership ids, or a frame with ``user_id``, or ``id`` as :func:`omnipd.read_users` has it.
    groups : str, iterable of str, or DataFrame, optional
        Group ids, or a frame with ``group_id``, or ``id`` as :func:`omnipd.read_groups` has it.
        Name either users or groups.
    connection_id, model_id : str, optional
        Only roles on this connection, on this model.
    errors : {"raise", "collect"}, default "raise"
        What a user that cannot be read does: fail all, or be named in ``df.attrs["omni"]`` and
        make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``user_id``, ``model_id``, ``connection_id``, ``role_name``, ``base_role`` (string),
        ``priority`` (int64), ``resolved`` (bool), ``origin_type``, ``origin_group_id``,
        ``origin_group_name`` (string), ``origin_depth`` (int64), ``extra`` (string). With `groups`
        the first column is `group_id`. A user has several rows per model; the one with
        ``resolved`` is in effect.

    Raises
    ------
    ArgumentError
        If neither users nor groups are named, or both.
    NotFoundError
        For an id that nobody has. A base user id is none: pass membership ids.
    APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_whoami_roles : The roles of the key itself, in one call.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     users = omnipd.read_users(limit=3)
    ...     roles = omnipd.read_model_roles(users)
    >>> roles[roles["resolved"]].groupby("user_id").size().tolist()
    [2, 2, 2]
    """
    arguments = dict(locals())
    if users is not None and groups is None:
        return USER_MODEL_ROLES.read(users, arguments)
    if groups is not None and users is None:
        return GROUP_MODEL_ROLES.read(groups, arguments)
    raise ArgumentError("Name either users= or groups=: whose roles.")


_MOST_MODELS = 200


def _by_model(
    fetch: paging.Fetch, params: Mapping[str, str], rows: paging.Rows
) -> Iterator[paging.Page]:
    """Read an object by model id as a list, and tell when Omni cut it off."""
    answer = fetch(params)
    held = _roles_by_model(answer, rows)
    yield paging.Page([{**role, "modelId": model} for model, role in held.items()], None)
    if answer.get("rolesByModelTruncated"):
        raise IncompleteReadError(
            f"Omni names the roles on {_MOST_MODELS} models and left out others.",
            hint=f"Name the models with model_id=, up to {_MOST_MODELS} in one call.",
        )


WHOAMI_ROLES = Endpoint(
    "/api/v1/whoami",
    key=("model_id",),
    pages=_by_model,
    rows="rolesByModel",
    params={"model_id": _MODEL},
    columns={
        "model_id": text("modelId", doc="Model the role is on"),
        "role_name": text("roleName", doc="Role: Omni's or one of your own"),
        "base_role": text("baseRole", doc="Omni's role that it is made from"),
        "connection_id": text("connectionId", doc="Connection of the model"),
        "permissions": Column(
            TEXT, ("permissions",), "What the role permits, comma-joined", join_names
        ),
    },
)


def read_whoami_roles(
    *,
    model_id: Sequence[str] | str | None = None,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the roles of the key itself, one row per model.

    Parameters
    ----------
    model_id : str or sequence of str, optional
        Only the roles on these models.
    refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``model_id``, ``role_name``, ``base_role``, ``connection_id``, ``permissions``, ``extra``
        (string).

    Raises
    ------
    NotFoundError
        If the key has no role on a model of `model_id`.
    IncompleteReadError
        If Omni left models out: it stops at 200. ``partial`` has those it named.
    ArgumentError, APIError, NetworkError, ResponseError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.whoami : Who the key is.
    omnipd.read_model_roles : The roles of others.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     roles = omnipd.read_whoami_roles()
    >>> roles["permissions"].str.contains("QUERY_SQL").tolist()
    [True, True]
    """
    return WHOAMI_ROLES.read(locals())


API_KEYS = Endpoint(
    "/api/v1/api-keys",
    key=("id",),
    params={
        "type": Param("type", "choice", choices("organization", "personal", "mcp")),
        "sort": Param("sortField", "choice", choices("name", created_at="createdAt")),
        "direction": _DIRECTION,
    },
    columns={
        "id": text("id", doc="Id of the key, which is not the key"),
        "name": text("name", doc="Name of the key"),
        "type": text("type", doc="organization, personal or mcp"),
        "enabled": flag("enabled", doc="Whether Omni takes it"),
        "membership_id": text("membershipId", doc="Whose it is; null for the organization's"),
        "created_at": instant("createdAt", doc="When it was made"),
    },
)


def read_api_keys(
    *,
    type: str | None = None,  # noqa: A002 - Omni's own word
    sort: str = "created_at",
    direction: str = "desc",
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read which API keys there are, one row each; never a key itself. For administrators.

    Parameters
    ----------
    type : {"organization", "personal", "mcp"}, optional
        Only keys of this kind.
    sort : {"created_at", "name"}, default "created_at"
        What to sort by.
    direction : {"asc", "desc"}, default "desc"
        The newest first.
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``name``, ``type`` (string), ``enabled`` (bool), ``membership_id`` (string),
        ``created_at`` (timestamp[us, UTC]), ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_users : ``membership_id`` is its ``id``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     keys = omnipd.read_api_keys(type="organization", sort="name", direction="asc")
    >>> keys[["name", "enabled"]]
                    name  enabled
    0  Nightly inventory     True
    1       Old notebook    False
    2         Production     True
    """
    return API_KEYS.read(locals())
