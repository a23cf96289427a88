"""A folder of exports: a folder for each, which is there as a whole or not at all, and the last one's name.

What is being written, or deleted, is a folder deeper: what looks for ``*/content.parquet`` must not find
it, and to DuckDB a name that begins with a dot is one like others.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
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
from omnipd.export.whole_files import make_folder, sync_folder, write_atomically

MANIFEST = "manifest.json"
LATEST = "latest.json"
#: Where exports of this folder are that are not whole yet, or not any more; there is none as a rule.
_BEHIND = ".omnipd"
_UNFINISHED = ".unfinished"
#: The pointer that is to be once the export that it names has its name.
_WAITING = ".waiting"
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

    def _write_pointer(self, to: Path | Address, name: str, manifest: Mapping[str, Any]) -> None:
        """Write a pointer that names an export."""
        pointer = {fact: manifest[fact] for fact in ("begun_at", "finished_at", "complete")}
        held = _as_bytes({"export": name, **pointer})
        write_atomically(to, lambda file: file.write(held))

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
        named = self._named_in(self.root / LATEST)
        if named is not None:
            return named
        names = self.names()
        return self.root / names[-1] if names else None

    def _named_in(self, pointer: Path | Address) -> Path | Address | None:
        """Return the export that a pointer names, if it is there."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            named = self.root / str(json.loads(pointer.read_bytes())["export"])
            if (named / MANIFEST).is_file():
                return named
        return None

    def _superseded(self, number: int, new: str) -> list[str]:
        """Return the names of all but the last exports.

        The one that the pointer names is among these, and so are a new one, and those that others are
        giving their names in this moment.
        """
        names = self.names()
        stay = {new, *self._being_named()}
        latest = self.latest()  # after the others: one of them may be it by now
        if latest is not None:
            stay.add(latest.name)
        others = [name for name in names if name not in stay]
        return others[: max(0, len(names) - number)]

    def _being_named(self) -> set[str]:
        """Return the names of the exports that a waiting pointer names."""
        return set()

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
            raise no_export_in(self.root, takes_at=True)
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

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._behind = root / _BEHIND

    def begin(self, asked: Mapping[str, Any]) -> Path:
        """Return the folder of an export that was broken off, or of a new one.

        One that has its name already, and that the pointer was about to name, is named by it now.

        Parameters
        ----------
        asked : mapping
            What is exported. What was broken off and is not the same is left alone.
        """
        mark = _mark_of(asked)
        waiting = self._behind / f".{mark}{_WAITING}"
        named = None if _broken_off(self._behind, mark) else self._named_in(waiting)
        if not isinstance(named, Path):
            return unfinished_in(self._behind, asked)
        self._let_point(waiting)
        return named

    def publish(self, unfinished: Path) -> Path:
        """Give a whole export its name, and let the pointer name it; return the folder.

        The new pointer is written before: of what can go wrong after that there is little left.
        """
        if not unfinished.name.startswith("."):
            return unfinished
        waiting, reason = self._behind / f".{_mark_in(unfinished)}{_WAITING}", None
        try:
            unfinished.stat()  # another process may have named it
            delete_checkpoint(unfinished)  # which a kill may have left
            manifest, renamed = read_manifest(unfinished), False
            while not renamed:  # another one may take the name in this moment
                place = self.root / self._free_name(unfinished)
                self._write_pointer(waiting, place.name, manifest)
                renamed = _renamed(unfinished, place)
        except ExportError as error:
            error.add_note(f"The export in {unfinished} is whole: the same call goes on.")
            raise
        except OSError as error:
            reason = error.strerror or type(error).__name__
        if reason is not None:
            raise ExportError(
                f"The export in {unfinished} cannot be given its name: {reason}.",
                hint="It is whole: the same call goes on, unless another one has done so meanwhile.",
            )
        self._let_point(waiting)
        return place

    def keep(self, number: int, new: str) -> None:
        """Delete all but the last exports, and what was broken off a week ago.

        The export that the pointer names stays, whatever the clock said, and so does the new one.
        """
        for name in self._superseded(number, new):
            with contextlib.suppress(OSError):
                self._behind.mkdir(exist_ok=True)
            discard(self.root / name, self._behind)
        sweep(self._behind)
        self._tidy()

    def _let_point(self, waiting: Path) -> None:
        """Put the pointer that waits in its place."""
        reason = None
        try:
            waiting.replace(self.root / LATEST)
        except FileNotFoundError:  # the same call in another process has done it
            return
        except OSError as error:
            reason = error.strerror or type(error).__name__
        if reason is not None:
            raise ExportError(
                f"{self.root / LATEST} cannot be written: {reason}.",
                hint="The export has its name: the same call lets it be the last one.",
            )
        sync_folder(self.root)
        self._tidy()

    def _tidy(self) -> None:
        """Delete the folder of what is not whole, where there is nothing in it."""
        with contextlib.suppress(OSError):
            self._behind.rmdir()

    def _being_named(self) -> set[str]:
        waiting = self._behind.glob(f".*{_WAITING}")
        return {named.name for one in waiting if (named := self._named_in(one)) is not None}


def discard(folder: Path, behind: Path) -> None:
    """Delete a folder; first it is put out of sight into another, since half of it must not be found."""
    with contextlib.suppress(OSError):
        away = folder.rename(behind / f".{folder.name}.{secrets.token_hex(4)}{_DELETED}")
        shutil.rmtree(away, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Delete what was broken off a week ago, and what was to be deleted already."""
    for one in [*folder.glob(".*")]:
        with contextlib.suppress(OSError):  # another process does the same
            if one.name.endswith(_DELETED):
                shutil.rmtree(one, ignore_errors=True)
            elif one.name.endswith(_UNFINISHED) and _is_given_up(one):
                discard(one, folder)
            elif one.name.endswith(_WAITING) and _is_given_up(one):
                one.unlink(missing_ok=True)


def unfinished_in(folder: Path, asked: Mapping[str, Any]) -> Path:
    """Return the folder below another of an export that was broken off, or of a new one."""
    mark = _mark_of(asked)
    if there := _broken_off(folder, mark):
        return there
    new = folder / f".{datetime.now(UTC).strftime(_NAME)}-{mark}{_UNFINISHED}"
    with contextlib.suppress(ExportError):  # another export, which ends, may have tidied up
        return make_folder(new)
    return make_folder(new)


def _broken_off(folder: Path, mark: str) -> Path | None:
    return next(iter(sorted(folder.glob(f".*-{mark}{_UNFINISHED}"))), None)


def _mark_of(asked: Mapping[str, Any]) -> str:
    """Return what tells one export from others that are being made in the same folder."""
    text = json.dumps(asked, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _mark_in(unfinished: Path) -> str:
    return unfinished.name.removesuffix(_UNFINISHED).rsplit("-", 1)[1]


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


def _is_given_up(one: Path) -> bool:
    """Whether a file, or a folder with all in it, has stood still for too long."""
    changed = max(each.stat().st_mtime for each in [one, *one.glob("*")])
    return Clock().wall() - changed > _GIVEN_UP


def no_export_in(folder: Path | Address, *, takes_at: bool = False) -> ArgumentError:
    """Return what to say of a folder without exports, which may be an export itself."""
    if (folder / MANIFEST).is_file():
        hint = f"Name the folder that it is in, {folder.parent}"
        if takes_at:
            hint += ", with " + argument("at", folder.name)
        return ArgumentError(f"{folder} is one export, not a folder of exports.", hint=hint + ".")
    return ArgumentError(
        f"There is no export in {folder}.", hint=function("export_inventory") + " makes one."
    )


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
