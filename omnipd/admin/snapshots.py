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
    root : Path
        The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def begin(self, asked: Mapping[str, Any]) -> Path:
        """Return the folder of an export that is not whole yet: one that was broken off, or a new one.

        Parameters
        ----------
        asked : mapping
            What is exported. What was broken off and is not the same is left alone.
        """
        text = json.dumps(asked, sort_keys=True)
        mark = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
        for there in sorted(self.root.glob(f".*-{mark}{_UNFINISHED}")):
            return there
        name = datetime.now(UTC).strftime(_NAME)
        return make_folder(self.root / f".{name}-{mark}{_UNFINISHED}")

    def finish(self, unfinished: Path, manifest: Mapping[str, Any]) -> None:
        """Write down what is in an export: from now on it is whole, whatever happens."""
        write_atomically(unfinished / MANIFEST, lambda file: file.write(_as_bytes(manifest)))

    def publish(self, unfinished: Path) -> Path:
        """Give a whole export its name, and let the pointer name it; return the folder."""
        name = unfinished.name.removeprefix(".").rsplit("-", 1)[0]
        reason = None
        try:
            delete_checkpoint(unfinished)  # which a kill may have left
            place, number = self.root / name, 1
            while not _renamed(unfinished, place):
                number += 1
                place = self.root / f"{name}-{number}"
        except OSError as error:
            reason = error.strerror or type(error).__name__
        if reason is not None:
            raise ExportError(
                f"The export in {unfinished} cannot be given its name: {reason}.",
                hint="It is whole: the same call goes on, unless another one has done so meanwhile.",
            )
        manifest = read_manifest(place)
        pointer = {name: manifest[name] for name in ("begun_at", "finished_at", "complete")}
        held = _as_bytes({"export": place.name, **pointer})
        write_atomically(self.root / LATEST, lambda file: file.write(held))
        return place

    def names(self) -> list[str]:
        """Return the names of all whole exports, the oldest first."""
        with contextlib.suppress(OSError):
            return sorted(
                one.name
                for one in self.root.iterdir()
                if not one.name.startswith(".") and (one / MANIFEST).is_file()
            )
        return []

    def keep(self, number: int) -> None:
        """Delete all but the last exports, and what was broken off a week ago.

        The export that the pointer names stays, whatever the clock said.
        """
        names = self.names()
        if names:
            latest = self._latest(names)
            names = [*(name for name in names if name != latest), latest]
        for name in names[:-number]:
            # Out of sight first: half of one must not be found.
            with contextlib.suppress(OSError):
                (self.root / name).rename(self.root / f".{name}{_DELETED}")
        with contextlib.suppress(OSError):
            for one in self.root.iterdir():
                given_up = one.name.endswith(_UNFINISHED) and _is_given_up(one)
                if one.name.startswith(".") and (given_up or one.name.endswith(_DELETED)):
                    shutil.rmtree(one, ignore_errors=True)

    def find(self, at: str | datetime | None) -> Path:
        """Return the folder of the last export, or of the last that was begun by then.

        Raises
        ------
        ArgumentError
            If there is none.
        """
        names = self.names()
        if not names:
            raise ArgumentError(
                f"There is no export in {self.root}.", hint="export_inventory() makes one."
            )
        if at is None:
            return self.root / self._latest(names)
        if at in names:
            return self.root / str(at)
        moment = _moment(at)
        before = [name for name in names if _begun(name) <= moment]
        if not before:
            raise ArgumentError(
                f"at={str(at)!r} is before the first export in {self.root}.",
                hint=f"There is: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}.",
            )
        return self.root / before[-1]

    def _latest(self, names: list[str]) -> str:
        """Return what the pointer names, and the last one where it names none that is there."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            named = json.loads((self.root / LATEST).read_bytes())["export"]
            if named in names:
                return str(named)
        return names[-1]


def read_manifest(folder: Path) -> dict[str, Any]:
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
    """Give a folder its name, unless that is taken, also in this moment."""
    if place.exists():
        return False
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


def begun_at(unfinished: Path) -> datetime:
    """Return when an export was begun that may have been broken off since."""
    return _begun(unfinished.name.removeprefix("."))


def _begun(name: str) -> datetime:
    try:
        return datetime.strptime(name[:20], _NAME).replace(tzinfo=UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)


def _moment(at: str | datetime) -> datetime:
    moment = at
    if isinstance(at, str):
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            raise ArgumentError(
                f"at={at!r} is neither the name of an export nor a time such as 2026-05-01T06:00."
            ) from None
        if len(at) == len("2026-05-01"):  # the whole of that day
            moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    if not isinstance(moment, datetime):
        raise ArgumentError(f"at={at!r} is not a time.")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
