"""The options of a data source of Spark: texts, which stand in the plan and so hold no key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from omnipd.arguments import check_choice, refuse_key, said_shortly
from omnipd.client.client import Client
from omnipd.client.current_client import connect
from omnipd.cluster.read_piece import ReadPiece, read_piece
from omnipd.cluster.workers_client import WorkersClient
from omnipd.errors import ArgumentError

# Options are called as the arguments of Python are.
_NEEDED = ("query", "split_on")
_OF_THE_QUERY = ("by", "start", "end", "model", "branch_id", "user_id", "cache", "timeout")
_OF_THE_FRAME = ("names", "decimals", "check")
_OF_THE_CLIENT = ("profile", "limiter", "requests_per_minute")
_OPTIONS = (*_NEEDED, *_OF_THE_QUERY, *_OF_THE_FRAME, *_OF_THE_CLIENT)

_OF_A_KEY = re.compile("key|token|secret|password|credential|authorization|bearer")
_HINT = (
    "Workers find Omni and the key in OMNI_BASE_URL and OMNI_API_KEY of their environment, or in a "
    'profile: option("profile", …).'
)


def read_options(options: Mapping[str, str]) -> ReadPiece:
    """Check options and the query in them, and ask for its columns; return what reads its pieces.

    Raises
    ------
    ArgumentError
        For an option that looks like a key, or is not known, or is missing; and as for
        :func:`omnipd.dask_frame`.
    """
    given = _checked(options)
    theirs, client = _clients({name: given.pop(name) for name in _OF_THE_CLIENT if name in given})
    # By now this process knows its own key, whatever that looks like.
    refuse_key("What was given as an option", dict(options))
    arguments = {
        **dict.fromkeys((*_OF_THE_QUERY, *_OF_THE_FRAME)),
        "by": "month",
        "names": "field",
        **given,
    }
    return read_piece(arguments.pop("query"), client, theirs, **arguments)[0]


def _checked(options: Mapping[str, str]) -> dict[str, Any]:
    """Return the options as what they mean."""
    for name in options:
        if _OF_A_KEY.search(re.sub("[^a-z]", "", name.lower())):
            raise ArgumentError(
                f"The option {said_shortly(name)} is refused: options stand in the plan of Spark, which others see.",
                hint=_HINT,
            )
        refuse_key(f"The option {said_shortly(name)}", options[name])
    for name in options:
        check_choice("option", name.lower(), _OPTIONS)
    given: dict[str, Any] = {name.lower(): value for name, value in options.items()}
    for name in _NEEDED:
        if not given.get(name):
            raise ArgumentError(
                f"The option {name} is missing.",
                hint='spark.read.format("omni").option("query", json).option("split_on", "orders.created_at")',
            )
    if not given["query"].lstrip().startswith("{"):  # other text is the path of a file, here alone
        raise ArgumentError(
            "The option query is not the JSON of a query object.",
            hint="json.dumps(query.to_dict()) is.",
        )
    if "@" in given.get("limiter", ""):
        raise ArgumentError(
            "The option limiter has a user or a password in it, and options stand in the plan of Spark.",
            hint="Set OMNIPD_LIMITER in the environment of the workers.",
        )
    for name, meant in _MEANT.items():
        if name in given:
            given[name] = meant(name, given[name])
    return given


def _clients(given: dict[str, Any]) -> tuple[WorkersClient, Client]:
    """Return how workers make their clients, and one of them."""
    theirs = WorkersClient(partial(connect, **given) if given else None)
    client = theirs.client()
    return replace(theirs, base_url=client.base_url), client


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ArgumentError(f"The option {name} is {said_shortly(text)}, and no number.") from None


def _whole_number_or_none(name: str, text: str) -> int | None:
    if text.lower() == "none":
        return None
    if not text.isdecimal():
        raise ArgumentError(
            f"The option {name} is {said_shortly(text)}, and no whole number.",
            hint='"none" sends without pacing.',
        )
    return int(text)


def _flag(name: str, text: str) -> bool:
    check_choice(name, text.lower(), ("true", "false"))
    return text.lower() == "true"


_MEANT: dict[str, Callable[[str, str], Any]] = {
    "timeout": _number,
    "requests_per_minute": _whole_number_or_none,
    "check": _flag,
}
