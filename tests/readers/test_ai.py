"""The readers of the AI: against the sandbox over HTTP, and against answers written by hand."""

import pandas as pd
import pytest
from faults.given import client_of
from readers.reader_checks import (
    UNKNOWN_ID,
    Case,
    ask,
    check_a_new_key_is_kept,
    check_any_part_of_a_record,
    check_every_key_has_a_column,
    check_the_types_stay,
    cursor_page,
    moment,
    plain,
    sent,
    under,
    walk,
)
from scripted_server import answer

import omnipd
from omnipd_sandbox.server import Server

CONVERSATION = "11111111-2222-4333-8444-555555555555"
JOB = "22222222-2222-4333-8444-555555555555"
MODEL = "33333333-2222-4333-8444-555555555555"
PROMPT_SET = "44444444-2222-4333-8444-555555555555"
TIMES = {"createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-02-02T00:00:00Z"}
MOMENTS = {
    "created_at": pd.Timestamp("2026-01-02 03:04:05.678", tz="UTC"),
    "updated_at": pd.Timestamp("2026-02-02", tz="UTC"),
}
ROUTINE = {
    "id": "r1",
    "name": "Morning look",
    "description": "Before the meeting",
    "prompt": "What changed?",
    "modelId": "m1",
    "branchId": "b1",
    "topicName": "orders",
    "schedule": "0 7 ? * MON-FRI *",
    "timezone": "UTC",
    "destination": {
        "type": "email",
        "recipientEmails": ["a@b.example", "c@d.example"],
        "userGroupIds": ["mEhXj6ZI"],
    },
    "recipientCount": 3,
    "disabled": False,
    "systemDisabled": True,
    "systemDisabledReason": "noAccess",
    "lastRun": {"completedAt": "2026-02-01T07:00:01Z", "state": "COMPLETE", "label": "Delivered"},
    **TIMES,
}
ROUTINE_ROW = {
    "routine_id": "r1",
    "name": "Morning look",
    "description": "Before the meeting",
    "prompt": "What changed?",
    "model_id": "m1",
    "branch_id": "b1",
    "topic": "orders",
    "schedule": "0 7 ? * MON-FRI *",
    "timezone": "UTC",
    "destination_type": "email",
    "recipient_emails": "a@b.example,c@d.example",
    "user_group_ids": "mEhXj6ZI",
    "recipient_count": 3,
    "disabled": False,
    "system_disabled": True,
    "system_disabled_reason": "noAccess",
    "last_run_at": pd.Timestamp("2026-02-01 07:00:01", tz="UTC"),
    "last_run_state": "COMPLETE",
    "last_run_label": "Delivered",
    **MOMENTS,
}
CASES = [
    Case(
        "read_ai_conversations",
        {"id": "c1", "name": "Delays", "lastPrompt": "And by airline?", **TIMES},
        [{"conversation_id": "c1", "name": "Delays", "last_prompt": "And by airline?", **MOMENTS}],
        {"id": "c1"},
    ),
    Case(
        "read_ai_messages",
        {
            "role": "assistant",
            "text": "**Here** it is.",
            "createdAt": TIMES["createdAt"],
            "jobId": "j1",
            "omniChatUrl": "https://org.omni.co/chat/c1",
        },
        [
            {
                "conversation_id": CONVERSATION,
                "role": "assistant",
                "text": "**Here** it is.",
                "created_at": MOMENTS["created_at"],
                "job_id": "j1",
                "omni_chat_url": "https://org.omni.co/chat/c1",
            }
        ],
        {"role": "user"},
        under("messages", id=CONVERSATION, name=None, **TIMES),
        parents=([CONVERSATION],),
    ),
    Case("read_ai_routines", ROUTINE, [ROUTINE_ROW], {"id": "r1"}),
    Case(
        "read_ai_credit_controls",
        {
            "accountCreditLimit": 5000,
            "creditsUsed": 12.5,
            "downgradeCredits": 80,
            "shutoffCredits": 100,
            "userDefaultCredits": 5,
            "entityGroupDefaultCredits": 7,
            "periodStart": 1777593600000,
            "periodEnd": 1780272000000,
        },
        [
            {
                "account_credit_limit": 5000.0,
                "account_unlimited": False,
                "credits_used": 12.5,
                "downgrade_credits": 80.0,
                "shutoff_credits": 100.0,
                "user_default_credits": 5.0,
                "entity_group_default_credits": 7.0,
                "period_start_at": pd.Timestamp("2026-05-01", tz="UTC"),
                "period_end_at": pd.Timestamp("2026-06-01", tz="UTC"),
            }
        ],
        {},
        lambda record: record,
        always=True,
    ),
    Case(
        "read_ai_user_credit_limits",
        {"userId": "m1", "creditLimit": 100},
        [{"user_id": "m1", "credit_limit": 100.0, "unlimited": False}],
        {"userId": "m1"},
    ),
    Case(
        "read_ai_group_credit_limits",
        {"entity": "acme", "creditLimit": 100},
        [{"embed_entity": "acme", "credit_limit": 100.0, "unlimited": False}],
        {"entity": "acme"},
    ),
    Case(
        "read_ai_jobs",
        {
            "id": JOB,
            "organizationId": "o1",
            "userId": "m1",
            "modelId": MODEL,
            "branchId": "b1",
            "topicName": "orders",
            "conversationId": CONVERSATION,
            "prompt": "Which one?",
            "omniChatUrl": "https://org.omni.co/chat/c1",
            "state": "FAILED",
            "executionStartedAt": "2026-01-02T03:04:06Z",
            "progress": {"iteration": 2, "message": "Asking", "updatedAt": "2026-01-02T03:04:07Z"},
            "completedAt": "2026-01-02T03:04:08Z",
            "resultSummary": "# None",
            "error": {"message": "No such column", "code": "QUERY", "detail": "It is gone"},
            "cancelledAt": "2026-01-02T03:04:09Z",
            "cancelledBy": "m2",
            **TIMES,
        },
        [
            {
                "job_id": JOB,
                "state": "FAILED",
                "prompt": "Which one?",
                "conversation_id": CONVERSATION,
                "user_id": "m1",
                "organization_id": "o1",
                "model_id": MODEL,
                "branch_id": "b1",
                "topic": "orders",
                **MOMENTS,
                "execution_started_at": pd.Timestamp("2026-01-02 03:04:06", tz="UTC"),
                "progress_message": "Asking",
                "progress_iteration": 2,
                "progress_updated_at": pd.Timestamp("2026-01-02 03:04:07", tz="UTC"),
                "completed_at": pd.Timestamp("2026-01-02 03:04:08", tz="UTC"),
                "result_summary": "# None",
                "error_message": "No such column",
                "error_code": "QUERY",
                "error_detail": "It is gone",
                "cancelled_at": pd.Timestamp("2026-01-02 03:04:09", tz="UTC"),
                "cancelled_by_id": "m2",
                "omni_chat_url": "https://org.omni.co/chat/c1",
            }
        ],
        {"id": JOB},
        lambda record: record,
        parents=([JOB],),
        always=True,
    ),
    Case(
        "read_ai_agent_actions",
        {"kind": "skill", "label": "Trends", "prompt": "Skill: show them"},
        [{"model_id": MODEL, "kind": "skill", "label": "Trends", "prompt": "Skill: show them"}],
        {"label": "Trends"},
        under("records"),
        parents=([MODEL],),
    ),
    Case(
        "read_ai_prompt_sets",
        {
            "id": PROMPT_SET,
            "model_id": MODEL,
            "name": "Orders regression",
            "slug": "orders-regression",
            "description": "What people ask",
            "prompt_count": 12,
            "is_archived": True,
            "latest_run_at": "2026-02-03T00:00:00Z",
            "created_at": TIMES["createdAt"],
            "updated_at": TIMES["updatedAt"],
        },
        [
            {
                "prompt_set_id": PROMPT_SET,
                "model_id": MODEL,
                "name": "Orders regression",
                "slug": "orders-regression",
                "description": "What people ask",
                "prompt_count": 12,
                "is_archived": True,
                "latest_run_at": pd.Timestamp("2026-02-03", tz="UTC"),
                **MOMENTS,
            }
        ],
        {"id": PROMPT_SET},
        under("prompt_sets"),
    ),
    Case(
        "read_ai_eval_runs",
        {
            "id": "r1",
            "prompt_set_id": PROMPT_SET,
            "model_id": MODEL,
            "branch_id": "b1",
            "branch_name": "margin",
            "run_number": 3,
            "repeat_count": 2,
            "description": "After the change",
            "status": "COMPLETE",
            "stats": {"terminal": 8, "total": 12},
            "is_archived": False,
            "created_at": TIMES["createdAt"],
            "completed_at": TIMES["updatedAt"],
        },
        [
            {
                "prompt_set_id": PROMPT_SET,
                "run_id": "r1",
                "run_number": 3,
                "repeat_count": 2,
                "description": "After the change",
                "model_id": MODEL,
                "branch_id": "b1",
                "branch_name": "margin",
                "status": "COMPLETE",
                "prompts_done": 8,
                "prompts_total": 12,
                "is_archived": False,
                "created_at": MOMENTS["created_at"],
                "completed_at": MOMENTS["updated_at"],
            }
        ],
        {"id": "r1"},
        under("runs"),
        parents=([PROMPT_SET],),
    ),
    Case(
        "read_ai_prompts",
        {
            "id": "p1",
            "prompt_text": "Which one?",
            "expectation": "The first",
            "created_at": TIMES["createdAt"],
            "updated_at": TIMES["updatedAt"],
        },
        [
            {
                "prompt_set_id": PROMPT_SET,
                "prompt_id": "p1",
                "prompt_text": "Which one?",
                "expectation": "The first",
                **MOMENTS,
            }
        ],
        {"id": "p1"},
        lambda *records: {"prompt_set": {"id": PROMPT_SET, "prompts": list(records)}},
        parents=([PROMPT_SET],),
    ),
    Case(
        "read_ai_eval_results",
        {
            "id": "e1",
            "eval_prompt_id": "p1",
            "repeat_index": 0,
            "prompt": "Which one?",
            "expectation": "The first",
            "agentic_job": {"id": JOB, "conversation_id": CONVERSATION, "state": "COMPLETE"},
            "score": 0.9,
            "error_reason": "Too long",
            "timing_ms": 4321,
            "ai_timing_ms": 4121,
            "tool_timing_ms": 200,
            "query_timing_ms": 100,
            "query_count": 4,
            "cost": 0.0021,
            "scoring_cost": 0,
        },
        [
            {
                "run_id": "r1",
                "result_id": "e1",
                "prompt_id": "p1",
                "repeat_index": 0,
                "prompt": "Which one?",
                "expectation": "The first",
                "score": 0.9,
                "error_reason": "Too long",
                "job_id": JOB,
                "job_state": "COMPLETE",
                "conversation_id": CONVERSATION,
                "timing_ms": 4321,
                "ai_timing_ms": 4121,
                "tool_timing_ms": 200,
                "query_timing_ms": 100,
                "query_count": 4,
                "cost": 0.0021,
                "scoring_cost": 0.0,
            }
        ],
        {"id": "e1"},
        lambda *records: {"run": {"id": "r1", "results": list(records)}},
        parents=(["r1"],),
    ),
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
# What Omni may still change: a new key there is kept without a warning.
OPEN = {
    "read_ai_agent_actions",
    "read_ai_prompt_sets",
    "read_ai_prompts",
    "read_ai_eval_runs",
    "read_ai_eval_results",
}


@each_case
def test_every_key_of_a_record_has_its_column(case, scripted):
    check_every_key_has_a_column(case, scripted)


@each_case
def test_the_types_are_the_same_whatever_comes(case, scripted):
    check_the_types_stay(case, scripted)


@each_case
def test_any_part_of_a_record_gives_the_same_types(case, scripted):
    check_any_part_of_a_record(case, scripted)


@each_case
def test_a_key_that_nobody_knows_is_kept(case, scripted):
    if case.name not in OPEN:
        check_a_new_key_is_kept(case, scripted)
        return
    df = case.read(scripted, case.with_something_new())
    assert df["extra"].tolist() == ['{"brandNew":{"a":[1,null]}}']


# --- older shapes


def test_conversations_of_the_older_documentation_are_the_same(scripted):
    case = CASES[0]
    older = {**case.full, "lastUserPrompt": case.full["lastPrompt"]}
    del older["lastPrompt"]
    scripted.script(answer(cursor_page(older, key="data")))
    with client_of(scripted):
        df = omnipd.read_ai_conversations()
    assert plain(df) == [{**case.rows[0], "extra": None}]


def test_conversations_of_an_older_server_are_read(tmp_path):
    with Server(old_shapes=True) as server:
        client = omnipd.connect(
            server.url, server.api_key, requests_per_minute=None, cache_dir=tmp_path
        )
        df = omnipd.read_ai_conversations(client=client)
        raw = walk(server, "/api/v1/ai/conversations")
        client.close()
    assert [row["last_prompt"] for row in plain(df)] == [one["lastUserPrompt"] for one in raw]
    assert len(df) == 25


def test_a_routine_with_plain_destination_and_last_run_is_read(scripted):
    older = {**ROUTINE, "destination": "slack", "lastRun": "2026-02-01T07:00:01Z"}
    scripted.script(answer(cursor_page(older)))
    with client_of(scripted):
        [row] = plain(omnipd.read_ai_routines())
    unsaid = dict.fromkeys(
        ["recipient_emails", "user_group_ids", "last_run_state", "last_run_label", "extra"]
    )
    assert row == {**ROUTINE_ROW, **unsaid, "destination_type": "slack"}


def test_what_else_a_destination_holds_is_in_no_column(scripted):
    webhook = {"type": "slack", "webhookUrl": "https://hooks.example/a-secret"}
    scripted.script(answer(cursor_page({**ROUTINE, "destination": webhook})))
    with client_of(scripted):
        df = omnipd.read_ai_routines()
    assert "a-secret" not in str(df.to_dict())


def test_a_lifted_limit_differs_from_one_that_is_not_said(scripted):
    scripted.script(answer(cursor_page({"userId": "a", "creditLimit": None}, {"userId": "b"})))
    with client_of(scripted):
        df = omnipd.read_ai_user_credit_limits()
    assert [row["unlimited"] for row in plain(df)] == [True, None]
    assert df["credit_limit"].isna().all()


# --- the sandbox


def test_conversations_and_messages_are_those_of_a_hand_written_walk(omni, server):
    raw = walk(server, "/api/v1/ai/conversations")
    df = omnipd.read_ai_conversations()
    assert plain(df) == [
        {
            "conversation_id": one["id"],
            "name": one["name"],
            "last_prompt": one["lastPrompt"],
            "created_at": moment(one["createdAt"]),
            "updated_at": moment(one["updatedAt"]),
            "extra": None,
        }
        for one in raw
    ]
    few = df.head(6)
    messages = omnipd.read_ai_messages(few)
    assert plain(messages) == [
        {
            "conversation_id": one,
            "role": said["role"],
            "text": said["text"],
            "created_at": moment(said["createdAt"]),
            "job_id": said.get("jobId"),
            "omni_chat_url": said.get("omniChatUrl"),
            "extra": None,
        }
        for one in few["conversation_id"]
        for said in ask(server, f"/api/v1/ai/conversations/{one}")["messages"]
    ]
    assert set(messages["role"]) == {"user", "assistant"}
    pd.testing.assert_frame_equal(omnipd.read_ai_messages(few["conversation_id"]), messages)
    pd.testing.assert_frame_equal(
        omnipd.read_ai_messages(few["conversation_id"].tolist()), messages
    )


def test_a_conversation_that_nobody_had_fails_all_or_is_named(omni):
    [known] = omnipd.read_ai_conversations(limit=1)["conversation_id"]
    with pytest.raises(omnipd.NotFoundError):
        omnipd.read_ai_messages([known, UNKNOWN_ID])
    with pytest.warns(omnipd.OmniWarning, match="1 of 2"):
        df = omnipd.read_ai_messages([known, UNKNOWN_ID], errors="collect")
    assert set(df["conversation_id"]) <= {known}
    assert list(df.attrs["omni"]["failures"]) == [UNKNOWN_ID]


def test_routines_are_those_of_a_hand_written_walk(omni, server):
    raw = walk(server, "/api/v1/ai/routines")
    df = omnipd.read_ai_routines()
    assert plain(df[["routine_id", "name", "description", "prompt", "model_id", "topic"]]) == [
        {
            "routine_id": one["id"],
            "name": one["name"],
            "description": one["description"],
            "prompt": one["prompt"],
            "model_id": one["modelId"],
            "topic": one["topicName"],
        }
        for one in raw
    ]
    assert df["recipient_count"].tolist() == [one["recipientCount"] for one in raw]
    assert df["extra"].isna().all()
    assert set(df["model_id"]) <= set(server.models.values())


def test_credits_are_those_that_the_server_sends(omni, server):
    raw = ask(server, "/api/v1/ai/credit-controls")
    [row] = plain(omnipd.read_ai_credit_controls())
    assert row == {
        "account_credit_limit": raw["accountCreditLimit"],
        "account_unlimited": False,
        "credits_used": raw["creditsUsed"],
        "downgrade_credits": raw["downgradeCredits"],
        "shutoff_credits": None,
        "user_default_credits": raw["userDefaultCredits"],
        "entity_group_default_credits": None,
        "period_start_at": moment("2026-05-01T00:00:00Z"),
        "period_end_at": moment("2026-06-01T00:00:00Z"),
        "extra": None,
    }


@pytest.mark.parametrize(
    ("name", "path", "key", "column"),
    [
        ("read_ai_user_credit_limits", "users", "userId", "user_id"),
        ("read_ai_group_credit_limits", "entity-groups", "entity", "embed_entity"),
    ],
)
def test_limits_are_those_of_a_hand_written_walk(omni, server, name, path, key, column):
    raw = walk(server, f"/api/v1/ai/credit-controls/{path}")
    assert plain(getattr(omnipd, name)()) == [
        {
            column: one[key],
            "credit_limit": one["creditLimit"],
            "unlimited": one["creditLimit"] is None,
            "extra": None,
        }
        for one in raw
    ]
    assert None in [one["creditLimit"] for one in raw]


def test_jobs_are_those_behind_the_answers(omni, server):
    messages = omnipd.read_ai_messages(omnipd.read_ai_conversations(limit=8))
    answers = messages[messages["role"] == "assistant"]
    jobs = omnipd.read_ai_jobs(messages)
    assert plain(jobs[["job_id", "conversation_id", "result_summary", "completed_at"]]) == [
        {
            "job_id": one["job_id"],
            "conversation_id": one["conversation_id"],
            "result_summary": one["text"],
            "completed_at": one["created_at"],
        }
        for one in plain(answers)
    ]
    assert set(jobs["model_id"]) == set(server.models.values())
    assert set(jobs["user_id"]) <= set(omnipd.read_users()["user_id"])
    assert jobs["extra"].isna().all()


def test_actions_are_those_of_the_model_and_its_topics(omni, server):
    df = omnipd.read_ai_agent_actions([server.models["flights"], server.models["orders"]])
    assert set(df["model_id"]) == {server.models["flights"]}  # the other one offers nothing
    assert (
        plain(df[["kind", "label", "prompt"]])
        == ask(server, f"/api/v1/models/{server.models['flights']}/ai-agent-actions")["records"]
    )
    assert set(df["kind"]) == {"sample", "skill"}


def test_runs_are_those_of_their_sets(omni, server):
    sets = pd.concat([omnipd.read_ai_prompt_sets(), omnipd.read_ai_prompt_sets(archived=True)])
    assert sets["is_archived"].tolist() == [False, False, True, True]
    assert set(sets["model_id"]) == set(server.models.values())
    for archived in (False, True):
        runs = omnipd.read_ai_eval_runs(sets, archived=archived)
        wire = str(archived).lower()
        assert plain(runs[["prompt_set_id", "run_id", "run_number", "prompts_done"]]) == [
            {
                "prompt_set_id": one,
                "run_id": run["id"],
                "run_number": run["run_number"],
                "prompts_done": run["stats"]["terminal"],
            }
            for one in sets["prompt_set_id"]
            for run in ask(server, "/api/v1/ai/eval/runs", prompt_set_id=one, archived=wire)["runs"]
        ]
        assert set(runs["is_archived"]) == {archived}
        assert runs["extra"].isna().all()
    newest = omnipd.read_ai_eval_runs(sets).groupby("prompt_set_id")["created_at"].max()
    known = sets.set_index("prompt_set_id")["latest_run_at"]
    assert (known >= newest.reindex(known.index)).all()


def test_results_are_those_of_their_runs_and_prompts(omni, server):
    sets = omnipd.read_ai_prompt_sets()
    runs = omnipd.read_ai_eval_runs(sets)
    results = omnipd.read_ai_eval_results(runs)
    judged = results.groupby("run_id")["score"].agg(["count", "size"])
    stats = runs.set_index("run_id")[["prompts_done", "prompts_total"]]
    assert judged.reindex(stats.index).values.tolist() == stats.values.tolist()
    prompts = omnipd.read_ai_prompts(sets)
    asked = results.merge(prompts, on="prompt_id", validate="m:1")
    assert len(asked) == len(results)
    assert (asked["prompt"] == asked["prompt_text"]).all()
    assert prompts.groupby("prompt_set_id").size().to_dict() == dict(
        zip(sets["prompt_set_id"], sets["prompt_count"], strict=True)
    )
    few = results.drop_duplicates("job_id").head(5)
    jobs = omnipd.read_ai_jobs(few)
    assert jobs["prompt"].tolist() == few["prompt"].tolist()
    assert jobs["conversation_id"].tolist() == few["conversation_id"].tolist()
    one = ask(server, f"/api/v1/ai/eval/runs/{runs['run_id'][0]}")["run"]["results"]
    of_one = results[results["run_id"] == runs["run_id"][0]]
    assert of_one["timing_ms"].tolist() == [each["timing_ms"] for each in one]
    assert results["extra"].isna().all()


def test_each_set_has_a_place_of_its_own_in_the_cache(server):
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None):
        sets = omnipd.read_ai_prompt_sets()["prompt_set_id"].tolist()
        first = omnipd.read_ai_eval_runs(sets)
        before = len(server.requests)
        pd.testing.assert_frame_equal(omnipd.read_ai_eval_runs(sets), first)
        assert len(server.requests) == before
        assert omnipd.read_ai_eval_runs(sets[1])["prompt_set_id"].unique().tolist() == sets[1:]


def test_a_set_that_nobody_made_fails_all_or_is_named(omni):
    [known] = omnipd.read_ai_prompt_sets(limit=1)["prompt_set_id"]
    with pytest.raises(omnipd.NotFoundError) as error:
        omnipd.read_ai_eval_runs([known, UNKNOWN_ID])
    assert set(error.value.partial["prompt_set_id"]) == {known}
    with pytest.warns(omnipd.OmniWarning, match="1 of 2"):
        df = omnipd.read_ai_eval_runs([known, UNKNOWN_ID], errors="collect")
    assert set(df["prompt_set_id"]) == {known}
    assert list(df.attrs["omni"]["failures"]) == [UNKNOWN_ID]


# --- parameters

FOR_ONE = ["read_ai_conversations", "read_ai_routines"]


@pytest.mark.parametrize("name", FOR_ONE)
def test_one_person_can_be_asked_for_by_argument_or_by_client(server, name):
    user = server.organization.token_holder.membership_id
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None):
        before = len(server.requests)
        own = getattr(omnipd, name)()
        theirs = getattr(omnipd, name)(user_id=user)
    assert [query for _, query in sent(server, before)] == [
        {"pageSize": "100"},
        {"pageSize": "100", "userId": user},
    ]
    assert 0 < len(theirs) < len(own)
    with omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, user_id=user, cache=False
    ):
        pd.testing.assert_frame_equal(getattr(omnipd, name)(), theirs)


def test_limit_takes_the_first_rows(omni):
    whole = omnipd.read_ai_user_credit_limits()
    few = omnipd.read_ai_user_credit_limits(limit=2, refresh=True)
    pd.testing.assert_frame_equal(few, whole.head(2))


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("read_ai_conversations", {"user_id": ".."}, "user_id='..' is not an id"),
        ("read_ai_routines", {"user_id": ".."}, "user_id='..' is not an id"),
        ("read_ai_routines", {"limit": -1}, "1 or more"),
        ("read_ai_messages", {"conversations": [7]}, "is not a conversation_id"),
        ("read_ai_messages", {"conversations": "x", "errors": "skip"}, "errors='skip'"),
        ("read_ai_user_credit_limits", {"limit": 0}, "1 or more"),
        ("read_ai_jobs", {"jobs": [7]}, "is not a job_id"),
        ("read_ai_agent_actions", {"models": [""]}, "is not a model_id"),
        ("read_ai_prompt_sets", {"archived": "false"}, "must be True or False"),
        ("read_ai_eval_runs", {"prompt_sets": "x", "archived": 1}, "must be True or False"),
        ("read_ai_eval_runs", {"prompt_sets": "x", "errors": "skip"}, "errors='skip'"),
    ],
)
def test_bad_arguments_are_refused_by_name_before_anything_is_sent(
    omni, server, name, arguments, message
):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match=message):
        getattr(omnipd, name)(**arguments)
    assert len(server.requests) == before


@pytest.mark.parametrize(
    "name",
    ["read_ai_credit_controls", "read_ai_user_credit_limits", "read_ai_group_credit_limits"],
)
def test_a_key_that_may_not_is_told(server, name):
    with (
        omnipd.connect(server.url, server.personal_key, requests_per_minute=None),
        pytest.raises(omnipd.ForbiddenError),
    ):
        getattr(omnipd, name)()
