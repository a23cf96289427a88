"""One call per parent: a list that Omni hands out document by document, model by model.

The rows of all parents make one frame, each with its parent's key in front. A parent that fails
fails the whole, or, when told to go on, is named in the frame's facts and makes it incomplete.
Each parent's answer is cached by itself: a second call goes on where a broken one ended.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from omnipd.arguments import argument, check_choice, check_id
from omnipd.cache.checkpoint import checkpointed, current_checkpoint, question_of
from omnipd.call import WouldSend, current_call, noted_interrupt, one_call, rehearsal
from omnipd.client.api_paths import segment
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.client.rate_limit import USED
from omnipd.errors import (
    BadRequestError,
    NotFoundError,
    OmniError,
    each_warning_once,
    warn,
)
from omnipd.frames.columns import TEXT
from omnipd.frames.to_pandas import is_whole
from omnipd.lists import paging
from omnipd.lists.allowed_calls import check_calls
from omnipd.lists.endpoint import Endpoint, looking_up
from omnipd.lists.params import Lookup
from omnipd.lists.parents import Key, Parents, column_of, is_missing, names_of, parent_keys
from omnipd.lists.read_list import Reading
from omnipd.lists.read_parents import ParentsRead


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
    long : bool
        Whether a parent may have many pages, as a model that all documents are on, so that it is worth a
        call to count them.
    in_parts : bool
        Whether the rows of one parent have nothing to do with those of another.
    """

    endpoint: Endpoint
    parent: tuple[str, ...]
    none_said: str | None = None
    none_column: str | None = None
    newer: Endpoint | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    lookup: Mapping[str, Lookup] = field(default_factory=dict)
    long: bool = False
    in_parts: bool = True

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
        if isinstance(parents, Iterator):
            parents = list(parents)  # it may be needed once more
        keys = parent_keys(parents, self.parent)
        for key in keys:
            for name, part in zip(self.parent, key, strict=True):
                check_id(name, part, self.ids.get(name))
        has_some = self._has_some(parents)
        client = current_client(arguments.get("client"))
        acting = self.endpoint.acting(client, arguments)
        before = 0
        if self.lookup and not isinstance(parents, pd.DataFrame):
            self.endpoint.checked(acting)  # before anything is sent
            with looking_up(client) as looked_up:
                keys = list(dict.fromkeys(self._looked_up(key, client) for key in keys))
            before = looked_up.requests
        read = ParentsRead(self, keys, has_some, acting, collect=errors == "collect")
        again = partial(self.read, parents, {**acting, "client": arguments.get("client")})
        with (
            checkpointed(
                arguments.get("checkpoint"), self.endpoint.identity(acting), again
            ) as checkpoint,
            noted_interrupt(read.so_far),
        ):
            max_calls = arguments.get("max_calls")
            known = self._known(keys, acting, has_some, counted=max_calls is not None)
            if max_calls is not None:
                lacking = len(keys) - len(known) - read.told_before(checkpoint)
                check_calls(before + lacking, max_calls, more=self.why_more(client) is not None)
            say_cost(client, len(keys) - len(known), self.endpoint.path)
            try:
                frame = read.run(checkpoint, known)
            except WouldSend as lacks:
                raise lacks.and_before(before) from None
        # Parents that are not all there have not all that is below them.
        frame.attrs["omni"]["complete"] &= is_whole(parents)
        return frame

    def named(self, key: tuple[str, ...]) -> str:
        """Return what stands for one parent in a checkpoint."""
        return question_of(self.endpoint.path, dict(zip(self.parent, key, strict=True)))

    def _known(
        self,
        keys: list[Key],
        acting: Mapping[str, Any],
        has_some: Mapping[Key, bool],
        *,
        counted: bool,
    ) -> dict[Key, Reading]:
        """Return what cache and checkpoint have of so many parents that it is said what the others cost."""
        client: Client = acting["client"]
        call, pace = current_call(), client.requests_per_minute
        if not counted and (pace is None or len(keys) - call.calls_said <= pace):
            return {}
        stored = client.cache is not None and not acting.get("refresh")
        if call.rehearses or not (stored or current_checkpoint() is not None):
            return {}
        held: dict[Key, Reading] = {}
        with rehearsal():
            for key in keys:
                with contextlib.suppress(WouldSend):
                    held[key] = self.read_one(key, acting, has_some.get(key))
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

    def read_one(
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

    def further(self, key: tuple[str, ...], table: pa.Table) -> list[tuple[str, ...]]:  # noqa: ARG002
        """Return parents that the rows of one make known; none, as a rule."""
        return []

    def has_first_page(self, key: tuple[str, ...]) -> bool:  # noqa: ARG002
        """Whether the first page of a parent's list is asked for to count it."""
        return self.long

    def why_more(self, client: Client) -> str | None:
        """Return why a call for each parent may not be enough; None where it is."""
        endpoint = self.endpoint
        if endpoint.pages in paging.IN_PAGES:
            return f"a list of more than {endpoint.page_size} rows takes more than one call"
        known = endpoint.path in client.served or (endpoint.path, "") in client.refused
        return None if self.newer is None or known else "newer servers take one call more"

    def _has_some(self, parents: Parents) -> dict[tuple[str, ...], bool]:
        """Return what a frame of parents says of each: whether it has some."""
        if not isinstance(parents, pd.DataFrame) or self.none_column not in parents.columns:
            return {}
        told = zip(
            *(column_of(parents, names) for names in names_of(self.parent)),
            parents[self.none_column],
            strict=True,
        )
        return {
            tuple(map(str, key)): bool(some)
            for *key, some in told
            if not is_missing(some) and not any(map(is_missing, key))
        }

    def says_none(self, error: OmniError, has_some: bool | None) -> bool:
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

    def with_key(self, table: pa.Table, key: tuple[str, ...]) -> pa.Table:
        """Return the rows of one parent with its key in front."""
        for place, (name, part) in enumerate(zip(self.parent, key, strict=True)):
            column = pa.array([part] * table.num_rows, TEXT)
            table = table.add_column(place, pa.field(name, TEXT), column)
        return table

    @property
    def schema(self) -> pa.Schema:
        """The columns as they are declared."""
        one = self.endpoint.schema.empty_table()
        return self.with_key(one, ("",) * len(self.parent)).schema

    def joined(self, tables: list[pa.Table]) -> pa.Table:
        """Return one table; a column that is text for one parent is text for all."""
        declared = self.schema  # made anew each time
        drifted = {
            one.name
            for table in tables
            for one in table.schema
            if one.type != declared.field(one.name).type
        }
        schema = pa.schema(
            [pa.field(one.name, TEXT if one.name in drifted else one.type) for one in declared]
        )
        return pa.concat_tables([table.cast(schema) for table in [declared.empty_table(), *tables]])


def say_cost(client: Client, calls: int, path: str) -> None:
    """Say beforehand what will take more than a minute at the pace of the key."""
    pace = client.requests_per_minute
    call = current_call()
    if pace is not None and calls - call.calls_said > pace and not call.rehearses:
        warn(f"{path} needs {calls:,} requests, about {in_minutes(minutes_for(calls, pace))}.")


def minutes_for(calls: float, per_minute: int) -> float:
    """Return how long so many requests take at the pace of a key."""
    return calls / (per_minute * USED)


def in_minutes(minutes: float) -> str:
    """Return minutes in words.

    Examples
    --------
    >>> in_minutes(1.3), in_minutes(9.7)
    ('1 minute', '10 minutes')
    """
    whole = round(minutes)
    return f"{whole:,} minute{'' if whole == 1 else 's'}"
