"""Labels as they are defined: made, described, renamed, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change
from omnipd.changes.now import Now
from omnipd.changes.values import FLAG, RECORD, TEXT, Value, ValueType
from omnipd.client.api_paths import segment
from omnipd.errors import BadRequestError, ConflictError
from omnipd.readers.labels import read_labels

_NAMES = range(2, 26)
_LONGEST = {"color": 9, "description": 500}
#: A label that has no mark is one that is not marked.
_MARK = replace(FLAG, same=lambda one, other: bool(one) == bool(other))
_ABOUT: Mapping[str, ValueType] = {
    "color": TEXT,
    "description": TEXT,
    "homepage": _MARK,
    "verified": _MARK,
}
Row = Mapping[str, Any]


def _path(name: Value) -> str:
    return f"/api/v1/labels/{segment(str(name))}"


def _labels_now(now: Now) -> dict[str, Row]:
    frame = read_labels(refresh=True, client=now.client)
    rows = frame.astype(object).to_dict("records")
    return {row["label"]: {str(name): cell for name, cell in row.items()} for row in rows}


def _same_label(one: Value, other: Value) -> bool:
    """Whether there is a label, or none, in both cases, and what both say of it is the same."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return one is None and other is None
    return all(_of(one, name) == _of(other, name) for name in one.keys() & other.keys())


def _of(label: Row, name: str) -> Value:
    return _ABOUT[name].of(label[name]) or None if name in _ABOUT else None


_LABEL = replace(RECORD, same=_same_label)


def _call_of_all(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    if not isinstance(change.new, Mapping):
        return [ApiCall("DELETE", _path(change.key.item))]
    about = {name: _of(change.new, name) for name in _ABOUT if name in change.new}
    said = {name: value for name, value in about.items() if value is not None}
    return [ApiCall("POST", "/api/v1/labels", {"name": change.key.item, **said})]


def _send_all(now: Now, changes: Sequence[Change]) -> None:
    (call,) = _call_of_all(changes)
    try:
        now.send(call)
    except ConflictError as error:
        if call.method != "DELETE":
            raise
        # It is as it was when it was planned: what is in the way is on documents.
        raise BadRequestError(error.message, status=409, words=error.words) from None


def _present_all(now: Now, changes: Sequence[Change]) -> Present:
    labels = _labels_now(now)
    return {
        change.key: {name: _ABOUT[name].text(_of(row, name)) for name in _ABOUT}
        for change in changes
        if (row := labels.get(change.key.item)) is not None
    }


def _check_all(change: Change) -> str | None:
    if not isinstance(change.new, Mapping):
        return None
    if unknown := sorted(change.new.keys() - _ABOUT.keys()):
        return f"A label has no {unknown[0]}."
    reasons = [_why_too_long(name, _of(change.new, name)) for name in _ABOUT if name in change.new]
    return _check_name(change.key.item) or next(filter(None, reasons), None)


def _check_name(name: Value) -> str | None:
    if isinstance(name, str) and len(name) in _NAMES:
        return None
    return f"The name of a label has {_NAMES.start} to {_NAMES.stop - 1} letters, unlike {name!r}."


def _why_too_long(column: str, value: Value) -> str | None:
    most = _LONGEST.get(column)
    if most is None or not isinstance(value, str) or len(value) <= most:
        return None
    return f"{column} has {most} letters at most, not {len(value)}."


def _remark_all(change: Change) -> str | None:
    if change.new is None:
        return (
            "Omni refuses it while documents carry it; folders that do, and what is in the trash, "
            "lose it for good."
        )
    of_admins = isinstance(change.new, Mapping) and any(
        _of(change.new, name) for name in ("homepage", "verified") if name in change.new
    )
    return _OF_ADMINS if of_admins else None


_OF_ADMINS = "Only an administrator of the organization may do it."

EXISTS = Action(
    "label",
    "exists",
    _LABEL,
    _call_of_all,
    _present_all,
    repeat="key",
    makes=True,
    check=_check_all,
    remark=_remark_all,
    send=_send_all,
)


def _about(column: str) -> Action:
    values = _ABOUT[column]

    def calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
        (change,) = changes
        new = bool(change.new) if values is _MARK else change.new
        return [ApiCall("PUT", _path(change.key.item), {column: new})]

    def present(now: Now, changes: Sequence[Change]) -> Present:
        labels = _labels_now(now)
        return {
            change.key: values.of(row[column])
            for change in changes
            if (row := labels.get(change.key.item)) is not None
        }

    def check(change: Change) -> str | None:
        return _why_too_long(column, change.new)

    def remark(change: Change) -> str | None:  # noqa: ARG001 - it is said of each
        return _OF_ADMINS if values is _MARK else None

    return Action("label", column, values, calls, present, check=check, remark=remark)


ABOUT = tuple(map(_about, _ABOUT))


def _rename_calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    # Once it was renamed, it is named by the other: a plan that takes it back begins there.
    return [ApiCall("PUT", _path(change.old), {"name": change.new})]


def _present_name(now: Now, changes: Sequence[Change]) -> Present:
    labels = _labels_now(now)
    names: dict[Any, Value] = {}
    for change in changes:
        for name in (change.old, change.new):
            if name in labels:
                names[change.key] = name
                break
    return names


def _check_rename(change: Change) -> str | None:
    return _check_name(change.new)


def _remark_rename(change: Change) -> str | None:  # noqa: ARG001 - it is said of each
    return "All documents and folders that carry it then carry the new name, and filters by the old one find none."


NAME = Action(
    "label",
    "label",
    TEXT,
    _rename_calls,
    _present_name,
    check=_check_rename,
    remark=_remark_rename,
)
