"""A query that workers read in pieces: prepared here, and all that a worker needs for one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
import pyarrow as pa

from omnipd.arguments import DECIMALS, check_choice
from omnipd.call import one_call
from omnipd.client.client import Client
from omnipd.clock import checked_timeout
from omnipd.cluster.workers_client import WorkersClient
from omnipd.frames.to_pandas import to_frame
from omnipd.queries.check_topic import check_first
from omnipd.queries.job.run import Run
from omnipd.queries.language.request import AnyQuery
from omnipd.queries.pieces import Piece, SplitQuery, split_query


@dataclass(frozen=True)
class ReadPiece:
    """Reads one piece in a worker; all of it goes there, and no key is in it."""

    split: SplitQuery
    columns: pa.Schema
    decimals: str
    timeout: float | None
    theirs: WorkersClient

    def __call__(self, piece: Piece) -> pd.DataFrame:
        """Return the rows of a piece."""
        table, run = self.table(piece)
        return to_frame(table, run.facts())

    def table(self, piece: Piece) -> tuple[pa.Table, Run]:
        """Return the rows of a piece as Arrow has them, and the run that they are of."""
        with one_call(self.timeout):
            client = self.theirs.client()
            return self.split.table(client, piece, self.columns, self.decimals)

    def pieces(self) -> list[Piece]:
        """Return the pieces; where the times begin and end is asked for, unless it was given."""
        with one_call(self.timeout):
            return self.split.pieces(self.split.edges(self.theirs.client()))


def read_piece(
    query: AnyQuery,
    client: Client,
    theirs: WorkersClient,
    *,
    split_on: str,
    by: str,
    start: date | str | None,
    end: date | str | None,
    model: str | None,
    branch_id: str | None,
    user_id: str | None,
    cache: str | None,
    timeout: float | None,
    names: str,
    decimals: str | None,
    check: bool | None,
) -> tuple[ReadPiece, pd.DataFrame]:
    """Check a query and ask for its columns; return what reads its pieces, and a frame without rows.

    Parameters
    ----------
    client : Client
        Asked here.
    theirs : WorkersClient
        How workers make theirs.
    """
    checked_timeout(timeout)
    if decimals is not None:
        check_choice("decimals", decimals, DECIMALS)
    split = split_query(
        query,
        split_on=split_on,
        by=by,
        start=start,
        end=end,
        client=client,
        model=model,
        branch_id=branch_id,
        user_id=user_id,
        cache=cache,
        names=names,
    )
    decimals = decimals or client.decimals
    with one_call(timeout):
        split = split.with_model_ids(client)
        check_first(query, split.whole, client, check)
        empty = split.columns(client, decimals)
    columns = pa.Schema.from_pandas(empty).remove_metadata()
    return ReadPiece(split, columns, decimals, timeout, theirs), empty
