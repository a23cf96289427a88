"""Other identifiers for documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from omnipd.arguments import argument, said
from omnipd.call import one_call
from omnipd.changes.change import Change, Key
from omnipd.changes.documents_now import documents_now
from omnipd.changes.now import Now
from omnipd.changes.plan import Plan
from omnipd.changes.planned import planned
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError


def plan_identifiers(
    identifiers: Mapping[str, str] | pd.Series[Any], *, client: Client | None = None
) -> Plan:
    """Plan which identifiers documents are to have.

    An identifier is the name of a document in addresses. The old one leads to the new one from then on, and
    what lists documents has only the new one.

    Parameters
    ----------
    identifiers : mapping of str to str, or Series
        The new identifier of each document by the one that it has; of a frame,
        ``sheet.set_index("document_identifier")["new"]``. An identifier is 2 to 48 of the letters a to z,
        digits, ``-`` and ``_``.
    client : Client, optional
        Default: the current one.

    Returns
    -------
    Plan
        One row per document whose identifier changes, of the tier ``confirm``. That one is in use, or that
        there is no such document, is a reason to refuse a row.

    Raises
    ------
    ArgumentError
        If what is given names no identifiers, or one document twice.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     old = omnipd.read_documents(limit=1)["document_identifier"][0]
    ...     report = omnipd.plan_identifiers({old: "board-pack"}).apply(confirm=True)
    >>> report["state"].tolist()
    ['ok']
    """
    wanted = _given(identifiers)
    with one_call():
        now = Now(current_client(client))
        found = documents_now(now, wanted)
        return planned(
            (
                Change(
                    Key("document", old, None, "identifier"),
                    old,
                    new,
                    found[old]["name"] if old in found else None,
                    None if old in found else "There is no such document.",
                )
                for old, new in wanted.items()
            ),
            now,
        )


def _given(identifiers: Any) -> dict[str, str]:
    if not isinstance(identifiers, Mapping | pd.Series) or not len(identifiers):
        raise ArgumentError(
            argument("identifiers")
            + f" must map identifiers of documents to new ones, unlike {said(identifiers):.60}."
        )
    given: dict[str, str] = {}
    for old, new in identifiers.items():
        for one in (old, new):
            if not isinstance(one, str) or not one:
                raise ArgumentError(
                    f"{said(one):.60} in " + argument("identifiers") + " is no identifier."
                )
        if old in given:
            raise ArgumentError(
                argument("identifiers") + f" has two new ones for the document {old!r}."
            )
        given[str(old)] = str(new)
    return given
