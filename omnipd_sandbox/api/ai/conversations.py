"""Conversations with the AI, and the jobs that answered."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.calls.paging import Order, cut_page
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.http.refusals import NotFound
from omnipd_sandbox.http.reply import Document, Reply, json_reply, to_json
from omnipd_sandbox.organization.conversations import Conversation, Message
from omnipd_sandbox.organization.organization import ORGANIZATION_ID, WEB_ADDRESS


def list_conversations(call: Call) -> Reply:
    """Answer with one page of a member's conversations, the latest first."""
    organization = call.world.organization
    user = acting_user(call.caller, call.parameters["userId"], organization)

    def found() -> Iterable[Conversation]:
        everything = organization.conversations.values()
        return (each for each in everything if each.user_id == user.membership_id)

    order: Order[Conversation] = Order(
        rank=lambda each: each.updated_at, identity=lambda each: each.id, descending=True
    )
    page, info = cut_page(call, found, order)
    old = call.world.behavior.old_shapes
    records = [_record(each, old=old) for each in page]
    return json_reply({"data" if old else "records": records, "pageInfo": info})


def show_conversation(call: Call) -> Reply:
    """Answer with one conversation and all that was said in it."""
    conversation_id = uuid_in_path(call, "conversationId")
    conversation = call.world.organization.conversations.get(conversation_id)
    caller = call.caller
    if conversation is None or (
        caller.key_scope == "user" and conversation.user_id != caller.user.membership_id
    ):
        raise NotFound(f"Conversation with id {conversation_id} does not exist")
    record = _record(conversation, old=call.world.behavior.old_shapes)
    messages = [_message(each, conversation) for each in conversation.messages]
    return json_reply(record | {"messages": messages})


def show_job(call: Call) -> Reply:
    """Answer with the job behind one answer; all of them are done."""
    return json_reply(_job(*_find_job(call)))


def show_job_result(call: Call) -> Reply:
    """Answer with what a job came to; no query of it was run, so that there are no rows."""
    _, answer, conversation = _find_job(call)
    result = {
        "actions": [
            {"type": "summarize", "message": answer.text, "timestamp": answer.created_at},
        ],
        "message": answer.text,
        "omniChatUrl": _address(conversation),
        "resultSummary": answer.text,
        "topic": answer.topic,
    }
    if call.world.behavior.ai_result_type == "json":
        return json_reply(result)
    return Document(to_json(result), content_type="application/octet-stream")


def _find_job(call: Call) -> tuple[Message, Message, Conversation]:
    """Return the prompt of a job, its answer, and the conversation that they stand in."""
    job_id = uuid_in_path(call, "jobId")
    caller = call.caller
    for conversation in call.world.organization.conversations.values():
        own = conversation.user_id == caller.user.membership_id
        for prompt, answer in pairwise(conversation.messages):
            if answer.job_id == job_id and (own or caller.key_scope == "organization"):
                return prompt, answer, conversation
    raise NotFound(f"Job with id {job_id} does not exist")


def _job(prompt: Message, answer: Message, conversation: Conversation) -> dict[str, Any]:
    return {
        "id": answer.job_id,
        "organizationId": ORGANIZATION_ID,
        "userId": conversation.user_id,
        "modelId": answer.model and answer.model.id,
        "branchId": None,
        "topicName": answer.topic,
        "conversationId": conversation.id,
        "prompt": prompt.text,
        "omniChatUrl": _address(conversation),
        "createdAt": prompt.created_at,
        "updatedAt": answer.created_at,
        "state": "COMPLETE",
        "executionStartedAt": prompt.created_at,
        "progress": None,
        "completedAt": answer.created_at,
        "resultSummary": answer.text,
    }


def _address(conversation: Conversation) -> str:
    return f"{WEB_ADDRESS}/chat/{conversation.id}"


def _record(conversation: Conversation, *, old: bool) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "name": conversation.name,
        "lastUserPrompt" if old else "lastPrompt": conversation.last_prompt,
        "createdAt": conversation.created_at,
        "updatedAt": conversation.updated_at,
    }


def _message(message: Message, conversation: Conversation) -> dict[str, Any]:
    record = {"role": message.role, "text": message.text, "createdAt": message.created_at}
    if message.job_id is None:
        return record
    return record | {"jobId": message.job_id, "omniChatUrl": _address(conversation)}
