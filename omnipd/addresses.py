"""Where data is kept that no path of this machine leads to: places in the stores that fsspec knows.

A store says what went wrong in words of its own, and these may hold a password or a signed address. So
an error of omnipd tells the kind of a store's error only, and has none of it in its traceback.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Self, TypeVar

from omnipd.arguments import argument, refuse_key
from omnipd.errors import (
    ArgumentError,
    ExportError,
    ExportIncompleteError,
    OmniError,
    SettingsError,
)
from omnipd.locks import NO_FORK, load

_Result = TypeVar("_Result")

# What stands before the @ is no password there, but a container.
_WITH_CONTAINER = ("abfs", "abfss", "az", "wasb", "wasbs")
#: What will not be otherwise however often one asks.
_REFUSED = (PermissionError, FileNotFoundError, NotADirectoryError, IsADirectoryError)
_MEANS = {
    "FileNotFoundError": "there is no such bucket or folder",
    "PermissionError": "the store does not allow it",
}


class Address(os.PathLike[str]):
    """A place in a store, with as much of what a Path can do as exports need.

    ``os.fspath()`` gives all of it, for pandas and other programs; ``str()`` and ``repr()`` leave out what
    may be a password.

    Parameters
    ----------
    url : str
        As fsspec takes it.
    storage_options : mapping, optional
        What its store takes, as pandas calls it.

    Examples
    --------
    >>> Address("ftp://user:secret@host/omni") / "users.parquet"
    Address('ftp://…@host/omni/users.parquet')
    """

    def __init__(self, url: str, storage_options: Mapping[str, Any] | None = None) -> None:
        self._url = url
        self._options = dict(storage_options or {})

    def __fspath__(self) -> str:
        return self._url

    def __str__(self) -> str:
        scheme, _, rest = self._url.partition("://")
        before, at, behind = rest.rpartition("@")
        if at and (scheme not in _WITH_CONTAINER or ":" in before):
            rest = f"…@{behind}"
        shown = re.split(r"[?#]", rest, maxsplit=1)
        return f"{scheme}://{shown[0]}{'?…' if len(shown) > 1 else ''}"

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Address):
            return NotImplemented
        return (self._url, self._options) == (other._url, other._options)

    def __hash__(self) -> int:
        return hash(self._url)

    def __truediv__(self, name: str) -> Self:
        return type(self)(f"{self._url.rstrip('/')}/{name}", self._options)

    @property
    def name(self) -> str:
        """The last part."""
        return PurePosixPath(self._url.partition("://")[2]).name

    @property
    def stem(self) -> str:
        """The last part without its ending."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The ending."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> Self:
        """What it is in."""
        return type(self)(self._url.rstrip("/").rpartition("/")[0], self._options)

    def with_name(self, name: str) -> Self:
        """Return what is beside it under another name."""
        return self.parent / name

    def check(self) -> None:
        """Find the store; some are connected to, others not before they are asked for something."""
        self._do("reached", lambda *_: None)

    def is_store(self) -> bool:
        """Whether it names a whole store, such as a bucket, and nothing in it."""
        return self._do("reached", lambda _, path: "/" not in path.rstrip("/"))

    def put(self, file: Path) -> None:
        """Put a file of this machine there, in one call.

        Raises
        ------
        ExportIncompleteError
            If the connection fails.
        ExportError
            If the store refuses it.
        """
        self._do("written", lambda store, path: store.put_file(os.fspath(file), path))

    def read_bytes(self) -> bytes:
        """Return what is there; FileNotFoundError if nothing is."""
        return bytes(self._looked("read", lambda store, path: store.cat_file(path)))

    def is_file(self) -> bool:
        """Whether an object is there."""
        return self._kind() == "file"

    def is_dir(self) -> bool:
        """Whether objects are below it."""
        return self._kind() == "directory"

    def exists(self) -> bool:
        """Whether anything is there or below it."""
        return self._kind() is not None

    def iterdir(self) -> Iterator[Self]:
        """Yield what is right below it; FileNotFoundError if nothing is."""
        found = self._looked(
            "listed",
            lambda store, path: [
                one.rstrip("/").rpartition("/")[2]
                for one in store.ls(path, detail=False)
                if one.strip("/") != path.strip("/")
            ],
        )
        return (self / name for name in found)

    def unlink(self) -> None:
        """Delete the object; FileNotFoundError if there is none."""
        self._looked("deleted", lambda store, path: store.rm_file(path))

    def replace(self, target: os.PathLike[str]) -> None:
        """Move the object to another place of the store: a copy, and then it is deleted."""

        def copy(store: Any, path: str) -> None:
            store.cp_file(path, store._strip_protocol(os.fspath(target)))
            store.rm_file(path)

        self._looked("moved", copy)

    def delete_all(self) -> None:
        """Delete all objects below it."""

        def delete(store: Any, path: str) -> None:
            for one in store.find(path):
                store.rm_file(one)
            with contextlib.suppress(Exception):  # most have no folders
                store.rmdir(path)

        self._looked("deleted", delete)

    def _kind(self) -> str | None:
        try:
            return str(self._looked("read", lambda store, path: store.info(path))["type"])
        except FileNotFoundError:
            return None

    def _looked(self, what: str, work: Callable[[Any, str], _Result]) -> _Result:
        """Do something with what is there now, whatever is remembered of it."""

        def look(store: Any, path: str) -> _Result:
            store.invalidate_cache(path)
            return work(store, path)

        return self._do(what, look, may_be_missing=True)

    def _do(
        self, what: str, work: Callable[[Any, str], _Result], *, may_be_missing: bool = False
    ) -> _Result:
        """Do something with the store and the path in it; say as omnipd does what it fails with."""
        try:
            core, registry = load("fsspec.core"), load("fsspec.registry")
            with NO_FORK:  # it imports the store's package
                registry.get_filesystem_class(self._url.partition("://")[0])
            # Each process has its own: fsspec keeps one, and makes another in a child of a fork.
            store, path = core.url_to_fs(self._url, **self._options)
            return work(store, path)
        except OmniError:
            raise
        except Exception as error:  # noqa: BLE001 - each store has errors of its own
            missing = may_be_missing and isinstance(error, FileNotFoundError)
            late = isinstance(error, OSError) and not isinstance(error, _REFUSED)
            kind = type(error).__name__
        if missing:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self))
        raise (ExportIncompleteError if late else ExportError)(
            f"{self} cannot be {what}: {_MEANS.get(kind, kind)}.",
            hint="Credentials come from where the store's package looks for them, fsspec's own "
            "configuration, or "
            + argument("storage_options")
            + ". What was there before is as it was where a store puts "
            "objects whole, as S3, GCS and Azure do.",
        )


def address(name: str, url: str, storage_options: Mapping[str, Any] | None) -> Address:
    """Return an address of a store that is known and whose packages are installed.

    Raises
    ------
    ArgumentError
        For a scheme that fsspec does not know.
    SettingsError
        If a package is not installed.
    """
    refuse_key(argument(name), url)
    scheme = url.partition("://")[0]
    shown = argument(name, f"{scheme}://…")
    if "::" in url:
        raise ArgumentError(
            shown + " is a chain of addresses, which is not taken.",
            hint="Name the place itself, such as s3://bucket/name.",
        )
    if scheme in {"file", "local"}:
        raise ArgumentError(
            shown + " is on this machine.", hint=f"Name it by its path, without {scheme}://."
        )
    found = Address(url, storage_options)
    missing, install = _missing_package(shown, scheme)
    if missing is not None:
        raise SettingsError(
            shown + f" needs a package that is not installed: {missing}.", hint=install
        )
    return found


def _missing_package(shown: str, scheme: str) -> tuple[str | None, str | None]:
    """Return what is not installed of what a scheme needs, and how it is; refuse what fsspec does not know."""
    try:
        registry = load("fsspec.registry")
    except ModuleNotFoundError:
        return "fsspec", 'pip install "omnipd[fsspec]", and the package of the store, such as s3fs'
    try:
        with NO_FORK:
            registry.get_filesystem_class(scheme)
    except ImportError as error:
        cause, said = error.__cause__, str(error)
    except ValueError:
        near = difflib.get_close_matches(scheme, registry.known_implementations, 3, 0.5)
        guess = f" Did you mean {' or '.join(f'{one}://' for one in near)}?" if near else ""
        raise ArgumentError(
            shown + f" is an address that fsspec does not know.{guess}",
            hint="fsspec.available_protocols() lists what it knows.",
        ) from None
    else:
        return None, None
    own = registry.known_implementations[scheme]["class"].partition(".")[0]
    if own == "fsspec":  # which knows how the package is called that it needs
        return getattr(cause, "name", None) or scheme, said
    return own, f'pip install "omnipd[fsspec]" {own}'
