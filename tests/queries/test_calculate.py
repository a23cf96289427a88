"""Calculations through the client: what comes of them, what is told of them, what fails with them."""

import pytest

import omnipd
from omnipd import Query, calc
from omnipd.errors import ArgumentError, OmniWarning, PlanError, QueryError
from omnipd_sandbox.server import Server

BY_STATUS = (
    Query("orders", "orders")
    .select("order_items.status", "order_items.count")
    .sort("order_items.status")
)
COUNT = calc.field("order_items.count")
TO_NUMBER = calc.cast(calc.field("order_items.status"), "double")


@pytest.fixture
def asked(tmp_path):
    """A client of a sandbox with some knobs."""
    opened = []

    def ask(**knobs):
        server = Server(documents=0, **knobs)
        opened.append(server)
        client = omnipd.connect(
            server.__enter__().url,
            server.api_key,
            requests_per_minute=None,
            cache_dir=tmp_path / str(len(opened)),
        )
        opened.append(client)
        return client

    yield ask
    for one in reversed(opened):
        one.__exit__(None, None, None)


@pytest.fixture(scope="module")
def omni(tmp_path_factory):
    with omnipd.sandbox(cache=False) as opened:
        yield opened


def test_a_calculation_is_a_column_at_its_place_with_its_label_and_format(omni):
    query = BY_STATUS.calculate(
        "share", calc.percent_of_total("order_items.count"), label="Share", format="0.0%"
    )
    df = query.run()
    assert df.columns.tolist() == ["order_items.status", "order_items.count", "share"]
    assert df["share"].tolist() == [40 / 240, 120 / 240, 40 / 240, 40 / 240]
    assert df.attrs["omni"]["labels"]["share"] == "Share"
    assert df.attrs["omni"]["formats"]["share"] == "0.0%"
    labeled = query.run(names="label")
    assert labeled.columns.tolist() == ["Status", "Count", "Share"]


def test_a_plan_and_a_schema_tell_of_a_calculation(omni):
    query = BY_STATUS.calculate("twice", COUNT * 2)
    described = omnipd.explain(query).fields
    assert described["kind"].tolist() == ["dimension", "measure", "calculation"]
    assert omnipd.schema(query).dtypes.equals(query.run().dtypes)


def test_batches_and_several_queries_have_calculations(omni):
    query = BY_STATUS.calculate("twice", COUNT * 2)
    [first] = omnipd.iter_batches(query)
    assert first.column("twice").to_pylist() == [80, 240, 80, 80]
    assert omnipd.run_queries([query])[0]["twice"].tolist() == [80, 240, 80, 80]


def test_a_query_with_calculations_is_not_split(omni):
    query = Query("orders", "orders").select("order_items.created_at[month]", "order_items.count")
    query = query.calculate("so far", calc.running_total("order_items.count"))
    with pytest.raises(ArgumentError, match="The query has calculations, which speak of all rows"):
        omnipd.run_query_in_pieces(query, split_on="order_items.created_at")


def test_a_calculation_that_fails_in_the_database_fails_the_query(omni):
    with pytest.raises(QueryError, match=r'CALCS_FAILED.*"bad" failed') as caught:
        BY_STATUS.calculate("bad", TO_NUMBER).run()
    assert caught.value.error_type == "CALCS_FAILED"
    assert "sees nothing but what the query selects" in caught.value.hint


def test_errors_that_are_swallowed_are_texts(omni):
    df = BY_STATUS.calculate("bad", TO_NUMBER, swallow_errors=True).run()
    assert df["bad"].tolist() == ["#ERROR!"] * 4
    assert df["order_items.count"].sum() == 240


def wrong(**beside):
    """A query that refers to what it does not select, unchecked."""
    missing = {"type": "field", "field_name": "order_items.gifts"}
    query = BY_STATUS.to_dict()
    query["fields"] = [*query["fields"], "bad"]
    return {
        **query,
        "calculations": [{"calc_name": "bad", "sql_expression": missing, **beside}],
    }


@pytest.mark.parametrize(
    ("told", "error_type"), [("job", "CALCS_FAILED"), ("summary", "INVALID_CALCULATIONS")]
)
def test_both_ways_to_tell_of_a_failed_calculation_are_errors(asked, told, error_type):
    client = asked(failed_calculations=told)
    with pytest.raises(QueryError, match="which the query does not select") as caught:
        omnipd.run_query(wrong(), client=client)
    error = caught.value
    assert (error.error_type, bool(error.job_id)) == (error_type, True)
    assert "bad" in error.message
    assert "sees nothing but what the query selects" in error.hint
    with pytest.raises(QueryError, match="bad"):
        list(omnipd.iter_batches(wrong(), client=client))


@pytest.mark.parametrize("told", ["job", "summary"])
def test_what_is_swallowed_is_no_failure_however_it_is_told(asked, told):
    client = asked(failed_calculations=told)
    df = omnipd.run_query(wrong(swallow_errors=True), client=client)
    assert df["bad"].tolist() == ["#ERROR!"] * 4


def test_a_plan_tells_of_a_failed_calculation_and_does_not_fail(asked):
    plan = omnipd.explain(wrong(), client=asked(failed_calculations="summary"))
    [told] = plan.warnings
    assert told == 'bad: It refers to "order_items.gifts", which the query does not select'


def test_without_the_right_to_see_sql_no_reason_is_given(asked):
    client = asked(failed_calculations="summary", redact_sql=True)
    with pytest.raises(QueryError) as caught:
        omnipd.run_query(wrong(), client=client)
    assert "order_items.gifts" not in str(caught.value)
    assert "bad: Query failed." in str(caught.value)


def test_a_sort_by_a_calculation_is_sent_and_refused_by_the_sandbox_by_name(omni):
    query = BY_STATUS.calculate("twice", COUNT * 2).sort("-twice")
    with pytest.raises(PlanError, match=r'"sorts" by a calculation is not modeled'):
        query.run()


def test_in_a_wide_frame_a_row_total_stands_beside_its_row(omni):
    query = (
        Query("orders", "orders")
        .select("order_items.created_at[month]", "order_items.count")
        .pivot("order_items.status")
        .sort("order_items.created_at[month]")
        .limit(2)
        .calculate("all", calc.row_total("order_items.count"))
        .calculate("so far", calc.running_total("order_items.count"))
    )
    with pytest.warns(OmniWarning, match="its limit"):
        df = query.run()
    assert df.index.get_level_values("all").tolist() == [13, 19]
    assert df[("pending", "order_items.count")].tolist() == [2, 3]
    assert df[("pending", "so far")].tolist() == [2, 5]
    assert "all" not in df.columns.get_level_values(1)
    with pytest.warns(OmniWarning, match="its limit"):
        flat = query.run(pivot="flat")
    assert flat["all"].tolist() == [13, 19]
