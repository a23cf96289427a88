"""What is stored under one omnipd directory, for all instances and keys, and how it is deleted."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

from omnipd.cache.private_files import FINGERPRINT
from omnipd.locks import NO_FORK

_KINDS = ("lists", "results")
_ENDINGS = {".json", ".arrow"}


def stored_answers(root: Path) -> tuple[int, int]:
    """Count the stored lists and results of every instance and key, and the bytes that they take."""
    folders = _folders(root)
    files = [file for folder in folders for file in folder.glob("*") if file.is_file()]
    return sum(map(_count, folders)), sum(file.stat().st_size for file in files)


def clear_all(root: Path) -> int:
    """Delete the stored lists and results of every instance and key; return the number of answers."""
    return sum(map(clear_folder, _folders(root)))


def clear_folder(folder: Path) -> int:
    """Delete everything stored for one instance and key; return the number of answers."""
    if not _is_folder(folder):
        return 0
    count = _count(folder)
    shutil.rmtree(folder, ignore_errors=True)
    return count - _count(folder)


def _folders(root: Path) -> list[Path]:
    found = [folder for kind in _KINDS for folder in (root / kind).glob("*")]
    return [one for one in found if FINGERPRINT.fullmatch(one.name) and _is_folder(one)]


def _is_folder(path: Path) -> bool:
    """Whether it is a folder itself: opening a pipe in its place would wait for ever."""
    return path.is_dir() and not path.is_symlink()


def _count(folder: Path) -> int:
    files = list(folder.glob("*"))
    return sum(file.suffix in _ENDINGS for file in files) + sum(
        _rows(file) for file in files if file.suffix == ".sqlite" and file.is_file()
    )


def _rows(file: Path) -> int:
    """Count the pages in a database; none in one that cannot be read."""
    with contextlib.suppress(sqlite3.Error), NO_FORK:
        opened = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
        with contextlib.closing(opened):
            return int(opened.execute("SELECT count(*) FROM responses").fetchone()[0])
    return 0
