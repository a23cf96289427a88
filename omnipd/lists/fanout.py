"""One call per parent: a list that Omni hands out document by document, model by model.

The rows of all parents make one frame, each with its parent's key in front. A parent that fails
fails the whole, or, when told to go on, is named in the frame's facts and makes it incomplete.
Each parent's answer is cached by itself: a second call goes on where a broken one ended.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from omnipd.arguments import argument, check_choice, check_id, said
from omnipd.cache.lifetime import in_words
from omnipd.call import WouldSend, current_call, noted_interrupt, one_call, rehearsal
from omnipd.client.api_paths import segment
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import (
    ArgumentError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    OmniError,
    each_warning_once,
    warn,
)
from omnipd.frames.columns import TEXT
from omnipd.frames.records import TableBuilder
from omnipd.frames.to_pandas import is_whole, to_frame
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.params import Lookup
from omnipd.lists.read_list import IN_PARTIAL, Reading
from omnipd.message import join
from omnipd.progress import steps
from omnipd.unicode_text import whole_text

#: What a caller may name parents by: one id, several, or a frame that has the column; where a key
#: has several parts, tuples of them.
Parents = (
    str | tuple[str, ...] | Iterable[str] | Iterable[tuple[str, ...]] | pd.Series | pd.DataFrame
)

#: What may be wrong with one parent and not with the next. A key that is unknown, a network that
#: is down or a limit that is reached would fail them all.
OF_ONE_PARENT = (BadRequestError, ConflictError, ForbiddenError, NotFoundError)

_MOST_NAMED = 20


@dataclass(frozen=True)
class FanOut:
    """A list below each of many parents.

    Attributes
    ----------
    endpoint : Endpoint
        Its path, or a value of ``fixed``, has a ``{name}`` for each column of ``parent``.
    parent : tuple of str
        The columns that hold the parent's key; they come first in the frame.
    none_said : str, optional
        A regular expression: the words of a 404 that say of a parent which exists that it has none,
        and is zero rows. Any other 404 is an error.
    none_column : str, optional
        A column of a frame of parents that says whether each has some; what it says of a parent
        counts more than words.
    newer : Endpoint, optional
        What to ask where the server does not have the endpoint any more.
    ids : mapping of str to str
        Which parts of the key are ids, and where such ids are found.
    lookup : mapping of str to callable
        Returns the id for a part of the key that a name may stand for. In a frame are ids.
    """

    endpoint: Endpoint
    parent: tuple[str, ...]
    none_said: str | None = None
    none_column: str | None = None
    newer: Endpoint | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    lookup: Mapping[str, Lookup] = field(default_factory=dict)

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
        with one_call(), each_warning_once():
            return self._read(parents, arguments)

    def _read(self, parents: Parents, arguments: Mapping[str, Any]) -> pd.DataFrame:
        errors: Literal["raise", "collect"] = arguments.get("errors", "raise")
        check_choice("errors", errors, ("raise", "collect"))
        keys = parent_keys(parents, self.parent)
        for key in keys:
            for name, part in zip(self.parent, key, strict=True):
                check_id(name, part, self.ids.get(name))
        has_some = self._has_some(parents)
        client = current_client(arguments.get("client"))
        acting = self.endpoint.acting(client, arguments)
        if self.lookup and not isinstance(parents, pd.DataFrame):
            self.endpoint.checked(acting)  # before anything is sent
            keys = list(dict.fromkeys(self._looked_up(key, client) for key in keys))
        path, refresh = self.endpoint.path, bool(acting.get("refresh"))
        known = {} if refresh else self._from_cache(keys, acting, has_some)
        say_cost(client, len(keys) - len(known), path)
        unsent = 0
        tables: list[pa.Table] = []
        readings: list[Mapping[str, Any]] = []
        failed: dict[tuple[str, ...], OmniError] = {}

        def so_far() -> list[str]:
            if not tables:
                return []
            read = f"Read so far of {path}: {len(tables):,} of {len(keys):,}."
            return [read, kept(client, refresh=refresh)]

        with noted_interrupt(so_far), steps(client, path) as how_far:
            how_far.total, how_far.left = len(keys), len(keys) - len(known)
            # More parents may become known on the way, behind those that are.
            for done, key in enumerate(keys, 1):
                try:
                    table, facts = (
                        known.pop(key)
                        if key in known
                        else self._read_one(key, acting, has_some.get(key))
                    )
                except WouldSend:
                    unsent += 1
                    continue
                except OF_ONE_PARENT as error:
                    readings.append({"requests": 1})
                    self._tell_of_ids(error)
                    if not self._says_none(error, has_some.get(key)):
                        if errors == "raise":
                            raise self._with_partial(error, tables, key, done, len(keys)) from None
                        failed[key] = error.with_traceback(None)  # its frames hold the answer
                except OmniError as error:
                    raise self._with_partial(error, tables, key, done, len(keys)) from None
                else:
                    tables.append(self._with_key(table, key))
                    readings.append(facts)
                    keys += [one for one in self._further(key, table) if one not in keys]
                how_far.at(done, len(keys), left=len(keys) - done - len(known))
        if unsent:
            raise WouldSend(unsent)
        if len(failed) == len(keys) and _say_the_same(failed):
            first = next(iter(failed.values()))
            first.add_note(f"All {len(keys)} are refused in these words: an argument may be wrong.")
            raise first
        facts = self._facts(client, len(keys), readings, failed)
        # Parents that are not all there have not all that is below them.
        facts["complete"] = facts["complete"] and is_whole(parents)
        return to_frame(self._joined(tables), facts)

    def _tell_of_ids(self, error: OmniError) -> None:
        """Say where ids are found: a name or a path may stand for one, and only Omni can tell."""
        if isinstance(error, BadRequestError | NotFoundError) and self.ids:
            error.hint = join([error.hint, *self.ids.values()])

    def _from_cache(
        self,
        keys: list[tuple[str, ...]],
        acting: Mapping[str, Any],
        has_some: Mapping[tuple[str, ...], bool],
    ) -> dict[tuple[str, ...], Reading]:
        """Return what the cache has of so many parents that it is said what the others cost."""
        client: Client = acting["client"]
        pace = client.requests_per_minute
        if pace is None or len(keys) <= pace or client.cache is None or current_call().rehearses:
            return {}
        held: dict[tuple[str, ...], Reading] = {}
        with rehearsal():
            for key in keys:
                with contextlib.suppress(WouldSend):
                    held[key] = self._read_one(key, acting, has_some.get(key))
                    continue
                if self.newer is not None:  # where this server had it before
                    with contextlib.suppress(WouldSend, OmniError):
                        held[key] = self._read_newer(self.newer, key, acting)
        return held

    def _looked_up(self, key: tuple[str, ...], client: Client) -> tuple[str, ...]:
        """Return a key with ids in place of the names in it."""
        return tuple(
            self.lookup[name](part, client) if name in self.lookup else part
            for name, part in zip(self.parent, key, strict=True)
        )

    def _read_one(
        self, key: tuple[str, ...], acting: Mapping[str, Any], has_some: bool | None
    ) -> Reading:
        """Read the list of one parent, from where this server has it."""
        client: Client = acting["client"]
        path = self.endpoint.path
        if self.newer is not None and (path, "") in client.refused:
            return self._read_newer(self.newer, key, acting)
        try:
            reading = self._bound(key).read_table(acting)
        except (NotFoundError, BadRequestError) as error:
            absent = isinstance(error, NotFoundError) or error.status == 405
            known = self._says_so(error) or has_some is False or path in client.served
            if self.newer is None or not absent or known:
                raise
            missing = error
        else:
            client.served.add(path)
            return reading
        # The thing may be gone, or the call: the newer call tells them apart.
        try:
            reading = self._read_newer(self.newer, key, acting)
        except NotFoundError:
            raise missing from None
        client.refused.add((path, ""))
        return reading

    def _read_newer(
        self, newer: Endpoint, key: tuple[str, ...], acting: Mapping[str, Any]
    ) -> Reading:
        """Read the list of one parent from the newer call; it must show what was asked for."""
        reading = self._bound(key, newer).read_table(acting)
        person = acting.get("user_id")
        if person is not None and "user_id" not in newer.params:
            if person != acting["client"].user_id:
                raise BadRequestError(
                    (
                        f"This Omni has the newer call {newer.path} only, which cannot act for "
                        + argument("user_id")
                        + "."
                    ),
                    hint=(
                        "Leave "
                        + argument("user_id")
                        + " out; it then shows what the key itself sees."
                    ),
                    status=404,
                )
            warn(
                f"{newer.path} cannot act for "
                + argument("user_id")
                + "; it shows what the key itself sees."
            )
        return reading

    def _further(self, key: tuple[str, ...], table: pa.Table) -> list[tuple[str, ...]]:  # noqa: ARG002
        """Return parents that the rows of one make known; none, as a rule."""
        return []

    def _has_some(self, parents: Parents) -> dict[tuple[str, ...], bool]:
        """Return what a frame of parents says of each: whether it has some."""
        if not isinstance(parents, pd.DataFrame) or self.none_column not in parents.columns:
            return {}
        told = zip(
            *(_column(parents, names) for names in _names_of(self.parent)),
            parents[self.none_column],
            strict=True,
        )
        return {
            tuple(map(str, key)): bool(some)
            for *key, some in told
            if not _is_missing(some) and not any(map(_is_missing, key))
        }

    def _says_none(self, error: OmniError, has_some: bool | None) -> bool:
        """Whether an error means that a parent, which exists, has none."""
        if self.none_said is None:
            return False
        said = self._says_so(error)
        if isinstance(error, NotFoundError):
            return said if has_some is None else not has_some
        # The newer call may know things of one kind only: who has one of another kind has some.
        return said and error.status == 422 and has_some is False

    def _says_so(self, error: OmniError) -> bool:
        """Whether the words of an error are those that say that there is none."""
        # Of a call that does not exist a server says its address, in which such words may stand.
        words = re.sub(r"\S*/\S*", " ", error.words or "")
        return re.search(self.none_said or "(?!)", words, re.IGNORECASE) is not None

    def below(self, key: tuple[str, ...]) -> Endpoint:
        """Return the list of one parent, to be read by itself."""
        return self._bound(key)

    def _bound(self, key: tuple[str, ...], endpoint: Endpoint | None = None) -> Endpoint:
        endpoint = endpoint or self.endpoint
        path, fixed = endpoint.path, dict(endpoint.fixed)
        for name, part in zip(self.parent, key, strict=True):
            path = path.replace(f"{{{name}}}", segment(part))
            fixed |= {each: part for each, value in fixed.items() if value == f"{{{name}}}"}
        return replace(endpoint, path=path, fixed=fixed)

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
            one.name
            for table in tables
            for one in table.schema
            if one.type != empty.schema.field(one.name).type
        }
        schema = pa.schema(
            [pa.field(one.name, TEXT if one.name in drifted else one.type) for one in empty.schema]
        )
        return pa.concat_tables([table.cast(schema) for table in [empty, *tables]])

    def _with_partial(
        self, error: OmniError, tables: list[pa.Table], key: tuple[str, ...], done: int, count: int
    ) -> OmniError:
        error.partial = to_frame(self._joined(tables), {"complete": False})
        if hasattr(error, "__notes__"):
            error.__notes__ = [note.replace(IN_PARTIAL, "") for note in error.__notes__]
        if count > 1:
            error.add_note(
                f"At {' / '.join(key)}, {done} of {count}; the rows of those before are in .partial."
            )
        return error

    def _facts(
        self,
        client: Client,
        count: int,
        readings: list[Mapping[str, Any]],
        failed: Mapping[tuple[str, ...], OmniError],
    ) -> dict[str, Any]:
        """Sum up how the parents were read; the frame is as old as the oldest answer in it."""
        requests = sum(reading["requests"] for reading in readings)
        facts: dict[str, Any] = {
            "instance": client.base_url,
            "endpoint": self.endpoint.path,
            "parents": count,
            "fetched_at": min(
                (reading["fetched_at"] for reading in readings if "fetched_at" in reading),
                default=None,
            ),
            "requests": requests,
            "from_cache": count > 0 and requests == 0,
            "duplicates_checked": all(
                reading.get("duplicates_checked", True) for reading in readings
            ),
            "shifts_checked": all(reading.get("shifts_checked", True) for reading in readings),
            "complete": not failed and all(reading.get("complete", True) for reading in readings),
        }
        if failed:
            named = {"/".join(key): failed[key].message for key in list(failed)[:_MOST_NAMED]}
            facts |= {"failed": len(failed), "failures": named}
            warn(
                f"{len(failed)} of {count} could not be read and the frame is marked incomplete: "
                f"{', '.join(named)}{' …' if len(failed) > len(named) else ''}. "
                'df.attrs["omni"]["failures"] says why.'
            )
        return facts


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
    named = [name for names in _names_of(parts) for name in names]
    if isinstance(parents, pd.Series) and any(name in parents.index for name in named):
        name = next(name for name in named if name in parents.index)
        raise ArgumentError(
            f"A row of a frame is not {' and '.join(parts)}.", hint=f"Pass row[{name!r}]."
        )
    if isinstance(parents, pd.DataFrame):
        columns = [_column(parents, names) for names in _names_of(parts)]
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
        if any(_is_missing(part) for part in key):
            if hasattr(parents, "dtype") or isinstance(parents, pd.DataFrame):
                continue
            raise ArgumentError(
                f"{said(one):.60} stands among the parents, and is not {' and '.join(parts)}.",
                hint="Leave it out; nulls are skipped only in a Series or a frame.",
            )
        # A lone surrogate has no UTF-8, and so no place in an address.
        if len(key) != len(parts) or not _is_key(key) or whole_text(list(key)) != list(key):
            raise _refusal(one, parts)
        keys[tuple(map(str, key))] = None
    return list(keys)


def _names_of(parts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return, for each part of a key, the columns of a frame that may hold it.

    In records as Omni sends them a thing's own key is ``id`` or ``identifier`` alone.
    """
    if len(parts) > 1:
        return [(part,) for part in parts]
    return [(part, part.rpartition("_")[2]) for part in parts]


def _is_key(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(part, str) and part for part in value)


def _is_missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _refusal(value: Any, parts: tuple[str, ...]) -> ArgumentError:
    what = "an id" if len(parts) == 1 else "a tuple of texts"
    hint = f"Pass {what}, a list of such, or a frame that has {' and '.join(parts)}."
    held = value if isinstance(value, tuple) else (value,)
    if any(pd.api.types.is_number(part) for part in held):
        hint += " Ids that were read from a file as numbers: read them as text, with dtype=str."
    shown = type(value).__name__ if isinstance(value, pd.Series | Mapping) else f"{said(value):.60}"
    return ArgumentError(f"{shown} is not {' and '.join(parts)}.", hint=hint)


def _column(frame: pd.DataFrame, candidates: tuple[str, ...]) -> Any:
    """Return the first of the columns that is there; it must be there once."""
    for name in candidates:
        if name in frame.columns:
            held = frame.loc[:, name]
            if isinstance(held, pd.DataFrame):
                raise ArgumentError(f"The frame has {held.shape[1]} columns that are named {name}.")
            return held
    raise ArgumentError(f"The frame has none of the columns {', '.join(candidates)}.")


def _say_the_same(failed: Mapping[tuple[str, ...], OmniError]) -> bool:
    """Whether Omni refused every parent in the same words: then an argument is at fault."""
    words = set()
    for key, error in failed.items():
        said = error.words or ""
        for part in key:
            said = re.sub(rf"(?<![\w-]){re.escape(part)}(?![\w-])", "…", said)
        words.add((type(error), said))
    return len(words) == 1 and isinstance(next(iter(failed.values())), BadRequestError)


def say_cost(client: Client, calls: int, path: str) -> None:
    """Say beforehand what will take more than a minute at the pace of the key."""
    pace = client.requests_per_minute
    call = current_call()
    if pace is not None and calls > pace and not call.rehearses and not call.cost_is_said:
        warn(f"{path} needs {calls:,} requests, about {in_minutes(calls / (pace * 0.95))}.")


def in_minutes(minutes: float) -> str:
    """Return minutes in words.

    Examples
    --------
    >>> in_minutes(1.3), in_minutes(9.7)
    ('1 minute', '10 minutes')
    """
    whole = round(minutes)
    return f"{whole:,} minute{'' if whole == 1 else 's'}"


def kept(client: Client, *, refresh: bool) -> str:
    """Say what is kept of many lists, when their reading is interrupted, and how to go on."""
    if client.cache is None or not client.cache.works:
        return "There is no cache, so nothing of it is kept: the same call begins anew."
    again = ("the same call without " + argument("refresh", True)) if refresh else "the same call"
    return (
        f"Each list that was read whole is in the cache for {in_words(client.cache.lifetime)}: "
        + again
        + " goes on from there."
    )
