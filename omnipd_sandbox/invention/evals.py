"""How the AI is tested: sets of prompts, their runs, and how each prompt went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from omnipd_sandbox.invention import chance
from omnipd_sandbox.invention.conversations import PROMPTS
from omnipd_sandbox.organization.conversations import Conversation
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant, number, stable_uuid
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.tables import EvalResult, EvalRun, PromptSet

# The status of each run of a set, and whether it was put away.
_RUNS = (("COMPLETE", True), ("COMPLETE", False), ("RUNNING", False))


def invent_prompt_sets(models: Sequence[ModelReference]) -> list[PromptSet]:
    """Invent an active set and an archived one for each model."""
    return [_prompt_set(model, archived) for model in models for archived in (False, True)]


def _prompt_set(model: ModelReference, archived: bool) -> PromptSet:
    name = f"{model.name.title()} {'before 2025' if archived else 'regression'}"
    created = instant("prompt set", name)
    created_at, updated_at = written(created), written(created + timedelta(days=1))
    set_id = stable_uuid("prompt set", model.id, name)
    texts = PROMPTS.get(model.subject, ())
    return {
        "id": set_id,
        "model_id": model.id,
        "name": name,
        "slug": name.lower().replace(" ", "-"),
        "description": None if archived else f"What people ask of {model.name}.",
        "prompt_count": len(texts),
        "is_archived": archived,
        "latest_run_at": max(written(_started(set_id, run)) for run in _numbers()),
        "created_at": created_at,
        "updated_at": updated_at,
        "prompts": [
            {
                "id": stable_uuid("eval prompt", set_id, place),
                "prompt_text": text,
                "expectation": "One row for each group." if place % 2 else None,
                "created_at": created_at,
                "updated_at": updated_at,
            }
            for place, text in enumerate(texts)
        ],
    }


def _numbers() -> range:
    return range(1, len(_RUNS) + 1)


def _started(set_id: str, run_number: int) -> datetime:
    return instant("eval run", set_id, run_number)


def invent_eval_runs(
    prompt_sets: Sequence[PromptSet], conversations: Sequence[Conversation]
) -> list[EvalRun]:
    """Invent runs of each set: an archived one, a finished one, one that is still judged."""
    return [
        _run(prompt_set, number, status, archived, conversations)
        for prompt_set in prompt_sets
        for number, (status, archived) in zip(_numbers(), _RUNS, strict=True)
    ]


def _run(
    prompt_set: PromptSet,
    run_number: int,
    status: str,
    archived: bool,
    conversations: Sequence[Conversation],
) -> EvalRun:
    set_id = prompt_set["id"]
    started = _started(set_id, run_number)
    done = status == "COMPLETE"
    run_id = stable_uuid("eval run", set_id, run_number)
    results = list(_results(run_id, prompt_set, conversations, done=done))
    return {
        "id": run_id,
        "prompt_set_id": set_id,
        "model_id": prompt_set["model_id"],
        "branch_id": None,
        "branch_name": None,
        "run_number": run_number,
        "repeat_count": 1,
        "description": None,
        "status": status,
        "stats": {
            "terminal": sum(each["score"] is not None for each in results),
            "total": len(results),
        },
        "is_archived": archived,
        "created_at": written(started),
        "completed_at": written(started + timedelta(minutes=4)) if done else None,
        "results": results,
    }


def _results(
    run_id: str, prompt_set: PromptSet, conversations: Sequence[Conversation], *, done: bool
) -> Iterator[EvalResult]:
    prompts = prompt_set["prompts"]
    for place, prompt in enumerate(prompts):
        # Jobs of conversations serve as those of runs, so that their ids lead on.
        jobs = [
            (each.id, answer.job_id)
            for each in conversations
            for asked, answer in pairwise(each.messages)
            if asked.text == prompt["prompt_text"] and answer.job_id is not None
        ]
        if not jobs:
            continue
        conversation_id, job_id = chance.pick(jobs, "eval job", run_id, place)
        judged = done or place < len(prompts) // 2
        milliseconds = 2000 + number(9000, "took", run_id, place)
        yield {
            "id": stable_uuid("eval result", run_id, place),
            "eval_prompt_id": prompt["id"],
            "repeat_index": 0,
            "prompt": prompt["prompt_text"],
            "expectation": prompt["expectation"],
            "agentic_job": {
                "id": job_id,
                "conversation_id": conversation_id,
                "state": "COMPLETE",
            },
            "score": number(11, "score", run_id, place) / 10 if judged else None,
            "error_reason": None,
            "timing_ms": milliseconds,
            "ai_timing_ms": milliseconds - milliseconds // 5,
            "tool_timing_ms": milliseconds // 5,
            "query_timing_ms": milliseconds // 5 // 2,
            "query_count": 1,
            "cost": 0.0021,
            "scoring_cost": 0.0004 if judged else None,
        }
