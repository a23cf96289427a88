"""What a model offers to ask its AI: sample queries, and skills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from omnipd_sandbox.api.models.compose import compose
from omnipd_sandbox.api.models.record import find_record
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.engine.model import file_names
from omnipd_sandbox.engine.model.file_names import what_it_holds
from omnipd_sandbox.engine.model.yaml_parts import titled
from omnipd_sandbox.engine.model.yaml_text import UnreadableYaml, read_yaml
from omnipd_sandbox.http.reply import Reply, json_reply


def list_actions(call: Call) -> Reply:
    """Answer with the sample queries and skills of a model and its topics, whole.

    A topic's skill stands in for the model's skill of the same id (docs/wire.md).
    """
    files = compose(find_record(call), call).files
    settings = list(_settings(files))
    samples = [
        {
            "kind": "sample",
            "label": str(body.get("label") or titled(name)),
            "prompt": str(body["prompt"]),
        }
        for each in settings
        for name, body in _mappings(each, "sample_queries")
        if body.get("prompt")
    ]
    skills = {name: body for each in settings for name, body in _mappings(each, "skills")}
    written = [
        {
            "kind": "skill",
            "label": str(body.get("label") or titled(name)),
            # How Omni wraps the input is known from one shortened example.
            "prompt": f"Skill: {str(body['input']).strip()}",
        }
        for name, body in skills.items()
        if body.get("input")
    ]
    return json_reply({"records": [*samples, *written]})


def _settings(files: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Give the model's own file, then its topics by name."""
    places = {path: what_it_holds(path) for path in files}
    holding = [path for path, place in places.items() if place and place[0] == file_names.MODEL]
    holding += sorted(
        path for path, place in places.items() if place and place[0] == file_names.TOPIC
    )
    for path in holding:
        try:
            body = read_yaml(files[path])
        except UnreadableYaml:
            continue  # the validator says so
        if isinstance(body, Mapping):
            yield body


def _mappings(body: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    held = body.get(key)
    for name, inner in (held if isinstance(held, Mapping) else {}).items():
        if isinstance(inner, Mapping):
            yield str(name), inner
