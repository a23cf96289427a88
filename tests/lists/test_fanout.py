"""One call per parent: who may be named as one, what one that fails does, and for whom it is asked."""

import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
from faults.given import client_of
from scripted_server import answer

import omnipd
from omnipd.lists.endpoint import Endpoint

USER = "11111111-2222-4333-8444-555555555555"
OTHER = "21111111-2222-4333-8444-555555555555"
MODEL = "31111111-2222-4333-8444-555555555555"
FILTERS = {"filterOrder": [], "filters": {}, "controls": {}}


def refusal(status, words):
    return answer({"detail": words, "status": status}, status)


FOLDER = "0f010101-0000-4000-8000-000000000000"


def by_parent(**answers):
    """Return what answers a target by the parent in it."""
    return lambda target: next(step for name, step in answers.items() if f"/{name}/" in target)


@pytest.mark.parametrize(
    "parents",
    [
        None,
        7,
        7.5,
        True,
        b"d1",
        {"d1": "d2"},
        [7],
        [["d1", "d2"]],
        [{"identifier": "d1"}],
        [("d1", "d2")],
        np.array([["d1", "d2"]]),
        pd.Series([1, 2]),
        pd.DataFrame({"identifier": [1.0, None]}),
        pd.DataFrame({"identifier": [["d1"]]}),
        pd.DataFrame([["d1", "d2"]], columns=["identifier", "identifier"]),
        ["d1", ".."],
    ],
    ids=str,
)
def test_what_cannot_name_a_parent_is_refused_with_what_to_do(scripted, parents):
    with client_of(scripted), pytest.raises(omnipd.ArgumentError):
        omnipd.read_dashboard_filters(parents)
    assert scripted.requests == []


def test_a_refused_parent_says_what_can_be_passed(scripted):
    with client_of(scripted):
        with pytest.raises(
            omnipd.ArgumentError, match=r"7 is not a document_identifier.\nPass an id.*dtype=str"
        ):
            omnipd.read_dashboard_filters([7])
        with pytest.raises(omnipd.ArgumentError, match="Pass a tuple of texts"):
            omnipd.read_topic_fields([[MODEL, "orders"]])


@pytest.mark.parametrize(
    "parents",
    [
        ("d1", "d2"),
        pd.Series(["d1", None, "d2", "d1"]),
        pd.Series(["d1", "d2"], dtype="category"),
        pd.Index(["d1", "d2"]),
        np.array(["d1", "d2"]),
        (name for name in ["d1", "d2"]),
        {"d1": 1, "d2": 2}.keys(),
        pd.DataFrame({"identifier": ["d1", pd.NA, "d2"]}),
    ],
    ids=lambda parents: type(parents).__name__,
)
def test_parents_come_in_whatever_holds_text(scripted, parents):
    scripted.script(answer(FILTERS))
    with client_of(scripted):
        df = omnipd.read_dashboard_filters(parents)
    assert [target for _, target, *_ in scripted.requests] == [
        "/api/v1/dashboards/d1/filters",
        "/api/v1/dashboards/d2/filters",
    ]
    assert df.attrs["omni"]["parents"] == 2


def test_a_key_of_two_parts_is_a_tuple(omni):
    topic = (omni_model(omni), "orders")
    one = omnipd.read_topic_fields(topic)
    pd.testing.assert_frame_equal(omnipd.read_topic_fields([topic]), one)
    pd.testing.assert_frame_equal(omnipd.read_topic_fields(pd.Series([topic])), one)
    assert len(one) > 0


def omni_model(client):
    models = omnipd.read_models(model_kind="SHARED", client=client)
    return models.set_index("name").loc["orders", "model_id"]


@pytest.mark.failure("refused")
@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_collect_goes_on_after_one_that_omni_refuses(scripted, status):
    scripted.by_target = by_parent(
        d1=answer({"abilities": {}}), d2=refusal(status, "no"), d3=answer({"abilities": {}})
    )
    with client_of(scripted), pytest.warns(omnipd.OmniWarning, match="1 of 3 could not be read"):
        df = omnipd.read_document_abilities(["d1", "d2", "d3"], errors="collect")
    assert df["document_identifier"].tolist() == ["d1", "d3"]
    assert list(df.attrs["omni"]["failures"]) == ["d2"]
    assert df.attrs["omni"]["complete"] is False


def test_a_400_that_all_get_is_raised_even_when_told_to_collect(scripted):
    scripted.by_target = lambda target: refusal(400, f"{target.split('/')[4]}: bad user")
    with (
        client_of(scripted),
        pytest.raises(omnipd.BadRequestError, match="All 3 are refused in these words"),
    ):
        omnipd.read_document_abilities(["d1", "d2", "d3"], errors="collect")


def test_all_may_fail_when_each_has_a_reason_of_its_own(scripted):
    scripted.by_target = by_parent(d1=refusal(400, "no dashboard"), d2=refusal(400, "no query"))
    with client_of(scripted), pytest.warns(omnipd.OmniWarning, match="2 of 2"):
        df = omnipd.read_document_abilities(["d1", "d2"], errors="collect")
    assert (len(df), df.attrs["omni"]["failed"]) == (0, 2)
    scripted.by_target = lambda _: refusal(404, "not found")
    with client_of(scripted), pytest.warns(omnipd.OmniWarning, match="2 of 2"):
        omnipd.read_document_abilities(["d1", "d2"], errors="collect")


@pytest.mark.failure("bad-key", "refused")
@pytest.mark.parametrize(
    ("step", "error"),
    [
        (refusal(401, "no"), omnipd.AuthenticationError),
        (refusal(403, "Invalid bearer token"), omnipd.AuthenticationError),
        (answer(b"", 429, Retry_After="300"), omnipd.RateLimitError),
        (refusal(500, "broken"), omnipd.ServerError),
        (answer({"permits": 1}), omnipd.ResponseError),
        (lambda connection: connection.close(), omnipd.NetworkError),
    ],
)
def test_what_would_fail_them_all_stops_at_once(scripted, fake_time, step, error):
    scripted.by_target = by_parent(d1=answer({"abilities": {}}), d2=step, d3=step)
    with client_of(scripted, fake_time), pytest.raises(error, match="2 of 3") as caught:
        omnipd.read_document_abilities(["d1", "d2", "d3"], errors="collect")
    assert caught.value.partial["document_identifier"].tolist() == ["d1"]
    assert not any("/d3/" in target for _, target, *_ in scripted.requests)


def test_the_facts_of_many_parents_are_summed_up(scripted):
    scripted.by_target = by_parent(
        d1=answer(FILTERS), d2=refusal(404, "d2 does not have a dashboard"), d3=answer(FILTERS)
    )
    with client_of(scripted):
        first = omnipd.read_dashboard_filters("d1").attrs["omni"]
        both = omnipd.read_dashboard_filters(["d1", "d2", "d3"]).attrs["omni"]
        again = omnipd.read_dashboard_filters(["d1", "d3"]).attrs["omni"]
        none = omnipd.read_dashboard_filters([]).attrs["omni"]
    assert (first["requests"], first["from_cache"]) == (1, False)
    assert (both["requests"], both["from_cache"], both["complete"]) == (2, False, True)
    assert both["fetched_at"] == first["fetched_at"]
    assert (again["requests"], again["from_cache"]) == (0, True)
    assert (none["requests"], none["fetched_at"], none["from_cache"]) == (0, None, False)
    assert first.keys() == both.keys() == none.keys()


def test_a_parent_that_does_not_add_up_makes_the_whole_incomplete(scripted):
    same = {"id": USER, "type": "user", "role": "VIEWER"}
    scripted.script(answer({"permits": [same, same]}))
    with client_of(scripted), pytest.warns(omnipd.OmniWarning, match="does not add up"):
        df = omnipd.read_folder_permissions(FOLDER, strict=False)
    assert df.attrs["omni"]["complete"] is False


def test_progress_counts_the_parents_that_have_none(scripted):
    scripted.by_target = by_parent(
        d1=answer(FILTERS), d2=refusal(404, "d2 does not have a dashboard"), d3=answer(FILTERS)
    )
    told = []
    with client_of(scripted) as client:
        client.progress = lambda path, done, count: told.append((path, done, count))
        omnipd.read_dashboard_filters(["d1", "d2", "d3"])
    path = "/api/v1/dashboards/{document_identifier}/filters"
    assert [one for one in told if one[0] == path] == [(path, 1, 3), (path, 2, 3), (path, 3, 3)]


# --- what it costs


def said_of(client, documents, **asked):
    """Return what is said before the filters of documents are read."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        omnipd.read_dashboard_filters(documents, client=client, **asked)
    return [str(one.message) for one in said]


def test_the_cost_is_said_of_what_is_not_cached(scripted, fake_time):
    scripted.script(answer(FILTERS))
    path = "/api/v1/dashboards/{document_identifier}/filters"
    with client_of(scripted, fake_time, requests_per_minute=2) as client:
        assert said_of(client, ["d1", "d2"]) == []
        five = [f"d{number}" for number in range(1, 6)]
        assert said_of(client, five) == [f"{path} needs 3 requests, about 2 minutes."]
        assert client.requests_sent == 5
        assert said_of(client, five) == []
        assert client.requests_sent == 5
        assert said_of(client, five, refresh=True) == [f"{path} needs 5 requests, about 3 minutes."]


def test_the_cost_is_said_of_all_without_a_cache(scripted, fake_time):
    scripted.script(answer(FILTERS))
    with client_of(scripted, fake_time, requests_per_minute=1, cache=False) as client:
        for _ in range(2):
            [said] = said_of(client, ["d1", "d2"])
            assert "needs 2 requests, about 2 minutes." in said


# --- for whom


READERS = {
    "read_documents": ((), {}),
    "read_document_permissions": (("d1",), {}),
    "read_document_abilities": (("d1",), {}),
    "read_dashboard_filters": (("d1",), {}),
    "read_folders": ((), {"only_shared_with_me": True}),
    "read_folder_permissions": ((FOLDER,), {}),
    "read_schedule_details": (("s1",), {}),
    "read_content_issues": ((MODEL,), {}),
    "read_ai_conversations": ((), {}),
    "read_ai_routines": ((), {}),
}


@pytest.mark.parametrize("name", READERS)
def test_every_reader_that_can_acts_for_the_person_of_the_client(scripted, name):
    parents, more = READERS[name]
    scripted.script(refusal(404, "enough seen"))
    with client_of(scripted, user_id=USER):
        for arguments in ({}, {"user_id": OTHER}):
            try:
                getattr(omnipd, name)(*parents, **more, **arguments)
            except omnipd.NotFoundError:
                pass
    own, others = (target for _, target, *_ in scripted.requests if "/v2/" not in target)
    assert f"userId={USER}" in own
    assert f"userId={OTHER}" in others


def newer_server(scripted, **older):
    """Serve the older call for the documents named, and the newer one for all."""

    def step(target):
        name = target.split("?")[0].split("/")[-2]
        if "/v2/" not in target:
            return older.get(name, refusal(404, "Dashboard not found"))
        control = {"config": {"type": "string", "kind": "EQUALS", "fieldName": "users.state"}}
        return answer({"identifier": "x", "controls": {"data": {"new": control}, "order": ["new"]}})

    scripted.by_target = step


def test_what_the_newer_call_has_answered_costs_nothing_again(scripted, fake_time):
    newer_server(scripted)
    with client_of(scripted, fake_time, requests_per_minute=1) as client:
        said_of(client, ["a", "b"])
    with client_of(scripted, fake_time, requests_per_minute=1) as client:
        assert said_of(client, ["a", "b"]) == []
        assert client.requests_sent == 0


def test_a_newer_call_that_cannot_act_for_somebody_does_not_show_what_the_key_sees(scripted):
    newer_server(scripted)
    with client_of(scripted) as client:
        with pytest.raises(omnipd.BadRequestError, match="cannot act for user_id="):
            omnipd.read_dashboard_filters("d1", user_id=OTHER)
        assert omnipd.read_dashboard_filters("d1", client=client)["item_id"].tolist() == ["new"]
    with (
        client_of(scripted, user_id=USER),
        pytest.warns(omnipd.OmniWarning, match="what the key itself sees"),
    ):
        assert omnipd.read_dashboard_filters("d1", refresh=True)["item_id"].tolist() == ["new"]


def test_one_that_is_missing_does_not_make_a_call_that_answered_before_a_call_that_is_gone(
    scripted,
):
    old = answer({"filters": {"f1": {"fieldName": "users.state"}}, "filterOrder": ["f1"]})
    newer_server(scripted, b=old, c=old)
    with client_of(scripted), pytest.warns(omnipd.OmniWarning, match="could not be read"):
        found = omnipd.read_dashboard_filters(["b", "a", "c"], errors="collect")
    assert found["document_identifier"].tolist() == ["b", "c"]
    assert found.attrs["omni"]["complete"] is False


def test_the_list_of_readers_that_can_act_for_somebody_is_whole():
    takes = {
        name
        for name in omnipd.__all__
        if name.startswith("read_")
        and "user_id" in inspect.signature(getattr(omnipd, name)).parameters
    }
    assert takes == READERS.keys()


def test_folders_cannot_act_for_anybody_but_for_what_is_shared(scripted):
    scripted.script(refusal(404, "enough seen"))
    with (
        client_of(scripted, user_id=USER),
        pytest.warns(omnipd.OmniWarning, match="cannot act for user_id="),
        pytest.raises(omnipd.NotFoundError),
    ):
        omnipd.read_folders()
    assert "userId" not in scripted.requests[0][1]


def test_favorites_are_those_of_the_clients_person(scripted):
    scripted.script(refusal(404, "enough seen"))
    with client_of(scripted, user_id=USER), pytest.raises(omnipd.NotFoundError):
        omnipd.read_documents(only_favorites=True)
    assert f"userId={USER}" in scripted.requests[0][1]


def test_that_nobody_can_be_acted_for_is_said_once_for_all_parents(scripted):
    scripted.script(answer({"type": "email", "recipients": []}))
    with client_of(scripted, user_id=USER), warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        omnipd.read_schedule_recipients(["s1", "s2", "s3"])
    assert ["act for user_id=" in str(one.message) for one in said] == [True]


def test_a_null_in_a_list_is_a_mistake_and_in_a_column_is_left_out(omni, server):
    [one] = omnipd.read_documents(limit=1)["document_identifier"]
    column = pd.Series([one, None], dtype="string[pyarrow]")
    assert omnipd.read_document_access(column).attrs["omni"]["parents"] == 1
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match="None stands among the parents"):
        omnipd.read_document_access([one, None])
    assert len(server.requests) == before


def test_a_row_of_a_frame_is_told_what_to_pass(omni):
    row = omnipd.read_documents(limit=1).iloc[0]
    with pytest.raises(omnipd.ArgumentError) as caught:
        omnipd.read_document_access(row)
    assert caught.value.hint == "Pass row['document_identifier']."
    for run in (omnipd.run_document, lambda one: omnipd.run_document_query(one, "x")):
        with pytest.raises(omnipd.ArgumentError, match="document=Series is not"):
            run(row)
    with pytest.raises(omnipd.ArgumentError, match="model=Series is not a model"):
        omnipd.Query(row, "flights")


@pytest.mark.parametrize(
    "use",
    [
        omnipd.read_topics,
        lambda model: omnipd.run_query({"modelId": model, "fields": ["a.b"]}),
    ],
)
def test_an_id_that_no_model_has_is_for_omni_to_refuse(omni, use):
    with pytest.raises((omnipd.BadRequestError, omnipd.NotFoundError)) as caught:
        use(MODEL)
    assert "read_models() has the ids of models beside their names." in caught.value.hint


@pytest.mark.parametrize(
    ("reader", "of", "things"),
    [
        (omnipd.read_dbt, "read_connections", "connections"),
        (omnipd.read_dbt_environments, "read_connections", "connections"),
        (omnipd.read_connection_schedules, "read_connections", "connections"),
        (omnipd.read_schedule_details, "read_schedules", "schedules"),
        (omnipd.read_schedule_recipients, "read_schedules", "schedules"),
    ],
)
def test_an_id_that_omni_refuses_is_told_where_ids_are(omni, reader, of, things):
    with pytest.raises((omnipd.BadRequestError, omnipd.NotFoundError)) as caught:
        reader("x")
    assert f"omnipd.{of}() has the ids of {things} beside their names." in caught.value.hint


@pytest.mark.failure("path-ids", connects=False)
@pytest.mark.parametrize("impossible", ["", " ", ".", "..", "a\nb", "a\ud83d"])
def test_what_cannot_be_an_id_is_refused_and_nothing_is_sent(omni, server, impossible):
    before = len(server.requests)
    for use in (
        lambda: omnipd.read_topics(impossible),
        lambda: omnipd.read_documents(creator_id=impossible),
        lambda: omnipd.run_query({"modelId": impossible, "fields": ["a.b"]}),
        lambda: omnipd.Query(impossible, "flights"),
    ):
        with pytest.raises(omnipd.ArgumentError):
            use()
    assert len(server.requests) == before


def test_a_name_in_place_of_an_id_is_told_of_when_omni_refuses_it(omni):
    with pytest.raises(omnipd.BadRequestError) as caught:
        omnipd.read_documents(creator_id="ada")
    assert caught.value.hint == "creator_id= takes an id, not a name."


def test_rows_of_a_half_read_parent_are_not_said_to_be_in_partial():
    broken = {"kind": "status", "code": 403, "path": "/api/v1/content", "after": 1}
    with (
        omnipd.sandbox(documents=250, faults=[broken]),
        pytest.raises(omnipd.ForbiddenError) as caught,
    ):
        omnipd.read_content(scope="all")
    error = caught.value
    assert len(error.partial) == 0
    said = " ".join(error.__notes__)
    assert "1 page(s), 100 of 265 rows; none is returned" in said
    assert "rows that had come are in .partial" in said


def test_a_topic_that_is_not_found_is_told_where_the_topics_are():
    with omnipd.sandbox(documents=1), pytest.raises(omnipd.NotFoundError) as caught:
        omnipd.read_topic_fields("orders", "user")
    assert "read_topics() has the topics of a model" in caught.value.hint


def test_a_name_in_place_of_a_membership_id_is_told_where_such_ids_are():
    with omnipd.sandbox(documents=1), pytest.raises(omnipd.BadRequestError) as caught:
        omnipd.read_model_roles("ada")
    assert caught.value.hint == "omnipd.read_users() has the membership ids of people."


@pytest.mark.parametrize("count", [1, 30])
def test_the_declared_columns_are_made_once_however_many_parents_there_are(
    scripted, monkeypatch, count
):
    # Made for each column of each parent, they took seconds after the last of a thousand answers.
    made = []
    schema = Endpoint.schema.fget
    monkeypatch.setattr(Endpoint, "schema", property(lambda self: made.append(1) or schema(self)))
    scripted.by_target = lambda _: answer({"abilities": {"canAnalyze": True}})
    with client_of(scripted):
        df = omnipd.read_document_abilities([f"d{number}" for number in range(count)])
    assert len(df) == count
    assert len(made) == 1
