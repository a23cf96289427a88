"""What people name files and folders by, read as pandas reads it: the one door for a path of a caller."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from omnipd.addresses import Address, address
from omnipd.arguments import argument, refuse_key
from omnipd.errors import ArgumentError, OmniError

# As fsspec writes them, and as a Path keeps them, which takes two slashes for one. A scheme of one
# letter is a drive.
_ADDRESS = re.compile(r"((?:[a-z][a-z0-9+.-]*::)*[a-z][a-z0-9+.-]+):([/\\]+)", re.IGNORECASE)
# Of every file system in wide use, in bytes or, on Windows, letters.
_LONGEST_NAME = 255


def place(name: str, path: Any, storage_options: Mapping[str, Any] | None = None) -> Path | Address:
    """Return the file or folder that was named, on this machine or in a store that fsspec knows.

    Parameters
    ----------
    name : str
        The argument, for the message.
    path : Any
        What was given.
    storage_options : mapping, optional
        What the store takes.

    Raises
    ------
    ArgumentError
        If it names none, or its address is not known.
    SettingsError
        If the package of its store is not installed.

    Examples
    --------
    >>> place("folder", "exports/omni").name
    'omni'
    """
    if storage_options is not None and not isinstance(storage_options, Mapping):
        raise ArgumentError(
            argument("storage_options")
            + f" is a {type(storage_options).__name__}, and not a mapping."
        )
    if isinstance(path, Address):
        return path
    text = _text_of(path)
    if text is not None and (found := _ADDRESS.match(text)):
        slashes = "/" * max(2, len(found[2]))
        url = f"{found[1].lower()}:{slashes}{text[found.end() :]}"
        return address(name, url, storage_options)
    if storage_options:
        raise ArgumentError(
            argument("storage_options")
            + " is for addresses, such as s3://…, and "
            + argument(name, path)
            + " is none."
        )
    return local_path(name, path)


def place_of_file(
    name: str, path: Any, storage_options: Mapping[str, Any] | None = None
) -> Path | Address:
    """Return the file that was named, as :func:`place` does; refuse what can only be a folder."""
    found = place(name, path, storage_options)
    if os.fspath(path).endswith(("/", os.sep)) or (isinstance(found, Address) and found.is_store()):
        shown = str(found) if isinstance(found, Address) else os.fspath(path)
        raise ArgumentError(argument(name, shown) + " is the name of a folder.")
    return found


def local_path(
    name: str, path: Any, *, error: type[OmniError] = ArgumentError, hint: str | None = None
) -> Path:
    """Return the file or folder that was named, with ``~`` as the home; refuse what names none here.

    Parameters
    ----------
    name : str
        The argument, for the message.
    path : Any
        What was given.
    error : type, default ArgumentError
        What is raised.
    hint : str, optional
        What to do about what is no path at all.

    Examples
    --------
    >>> local_path("checkpoint", "s3://audits/content")
    Traceback (most recent call last):
    ...
    omnipd.errors.ArgumentError: checkpoint='s3://…' is an address, and only a local path is taken here.
    Take a file or folder of this machine, and copy it.
    """
    text = _text_of(path)
    if text is None:
        raise error(argument(name, path) + " is not a path.", hint=hint)
    if found := _ADDRESS.match(text):  # what follows may hold a password
        raise error(
            argument(name, f"{found[1]}://…")
            + " is an address, and only a local path is taken here.",
            hint="Take a file or folder of this machine, and copy it.",
        )
    refuse_key(argument(name), Path(text).name)
    if wrong := _wrong_with(text):
        raise error(argument(name, text) + f" {wrong}.", hint=hint)
    return _from_home(name, text, error)


def file_in_the_way(folder: Path) -> Path | None:
    """Return the file that stands where a folder is to be, or one above it; None where none does."""
    with contextlib.suppress(OSError):  # what may not be looked at
        there = next(one for one in (folder, *folder.parents) if one.exists())
        return None if there.is_dir() else there
    return None


def _text_of(path: Any) -> str | None:
    """Return a path as text; None for what is none."""
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if isinstance(path, PurePath) and _ADDRESS.match(str(path)):  # on Windows with other slashes
        return path.as_posix()
    return text if isinstance(text, str) else None


def _wrong_with(text: str) -> str | None:
    """Return why no system could take a text for a path, or None."""
    if not text:
        return "is empty"
    if "\0" in text:
        return "has a NUL in it, which no file may"
    try:
        names = [os.fsencode(one) if os.name == "posix" else one for one in Path(text).parts]
    except UnicodeEncodeError:
        return "has letters in it that the names of files cannot have here"
    if any(len(one) > _LONGEST_NAME for one in names):
        return f"has a name of more than {_LONGEST_NAME} bytes in it"
    return None


def _from_home(name: str, text: str, error: type[OmniError]) -> Path:
    """Return a path without the ``~`` of a home."""
    found = Path(text)
    first = next(iter(found.parts), "")
    if not text.startswith("~"):
        # A Path forgets the ./ before a name that begins with ~; whoever asks again gets the same.
        with contextlib.suppress(FileNotFoundError):  # the working directory is deleted
            return found.absolute() if first.startswith("~") else found
        return found
    try:
        return found.expanduser()
    except RuntimeError:
        pass
    if first == "~":
        raise error(
            argument(name, text) + " needs a home directory, and this user has none.",
            hint="Set HOME, or name it in full.",
        )
    raise error(
        argument(name, text) + f" needs the home directory of {first[1:]!r}, which is not known.",
        hint=f"Name it in full; where {first} is a name itself, it is ./{first}",
    )
