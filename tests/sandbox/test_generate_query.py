"""The AI of the sandbox: a written list of prompts, each with a query that runs."""

import base64
import json

import pyarrow as pa
import pytest
from queries.query_cases import FLIGHTS, ORDERS

from omnipd_sandbox.invention.prompts import known_prompts
from omnipd_sandbox.organization.models import ModelReference

PATH = "/api/v1/ai/generate-query"
PROMPTS = [
    (model, prompt)
    for model, name in ((FLIGHTS, "flights"), (ORDERS, "orders"))
    for known in known_prompts(ModelReference(model, name, model))
    for prompt in known.prompts
]


@pytest.fixture
def ask(wire):
    def send(model=ORDERS, prompt="Revenue by state", *, address=None, on=wire, **rest):
        body = {"modelId": model, "prompt": prompt, **rest}
        return on.ask("POST", PATH, address, body=json.dumps(body))

    return send


def member(server, role):
    users = server.organization.users.values()
    return next(user.membership_id for user in users if user.model_role == role)


def test_every_prompt_is_known_once():
    assert len(PROMPTS) == len(set(PROMPTS)) > 25


@pytest.mark.parametrize(("model", "prompt"), PROMPTS, ids=lambda one: one.replace("\n", " "))
def test_a_prompt_gives_a_query_that_can_be_run(ask, wire, model, prompt):
    answer = ask(model, prompt, runQuery=False)
    assert (answer.status, answer.json["error"]) == (200, None)
    assert "result" not in answer.json
    query = answer.json["query"]
    assert query["modelId"] == model
    assert query["join_paths_from_topic_name"] == answer.json["topic"]
    assert query["table"] == answer.json["baseView"]
    ran = wire.ask("POST", "/api/v1/query/run", body=json.dumps({"query": query}))
    job = json.loads(ran.body.decode().splitlines()[1])
    if "as SQL" in prompt and model == ORDERS:
        # A topic is a table to the AI alone.
        assert "Could not substitute Omni SQL" in job["error_message"]
    elif "Months by running total" in prompt:
        assert '"sorts" by a calculation' in job["error_message"]
    else:
        assert (job["status"], job["summary"]["missing_fields"]) == ("COMPLETE", [])
        rows = pa.ipc.open_stream(base64.b64decode(job["result"])).read_all()
        assert rows.num_rows > 0


def test_what_the_invented_people_asked_is_known(server):
    asked = {
        message.text
        for conversation in server.organization.conversations.values()
        for message in conversation.messages
        if message.role == "user"
    }
    assert len(asked) > 5
    assert asked <= {prompt for _, prompt in PROMPTS}


def test_the_rows_come_with_the_query_unless_they_are_not_wanted(ask):
    answer = ask(FLIGHTS, "flights BY  origin?").json
    assert answer["topic"] == "flights"
    assert answer["result"] == {
        "rows": [
            {"Origin": "EWR", "Flights": 120_835},
            {"Origin": "JFK", "Flights": 111_279},
            {"Origin": "LGA", "Flights": 104_662},
        ]
    }


def test_sql_of_the_ai_may_name_a_topic_as_a_table(ask):
    answer = ask(prompt="Revenue by status, as SQL").json
    assert "${orders}" in answer["query"]["userEditedSQL"]
    assert answer["error"] is None
    assert len(answer["result"]["rows"]) > 2


def test_a_query_that_was_made_and_fails_is_told_beside_it(ask):
    answer = ask(prompt="Months by running total of revenue")
    assert answer.status == 200
    assert answer.json["query"]["calculations"]
    assert "result" not in answer.json
    assert set(answer.json["error"]) == {"message", "detail"}
    assert '"sorts" by a calculation' in answer.json["error"]["detail"]


def test_an_unknown_prompt_gives_no_query(ask):
    answer = ask(prompt="What is the meaning of it all?")
    assert (answer.status, set(answer.json)) == (400, {"detail", "status"})
    assert ask(prompt="").status == 400


def test_a_topic_narrows_the_answer_down(ask):
    assert ask(currentTopicName="orders").status == 200
    assert ask(currentTopicName="users").status == 400
    assert ask(currentTopicName="nothing").status == 404
    assert ask(currentTopicName="").status == 200


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        ({"prompt": None}, "prompt: Required"),
        ({"prompt": 5}, "prompt: Expected string, received number"),
        ({"model": None}, "modelId: Required"),
        ({"model": "orders"}, "modelId: Invalid uuid"),
        ({"runQuery": "no"}, "runQuery: Expected boolean, received string"),
        ({"currentTopicName": 1}, "currentTopicName: Expected string, received number"),
        ({"contextQuery": {}}, "contextQuery: the sandbox does not look at contextQuery"),
    ],
)
def test_a_wrong_body_is_400(ask, changed, detail):
    answer = ask(**changed)
    assert (answer.status, answer.json["detail"]) == (400, f"Bad Request: {detail}")


def test_a_model_that_is_not_there_is_404_and_one_that_is_not_shared_400(ask, server):
    nobody = "2c1f1f6e-1f9b-4a53-9d0d-0d9a3f6f5a11"
    assert ask(nobody).status == 404
    assert ask(branchId=nobody).status == 404
    schema = next(
        model.id for model in server.organization.models.values() if model.kind == "SCHEMA"
    )
    assert ask(schema).json["detail"] == "Bad Request: modelId: Model must be a shared model"


def test_credits_that_are_used_up_are_402(serve, connect, ask):
    answer = ask(on=connect(serve(documents=0, ai_credits_exhausted=True)))
    assert (answer.status, answer.json["status"]) == (402, 402)


def test_the_acting_user_must_be_allowed_to_query(ask, server):
    for role, status in (("VIEWER", 403), ("NO_ACCESS", 403), ("QUERY_TOPICS", 200)):
        assert ask(address={"userId": member(server, role)}).status == status
        assert ask(userId=member(server, role)).status == status
    both = member(server, "QUERIER")
    assert ask(userId=both, address={"userId": both}).status == 400


def test_rows_need_the_query_api_and_a_query_alone_does_not(serve, connect, ask):
    wire = connect(serve(documents=0, feature_flag_off=True))
    assert ask(on=wire).json == {"detail": "Feature not enabled", "status": 403}
    assert ask(on=wire, runQuery=False).status == 200


def test_a_workbook_is_made_on_demand(ask):
    assert ask(workbookUrl=True).json["workbookUrl"].startswith("https://")
    assert "workbookUrl" not in ask().json


def test_old_addresses_and_old_shapes(wire, serve, connect, ask):
    body = json.dumps({"modelId": ORDERS, "prompt": "Revenue by state", "runQuery": False})
    old = wire.ask("POST", "/api/unstable/ai/generate-query", body=body)
    assert old.json == ask(runQuery=False).json
    shaped = ask(on=connect(serve(documents=0, old_shapes=True)), runQuery=False).json["query"]
    assert shaped["model_job"]["model_id"] == ORDERS
    assert shaped["model_job"]["fields"] == old.json["query"]["fields"]
