"""API keys: who has which, never the keys themselves."""

from __future__ import annotations

import pandas as pd

from omnipd.client.client import Client
from omnipd.frames.columns import flag, instant, text
from omnipd.lists.editable import Editable
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual
from omnipd.lists.params import SORT_DIRECTION, Param, choices

API_KEYS = Endpoint(
    "/api/v1/api-keys",
    key=("api_key_id",),
    editable=Editable(
        "api_key", ("api_key_id",), columns={"enabled": "enabled"}, name="name", row="exists"
    ),
    params={
        "type": Param("type", "choice", choices("organization", "personal", "mcp")),
        "sort": Param("sortField", "choice", choices("name", created_at="createdAt")),
        "direction": SORT_DIRECTION,
    },
    columns={
        "api_key_id": text("id", doc="Id of the key, which is not the key"),
        "name": text("name", doc="Name of the key"),
        "type": text("type", doc="organization, personal or mcp"),
        "enabled": flag("enabled", doc="Whether Omni takes it"),
        "user_id": text(
            "membershipId", doc="Membership id of the owner; null for the organization's"
        ),
        "created_at": instant("createdAt", doc="When it was made"),
    },
)


@manual(API_KEYS)
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

    See Also
    --------
    omnipd.read_users : Whose they are.

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
