"""What is stored under one omnipd directory, for all instances and keys, and how it is deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

_KINDS = ("lists", "results")
_ENDINGS = {".json", ".arrow"}


def stored_answers(root: Path) -> list[Path]:
    """Return the files of the stored lists and results of every instance and key."""
    return [file for folder in _folders(root) for file in _answers_in(folder)]


def clear_all(root: Path) -> int:
    """Delete the stored lists and results of every instance and key; return the number of answers."""
    return sum(map(clear_folder, _folders(root)))


def clear_folder(folder: Path) -> int:
    """Delete everything stored for one instance and key; return the number of answers."""
    count = len(_answers_in(folder))
    shutil.rmtree(folder, ignore_errors=True)
    return count


def _folders(root: Path) -> list[Path]:
    return [folder for kind in _KINDS for folder in (root / kind).glob("*")]


def _answers_in(folder: Path) -> list[Path]:
    return [file for file in folder.glob("*") if file.suffix in _ENDINGS]
