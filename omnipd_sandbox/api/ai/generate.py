"""From a question to a query: ``POST /ai/generate-query``, out of a written list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.api.query.display import shown
from omnipd_sandbox.api.query.outcome import message, plan, result
from omnipd_sandbox.api.query.planned_model import planned_model
from omnipd_sandbox.api.query.request import QueryRequest, unreadable_filter
from omnipd_sandbox.api.query.result_file import records
from omnipd_sandbox.api.query.run import acting_for, check_query_api, workbook_address
from omnipd_sandbox.calls.body import read_object
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, anything, boolean, record, text, uuid
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.http.refusals import BadRequest, Forbidden, NotFound, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply, without_nulls
from omnipd_sandbox.organization.attributes import effective_values
from omnipd_sandbox.organization.prompts import KnownPrompt, find_prompt
from omnipd_sandbox.organization.records import User
from omnipd_sandbox.refused_query import BadFilter, Refused

_KEYS = {
    "prompt": Key(text(), required=True),
    "modelId": Key(uuid, required=True),
    "currentTopicName": Key(text()),
    "runQuery": Key(boolean, True),
    "workbookUrl": Key(boolean, False),
    "userId": Key(uuid, None),
    "branchId": Key(uuid, None),
    "contextQuery": Key(anything),
    # Taken and without effect: no prompt of the list leaves the topics.
    "queryAllViews": Key(boolean),
}


@dataclass(frozen=True)
class _Asked:
    """Hold what was asked, checked."""

    model_id: str
    prompt: str
    topic: str | None
    run: bool
    workbook_url: bool
    branch_id: str | None
    user_id: str | None


def generate_query(call: Call) -> Reply:
    """Answer with a query, and with its rows unless they are not wanted."""
    asked = _read(call.request.body)
    user = acting_for(call, asked.user_id)
    shared = _model(call, asked)
    permissions = call.world.permissions_on(shared.id, user)
    model: Model = planned_model(call, shared.id, asked.branch_id) or shared
    if not {"USE_AI", "QUERY_TOPICS"} <= permissions:
        raise Forbidden
    if asked.run:
        check_query_api(call)
    if asked.topic is not None and asked.topic not in model.topics:
        raise NotFound(f"Topic {asked.topic} not found")
    if call.world.behavior.ai_credits_exhausted:
        raise RefusedRequest(402, "The AI credits of this organization are used up")
    known = find_prompt(call.organization.prompts, shared.id, asked.prompt, asked.topic)
    # A branch may do without the topic; so may a model that has the name of a bundled one.
    if known is None or known.topic not in model.topics:
        raise RefusedRequest(400, "No query generated: the sandbox does not know this prompt")

    base_view = model.topics[known.topic].base_view
    query = _query(known, model.id, base_view)
    answer: dict[str, Any] = {
        "query": _old_shape(query) if call.world.behavior.old_shapes else query,
        "topic": known.topic,
        "baseView": base_view,
        "error": None,
    }
    if asked.run:
        answer |= _outcome(call, query, known.topic, user, model)
    if asked.workbook_url and "USE_WORKBOOKS" in permissions:
        answer["workbookUrl"] = workbook_address(call.world.jobs.next_id())
    return json_reply(answer)


def _read(body: bytes) -> _Asked:
    given = record(_KEYS)(without_nulls(read_object(body)))
    if "contextQuery" in given:
        raise BadRequest("the sandbox does not look at contextQuery", at="contextQuery")
    return _Asked(
        model_id=given["modelId"],
        prompt=given["prompt"],
        topic=given.get("currentTopicName") or None,
        run=given["runQuery"],
        workbook_url=given["workbookUrl"],
        user_id=given["userId"],
        branch_id=given["branchId"],
    )


def _model(call: Call, asked: _Asked) -> Any:
    model = call.world.engine.models.get(asked.model_id)
    if model is not None:
        return model
    if asked.model_id in call.world.organization.models:
        raise BadRequest("Model must be a shared model", at="modelId")
    raise NotFound(f"Model {asked.model_id} not found")


def _query(known: KnownPrompt, model_id: str, base_view: str) -> dict[str, Any]:
    """Give a query in full, as ``query/run`` takes it."""
    return {
        "modelId": model_id,
        "table": base_view,
        "join_paths_from_topic_name": known.topic,
        "fields": [],
        "calculations": [],
        "filters": {},
        "sorts": [],
        "limit": 1000,
        "pivots": [],
        "fill_fields": [],
        "column_totals": {},
        "row_totals": {},
        "userEditedSQL": "",
        "default_group_by": True,
        "version": 9,
        **without_nulls(known.query),
    }


def _old_shape(query: Mapping[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in query.items() if key != "modelId"}
    return {"model_job": {"model_id": query["modelId"], **rest}}


def _outcome(
    call: Call, query: Mapping[str, Any], topic: str, user: User, model: Model
) -> dict[str, Any]:
    """Run a query; what fails now is told beside the query, not in its place."""
    # A topic's name in the SQL means its base view, here and nowhere else (docs/wire.md).
    sql = query["userEditedSQL"].replace(f"${{{topic}}}", f"${{{query['table']}}}")
    request = QueryRequest(
        query={**query, "userEditedSQL": sql},
        cache="SkipRequery",
        plan_only=False,
        workbook_url=False,
        user_id=None,
        branch_id=None,
    )
    view_sql = "VIEW_SQL" in call.world.permissions_on(model.id, user)
    try:
        submission = plan(
            request,
            effective_values(user, call.world.organization.attributes),
            may_view_sql=view_sql,
            world=call.world,
            model=model,
        )
    except BadFilter:
        raise unreadable_filter() from None
    try:
        table, _ = result(submission, call.world)
    except Refused as refusal:
        detail = message(refusal, submission)
        return {"error": {"message": "The query could not be run", "detail": detail}}
    assert not isinstance(submission.outcome, Refused)  # noqa: S101 - it has a result
    rows = records(shown(table, submission.outcome.fields, formatted=False))
    return {"result": {"rows": rows}}
