"""Who the key is, and what it may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from omnipd import display
from omnipd.arguments import argument
from omnipd.call import one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import IncompleteReadError, ResponseError
from omnipd.frames.columns import TEXT, Column, text
from omnipd.frames.labels import join_names
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual
from omnipd.lists.params import Param
from omnipd.readers.model_list import model_id

_MOST_ROLES = 10
_MODEL = Param("modelId", "list", lookup=model_id)


@dataclass(frozen=True, repr=False)
class Identity:
    """Who a key is.

    Attributes
    ----------
    instance : str
        The Omni that answered.
    user_id : str
        The user in this organization, a membership id: what Omni calls user id, owner id and creator
        id elsewhere.
    base_user_id : str or None
        The user across organizations. Most of Omni's API does not take this one. None, here and below:
        Omni did not say.
    key_scope : str or None
        ``organization`` for an organization key, ``user`` for a personal access token.
    org_role : str or None
        ``ORG_ADMIN`` or ``MEMBER``.
    roles : dict
        Model id → ``roleName``, ``baseRole``, ``connectionId`` and ``permissions``.
    roles_truncated : bool
        Whether Omni left some out: it stops at 200 models.
    """

    instance: str
    user_id: str
    base_user_id: str | None
    key_scope: str | None
    org_role: str | None
    roles: Mapping[str, Mapping[str, Any]]
    roles_truncated: bool = False

    def __repr__(self) -> str:
        return display.text("omnipd.Identity", self._rows())

    def _repr_html_(self) -> str:
        return display.page("omnipd.Identity", display.table(self._rows()))

    def _rows(self) -> list[display.Row]:
        told = {
            "instance": self.instance,
            "user_id": self.user_id,
            "base_user_id": self.base_user_id,
            "key_scope": self.key_scope,
            "org_role": self.org_role,
        }
        roles = [f"{role.get('roleName')} on {model}" for model, role in self.roles.items()]
        lines = display.first_lines(roles, _MOST_ROLES) or ["none"]
        if self.roles_truncated:
            lines.append(f"Omni left some out: it stops at {_MOST_MODELS} models.")
        return [
            *((name, ["not told" if one is None else one]) for name, one in told.items()),
            ("roles", lines),
        ]


def whoami(*, model: str | list[str] | None = None, client: Client | None = None) -> Identity:
    """Ask who the key is, of what kind, and which roles it has. The check before everything else.

    Parameters
    ----------
    model : str or list of str, optional
        Only the roles on these models: ids, or names of shared models.
    client : Client, optional
        Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment.

    Returns
    -------
    Identity
        ``user_id``, ``key_scope``, ``org_role``, ``roles`` by model id, and more.

    Raises
    ------
    AuthenticationError
        If Omni does not know the key.
    NotFoundError
        If the key has no role on one of these models.
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
    params = {} if model is None else {"modelId": _MODEL.encode("model", model)}
    client = current_client(client)
    with one_call():
        params = {name: _MODEL.looked_up(value, client) for name, value in params.items()}
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
        user_id=user["membershipId"],
        base_user_id=_said(user, "id"),
        key_scope=_said(answer, "keyScope"),
        org_role=_said(answer, "orgRole"),
        roles=roles,
        roles_truncated=bool(answer.get("rolesByModelTruncated", False)),
    )


def _said(held: Record, key: str) -> str | None:
    value = held.get(key)
    return None if value is None else str(value)


def _roles_by_model(answer: Any, key: paging.Rows) -> dict[str, Record]:
    """Return the roles of an answer of whoami: an object with a role for each model id."""
    held = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(held, dict) or not all(isinstance(role, dict) for role in held.values()):
        raise ResponseError("The answer has no roles by model.", status=200)
    return held


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
            hint=(
                "Name the models with " + argument("model") + f", up to {_MOST_MODELS} in one call."
            ),
        )


WHOAMI_ROLES = Endpoint(
    "/api/v1/whoami",
    key=("model_id",),
    pages=_by_model,
    rows="rolesByModel",
    params={"model": _MODEL},
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


@manual(WHOAMI_ROLES)
def read_whoami_roles(
    *,
    model: Sequence[str] | str | None = None,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the roles of the key itself, one row per model.

    Parameters
    ----------
    model : str or sequence of str, optional
        Only the roles on these models: ids, or names of shared models.

    Raises
    ------
    NotFoundError
        If the key has no role on one of these models.
    IncompleteReadError
        If Omni left models out: it stops at 200. ``partial`` has those it named.

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
