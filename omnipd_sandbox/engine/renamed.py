"""The bundled models under other names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from omnipd_sandbox.engine.bundled import bundled_models
from omnipd_sandbox.engine.data.limits import USUAL, Limits
from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.engine import Engine
from omnipd_sandbox.engine.model.model import Model


@lru_cache(maxsize=32)
def engine_with(
    subject: str,
    model_name: str,
    topic_name: str,
    *,
    large: bool = False,
    limits: Limits = USUAL,
) -> Engine:
    """Give an engine that has other names for a model and for its topic of the same name.

    Models and data are only read, so that all who ask for the same share one engine.

    Raises
    ------
    ValueError
        For a name that another model has.
    """
    return Engine(_served(subject, model_name, topic_name, large=large, limits=limits))


def _served(
    subject: str, model_name: str, topic_name: str, *, large: bool, limits: Limits
) -> Iterator[tuple[Model, Warehouse]]:
    for model, database in bundled_models(large=large, limits=limits):
        if model.name == subject:
            yield replace(_with_topic(model, topic_name), name=model_name), database
        elif model.name == model_name:
            msg = f"model_name: there is a model {model_name!r} already"
            raise ValueError(msg)
        else:
            yield model, database


def _with_topic(model: Model, name: str) -> Model:
    """Rename the topic, and the file it is read from: branches read the files again."""
    old, new = f"{model.name}.topic.yaml", f"{name}.topic.yaml"
    topics = [
        replace(topic, name=name) if topic.name == model.name else topic
        for topic in model.topics.values()
    ]
    return replace(
        model,
        topics={topic.name: topic for topic in topics},
        files={new if path == old else path: text for path, text in model.files.items()},
    )
