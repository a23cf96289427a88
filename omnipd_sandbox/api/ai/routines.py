"""Prompts that run by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.calls.paging import Order, cut_page
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.ai import Routine


def list_routines(call: Call) -> Reply:
    """Answer with one page of a member's routines, the newest first."""
    organization = call.world.organization
    user = acting_user(call.caller, call.parameters["userId"], organization)

    def found() -> Iterable[Routine]:
        return (each for each in organization.routines if each.user_id == user.membership_id)

    order: Order[Routine] = Order(
        rank=lambda each: each.created_at, identity=lambda each: each.id, descending=True
    )
    page, info = cut_page(call, found, order)
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
