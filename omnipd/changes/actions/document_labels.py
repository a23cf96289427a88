"""Labels on documents."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.documents_now import present_of
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.now import Now
from omnipd.changes.values import NAMES, names_in
from omnipd.client.api_paths import segment
from omnipd.display import listed
from omnipd.frames.labels import split_names
from omnipd.readers.labels import read_labels


def labels_added(change: Change) -> list[str]:
    """Return the labels that a change puts on."""
    return [label for label in names_in(change.new) if label not in names_in(change.old)]


def _calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    named = {"add": labels_added(change), "remove": labels_added(change.swapped)}
    path = f"/api/v1/documents/{segment(change.key.item)}/labels"
    return [ApiCall("PATCH", path, {name: labels for name, labels in named.items() if labels})]


def _present(now: Now, changes: Sequence[Change]) -> Present:
    return present_of(
        now,
        changes,
        lambda row: None if row["labels"] is None else tuple(split_names(row["labels"])),
    )


def _given_as_one(label: str, defined: Collection[str]) -> str | None:
    """Return what to do about several labels that were given as one, with a space before it."""
    names = split_names(label)
    if len(names) < 2 or not set(names) <= set(defined):
        return None
    return f" {listed([repr(name) for name in names])} are labels: give each by itself."


def undefined_labels(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    """Say of changes that put on labels that are not defined which these are."""
    defined = read_labels(refresh=True, client=now.client)["label"].tolist()
    unknown = {
        change.key: [label for label in labels_added(change) if label not in defined]
        for change in changes
    }
    return {
        key: f"There is no label {labels[0]!r}."
        + (_given_as_one(labels[0], defined) or did_you_mean(labels[0], defined))
        for key, labels in unknown.items()
        if labels
    }


LABELS = Action("document", "labels", NAMES, _calls, _present, preflight=undefined_labels)
