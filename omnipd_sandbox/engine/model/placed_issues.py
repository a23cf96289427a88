"""What is wrong in a model's files, each with its place, for whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from omnipd_sandbox.engine.model.file_names import plain_path


@dataclass(frozen=True)
class PlacedIssue:
    """Hold an issue in the words of its author: which file, which field, what is wrong."""

    message: str
    is_error: bool
    # The file's path in the model's folder, and ``view.field``, where known.
    file: str | None
    about: str | None

    @property
    def severity(self) -> str:
        """Name how bad it is, as ``validate`` does."""
        return "error" if self.is_error else "warning"


def issues_by_model(models: Iterable[Any]) -> dict[str, list[PlacedIssue]]:
    """Give the issues of models, by the name of each that has such; errors come first.

    A model is any that has ``name``, ``issues`` and ``files``; one of another engine may have none.
    """
    found = {}
    for model in models:
        placed = [_placed(each, model.files) for each in getattr(model, "issues", ())]
        if placed:
            found[model.name] = sorted(placed, key=lambda each: not each.is_error)
    return found


def _placed(issue: Any, files: Mapping[str, str]) -> PlacedIssue:
    names = [each for each in (issue.view, issue.field) if each]
    return PlacedIssue(
        message=issue.message,
        is_error=issue.is_error,
        # What the database says of a field has no path of its own.
        file=_file(issue.yaml_path, files) or _file(f"{issue.view}.view", files) or issue.yaml_path,
        about=".".join(names) or None,
    )


def _file(name: str | None, files: Mapping[str, str]) -> str | None:
    """Find a file by its path or by its name, with ``.yaml`` or without."""
    paths = [path for path in files if plain_path(path) == name]
    paths += [path for path in files if PurePosixPath(plain_path(path)).name == name]
    return next(iter(paths), None)
