"""Results as one document: csv, json and xlsx."""

import json
from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def run(server, wire):
    """Ask for a document, on the shop unless the query says otherwise."""

    def send(fields, kind, *, formatted=None, **query):
        body = {
            "query": {
                "modelId": server.models["orders"],
                "join_paths_from_topic_name": "orders",
                "fields": fields,
                **query,
            },
            "resultType": kind,
        }
        if formatted is not None:
            body["formatResults"] = formatted
        return wire.ask("POST", "/api/v1/query/run", body=json.dumps(body))

    return send


def sql(text):
    return {"userEditedSQL": text, "rewriteSql": False}


def sheet_rows(answer):
    """The texts of the cells of a workbook."""
    with ZipFile(BytesIO(answer.body)) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return [
        ["".join(cell.itertext()) for cell in row.iter(f"{SHEET}c")]
        for row in sheet.iter(f"{SHEET}row")
    ]


PRODUCTS = {
    "fields": ["products.name", "products.list_price", "products.discontinued_on"],
    "filters": {"products.sku": {"type": "string", "kind": "EQUALS", "values": ["P-03", "P-02"]}},
    "sorts": [{"column_name": "products.name", "sort_descending": False}],
}


def test_csv_has_labels_and_plain_values(run):
    answer = run(kind="csv", **PRODUCTS)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv")
    assert answer.body.decode() == (
        "Product,List Price,Discontinued\n"
        "O'Brien's polo,34.95,\n"
        '"The ""quoted"" one",29.99,2024-06-30\n'
    )


def test_json_is_keyed_by_label(run):
    answer = run(kind="json", **PRODUCTS)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json == [
        {"Product": "O'Brien's polo", "List Price": 34.95, "Discontinued": None},
        {"Product": 'The "quoted" one', "List Price": 29.99, "Discontinued": "2024-06-30"},
    ]


def test_labels_that_are_alike_are_told_apart(run):
    fields = ["order_items.count", "users.count", "products.count"]
    [row] = run(fields, "json").json
    assert list(row) == ["Count", "Count (2)", "Count (3)"]
    assert row["Count"] == 240


def test_xlsx_is_a_workbook_of_one_sheet(run):
    answer = run(kind="xlsx", **PRODUCTS)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/vnd.ms-excel")
    with ZipFile(BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
    assert sheet_rows(answer) == [
        ["Product", "List Price", "Discontinued"],
        ["O'Brien's polo", "34.95", ""],
        ['The "quoted" one', "29.99", "2024-06-30"],
    ]


def test_formatted_numbers_are_text(run, server):
    # The eleven list prices, added up by hand.
    prices = {"table": "products", "join_paths_from_topic_name": None}
    price = ["products.total_list_price"]
    assert run(price, "json", **prices).json == [{"Total List Price": 100_000_151.68}]
    assert run(price, "json", formatted=False, **prices).json == [
        {"Total List Price": 100_000_151.68}
    ]
    assert run(price, "json", formatted=True, **prices).json == [
        {"Total List Price": "$100,000,151.68"}
    ]
    flights = {"modelId": server.models["flights"], "join_paths_from_topic_name": "flights"}
    assert run(["flights.count"], "csv", formatted=True, **flights).body == b'Flights\n"336,776"\n'


def test_a_share_is_formatted_as_percent(run, server):
    query = {
        "modelId": server.models["flights"],
        "join_paths_from_topic_name": "flights",
    }
    [row] = run(["flights.cancellation_rate"], "json", formatted=True, **query).json
    # 8,255 of 336,776 flights were cancelled.
    assert list(row.values()) == ["2.45%"]


def test_instants_are_written_as_javascript_writes_them(run):
    text = "SELECT TIMESTAMPTZ '2024-03-10 02:30:00+00' AS a, TIMESTAMP '2024-01-01' AS b"
    assert run([], "json", **sql(text)).json == [
        {"a": "2024-03-10T02:30:00.000Z", "b": "2024-01-01T00:00:00.000"}
    ]


def test_what_is_no_json_number_is_null(run):
    text = "SELECT 'nan'::DOUBLE AS a, 'inf'::DOUBLE AS b, 1e300 AS c, true AS d, -0.5 AS e"
    assert run([], "json", **sql(text)).json == [
        {"a": None, "b": None, "c": 1e300, "d": True, "e": -0.5}
    ]


def test_no_rows_are_an_empty_document(run):
    nothing = {"users.name": {"type": "string", "kind": "EQUALS", "values": ["nobody"]}}
    assert run(["users.name"], "json", filters=nothing).json == []
    assert run(["users.name"], "csv", filters=nothing).body == b"Name\n"


def test_the_limit_holds_for_documents_too(run):
    assert len(run(["order_items.id"], "json", limit=7).json) == 7


def test_a_query_that_cannot_be_planned_is_400(run):
    answer = run(["users.name"], "csv", sorts=[{"column_name": "users.age"}])
    assert (answer.status, answer.json["status"]) == (400, 400)
    assert "users.age" in answer.json["detail"]


def test_a_query_that_fails_is_500(run, server):
    answer = run([], "csv", **sql("SELECT name::INTEGER AS a FROM users"))
    assert (answer.status, answer.json["status"]) == (500, 500)
    assert "Conversion Error" in answer.json["detail"]


def test_a_calculation_that_cannot_be_computed_is_400(run):
    field = {"type": "field", "field_name": "users.count"}
    calculation = {"calc_name": "double", "sql_expression": field}
    answer = run(["users.name", "double"], "json", calculations=[calculation])
    assert (answer.status, "users.count" in answer.json["detail"]) == (400, True)


def test_totals_are_not_written_into_a_document(run):
    totals = {"::total::": {"type": "aggregation"}}
    answer = run(["users.state", "users.count"], "csv", column_totals=totals)
    assert answer.status == 400
    assert answer.json["detail"].startswith("Bad Request: query.column_totals: the sandbox")


PIVOTED = {
    "join_paths_from_topic_name": "flights",
    "pivots": ["flights.origin"],
    "filters": {
        "flights.carrier": {"type": "string", "kind": "EQUALS", "values": ["HA", "DL", "F9"]}
    },
}


def test_a_pivoted_document_is_wide_and_begins_with_a_second_header(run, server):
    fields = ["flights.carrier", "flights.origin", "flights.count"]
    on = {"modelId": server.models["flights"], **PIVOTED}
    assert run(fields, "json", **on).json == [
        {"Origin": "Carrier Code", "EWR": "Flights", "JFK": "Flights", "LGA": "Flights"},
        {"Origin": "DL", "EWR": 4342, "JFK": 20701, "LGA": 23067},
        {"Origin": "F9", "EWR": None, "JFK": None, "LGA": 685},
        {"Origin": "HA", "EWR": None, "JFK": 342, "LGA": None},
    ]
    formatted = run(fields, "csv", formatted=True, **on, limit=1)
    assert formatted.body.decode() == (
        'Origin,EWR,JFK,LGA\nCarrier Code,Flights,Flights,Flights\nDL,"4,342","20,701","23,067"\n'
    )


def test_a_pivoted_document_needs_no_limit_and_keeps_to_the_limit_of_columns(run, server):
    fields = ["flights.origin", "flights.count", "flights.carrier"]
    on = {"modelId": server.models["flights"], **PIVOTED, "limit": None, "column_limit": 2}
    assert run(fields, "json", **on).json == [
        {"Origin": "Carrier Code", "EWR": "Flights", "JFK": "Flights"},
        {"Origin": "DL", "EWR": 4342, "JFK": 20701},
        {"Origin": "F9", "EWR": None, "JFK": None},
        {"Origin": "HA", "EWR": None, "JFK": 342},
    ]
    rows = sheet_rows(run(fields, "xlsx", **on))
    assert rows[:3] == [
        ["Origin", "EWR", "JFK"],
        ["Carrier Code", "Flights", "Flights"],
        ["DL", "4342", "20701"],
    ]


def test_compared_periods_are_columns_of_a_document(run):
    shipped = "order_items.shipped_on"
    month = {"type": "date", "kind": "TIME_FOR_UNIT_DURATION", "left_side": "2024-06"}
    answer = run(
        ["products.category", "omni_period_pivot", "order_items.count"],
        "json",
        pivots=["omni_period_pivot"],
        period_over_period_computations=[
            {"date_filter_field_name": shipped, "periods_ago": None, "time_unit_name": None},
            {"date_filter_field_name": shipped, "periods_ago": 1, "time_unit_name": "MONTH"},
        ],
        filters={shipped: month},
    )
    header, *rows = answer.json
    assert header == {"Period": "Category", "Current Period": "Count", "Previous Month": "Count"}
    assert [each["Period"] for each in rows] == ["Extras", "Shirts", "Socks", None]
    assert sum(each["Current Period"] for each in rows) == 12
    assert sum(each["Previous Month"] for each in rows) == 14


def test_a_pivoted_document_without_rows_has_its_headers(run, server):
    on = {"modelId": server.models["flights"], **PIVOTED}
    on["filters"] = {"flights.carrier": {"type": "string", "kind": "EQUALS", "values": ["?"]}}
    fields = ["flights.carrier", "flights.origin", "flights.count"]
    assert run(fields, "json", **on).json == [{"Origin": "Carrier Code"}]


@pytest.mark.parametrize(
    ("more", "less"),
    [("flights.dest", None), ("flights.planes", None), (None, "flights.count")],
)
def test_a_pivot_of_another_layout_is_not_written_into_a_document(run, server, more, less):
    fields = ["flights.carrier", "flights.origin", "flights.count", more]
    kept = [each for each in fields if each not in {less, None}]
    answer = run(kept, "json", modelId=server.models["flights"], **PIVOTED)
    assert answer.status == 400
    assert answer.json["detail"].startswith("Bad Request: query.pivots: the sandbox")


def test_a_slow_document_is_408_and_its_job_can_be_waited_for(serve, connect):
    server = serve(documents=0, slow_job_polls=1)
    wire = connect(server)
    query = {
        "modelId": server.models["orders"],
        "join_paths_from_topic_name": "orders",
        "fields": ["users.count"],
    }
    body = json.dumps({"query": query, "resultType": "csv"})
    answer = wire.ask("POST", "/api/v1/query/run", body=body)
    assert answer.status == 408
    assert set(answer.json) == {"detail", "remaining_job_ids", "timed_out"}
    assert answer.json["timed_out"] is True
    [job_id] = answer.json["remaining_job_ids"]
    waited = wire.get("/api/v1/query/wait", jobIds=job_id).body.decode().splitlines()
    job = json.loads(waited[0])
    assert (job["job_id"], job["status"]) == (job_id, "COMPLETE")
    assert json.loads(waited[1]) == {"remaining_job_ids": [], "timed_out": "false"}
