"""An endpoint that is a table: a reader's arguments → the wire → the frame.

An endpoint is a literal. Its reader is a function with a real signature and docstring, whose body
hands its arguments over. Here they are checked before anything is sent, and what a server refuses
although others take it is done locally.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.arguments import argument, check_flag, whole_number
from omnipd.cache.checkpoint import checkpointed, question_of
from omnipd.call import WouldSend, asking_ahead, current_call, one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import BadRequestError, NotFoundError, OmniError, warn
from omnipd.frames.records import TableBuilder
from omnipd.frames.to_pandas import to_frame
from omnipd.lists import paging
from omnipd.lists.allowed_calls import check_calls_of
from omnipd.lists.editable import Editable
from omnipd.lists.params import ClientSide, Param
from omnipd.lists.read_list import Listing, ListRead, Reading, Step
from omnipd.message import join


@dataclass(frozen=True)
class Endpoint(Listing):
    """A list of Omni with the parameters that its reader takes.

    Attributes
    ----------
    params : mapping of str to Param
        The reader's parameters that become query parameters.
    fixed : mapping of str to str
        Query parameters that are always sent.
    page_size : int
        How many records to ask for at once, where the family has pages.
    editable : Editable, optional
        What of its frame can be edited, so that :func:`omnipd.plan` changes Omni by it.
    """

    params: Mapping[str, Param] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    page_size: int = 100
    editable: Editable | None = None

    def read(self, arguments: Mapping[str, Any]) -> pd.DataFrame:
        """Read the whole list.

        Parameters
        ----------
        arguments : mapping
            The reader's own arguments: those of ``params``, and ``limit``, ``strict``, ``refresh``
            and ``client``, which every reader has.

        Returns
        -------
        pandas.DataFrame
            Whole, or an error is raised that carries what was read.
        """
        acting = self.acting(current_client(arguments.get("client")), arguments)
        # What came from a generator comes but once.
        again = partial(self.read, {**acting, "client": arguments.get("client")})
        with (
            one_call(),
            checkpointed(arguments.get("checkpoint"), self.identity(acting), again),
        ):
            if (allowed := arguments.get("max_calls")) is not None:
                check_calls_of(partial(self.read_table, acting), allowed)
            return to_frame(*self.read_table(acting))

    def identity(self, acting: Mapping[str, Any]) -> dict[str, str]:
        """Return what a checkpoint is of: the same question with the same key.

        Of many parents it is the same for all; they may be others when it is gone on from.
        """
        client: Client = acting["client"]
        _, _, encoded = self.checked(acting)
        return {
            "instance": client.base_url,
            "key": client.fingerprint,
            "question": question_of(self.path, {**encoded, **self.fixed}),
        }

    @property
    def schema(self) -> pa.Schema:
        """The columns as they are declared."""
        return TableBuilder(self.columns or {}).finish().schema

    def acting(self, client: Client, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments with the client, and with whom it acts for where nobody is named."""
        acting = {**arguments, "client": client}
        for name, param in self.params.items():  # a fan-out looks at them for each parent
            if acting.get(name) is not None:
                acting[name] = param.materialize(acting[name])
        if client.user_id is None:
            return acting
        if "user_id" not in self.params:
            warn(
                f"{self.path} cannot act for "
                + argument("user_id")
                + "; it shows what the key itself sees."
            )
        elif acting.get("user_id") is None:
            acting["user_id"] = client.user_id
        return acting

    def read_table(self, arguments: Mapping[str, Any]) -> Reading:
        """Read the whole list as an Arrow table, with the facts of how it was read.

        The arguments are those that :meth:`acting` returns.
        """
        with one_call():
            return self._read_table(arguments)

    def _read_table(self, arguments: Mapping[str, Any]) -> Reading:
        limit, given, encoded = self.checked(arguments)
        strict, refresh = arguments.get("strict", True), arguments.get("refresh", False)
        client: Client = arguments["client"]
        with looking_up(client) as looked_up:
            wire = {
                name: self.params[name].looked_up(value, client) for name, value in encoded.items()
            }
        before = looked_up.requests
        read = ListRead(self, client, limit, strict=strict)
        uncertain = {name for name in given if self.params[name].may_be_refused(given[name])}
        refused = {name for name in uncertain if (self.path, name) in client.refused}
        if not refresh:
            untried = sorted(uncertain - refused)
            subsets = (
                set(some) for n in range(len(untried) + 1) for some in combinations(untried, n)
            )
            for left_out in (refused | some for some in subsets):
                reading = read.from_cache(
                    self._query(wire, left_out), self._client_side(given, left_out)
                )
                if reading is not None:
                    return reading
        while True:
            try:
                reading = read.from_server(
                    self._query(wire, refused), self._client_side(given, refused)
                )
                client.refused |= {(self.path, name) for name in refused}
                return reading
            except WouldSend as lacks:
                raise lacks.and_before(before) from None
            except BadRequestError as error:
                newly = self._refused_by(error, uncertain - refused)
                if not newly or error.partial is not None:
                    self._tell_what_to_do(error, given)
                    raise
                words = error.message
            except NotFoundError as error:
                self._tell_what_to_do(error, given)
                raise
            refused |= newly
            before += 1
            warn(
                "This Omni does not take "
                + join(map(argument, sorted(newly)), " and ")
                + f" here as asked; the whole list is read and omnipd does it locally. ({words})"
            )

    def _tell_what_to_do(self, error: OmniError, given: Mapping[str, Any]) -> None:
        """Say what the status means here, or which arguments are ids, for which a name may stand."""
        if (meaning := self.meanings.get(error.status or 0)) is not None:
            error.hint = meaning
            return
        if self.gone is not None and error.status in {404, 405}:
            error.hint = "Newer Omnis do not have this call any more. " + self.gone
            return
        ids = [
            argument(name)
            for name in given
            if self.params[name].kind == "id" and self.params[name].lookup is None
        ]
        if ids:
            takes = "takes an id, not a name" if len(ids) == 1 else "take ids, not names"
            error.hint = join([error.hint, join(ids, " and "), f"{takes}."])

    def checked(
        self, arguments: Mapping[str, Any]
    ) -> tuple[int | None, dict[str, Any], dict[str, str]]:
        """Return the limit and the parameters, as they were given and as they are written.

        Raises
        ------
        ArgumentError
            For what cannot be sent.
        """
        limit = arguments.get("limit")
        if limit is not None:
            limit = whole_number("limit", limit, unit="rows")
        check_flag("strict", arguments.get("strict", True))
        check_flag("refresh", arguments.get("refresh", False))
        given = {
            name: param.materialize(arguments[name])
            for name, param in self.params.items()
            if arguments.get(name) is not None
        }
        return (
            limit,
            given,
            {name: self.params[name].encode(name, value) for name, value in given.items()},
        )

    def _query(self, wire: Mapping[str, str], left_out: set[str]) -> dict[str, str]:
        query = {
            self.params[name].wire: value for name, value in wire.items() if name not in left_out
        }
        query |= self.fixed
        if self.pages in paging.PAGE_SIZE_PARAMS:
            query[paging.PAGE_SIZE_PARAMS[self.pages]] = str(self.page_size)
        return query

    def _client_side(self, given: Mapping[str, Any], left_out: set[str]) -> list[Step]:
        """Return what has to be done locally, in the order of ``params``."""
        return [
            bound(param.client_side, given)
            for name, param in self.params.items()
            if name in left_out and param.client_side is not None
        ]

    def _refused_by(self, error: BadRequestError, uncertain: set[str]) -> set[str]:
        """Return the parameters that a 400 is about: those it names, else all of the uncertain ones."""
        if error.status != 400:
            return set()
        words = (error.words or "").lower()
        named = {name for name in uncertain if self.params[name].wire.lower() in words}
        return named or uncertain


@dataclass
class LookedUp:
    """How many requests were sent to find the ids that names stand for."""

    requests: int = 0


@contextlib.contextmanager
def looking_up(client: Client) -> Iterator[LookedUp]:
    """Let a block find the ids that names stand for, also while what it is for is only counted."""
    looked_up, before = LookedUp(), client.requests_sent
    with asking_ahead() if current_call().counts else contextlib.nullcontext():
        yield looked_up
    looked_up.requests = client.requests_sent - before


def bound(client_side: ClientSide, given: Mapping[str, Any]) -> Step:
    """Return what is done locally as a step on the table alone."""
    return lambda table: client_side(table, given)
