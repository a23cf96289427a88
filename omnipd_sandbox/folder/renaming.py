"""Other names for a model of a folder, and for a topic of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from omnipd_sandbox.engine.model.file_names import COMPOSITE_TOPIC, TOPIC, what_it_holds
from omnipd_sandbox.engine.model.yaml_text import UnreadableYaml, parse_yaml
from omnipd_sandbox.moods.behavior import RENAMED

# Where the file of an organization names a topic, what may be changed of one, and has queries.
_TOPICS = ("prompts.*.topic", "conversations.*.messages.*.topic", "routines.*.topicName")
_TARGETS = ("suggestions.*.proposedChanges.edits.*.target",)
_QUERIES = (
    "documents.*.queries.*.query",
    "documents.*.drafts.*.queries.*.query",
    "prompts.*.query",
)
_TOPIC_OF_A_QUERY = "join_paths_from_topic_name"
# The keys under which the files of a model list topics, by what they hold.
_NAMING = {TOPIC: "extends", COMPOSITE_TOPIC: "topics"}


def model_to_rename(names: Sequence[str], knob: str) -> str:
    """Give the model that a knob renames: the bundled one of that name, or the only one.

    Raises
    ------
    ValueError
        Where it is not clear which one is meant.
    """
    if RENAMED in names:
        return RENAMED
    if len(names) == 1:
        return names[0]
    msg = f"{knob}: the folder has {len(names)} models and none is {RENAMED!r}: name them there"
    raise ValueError(msg)


def topic_to_rename(model: str, files: Mapping[str, Mapping[str, str]]) -> str:
    """Give the topic of a model that the knob renames: that of the same name, or the only one.

    Raises
    ------
    ValueError
        Where it is not clear which one is meant.
    """
    topics = [stem for path in files[model] if (stem := topic_in(path)) is not None]
    found = model if model in topics else topics[0] if len(topics) == 1 else None
    if found is None:
        msg = f"topic_name: the model {model!r} has {len(topics)} topics and none of its own name"
        raise ValueError(msg)
    for other, its_files in files.items():
        if other != model and found in map(topic_in, its_files):
            msg = f"topic_name: the model {other!r} has a topic {found!r}, too: rename it in the folder"
            raise ValueError(msg)
    return found


def topic_in(path: str) -> str | None:
    """Give the name of the topic that a file of a model holds."""
    held = what_it_holds(path)
    return held[1] if held is not None and held[0] == TOPIC else None


def with_topic_file(files: Mapping[str, str], old: str, new: str) -> dict[str, str]:
    """Give a model's files with a topic of another name.

    Raises
    ------
    ValueError
        When the name is taken, or another file says the old one.
    """
    if new == old:
        return dict(files)
    if new in map(topic_in, files):
        msg = f"topic_name: there is a topic {new!r} already"
        raise ValueError(msg)
    for path, text in files.items():
        if topic_in(path) != old and old in _topics_named(path, text):
            msg = f"topic_name: {path} names the topic {old!r}: rename it in the folder"
            raise ValueError(msg)
    return {
        str(PurePosixPath(path).with_name(f"{new}.topic")) if topic_in(path) == old else path: text
        for path, text in files.items()
    }


def _topics_named(path: str, text: str) -> set[str]:
    """List the topics that a file of a model names: those it extends, puts together or queries."""
    try:
        body = parse_yaml(text)
    except UnreadableYaml:
        return set()  # the validator says so
    found = {str(each) for each in _values(body, "topic") if isinstance(each, str)}
    held = what_it_holds(path)
    key = _NAMING.get(held[0]) if held else None
    named = body.get(key) if key and isinstance(body, dict) else None
    return found | set(map(str, named if isinstance(named, list | dict) else [named]))


def _values(body: Any, wanted: str) -> Iterator[Any]:
    for key, value in body.items() if isinstance(body, dict) else ():
        if key == wanted:
            yield value
        yield from _values(value, wanted)
    for each in body if isinstance(body, list) else ():
        yield from _values(each, wanted)


def with_topic(file: Any, old: str, new: str) -> Any:
    """Give an organization's file, parsed, with a topic of another name wherever it is named."""
    names = {old: new}
    targets = {f"topics.{old}": f"topics.{new}"}
    for place in _TOPICS:
        file = _changed(file, place.split("."), lambda said: _one_or_other(said, names))
    for place in _TARGETS:
        file = _changed(file, place.split("."), lambda said: _one_or_other(said, targets))
    for place in _QUERIES:
        file = _changed(file, place.split("."), lambda query: _query_on(query, names))
    return file


def _query_on(query: Any, names: Mapping[str, str]) -> Any:
    renamed = _changed(query, [_TOPIC_OF_A_QUERY], lambda said: _one_or_other(said, names))
    return _changed(renamed, ["staticQueryReferences", "*"], lambda each: _query_on(each, names))


def _one_or_other(said: Any, names: Mapping[str, str]) -> Any:
    return names.get(said, said) if isinstance(said, str) else said


def _changed(value: Any, place: Sequence[str], change: Callable[[Any], Any]) -> Any:
    """Give a value with another one at each place of this form; ``*`` is whatever is there."""
    if not place:
        return change(value)
    key, *rest = place
    if key == "*" and isinstance(value, list):
        return [_changed(each, rest, change) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _changed(each, rest, change) if key in ("*", name) else each
        for name, each in value.items()
    }
