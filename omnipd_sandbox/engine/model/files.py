"""The files of a model, out of a folder: those of the package and those that somebody brings."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources.abc import Traversable

from omnipd_sandbox.engine.model.file_names import is_meant_for_a_model


def read_files(folder: Traversable) -> dict[str, str]:
    """Give the text of each model file by its path below the folder; others are left out.

    A file whose name is not quite that of a model file is given, too: the model has an issue for it.

    Raises
    ------
    UnicodeDecodeError
        For a model file that is not UTF-8.
    """
    return dict(sorted(_files_below(folder, "")))


def _files_below(folder: Traversable, below: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files_below(entry, f"{below}{entry.name}/")
        elif is_meant_for_a_model(entry.name):
            yield f"{below}{entry.name}", entry.read_text(encoding="utf-8")
