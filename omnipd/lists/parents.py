"""Whom a list is read for: the keys of the parents that a caller named, each once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from omnipd.arguments import said
from omnipd.errors import ArgumentError
from omnipd.lists.instances import refuse_other_instances
from omnipd.unicode_text import whole_text

#: What a caller may name parents by: one id, several, or a frame that has the column; where a key
#: has several parts, tuples of them.
Parents = (
    str | tuple[str, ...] | Iterable[str] | Iterable[tuple[str, ...]] | pd.Series | pd.DataFrame
)

#: A parent: the parts of its key.
Key = tuple[str, ...]


def parent_keys(parents: Parents, parts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the keys of the parents that a caller named, each once, in order.

    Parameters
    ----------
    parts : tuple of str
        What a key consists of: the columns of a frame that hold it.

    Notes
    -----
    Nulls in a column are left out: among content, folders have no identifier. In a list that somebody
    wrote, a null is a mistake.
    """
    refuse_other_instances([parents])
    named = [name for names in names_of(parts) for name in names]
    if isinstance(parents, pd.Series) and any(name in parents.index for name in named):
        name = next(name for name in named if name in parents.index)
        raise ArgumentError(
            f"A row of a frame is not {_named(parts)}.", hint=f"Pass row[{name!r}]."
        )
    if isinstance(parents, pd.DataFrame):
        columns = [column_of(parents, names) for names in names_of(parts)]
        given: Iterable[Any] = zip(*columns, strict=True)
    elif isinstance(parents, str) or (_is_key(parents) and len(parts) > 1):
        given = [parents]
    elif isinstance(parents, Mapping | bytes) or not isinstance(parents, Iterable):
        raise _refusal(parents, parts)
    else:
        given = parents
    keys: dict[tuple[str, ...], None] = {}
    for one in given:
        key = one if isinstance(one, tuple) else (one,)
        if any(is_missing(part) for part in key):
            if hasattr(parents, "dtype") or isinstance(parents, pd.DataFrame):
                continue
            raise ArgumentError(
                f"{said(one):.60} stands among the parents, and is not {_named(parts)}.",
                hint="Leave it out; nulls are skipped only in a Series or a frame.",
            )
        # A lone surrogate has no UTF-8, and so no place in an address.
        if len(key) != len(parts) or not _is_key(key) or whole_text(list(key)) != list(key):
            raise _refusal(one, parts)
        keys[tuple(map(str, key))] = None
    return list(keys)


def names_of(parts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return, for each part of a key, the columns of a frame that may hold it.

    In records as Omni sends them a thing's own key is ``id`` or ``identifier`` alone.
    """
    if len(parts) > 1:
        return [(part,) for part in parts]
    return [(part, part.rpartition("_")[2]) for part in parts]


def _is_key(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(part, str) and part for part in value)


def is_missing(value: Any) -> bool:
    """Whether a value is a null of any kind."""
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _refusal(value: Any, parts: tuple[str, ...]) -> ArgumentError:
    what = "an id" if len(parts) == 1 else "a tuple of texts"
    hint = f"Pass {what}, a list of such, or a frame that has {' and '.join(parts)}."
    held = value if isinstance(value, tuple) else (value,)
    if any(pd.api.types.is_number(part) for part in held):
        hint += " Ids that were read from a file as numbers: read them as text, with dtype=str."
    shown = type(value).__name__ if isinstance(value, pd.Series | Mapping) else f"{said(value):.60}"
    return ArgumentError(f"{shown} is not {_named(parts)}.", hint=hint)


def _named(parts: tuple[str, ...]) -> str:
    return " and ".join(f"a {part}" for part in parts)


def column_of(frame: pd.DataFrame, candidates: tuple[str, ...]) -> Any:
    """Return the first of the columns that is there; it must be there once."""
    for name in candidates:
        if name in frame.columns:
            held = frame.loc[:, name]
            if isinstance(held, pd.DataFrame):
                raise ArgumentError(f"The frame has {held.shape[1]} columns that are named {name}.")
            return held
    raise ArgumentError(f"The frame has none of the columns {', '.join(candidates)}.")
