"""What the lists below a model have in common."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from omnipd.arguments import IDS_OF_MODELS, NAMES_OF_TOPICS, argument, function
from omnipd.errors import ArgumentError
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.params import Param
from omnipd.lists.parents import Parents
from omnipd.message import in_python
from omnipd.readers.model_list import model_id

# Omni spells the branch in two ways, by endpoint (docs/wire.md).
BRANCH = {"branch_id": Param("branch_id", "id")}
CAMEL_BRANCH = {"branch_id": Param("branchId", "id")}


#: How a caller names topics: by a model and a topic, by pairs of such, or by a frame that has both.
Topics = str | tuple[str, str] | Iterable[tuple[str, str]] | pd.DataFrame


def topics_of(model: Topics, topic: str | None) -> Parents:
    """Return the topics that a caller named by a model and a topic, or all in the first argument."""
    if topic is None:
        if isinstance(model, str):
            raise ArgumentError(
                argument("topic") + f" is missing: which topic of the model {model!r:.60}.",
                hint=(
                    function("read_topics")
                    + " lists those of a model"
                    + in_python("; pass its frame for all of them")
                    + "."
                ),
            )
        return model
    if not isinstance(model, str):
        raise ArgumentError(
            argument("topic", topic) + " goes with one model.",
            hint=(
                "Pass several topics as pairs of model and topic, without "
                + argument("topic")
                + "."
            ),
        )
    return [(model, topic)]


def below_model(endpoint: Endpoint, *, none_said: str | None = None, long: bool = False) -> FanOut:
    """Declare a list below each of some models."""
    return FanOut(
        endpoint,
        ("model_id",),
        none_said=none_said,
        long=long,
        ids={"model_id": IDS_OF_MODELS},
        lookup={"model_id": model_id},
    )


def below_topic(endpoint: Endpoint) -> FanOut:
    """Declare a list below each of some topics, which are named by model and name."""
    return FanOut(
        endpoint,
        ("model_id", "topic"),
        ids={"model_id": IDS_OF_MODELS, "topic": NAMES_OF_TOPICS},
        lookup={"model_id": model_id},
    )
