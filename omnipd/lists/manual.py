"""The manual of a reader: its docstring, completed with what all readers share.

By hand a reader says what is its own: what a row is, its own parameters, notes, examples. What is
the same everywhere is written here once, and put into each docstring in full, so that ``help()``
and the reference show the whole. Columns come from the endpoint, which reads them.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import pyarrow as pa

from omnipd.frames.columns import TEXT
from omnipd.frames.undeclared import EXTRA
from omnipd.lists import paging
from omnipd.lists.each_instance import Join, of_each_instance
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.instances import join_frames

_Function = TypeVar("_Function", bound=Callable[..., Any])
_List = Endpoint | FanOut

#: What each reader reads, by the reader's name.
_LISTS: dict[str, tuple[_List, ...]] = {}

_WIDTH = 100
_ORDER = ("Parameters", "Returns", "Raises", "See Also", "Notes", "Examples")

#: Parameters that name parents: what their ids are called, the column of a frame that has them, and
#: the reader of such a frame.
_PARENT_PARAMETERS = {
    "documents": ("Identifiers", "document_identifier", "read_documents"),
    "folders": ("Folder ids", "folder_id", "read_folders"),
    "models": ("Ids of models, names of shared ones", "model_id", "read_models"),
    "connections": ("Connection ids", "connection_id", "read_connections"),
    "schedules": ("Schedule ids", "schedule_id", "read_schedules"),
    "conversations": ("Conversation ids", "conversation_id", "read_ai_conversations"),
    "jobs": ("Job ids", "job_id", "read_ai_messages"),
    "prompt_sets": ("Ids of sets", "prompt_set_id", "read_ai_prompt_sets"),
    "runs": ("Run ids", "run_id", "read_ai_eval_runs"),
}

#: Other parameters that mean the same in every reader that has them: type and meaning.
_SHARED = {
    "model": (
        "str, iterable of (str, str), or DataFrame",
        "The id of a model or the name of a shared one, with `topic`. Several topics without it: pairs of "
        "model and topic, or "
        "a frame with ``model_id`` and ``topic``, such as that of :func:`omnipd.read_topics`.",
    ),
    "topic": ("str, optional", "The name of the topic in `model`."),
    "branch_id": ("str, optional", "Read this branch of the model."),
    "direction": (
        '{"asc", "desc"}',
        "Ascending or descending. Always sent, since Omni's own default may differ.",
    ),
    "limit": ("int, optional", "Total number of rows, from the start of the list. Default: all."),
    "strict": (
        "bool",
        "Raise when the list does not add up. False drops duplicates, warns, and marks the frame: "
        '``df.attrs["omni"]["complete"]`` is False.',
    ),
    "checkpoint": (
        "path-like, optional",
        "A folder that keeps every answer as it comes until the whole is read, and is then deleted. "
        "After a call that was broken off, in whatever way, the same call goes on from there, also days "
        "later: it warns of how old the answers are that it takes from it.",
    ),
    "max_calls": (
        "int, optional",
        "Refuse, before the first call, what needs more requests than this. What is in the cache or the "
        "checkpoint needs none.",
    ),
    "refresh": ("bool", "Ask again even where the cache has an answer."),
    "client": (
        "Client or Fleet, optional",
        "Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment. With a "
        ":class:`omnipd.Fleet` all its Omnis are asked, and the first column is ``instance``.",
    ),
}

_ERRORS = (
    "``collect`` goes on after a {} that is missing, forbidden or refused; the frame is marked "
    'incomplete and ``df.attrs["omni"]["failures"]`` says why.'
)
_ERRORS_OF_SCOPE = (
    'With ``scope="all"``: ``collect`` goes on after a person whose items are refused; the frame '
    'is marked incomplete and ``df.attrs["omni"]["failures"]`` says why.'
)

_COLUMNS = """\
    These columns for any number of rows, with Arrow dtypes (``string`` is ``string[pyarrow]``). A
    null is what is not known or was not asked for.
"""

#: What a parent is by the column that holds its key: in prose, and as the column is explained.
_PARENTS = {
    "connection_id": ("connection", "Connection that was asked about"),
    "conversation_id": ("conversation", "Conversation that was asked for"),
    "document_identifier": ("document", "Document that was asked about"),
    "folder_id": ("folder", "Folder that was asked about"),
    "group_id": ("group", "Group that was asked about; in place of user_id"),
    "job_id": ("job", "Job that was asked about"),
    "model_id": ("model", "Model that was asked about"),
    "prompt_set_id": ("set", "Set of prompts that was asked for"),
    "run_id": ("run", "Run that was asked about"),
    "schedule_id": ("schedule", "Schedule that was asked about"),
    "topic": ("topic", "Topic that was asked about"),
    "type": ("type", "csv or spreadsheet: the list that was asked for"),
    "user_id": ("user", "Person who was asked about: a membership id"),
}

_EXTRA = "JSON of every key that omnipd does not know; null in the usual case that there is none"


def manual(
    *lists: _List, joined: Join = join_frames, place: str = "checkpoint"
) -> Callable[[_Function], _Function]:
    """Complete the docstring of a reader, and let it take a fleet.

    Parameters
    ----------
    *lists : Endpoint or FanOut
        What the reader reads. With several, the frame is of the one or the other.
    joined, place
        As :func:`omnipd.lists.each_instance.of_each_instance` takes them.

    Returns
    -------
    callable
        A decorator that gives a function of the same signature, with the docstring completed: each shared
        parameter at its place in the signature, the columns below what Returns says already, and
        the usual errors behind the reader's own. What is written by hand is never replaced.
    """

    def complete(function: _Function) -> _Function:
        _LISTS[function.__name__] = lists
        if function.__doc__ is not None:  # as it is with python -OO
            function.__doc__ = _completed(function, lists)
        return of_each_instance(joined, place)(function)

    return complete


def list_of(reader: str) -> _List:
    """Return what a reader reads, by the reader's name."""
    return _LISTS[reader][0]


def lists_of(reader: str) -> tuple[_List, ...]:
    """Return all that a reader reads; nothing for one that puts what others read together."""
    return _LISTS.get(reader, ())


def _completed(function: Callable[..., Any], lists: Sequence[_List]) -> str:
    summary, sections = _sections(inspect.cleandoc(function.__doc__ or ""))
    sections["Parameters"] = "\n".join(_parameters(function, sections, lists))
    if lists:
        own = sections.get("Returns")
        returned = [own, ""] if own else ["pandas.DataFrame"]
        sections["Returns"] = "\n".join([*returned, _COLUMNS, *_columns(lists)])
    sections["Raises"] = "\n".join(_raises(sections, lists))
    shown = [
        f"{title}\n{'-' * len(title)}\n{sections[title]}" for title in _ORDER if title in sections
    ]
    return "\n\n".join([summary, *shown]) + "\n"


def meanings_of(function: Callable[..., Any]) -> dict[str, tuple[str, list[str]]]:
    """Return what the docstring of a function says of each parameter: as one line, and its choices."""
    _, sections = _sections(inspect.cleandoc(function.__doc__ or ""))
    found: dict[str, tuple[str, list[str]]] = {}
    for names, entry in _entries(sections.get("Parameters", "")):
        head, _, body = entry.partition("\n")
        choices = re.findall(r'"([^"]+)"', head.partition("{")[2].partition("}")[0])
        found |= dict.fromkeys(names, (" ".join(body.split()), choices))
    return found


def _sections(docstring: str) -> tuple[str, dict[str, str]]:
    """Return what stands before the first section of a docstring, and the sections by title."""
    summary, *rest = re.split(r"^(\w[\w ]*)\n-{3,}\n", docstring, flags=re.MULTILINE)
    bodies = map(str.rstrip, rest[1::2])
    return summary.rstrip(), dict(zip(rest[::2], bodies, strict=True))


def _entries(body: str) -> Iterator[tuple[list[str], str]]:
    """Yield the entries of a section, each with the names that it explains."""
    for entry in re.split(r"\n(?=\S)", body) if body else ():
        head = entry.partition("\n")[0].partition(" : ")[0]
        yield head.split(", "), entry


def _parameters(
    function: Callable[..., Any], sections: dict[str, str], lists: Sequence[_List]
) -> Iterator[str]:
    """Yield the parameters in the order of the signature; several may be explained together."""
    code = function.__code__
    own = {
        name: entry for names, entry in _entries(sections.get("Parameters", "")) for name in names
    }
    defaults = function.__kwdefaults__ or {}
    explained = None
    for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
        if name not in own:
            yield from _shared(name, defaults.get(name), lists)
        elif own[name] != explained:
            explained = own[name]
            yield explained


def _shared(name: str, default: Any, lists: Sequence[_List]) -> Iterator[str]:
    """Yield the lines that explain a parameter which readers share."""
    if name in _PARENT_PARAMETERS:
        ids, column, reader = _PARENT_PARAMETERS[name]
        kind = "str, iterable of str, or DataFrame"
        meaning = f"{ids}, or a frame with ``{column}``, such as that of :func:`omnipd.{reader}`."
    elif name == "errors":
        kind = '{"raise", "collect"}'
        parents = _parents(lists)
        meaning = _ERRORS.format(" or ".join(parents)) if parents else _ERRORS_OF_SCOPE
    elif name in _SHARED:
        kind, meaning = _SHARED[name]
    else:
        return
    shown = f'"{default}"' if isinstance(default, str) else default
    yield f"{name} : {kind}" if default is None else f"{name} : {kind}, default {shown}"
    yield _wrapped(meaning, indent="    ")


def _columns(lists: Sequence[_List]) -> Iterator[str]:
    """Yield the columns of the frame, the parent's key first; with two lists those of both."""
    columns: dict[str, tuple[pa.DataType, str]] = {}
    for one in lists:
        for name in one.parent if isinstance(one, FanOut) else ():
            columns[name] = TEXT, _PARENTS[name][1]
    for endpoint in _endpoints(lists):
        for name, column in (endpoint.columns or {}).items():
            columns[name] = column.type, column.doc
    columns[EXTRA] = TEXT, _EXTRA
    for name, (kind, meaning) in columns.items():
        yield _wrapped(f"- ``{name}`` ({kind}): {meaning}.", indent="    ", hanging="      ")


def _raises(sections: dict[str, str], lists: Sequence[_List]) -> Iterator[str]:
    """Yield the reader's own errors, then those of the usual ones that it does not explain."""
    explained = set()
    for names, entry in _entries(sections.get("Raises", "")):
        explained.update(names)
        yield entry
    endpoints = _endpoints(lists)
    whole = not endpoints or any(one.pages is not paging.single for one in endpoints)
    for names, meaning in (
        (["ArgumentError"], "For an argument that Omni would refuse; nothing was sent."),
        (
            ["IncompleteReadError"] if whole else [],
            "If rows came twice or the server's count does not agree; ``partial`` has what was read.",
        ),
        (
            ["APIError", "NetworkError", "ResponseError"],
            "If a request failed; ``partial`` has what was read before.",
        ),
    ):
        if rest := [name for name in names if name not in explained]:
            yield f"{', '.join(rest)}\n    {meaning}"


def _endpoints(lists: Sequence[_List]) -> list[Endpoint]:
    return [one.endpoint if isinstance(one, FanOut) else one for one in lists]


def _parents(lists: Sequence[_List]) -> list[str]:
    """Return what the parents of fan-outs are: a topic, where it is named with its model."""
    keys = (one.parent for one in lists if isinstance(one, FanOut))
    return [_PARENTS["topic" if "topic" in key else key[0]][0] for key in keys]


def _wrapped(text: str, *, indent: str, hanging: str | None = None) -> str:
    """Return text in lines; most is short, and wrapping takes its time."""
    if len(indent) + len(text) <= _WIDTH:
        return indent + text
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=hanging or indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
