"""Who is who: the key itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omnipd.client import Client, current_client
from omnipd.errors import ResponseError
from omnipd.params import Param

_MODEL = Param("modelId", "list")


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
    return Identity(
        instance=client.base_url,
        user_id=str(user.get("id", "")),
        membership_id=user["membershipId"],
        key_scope=str(answer.get("keyScope", "")),
        org_role=str(answer.get("orgRole", "")),
        roles=answer.get("rolesByModel") or {},
        roles_truncated=bool(answer.get("rolesByModelTruncated", False)),
    )
