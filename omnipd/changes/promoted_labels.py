"""Labels of documents of another Omni, put on those that were made of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from omnipd.changes.change import Change, Key
from omnipd.changes.documents_now import Row, listed_documents
from omnipd.changes.now import Now
from omnipd.changes.planned import planned
from omnipd.changes.promoted_document import Promoted
from omnipd.client.client import Client
from omnipd.display import listed
from omnipd.frames.labels import split_names
from omnipd.readers.labels import read_labels


def carry_labels(promoted: Sequence[Promoted], target: Client) -> None:
    """Put on the labels that are lacking; none is taken off. What cannot be put on is said of its document."""
    labeled = {one.identifier: one for one in promoted if one.labels}
    if not labeled:
        return
    defined = set(read_labels(refresh=True, client=target)["label"])
    now = Now(target)
    there = {
        row["document_identifier"]: row
        for row in listed_documents(now)
        if row["document_identifier"] in labeled
    }
    for one in labeled.values():
        if unknown := [label for label in one.labels if label not in defined]:
            one.say(f"The target defines no label {listed(unknown, 3)}.")
    changes = [
        _change(there[identifier], [label for label in one.labels if label in defined])
        for identifier, one in labeled.items()
        if identifier in there
    ]
    plan = planned(changes, now)
    if plan.empty:
        return
    for row in plan.apply(client=target).to_dict("records"):
        if row["state"] not in {"ok", "already"}:
            why = "" if pd.isna(row["detail"]) else f": {row['detail']}"
            labeled[row["item"]].say(f"Its labels could not be put on ({row['state']}){why}")


def _change(row: Row, wanted: list[str]) -> Change:
    old = tuple(split_names(row["labels"]))
    key = Key("document", row["document_identifier"], None, "labels")
    return Change(key, old, tuple(dict.fromkeys([*old, *wanted])), row["name"])
