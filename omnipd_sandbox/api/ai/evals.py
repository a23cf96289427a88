"""How the AI is tested: sets of prompts, their runs, and how each prompt went."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.http.refusals import NotFound
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.evals import EvalResult, EvalRun, PromptSet


def list_prompt_sets(call: Call) -> Reply:
    """Answer with the sets of prompts, by name."""
    organization = call.world.organization
    wanted: list[str] | None = call.parameters["model_ids"]
    found = [
        each
        for each in organization.prompt_sets.values()
        if each.archived == call.parameters["archived"]
        and (wanted is None or each.model_id in wanted)
    ]
    found.sort(key=lambda each: each.name.casefold())
    return json_reply(
        {"prompt_sets": [_prompt_set(each, organization.eval_runs) for each in found]}
    )


def _prompt_set(prompt_set: PromptSet, runs: list[EvalRun]) -> dict[str, Any]:
    started = [each.created_at for each in runs if each.prompt_set_id == prompt_set.id]
    return {
        "id": prompt_set.id,
        "model_id": prompt_set.model_id,
        "name": prompt_set.name,
        "slug": prompt_set.slug,
        "description": prompt_set.description,
        "prompt_count": len(prompt_set.prompts),
        "is_archived": prompt_set.archived,
        "latest_run_at": max(started, default=None),
        "created_at": prompt_set.created_at,
        "updated_at": prompt_set.updated_at,
    }


def show_prompt_set(call: Call) -> Reply:
    """Answer with one set and its prompts, also when it was put away."""
    organization = call.world.organization
    wanted = uuid_in_path(call, "promptSetId")
    found = organization.prompt_sets.get(wanted)
    if found is None:
        raise NotFound(f"Prompt set with id {wanted} does not exist")
    record = _prompt_set(found, organization.eval_runs)
    # The set itself, unlike its row in the list, counts nothing.
    del record["prompt_count"], record["latest_run_at"]
    prompts = [
        {
            "id": each.id,
            "prompt_text": each.text,
            "expectation": each.expectation,
            "created_at": found.created_at,
            "updated_at": found.updated_at,
        }
        for each in found.prompts
    ]
    return json_reply({"prompt_set": record | {"prompts": prompts}})


def list_eval_runs(call: Call) -> Reply:
    """Answer with the runs of one set, the newest first."""
    organization = call.world.organization
    wanted: str = call.parameters["prompt_set_id"]
    if wanted not in organization.prompt_sets:
        raise NotFound(f"Prompt set with id {wanted} does not exist")
    found = [
        each
        for each in organization.eval_runs
        if each.prompt_set_id == wanted and each.archived == call.parameters["archived"]
    ]
    found.sort(key=lambda each: each.created_at, reverse=True)
    return json_reply({"runs": [_run(each) for each in found]})


def _run(run: EvalRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "prompt_set_id": run.prompt_set_id,
        "model_id": run.model_id,
        "branch_id": None,
        "branch_name": None,
        "run_number": run.number,
        "repeat_count": 1,
        "description": None,
        "status": run.status,
        "stats": {"terminal": run.finished, "total": len(run.results)},
        "is_archived": run.archived,
        "created_at": run.created_at,
        "completed_at": run.completed_at,
    }


def show_eval_run(call: Call) -> Reply:
    """Answer with one run and how each prompt went."""
    wanted = uuid_in_path(call, "runId")
    for run in call.world.organization.eval_runs:
        if run.id == wanted:
            record = _run(run)
            del record["stats"]
            return json_reply(
                {"run": record | {"results": [_result(each) for each in run.results]}}
            )
    raise NotFound(f"Run with id {wanted} does not exist")


def _result(result: EvalResult) -> dict[str, Any]:
    tools = result.milliseconds // 5
    return {
        "id": result.id,
        "eval_prompt_id": result.prompt.id,
        "repeat_index": 0,
        "prompt": result.prompt.text,
        "expectation": result.prompt.expectation,
        "agentic_job": {
            "id": result.job_id,
            "conversation_id": result.conversation_id,
            "state": "COMPLETE",
        },
        "score": result.score,
        "error_reason": None,
        "timing_ms": result.milliseconds,
        "ai_timing_ms": result.milliseconds - tools,
        "tool_timing_ms": tools,
        "query_timing_ms": tools // 2,
        "query_count": 1,
        "cost": 0.0021,
        "scoring_cost": None if result.score is None else 0.0004,
    }
