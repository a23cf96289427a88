"""Prompts that run by themselves, and prompts that test the AI."""

from __future__ import annotations

from typing import Any

from omnipd.sandbox.identity import acting_user
from omnipd.sandbox.organisation.ai import EvalRun, PromptSet, Routine
from omnipd.sandbox.paging import Order, cut_page
from omnipd.sandbox.refusals import NotFound
from omnipd.sandbox.reply import Reply, json_reply
from omnipd.sandbox.request import Call


def list_routines(call: Call) -> Reply:
    """Answer with one page of a member's routines, the newest first."""
    organisation = call.world.organisation
    user = acting_user(call.caller, call.parameters["userId"], organisation)
    found = [each for each in organisation.routines if each.user_id == user.membership_id]
    order: Order[Routine] = Order(
        rank=lambda each: each.created_at, identity=lambda each: each.id, descending=True
    )
    page, info = cut_page(found, order, asked=call.parameters)
    return json_reply({"records": [_routine(each) for each in page], "pageInfo": info})


def _routine(routine: Routine) -> dict[str, Any]:
    return {
        "id": routine.id,
        "name": routine.name,
        "description": routine.description,
        "prompt": routine.prompt,
        "modelId": routine.model_id,
        "branchId": None,
        "topicName": routine.topic_name,
        "schedule": routine.schedule,
        "timezone": routine.timezone,
        "destination": {
            "type": "email",
            "recipientEmails": [each.email for each in routine.recipients],
            "userGroupIds": [each.id for each in routine.groups],
        },
        "recipientCount": len(routine.recipients) + len(routine.groups),
        "disabled": routine.disabled,
        "systemDisabled": routine.system_disabled_reason is not None,
        "systemDisabledReason": routine.system_disabled_reason,
        "lastRun": routine.last_run
        and {"completedAt": routine.last_run, "label": "Delivered", "state": "COMPLETE"},
        "createdAt": routine.created_at,
        "updatedAt": routine.updated_at,
    }


def list_prompt_sets(call: Call) -> Reply:
    """Answer with the sets of prompts, by name."""
    organisation = call.world.organisation
    wanted: list[str] | None = call.parameters["model_ids"]
    found = [
        each
        for each in organisation.prompt_sets.values()
        if each.archived == call.parameters["archived"]
        and (wanted is None or each.model_id in wanted)
    ]
    found.sort(key=lambda each: each.name.casefold())
    return json_reply(
        {"prompt_sets": [_prompt_set(each, organisation.eval_runs) for each in found]}
    )


def _prompt_set(prompt_set: PromptSet, runs: list[EvalRun]) -> dict[str, Any]:
    started = [each.created_at for each in runs if each.prompt_set_id == prompt_set.id]
    return {
        "id": prompt_set.id,
        "model_id": prompt_set.model_id,
        "name": prompt_set.name,
        "slug": prompt_set.slug,
        "description": prompt_set.description,
        "prompt_count": prompt_set.prompt_count,
        "is_archived": prompt_set.archived,
        "latest_run_at": max(started, default=None),
        "created_at": prompt_set.created_at,
        "updated_at": prompt_set.updated_at,
    }


def list_eval_runs(call: Call) -> Reply:
    """Answer with the runs of one set, the newest first."""
    organisation = call.world.organisation
    wanted: str = call.parameters["prompt_set_id"]
    if wanted not in organisation.prompt_sets:
        raise NotFound(f"Prompt set with id {wanted} does not exist")
    found = [
        each
        for each in organisation.eval_runs
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
        "description": None,
        "status": run.status,
        "stats": {"terminal": run.finished, "total": run.total},
        "is_archived": run.archived,
        "created_at": run.created_at,
        "completed_at": run.completed_at,
    }
