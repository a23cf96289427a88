"""The client that a call uses: the one given, else that of the with block, else one of the environment."""

from __future__ import annotations

import os
from typing import Any

from omnipd.cache.clear import clear_all, clear_folder
from omnipd.client.client import Client, _around
from omnipd.client.settings import Secret, disk_root, resolve
from omnipd.errors import (
    ArgumentError,
    SettingsError,
)
from omnipd.locks import new_lock


def connect(
    base_url: str | None = None,
    api_key: str | None = None,
    *,
    user_id: str | None = None,
    profile: str | None = None,
    cache: Any = "10m",
    requests_per_minute: int | None = 60,
    timeout: float | None = None,
    decimals: str = "exact",
    cache_dir: str | os.PathLike[str] | None = None,
    allow_http: bool = False,
) -> Client:
    """Connect to an Omni instance. Nothing is sent.

    Address and key are looked for in this order: the arguments; the environment (``OMNI_BASE_URL``
    with ``OMNI_API_KEY`` or ``OMNI_API_TOKEN``); the profile file of Omni's own command line, which
    is read and never written. ``with connect(...)`` makes the client the default inside the block
    (of this thread or task); ``client=`` always wins.

    Parameters
    ----------
    base_url : str, optional
        The address that you sign in at, in any form: ``acme.omniapp.co``,
        ``https://acme.omniapp.co/api/v1``. HTTPS only, but for loopback addresses.
    api_key : str, optional
        An organization key or a personal access token.
    user_id : str, optional
        Membership id to act for: the default of every ``user_id=``. What has no such argument
        shows what the key itself sees, and says so in a warning.
    profile : str, optional
        Name of a profile of Omni's command line; wins over the environment.
    cache : str, float, timedelta or False, default "10m"
        How long lists are served from disk ("30s", "10m", "2h", "1d", seconds). Results of queries
        are kept only where ``run_query(ttl=)`` asks for it.
    requests_per_minute : int or None, default 60
        What Omni allows the key. omnipd sends at most 95 % of it in any minute, counted over all
        threads and processes of this machine. None sends without pacing.
    timeout : float, optional
        Wall-clock seconds that one call may take: a whole list with all its pages, or a query, with
        the retries and the waits that Omni asks for. By default each request of a list has 120 s,
        and up to 150 s more while Omni says 429, and a query 600 s. Waiting for a place under
        ``requests_per_minute`` does not count.
    decimals : {"exact", "float64"}, default "exact"
        How results of queries give decimals: exactly, or as floats, which all of pandas computes
        with. ``run_query(decimals=)`` and its kin say otherwise for one query.
    cache_dir : path-like, optional
        Where cache and request log live; else ``OMNIPD_CACHE_DIR``, else the user's cache folder.
    allow_http : bool, default False
        Allow plain http to another machine. The key then travels in clear text.

    Returns
    -------
    Client

    Raises
    ------
    SettingsError
        If address or key is missing or unusable; the message says what to export.
    ArgumentError
        If `timeout`, `cache` or `requests_per_minute` is not usable.

    See Also
    --------
    omnipd.sandbox : An Omni on this machine, without a key.
    omnipd.whoami : Who the key is, and which roles it has.

    Examples
    --------
    >>> import omnipd
    >>> omnipd.connect("acme.omniapp.co/api/", api_key="omni_osk_example")
    <omnipd.Client https://acme.omniapp.co>
    """
    if api_key is not None and not isinstance(api_key, str):
        del api_key
        raise SettingsError("The API key is not text.")
    key = Secret(api_key) if api_key else None
    del api_key  # what fails from here on shows its locals to whoever prints a traceback with them
    settings = resolve(base_url, key, profile=profile, allow_http=allow_http)
    return Client(
        settings,
        user_id=user_id,
        cache=cache,
        requests_per_minute=requests_per_minute,
        timeout=timeout,
        decimals=decimals,
        cache_dir=cache_dir,
    )


_implicit: dict[str, Client] = {}


_implicit_lock = new_lock()


def current_client(client: Client | None = None) -> Client:
    """Return the client to use: the one given, else that of the context, else one of the environment."""
    if client is not None:
        if not isinstance(client, Client):
            raise ArgumentError(
                f"client={client!r:.60} is not a Client.", hint="Make one with connect()."
            )
        return client
    if around := _around.get():
        return around[-1]
    settings = resolve()
    with _implicit_lock:
        if settings.fingerprint not in _implicit:
            _implicit.clear()
            _implicit[settings.fingerprint] = Client(settings)
        return _implicit[settings.fingerprint]


def clear_cache(
    client: Client | None = None, *, cache_dir: str | os.PathLike[str] | None = None
) -> int:
    """Delete the lists and results that omnipd keeps on disk.

    Parameters
    ----------
    client : Client, optional
        Only what this client's instance and key have stored; by default everything.
    cache_dir : path-like, optional
        Where to look when no client is given.

    Returns
    -------
    int
        The number of stored answers that were deleted.

    Examples
    --------
    >>> import omnipd, tempfile
    >>> omnipd.clear_cache(cache_dir=tempfile.mkdtemp())
    0
    """
    if client is None:
        return clear_all(disk_root(cache_dir))
    lists = client.cache.clear() if client.cache else 0
    return lists + clear_folder(client.result_folder)
