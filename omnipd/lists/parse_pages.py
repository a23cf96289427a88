"""The pages of one list parsed: those that look like the ones before without dictionaries."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from types import GenericAlias
from typing import Any

import msgspec

from omnipd.client import strict_json
from omnipd.frames.columns import Columns
from omnipd.frames.objects import ABSENT, Objects
from omnipd.frames.shapes import (
    converted_keys,
    declared_keys,
    has_shape,
    shape_of,
    struct,
    undeclared_keys,
)

#: How many pages may look otherwise than those before, since each is parsed twice.
_OTHERWISE = 8
#: How many values are known again: an organization has few combinations of labels.
_KNOWN = 512

Parsed = tuple[Any, str | None]


class PageParser:
    """Parses pages: one that looks new into dictionaries, the next ones with records of its shape.

    Parameters
    ----------
    columns : mapping of str to Column
        The declared columns.
    rows : tuple of str
        The keys under which the records may stand.
    """

    def __init__(self, columns: Columns, rows: tuple[str, ...]) -> None:
        self._declared = declared_keys(columns)
        self._converted = converted_keys(columns)
        self._undeclared: dict[tuple[str, ...], set[str]] = {}
        self._rows = rows
        # A value that comes again is one object, which TableBuilder converts once.
        self._known = functools.lru_cache(_KNOWN)(msgspec.json.Decoder().decode)
        self._new: Any = None
        self._decode: Callable[[bytes], dict[str, Any]] | None = None
        self._left = _OTHERWISE if has_shape(columns) else 0

    def parse(self, body: bytes) -> Parsed:
        """Return what :func:`omnipd.client.strict_json.parse` does, perhaps with records of a shape."""
        if self._new is not None:  # not before there is another page
            self._decode, self._new = self._decoder_of_pages_like(self._new), None
        if self._decode is not None:
            try:
                return self._decode(body), None
            except (ValueError, RecursionError):
                # It takes no lone surrogate either: what it refuses is for the other parser to judge.
                self._decode = None
        parsed = strict_json.parse(body)
        if self._left:
            self._left -= 1
            self._new = parsed[0]
        return parsed

    def _decoder_of_pages_like(self, content: Any) -> Callable[[bytes], dict[str, Any]] | None:
        """Return what decodes pages that look like this one or those before; None for a strange one."""
        held = content if isinstance(content, dict) else {}
        rows = next((key for key in self._rows if key in held), "")
        records = held.get(rows)
        if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
            return None
        for place, keys in undeclared_keys(Objects(records), self._declared).items():
            self._undeclared.setdefault(place, set()).update(keys)
        try:
            shape = shape_of(self._declared, self._undeclared, raw=self._converted)
            kinds = dict.fromkeys(held, (Any, ABSENT))
            page = struct(kinds | {rows: (GenericAlias(list, (shape,)), ABSENT)})
        except ValueError:
            return None
        fields = dict(zip(shape.__struct_encode_fields__, shape.__struct_fields__, strict=True))
        raw = [fields[key] for key in self._converted]
        return functools.partial(_decode, msgspec.json.Decoder(page), rows, raw, self._known)


def _decode(
    decoder: msgspec.json.Decoder[msgspec.Struct],
    rows: str,
    raw: Sequence[str],
    known: Callable[[bytes], Any],
    body: bytes,
) -> dict[str, Any]:
    """Decode a page; in the raw fields of its records, what is equal text becomes one object."""
    page = decoder.decode(body)
    values = zip(page.__struct_encode_fields__, msgspec.structs.astuple(page), strict=True)
    content = {key: value for key, value in values if value is not ABSENT}
    for field in raw:
        for record in content.get(rows, ()):
            if (text := getattr(record, field)) is not None:
                setattr(record, field, known(bytes(text)))
    return content
