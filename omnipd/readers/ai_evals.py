"""How Omni's AI is tested: sets of prompts, their runs, and how each prompt went."""

from __future__ import annotations

import os
from typing import Literal

import pandas as pd

from omnipd.client.client import Client
from omnipd.frames.columns import NUMBER, Column, count, flag, instant, text
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual
from omnipd.lists.params import Param
from omnipd.lists.parents import Parents
from omnipd.readers.record_parts import without

PROMPT_SETS = Endpoint(
    "/api/v1/ai/eval/prompt-sets",
    pages=paging.whole,
    rows="prompt_sets",
    key=("prompt_set_id",),
    keyless="whole",
    params={"archived": Param("archived", "flag")},
    columns={
        "prompt_set_id": text("id", doc="Id of the set"),
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


@manual(PROMPT_SETS)
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

    See Also
    --------
    omnipd.read_ai_prompts : The prompts in them.
    omnipd.read_ai_eval_runs : When they were run.
    omnipd.read_models : The models there are.

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


PROMPTS = FanOut(
    Endpoint(
        "/api/v1/ai/eval/prompt-sets/{prompt_set_id}",
        pages=paging.single,
        rows="prompt_set",
        key=("prompt_id",),
        keyless="whole",
        unfold=lambda prompt_set: paging.rows_of(prompt_set, "prompts"),
        columns={
            "prompt_id": text("id", doc="Id of the prompt"),
            "prompt_text": text("prompt_text", doc="What is asked"),
            "expectation": text("expectation", doc="What the answer should be; null: not said"),
            "created_at": instant("created_at", doc="When it was made"),
            "updated_at": instant("updated_at", doc="Last change"),
        },
        # New, and its fields may change (docs/wire.md).
        exhaustive=False,
    ),
    parent=("prompt_set_id",),
)


@manual(PROMPTS)
def read_ai_prompts(
    prompt_sets: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the prompts of sets that test Omni's AI, one row each.

    One call per set.

    See Also
    --------
    omnipd.read_ai_prompt_sets : The sets there are.
    omnipd.read_ai_eval_results : How they went.

    Notes
    -----
    This part of Omni is new and its fields may change; what is not in the columns is in ``extra``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     prompts = omnipd.read_ai_prompts(omnipd.read_ai_prompt_sets(limit=1))
    >>> prompts["prompt_text"][0]
    'Which airline is late most often?'
    """
    return PROMPTS.read(prompt_sets, locals())


EVAL_RUNS = FanOut(
    Endpoint(
        "/api/v1/ai/eval/runs",
        pages=paging.whole,
        rows="runs",
        key=("run_id",),
        keyless="whole",
        params={"archived": Param("archived", "flag")},
        fixed={"prompt_set_id": "{prompt_set_id}"},
        unfold=without("prompt_set_id"),  # which is the parent's key
        columns={
            "run_id": text("id", doc="Id of the run"),
            "run_number": count("run_number", doc="Number of the run in its set, from 1"),
            "repeat_count": count("repeat_count", doc="How often each prompt was run"),
            "description": text("description", doc="Its description"),
            "model_id": text("model_id", doc="Model that was asked"),
            "branch_id": text("branch_id", doc="Branch of the model; null: none"),
            "branch_name": text("branch_name", doc="Name of the branch"),
            "status": text("status", doc="RUNNING, COMPLETE or CANCELLED"),
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
)


@manual(EVAL_RUNS)
def read_ai_eval_runs(
    prompt_sets: Parents,
    *,
    archived: bool = False,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the runs of sets of prompts, one row per run, the newest of a set first.

    One call per set.

    Parameters
    ----------
    archived : bool, default False
        Runs that were put away instead of the others. Omni has no call for both.

    See Also
    --------
    omnipd.read_ai_prompt_sets : The sets there are.
    omnipd.read_ai_eval_results : How each prompt of a run went.

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


EVAL_RESULTS = FanOut(
    Endpoint(
        "/api/v1/ai/eval/runs/{run_id}",
        pages=paging.single,
        rows="run",
        key=("result_id",),
        keyless="whole",
        unfold=lambda run: paging.rows_of(run, "results"),
        columns={
            "result_id": text("id", doc="Id of the result"),
            "prompt_id": text("eval_prompt_id", doc="The prompt; null in older runs"),
            "repeat_index": count("repeat_index", doc="Which repeat it is, from 0"),
            "prompt": text("prompt", doc="What was asked"),
            "expectation": text("expectation", doc="What the answer should have been"),
            "score": Column(NUMBER, ("score",), "How good the answer is, 0 to 1; null: not judged"),
            "error_reason": text("error_reason", doc="Why there is no answer"),
            "job_id": text("agentic_job.id", doc="The job that answered"),
            "job_state": text("agentic_job.state", doc="How far it is"),
            "conversation_id": text("agentic_job.conversation_id", doc="Where it answered"),
            "timing_ms": count("timing_ms", doc="Milliseconds that it took"),
            "ai_timing_ms": count("ai_timing_ms", doc="Of these, those of the AI"),
            "tool_timing_ms": count("tool_timing_ms", doc="Of these, those of its tools"),
            "query_timing_ms": count("query_timing_ms", doc="Milliseconds of its queries"),
            "query_count": count("query_count", doc="How many queries it ran"),
            "cost": Column(NUMBER, ("cost",), "Cost of the answer in US dollars"),
            "scoring_cost": Column(NUMBER, ("scoring_cost",), "Cost of judging it"),
        },
        # New, and its fields may change (docs/wire.md).
        exhaustive=False,
    ),
    parent=("run_id",),
)


@manual(EVAL_RESULTS)
def read_ai_eval_results(
    runs: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read how each prompt of a run went, one row per prompt and repeat.

    One call per run.

    Parameters
    ----------
    refresh : bool, default False
        Ask again even where the cache has an answer: for runs that were still going on then.

    See Also
    --------
    omnipd.read_ai_eval_runs : The runs there are.
    omnipd.read_ai_jobs : The jobs that answered.

    Notes
    -----
    This part of Omni is new and its fields may change; what is not in the columns is in ``extra``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     runs = omnipd.read_ai_eval_runs(omnipd.read_ai_prompt_sets(limit=1))
    ...     results = omnipd.read_ai_eval_results(runs)
    >>> results.groupby("run_id", sort=False)["score"].count().tolist()
    [2, 4]
    """
    return EVAL_RESULTS.read(runs, locals())
