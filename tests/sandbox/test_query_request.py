import json
import uuid

import pytest

BRANCH = "6934138b-2d5a-4853-8dfc-133c984bcf44"


@pytest.fixture
def run(server, wire):
    """Send a body, by default a correct one with some things changed."""

    def send(body=None, *, raw=None, address=None, query=None, **rest):
        if raw is None and body is None:
            given = {"modelId": server.models["orders"], "fields": ["users.name"], **(query or {})}
            given = {name: value for name, value in given.items() if value is not Ellipsis}
            body = {"query": given, **rest}
        sent = raw if raw is not None else json.dumps(body)
        return wire.ask("POST", "/api/v1/query/run", address, body=sent)

    return send


def assert_refused(answer, detail, status=400):
    assert (answer.status, answer.json) == (status, {"detail": detail, "status": status})


def test_the_correct_body_is_taken(run):
    answer = run()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/ndjson")


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"{'query': 1}", b'{"query": NaN}', b"\xff", b"[" * 100_000]
)
def test_what_is_not_json_is_400(run, raw):
    assert_refused(run(raw=raw), "Bad Request: the body is not valid JSON")


@pytest.mark.parametrize(("raw", "kind"), [("[]", "array"), ("null", "null"), ('"x"', "string")])
def test_a_body_that_is_no_object_is_400(run, raw, kind):
    assert_refused(run(raw=raw), f"Bad Request: Expected object, received {kind}")


def test_a_body_without_a_query_is_400(run):
    assert_refused(run({}), "Bad Request: query: Required")
    assert_refused(run({"query": []}), "Bad Request: query: Expected object, received array")


@pytest.mark.parametrize(
    "mode", ["Standard", "SkipRequery", "SkipCache", "SkipCacheAndRebuildExtracts"]
)
def test_the_servers_cache_modes_are_taken(run, mode):
    assert run(cache=mode).status == 200


@pytest.mark.parametrize("mode", ["disabled", "normal", "refresh", "refresh_all", "standard", ""])
def test_the_published_cache_modes_are_400(run, mode):
    answer = run(cache=mode)
    assert answer.status == 400
    assert answer.json["detail"].startswith("Bad Request: cache: Invalid enum value.")


def test_other_result_types_are_400(run):
    assert (
        run(resultType="arrow")
        .json["detail"]
        .startswith("Bad Request: resultType: Invalid enum value.")
    )


def test_formatting_without_a_result_type_is_400(run):
    assert_refused(
        run(formatResults=True), "Bad Request: formatResults: formatResults requires resultType"
    )
    assert run(formatResults=False).status == 400


def test_only_planning_excludes_results_and_workbooks(run):
    assert run(planOnly=True).status == 200
    assert run(planOnly=True, resultType="csv").status == 400
    assert run(planOnly=True, workbookUrl=True).status == 400
    assert run(planOnly=True, workbookUrl=False).status == 200
    assert_refused(run(planOnly="yes"), "Bad Request: planOnly: Expected boolean, received string")


def test_a_branch_belongs_beside_the_query(run):
    assert run(query={"branchId": BRANCH}).status == 400
    assert_refused(run(branchId="main"), "Bad Request: branchId: Invalid uuid")
    assert run(branchId=BRANCH).status == 404
    assert run(address={"branch_id": BRANCH}).status == 404


def test_a_user_is_named_once(run, server):
    someone = server.organization.administrator.membership_id
    assert run(userId=someone).status == 200
    assert run(address={"userId": someone}).status == 200
    assert run(userId=someone, address={"userId": someone}).status == 400


@pytest.mark.parametrize("place", ["address", "body"])
def test_an_unknown_user_is_404(run, place):
    nobody = str(uuid.UUID(int=9, version=4))
    answer = run(address={"userId": nobody}) if place == "address" else run(userId=nobody)
    assert_refused(answer, f"User with id {nobody} does not exist", 404)


def test_the_person_behind_a_membership_is_unknown(run, server):
    person = server.organization.token_holder.user_id
    assert run(address={"userId": person}).status == 404


def test_a_user_id_that_is_no_uuid_is_400(run):
    assert_refused(run(address={"userId": "me"}), "Bad Request: userId: Invalid uuid")
    assert_refused(run(userId=5), "Bad Request: userId: Expected string, received number")


def test_a_personal_token_acts_for_nobody_else(server, connect):
    own = server.organization.token_holder.membership_id
    other = server.organization.administrator.membership_id
    personal = connect(server, server.personal_key)
    body = json.dumps({"query": {"modelId": server.models["orders"], "fields": ["users.name"]}})

    def ask(user):
        return personal.ask("POST", "/api/v1/query/run", {"userId": user}, body=body)

    assert ask(own).status == 200
    assert_refused(
        ask(other),
        "User-scoped API keys can only be used to act on behalf of the authenticated user.",
        403,
    )
    assert ask(str(uuid.UUID(int=9, version=4))).status == 403


def test_a_model_is_needed_and_is_a_uuid(run):
    assert_refused(run(query={"modelId": ...}), "Bad Request: query.modelId: Required")
    assert_refused(run(query={"modelId": "orders"}), "Bad Request: query.modelId: Invalid uuid")
    assert_refused(
        run(query={"modelId": 7}), "Bad Request: query.modelId: Expected string, received number"
    )


def test_an_unknown_model_is_404(run):
    answer = run(query={"modelId": BRANCH})
    assert_refused(answer, f"Model with id {BRANCH} does not exist", 404)


def test_a_model_id_may_be_in_capitals(run, server):
    assert run(query={"modelId": server.models["orders"].upper()}).status == 200


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        (..., "query.fields: Required"),
        ("users.name", "query.fields: Expected array, received string"),
        (["users.name", 3], "query.fields.1: Expected string, received number"),
        ([None], "query.fields.0: Expected string, received null"),
    ],
)
def test_fields_are_a_list_of_names(run, fields, detail):
    assert_refused(run(query={"fields": fields}), f"Bad Request: {detail}")


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (0, "Number must be greater than 0"),
        (-1, "Number must be greater than 0"),
        (1.5, "Expected integer, received float"),
        ("10", "Expected number, received string"),
        (True, "Expected number, received boolean"),
    ],
)
def test_limits_are_whole_numbers_above_zero(run, limit, reason):
    assert_refused(run(query={"limit": limit}), f"Bad Request: query.limit: {reason}")


def test_limits_that_are_whole_are_taken(run):
    assert [run(query={"limit": limit}).status for limit in (1, 5.0, 50_001, None)] == [200] * 4


def test_ten_is_ten_however_it_is_written(run):
    named = {"table": "users", "join_paths_from_topic_name": "users"}
    answer = run(query={**named, "limit": 10.0, "offset": 2.0}, resultType="json")
    assert (answer.status, len(answer.json)) == (200, 10)


def test_pivots_need_a_limit(run):
    assert run(query={"limit": None, "pivots": ["users.name"]}).status == 400
    assert run(query={"limit": None, "pivots": []}).status == 200


@pytest.mark.parametrize("value", ["active", 5, True, None, ["a"]])
def test_a_bare_value_is_no_filter(run, value):
    assert_refused(run(query={"filters": {"users.name": value}}), "Unable to parse data stream")


def test_a_bare_value_inside_a_composite_filter_is_none_either(run):
    composite = {"type": "composite", "conjunction": "AND", "filters": ["active"]}
    assert_refused(run(query={"filters": {"users.name": composite}}), "Unable to parse data stream")


def test_what_this_omni_does_not_have_is_refused_by_name(run):
    assert "environmentConnectionId" in run(environmentConnectionId=BRANCH).json["detail"]
    assert "timezone" in run(timezone="Europe/Berlin").json["detail"]


def test_the_requests_keys_inside_the_query_vanish(run):
    answer = run(
        query={"table": "users", "cache": "nonsense", "resultType": "csv", "planOnly": True}
    )
    assert answer.status == 200
    assert b'"result":"' in answer.body


def test_an_unknown_query_parameter_is_400(run):
    assert run(address={"modelId": BRANCH}).status == 400


def test_queries_can_be_switched_off(serve, connect):
    wire = connect(serve(documents=0, feature_flag_off=True))
    refused = {"detail": "Feature not enabled", "status": 403}
    run = wire.ask("POST", "/api/v1/query/run", body=b"{}")
    assert (run.status, run.json) == (403, refused)
    wait = wire.get("/api/v1/query/wait", jobIds="x")
    assert (wait.status, wait.json) == (403, refused)


def member(server, role):
    return next(
        user.membership_id for user in server.organization.users.values() if user.model_role == role
    )


@pytest.mark.parametrize(
    ("role", "topic", "view", "sql"),
    [
        ("NO_ACCESS", 403, 403, 403),
        ("VIEWER", 403, 403, 403),
        ("QUERY_TOPICS", 200, 403, 403),
        ("QUERIER", 200, 200, 200),
        ("MODELER", 200, 200, 200),
    ],
)
def test_what_may_be_queried_depends_on_the_acting_users_role(run, server, role, topic, view, sql):
    acting = {"userId": member(server, role)}
    by_topic = run(address=acting, query={"join_paths_from_topic_name": "orders"})
    by_view = run(address=acting, query={"table": "users"})
    by_sql = run(address=acting, query={"userEditedSQL": "select 1", "rewriteSql": False})
    assert (by_topic.status, by_view.status, by_sql.status) == (topic, view, sql)
    for answer in (by_topic, by_view, by_sql):
        assert answer.status == 200 or answer.json == {"detail": "Permission denied", "status": 403}


def test_a_workbook_link_comes_in_a_header(run, server):
    answer = run(workbookUrl=True)
    assert answer.headers["X-Omni-Workbook-Url"].startswith("https://")
    assert "X-Omni-Workbook-Url" not in run().headers
    assert run(workbookUrl=True, query={"staticQueryReferences": {"a": {}}}).status == 400
