"""The client that a call uses: the one given, else that of the with block around, else the default.

The default is what :func:`use` has named, else a client of the environment.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from omnipd.arguments import argument, function
from omnipd.cache.clear import clear_all, clear_folder
from omnipd.client import blocks
from omnipd.client.client import Client
from omnipd.client.fleet import Fleet
from omnipd.client.redis_limiter import RedisPlace, redis_place
from omnipd.client.settings import Secret, disk_root, limiter_of_environment, resolve
from omnipd.errors import (
    ArgumentError,
    SettingsError,
    is_inside,
)
from omnipd.locks import new_lock
from omnipd.message import join
from omnipd.progress import Told

if TYPE_CHECKING:
    from requests_cache.backends.base import BaseCache


def connect(
    base_url: str | None = None,
    api_key: str | Sequence[str] | None = None,
    *,
    user_id: str | None = None,
    profile: str | None = None,
    cache: Any = "10m",
    requests_per_minute: int | None = 60,
    limiter: str | None = None,
    timeout: float | None = None,
    decimals: str = "exact",
    cache_dir: str | os.PathLike[str] | None = None,
    cache_backend: str | BaseCache | None = None,
    progress: bool | Told = True,
    allow_http: bool = False,
) -> Client:
    """Connect to an Omni instance. Nothing is sent to it.

    Address and key are looked for in this order: the arguments; the environment (``OMNI_BASE_URL``
    with ``OMNI_API_KEY`` or ``OMNI_API_TOKEN``); the profile file of Omni's own command line, which
    is read and never written. ``with connect(...)`` makes the client the default inside the block
    (of this thread or task), :func:`omnipd.use` that of the whole process; ``client=`` always wins.

    Parameters
    ----------
    base_url : str, optional
        The address that you sign in at, in any form: ``acme.omniapp.co``,
        ``https://acme.omniapp.co/api/v1``. HTTPS only, but for loopback addresses.
    api_key : str or sequence of str, optional
        An organization key or a personal access token; or several organization keys of one organization.
        Lists are then read by whichever has a place in its own limit, and all else by the first. Before
        the first request each is asked of which kind it is. A key that Omni refuses is set aside with a
        warning while others are left.
    user_id : str, optional
        Membership id to act for: the default of every ``user_id=``. What has no such argument
        shows what the key itself sees, and says so in a warning.
    profile : str, optional
        Name of a profile of Omni's command line; wins over the environment.
    cache : str, float, timedelta or False, default "10m"
        How long lists are served from disk ("30s", "10m", "2h", "1d", seconds). Results of queries
        are kept only where ``run_query(ttl=)`` asks for it.
    requests_per_minute : int or None, default 60
        What Omni allows each key. omnipd sends at most 95 % of it in any minute, counted over all
        threads and processes of yours on this machine. None sends without pacing.
    limiter : str, optional
        Where to count instead: a Redis server, such as ``redis://:password@host:6379/0``, ``rediss://…``
        for TLS or ``unix:///path/to/redis.sock``; else ``OMNIPD_LIMITER``. All hosts that name the same
        server share the key's allowance, and a 429 to one of them holds all. It is asked at once
        whether it can be used. Needs ``pip install "omnipd[redis]"``.
    timeout : float, optional
        Wall-clock seconds for the whole call, whatever it consists of: all its requests, their
        retries, and the waits that Omni asks for. Waiting for a place under ``requests_per_minute``
        does not count. Functions that have a `timeout` of their own go by that. By default a
        query has 600 s, and any other request 120 s and up to 150 s more while Omni says 429.
    decimals : {"exact", "float64"}, default "exact"
        How results of queries give decimals: exactly, or as floats, which all of pandas computes
        with. ``run_query(decimals=)`` and its kin say otherwise for one query.
    cache_dir : path-like, optional
        Where lists and results are kept; else ``OMNIPD_CACHE_DIR``, else the user's cache folder.
        Requests are counted for all caches, in ``OMNIPD_STATE_DIR``, else the user's state folder.
    cache_backend : str or requests_cache.BaseCache, optional
        Where lists are stored, if not as files in that folder: a backend object of requests-cache, or
        the name of one. "sqlite" is a database in that folder, "memory" is of this client alone,
        "redis", "mongodb" and "gridfs" are a server on this machine, and "dynamodb" a table in AWS.
        What an object holds already stays as it is and is never read. Results of queries are
        files whatever it is.
    progress : bool or callable, default True
        Whether what takes more than two seconds and several requests shows a bar: on a terminal, that is
        where standard error is one, and in a notebook. A function is called instead, with what is read
        (such as the path of a list), how much of it is there, and of how much (None where that is not
        known), after each step of each list, fan-out, inventory, export and import. ``client.progress``
        changes it later.
    allow_http : bool, default False
        Allow plain http to another machine. The key then travels in clear text.

    Returns
    -------
    Client

    Raises
    ------
    SettingsError
        If address or key is missing or unusable; the message says what to export. If the package
        that `cache_backend` or `limiter` needs is not installed. If the server of `limiter` does not
        answer.
    ArgumentError
        If `timeout`, `cache`, `cache_backend`, `requests_per_minute`, `limiter` or `progress` is not
        usable.

    See Also
    --------
    omnipd.sandbox : An Omni on this machine, without a key.
    omnipd.use : Makes a client the default.
    omnipd.whoami : Who the key is, and which roles it has.

    Examples
    --------
    >>> import omnipd
    >>> omnipd.connect("acme.omniapp.co/api/", api_key="omni_osk_example")
    <omnipd.Client https://acme.omniapp.co>
    """
    keys = _secrets(api_key)
    del api_key  # what fails from here on shows its locals to whoever prints a traceback with them
    if limiter is not None and not isinstance(limiter, str):
        kind = type(limiter).__name__
        del limiter
        raise ArgumentError(argument("limiter") + f" is {kind}, not the address of a Redis server.")
    counted_at = None if limiter is None else Secret(limiter)
    del limiter
    if counted_at is not None and requests_per_minute is None:
        raise ArgumentError(
            argument("limiter")
            + " and "
            + argument("requests_per_minute", None)
            + " do not go together.",
            hint="Without pacing nothing is counted.",
        )
    place = redis_place(counted_at) or _place_of_environment()
    settings = resolve(base_url, keys[0] if keys else None, profile=profile, allow_http=allow_http)
    if len(keys) > 1:
        settings = settings.with_more(keys[1:])
    return Client(
        settings,
        user_id=user_id,
        cache=cache,
        requests_per_minute=requests_per_minute,
        limiter=place,
        timeout=timeout,
        decimals=decimals,
        cache_dir=cache_dir,
        cache_backend=cache_backend,
        progress=progress,
    )


def _secrets(api_key: object) -> list[Secret]:
    """Return the keys that were given, none where none was."""
    several = isinstance(api_key, list | tuple)
    given: Any = api_key if several else [] if api_key is None or api_key == "" else [api_key]
    wrong: str | None = None
    if several and not given:
        wrong = argument("api_key", of="connect") + " is an empty list."
    elif not all(isinstance(one, str) for one in given):
        wrong = "The API key is not text."
    elif several and not all(given):
        wrong = argument("api_key", of="connect") + " holds an empty text."
    if wrong is not None:
        del api_key, given
        raise SettingsError(wrong)
    return [Secret(one) for one in given]


def _place_of_environment() -> RedisPlace | None:
    return redis_place(limiter_of_environment(), "OMNIPD_LIMITER")


_Client = TypeVar("_Client", bound=Client | None)

#: What use() has named; empty when nothing.
_default: list[Client] = []


_implicit: dict[str, Client] = {}


_implicit_lock = new_lock()


def use(client: _Client) -> _Client:
    """Make a client the default of this process: in every cell of a notebook, and in every thread.

    A ``with`` block wins over it inside the block, and ``client=`` always.

    Parameters
    ----------
    client : Client, Fleet or None
        What :func:`omnipd.connect` or :func:`omnipd.sandbox` returned, or a fleet. None takes the default back:
        calls use the Omni of the environment again.

    Returns
    -------
    Client, Fleet or None
        The same.

    Raises
    ------
    ArgumentError
        If it is not a client.

    See Also
    --------
    omnipd.connect : Makes a client; a ``with`` block of it is the default of one thread or task.

    Examples
    --------
    >>> import omnipd
    >>> omni = omnipd.use(omnipd.sandbox())
    >>> len(omnipd.read_content())
    550
    >>> omnipd.use(None)
    >>> omni.close()
    """
    is_checked = client is None or isinstance(client, Fleet)
    _default[:] = [] if client is None else [client if is_checked else _checked(client)]
    return client


@contextlib.contextmanager
def used_meanwhile(client: Client) -> Iterator[None]:
    """Make a client the default of the process, and then what was the default before."""
    before = _default[:]
    try:
        use(client)
        yield
    finally:
        _default[:] = before


def current_client(client: Client | None = None) -> Client:
    """Return the client to use: the one given, else that of the context, else the default.

    Raises
    ------
    ArgumentError
        If what was given or is the default is not a client, but a fleet.
    SettingsError
        If only the environment says which Omni, and it says too little; or while a block is open in
        another thread or task: the program is at work with another Omni then.
    """
    if client is not None:
        return _checked(client)
    if (inside := blocks.innermost()) is not None:
        return _checked(inside)
    for named in _default[:]:
        return _checked(named)
    if (elsewhere := blocks.open_anywhere()) is not None:
        raise SettingsError(
            f"This thread or task is in no with block, while another is in that of {elsewhere!r}: the "
            "Omni of the environment is not asked meanwhile.",
            hint=(
                "Pass "
                + argument("client", ...)
                + "; or start the function with contextvars.copy_context().run; or "
                + function("connect")
                + " in a with block here; or call omnipd.use(client), for all threads."
            ),
        )
    return client_of_environment()


def client_of_environment() -> Client:
    """Return the client that address and key of the environment, or of the profile file, lead to.

    Raises
    ------
    SettingsError
        If they say too little.
    """
    place = _place_of_environment()
    try:
        settings = resolve()
    except SettingsError as error:
        held = "A client that you hold is passed as " + argument("client", ...) + "."
        error.hint = join([error.hint, held])
        raise
    with _implicit_lock:
        wanted = f"{settings.fingerprint} {place.shown if place else ''}"
        if wanted not in _implicit:
            _implicit.clear()
            _implicit[wanted] = Client(settings, limiter=place)
        return _implicit[wanted]


def current_fleet(client: Client | None = None) -> Fleet | None:
    """Return the fleet to use, chosen as a client is; None where it is a client."""
    if client is None:
        client = blocks.innermost() or next(iter(_default[:]), None)
    return client if isinstance(client, Fleet) else None


def _checked(client: object) -> Client:
    if isinstance(client, Fleet):
        client.refuse(_called())
    if not isinstance(client, Client):
        raise ArgumentError(
            argument("client", client) + " is not a Client.",
            hint="Make one with " + function("connect") + ".",
        )
    return client


def client_given_as(name: str, given: object) -> Client:
    """Return a client that has to be given, as one of several arguments.

    Raises
    ------
    ArgumentError
        If it is none, or a fleet.
    """
    if isinstance(given, Fleet):
        raise ArgumentError(
            argument(name) + f" is a fleet of {', '.join(given)}, and takes one Omni.",
            hint=f"Pass the client of one, such as fleet[{next(iter(given))!r}].",
        )
    if not isinstance(given, Client):
        raise ArgumentError(
            argument(name) + f" is {type(given).__name__}, not a Client.",
            hint="Make one with " + function("connect") + ".",
        )
    return given


def _called() -> str:
    """Return the name of the function that the caller has called."""
    frame, name = sys._getframe(), ""
    while is_inside(frame.f_globals.get("__name__")):
        name = frame.f_code.co_name
        if frame.f_back is None:
            break
        frame = frame.f_back
    return name


def clear_cache(
    client: Client | None = None, *, cache_dir: str | os.PathLike[str] | None = None
) -> int:
    """Delete the lists and results that omnipd keeps on disk.

    Parameters
    ----------
    client : Client, optional
        Only what this client's instance and key have stored, in its ``cache_backend`` too; by
        default everything on this disk.
    cache_dir : path-like, optional
        Where to look when no client is given; a client knows its own folder.

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
    client = _checked(client)
    if cache_dir is not None:
        raise ArgumentError(
            argument("client") + " and " + argument("cache_dir") + " do not go together.",
            hint=(
                "A client knows its own folder; "
                + argument("cache_dir")
                + " alone clears one for all keys."
            ),
        )
    return client.stored_lists.clear() + clear_folder(client.result_folder)
