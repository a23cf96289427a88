"""The folder around a folder: what is below a path names it by nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

_Folder = TypeVar("_Folder", bound=Mapping[str, Any])


class FoldersByPath(Generic[_Folder]):
    """Folders by path; personal ones of several people may have the same."""

    def __init__(self) -> None:
        self._at: dict[str | None, list[_Folder]] = {}

    def add(self, folder: _Folder) -> None:
        """Take a folder."""
        self._at.setdefault(folder["path"], []).append(folder)

    def find(self, path: str | None, inner: Mapping[str, Any]) -> _Folder | None:
        """Return the folder at a path, around an item of the same scope and owner where several are."""
        found = [] if path is None else self._at.get(path, [])
        for trait in ("scope", "owner_id"):
            if len(found) > 1:
                found = [one for one in found if one[trait] == inner[trait]]
        return found[0] if len(found) == 1 else None


def path_above(path: str | None) -> str | None:
    """Return the path of the folder around one; None where there is none.

    Examples
    --------
    >>> path_above("/emea/sales"), path_above("/emea")
    ('/emea', None)
    """
    return (path or "").rpartition("/")[0] or None
