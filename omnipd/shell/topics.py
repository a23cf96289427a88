"""Topics and fields for whoever writes a query file: of one model, or of all shared ones."""

from __future__ import annotations

import difflib
from typing import Any

import pandas as pd

from omnipd.arguments import IDS_OF_MODELS, NAMES_OF_TOPICS, argument, check_id
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.readers.models import read_models
from omnipd.readers.topics import read_topic_fields, read_topics

_MOST_NAMED = 20


def topics_to_query(model: str | None, client: Client, **asked: Any) -> pd.DataFrame:
    """Return the topics of a model, or of all shared models.

    Parameters
    ----------
    model : str or None
        An id, or the name of a shared one.
    client : Client
        Who asks.
    **asked
        As for :func:`omnipd.read_topics`.
    """
    return read_topics(_models(model, client, asked), **asked, client=client)


def fields_to_query(topic: str, model: str | None, client: Client, **asked: Any) -> pd.DataFrame:
    """Return the fields of a topic; without a model, of the one shared model that has it.

    Parameters
    ----------
    topic : str
        Its name.
    model, client, **asked
        As for :func:`topics_to_query`.

    Raises
    ------
    ArgumentError
        If no shared model has such a topic, with near matches, or several have.
    """
    check_id("topic", topic, NAMES_OF_TOPICS)
    given = _models(model, client, asked)
    if not isinstance(given, str):
        given = _model_with(topic, read_topics(given, **asked, client=client))
    return read_topic_fields(given, topic, **asked, client=client)


def _models(model: str | None, client: Client, asked: dict[str, Any]) -> pd.DataFrame | str:
    if model is not None:
        check_id("model", model, IDS_OF_MODELS)
        return model
    if asked.get("branch_id") is not None:
        raise ArgumentError(
            argument("branch_id", asked["branch_id"]) + " is of one model.",
            hint="Name it: " + argument("model") + ".",
        )
    models = read_models(model_kind="SHARED", refresh=asked["refresh"], client=client)
    return models[models["deleted_at"].isna()]


def _model_with(topic: str, topics: pd.DataFrame) -> str:
    found: list[str] = topics.loc[topics["topic"] == topic, "model_id"].tolist()
    if len(found) == 1:
        return found[0]
    if found:
        raise ArgumentError(
            f"{len(found)} shared models have a topic {topic!r:.60}: {', '.join(found)}.",
            hint="Say of which: " + argument("model") + ".",
        )
    names = sorted(topics["topic"].dropna().unique())
    near = difflib.get_close_matches(topic, names, n=1)
    more = " …" if len(names) > _MOST_NAMED else ""
    listed = f"There are {', '.join(names[:_MOST_NAMED])}{more}." if names else "There are none."
    raise ArgumentError(
        f"No shared model has a topic {topic!r:.60}.",
        hint=f"Did you mean {near[0]!r}?" if near else listed,
    )
