"""How Omni's AI is tested: sets of prompts, and their runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pandas as pd

from omnipd import paging
from omnipd.client import Client
from omnipd.columns import count, flag, instant, text
from omnipd.endpoint import Endpoint
from omnipd.fanout import FanOut, Parents
from omnipd.params import Param
from omnipd.records import Record

PROMPT_SETS = Endpoint(
    "/api/v1/ai/eval/prompt-sets",
    pages=paging.whole,
    rows="prompt_sets",
    key=("id",),
    params={"archived": Param("archived", "flag")},
    columns={
        "id": text("id", doc="Id of the set"),
        "model_id": text("model_id", doc="Shared model it tests"),
        "name": text("name", doc="Its name"),
        "slug": text("slug", doc="Its name in addresses, unique on its model"),
        "description": text("description", doc="Its description"),
        "prompt_count": count("prompt_count", doc="How many prompts it has"),
        "is_archived": flag("is_archived", doc="Whether it was put away"),
        "latest_run_at": instant("latest_run_at", doc="When it was last run; null: never"),
        "created_at": instant("created_at", doc="When it was made"),
        "updated_at": instant("updated_at", doc="Last change"),
    },
    # New, and its fields may change (docs/wire.md).
    exhaustive=False,
)


def read_ai_prompt_sets(
    *,
    archived: bool = False,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the sets of prompts that test Omni's AI, one row each, by name.

    Parameters
    ----------
    archived : bool, default False
        Those that were put away instead of the others. Omni has no call for both.
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``model_id``, ``name``, ``slug``, ``description`` (string), ``prompt_count``
        (int64), ``is_archived`` (bool), ``latest_run_at``, ``created_at``, ``updated_at``
        (timestamp[us, UTC]), ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_ai_eval_runs : How the AI did.
    omnipd.read_models : ``model_id`` is its ``id``.

    Notes
    -----
    This part of Omni is new and its fields may change; what is not in the columns is in ``extra``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     sets = omnipd.read_ai_prompt_sets()
    >>> sets[["name", "prompt_count"]]
                     name  prompt_count
    0  Flights regression             4
    1   Orders regression             4
    """
    return PROMPT_SETS.read(locals())


def _without_prompt_set(run: Record) -> Iterator[Record]:
    """Leave out the set, which is the parent's key."""
    yield {key: value for key, value in run.items() if key != "prompt_set_id"}


EVAL_RUNS = FanOut(
    Endpoint(
        "/api/v1/ai/eval/runs",
        pages=paging.whole,
        rows="runs",
        key=("id",),
        params={"archived": Param("archived", "flag")},
        fixed={"prompt_set_id": "{prompt_set_id}"},
        unfold=_without_prompt_set,
        columns={
            "id": text("id", doc="Id of the run"),
            "run_number": count("run_number", doc="The how manieth of its set"),
            "description": text("description", doc="Its description"),
            "model_id": text("model_id", doc="Model that was asked"),
            "branch_id": text("branch_id", doc="Branch of the model; null: none"),
            "branch_name": text("branch_name", doc="Name of the branch"),
            "status": text("status", doc="RUNNING, COMPLETE and the like"),
            "prompts_done": count("stats.terminal", doc="Prompts that came to an end"),
            "prompts_total": count("stats.total", doc="Prompts of the run"),
            "is_archived": flag("is_archived", doc="Whether it was put away"),
            "created_at": instant("created_at", doc="When it began"),
            "completed_at": instant("completed_at", doc="When it ended; null: it has not"),
        },
        # New, and its fields may change (docs/wire.md).
        exhaustive=False,
    ),
    parent=("prompt_set_id",),
    found_in={"prompt_set_id": ("id",)},
)


def read_ai_eval_runs(
    prompt_sets: Parents,
    *,
    archived: bool = False,
    errors: Literal["raise", "collect"] = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the runs of sets of prompts, one row per run, the newest of a set first.

    One call per set.

    Parameters
    ----------
    prompt_sets : str, iterable of str, or DataFrame
        Ids of sets, or a frame with ``prompt_set_id``, or ``id`` as
        :func:`omnipd.read_ai_prompt_sets` has it.
    archived : bool, default False
        Runs that were put away instead of the others. Omni has no call for both.
    errors : {"raise", "collect"}, default "raise"
        What a set that cannot be read does: fail all, or be named in ``df.attrs["omni"]`` and make
        the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``prompt_set_id``, ``id`` (string), ``run_number`` (int64), ``description``, ``model_id``,
        ``branch_id``, ``branch_name``, ``status`` (string), ``prompts_done``, ``prompts_total``
        (int64), ``is_archived`` (bool), ``created_at``, ``completed_at`` (timestamp[us, UTC]),
        ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_ai_prompt_sets : The sets there are.

    Notes
    -----
    This part of Omni is new and its fields may change; what is not in the columns is in ``extra``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     runs = omnipd.read_ai_eval_runs(omnipd.read_ai_prompt_sets(limit=1))
    >>> runs[["run_number", "status", "prompts_done", "prompts_total"]]
       run_number    status  prompts_done  prompts_total
    0           3   RUNNING             2              4
    1           2  COMPLETE             4              4
    """
    return EVAL_RUNS.read(prompt_sets, locals())
