"""SQL by hand: what it gives, and what would not be run as it is written."""

import json

import duckdb
import pyarrow as pa
import pytest
from faults.given import whole_answer
from queries.query_cases import FLIGHTS, ORDERS
from scripted_server import answer

import omnipd
from omnipd_sandbox.server import Server


def test_sql_over_the_model_is_planned_by_the_model(omni):
    df = omnipd.run_sql(
        "SELECT ${users.state}, ${order_items.total_sale_price} FROM ${order_items} "
        "WHERE ${users.state} = 'Texas'",
        model=ORDERS,
    )
    governed = omnipd.run_query(
        {
            "modelId": ORDERS,
            "join_paths_from_topic_name": "orders",
            "fields": ["users.state", "order_items.total_sale_price"],
            "filters": {"users.state": {"type": "string", "kind": "EQUALS", "values": ["Texas"]}},
        }
    )
    assert len(df) == 1
    assert df["order_items.total_sale_price"].tolist() == (
        governed["order_items.total_sale_price"].tolist()
    )


def test_verbatim_sql_is_the_databases_own(omni):
    df = omnipd.run_sql(
        "SELECT origin, count(*) AS n, 1.50::DECIMAL(5,2) AS d FROM flights GROUP BY origin "
        "ORDER BY origin LIMIT 2",
        model=FLIGHTS,
        verbatim=True,
    )
    assert df.to_dict("list") == {
        "origin": ["EWR", "JFK"],
        "n": [120835, 111279],
        "d": [pytest.approx(1.5), pytest.approx(1.5)],
    }
    assert df.dtypes["d"].pyarrow_dtype == pa.decimal128(5, 2)
    assert "SELECT" in df.attrs["omni"]["sql"]


def test_a_result_that_omni_cut_off_is_an_error_that_carries_it(omni):
    everything = "SELECT flight FROM flights"
    with pytest.raises(omnipd.IncompleteReadError, match="cut the result") as caught:
        omnipd.run_sql(everything, model=FLIGHTS, verbatim=True)
    assert len(caught.value.partial) == 50_001
    assert caught.value.partial.attrs["omni"]["complete"] is False
    with pytest.warns(omnipd.OmniWarning, match="50,001 rows"):
        assert len(omnipd.run_sql(everything, model=FLIGHTS, verbatim=True, strict=False)) == 50_001


def test_a_limit_in_the_sql_is_no_cut(omni):
    df = omnipd.run_sql("SELECT flight FROM flights LIMIT 60000", model=FLIGHTS, verbatim=True)
    assert len(df) == 60_000


@pytest.mark.parametrize(
    ("sql", "verbatim"),
    [
        ("SELECT flight FROM flights LIMIT 50001", True),
        ("SELECT flight FROM flights limit 50001 OFFSET 7 ; -- enough", True),
        ("SELECT ${flights.id} FROM ${flights} LIMIT 50001", False),
    ],
)
def test_as_many_rows_as_the_sql_asks_for_are_whole(omni, sql, verbatim):
    df = omnipd.run_sql(sql, model=FLIGHTS, verbatim=verbatim)
    assert len(df) == 50_001
    assert df.attrs["omni"]["limit_reached"] is False


@pytest.mark.parametrize("behind", ["-- LIMIT 50001", "/* LIMIT 9 */", "WHERE 'LIMIT 9' <> ''"])
def test_a_limit_that_is_no_code_is_no_limit(omni, behind):
    with pytest.raises(omnipd.IncompleteReadError, match="cut the result"):
        omnipd.run_sql(f"SELECT flight FROM flights {behind}", model=FLIGHTS, verbatim=True)


@pytest.mark.parametrize(
    ("sql", "verbatim", "words"),
    [
        ("", False, "is empty"),
        (" \n", True, "is empty"),
        ("-- nothing", False, "only a comment"),
        ("SELECT * FROM salaries", False, "around the model"),
        ("SELECT '${x}' FROM salaries -- ${y}", False, "around the model"),
        ("-- do not parse\nSELECT ${flights.origin} FROM ${flights}", False, "DO NOT PARSE"),
        (
            """SELECT ${a.b} AS "it's" FROM (SELECT DISTINCT x FROM y) z WHERE q = '1'""",
            False,
            "drops DISTINCT",
        ),
        (
            r"SELECT ${a.b} FROM ${a} WHERE x = 'it\'s' AND y IN (SELECT DISTINCT z FROM w)",
            False,
            "drops DISTINCT",
        ),
        (
            "SELECT ${a.b} AS `it's` FROM (SELECT DISTINCT x FROM y) z WHERE q = '1'",
            False,
            "drops DISTINCT",
        ),
        (
            "SELECT ${a.b} FROM ${a} WHERE ${a.t} > '2013' AND ${A.T[month]} < '2014'",
            False,
            "conditions on a.t with and without",
        ),
        (
            "SELECT ${a.b} FROM ${a} JOIN ${c} ON ${a.t} > '2013' AND ${a.t[month]} < '2014'",
            False,
            "conditions on a.t with and without",
        ),
        ("/* SELECT 1 */", True, "only a comment"),
        ("SELECT ${flights.origin} FROM ${flights}", True, r"has \$\{…\}"),
        ("-- DO NOT PARSE\nSELECT 1", False, "DO NOT PARSE"),
        ("SELECT DISTINCT ${flights.origin} FROM ${flights}", False, "drops DISTINCT"),
        ("select\n distinct ${flights.origin} from ${flights}", False, "drops DISTINCT"),
        (
            "SELECT ${flights.count} FROM ${flights} WHERE ${flights.date} >= '2013-02-01' "
            "AND ${flights.date[month]} < '2013-04-01' GROUP BY 1",
            False,
            "conditions on flights.date with and without a timeframe",
        ),
    ],
)
def test_what_would_not_run_as_written_is_not_sent(scripted, sql, verbatim, words):
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    with pytest.raises(omnipd.ArgumentError, match=words):
        omnipd.run_sql(sql, model=FLIGHTS, verbatim=verbatim, client=client)
    assert scripted.requests == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '${x}' AS a -- ${y}",
        "SELECT DISTINCT origin FROM flights LIMIT 1",
        "SELECT 1 AS a -- DO NOT PARSE",
        """SELECT 1 AS "${x}" """,
    ],
)
def test_signs_in_texts_and_comments_are_no_signs(omni, sql):
    assert len(omnipd.run_sql(sql, model=FLIGHTS, verbatim=True)) == 1


def test_a_field_cut_in_the_result_and_whole_in_a_condition_is_fine(omni):
    df = omnipd.run_sql(
        "SELECT ${flights.date[month]}, ${flights.count} FROM ${flights} "
        "WHERE ${flights.date} < '2013-03-01'",
        model=FLIGHTS,
    )
    assert df["flights.count"].sum() == 27004 + 24951


def test_sql_that_went_around_the_model_is_an_error(scripted):
    unread = {"omni_sql_parse_failed": True, "display_sql": "SELECT * FROM salaries"}
    scripted.script(answer(whole_answer(summary=unread)))
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    with pytest.raises(omnipd.QueryError, match="ran it as it is") as caught:
        omnipd.run_sql("SELECT * FROM salaries, ${users}", model=FLIGHTS, client=client)
    assert caught.value.error_type == "NOT_PARSED"
    assert caught.value.sql == "SELECT * FROM salaries"


def test_an_unknown_reference_is_named(omni):
    with pytest.raises(omnipd.QueryError, match="no_such"):
        omnipd.run_sql("SELECT ${flights.no_such} FROM ${flights}", model=FLIGHTS)


def test_the_databases_own_words_are_in_the_error(omni):
    with pytest.raises(omnipd.QueryError, match="no_such_table"):
        omnipd.run_sql("SELECT * FROM no_such_table", model=FLIGHTS, verbatim=True)


SAID = {False: "SELECT ${flights.origin} FROM ${flights}", True: "SELECT 1"}


def test_what_is_sent_is_verbatim_only_when_it_was_asked_for(scripted):
    scripted.script(answer({"detail": "Permission denied"}, 403))
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    for verbatim in (False, True):
        with pytest.raises(omnipd.ForbiddenError):
            omnipd.run_sql(SAID[verbatim], model=FLIGHTS, verbatim=verbatim, client=client)
    first, second = (json.loads(body)["query"] for _, _, _, body in scripted.requests)
    assert "rewriteSql" not in first
    assert second["rewriteSql"] is False
    assert [first["userEditedSQL"], second["userEditedSQL"]] == [SAID[False], SAID[True]]
    assert first["limit"] is None


def test_columns_of_one_name_are_told_apart(omni):
    df = omnipd.run_sql("SELECT 1 AS a, 2 AS a", model=FLIGHTS, verbatim=True)
    assert df.to_dict("list") == {"a": [1], "a_2": [2]}
    assert duckdb.sql("SELECT 1 AS a, 2 AS a").fetchall() == [(1, 2)]


def test_a_key_that_may_not_see_sql_sees_none(tmp_path):
    with (
        Server(documents=0, redact_sql=True) as server,
        omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client,
    ):
        df = omnipd.run_sql("SELECT 1 AS a", model=FLIGHTS, verbatim=True, client=client)
    assert df.attrs["omni"]["sql"] is None
