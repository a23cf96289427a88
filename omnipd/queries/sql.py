"""SQL by hand: over the model as Omni's own SQL, or as it is to the database."""

from __future__ import annotations

import re

import pandas as pd

from omnipd.arguments import argument
from omnipd.call import one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError, IncompleteReadError, QueryError
from omnipd.frames import times
from omnipd.frames.to_pandas import scalar_columns, to_frame
from omnipd.queries.job.options import QueryOptions
from omnipd.queries.job.run import SQL_CAP, Run
from omnipd.queries.language.references import NO_CODE, REFERENCE

_DO_NOT_PARSE = re.compile(r"^\s*--\s*DO NOT PARSE\s*$", re.MULTILINE | re.IGNORECASE)
_BEGINS = re.compile(r"\$\{")
_DISTINCT = re.compile(r"\bselect\s+distinct\b", re.IGNORECASE)
_PREDICATES = re.compile(
    r"\b(?:where|on)\b(.*?)(?=\bgroup\s+by\b|\bhaving\b|\border\s+by\b|\blimit\b|\bunion\b|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_LIMIT = re.compile(r"\blimit\s+([0-9]{1,9})(?:\s+offset\s+[0-9]+)?\s*;?\s*\Z", re.IGNORECASE)


def run_sql(
    sql: str,
    *,
    model: str,
    verbatim: bool = False,
    branch_id: str | None = None,
    user_id: str | None = None,
    cache: str | None = None,
    timeout: float | None = None,
    decimals: str | None = None,
    strict: bool = True,
    client: Client | None = None,
) -> pd.DataFrame:
    """Run SQL that you wrote, and return all its rows.

    For what a governed query cannot say; :func:`omnipd.run_query` is the safer way to everything
    else. The key's role must allow SQL by hand.

    Parameters
    ----------
    sql : str
        Over the model: ``${view}`` in FROM, and ``${view.field}``, ``${view.field[month]}`` or
        ``${view.measure}`` as fields. Verbatim: the SQL of the database that the model is on.
    model : str
        Id of the model, or the name of a shared one.
    verbatim : bool, default False
        Send it to the database as it is.
    branch_id, user_id, cache, timeout, decimals
        As for :func:`omnipd.run_query`.
    strict : bool, default True
        Raise when Omni may have cut the rows off. False warns instead.
    client : Client, optional
        Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment.

    Returns
    -------
    pandas.DataFrame
        The columns as the SQL has them, with the Arrow types that Omni sent; two of one name are
        told apart by a number. Facts as from :func:`omnipd.run_query`.

    Raises
    ------
    ArgumentError
        For SQL that Omni would silently change, or run around the model although that was
        not asked for; nothing was sent.
    QueryError
        If it failed; if the role forbids it; if Omni could not read it over the model and ran it as
        it is.
    IncompleteReadError
        If Omni cut the rows off; ``partial`` has those that came.
    OmniError
        As for :func:`omnipd.run_query`.

    See Also
    --------
    omnipd.run_query : Governed queries.

    Notes
    -----
    *Over the model* Omni plans the SQL as it plans any query: joins, access filters and the model's
    own filters hold. But it reads it in its own way (docs: On the wire). An alias of a bare
    ``${view.field}`` is ignored, and the same field twice is one column. An expression is called
    ``view.alias``, and of which view cannot be told beforehand: find it by its end. There is no
    limit but one in the SQL. ``SELECT DISTINCT``, and bounds on a time with and without a timeframe,
    are dropped in silence by Omni and so refused here. SQL without any ``${…}`` would be run as it
    is, and is refused, too.

    *Verbatim* SQL goes around the model: access filters and grants do not hold, so what a person
    sees is all that the connection sees. Without a limit of its own Omni cuts it at 50,001 rows.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     model = "flights"
    ...     governed = omnipd.run_sql(
    ...         "SELECT ${flights.origin}, ${flights.count} FROM ${flights}", model=model
    ...     )
    ...     raw = omnipd.run_sql(
    ...         "SELECT origin, count(*) AS n FROM flights GROUP BY origin ORDER BY origin",
    ...         model=model, verbatim=True,
    ...     )
    >>> int(governed["flights.count"].sum())
    336776
    >>> raw
      origin       n
    0    EWR  120835
    1    JFK  111279
    2    LGA  104662
    """
    _check(sql, verbatim=verbatim)
    query = {"modelId": model, "fields": [], "userEditedSQL": sql}
    with one_call(timeout):
        run = Run(
            query | ({"rewriteSql": False} if verbatim else {}),
            QueryOptions(
                limit="all",
                branch_id=branch_id,
                user_id=user_id,
                cache=cache,
                decimals=decimals,
            ),
            client=current_client(client),
            warns=not strict,
            sql_is_cut=verbatim and not _has_low_limit(sql),
        )
        run.look_up_models()
        rows = run.guarded(run.table)
    times.tell(rows)
    table = run.guarded(lambda: scalar_columns(rows))
    facts = run.facts()
    if not verbatim and not run.was_parsed:
        raise QueryError(
            "Omni could not read the SQL over the model and ran it as it is, around the model.",
            hint=(
                "Write fields as ${view.field}; or pass "
                + argument("verbatim", True)
                + " when that is what you want."
            ),
            error_type="NOT_PARSED",
            job_id=facts["job_id"],
            sql=facts["sql"],
        )
    if strict and facts["limit_reached"]:
        raise IncompleteReadError(
            f"Omni cut the result of the SQL off at {table.num_rows:,} rows.",
            hint=(
                "Put a limit or narrower conditions into the SQL, or pass "
                + argument("strict", False)
                + "."
            ),
            partial=to_frame(table, facts | {"complete": False}),
            job_id=facts["job_id"],
        )
    return to_frame(table, facts)


def _has_low_limit(sql: str) -> bool:
    """Whether verbatim SQL ends in a limit that Omni's own does not undercut."""
    found = [_LIMIT.search(no_code.sub(" ", sql)) for no_code in NO_CODE]
    return all(limit is not None and int(limit[1]) <= SQL_CAP for limit in found)


def _check(sql: str, *, verbatim: bool) -> None:
    """Refuse what would not be run as it is written."""
    if not isinstance(sql, str) or not sql.strip():
        raise ArgumentError("The SQL is empty.")
    codes = [no_code.sub(" ", sql) for no_code in NO_CODE]
    if not all(code.strip() for code in codes):
        raise ArgumentError("The SQL is only a comment.")
    refers = [bool(_BEGINS.search(code)) for code in codes]
    if verbatim:
        if all(refers):
            raise ArgumentError(
                "Verbatim SQL has ${…}, which no database knows.",
                hint="Leave out " + argument("verbatim", True) + ", or write tables and columns.",
            )
        return
    if _DO_NOT_PARSE.search(sql):
        raise ArgumentError(
            "The SQL says DO NOT PARSE, which sends it around the model.",
            hint="Pass " + argument("verbatim", True) + " when that is what you want.",
        )
    if not any(refers):
        raise ArgumentError(
            "The SQL has no ${…}, so that Omni would run it as it is, around the model.",
            hint=(
                "Write fields as ${view.field}; or pass "
                + argument("verbatim", True)
                + " when that is what you want."
            ),
        )
    for code in codes:
        _check_code(code)


def _check_code(code: str) -> None:
    """Refuse what Omni drops from SQL over the model."""
    if _DISTINCT.search(code):
        raise ArgumentError(
            "Omni silently drops DISTINCT from SQL over the model.",
            hint="Group by the fields instead, or pass " + argument("verbatim", True) + ".",
        )
    for clause in _PREDICATES.findall(code):
        named = [(field.lower(), timeframe) for field, timeframe in REFERENCE.findall(clause)]
        cut = {field for field, timeframe in named if timeframe}
        both = sorted(cut & {field for field, timeframe in named if not timeframe})
        if both:
            raise ArgumentError(
                f"Of conditions on {both[0]} with and without a timeframe Omni silently drops one.",
                hint="Write both in one way, or pass " + argument("verbatim", True) + ".",
            )
