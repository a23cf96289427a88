"""Labels of documents: put on, taken off, or set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from omnipd.arguments import argument
from omnipd.call import one_call
from omnipd.changes.change import Change, Key
from omnipd.changes.documents_now import documents_now
from omnipd.changes.now import Now
from omnipd.changes.plan import Plan
from omnipd.changes.planned import planned
from omnipd.changes.values import NAMES
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError
from omnipd.frames.labels import split_names
from omnipd.lists.parents import Parents, parent_keys

#: Names of labels for all documents, or those of each row of a frame.
Labels = str | Sequence[str] | pd.Series | None


def plan_labels(
    documents: Parents,
    *,
    add: Labels = None,
    remove: Labels = None,
    set: Labels = None,  # noqa: A002 - what pandas would call it
    client: Client | None = None,
) -> Plan:
    """Plan which labels documents are to have.

    Parameters
    ----------
    documents : str, iterable of str, or DataFrame
        Identifiers, or a frame with ``document_identifier``. Folders in it are left out.
    add, remove : str, sequence of str, or Series, optional
        Labels to put on and to take off. A Series holds those of each row of the frame, comma-joined as in
        its column ``labels``: ``add=sheet["add"]``.
    set : str, sequence of str, or Series, optional
        All labels that they are to have; an empty sequence for none. Not together with the others.
    client : Client, optional
        Default: the current one.

    Returns
    -------
    Plan
        One row per document whose labels change. A label that is not defined is a reason to refuse a row.

    Raises
    ------
    ArgumentError
        If nothing is asked for, or one label is both put on and taken off.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=3)
    ...     plan = omnipd.plan_labels(documents, add="finance")
    >>> set(plan["new"].str.contains("finance"))
    {True}
    """
    if set is None and add is None and remove is None:
        raise ArgumentError(
            "Nothing is asked for: give "
            + argument("add")
            + ", "
            + argument("remove")
            + " or "
            + argument("set")
            + "."
        )
    if set is not None and (add is not None or remove is not None):
        raise ArgumentError(
            argument("set")
            + " says all labels: "
            + argument("add")
            + " and "
            + argument("remove")
            + " cannot be given beside it."
        )
    keys = [key for (key,) in parent_keys(documents, ("document_identifier",))]
    given = {"add": add, "remove": remove, "set": set}
    asked = {name: _each(name, one, documents) for name, one in given.items()}
    with one_call():
        now = Now(current_client(client))
        found = documents_now(now, keys)
        return planned((_change(key, found.get(key), asked) for key in keys), now)


def _change(
    identifier: str,
    row: Mapping[str, Any] | None,
    asked: Mapping[str, Callable[[str], tuple[str, ...] | None]],
) -> Change:
    key = Key("document", identifier, None, "labels")
    wanted = asked["set"](identifier)
    added, removed = asked["add"](identifier) or (), asked["remove"](identifier) or ()
    if row is None:
        return Change(key, (), wanted or added, None, "There is no such document.")
    old = tuple(split_names(row["labels"]))
    if both := sorted({*added} & {*removed}):
        why = f"The label {both[0]!r} is both put on and taken off."
        return Change(key, old, old, row["name"], why)
    if wanted is None:
        kept = [label for label in old if label not in removed]
        wanted = tuple(dict.fromkeys([*kept, *added]))
    return Change(key, old, wanted, row["name"])


def _each(name: str, labels: Labels, documents: Parents) -> Callable[[str], tuple[str, ...] | None]:
    """Return what gives the labels of each document: those of its row, or the same for all."""
    if labels is None:
        return lambda _: None
    if not isinstance(labels, pd.Series):
        listed = _names(name, [labels] if isinstance(labels, str) else labels)
        return lambda _: listed
    if not isinstance(documents, pd.DataFrame) or not labels.index.equals(documents.index):
        raise ArgumentError(
            argument(name) + " is a Series, and not one of the rows of the documents.",
            hint="Pass a column of the same frame.",
        )
    identifiers = documents["document_identifier"].astype(object)
    by_key: dict[str, tuple[str, ...]] = {}
    for key, cell in zip(identifiers, labels, strict=True):
        names = _names(name, cell)
        if not NAMES.same(by_key.setdefault(key, names), names):
            raise ArgumentError(
                argument(name)
                + f" has two rows of the document {key!r}, which say different labels.",
                hint="Leave one of them out.",
            )
    return by_key.get


def _names(name: str, given: Any) -> tuple[str, ...]:
    try:
        names = NAMES.of(given)
    except ValueError:
        names = None
    if not isinstance(names, tuple):
        raise ArgumentError(argument(name, given) + " must be names of labels.")
    return names
