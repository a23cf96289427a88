"""Where lists are stored: the private folder, or a backend of requests-cache, by name or as an object."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from omnipd.arguments import argument, check_choice
from omnipd.cache.last_write import LastWrite
from omnipd.cache.pages import Pages
from omnipd.errors import ArgumentError, SettingsError
from omnipd.locks import NO_FORK, load_apart

#: The names of requests-cache, and the package that each needs beside it.
_NEEDS = {
    "filesystem": None,
    "sqlite": None,
    "memory": None,
    "redis": "redis",
    "mongodb": "pymongo",
    "gridfs": "pymongo",
    "dynamodb": "boto3",
}
#: What lies in the private folder, where a note of this machine is read by all who share it.
_IN_FOLDER = (None, "filesystem", "sqlite")
_LONGEST_NAME = 20
_KINDS = f"It takes: {', '.join(_NEEDS)}; or an object, such as requests_cache.RedisCache(…)."
#: Seconds that a Redis server on this machine may take.
_PATIENCE = 5.0


def checked_backend(backend: Any) -> Any:
    """Return what was given as ``cache_backend=``; refuse what is none, or needs what is not installed.

    Nothing is opened here.
    """
    if backend is None:
        return None
    if isinstance(backend, str):
        if not backend.isidentifier() or len(backend) > _LONGEST_NAME:
            # It may be an address with a password, or a key.
            raise ArgumentError(
                (
                    "The text given as "
                    + argument("cache_backend")
                    + " is not the name of a backend."
                ),
                hint=_KINDS,
            )
        check_choice("cache_backend", backend, _NEEDS)
        needed = _NEEDS[backend]
        if needed is not None and importlib.util.find_spec(needed) is None:
            raise SettingsError(
                (
                    argument("cache_backend", backend)
                    + f" needs a package that is not installed: {needed}."
                ),
                hint=f"pip install {needed}",
            )
        return backend
    load_apart("requests_cache")  # slow, and it keeps errors
    with NO_FORK:
        from requests_cache.backends.base import BaseCache  # noqa: PLC0415
        from requests_cache.backends.filesystem import LRUFileDict  # noqa: PLC0415

    if not isinstance(backend, BaseCache):
        kind = backend.__name__ if isinstance(backend, type) else type(backend).__name__
        raise ArgumentError(
            argument("cache_backend") + f" is not a backend of requests-cache, but {kind}.",
            hint=_KINDS,
        )
    if isinstance(backend.responses, LRUFileDict):
        raise ArgumentError(
            "The max_cache_bytes of " + argument("cache_backend") + " would not be kept to.",
            hint="Leave it out: what is stored is deleted when it has run out.",
        )
    database = str(getattr(backend.responses, "db_path", ""))
    if ":memory:" in database or "mode=memory" in database:
        raise ArgumentError(
            (
                argument("cache_backend")
                + " is a SQLite database in memory, which is of one connection only."
            ),
            hint="Pass " + argument("cache_backend", "memory") + ".",
        )
    return backend


def in_folder(backend: Any) -> bool:
    """Whether lists are in the private folder; all who share it read the notes of this machine."""
    return isinstance(backend, str | None) and backend in _IN_FOLDER


def open_pages(backend: Any, folder: Path) -> Pages:
    """Return the stored pages of one instance and key.

    Parameters
    ----------
    backend : str, BaseCache or None
        As :func:`checked_backend` returns it.
    folder : Path
        The private folder of instance and key, named after both.
    """
    load_apart("requests_cache")  # slow, and it keeps errors
    with NO_FORK:
        from omnipd.cache.page_files import PageFiles  # noqa: PLC0415

    if in_folder(backend) and backend != "sqlite":
        return PageFiles(folder)

    with NO_FORK:
        from requests_cache.backends.filesystem import FileCache  # noqa: PLC0415

        from omnipd.cache.backend_pages import (  # noqa: PLC0415
            BackendPages,
            SQLiteFile,
            storage_of,
        )

    if isinstance(backend, FileCache):
        root = Path(backend.cache_dir)
        note = LastWrite(root, root, folder.name.partition("-")[0], (argument("cache_backend")))
        return PageFiles(root / "lists" / folder.name, note)
    if backend == "sqlite":
        file = SQLiteFile(
            folder / "lists.sqlite", private=True, fast_save=True, table_name="responses"
        )
        return BackendPages(file, folder.name)
    made = _made(backend) if isinstance(backend, str) else backend
    return BackendPages(storage_of(made), folder.name)


def _made(name: str) -> Any:
    """Return a backend of a name; a server is asked for where it usually is."""
    with NO_FORK:
        from requests_cache.backends import BACKEND_CLASSES  # noqa: PLC0415

    if name == "memory":
        return BACKEND_CLASSES[name]()
    if name == "redis":
        with NO_FORK:
            from redis import Redis  # noqa: PLC0415 - not everybody has it
            from redis.backoff import NoBackoff  # noqa: PLC0415
            from redis.retry import Retry  # noqa: PLC0415

        server = Redis(
            socket_timeout=_PATIENCE,
            socket_connect_timeout=_PATIENCE,
            retry=Retry(NoBackoff(), 1),
        )
        return BACKEND_CLASSES[name]("omnipd", connection=server)
    return BACKEND_CLASSES[name]("omnipd")
