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
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    rows = [
        ["".join(cell.itertext()) for cell in row.iter(f"{SHEET}c")]
        for row in sheet.iter(f"{SHEET}row")
    ]
    assert rows == [
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


def test_totals_are_not_written_into_a_document(run):
    totals = {"::total::": {"type": "aggregation"}}
    answer = run(["users.state", "users.count"], "csv", column_totals=totals)
    assert answer.status == 400
    assert answer.json["detail"].startswith("Bad Request: query.column_totals: the sandbox")


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
