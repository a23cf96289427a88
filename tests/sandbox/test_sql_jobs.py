"""SQL over the whole way: a body in, rows or an error line out."""

import base64
import json
import threading

import pyarrow as pa


def ask(wire, query, **rest):
    body = json.dumps({"query": {"fields": [], **query}, **rest})
    answer = wire.ask("POST", "/api/v1/query/run", body=body)
    assert answer.status == 200, answer.body
    return [json.loads(line) for line in answer.body.decode().splitlines()][1]


def rows(job):
    return pa.ipc.open_stream(base64.b64decode(job["result"])).read_all().to_pylist()


def verbatim(server, sql, model="flights"):
    return {"modelId": server.models[model], "userEditedSQL": sql, "rewriteSql": False}


def test_sql_gives_rows_and_a_summary_of_its_columns(server, wire):
    sql = "SELECT origin, count(*) AS n FROM flights GROUP BY origin ORDER BY origin LIMIT 1"
    job = ask(wire, verbatim(server, sql))
    assert job["status"] == "COMPLETE"
    assert rows(job) == [{"origin": "EWR", "n": 120_835}]
    assert list(job["summary"]["fields"]) == ["origin", "n"]
    assert job["summary"]["missing_fields"] == []
    assert job["summary"]["display_sql"] == sql
    assert job["query"]["model_job"]["user_edited_sql"] == sql
    assert job["query"]["model_job"]["rewrite_sql"] is False


def test_sql_that_fails_is_an_error_line(server, wire):
    job = ask(wire, verbatim(server, "SELECT nothing FROM flights"))
    assert (job["status"], job["error_type"]) == ("ERROR", "QUERY")
    assert "nothing" in job["error_message"]
    assert "result" not in job


def test_sql_that_fails_while_it_runs_is_an_error_line(server, wire):
    job = ask(wire, verbatim(server, "SELECT carrier::INTEGER AS n FROM flights"))
    assert (job["status"], job["error_type"]) == ("ERROR", "QUERY")
    assert "Conversion Error" in job["error_message"]


def test_half_a_character_is_an_error_of_the_query_and_not_of_the_sandbox(server, wire):
    job = ask(wire, verbatim(server, "SELECT 'a\ud800b' AS a"))
    assert (job["status"], job["error_type"]) == ("ERROR", "QUERY")
    name = {"type": "string", "kind": "EQUALS", "values": ["\ud800"]}
    query = {"modelId": server.models["orders"], "join_paths_from_topic_name": "orders"}
    job = ask(wire, {**query, "fields": ["users.name"], "filters": {"users.name": name}})
    assert (job["status"], job["error_type"]) == ("ERROR", "QUERY")
    assert server.failures == []


def test_a_query_that_runs_does_not_outlive_the_server(serve, connect):
    server = serve(documents=0)
    name = f"omnipd-sandbox-connection to {server.url}"
    endless = "SELECT count(*) AS n FROM range(1000000000) a, range(1000000) b"
    body = json.dumps({"query": {"fields": [], **verbatim(server, endless, "orders")}})
    connection = connect(server).http
    headers = {"Authorization": f"Bearer {server.api_key}"}
    connection.request("POST", "/api/v1/query/run", body=body, headers=headers)
    # It is in the log when it is planned, and runs next.
    while not server.requests:
        pass
    server.close()
    assert [each for each in threading.enumerate() if each.name == name] == []


def test_sql_can_be_planned_and_not_run(server, wire):
    job = ask(wire, verbatim(server, "SELECT carrier::INTEGER AS n FROM flights"), planOnly=True)
    assert job["status"] == "PLANNED"
    assert list(job["summary"]["fields"]) == ["n"]


def test_sql_and_its_errors_are_hidden_from_those_who_may_not_view_them(serve, connect):
    server = serve(documents=0, redact_sql=True)
    wire = connect(server)
    hidden = ask(wire, verbatim(server, "SELECT nothing FROM flights"))
    assert "nothing" not in hidden["error_message"]
    assert ask(wire, verbatim(server, "SELECT 1 AS a"))["summary"]["display_sql"] == ""


def test_one_model_cannot_read_the_tables_of_another(server, wire):
    job = ask(wire, verbatim(server, "SELECT * FROM flights", model="orders"))
    assert (job["status"], job["error_type"]) == ("ERROR", "QUERY")


def test_sql_over_a_model_is_planned_like_any_query_of_it(server, wire):
    sql = "SELECT ${flights.origin}, ${flights.count} FROM ${flights} GROUP BY 1 ORDER BY 2 DESC"
    job = ask(wire, {"modelId": server.models["flights"], "userEditedSQL": sql, "limit": 1})
    assert rows(job) == [
        {"flights.origin": "EWR", "flights.count": 120_835},
        {"flights.origin": "JFK", "flights.count": 111_279},
        {"flights.origin": "LGA", "flights.count": 104_662},
    ]
    summary = job["summary"]
    assert (summary["omni_sql"], summary["omni_sql_parse_failed"]) == (sql, False)
    assert list(summary["fields"]) == ["flights.origin", "flights.count"]


def test_sql_that_cannot_be_read_says_so_and_runs_as_it_is(server, wire):
    sql = "SELECT count(*) AS n FROM flights"
    job = ask(wire, {"modelId": server.models["flights"], "userEditedSQL": sql})
    assert rows(job) == [{"n": 336_776}]
    assert job["summary"]["omni_sql_parse_failed"] is True
    assert "omni_sql" not in job["summary"]


def test_sql_by_hand_may_be_forbidden_in_the_job(serve, connect):
    server = serve(documents=0, manual_sql_allowed=False)
    wire = connect(server)
    job = ask(wire, verbatim(server, "SELECT 1 AS a"))
    assert (job["status"], job["error_type"]) == ("ERROR", "FORBIDDEN")
    topic = {"join_paths_from_topic_name": "flights", "fields": ["flights.count"]}
    assert rows(ask(wire, {"modelId": server.models["flights"], **topic})) == [
        {"flights.count": 336_776}
    ]


def test_totals_over_sql_come_in_lines_and_not_in_documents(serve, connect):
    sql = "SELECT status, count(*) AS n FROM order_items GROUP BY 1 ORDER BY 1"
    totals = {"sqlSortsEnabled": True, "column_totals": {"n": {"type": "aggregation"}}}
    for knob, marks in (("last", 1), ("behind_group", 1), ("absent", 0)):
        server = serve(documents=0, totals=knob)
        query = {**verbatim(server, sql, "orders"), **totals}
        job = ask(connect(server), query)
        found = rows(job)
        assert [each["n__omni_summ"] for each in found[4:]] == [240] * marks
        assert list(job["summary"]["fields"]) == ["status", "n"]
    body = {"query": {"fields": [], **query}, "resultType": "json"}
    answer = connect(server).ask("POST", "/api/v1/query/run", body=json.dumps(body))
    assert (answer.status, "column_totals" in answer.json["detail"]) == (400, True)
    # Where they are stripped, nothing is in the way of a document.
    body["query"]["sqlSortsEnabled"] = False
    answer = connect(server).ask("POST", "/api/v1/query/run", body=json.dumps(body))
    assert (answer.status, len(answer.json)) == (200, 4)
