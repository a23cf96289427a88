"""A folder that holds an organization: its file, its models and its data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from omnipd_sandbox.engine.data.data_files import UnusableData, open_data
from omnipd_sandbox.engine.data.limits import USUAL, Limits
from omnipd_sandbox.engine.engine import Engine
from omnipd_sandbox.engine.model.files import read_files
from omnipd_sandbox.engine.read_model import read_checked_model
from omnipd_sandbox.folder.problems import BadOrganization
from omnipd_sandbox.folder.reading import read_organization
from omnipd_sandbox.organization.organization import Organization

FILE = "organization.json"
MODELS = "models"
DATA = "data"


def bring(folder: str | Path, limits: Limits = USUAL) -> tuple[Organization, Engine]:
    """Read an organization's folder; give it, and what runs its queries.

    Raises
    ------
    BadOrganization
        For anything in it that cannot be used, by name and place.
    """
    root = Path(folder)
    if not root.is_dir():
        raise BadOrganization(str(root), ["there is no such folder"])
    if not any((root / each).exists() for each in (FILE, MODELS, DATA)):
        raise BadOrganization(str(root), [f"it has none of {FILE}, {MODELS}/ and {DATA}/"])
    names = [each.name for each in _folders(root / MODELS)]
    organization = read_organization(_file(root / FILE), names, str(root / FILE))
    try:
        warehouse = open_data(root / DATA, limits)
    except UnusableData as error:
        raise BadOrganization(str(root / DATA), [str(error)]) from None
    served = []
    for each in organization.shared_models.values():
        place = root / MODELS / each.name
        try:
            files = read_files(place)
        except UnicodeDecodeError as error:
            raise BadOrganization(str(place), [f"a file is not UTF-8: {error}"]) from None
        model = read_checked_model(
            files, warehouse, model_id=each.id, name=each.name, connection_id=each.connection_id
        )
        served.append((model, warehouse))
    return organization, Engine(served)


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(
        each for each in parent.iterdir() if each.is_dir() and not each.name.startswith(".")
    )


def _file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        file = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once_each)
    except (ValueError, RecursionError) as error:
        raise BadOrganization(str(path), [f"it is not JSON: {error}"]) from None
    if not isinstance(file, dict):
        raise BadOrganization(str(path), ["an object is needed, with users, documents and so on"])
    return file


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
        raise ValueError(f"the key {twice!r} is there twice in one object")
    return found
