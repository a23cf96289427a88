"""A query in Python is held against its topic before it is sent, and is sent when it cannot be."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from faults.given import MODEL, client_of, whole_answer
from queries.query_cases import CASES, FLIGHTS, ORDERS, flights
from scripted_server import answer

import omnipd
from omnipd import Query, field
from omnipd.queries.language.check_fields import KnownField, check_fields
from omnipd.queries.language.timeframes import UNITS

ORIGINS = Query(FLIGHTS, "flights").select("flights.origin", "flights.count")
ITEMS = Query(ORDERS, "orders").select("order_items.id")


@pytest.mark.parametrize(
    ("query", "message", "way_out"),
    [
        (ORIGINS.select("flights.orgin"), "no field flights.orgin", "Did you mean flights.origin"),
        (ORIGINS.select("flight.origin"), "no field flight.origin", "flights.origin"),
        (ORIGINS.select("planes.origin"), "no field planes.origin", "flights.origin"),
        (ORIGINS.select("origin"), "no field origin", "check=False"),
        (ORIGINS.select("zzz.qqqqqq"), "no field zzz.qqqqqq", "check=False"),
        (ORIGINS.select("flights.date[mnth]"), "no timeframe mnth", "Did you mean month"),
        (ORIGINS.select("flights.date[hour]"), "no timeframe hour", "day_of_week_num"),
        (ORIGINS.select("flights.origin[month]"), "no time, so it has no timeframes", "bracket"),
        (ORIGINS.select("flights.count[month]"), "a measure, so it has no timeframes", "bracket"),
        (ORIGINS.pivot("flights.count"), "is a measure; pivots take", "check=False"),
        (ORIGINS.fill("flights.count"), "is a measure; fill_fields take", "check=False"),
        (ORIGINS.fill("flights.origin"), "is STRING, in which there are no gaps", "Fill a time"),
        (ORIGINS.sort("flights.dest"), "sorted by flights.dest", "fields"),
        (ORIGINS.sort("flights.orgin"), "sorted by flights.orgin", "Did you mean flights.origin"),
        (ORIGINS.totals("flights.dest"), "subtotalled by flights.dest", "fields"),
        (ORIGINS.pivot("omni_period_pivot"), "compares no periods", "Query.compare"),
        (
            ORIGINS.where(field("flights.dat").in_the("2013")).compare("flights.dat"),
            "no field flights.dat",
            "Did you mean flights.date",
        ),
        (ORIGINS.transpose("flights.cout"), "no field flights.cout", "flights.count"),
        (
            ORIGINS.select("flights.date[month]").sort("flights.date"),
            "sorted by flights.date,",
            r"Did you mean flights.date[month]",
        ),
        (ORIGINS.where(field("flights.dst") == "X"), "no field flights.dst", "flights.dest"),
        (ORIGINS.where(field("flights.origin") == 3), "STRING, and its filter is", "with text"),
        (ORIGINS.where(field("flights.distance") == "3"), "NUMBER, and its filter", "quotes"),
        (ORIGINS.where(field("flights.distance") >= "2013"), "NUMBER, and its", "quotes"),
        (ORIGINS.where(field("flights.count") == "3"), "flights.count is NUMBER", "quotes"),
        (ORIGINS.where(field("flights.date") == "2013-02"), "is TIMESTAMP, and", ".in_the("),
        (ORIGINS.where(field("flights.time_hour") == 2013), "is TIMESTAMP, and", ".in_the("),
        (ORIGINS.where(field("flights.is_late") == "yes"), "is BOOLEAN, and", "True or False"),
        (ORIGINS.where(field("flights.origin").is_true()), "is STRING, and", "with text"),
        (
            ORIGINS.where((field("flights.dest") == "LAX") | (field("flights.dest") == 3)),
            "flights.dest is STRING",
            "with text",
        ),
        (ITEMS.where(field("users.stat") == "Texas"), "no field users.stat", "users.state"),
        (
            ITEMS.where(field("order_items.id[month_num]") == 3),
            "NUMBER and no time",
            "bracket",
        ),
    ],
)
def test_what_the_topic_lacks_is_refused_before_the_query_is_sent(
    omni, server, query, message, way_out
):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError) as caught:
        query.run()
    assert message in caught.value.message
    assert way_out in caught.value.hint
    sent = [one.path for one in list(server.requests)[before:]]
    assert all("/topic/" in path for path in sent)


def paths(server, before):
    return [one.path.split("/")[-1] for one in list(server.requests)[before:]]


def test_the_check_costs_one_request_for_each_topic_and_none_afterwards(omni, server):
    before = len(server.requests)
    ORIGINS.run()
    assert paths(server, before) == ["flights", "run"]
    ORIGINS.where(field("flights.dest") == "LAX").run()
    omnipd.run_query_arrow(ORIGINS)
    omnipd.explain(ORIGINS)
    assert paths(server, before) == ["flights", "run", "run", "run", "run"]


def test_queries_that_begin_together_ask_for_their_topic_once(omni, server):
    before = len(server.requests)
    months = [ORIGINS.where(field("flights.date[month_num]") == month) for month in range(1, 5)]
    omnipd.run_queries(months)
    assert sorted(paths(server, before)) == ["flights", "run", "run", "run", "run"]


def test_without_a_cache_too_the_check_costs_one_request(server):
    with omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, cache=False
    ) as client:
        before = len(server.requests)
        ORIGINS.run(client=client)
        ORIGINS.run(client=client)
    assert paths(server, before) == ["flights", "run", "run"]


def test_whatever_runs_a_query_checks_it_first(omni, server, tmp_path):
    before = len(server.requests)
    wrong = ORIGINS.select("flights.orgin")
    for run in (
        wrong.run,
        lambda: omnipd.run_query_arrow(wrong),
        lambda: omnipd.iter_batches(wrong),
        lambda: omnipd.query_to_parquet(wrong, tmp_path / "x.parquet"),
        lambda: omnipd.run_queries([wrong]),
        lambda: omnipd.run_query_in_pieces(
            wrong.select("flights.date[month]"), split_on="flights.date"
        ),
        lambda: omnipd.explain(wrong),
        lambda: omnipd.schema(wrong),
        lambda: wrong.run(ttl="1h"),
    ):
        with pytest.raises(omnipd.ArgumentError, match=r"Did you mean flights\.origin"):
            run()
    assert "run" not in paths(server, before)
    assert sum(batch.num_rows for batch in omnipd.iter_batches(ORIGINS)) == 3
    assert omnipd.query_to_parquet(ORIGINS, tmp_path / "x.parquet") == 3


def test_whatever_runs_a_query_heeds_what_is_said_of_the_check(omni, server, tmp_path):
    wrong = flights(["flights.orgin", "flights.date[month]"])
    asked_to = {"check": True}, omnipd.ArgumentError
    told_not_to = {"check": False}, omnipd.MissingFieldsError
    nonsense = {"check": "no"}, omnipd.ArgumentError
    for query, (options, error) in (
        (wrong, asked_to),
        (Query.from_dict(wrong), told_not_to),
        (wrong, nonsense),
    ):
        for run in (
            omnipd.run_query,
            omnipd.run_query_arrow,
            lambda query, **options: list(omnipd.iter_batches(query, **options)),
            lambda query, **options: omnipd.query_to_parquet(query, tmp_path / "x", **options),
            lambda query, **options: omnipd.run_queries([query], **options),
            lambda query, **options: omnipd.run_query_in_pieces(
                query, split_on="flights.date", **options
            ),
            omnipd.explain,
            omnipd.schema,
        ):
            before = len(server.requests)
            with pytest.raises(error):
                run(query, **options)
            assert ("run" in paths(server, before)) == (error is omnipd.MissingFieldsError)
    assert not (tmp_path / "x").exists()


def test_a_file_that_cannot_be_written_costs_no_request(omni, server, tmp_path):
    before = len(server.requests)
    (tmp_path / "file").touch()
    with pytest.raises(omnipd.ExportError, match="is a file, not a folder"):
        omnipd.query_to_parquet(ORIGINS, tmp_path / "file" / "x.parquet")
    with pytest.raises(omnipd.ArgumentError, match="NUL"):
        omnipd.query_to_parquet(ORIGINS, str(tmp_path / "a\0b"))
    assert paths(server, before) == []


def test_a_stored_result_needs_no_check(server, tmp_path):
    def run():
        with omnipd.connect(
            server.url, server.api_key, requests_per_minute=None, cache_dir=tmp_path
        ) as client:
            return ORIGINS.run(ttl="1h", client=client)

    before = len(server.requests)
    first, second = run(), run()
    assert first.equals(second)
    assert paths(server, before) == ["flights", "run"]


def test_a_branch_and_a_workbook_are_checked_by_their_own_topics(omni, server):
    models = omnipd.read_models()
    below = models[models["base_model_id"] == ORDERS]
    workbook = below.loc[below["model_kind"] == "WORKBOOK", "model_id"].iloc[0]
    branch = below.loc[below["model_kind"] == "BRANCH", "model_id"].iloc[0]
    before = len(server.requests)
    assert len(ITEMS.run(model=workbook)) == 240
    assert len(ITEMS.run(branch_id=branch)) == 240
    read = [one for one in list(server.requests)[before:] if "/topic/" in one.path]
    assert [(one.path.split("/")[4], dict(one.query)) for one in read] == [
        (workbook, {}),
        (ORDERS, {"branch_id": branch}),
    ]


def test_reading_the_fields_beforehand_makes_the_check_free(omni, server):
    omnipd.read_topic_fields([(FLIGHTS, "flights")])
    before = len(server.requests)
    ORIGINS.run()
    assert paths(server, before) == ["run"]


def test_without_a_check_omni_is_the_judge(omni, server):
    before = len(server.requests)
    with pytest.raises(omnipd.MissingFieldsError, match=r"flights\.orgin"):
        ORIGINS.select("flights.orgin").run(check=False)
    assert paths(server, before) == ["run"]


def test_a_query_object_is_checked_only_when_asked(omni, server):
    wrong = flights(["flights.orgin"])
    before = len(server.requests)
    with pytest.raises(omnipd.MissingFieldsError):
        omnipd.run_query(wrong)
    with pytest.raises(omnipd.ArgumentError, match="Did you mean"):
        omnipd.run_query(wrong, check=True)
    assert paths(server, before) == ["run", "flights"]


def test_a_query_without_a_topic_is_sent_as_it_is(omni, server):
    before = len(server.requests)
    bare = Query(ORDERS, view="products").select("products.category", "products.count")
    assert len(bare.run()) > 0
    with pytest.raises(omnipd.ArgumentError, match="does not select"):
        bare.sort("products.name").run()
    assert paths(server, before) == ["run"]


#: What the checks have to say of the hand-written cases.
WRONG = {"a text filter on a number is not a filter", "a boolean with a kind is not a filter"}


@pytest.mark.filterwarnings("ignore:.*so that Omni filters nothing:omnipd.OmniWarning")
def test_no_query_that_is_right_is_refused(omni):
    for case in CASES:
        if case.name in WRONG or not case.query.get("join_paths_from_topic_name"):
            continue
        plan = omnipd.explain(case.query, check=True)
        assert plan.fields["name"].tolist() == case.query["fields"]
    wrong = next(one for one in CASES if one.name == "a text filter on a number is not a filter")
    with pytest.raises(omnipd.ArgumentError, match="NUMBER, and its filter is of type string"):
        omnipd.explain(wrong.query, check=True)


@pytest.mark.parametrize(
    ("query", "options"),
    [
        (ORIGINS, {"check": False}),
        (Query(FLIGHTS, view="flights").select("flights.origin", "flights.count"), {}),
    ],
)
@pytest.mark.parametrize(
    "condition",
    [
        field("flights.time_hour") == "2013-03",
        field("flights.time_hour") != "last month",
        field("flights.time_hour").isin(["2013-03", None]),
    ],
)
def test_text_that_may_be_a_time_is_warned_of_where_nobody_looked(omni, query, options, condition):
    with pytest.warns(omnipd.OmniWarning, match=r"flights\.time_hour is compared with text"):
        query.where(condition).run(**options)


def test_a_query_object_that_is_to_be_checked_is_warned_of_too(omni):
    query = Query(FLIGHTS, view="flights").select("flights.origin", "flights.count")
    asked = query.where(field("flights.time_hour") == "2013-03").to_dict()
    with pytest.warns(omnipd.OmniWarning, match=r"flights\.time_hour is compared with text"):
        omnipd.run_query(asked, check=True)
    omnipd.run_query(asked)


def test_text_that_is_no_time_is_not_warned_of(omni):
    for condition in (
        field("flights.origin") == "JFK",
        field("flights.date[month_name]") == "July",
        field("flights.date[month]") == "2013-03",
    ):
        ORIGINS.where(condition).run(check=False)


# --- durations, which no topic tells from other numbers

WAIT = {
    "orders.wait": KnownField("dimension", "NUMBER"),
    "orders.status": KnownField("dimension", "STRING"),
    "orders.waits": KnownField("measure", "NUMBER"),
}


@pytest.mark.parametrize("unit", UNITS)
def test_a_number_may_be_a_duration_in_any_of_its_units(unit):
    long = (field(f"orders.wait[{unit}]") > 3) & (field(f"orders.wait[{unit}]") < 9)
    query = Query(ORDERS, "orders").select(f"orders.wait[{unit}]").where(long)
    check_fields(query.to_dict(), WAIT, "The topic orders")


@pytest.mark.parametrize(
    "name", ["orders.wait[month]", "orders.status[days]", "orders.waits[days]"]
)
def test_what_can_be_no_duration_has_no_units(name):
    query = Query(ORDERS, "orders").select(name)
    with pytest.raises(omnipd.ArgumentError, match="so it has no timeframes"):
        check_fields(query.to_dict(), WAIT, "The topic orders")


def test_so_many_of_the_values_of_a_dimension_may_be_asked_for():
    query = Query(ORDERS, "orders").select("orders.status[10]").sort("orders.status[10]")
    check_fields(query.to_dict(), WAIT, "The topic orders")
    measure = Query(ORDERS, "orders").select("orders.waits[10]")
    with pytest.raises(omnipd.ArgumentError, match="a measure, so it has no timeframes"):
        check_fields(measure.to_dict(), WAIT, "The topic orders")


# --- when the topic cannot be had, or has changed

QUERY = Query(MODEL, "users").select("users.state", "users.count")
DONE = answer(whole_answer(), content_type="text/ndjson")


def topic(*names):
    fields = [
        {
            "field_name": name,
            "fully_qualified_name": f"users.{name}",
            "view_name": "users",
            "data_type": "STRING",
        }
        for name in names
    ]
    view = {"name": "users", "dimensions": fields, "measures": []}
    return answer({"success": True, "topic": {"name": "users", "views": [view]}})


def asked(scripted):
    return [target.split("/")[-1].split("?")[0] for _, target, _, _ in scripted.requests]


@pytest.mark.parametrize(
    ("refusal", "looked_at"),
    [
        (answer({"detail": "Permission denied"}, status=403), ["users"]),
        # Whether the model has it is then looked up in the list of its topics.
        (answer({"detail": "Not found"}, status=404), ["users", "topic"]),
    ],
)
def test_a_topic_that_may_not_be_read_is_asked_for_once(scripted, fake_time, refusal, looked_at):
    scripted.by_target = lambda target: refusal if "/topic" in target else DONE
    with client_of(scripted, fake_time) as client:
        for _ in range(3):
            assert len(QUERY.run(client=client)) == 3
    assert asked(scripted) == [*looked_at, "run", "run", "run"]


@pytest.mark.parametrize(
    "broken",
    [
        answer({"topic": {"views": "none"}}),
        answer(b"<html>", content_type="text/html"),
        answer({"topic": {"name": "users", "views": []}}),
        answer({"detail": "Bad"}, status=400),
    ],
)
def test_a_topic_that_is_no_topic_stops_nothing(scripted, fake_time, broken):
    scripted.by_target = lambda target: broken if "/topic/" in target else DONE
    with client_of(scripted, fake_time) as client:
        assert len(QUERY.run(client=client)) == 3
    assert asked(scripted)[-1] == "run"


def test_an_unknown_key_is_said_at_once(scripted, fake_time):
    scripted.script(answer({"detail": "Invalid bearer token"}, status=403))
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(omnipd.AuthenticationError),
    ):
        QUERY.run(client=client)
    assert asked(scripted) == ["users"]


def test_a_field_that_is_newer_than_the_cache_is_found(scripted, fake_time):
    with client_of(scripted, fake_time) as client:
        scripted.script(topic("state"))
        omnipd.read_topic_fields([(MODEL, "users")], client=client)
        scripted.script(topic("state"), topic("state", "count"), DONE)
        assert len(QUERY.run(client=client)) == 3
        assert asked(scripted) == ["users", "users", "run"]
        scripted.script(topic("state", "count"))
        with pytest.raises(omnipd.ArgumentError, match=r"users\.city"):
            QUERY.select("users.city").run(client=client)
        assert asked(scripted)[3:] == ["users"]


def test_columns_that_omni_computes_are_not_looked_for(scripted, fake_time):
    scripted.by_target = lambda target: topic("state", "count") if "/topic/" in target else DONE
    shown = {
        **QUERY.to_dict(),
        "calculations": [{"calc_name": "share", "sql_expression": {}}],
        "filters": {"gone.x": {"type": "null", "ignore_if_unjoinable": True}},
    }
    shown["sorts"] = [{"column_name": "users.state", "sort_descending": False}]
    with client_of(scripted, fake_time) as client:
        assert len(Query.from_dict(shown).run(client=client)) == 3


def test_a_date_filter_under_a_bracket_is_refused(omni):
    filters = {
        "flights.date[month]": {
            "type": "date",
            "kind": "BEFORE",
            "right_side": dt.date(2013, 2, 1),
        }
    }
    with pytest.raises(omnipd.ArgumentError, match="under a name with a bracket"):
        omnipd.run_query(flights(["flights.count"], filters=filters), check=True)


def held(let_go, came):
    """A topic whose answer waits until it is let go."""

    def step(connection):
        came.set()
        let_go.wait(30)
        said = topic("state", "count")
        connection.sendall(said.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))

    return step


def test_a_slow_topic_keeps_nobody_else_waiting(scripted, fake_time):
    let_go, came = threading.Event(), threading.Event()

    def by(target):
        if "/topic/slow" in target:
            return held(let_go, came)
        return topic("state", "count") if "/topic/" in target else DONE

    scripted.by_target = by
    slow = Query(MODEL, "slow").select("users.state", "users.count")
    with (
        client_of(scripted, fake_time) as client,
        client_of(scripted, user_id="x") as other,
        ThreadPoolExecutor(1) as pool,
    ):
        waiting = pool.submit(slow.run, client=client)
        assert came.wait(30)
        assert len(QUERY.run(client=other)) == 3
        assert len(QUERY.run(client=client)) == 3
        assert not waiting.done()
        let_go.set()
        assert len(waiting.result()) == 3


def test_the_look_at_the_topic_counts_against_the_timeout(scripted):
    let_go, came = threading.Event(), threading.Event()
    scripted.by_target = lambda target: held(let_go, came) if "/topic/" in target else DONE
    with client_of(scripted) as client, ThreadPoolExecutor(2) as pool:
        both = [pool.submit(QUERY.run, client=client, timeout=0.2) for _ in range(2)]
        for one in both:
            with pytest.raises(omnipd.QueryTimeoutError, match="the query was not sent"):
                one.result()
        let_go.set()
    assert "run" not in asked(scripted)


def test_a_topic_that_the_model_lacks_is_refused_with_near_matches(omni, server):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match="no topic 'flight'") as caught:
        Query(FLIGHTS, "flight").select("flights.count").run()
    assert "Did you mean 'flights'?" in caught.value.hint
    with pytest.raises(omnipd.ArgumentError, match="no topic 'zzz'") as caught:
        Query(FLIGHTS, "zzz").select("flights.count").run()
    assert "flights" in caught.value.hint
    assert all("/query/" not in one.path for one in list(server.requests)[before:])
    with pytest.raises(omnipd.PlanError):
        Query(FLIGHTS, "flight").select("flights.count").run(check=False)
