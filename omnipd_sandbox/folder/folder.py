"""A folder that holds an organization: its file, its models and its data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from omnipd_sandbox.engine.data.data_files import UnusableData, open_data
from omnipd_sandbox.engine.data.limits import USUAL, Limits
from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.engine import Engine
from omnipd_sandbox.engine.model.file_names import is_meant_for_a_model
from omnipd_sandbox.engine.model.files import read_files
from omnipd_sandbox.engine.model.formats import problems_with_formats, with_formats
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.read_model import read_checked_model
from omnipd_sandbox.folder.problems import DEEPEST, BadOrganization
from omnipd_sandbox.folder.reading import read_organization
from omnipd_sandbox.folder.renaming import (
    model_to_rename,
    topic_to_rename,
    with_topic,
    with_topic_file,
)
from omnipd_sandbox.http.strict_json import Unshowable, loads
from omnipd_sandbox.near_matches import near
from omnipd_sandbox.organization.organization import Organization

FILE = "organization.json"
MODELS = "models"
DATA = "data"


def bring(
    folder: str | Path,
    limits: Limits = USUAL,
    *,
    model_name: str | None = None,
    topic_name: str | None = None,
    data: Warehouse | None = None,
) -> tuple[Organization, Engine, Warehouse]:
    """Read an organization's folder; give it, what runs its queries, and its data.

    Parameters
    ----------
    folder
        Where it is.
    limits
        How much memory its queries may take.
    model_name, topic_name
        Other names for a model of it, and for a topic of that.
    data
        What was read of its data before; it is not read again.

    Raises
    ------
    BadOrganization
        For anything in it that cannot be used, by name and place.
    ValueError
        For a name that cannot be given.
    """
    root = Path(folder)
    if not root.is_dir():
        raise BadOrganization(str(root), ["there is no such folder"])
    if not any((root / each).exists() for each in (FILE, MODELS, DATA)):
        raise BadOrganization(str(root), [f"it has none of {FILE}, {MODELS}/ and {DATA}/"])
    loose = [each.name for each in _loose(root / MODELS)]
    if loose:
        raise BadOrganization(
            str(root / MODELS), [f"{name}: a model's files lie in models/NAME/" for name in loose]
        )
    files = {each.name: _files(each) for each in _folders(root / MODELS)}
    file = _file(root / FILE)
    called = _called(list(files), model_name)
    if topic_name is not None:
        model = model_to_rename(list(files), "topic_name")
        old = topic_to_rename(model, files)
        files[model] = with_topic_file(files[model], old, topic_name)
        file = with_topic(file, old, topic_name)
    organization = read_organization(file, list(files), str(root / FILE), called)
    if topic_name is not None:
        organization.shared_models = {
            key: replace(each, topic=topic_name) if each.subject == model else each
            for key, each in organization.shared_models.items()
        }
    try:
        warehouse = data or open_data(root / DATA, limits)
    except UnusableData as error:
        raise BadOrganization(str(root / DATA), [str(error)]) from None
    models = [
        read_checked_model(
            files[each.subject],
            warehouse,
            model_id=each.id,
            name=each.name,
            connection_id=each.connection_id,
        )
        for each in organization.shared_models.values()
    ]
    problems = [*_problems(organization, models)]
    if problems:
        raise BadOrganization(str(root / FILE), problems)
    served = [
        (with_formats(each, organization.formats.get(each.name, {})), warehouse) for each in models
    ]
    return organization, Engine(served), warehouse


def _called(names: Sequence[str], model_name: str | None) -> dict[str, str]:
    if model_name is None:
        return {}
    model = model_to_rename(names, "model_name")
    if model_name in names and model_name != model:
        msg = f"model_name: there is a model {model_name!r} already"
        raise ValueError(msg)
    return {model: model_name}


def _problems(organization: Organization, models: Sequence[Model]) -> Iterator[str]:
    """Say what the file says of models that they do not have."""
    for model in models:
        for problem in problems_with_formats(model, organization.formats.get(model.name, {})):
            yield f"models, {model.name!r}: formats.{problem}"
    by_id = {model.id: model for model in models}
    for number, prompt in enumerate(organization.prompts):
        topics = by_id[prompt.model_id].topics
        if prompt.topic not in topics:
            close = near(prompt.topic, topics)
            yield f"prompts[{number}].topic: there is no topic {prompt.topic!r}{close}"


def _files(place: Path) -> Mapping[str, str]:
    try:
        return read_files(place)
    except UnicodeDecodeError as error:
        raise BadOrganization(str(place), [f"a file is not UTF-8: {error}"]) from None


def _loose(parent: Path) -> list[Path]:
    """List files of models that lie beside the folders of models."""
    if not parent.is_dir():
        return []
    return sorted(
        each for each in parent.iterdir() if each.is_file() and is_meant_for_a_model(each.name)
    )


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
        file = loads(path.read_text(encoding="utf-8"), DEEPEST, object_pairs_hook=_once_each)
    except Unshowable as error:
        raise BadOrganization(str(path), [str(error)]) from None
    except ValueError as error:
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
