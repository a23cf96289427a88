"""Several queries at once, the tiles of a dashboard, and questions to Omni's AI."""

import json
import threading

import pandas as pd
import pytest
from faults import given
from queries.query_cases import FLIGHTS, flights, orders
from scripted_server import answer

import omnipd

BY_AIRPORT = flights(
    ["flights.origin", "flights.count"],
    sorts=[{"column_name": "flights.origin", "sort_descending": False}],
)
ITEMS = orders(["order_items.count"])
UNKNOWN = flights(["flights.no_such_field"])
COUNTS = {"EWR": 120835, "JFK": 111279, "LGA": 104662}


def test_results_come_in_the_order_of_the_queries(omni):
    first, second, third = omnipd.run_queries([ITEMS, BY_AIRPORT, ITEMS], max_workers=3)
    assert first["order_items.count"].tolist() == [240]
    assert dict(zip(second["flights.origin"], second["flights.count"], strict=True)) == COUNTS
    assert third.equals(first)


def test_no_queries_are_no_results(omni):
    assert omnipd.run_queries([]) == []


def test_one_failure_hides_none_of_the_others(omni):
    with pytest.raises(
        omnipd.MissingFieldsError, match=r"query 2 of 3; 2 gave their frames"
    ) as caught:
        omnipd.run_queries([ITEMS, UNKNOWN, BY_AIRPORT])
    first, second, third = caught.value.partial
    assert (len(first), len(third)) == (1, 3)
    assert second is caught.value


def test_failures_are_collected_in_their_places(omni):
    outcomes = omnipd.run_queries([UNKNOWN, ITEMS], errors="collect")
    assert isinstance(outcomes[0], omnipd.MissingFieldsError)
    assert len(outcomes[1]) == 1


def test_no_more_run_at_once_than_asked_for(scripted):
    running, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(2)

    def step(connection):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(10)  # two must be here, or this breaks and no answer comes
        with lock:
            running -= 1
        connection.sendall(answer({"detail": "no"}, 403, Connection="close"))

    scripted.script(step)
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    outcomes = omnipd.run_queries([ITEMS] * 6, max_workers=2, errors="collect", client=client)
    assert [type(one) for one in outcomes] == [omnipd.ForbiddenError] * 6
    assert most == 2


@pytest.mark.parametrize(
    ("queries", "options", "words"),
    [
        ([ITEMS, ITEMS | {"feilds": []}], {}, "Query 2 of 2: The query has 'feilds'"),
        ([ITEMS, {}], {}, "Query 2 of 2: The query has no modelId"),
        ([ITEMS], {"limit": 0}, "Query 1 of 1: limit=0"),
        (ITEMS, {}, "queries is dict"),
        ("{}", {}, "queries is str"),
        ([ITEMS], {"max_workers": 0}, "max_workers=0"),
        ([ITEMS], {"max_workers": True}, "max_workers=True"),
        ([ITEMS], {"errors": "ignore"}, "errors='ignore'"),
    ],
)
def test_bad_queries_are_refused_before_any_is_sent(scripted, queries, options, words):
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    with pytest.raises(omnipd.ArgumentError, match=words):
        omnipd.run_queries(queries, client=client, **options)
    assert scripted.requests == []


TILES = {
    "queries": [
        {"id": "q1", "name": "Flights", "query": BY_AIRPORT},
        {"id": "q2", "name": "Items", "query": ITEMS},
        {"id": "q3", "name": "Items", "query": ITEMS | {"limit": 5}},
    ]
}


@pytest.fixture
def dashboard(server, scripted):
    """A client of an Omni whose only dashboard is TILES, and whose queries the sandbox runs."""

    def step(target):
        if target.startswith("/api/v1/documents/d1/queries"):
            return answer(TILES)
        if target == "/api/v1/dashboards/d1/filters":
            return answer({"identifier": "d1", "filterOrder": []})
        if target.startswith("/api/v1/documents/"):
            return answer({"detail": "Document not found"}, 404)
        return answer(b"", 307, Location=server.url + target)

    scripted.by_target = step
    return omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)


def test_a_tile_is_found_by_its_name_or_its_id(omni, server):
    document, tiles = a_dashboard(omni)
    for tile in tiles.itertuples():
        by_id = omnipd.run_document_query(document, tile.query_id, filters=None)
        assert len(by_id) > 0
        if (tiles["name"] == tile.name).sum() == 1:
            by_name = omnipd.run_document_query(document, tile.name, filters=None)
            assert by_name.equals(by_id)


def a_dashboard(omni):
    documents = omnipd.read_documents()
    with_tiles = documents.loc[documents["has_dashboard"].fillna(False), "document_identifier"]
    return next(
        (document, tiles)
        for document in with_tiles
        if len(tiles := omnipd.read_document_queries(document)) > 1
    )


def test_all_tiles_of_a_dashboard_are_frames_by_their_names(omni):
    document, tiles = a_dashboard(omni)
    frames = omnipd.run_document(document, filters=None)
    assert [name.removesuffix(" (2)") for name in frames] == tiles["name"].tolist()
    for query, df in zip(tiles["query"], frames.values(), strict=True):
        assert df.equals(omnipd.run_query(query))
        assert df.columns.tolist() == json.loads(query)["fields"]


def test_an_unknown_tile_names_those_there_are(dashboard):
    with pytest.raises(omnipd.ArgumentError, match="it has 'Flights', 'Items', 'Items'") as caught:
        omnipd.run_document_query("d1", "flight", client=dashboard)
    assert caught.value.hint == "Did you mean 'Flights'?"


def test_a_name_that_two_tiles_have_is_not_guessed(dashboard):
    with pytest.raises(omnipd.ArgumentError, match="2 tiles named 'Items'") as caught:
        omnipd.run_document_query("d1", "Items", client=dashboard)
    assert caught.value.hint == "Pass the id of one: q2, q3."


def test_a_document_without_tiles_is_not_found(dashboard):
    for run in (omnipd.run_document, lambda *a, **k: omnipd.run_document_query(*a, "x", **k)):
        with pytest.raises(omnipd.NotFoundError, match="d9"):
            run("d9", client=dashboard)


def test_a_tile_that_fails_names_itself_and_carries_the_others(dashboard):
    with pytest.raises(omnipd.OmniError, match="That was the tile 'Flights'") as caught:
        omnipd.run_document(
            "d1", client=dashboard
        )  # its runs are redirected, which a POST never follows
    assert list(caught.value.partial) == ["Flights", "Items", "Items (2)"]


QUERY = {"fields": ["flights.origin", "flights.count"], "table": "flights", "limit": 10}


def asked(scripted, *said, **options):
    scripted.script(*said)
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    return omnipd.ask("How many?", model=FLIGHTS, client=client, **options)


BROKEN = {
    "without a query": None,
    "that is not a query": "flights.json",
    "with pivots and no limit": BY_AIRPORT | {"pivots": ["flights.origin"], "limit": None},
    "with a filter that Omni would ignore": BY_AIRPORT | {"filters": {"flights.origin": "JFK"}},
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_tile_that_cannot_be_run_hides_none_of_the_others(scripted, broken):
    tiles = [("Broken", broken), ("Whole", given.QUERY), ("Whole", given.QUERY)]
    stored = [
        {"id": f"q{n}", "name": name, "query": query} for n, (name, query) in enumerate(tiles)
    ]
    answers = {"run": given.whole_answer(), "queries": {"queries": stored}}
    unfiltered = {"identifier": "d1", "filterOrder": []}
    scripted.by_target = lambda target: answer(
        answers.get(target.rpartition("/")[2].partition("?")[0], unfiltered)
    )
    client = given.client_of(scripted, cache=False)
    frames = omnipd.run_document("d1", errors="collect", client=client)
    assert list(frames) == ["Broken", "Whole", "Whole (2)"]
    assert isinstance(frames["Broken"], omnipd.OmniError)
    assert "cannot be read" not in str(frames["Broken"])
    assert [len(frames[name]) for name in ("Whole", "Whole (2)")] == [3, 3]
    with pytest.raises(omnipd.OmniError, match="That was the tile 'Broken'") as caught:
        omnipd.run_document("d1", client=client)
    assert len(caught.value.partial["Whole"]) == 3
    with pytest.raises(omnipd.OmniError):
        omnipd.run_document_query("d1", "Broken", client=client)
    runs = [target for _, target, _, _ in scripted.requests if "query/run" in target]
    assert len(runs) == 4  # the two that can be, twice


@pytest.mark.parametrize(
    "options",
    [{"names": "x"}, {"limit": 0}, {"timeout": -1}, {"ttl": "soon"}, {"lmit": 5}, {"errors": "no"}],
    ids=str,
)
def test_options_that_no_tile_can_have_are_refused_before_anything_is_sent(scripted, options):
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    with pytest.raises(omnipd.ArgumentError):
        omnipd.run_document("d1", client=client, **{"errors": "collect"} | options)
    assert scripted.requests == []


def test_a_question_becomes_a_query_that_runs_again_without_the_ai(omni):
    answer = omnipd.ask("How many flights left each airport?", model=FLIGHTS)
    assert dict(zip(answer.df["flights.origin"], answer.df["flights.count"], strict=True)) == COUNTS
    assert answer.query["modelId"] == FLIGHTS
    assert answer.topic == "flights"
    pd.testing.assert_frame_equal(omnipd.run_query(answer.query), answer.df)
    assert "flights.origin" in repr(answer)


def test_a_question_without_an_answer_is_an_error(omni):
    with pytest.raises((omnipd.QueryError, omnipd.BadRequestError)):
        omnipd.ask("What is the meaning of life?", model=FLIGHTS)


@pytest.mark.parametrize(
    "said",
    [
        {"query": None, "error": {"message": "No query generated", "detail": "Try again."}},
        {"query": QUERY, "error": {"message": "Failed", "detail": "It broke."}},
        {"query": {}, "error": None},
        {"query": {"fields": []}, "error": None},
        {"error": "no"},
        [],
    ],
)
def test_every_form_of_no_answer_is_an_error(scripted, said):
    with pytest.raises(omnipd.QueryError, match="made no query") as caught:
        asked(scripted, answer(said))
    assert caught.value.error_type == "NO_ANSWER"
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("sql", ["SELECT * FROM ${flights}", "SELECT * FROM salaries"])
def test_sql_of_the_ai_is_shown_and_not_run(scripted, sql):
    """It may name what only Omni's own pages know, or go around the model and its access filters."""
    said = {"query": {"fields": [], "userEditedSQL": sql}, "error": None}
    with pytest.raises(omnipd.QueryError, match="not a governed query") as caught:
        asked(scripted, answer(said))
    assert caught.value.sql == sql
    assert len(scripted.requests) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"limit": 0}, "limit=0"),
        ({"names": "x"}, "names='x'"),
        ({"timeout": -1}, "timeout=-1"),
        ({"ttl": "soon"}, "ttl"),
        ({"cache": "bogus"}, "cache='bogus'"),
        ({"branch_id": ""}, "branch_id=''"),
        ({"topic": ""}, "topic=''"),
        ({"check": "no"}, "check='no'"),
        ({"totals": "no"}, "totals='no'"),
        ({"limt": 5}, "no keyword 'limt'"),
    ],
)
def test_what_would_be_refused_afterwards_is_refused_before_the_ai_is_asked(
    scripted, options, words
):
    with pytest.raises(omnipd.ArgumentError, match=words):
        asked(scripted, answer({"query": QUERY, "topic": "flights", "error": None}), **options)
    assert scripted.requests == []


def test_a_misspelled_keyword_of_several_queries_has_a_near_match(omni):
    with pytest.raises(omnipd.ArgumentError, match="Did you mean 'max_workers'"):
        omnipd.run_queries([ITEMS], max_wokers=2, client=omni)


def test_a_query_that_was_paid_for_is_not_lost_with_its_run(scripted):
    said = answer({"query": QUERY, "topic": "flights", "error": None})
    with pytest.raises(omnipd.ForbiddenError, match=r"error's \.partial") as caught:
        asked(scripted, said, answer({"detail": "Permission denied"}, 403))
    made = QUERY | {"modelId": FLIGHTS, "join_paths_from_topic_name": "flights"}
    assert caught.value.partial == made


def test_the_ai_is_asked_for_the_query_only(scripted):
    said = answer({"query": QUERY, "topic": "flights", "error": None})
    with pytest.raises(omnipd.ForbiddenError):
        asked(
            scripted,
            said,
            answer({"detail": "Permission denied"}, 403),
            topic="flights",
            user_id="9f8e7d6c-0000-4000-8000-000000000000",
        )
    (_, target, _, body), (_, run_target, _, run) = scripted.requests
    assert target == "/api/v1/ai/generate-query"
    assert json.loads(body) == {
        "modelId": FLIGHTS,
        "prompt": "How many?",
        "runQuery": False,
        "currentTopicName": "flights",
        "userId": "9f8e7d6c-0000-4000-8000-000000000000",
    }
    assert run_target == "/api/v1/query/run?userId=9f8e7d6c-0000-4000-8000-000000000000"
    query = json.loads(run)["query"]
    assert (query["join_paths_from_topic_name"], query["modelId"], query["limit"]) == (
        "flights",
        FLIGHTS,
        10,
    )


def test_credits_that_are_used_up_are_named(scripted):
    with pytest.raises(omnipd.BadRequestError) as caught:
        asked(scripted, answer({"detail": "AI credits exhausted"}, 402))
    assert caught.value.status == 402
    assert "read_ai_credit_controls" in caught.value.hint


def test_a_question_whose_answer_was_lost_is_not_asked_again(scripted):
    with pytest.raises(omnipd.OutcomeUnknownError):
        asked(scripted, lambda connection: connection.close())
    assert len(scripted.requests) == 1


@pytest.mark.parametrize(
    ("question", "model", "words"),
    [
        ("", FLIGHTS, "question is empty"),
        (" ", FLIGHTS, "question is empty"),
        ("x", "", "model=''"),
    ],
)
def test_an_empty_question_is_not_sent(scripted, question, model, words):
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    with pytest.raises(omnipd.ArgumentError, match=words):
        omnipd.ask(question, model=model, client=client)
    assert scripted.requests == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"names": "x"}, "names='x'"),
        ({"timeout": -1}, "timeout=-1"),
        ({"ttl": "soon"}, "ttl"),
        ({"limt": 5}, "Did you mean 'limit'"),
    ],
)
@pytest.mark.parametrize("errors", ["raise", "collect"])
def test_options_that_no_query_can_have_are_refused_at_once(scripted, options, words, errors):
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    query = QUERY | {"modelId": FLIGHTS}
    with pytest.raises(omnipd.ArgumentError) as caught:
        omnipd.run_queries([query], errors=errors, client=client, **options)
    assert words in str(caught.value)
    assert scripted.requests == []


def test_no_query_is_run_when_the_topic_of_one_lacks_what_it_names(omni, server):
    flights = omnipd.Query(FLIGHTS, "flights")
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match=r"Query 3 of 3: .*flights\.orgin"):
        omnipd.run_queries(
            [
                flights.select("flights.count"),
                flights.select("flights.origin", "flights.count"),
                flights.select("flights.orgin"),
            ],
            errors="collect",
        )
    assert all("/topic/" in one.path for one in list(server.requests)[before:])


def test_stored_results_of_several_queries_take_no_request(server, tmp_path):
    queries = [
        omnipd.Query(FLIGHTS, "flights").select(name, "flights.count")
        for name in ("flights.origin", "flights.carrier")
    ]
    with omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, cache_dir=tmp_path, cache=False
    ) as client:
        first = omnipd.run_queries(queries, ttl="1h", client=client)
    with omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, cache_dir=tmp_path, cache=False
    ) as client:
        again = omnipd.run_queries(queries, ttl="1h", client=client)
        assert client.requests_sent == 0
    assert all(one.equals(other) for one, other in zip(first, again, strict=True))


def test_queries_that_reached_their_limit_are_named_at_the_line_of_the_caller(omni):
    by_month = flights(["flights.date[month]", "flights.count"], limit=1)
    with pytest.warns(omnipd.OmniWarning) as caught:
        omnipd.run_queries([BY_AIRPORT | {"limit": 1}, BY_AIRPORT, by_month])
    [one] = caught
    assert str(one.message) == (
        "Of 3 queries: query 1 (flights: flights.origin, flights.count), "
        "query 3 (flights: flights.date[month], flights.count). The result has exactly 1 row, "
        "which is its limit: there may be more. Pass limit='all' for all of them."
    )
    assert one.filename == __file__


def test_tiles_that_reached_their_limit_are_named_at_the_line_of_the_caller(omni):
    document, tiles = a_dashboard(omni)
    with pytest.warns(omnipd.OmniWarning) as caught:
        frames = omnipd.run_document(document, limit=1, filters=None)
    [one] = caught
    assert str(one.message).startswith(f"Of {len(tiles)} queries: tile ")
    for name, df in frames.items():
        assert (f"tile {name!r}" in str(one.message)) == df.attrs["omni"]["limit_reached"]
    assert one.filename == __file__


@pytest.mark.parametrize("wrong", [7, ["orders"]])
def test_a_model_that_is_not_text_is_not_told_to_be_missing(omni, wrong):
    for query, more in ((ITEMS, {"model": wrong}), (ITEMS | {"modelId": wrong}, {})):
        with pytest.raises(omnipd.ArgumentError, match="which is not text"):
            omnipd.run_queries([query], **more)
    with pytest.raises(omnipd.ArgumentError, match="Pass the name of a model"):
        omnipd.Query(wrong, "orders")
