"""What became of each parent of a fan-out: one row each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd import errors
from omnipd.arguments import argument, said_shortly
from omnipd.errors import ArgumentError, ForbiddenError, NotFoundError, OmniError
from omnipd.frames.columns import TEXT
from omnipd.frames.to_pandas import to_frame

#: Where a frame's facts hold it, as the text of JSON: pandas copies the facts with every frame that is
#: made of another, and a text is not copied.
OUTCOMES = "outcomes"
OK, NONE, NOT_ASKED = "ok", "has none", "not asked"
_KEPT = ("message", "hint", "status", "url", "words", "trace_id")


def as_fact(
    parent: Sequence[str],
    outcomes: Mapping[tuple[str, ...], str],
    failed: Mapping[tuple[str, ...], OmniError],
) -> str:
    """Return what a frame's facts hold: the columns of the parents' key, and a row for each parent."""
    rows = [
        [*key, outcome, failed[key].message if key in failed else None]
        for key, outcome in outcomes.items()
    ]
    return json.dumps({"parent": list(parent), "rows": rows}, ensure_ascii=False)


def outcome_of(error: OmniError) -> str:
    """Return in one or two words what a failure of one parent is."""
    if isinstance(error, ForbiddenError):
        return "forbidden"
    return "not found" if isinstance(error, NotFoundError) else "failed"


def as_facts(error: OmniError, outcome: str) -> dict[str, Any]:
    """Return what is kept of a refusal: enough to be told of it again."""
    kept = {name: getattr(error, name) for name in _KEPT}
    return {"outcome": outcome, "kind": type(error).__name__, **kept}


def from_facts(facts: Mapping[str, Any]) -> tuple[str, OmniError]:
    """Return what became of a parent, and the refusal."""
    kind = getattr(errors, facts["kind"])
    return facts["outcome"], kind(**{name: facts[name] for name in _KEPT})


def outcomes(df: pd.DataFrame) -> pd.DataFrame:
    """Return what became of each parent that a reader was asked about with ``errors="collect"``.

    Parameters
    ----------
    df : pandas.DataFrame
        What such a reader has returned, or the ``partial`` of an error that one has raised.

    Returns
    -------
    pandas.DataFrame
        One row per parent, in the order in which they were asked about, with Arrow dtypes: the columns
        of the parent's key, and

        - ``outcome`` (string): ``ok``; ``has none`` where Omni says that the parent has no such list;
          ``forbidden``; ``not found``, which may also be what the key must not see; ``failed``; or
          ``not asked`` where the reading ended before.
        - ``message`` (string): why, null for ``ok``, ``has none`` and ``not asked``.

    Raises
    ------
    ArgumentError
        If the frame does not hold it.

    Examples
    --------
    >>> import omnipd, warnings
    >>> with omnipd.sandbox(), warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     [known] = omnipd.read_documents(limit=1)["document_identifier"]
    ...     access = omnipd.read_document_access([known, "gone"], errors="collect")
    >>> omnipd.outcomes(access)["outcome"].tolist()
    ['ok', 'not found']
    """
    if not isinstance(df, pd.DataFrame):
        raise ArgumentError(f"Expected a DataFrame, not {said_shortly(df)}.")
    facts: Any = df.attrs.get("omni")
    held = facts.get(OUTCOMES) if isinstance(facts, dict) else None
    if not isinstance(held, str):
        raise ArgumentError(
            "The frame does not say what became of each parent.",
            hint="A reader that takes parents does with "
            + argument("errors", "collect")
            + "; pandas loses it where frames are merged or concatenated.",
        )
    found = json.loads(held)
    names = [*found["parent"], "outcome", "message"]
    columns = list(zip(*found["rows"], strict=True)) or [()] * len(names)
    arrays = [pa.array(column, TEXT) for column in columns]
    return to_frame(pa.table(arrays, names=names), {"instance": facts.get("instance")})
