"""A folder of exports: a folder for each, which is there as a whole or not at all, and the last one's name.

What is being written has a name that begins with a dot, and is nobody's business until it is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from omnipd.addresses import Address
from omnipd.arguments import argument, function
from omnipd.cache.checkpoint import delete_checkpoint
from omnipd.clock import Clock
from omnipd.errors import ArgumentError, ExportError
from omnipd.export.whole_files import make_folder, write_atomically

MANIFEST = "manifest.json"
LATEST = "latest.json"
_UNFINISHED = ".unfinished"
_DELETED = ".deleted"
#: What was broken off and has stood still for so many seconds is nobody's any more.
_GIVEN_UP = 7 * 86_400.0
_NAME = "%Y-%m-%dT%H-%M-%SZ"


class Snapshots:
    """The exports below a folder.

    Parameters
    ----------
    root : Path or Address
        The folder, or its address.
    """

    def __init__(self, root: Path | Address) -> None:
        self.root = root

    def finish(self, unfinished: Path, manifest: Mapping[str, Any]) -> None:
        """Write down what is in an export: from now on it is whole, whatever happens."""
        write_atomically(unfinished / MANIFEST, lambda file: file.write(_as_bytes(manifest)))

    def _free_name(self, unfinished: Path) -> str:
        """Return the first name that is not taken of those that an export may have."""
        free = name = unfinished.name.removeprefix(".").rsplit("-", 1)[0]
        number = 1
        while (self.root / free).exists():
            number += 1
            free = f"{name}-{number}"
        return free

    def _point_to(self, name: str, manifest: Mapping[str, Any]) -> None:
        """Let the pointer name an export."""
        pointer = {fact: manifest[fact] for fact in ("begun_at", "finished_at", "complete")}
        held = _as_bytes({"export": name, **pointer})
        write_atomically(self.root / LATEST, lambda file: file.write(held))

    def names(self) -> list[str]:
        """Return the names of all whole exports, the oldest first."""
        with contextlib.suppress(OSError):
            return sorted(
                one.name
                for one in self.root.iterdir()
                if not one.name.startswith(".")
                and one.name != LATEST
                and (one / MANIFEST).is_file()
            )
        return []

    def latest(self) -> Path | Address | None:
        """Return what the pointer names, or the last export where it names none that is there."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            named = self.root / str(json.loads((self.root / LATEST).read_bytes())["export"])
            if (named / MANIFEST).is_file():
                return named
        names = self.names()
        return self.root / names[-1] if names else None

    def _superseded(self, number: int) -> list[str]:
        """Return the names of all but the last exports, among which is the one that the pointer names."""
        latest = self.latest()
        others = [name for name in self.names() if latest is None or name != latest.name]
        return others[: max(0, len(others) + 1 - number)]

    def find(self, at: str | datetime | None) -> Path | Address:
        """Return the folder of the last export, or of the last that was begun by then.

        Raises
        ------
        ArgumentError
            If there is none.
        """
        latest = self.latest() if at is None else None
        if latest is not None:
            return latest
        names = self.names()
        if at is None or not names:
            raise ArgumentError(
                f"There is no export in {self.root}.",
                hint=function("export_inventory") + " makes one.",
            )
        if at in names:
            return self.root / str(at)
        moment = time_of("at", at)
        before = [name for name in names if _begun(name) <= moment]
        if not before:
            raise ArgumentError(
                argument("at", str(at)) + f" is before the first export in {self.root}.",
                hint=f"There is: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}.",
            )
        return self.root / before[-1]


class FolderSnapshots(Snapshots):
    """The exports in a folder of this machine."""

    root: Path

    def begin(self, asked: Mapping[str, Any]) -> Path:
        """Return the folder of an export that is not whole yet: one that was broken off, or a new one.

        Parameters
        ----------
        asked : mapping
            What is exported. What was broken off and is not the same is left alone.
        """
        return unfinished_in(make_folder(self.root), asked)

    def publish(self, unfinished: Path) -> Path:
        """Give a whole export its name, and let the pointer name it; return the folder."""
        reason = None
        try:
            delete_checkpoint(unfinished)  # which a kill may have left
            place = self.root / self._free_name(unfinished)
            while not _renamed(unfinished, place):  # another one has taken it in this moment
                place = self.root / self._free_name(unfinished)
        except OSError as error:
            reason = error.strerror or type(error).__name__
        if reason is not None:
            raise ExportError(
                f"The export in {unfinished} cannot be given its name: {reason}.",
                hint="It is whole: the same call goes on, unless another one has done so meanwhile.",
            )
        self._point_to(place.name, read_manifest(place))
        return place

    def keep(self, number: int) -> None:
        """Delete all but the last exports, and what was broken off a week ago.

        The export that the pointer names stays, whatever the clock said.
        """
        for name in self._superseded(number):
            # Out of sight first: half of one must not be found.
            with contextlib.suppress(OSError):
                (self.root / name).rename(self.root / f".{name}{_DELETED}")
        with contextlib.suppress(OSError):
            for one in self.root.iterdir():
                given_up = one.name.endswith(_UNFINISHED) and _is_given_up(one)
                if one.name.startswith(".") and (given_up or one.name.endswith(_DELETED)):
                    shutil.rmtree(one, ignore_errors=True)


def unfinished_in(folder: Path, asked: Mapping[str, Any]) -> Path:
    """Return the folder below another of an export that was broken off, or of a new one."""
    text = json.dumps(asked, sort_keys=True)
    mark = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
    for there in sorted(folder.glob(f".*-{mark}{_UNFINISHED}")):
        return there
    new = folder / f".{datetime.now(UTC).strftime(_NAME)}-{mark}{_UNFINISHED}"
    return make_folder(new)


def read_manifest(folder: Path | Address) -> dict[str, Any]:
    """Return what is written down of an export.

    Raises
    ------
    ExportError
        If it cannot be read.
    """
    reason = ""
    try:
        held = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        reason = type(error).__name__
    if reason or not isinstance(held, dict) or held.get("manifest") != 1:
        raise ExportError(
            f"{folder / MANIFEST} cannot be read{f' ({reason})' if reason else ''}.",
            hint="It is no export, or of another version of omnipd.",
        )
    return held


def _as_bytes(held: Mapping[str, Any]) -> bytes:
    return (json.dumps(held, indent=2, ensure_ascii=False) + "\n").encode()


def _renamed(unfinished: Path, place: Path) -> bool:
    """Give a folder its name, unless that is taken."""
    try:
        unfinished.rename(place)
    except OSError:
        if not place.exists():
            raise
        return False
    return True


def _is_given_up(unfinished: Path) -> bool:
    changed = max(one.stat().st_mtime for one in [unfinished, *unfinished.iterdir()])
    return Clock().wall() - changed > _GIVEN_UP


def begun_at(export: Path | Address) -> datetime:
    """Return when an export was begun, by its name; it may have been broken off since."""
    return _begun(export.name.removeprefix("."))


def _begun(name: str) -> datetime:
    try:
        return datetime.strptime(name[:20], _NAME).replace(tzinfo=UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)


def time_of(name: str, at: str | datetime) -> datetime:
    """Return a time that was given, as text or not; a day is its last instant, and no zone is UTC."""
    moment = at
    if isinstance(at, str):
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            raise ArgumentError(
                argument(name, at)
                + " is neither the name of an export nor a time such as 2026-05-01T06:00."
            ) from None
        if len(at) == len("2026-05-01"):  # the whole of that day
            moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    if not isinstance(moment, datetime):
        raise ArgumentError(argument(name, at) + " is not a time.")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
