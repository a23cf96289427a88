"""What people name files and folders by, read as pandas reads it: the one door for a path of a caller."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Any

from omnipd.arguments import argument, refuse_key
from omnipd.errors import ArgumentError, OmniError

# As fsspec writes them, and as a Path keeps them, which takes two slashes for one. A scheme of one
# letter is a drive.
_ADDRESS = re.compile(r"((?:[a-z][a-z0-9+.-]*::)*[a-z][a-z0-9+.-]+):[/\\]", re.IGNORECASE)
# Of every file system in wide use, in bytes or, on Windows, letters.
_LONGEST_NAME = 255


def local_path(
    name: str, path: Any, *, error: type[OmniError] = ArgumentError, hint: str | None = None
) -> Path:
    """Return the file or folder that was named, with ``~`` as the home; refuse what names none.

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
    >>> local_path("path", "s3://audits/content.csv")
    Traceback (most recent call last):
    ...
    omnipd.errors.ArgumentError: path='s3://…' is an address, and addresses are not taken yet.
    Write to a local file and copy it; to read one, copy it to a local file first.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else path
    if not isinstance(text, str):
        raise error(argument(name, path) + " is not a path.", hint=hint)
    if address := _ADDRESS.match(text):  # what follows may hold a password
        raise error(
            argument(name, f"{address[1]}://…")
            + " is an address, and addresses are not taken yet.",
            hint="Write to a local file and copy it; to read one, copy it to a local file first.",
        )
    refuse_key(argument(name), Path(text).name)
    if wrong := _wrong_with(text):
        raise error(argument(name, text) + f" {wrong}.", hint=hint)
    return _from_home(name, text, error)


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
