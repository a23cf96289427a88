import pytest


def connections(wire, **query):
    return wire.get("/api/v1/connections", **query).json["connections"]


def named(wire, name):
    return next(each for each in connections(wire) if each["name"] == name)


def test_every_connection_but_the_deleted_is_listed(wire):
    assert [each["name"] for each in connections(wire)] == [
        "Flights", "Orders", "Orders (staging)", "Finance – Snowflake", "Shop",
    ]  # fmt: skip
    deleted = [each for each in connections(wire, includeDeleted="true") if each["deletedAt"]]
    assert [each["name"] for each in deleted] == ["Old warehouse"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"name": "ORDERS"}, ["Orders", "Orders (staging)"]),
        ({"dialect": "mysql,snowflake"}, ["Finance – Snowflake", "Shop"]),
        ({"database": "flights"}, ["Flights"]),
        ({"dialect": "duckdb", "sortField": "name", "sortDirection": "desc"},
         ["Orders (staging)", "Orders", "Flights"]),
    ],
)  # fmt: skip
def test_connections_are_found_and_sorted(wire, query, names):
    assert [each["name"] for each in connections(wire, **query)] == names


def test_one_connection_is_the_one_in_the_list(wire):
    for each in connections(wire):
        assert wire.get(f"/api/v1/connections/{each['id']}").json == each
        assert not {"password", "username", "host"} & {key.casefold() for key in each}
    gone = connections(wire, includeDeleted="true")[-1]
    assert wire.get(f"/api/v1/connections/{gone['id']}").status == 404


def test_schedules_of_a_connection(wire):
    path = f"/api/v1/connections/{named(wire, 'Orders')['id']}/schedules"
    schedules = wire.get(path).json["schedules"]
    assert [each["disabledAt"] is None for each in schedules] == [True, False]
    for each in schedules:
        assert len(each["schedule"].split()) == 6
        assert wire.get(f"{path}/{each['scheduleId']}").json == each
    shop = f"/api/v1/connections/{named(wire, 'Shop')['id']}/schedules"
    assert wire.get(shop).json == {"schedules": []}
    assert wire.get(f"{shop}/{schedules[0]['scheduleId']}").status == 404


def test_dbt_is_configured_or_not_or_not_possible(wire):
    def dbt(name):
        return wire.get(f"/api/v1/connections/{named(wire, name)['id']}/dbt").json

    assert dbt("Orders")["branch"] == "main"
    assert set(dbt("Flights")) == set(dbt("Shop")) == {"supportsDbt", "message"}
    assert [dbt(name)["supportsDbt"] for name in ("Orders", "Flights", "Shop")] == [
        True, True, False,
    ]  # fmt: skip


def test_environments_of_dbt_never_show_a_secret(wire):
    def environments(name, **query):
        path = f"/api/v1/connections/{named(wire, name)['id']}/dbt/environments"
        return wire.get(path, **query)

    records = environments("Orders").json["records"]
    assert [each["name"] for each in records] == ["Staging", "Production", "Development"]
    variables = [variable for each in records for variable in each["variables"]]
    assert {variable["value"] for variable in variables if variable["isSecret"]} == {None}
    assert environments("Flights").json["records"] == []
    assert environments("Shop").status == 403


def test_environments_of_connections_stand_in_for_another(wire):
    (each,) = wire.get("/api/v1/connection-environments").json["connectionEnvironments"]
    assert each["baseConnectionId"] == named(wire, "Orders")["id"]
    assert each["connectionId"] == named(wire, "Orders (staging)")["id"]


def uploads(wire, **query):
    return wire.get("/api/v1/uploads", pageSize=100, **query).json["records"]


def test_uploads_are_of_one_type_at_a_time(wire):
    csv, sheets = uploads(wire), uploads(wire, type="spreadsheet")
    assert {each["file_name"].rpartition(".")[2] for each in csv} == {"csv"}
    assert {each["file_name"].rpartition(".")[2] for each in sheets} == {"xlsx"}
    assert {each["uploaded_by_user"] is None for each in csv} == {True, False}
    assert {each["size_bytes"] is None for each in csv} == {True, False}


def test_uploads_of_a_model_or_a_connection(server, wire):
    orders = server.models["orders"]
    connection = server.organization.models[orders].connection_id
    shared = uploads(wire, modelId=orders)
    assert {(each["connection_id"], each["model_id"]) for each in shared} == {(connection, None)}
    own = next(each for each in uploads(wire, type="spreadsheet") if each["model_id"])
    assert uploads(wire, type="spreadsheet", modelId=own["model_id"]) == [own]
    assert {each["connection_id"] for each in uploads(wire, connectionId=connection)} == {
        connection
    }


def test_uploads_are_searched_by_name(wire):
    found = uploads(wire, searchTerm="GEBIETE")
    assert found
    assert all("Gebiete" in each["file_name"] for each in found)
    assert wire.get("/api/v1/uploads", searchTerm="x" * 257).status == 400
