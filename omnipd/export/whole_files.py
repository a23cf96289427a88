"""Files that appear whole under their names, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar

import pyarrow as pa

from omnipd.addresses import Address
from omnipd.clock import Clock
from omnipd.errors import ExportError, ExportIncompleteError, OmniError
from omnipd.export.temporary_folder import temporary_folder, temporary_folder_named
from omnipd.paths import file_in_the_way, local_path

_Result = TypeVar("_Result")
#: What writes to an open file.
Write = Callable[[IO[bytes]], Any]

_UNCHANGED = "Any existing file was left unchanged, and no part of the new one was left."
#: The names of files that are not in their places yet, and so long after its last change one is nobody's.
_PART = re.compile(r"\..*\.omnipd-[0-9a-f]{8}\.part")
_LONGEST_WRITE = 86_400.0
#: Folders of which this process knows that nothing of that is in them.
_SWEPT: set[tuple[int, int]] = set()
# What this process has open already.
_OPEN_ALREADY = re.compile(
    r"/?/(?:dev/(?P<name>stdout|stderr)|(?:dev|proc/(?:thread-)?self)/fd/(?P<number>\d{1,9}))"
)
_STANDARD = {"stdout": 1, "stderr": 2}
#: So many links one after the other are followed, as Linux does.
_LINKS = 40


def write_atomically(path: Path | Address, write: Write) -> None:
    """Write a file beside its place, and move it there when it is whole and on the disk."""
    write_together({path: write})


def write_together(writes: Mapping[Path | Address, Write]) -> None:
    """Write several files, all of them or none; folders that are missing are made.

    Each is written beside its place. When all are whole and on the disk, they are moved there one
    after the other: meanwhile a reader may see the first ones new and the last ones old, and a power
    cut leaves them so. No file is ever half. A device, a pipe or a socket is written to as it is.

    What goes to addresses is written to temporary files first. When all are whole, each is put to its
    address in one call, in the order that is given.
    """
    _write({path: write for path, write in writes.items() if isinstance(path, Path)})
    put = {path: write for path, write in writes.items() if isinstance(path, Address)}
    if put:
        _write_and_put(put)


def check_places(paths: Iterable[Path | Address]) -> None:
    """Refuse what cannot be written, before anything is read for it: each is begun, and goes again."""
    paths = list(paths)
    for path in paths:
        if isinstance(path, Address):
            path.check()
    _write({path: lambda _: None for path in paths if isinstance(path, Path)}, goes_again=True)


def put_together(files: Mapping[Address, Path]) -> None:
    """Put files to their addresses, one after the other; say of one that fails which are there already."""
    placed: list[Address] = []
    for place, file in files.items():
        try:
            place.put(file)
        except ExportError as error:
            if placed:
                error.add_note(_hint(placed))
            raise
        placed.append(place)


def _write_and_put(writes: Mapping[Address, Write]) -> None:
    with temporary_folder() as folder:
        files = {place: folder / str(number) for number, place in enumerate(writes)}
        for place, write in writes.items():
            _told(place, _UNCHANGED, _write_new, files[place], write)
        put_together(files)


def _write_new(file: Path, write: Write) -> None:
    with temporary_folder_named(), file.open("xb") as opened:
        write(opened)


def _write(writes: Mapping[Path, Write], *, goes_again: bool = False) -> None:
    streams = {path: write for path, write in writes.items() if _is_stream(path)}
    placed: list[Path] = []
    with contextlib.ExitStack() as undo:
        beside = [
            _told(path, _UNCHANGED, _written_beside, path, write, undo)
            for path, write in writes.items()
            if path not in streams
        ]
        if goes_again:
            for path in streams:
                _told(path, _UNCHANGED, _check_access, path)
            return
        for path, write in streams.items():
            _told(
                path, "What was written there before is not taken back.", _write_into, path, write
            )
            placed.append(path)
        for part, target in beside:
            _told(target, _hint(placed), os.replace, part, target)
            placed.append(target)
        undo.pop_all()
    for folder in {target.parent for _, target in beside}:
        sync_folder(folder)


def _told(target: Path | Address, hint: str, work: Callable[..., _Result], *given: Any) -> _Result:
    """Do something for a file, and say what is wrong as an error of omnipd."""
    try:
        return work(*given)
    except OmniError:  # of what is written; some are an OSError too
        raise
    except (IsADirectoryError, PermissionError, NotADirectoryError, FileNotFoundError) as error:
        late, text = False, f"{target} cannot be written: {error.strerror}."
    except OSError as error:
        late, text = True, f"{target} could not be written to its end: {error.strerror or error}."
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        late, text = False, f"{target}: a column cannot be stored: {without_values(error)}"
    raise (ExportIncompleteError if late else ExportError)(text, hint=hint)


def _hint(placed: Sequence[Path | Address]) -> str:
    if not placed:
        return _UNCHANGED
    return f"These are new already, the others as before: {', '.join(map(str, placed))}."


def _is_stream(path: Path) -> bool:
    """Whether it is there and no file of its own: what is written to it is gone, so it is never replaced."""
    if _descriptor_of(path) is not None:
        return True
    try:
        kind = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))


def _descriptor_of(path: Path) -> int | None:
    """Return the descriptor that a name stands for, such as ``/dev/stdout`` or a link to it."""
    if os.name != "posix":
        return None
    with contextlib.suppress(OSError):  # links in a circle, or a working directory that is gone
        for _ in range(_LINKS):
            if found := _OPEN_ALREADY.fullmatch(os.path.abspath(path)):  # noqa: PTH100 - no link is followed
                return int(found["number"]) if found["number"] else _STANDARD[found["name"]]
            if not path.is_symlink():
                break
            path = path.parent / path.readlink()
    return None


def _check_access(target: Path) -> None:
    """Refuse a stream that is not ours to write; to open a pipe would wake up who reads from it."""
    if _descriptor_of(target) is None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _write_into(target: Path, write: Write) -> None:
    """Write to a device, a pipe or a socket as it is; it is waited for as open() does."""
    number = _descriptor_of(target)

    # As it goes on: opened by its name, it would begin anew.
    def opener(name: str, _: int) -> int:
        return os.open(name, os.O_WRONLY) if number is None else os.dup(number)

    with _opened(target, target, opener) as file:
        write(file)


def _written_beside(path: Path, write: Write, undo: contextlib.ExitStack) -> tuple[Path, Path]:
    """Write a file beside its place, and return where it is and its place; it goes when others fail."""
    target = _without_link(path)
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    _make_parents(target.parent, undo)
    _sweep(target.parent)
    # In bytes, since that is how systems count a name.
    start = os.fsencode(target.name)[:200].decode(errors="ignore")
    part = target.with_name(f".{start}.omnipd-{secrets.token_hex(4)}.part")
    undo.callback(_remove, part)
    mode = _mode_of(target)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    new = 0o666 if mode is None else mode
    with _opened(part, target, lambda name, _: os.open(name, flags, new)) as file:
        if mode is not None:  # from which the umask takes nothing
            with contextlib.suppress(OSError):  # not every disk has permissions
                part.chmod(mode)
        write(file)
        file.flush()
        os.fsync(file.fileno())
    return part, target


def _opened(path: Path, target: Path, opener: Callable[[str, int], int]) -> IO[bytes]:
    """Open a file to write it; say of its place why that cannot be."""
    try:
        return open(path, "wb", opener=opener)
    except OSError as error:
        reason = error.strerror
    raise ExportError(f"{target} cannot be written: {reason}.", hint=_UNCHANGED)


def _make_parents(folder: Path, undo: contextlib.ExitStack) -> None:
    """Make the folders that are missing; those that are empty go again when the writing fails."""
    if file := file_in_the_way(folder):
        raise _no_folder(file)
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        try:
            one.mkdir()
        except FileExistsError:  # another process has made it
            continue
        except OSError as error:
            reason = error.strerror
        else:
            undo.callback(_remove_empty, one)
            continue
        raise ExportError(f"The folder {one} cannot be made: {reason}.")


def _no_folder(file: Path) -> ExportError:
    return ExportError(f"{file} is a file, not a folder.", hint="Name another folder.")


def _remove(part: Path) -> None:
    with contextlib.suppress(OSError):  # it was never there, or cannot be reached any more
        part.unlink()


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # somebody has put something there
        folder.rmdir()


def _sweep(folder: Path) -> None:
    """Delete what was left beside the places of exports that were killed, once in a process."""
    with contextlib.suppress(OSError):
        found = folder.stat()
        if (place := (found.st_dev, found.st_ino)) in _SWEPT:
            return
        _SWEPT.add(place)
        for part in folder.iterdir():
            if _PART.fullmatch(part.name):
                with contextlib.suppress(OSError):  # another process may be doing the same
                    if part.lstat().st_mtime < Clock().wall() - _LONGEST_WRITE:
                        part.unlink()


def _without_link(path: Path) -> Path:
    """Return where a link leads: what it points at is replaced, not the link."""
    if not path.is_symlink():
        return path
    with contextlib.suppress(RuntimeError):  # links in a circle, before Python 3.13
        if not (target := path.resolve()).is_symlink():
            return target
    raise ExportError(
        f"{path} is a link that leads nowhere.", hint="Remove it, or take another name."
    )


def make_folder(folder: str | os.PathLike[str]) -> Path:
    """Make a folder for exported files, and return it."""
    root = local_path("folder", folder)
    if file := file_in_the_way(root):
        raise _no_folder(file)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror
    else:
        return root
    raise ExportError(f"The folder {root} cannot be made: {reason}.")


def without_values(error: Exception) -> str:
    """Return why a column cannot be stored, without any value of it.

    Arrow's first argument may quote a value, and a value may hold what is to be shown to nobody, such
    as a key that a server echoed. Where there are several arguments the last one names the column.
    """
    return str(error.args[-1]).rstrip(".") if error.args else type(error).__name__


def _mode_of(target: Path) -> int | None:
    """Return the permissions of the file that is replaced, None where there is none."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except OSError:
        return None


def sync_folder(folder: Path) -> None:
    """Put the new name on the disk too, where the platform can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
