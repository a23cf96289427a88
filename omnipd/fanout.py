"""One call per parent: a list that Omni hands out document by document, model by model.

The rows of all parents make one frame, each with its parent's key in front. A parent that fails
fails the whole, or, when told to go on, is named in the frame's facts and makes it incomplete.
Each parent's answer is cached by itself: a second call goes on where a broken one ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from omnipd.client import Client, current_client, segment
from omnipd.columns import TEXT
from omnipd.endpoint import Endpoint
from omnipd.errors import ArgumentError, ForbiddenError, NotFoundError, OmniError, notice
from omnipd.frames import to_frame
from omnipd.params import check_choice
from omnipd.records import TableBuilder

#: What a caller may name parents by: one id, several, or a frame that has the column.
Parents = str | Iterable[str] | pd.DataFrame

_MOST_NAMED = 20


@dataclass(frozen=True)
class FanOut:
    """A list below each of many parents.

    Attributes
    ----------
    endpoint : Endpoint
        Its path has a ``{name}`` for each column of ``parent``.
    parent : tuple of str
        The columns that hold the parent's key; they come first in the frame.
    found_in : mapping of str to tuple of str
        For each of them, the columns of a frame of parents that hold it, the first that is there.
    missing_is_none : bool
        Whether a 404 means that the parent has none, and is zero rows.
    """

    endpoint: Endpoint
    parent: tuple[str, ...]
    found_in: Mapping[str, tuple[str, ...]]
    missing_is_none: bool = False

    def read(self, parents: Parents, arguments: Mapping[str, Any]) -> pd.DataFrame:
        """Read the list of every parent.

        Parameters
        ----------
        parents : str, iterable of str, or DataFrame
            Where a key has two parts, a frame, or an iterable of pairs.
        arguments : mapping
            As for :meth:`Endpoint.read`, and ``errors``.

        Returns
        -------
        pandas.DataFrame
            The parent's key, then the columns of the endpoint.
        """
        errors: Literal["raise", "collect"] = arguments.get("errors", "raise")
        check_choice("errors", errors, ("raise", "collect"))
        keys = parent_keys(parents, self.parent, self.found_in)
        client = current_client(arguments.get("client"))
        say_cost(client, len(keys), self.endpoint.path)
        tables: list[pa.Table] = []
        failed: dict[str, str] = {}
        for done, key in enumerate(keys, 1):
            try:
                table, _ = self._bound(key).read_table({**arguments, "client": client})
            except (NotFoundError, ForbiddenError) as error:
                if isinstance(error, NotFoundError) and self.missing_is_none:
                    continue
                if errors == "raise":
                    raise self._with_partial(error, tables, key, done, len(keys)) from None
                failed["/".join(key)] = error.message
            except OmniError as error:
                raise self._with_partial(error, tables, key, done, len(keys)) from None
            else:
                tables.append(self._with_key(table, key))
            if client.progress is not None:
                client.progress(self.endpoint.path, done, len(keys))
        return to_frame(self._joined(tables), self._facts(client, len(keys), failed))

    def _bound(self, key: tuple[str, ...]) -> Endpoint:
        path = self.endpoint.path
        for name, part in zip(self.parent, key, strict=True):
            path = path.replace(f"{{{name}}}", segment(part))
        return replace(self.endpoint, path=path)

    def _with_key(self, table: pa.Table, key: tuple[str, ...]) -> pa.Table:
        for place, (name, part) in enumerate(zip(self.parent, key, strict=True)):
            column = pa.array([part] * table.num_rows, TEXT)
            table = table.add_column(place, pa.field(name, TEXT), column)
        return table

    def _joined(self, tables: list[pa.Table]) -> pa.Table:
        """Return one table; a column that is text for one parent is text for all."""
        if self.endpoint.columns is None:
            raise TypeError("a fan-out declares its columns")
        empty = self._with_key(
            TableBuilder(self.endpoint.columns).finish(), ("",) * len(self.parent)
        )
        drifted = {
            field.name
            for table in tables
            for field in table.schema
            if field.type != empty.schema.field(field.name).type
        }
        schema = pa.schema(
            [
                pa.field(field.name, TEXT if field.name in drifted else field.type)
                for field in empty.schema
            ]
        )
        return pa.concat_tables([table.cast(schema) for table in [empty, *tables]])

    def _with_partial(
        self, error: OmniError, tables: list[pa.Table], key: tuple[str, ...], done: int, count: int
    ) -> OmniError:
        error.partial = to_frame(self._joined(tables), {"complete": False})
        error.message += (
            f"\nAt {' / '.join(key)}, {done} of {count}; the rows of those before are in .partial."
        )
        return error

    def _facts(self, client: Client, count: int, failed: dict[str, str]) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "instance": client.base_url,
            "endpoint": self.endpoint.path,
            "parents": count,
            "complete": not failed,
        }
        if failed:
            named = dict(list(failed.items())[:_MOST_NAMED])
            facts |= {"failed": len(failed), "failures": named}
            notice(
                f"{len(failed)} of {count} could not be read and the frame is marked incomplete: "
                f"{', '.join(named)}{' …' if len(failed) > len(named) else ''}. "
                'df.attrs["omni"]["failures"] says why.'
            )
        return facts


def parent_keys(
    parents: Parents, parts: tuple[str, ...], found_in: Mapping[str, tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """Return the keys of the parents that a caller named, each once, in order.

    Parameters
    ----------
    parts : tuple of str
        What a key consists of.
    found_in : mapping of str to tuple of str
        For each part, other columns of a frame that may hold it.
    """
    if isinstance(parents, pd.DataFrame):
        names = [_column(parents, (part, *found_in.get(part, ()))) for part in parts]
        held = parents[names].dropna()
        keys = list(zip(*(held[name].astype(str) for name in names), strict=True))
    elif isinstance(parents, str):
        keys = [(parents,)]
    else:
        present = [one for one in parents if isinstance(one, tuple) or not pd.isna(one)]
        keys = [one if isinstance(one, tuple) else (one,) for one in present]
    for key in keys:
        if len(key) != len(parts) or not all(isinstance(part, str) and part for part in key):
            raise ArgumentError(
                f"{key!r} is not {' and '.join(parts)}.",
                hint="Pass ids, or a frame that has the columns.",
            )
    return list(dict.fromkeys(keys))


def _column(frame: pd.DataFrame, candidates: tuple[str, ...]) -> str:
    for name in candidates:
        if name in frame.columns:
            return name
    raise ArgumentError(f"The frame has none of the columns {', '.join(candidates)}.")


def say_cost(client: Client, calls: int, path: str) -> None:
    """Say beforehand what will take more than a minute at the pace of the key."""
    if client.requests_per_minute is not None and calls > client.requests_per_minute:
        minutes = calls / (client.requests_per_minute * 0.95)
        notice(
            f"{path} is asked {calls:,} times, about {minutes:.0f} minutes; what is cached costs none."
        )
