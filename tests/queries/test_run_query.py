"""Governed queries through the client equal SQL written by hand over the same tables."""

import json
import warnings

import duckdb
import pandas as pd
import polars
import pyarrow as pa
import pytest
from queries.query_answers import assert_answers, by_hand
from queries.query_cases import CASES, FLIGHTS, NOW, REFUSED, flights

import omnipd
from omnipd_sandbox.server import Server

SENT = [case for case in CASES if case.name not in REFUSED]


@pytest.fixture(scope="module")
def dated_server():
    with Server(documents=0, now=lambda: NOW) as server:
        yield server
        assert server.failures == []


@pytest.fixture
def dated(dated_server):
    with omnipd.connect(dated_server.url, dated_server.api_key, requests_per_minute=None) as client:
        yield client


@pytest.mark.filterwarnings("ignore:.*so that Omni filters nothing:omnipd.OmniWarning")
@pytest.mark.parametrize("case", SENT, ids=lambda case: case.name)
def test_a_query_equals_sql_written_by_hand(dated, case):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The result has exactly", omnipd.OmniWarning)
        totals = bool(case.query.get("column_totals"))
        table = omnipd.run_query_arrow(case.query, totals=totals)
        df = omnipd.run_query(case.query, totals=totals)
    assert_answers(table, case)
    assert (
        pa.Table.from_pandas(df, preserve_index=False)
        .replace_schema_metadata(None)
        .equals(table.replace_schema_metadata(None))
    )


def test_what_the_server_would_ignore_is_refused(dated):
    refused = [case for case in CASES if case.name in REFUSED]
    assert len(refused) == len(REFUSED)
    for case in refused:
        with pytest.raises(omnipd.ArgumentError, match="which Omni ignores"):
            omnipd.run_query(case.query)


def test_the_cases_cover_every_filter_kind_and_every_timeframe():
    text = json.dumps([case.query for case in CASES])
    for kind in (
        "EQUALS",
        "CONTAINS",
        "STARTS_WITH",
        "ENDS_WITH",
        "SQL_LIKE",
        "IS_EMPTY",
        "GREATER_THAN",
        "LESS_THAN",
        "BETWEEN",
        "ON_OR_AFTER",
        "BEFORE",
        "TIME_FOR_UNIT_DURATION",
        "TIME_FOR_INTERVAL_DURATION",
    ):
        assert f'"kind": "{kind}"' in text, kind
    for kind in ("string", "number", "date", "boolean", "null", "composite"):
        assert f'"type": "{kind}"' in text, kind
    for timeframe in (
        "year",
        "quarter",
        "month",
        "week",
        "date",
        "hour",
        "minute",
        "second",
        "quarter_of_year",
        "week_of_year",
        "day_of_week_num",
        "month_num",
        "hour_of_day",
        "day_of_month",
        "day_of_year",
        "day_of_quarter",
        "day_of_week_name",
        "month_name",
    ):
        assert f"[{timeframe}]" in text, timeframe
    assert len(CASES) >= 30


def test_the_published_counts_of_the_real_data(dated):
    df = omnipd.run_query(flights(["flights.origin", "flights.count"]))
    assert dict(zip(df["flights.origin"], df["flights.count"], strict=True)) == {
        "EWR": 120_835,
        "JFK": 111_279,
        "LGA": 104_662,
    }


def test_the_types_are_omnis(dated):
    fields = ["time_hour", "date", "origin", "is_late", "average_dep_delay", "count"]
    df = _quiet(flights([f"flights.{field}" for field in fields], limit=7))
    assert [dtype.pyarrow_dtype for dtype in df.dtypes] == [
        pa.timestamp("us", "UTC"),
        pa.date32(),
        pa.string(),
        pa.bool_(),
        pa.float64(),
        pa.int64(),
    ]


def _quiet(query, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", omnipd.OmniWarning)
        return omnipd.run_query(query, **options)


def test_a_result_at_its_limit_warns_and_all_has_none(dated):
    with pytest.warns(omnipd.OmniWarning, match="exactly 2 rows"):
        assert len(omnipd.run_query(flights(["flights.origin"]), limit=2)) == 2
    assert len(omnipd.run_query(flights(["flights.origin"]), limit="all")) == 3
    assert len(omnipd.run_query(flights(["flights.origin"]) | {"limit": None})) == 3


def test_without_a_limit_omnis_thousand_is_sent_and_seen(dated):
    with pytest.warns(omnipd.OmniWarning, match="exactly 1,000 rows"):
        assert len(omnipd.run_query(flights(["flights.id"]))) == 1000


def test_the_callers_object_is_not_changed(dated):
    query = flights(["flights.origin", "flights.count"])
    before = json.dumps(query)
    omnipd.run_query(query, limit=10)
    assert json.dumps(query) == before


def test_every_form_of_a_query_object_is_taken(dated, tmp_path):
    query = flights(["flights.origin", "flights.count"])
    path = tmp_path / "query.json"
    path.write_text(json.dumps({"query": query}))
    forms = [
        query,
        {"query": query},
        json.dumps(query),
        json.dumps({"query": query}),
        path,
        str(path),
    ]
    frames = [omnipd.run_query(form) for form in forms]
    for df in frames[1:]:
        pd.testing.assert_frame_equal(df, frames[0])


@pytest.mark.parametrize(
    ("query", "options", "message"),
    [
        ({"fields": ["a.b"]}, {}, "no modelId"),
        ({"modelId": FLIGHTS}, {}, "asks for no fields"),
        ({"modelId": FLIGHTS, "fields": "flights.origin"}, {}, "list of names"),
        ({"modelId": FLIGHTS, "fields": ["a.b"], "filter": {}}, {}, "Did you mean 'filters'"),
        ({"modelId": FLIGHTS, "fields": ["a.b"], "model_id": "x"}, {}, "Did you mean 'modelId'"),
        ({"modelId": FLIGHTS, "fields": ["a.b"], "rowTotals": {}}, {}, "Did you mean 'row_totals'"),
        ({"modelId": FLIGHTS, "fields": ["a.b"], "branchId": "x"}, {}, "branch_id="),
        (
            {"modelId": FLIGHTS, "fields": ["a.b"], "filters": {"a.b": "CA"}},
            {},
            "filter objects only",
        ),
        ({"modelId": FLIGHTS, "fields": ["a.b"], "filters": {"a.b": 7}}, {}, "filter objects only"),
        (
            {"modelId": FLIGHTS, "fields": ["a.b"], "pivots": ["a.b"], "limit": None},
            {},
            "numeric limit",
        ),
        ({"modelId": FLIGHTS, "fields": ["a.b"]}, {"limit": 0}, "1 or more"),
        ({"modelId": FLIGHTS, "fields": ["a.b"]}, {"limit": 1.5}, "1 or more"),
        ({"modelId": FLIGHTS, "fields": ["a.b"]}, {"cache": "normal"}, "It takes Standard"),
        ({"modelId": FLIGHTS, "fields": ["a.b"]}, {"names": "labels"}, "Did you mean 'label'"),
        ({"query": {"modelId": FLIGHTS, "fields": ["a.b"]}, "resultType": "csv"}, {}, "resultType"),
        ("{not json", {}, "not JSON"),
        ("[1]", {}, "not an object"),
        ("no-such-file.json", {}, "cannot be read"),
    ],
)
def test_bad_queries_are_refused_before_anything_is_sent(
    dated, dated_server, query, options, message
):
    before = len(dated_server.requests)
    with pytest.raises(omnipd.ArgumentError, match=message):
        omnipd.run_query(query, **options)
    assert len(dated_server.requests) == before


def test_what_the_model_lacks_is_an_error_and_not_a_missing_column(dated):
    with pytest.raises(omnipd.MissingFieldsError, match=r"flights\.orgin") as caught:
        omnipd.run_query(flights(["flights.orgin", "flights.count"]))
    assert caught.value.job_id
    with pytest.raises(omnipd.MissingFieldsError) as caught:
        omnipd.run_query(flights(["flights.dest[10]", "flights.count"]))
    assert "dynamic_top_n" in caught.value.hint


def test_an_unknown_filter_field_is_a_plan_error(dated):
    query = flights(["flights.count"], filters={"flights.nope": {"type": "null"}})
    with pytest.raises(omnipd.PlanError, match=r'No such field "flights\.nope"') as caught:
        omnipd.run_query(query)
    assert caught.value.error_type == "PLAN"


def test_an_unknown_model_is_not_found_and_a_stranger_cannot_be_acted_for(dated):
    query = flights(["flights.count"])
    with pytest.raises(omnipd.NotFoundError):
        omnipd.run_query(query, model="00000000-0000-4000-8000-000000000000")
    with pytest.raises(omnipd.NotFoundError, match="does not exist"):
        omnipd.run_query(query, user_id="00000000-0000-4000-8000-000000000000")


def test_names_may_be_omnis_labels(dated):
    df = omnipd.run_query(flights(["flights.origin", "flights.count"]), names="label")
    assert df.columns.tolist() == ["Origin", "Flights"]


def test_the_facts_of_a_run_are_small_and_fit_for_json(dated):
    df = omnipd.run_query(flights(["flights.origin", "flights.count"]))
    facts = df.attrs["omni"]
    assert json.loads(json.dumps(facts)) == facts
    assert facts["labels"] == {"flights.origin": "Origin", "flights.count": "Flights"}
    assert "GROUP BY" in facts["sql"]
    assert facts["cache"] in {"MISS", "EXACT"}
    assert facts["job_id"]


@pytest.mark.parametrize(
    ("limit", "kept", "reached"),
    [(None, 1000, True), (3, 3, True), (5, 3, False), ("all", 3, False)],
)
def test_a_frame_says_whether_its_limit_may_have_cut_it(dated, limit, kept, reached):
    fields = ["flights.date[date]", "flights.dest"] if limit is None else ["flights.origin"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The result has exactly", omnipd.OmniWarning)
        df = omnipd.run_query(flights(fields), limit=limit)
        table = omnipd.run_query_arrow(flights(fields), limit=limit)
    facts = df.attrs["omni"]
    applied = {None: 1000, "all": None}.get(limit, limit)
    assert (len(df), facts["limit"], facts["limit_reached"]) == (kept, applied, reached)
    assert json.loads(table.schema.metadata[b"omni"])["limit_reached"] is reached
    assert facts["complete"] is True


def test_totals_are_dropped_unless_asked_for(dated):
    query = flights(
        ["flights.origin", "flights.count"], column_totals={"::total::": {"type": "aggregation"}}
    )
    assert len(omnipd.run_query(query)) == 3
    df = omnipd.run_query(query, totals=True)
    total = df[df["omni_total"].notna()]
    assert total["flights.count"].tolist() == [336_776]
    assert df["omni_total"].isna().sum() == 3


def test_jobs_that_need_waiting_are_waited_for(tmp_path, fake_time):
    from omnipd.client.client import Client
    from omnipd.client.settings import resolve

    with Server(documents=0, slow_job_polls=3) as server:
        client = Client(
            resolve(server.url, server.api_key),
            cache_dir=tmp_path,
            requests_per_minute=None,
            clock=fake_time.clock(),
        )
        df = omnipd.run_query(flights(["flights.origin", "flights.count"]), client=client)
        assert df["flights.count"].sum() == 336_776
        waits = [one for one in server.requests if one.path.endswith("/query/wait")]
        assert len(waits) == 3
        assert fake_time.slept == [1.0, 1.0]
        client.close()


def test_polars_and_duckdb_take_frames_and_tables_as_they_are(dated):
    query = flights(["flights.origin", "flights.count"])
    table, df = omnipd.run_query_arrow(query), omnipd.run_query(query)
    for result in (table, df):
        assert polars.DataFrame(result)["flights.count"].sum() == 336_776
        with duckdb.connect() as connection:
            connection.register("result", result)
            counted = connection.execute('SELECT sum("flights.count") FROM result').fetchone()
        assert counted == (336_776,)


def test_results_of_all_types_survive_parquet_with_plain_pandas(dated, tmp_path):
    by_types = {tuple(map(str, by_hand(case).schema.types)): case for case in SENT}
    assert len(by_types) > 20
    for case in by_types.values():
        df = _quiet(case.query)
        path = tmp_path / "result.parquet"
        df.to_parquet(path)
        back = pd.read_parquet(path)
        assert back.columns.tolist() == df.columns.tolist()
        assert len(back) == len(df)
        omnipd.to_parquet(df, path)
        assert pd.read_parquet(path).shape == df.shape
