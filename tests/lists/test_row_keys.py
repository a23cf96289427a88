"""Rows are told from others by the keys that Omni promises, and by all that they hold where it promises none."""

import urllib.request

import pytest
from declared_lists import declared_lists
from faults.given import client_of
from scripted_server import answer

import omnipd
from omnipd.lists.fanout import FanOut
from omnipd_sandbox.server import Server

#: Lists whose key the specification promises, or whose key omnipd makes of what it promises.
PROMISED = {
    "API_KEYS",
    "CONNECTIONS",
    "CONNECTION_ENVIRONMENTS",
    "CONNECTION_SCHEDULES",
    "CONTENT",
    "DASHBOARD_FILTERS",
    "DBT_ENVIRONMENTS",
    "DBT_EXPOSURES",
    "DOCUMENTS",
    "DOCUMENT_CONTROLS",
    "DOCUMENT_QUERIES",
    "DOCUMENT_TILES",
    "EMAIL_ONLY_USERS",
    "EMBED_USERS",
    "FOLDERS",
    "GROUPS",
    "GROUP_MEMBERS",
    "LABELS",
    "MODELS",
    "SCHEDULES",
    "TOPICS",
    "UPLOADS",
    "USERS",
    "USER_ATTRIBUTES",
    "USER_ATTRIBUTE_VALUES",
    "VIEWS",
    "TOPIC_FIELDS",
    "LABEL_LIST",
    "MODEL_FILES",
    "SCHEDULE_RECIPIENTS",
    "SCHEMAS",
    "WHOAMI_ROLES",
    "_ALL_FOLDERS",
    "_OF_STATE",
    "_WITH_MEMBERS",
}

MODEL = "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613"


def lists():
    return {
        name: one.endpoint if isinstance(one, FanOut) else one for name, one in declared_lists()
    }


LISTS = lists()


def test_each_list_with_a_key_is_one_or_the_other():
    refused = {name for name, one in LISTS.items() if one.key and one.keyless == "refused"}
    assert refused <= PROMISED, "look into the specification, and say what a row without the key is"


def relationship(left, **more):
    return {"left_view_name": left, "right_view_name": "users", "join_type": "ALWAYS_LEFT"} | more


def read_relationships(scripted, *given):
    scripted.script(answer({"topic": {"name": "t", "relationships": list(given)}}))
    with client_of(scripted, cache=False) as client:
        return omnipd.read_relationships((MODEL, "t"), client=client)


def test_relationships_without_an_id_are_read(scripted):
    df = read_relationships(scripted, relationship("orders"), relationship("items"))
    assert df["left_view"].tolist() == ["orders", "items"]
    assert df["relationship_id"].isna().all()
    assert df.attrs["omni"]["duplicates_checked"] is True


def test_rows_without_their_key_that_are_alike_are_still_found(scripted):
    with pytest.raises(omnipd.IncompleteReadError, match="came twice"):
        read_relationships(scripted, relationship("orders"), relationship("orders"))


def test_a_row_with_a_key_and_one_without_are_two(scripted):
    df = read_relationships(scripted, relationship("orders", id="r1"), relationship("orders"))
    assert len(df) == 2


def test_a_key_that_comes_twice_is_found_whatever_else_the_rows_hold(scripted):
    with pytest.raises(omnipd.IncompleteReadError, match="came twice"):
        read_relationships(
            scripted, relationship("orders", id="r1"), relationship("items", id="r1")
        )


def test_permits_that_do_not_say_whose_they_are_are_kept_and_said_to_be_unchecked(scripted):
    scripted.script(answer({"permits": [{"role": "VIEWER"}, {"role": "VIEWER"}]}))
    with client_of(scripted) as client:
        df = omnipd.read_folder_permissions("f1", client=client)
    assert len(df) == 2
    assert df.attrs["omni"]["duplicates_checked"] is False


@pytest.mark.failure("no-rows")
def test_a_list_whose_key_is_promised_refuses_a_row_without_it(scripted):
    scripted.script(answer({"records": [{"name": "a"}], "pageInfo": {"hasNextPage": False}}))
    with (
        client_of(scripted) as client,
        pytest.raises(omnipd.ResponseError, match="none of its keys"),
    ):
        omnipd.read_models(client=client)


def client_to(server):
    return omnipd.connect(server.url, server.api_key, requests_per_minute=None)


def test_a_sandbox_may_give_relationships_no_id():
    frames = []
    for ids in (True, False):
        with Server(documents=0, relationship_ids=ids) as server, client_to(server) as client:
            topic = (server.models["orders"], "orders")
            frames.append(omnipd.read_relationships(topic, client=client))
    with_ids, without = frames
    assert with_ids["relationship_id"].notna().all()
    assert without["relationship_id"].isna().all()
    assert without.drop(columns="relationship_id").equals(with_ids.drop(columns="relationship_id"))


def test_a_composite_topic_says_what_it_is_made_of():
    with Server(documents=0, composite_topic=True) as server, client_to(server) as client:
        topics = omnipd.read_topics(server.models["flights"], client=client)
        fields = omnipd.read_topic_fields(topics, client=client)
        inventory = omnipd.read_inventory(client=client)
    [composite] = topics[topics["is_composite"].fillna(False)].to_dict("records")
    assert composite["topic"] == "everything"
    assert composite["topics"] == "flights"
    assert topics.loc[topics["topic"] == "everything", "base_view"].isna().all()
    assert topics["extra"].isna().all()
    assert "everything" not in set(fields["topic"])
    assert inventory.complete


def test_issues_of_content_are_text_in_either_form():
    frames = []
    for form in ("text", "object"):
        with Server(content_issues=form) as server, client_to(server) as client:
            models = list(server.models.values())
            frames.append(omnipd.read_content_issues(models, client=client))
    as_text, as_object = frames
    assert not as_text.empty
    assert as_object.equals(as_text)
    assert as_text["issue"].str.contains("not found in model").any()


#: What stands on the wire for "none", and is null in a frame.
SENTINELS = [
    ("read_schedules", {"id": "s1", "recipientCount": -1}, "recipient_count"),
    ("read_ai_routines", {"id": "r1", "recipientCount": -1}, "recipient_count"),
    ("read_user_attributes", {"id": "", "name": "omni_user_id"}, "attribute_id"),
    (
        "read_ai_credit_controls",
        {"accountCreditLimit": 0, "creditsUsed": 1},
        "account_credit_limit",
    ),
]


@pytest.mark.parametrize(("reader", "record", "column"), SENTINELS, ids=lambda one: str(one)[:24])
def test_what_stands_for_none_is_null(scripted, reader, record, column):
    body = record if reader == "read_ai_credit_controls" else {"records": [record]}
    if reader in {"read_schedules", "read_ai_routines"}:
        body["pageInfo"] = {"hasNextPage": False, "nextCursor": None, "totalRecords": 1}
    scripted.script(answer(body))
    with client_of(scripted) as client:
        df = getattr(omnipd, reader)(client=client)
    assert df[column].isna().all()
    if reader == "read_ai_credit_controls":
        assert df["account_unlimited"].tolist() == [True]


@pytest.mark.parametrize("form", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000+00:00"])
@pytest.mark.parametrize("beside", ["2026-01-02T03:04:05Z", 1767322800000])
def test_the_first_instant_of_year_one_stands_for_no_time(scripted, form, beside):
    records = [{"id": "m1", "updatedAt": form}, {"id": "m2", "updatedAt": beside}, {"id": "m3"}]
    info = {"hasNextPage": False, "nextCursor": None, "totalRecords": 3}
    scripted.script(answer({"records": records, "pageInfo": info}))
    with client_of(scripted) as client:
        df = omnipd.read_models(client=client)
    assert df["updated_at"].isna().tolist() == [True, False, True]


@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream"])
def test_an_answer_of_the_ai_is_read_whatever_its_type_is_called(scripted, kind):
    job = {"id": "j1", "state": "COMPLETE", "resultSummary": "All is well"}
    scripted.script(answer(job, content_type=kind))
    with client_of(scripted) as client:
        assert omnipd.read_ai_jobs("j1", client=client)["result_summary"].tolist() == [
            "All is well"
        ]


@pytest.mark.parametrize("form", ["json", "octet-stream"])
def test_the_result_of_an_ai_job_is_read_whatever_its_content_type(form):
    with omnipd.sandbox(documents=0, ai_result_type=form) as omni:
        messages = omnipd.read_ai_messages(omnipd.read_ai_conversations(limit=2))
        job = messages["job_id"].dropna().iloc[0]
        path = f"/api/v1/ai/jobs/{job}/result"
        actions = omnipd.read_records(path, rows="actions")
        request = urllib.request.Request(
            omni.base_url + path, headers={"Authorization": f"Bearer {omni.api_key}"}
        )
        with urllib.request.urlopen(request) as reply:
            assert reply.headers["Content-Type"].partition(";")[0] == f"application/{form}"
        unknown = omni.models["flights"]
        with pytest.raises(omnipd.NotFoundError):
            omnipd.read_records(f"/api/v1/ai/jobs/{unknown}/result", rows="actions")
    said = messages.loc[messages["job_id"] == job, "text"].iloc[0]
    assert actions["message"].tolist() == [said]
    assert actions["type"].tolist() == ["summarize"]
