"""From JSON to records and back, strictly."""

from __future__ import annotations

import dataclasses
import json
from collections import abc
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override
from cattrs.gen.typeddicts import make_dict_structure_fn as make_row_structure_fn

from omnipd_sandbox.folder.form import FORM, OneOf, Refers, Said, Worked, key_of
from omnipd_sandbox.folder.references import References, identity_of
from omnipd_sandbox.folder.strict import Unreadable, strict, strict_converter
from omnipd_sandbox.near_matches import near
from omnipd_sandbox.organization.dates import EPOCH, written
from omnipd_sandbox.organization.derived import stable_uuid
from omnipd_sandbox.organization.records import Absent
from omnipd_sandbox.organization.tables import Instant

# The ends of the names of fields that hold a date and time.
_INSTANTS = ("_at", "last_login", "period_start", "period_end")
Hook = Callable[..., Any]


def converter(references: References) -> Converter:
    """Make what turns JSON into records and back."""
    made = strict_converter()
    # Records of tables say in their types what they refer to.
    made.register_structure_hook_func(
        lambda hint: hasattr(hint, "__metadata__"),
        lambda value, hint: (
            as_instant(value)
            if hint == Instant
            else references.identity(hint.__metadata__[0], value)
        ),
    )
    made.register_structure_hook_factory(
        is_typeddict, lambda kind: _filling(make_row_structure_fn(kind, made))
    )
    for kind, said in FORM.items():
        into: dict[str, Any] = {}
        out: dict[str, Any] = {}
        hints = get_type_hints(kind)
        for each in dataclasses.fields(kind):
            about = said.get(each.name)
            key = key_of(kind, each.name)
            reads, writes = _hooks(each.name, about, hints[each.name], references)
            into[each.name] = override(rename=key, struct_hook=reads)
            out[each.name] = override(
                rename=key, unstruct_hook=writes, omit=True if isinstance(about, Worked) else None
            )
        made.register_structure_hook(
            kind,
            _filling(make_dict_structure_fn(kind, made, _cattrs_forbid_extra_keys=True, **into)),
        )
        made.register_unstructure_hook(
            kind, make_dict_unstructure_fn(kind, made, _cattrs_omit_if_default=True, **out)
        )
    return made


def _filling(read: Callable[[dict[str, Any], Any], Any]) -> Callable[[Any, Any], Any]:
    def read_filled(value: Any, kind: Any) -> Any:
        if not isinstance(value, Mapping):
            raise Unreadable(f"an object is needed here, not {value!r}")
        return read({**_empty(kind, value), **value}, kind)

    return read_filled


@cache
def _left_out(kind: type) -> tuple[tuple[str, Any], ...]:
    """List the keys that may be left out though the record needs them, with their types."""
    hints = get_type_hints(kind)
    if not is_typeddict(kind):
        needed = [
            each.name for each in dataclasses.fields(kind) if each.default is dataclasses.MISSING
        ]
        hints = {key_of(kind, name): hints[name] for name in needed}
    return tuple(hints.items())


def _empty(kind: type, value: Mapping[str, Any]) -> dict[str, Any]:
    """Give what stands for keys that are left out: nothing, and what follows from the rest."""
    filled: dict[str, Any] = {}
    for key, hint in _left_out(kind):
        if key in value:
            continue
        if type(None) in get_args(hint):
            filled[key] = None
        elif hint is bool:
            filled[key] = False
        elif get_origin(hint) in {tuple, list}:
            filled[key] = []
        elif get_origin(hint) in {dict, abc.Mapping}:
            filled[key] = {}
        elif key in {"created_at", "createdAt"}:
            filled[key] = written(EPOCH)
        elif key in {"updated_at", "updatedAt"}:
            filled[key] = value.get(key.replace("updated", "created"), written(EPOCH))
        elif key in {"id", "destination_id"}:
            filled[key] = stable_uuid(kind.__name__, json.dumps(value, sort_keys=True))
    return filled


def _hooks(
    name: str, about: Said | None, hint: Any, references: References
) -> tuple[Hook | None, Hook | None]:
    optional = type(None) in get_args(hint)
    match about:
        case Refers():
            return _referring(about, references, optional=optional)
        case OneOf(words=words):
            return (
                lambda value, _: None if value is None and optional else _one_of(value, words)
            ), None
        case Worked():
            return (lambda value, _: value), None
    if name.endswith(_INSTANTS) and str in (hint, *get_args(hint)):
        return (lambda value, _: as_instant(value, optional=optional)), None
    return None, None


def _referring(about: Refers, references: References, *, optional: bool) -> tuple[Hook, Hook]:
    def read(value: Any, _: Any = None) -> Any:
        if value is None and optional:
            return None
        record = references.find(about.kind, value)
        if about.whole:
            return record
        return about.gives(record) if about.gives else identity_of(about.kind, record)

    def read_many(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise Unreadable(f"a list is needed here, not {value!r}")
        return tuple(read(each) for each in value)

    def write(value: Any) -> Any:
        if value is None:
            return None
        if about.gives:
            return references.name_by(about.kind, value, about.gives)
        identity = identity_of(about.kind, value) if about.whole else value
        return references.name(about.kind, identity)

    if about.many:
        return read_many, lambda values: [write(each) for each in values]
    return read, write


def _one_of(value: Any, words: tuple[str, ...]) -> str:
    if value not in words:
        raise Unreadable(f"{value!r} is none of {', '.join(words)}{near(str(value), words)}")
    return str(value)


def as_instant(value: Any, *, optional: bool = False) -> Any:
    """Take a date and time with a zone, as the wire has them."""
    if isinstance(value, Absent) or (value is None and optional):
        return value
    try:
        zone = datetime.fromisoformat(strict(value, str)).tzinfo
    except ValueError:
        zone = None
    if zone is None:
        raise Unreadable(f"{value!r} is not a date and time such as 2025-01-31T09:00:00.000Z")
    return value
