"""A frame with totals rows → its rows, and its totals."""

from __future__ import annotations

import pandas as pd

from omnipd.arguments import argument
from omnipd.errors import ArgumentError
from omnipd.queries.job.result import TOTAL_COLUMN


def split_totals(df: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of a frame and its totals, each as a frame of its own.

    Parameters
    ----------
    df : pandas.DataFrame
        As :func:`run_query` returns it with ``totals=True``. It is not changed.

    Returns
    -------
    rows : pandas.DataFrame
        The rows without totals, and without the mark ``omni_total``: what :func:`run_query` returns
        without ``totals=True``.
    totals : pandas.DataFrame
        The totals; ``omni_total`` says of what kind each is: ``column_total`` for the grand total,
        ``column_subtotal::users.state`` for a subtotal. A dimension that it is over is null.

    Raises
    ------
    ArgumentError
        If the frame does not have the mark ``omni_total``.

    See Also
    --------
    Query.totals : Asks for totals.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     flights = omnipd.Query("flights", "flights").select("flights.origin", "flights.count")
    ...     rows, totals = omnipd.split_totals(flights.totals().run(totals=True))
    >>> rows
      flights.origin  flights.count
    0            EWR         120835
    1            JFK         111279
    2            LGA         104662
    >>> totals
      flights.origin  flights.count    omni_total
    0           <NA>         336776  column_total
    """
    if not isinstance(df, pd.DataFrame):
        raise ArgumentError(f"Expected a DataFrame, not {type(df).__name__}.")
    if TOTAL_COLUMN in df.index.names:
        levels = [name for name in df.index.names if name != TOTAL_COLUMN]
        marks = df.index.get_level_values(TOTAL_COLUMN)
        rows, totals = df[marks.isna()], df[marks.notna()]
        if not levels:
            return rows.reset_index(drop=True), totals
        return rows.droplevel(TOTAL_COLUMN), totals
    if TOTAL_COLUMN not in df.columns:
        raise ArgumentError(
            f"The frame has no column {TOTAL_COLUMN}, so that nothing tells totals from rows.",
            hint="Pass " + argument("totals", True) + " to the query that returns it.",
        )
    marked = df[TOTAL_COLUMN].notna()
    return (
        df[~marked].drop(columns=TOTAL_COLUMN).reset_index(drop=True),
        df[marked].reset_index(drop=True),
    )
