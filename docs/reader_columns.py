"""The columns of every reader, from the literals that the readers themselves work with."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

import omnipd
from omnipd.frames.columns import TEXT
from omnipd.frames.records import EXTRA
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut

EXTRA_DOC = "JSON of every key that omnipd does not know; null in the usual case that there is none"

#: Readers that have no columns of their own, and what they have instead.
OPEN = {
    "read_inventory": "Each of its frames has the columns of the reader that it is named after.",
    "read_records": "Those that columns= names, or whatever the records of the list hold.",
}

READERS = sorted(name for name in omnipd.__all__ if name.startswith("read_"))

_PARENTS = {
    "connection_id": "Connection that was asked about",
    "conversation_id": "Conversation that was asked for",
    "document_identifier": "Document that was asked about",
    "folder_id": "Folder that was asked about",
    "group_id": "Group that was asked about; in place of user_id",
    "job_id": "Job that was asked about",
    "model_id": "Model that was asked about",
    "prompt_set_id": "Set of prompts that was asked for",
    "run_id": "Run that was asked about",
    "schedule_id": "Schedule that was asked about",
    "topic": "Topic that was asked about",
    "type": "csv or spreadsheet: the list that was asked for",
    "user_id": "Person who was asked about: a membership id",
}


@dataclass(frozen=True)
class Shown:
    """A column as the reference shows it."""

    name: str
    type: pa.DataType
    meaning: str

    @property
    def dtype(self) -> str:
        """The dtype as pandas prints it, but for the ``[pyarrow]`` that all have."""
        return str(pd.ArrowDtype(self.type)).removesuffix("[pyarrow]")


def columns_of(reader: str) -> list[Shown]:
    """Return the columns of a reader in order, those that are the parent's key first.

    A reader that asks one list or another has the columns of both; a key of only one says so.
    """
    literals = _literals(getattr(omnipd, reader))
    if not literals:
        raise LookupError(f"{reader} works with no endpoint; say in OPEN what its columns are")
    shown = [key for literal in literals for key in _keys(literal)]
    for literal in literals:
        endpoint = literal.endpoint if isinstance(literal, FanOut) else literal
        shown += [Shown(name, one.type, one.doc) for name, one in endpoint.columns.items()]
    shown.append(Shown(EXTRA, TEXT, EXTRA_DOC))
    return list({column.name: column for column in shown}.values())


def _literals(reader: Callable[..., pd.DataFrame]) -> list[Endpoint | FanOut]:
    """Return what a reader's body names of the endpoints that stand above it."""
    function = inspect.unwrap(reader)
    named = (function.__globals__.get(name) for name in function.__code__.co_names)
    return [one for one in named if isinstance(one, Endpoint | FanOut)]


def _keys(literal: Endpoint | FanOut) -> Iterator[Shown]:
    for name in literal.parent if isinstance(literal, FanOut) else ():
        yield Shown(name, TEXT, _PARENTS[name])
