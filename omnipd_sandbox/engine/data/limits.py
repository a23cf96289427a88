"""How much memory queries may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Say how many bytes the queries on a data set may take, beside the data itself.

    Parameters
    ----------
    memory : int
        What the database may hold for all queries that run on the data at a time.
    result : int
        How large one result may be.
    """

    memory: int = 1_000_000_000
    result: int = 500_000_000


USUAL = Limits()
