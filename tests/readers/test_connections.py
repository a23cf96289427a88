"""The readers of connections and uploads: the sandbox over HTTP, and answers written by hand."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from faults.given import client_of
from readers.reader_checks import (
    Case,
    ask,
    check_a_new_key_is_kept,
    check_any_part_of_a_record,
    check_every_key_has_a_column,
    check_the_types_stay,
    documented_columns,
    moment,
    plain,
    sent,
    types_of,
    under,
    walk,
)
from scripted_server import answer

import omnipd

USER = "11111111-2222-4333-8444-555555555555"
WHEN = "2026-01-02T03:04:05.678Z"
THEN = pd.Timestamp("2026-01-02 03:04:05.678", tz="UTC")
SECRET = "hunter2"

CONNECTION = {
    "id": "c1",
    "name": "Sales",
    "dialect": "snowflake",
    "database": "SALES",
    "defaultSchema": "PUBLIC",
    "baseRole": "VIEWER",
    "deletedAt": WHEN,
    "branchConnectionEnvironmentOverridesUserAttr": True,
    "environmentConnectionSwitchesSchemaModel": False,
    "userAttributeNameForConnectionsEnvironments": "region",
    "userAttributeValuesForDefaultEnvironment": ["north", "a, b"],
}
REFRESH = {
    "scheduleId": "s1",
    "connectionId": "c1",
    "schedule": "0 6 * * ? *",
    "timezone": "UTC",
    "description": "Every morning",
    "createdAt": WHEN,
    "updatedAt": WHEN,
    "disabledAt": WHEN,
}
PROJECT = {
    "supportsDbt": True,
    "message": "Configured",
    "branch": "main",
    "dbtVersion": "1.9",
    "sshUrl": "git@git.example:acme/dbt.git",
    "projectRootPath": "dbt",
    "autogenRelationships": True,
    "enableSemanticLayer": False,
    "enableVirtualSchemas": True,
}
ENVIRONMENT = {
    "id": "e1",
    "name": "Production",
    "isDefaultEnvironment": True,
    "ownerId": "m1",
    "targetSchema": "prod",
    "targetDatabase": "SALES",
    "targetName": "prod",
    "targetRole": "dbt",
    "variables": [
        {"id": "v1", "name": "REGION", "isSecret": False, "value": "north"},
        {"id": "v2", "name": "TOKEN", "isSecret": True, "value": SECRET},
        {"id": "v3", "name": "UNSAID", "value": SECRET},
    ],
}
UPLOAD = {
    "id": "u1",
    "file_name": "targets.csv",
    "view_name": "targets",
    "connection_id": "c1",
    "model_id": "mo1",
    "in_db_as_table_name": "omni_targets",
    "size_bytes": 5_000_000_000,
    "created_at": WHEN,
    "updated_at": "2026-02-02T01:00:00+01:00",
    "uploaded_by_user": {"id": "m1", "name": "Ada"},
}


def itself(record):
    """Return a record as the whole body of an answer."""
    return record


CASES = [
    Case(
        "read_connections",
        CONNECTION,
        [
            {
                "connection_id": "c1",
                "name": "Sales",
                "dialect": "snowflake",
                "database": "SALES",
                "default_schema": "PUBLIC",
                "base_role": "VIEWER",
                "deleted_at": THEN,
                "branch_connection_environment_overrides_user_attr": True,
                "environment_connection_switches_schema_model": False,
                "user_attribute_name_for_connections_environments": "region",
                "user_attribute_values_for_default_environment": '["north","a, b"]',
            }
        ],
        {"id": "c1"},
        under("connections"),
    ),
    Case(
        "read_connection_environments",
        {
            "id": "e1",
            "baseConnectionId": "c1",
            "connectionId": "c2",
            "userAttributeValues": ["east"],
        },
        [
            {
                "connection_environment_id": "e1",
                "base_connection_id": "c1",
                "connection_id": "c2",
                "user_attribute_values": '["east"]',
            }
        ],
        {"id": "e1"},
        under("connectionEnvironments"),
    ),
    Case(
        "read_connection_schedules",
        REFRESH,
        [
            {
                "connection_id": "c1",
                "connection_schedule_id": "s1",
                "schedule": "0 6 * * ? *",
                "timezone": "UTC",
                "description": "Every morning",
                "created_at": THEN,
                "updated_at": THEN,
                "disabled_at": THEN,
            }
        ],
        {"scheduleId": "s1"},
        under("schedules"),
        parents=(["c1"],),
    ),
    Case(
        "read_dbt_environments",
        ENVIRONMENT,
        [
            {
                "connection_id": "c1",
                "dbt_environment_id": "e1",
                "name": "Production",
                "is_default_environment": True,
                "owner_id": "m1",
                "target_schema": "prod",
                "target_database": "SALES",
                "target_name": "prod",
                "target_role": "dbt",
                "variables": '[{"id":"v1","name":"REGION","isSecret":false,"value":"north"},'
                '{"id":"v2","name":"TOKEN","isSecret":true,"value":null},'
                '{"id":"v3","name":"UNSAID","value":null}]',
            }
        ],
        {"id": "e1"},
        parents=(["c1"],),
    ),
    Case(
        "read_uploads",
        UPLOAD,
        [
            {
                "type": "csv",
                "upload_id": "u1",
                "file_name": "targets.csv",
                "view": "targets",
                "connection_id": "c1",
                "model_id": "mo1",
                "in_db_as_table_name": "omni_targets",
                "size_bytes": 5_000_000_000,
                "created_at": THEN,
                "updated_at": pd.Timestamp("2026-02-02", tz="UTC"),
                "uploaded_by_id": "m1",
                "uploaded_by_name": "Ada",
            }
        ],
        {"id": "u1"},
        arguments={"upload_type": "csv"},
    ),
]
DBT = Case(
    "read_dbt",
    PROJECT,
    [
        {
            "connection_id": "c1",
            "supports_dbt": True,
            "message": "Configured",
            "branch": "main",
            "dbt_version": "1.9",
            "ssh_url": "git@git.example:acme/dbt.git",
            "project_root_path": "dbt",
            "autogen_relationships": True,
            "enable_semantic_layer": False,
            "enable_virtual_schemas": True,
        }
    ],
    {"supportsDbt": False},
    itself,
    parents=(["c1"],),
)
FAN_OUTS = [case for case in [*CASES, DBT] if case.parents]


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@each([*CASES, DBT])
def test_every_key_of_a_record_has_its_column(case, scripted):
    check_every_key_has_a_column(case, scripted)


@each(CASES)
def test_the_types_are_the_same_whatever_comes(case, scripted):
    check_the_types_stay(case, scripted)


def test_the_types_of_dbt_are_the_same_whatever_comes(scripted):
    for parents, record in [
        ([], PROJECT),
        (["c1"], {"supportsDbt": False}),
        (["c1"], PROJECT),
        (["c1"], DBT.nulled()),
    ]:
        df = replace(DBT, parents=(parents,)).read(scripted, record)
        assert types_of(df) == documented_columns("read_dbt")
        assert len(df) == len(parents)


@each([*CASES, DBT])
def test_any_part_of_a_record_gives_the_same_types(case, scripted):
    check_any_part_of_a_record(case, scripted)


@each([*CASES, DBT])
def test_a_key_that_nobody_knows_is_kept(case, scripted):
    check_a_new_key_is_kept(case, scripted)


@pytest.mark.parametrize("variables", [{"value": SECRET}, [SECRET], SECRET, [[SECRET]]])
def test_secret_variables_of_any_shape_are_in_no_frame_and_no_error(scripted, variables):
    case = next(case for case in CASES if case.name == "read_dbt_environments")
    with pytest.raises(omnipd.ResponseError) as caught:
        case.read(scripted, {**ENVIRONMENT, "variables": variables})
    assert SECRET not in str(caught.value) + repr(caught.value) + str(caught.value.partial)


@each(FAN_OUTS)
def test_connections_are_named_by_a_list_a_series_or_a_frame(case, scripted):
    expected = case.read(scripted, case.full)
    wanted = ["c1", None, "c1"]
    for parents in [
        "c1",
        pd.Series(wanted, dtype="string[pyarrow]"),
        pd.DataFrame({"id": wanted}),
        pd.DataFrame({"id": ["other"] * 3, "connection_id": wanted}),
    ]:
        before = len(scripted.requests)
        df = replace(case, parents=(parents,)).read(scripted, case.full)
        pd.testing.assert_frame_equal(df, expected)
        assert len(scripted.requests) - before == 1  # the same parent is asked once


@each(FAN_OUTS)
@pytest.mark.parametrize(
    ("status", "error"), [(403, omnipd.ForbiddenError), (404, omnipd.NotFoundError)]
)
def test_one_that_may_not_be_seen_fails_the_whole_or_is_named(case, scripted, status, error):
    def by_target(target):
        if "/c2/" in target:
            return answer({"detail": "Permission denied", "status": status}, status)
        return answer(case.body(case.full))

    scripted.by_target = by_target
    reader = getattr(omnipd, case.name)
    with client_of(scripted):
        with pytest.raises(error, match="2 of 3") as caught:
            reader(["c1", "c2", "c3"])
        assert plain(caught.value.partial) == [{**row, "extra": None} for row in case.rows]
        with pytest.warns(omnipd.OmniWarning, match="1 of 3 could not be read"):
            df = reader(["c1", "c2", "c3"], errors="collect")
    assert df["connection_id"].unique().tolist() == ["c1", "c3"]
    assert list(df.attrs["omni"]["failures"]) == ["c2"]
    assert df.attrs["omni"]["complete"] is False


@each(FAN_OUTS)
def test_what_is_no_connection_is_refused_before_anything_is_sent(case, scripted):
    with client_of(scripted):
        for parents in [[7], [""], pd.DataFrame({"name": ["c1"]})]:
            with pytest.raises(omnipd.ArgumentError, match="connection_id"):
                getattr(omnipd, case.name)(parents)
        with pytest.raises(omnipd.ArgumentError, match="errors='skip' is not known"):
            getattr(omnipd, case.name)(["c1"], errors="skip")
    assert scripted.requests == []


# --- the sandbox


def connection_row(one):
    values = one["userAttributeValuesForDefaultEnvironment"]
    return {
        "connection_id": one["id"],
        "name": one["name"],
        "dialect": one["dialect"],
        "database": one["database"],
        "default_schema": one["defaultSchema"],
        "base_role": one["baseRole"],
        "deleted_at": moment(one["deletedAt"]),
        "branch_connection_environment_overrides_user_attr": one[
            "branchConnectionEnvironmentOverridesUserAttr"
        ],
        "environment_connection_switches_schema_model": one[
            "environmentConnectionSwitchesSchemaModel"
        ],
        "user_attribute_name_for_connections_environments": one[
            "userAttributeNameForConnectionsEnvironments"
        ],
        "user_attribute_values_for_default_environment": None
        if values is None
        else json.dumps(values, separators=(",", ":")),
        "extra": None,
    }


@pytest.mark.parametrize("deleted", [False, True])
def test_connections_are_those_that_the_server_lists(omni, server, deleted):
    asked = {"includeDeleted": str(deleted).lower(), "sortField": "name", "sortDirection": "asc"}
    raw = ask(server, "/api/v1/connections", **asked)["connections"]
    df = omnipd.read_connections(include_deleted=deleted)
    assert plain(df) == [connection_row(one) for one in raw]
    assert df["deleted_at"].notna().any() == deleted
    assert len(raw) > 3


def test_environments_are_those_that_the_server_lists(omni, server):
    raw = ask(server, "/api/v1/connection-environments")["connectionEnvironments"]
    df = omnipd.read_connection_environments()
    assert plain(df) == [
        {
            "connection_environment_id": one["id"],
            "base_connection_id": one["baseConnectionId"],
            "connection_id": one["connectionId"],
            "user_attribute_values": json.dumps(one["userAttributeValues"], separators=(",", ":")),
            "extra": None,
        }
        for one in raw
    ]
    known = set(omnipd.read_connections(include_deleted=True)["connection_id"])
    assert set(df["base_connection_id"]) | set(df["connection_id"]) <= known
    assert len(raw) > 0


def test_what_is_below_connections_is_that_of_a_hand_written_loop(omni, server):
    connections = omnipd.read_connections()
    schedules, projects = [], []
    for connection in connections["connection_id"]:
        path = f"/api/v1/connections/{connection}"
        schedules += [
            {
                "connection_id": connection,
                "connection_schedule_id": one["scheduleId"],
                "schedule": one["schedule"],
                "timezone": one["timezone"],
                "description": one["description"],
                "created_at": moment(one["createdAt"]),
                "updated_at": moment(one["updatedAt"]),
                "disabled_at": moment(one["disabledAt"]),
                "extra": None,
            }
            for one in ask(server, f"{path}/schedules")["schedules"]
        ]
        one = ask(server, f"{path}/dbt")
        projects.append(
            {
                "connection_id": connection,
                "supports_dbt": one["supportsDbt"],
                "message": one.get("message"),
                "branch": one.get("branch"),
                "dbt_version": one.get("dbtVersion"),
                "ssh_url": one.get("sshUrl"),
                "project_root_path": one.get("projectRootPath"),
                "autogen_relationships": one.get("autogenRelationships"),
                "enable_semantic_layer": one.get("enableSemanticLayer"),
                "enable_virtual_schemas": one.get("enableVirtualSchemas"),
                "extra": None,
            }
        )
    assert plain(omnipd.read_connection_schedules(connections)) == schedules
    assert len(schedules) > 1
    df = omnipd.read_dbt(connections)
    assert plain(df) == projects
    assert set(df["supports_dbt"]) == {True, False}
    assert df["branch"].notna().any()


def test_dbt_environments_are_those_of_a_hand_written_loop(omni, server):
    dbt = omnipd.read_dbt(omnipd.read_connections())
    with_dbt = dbt[dbt["supports_dbt"]]
    expected = []
    for connection in with_dbt["connection_id"]:
        path = f"/api/v1/connections/{connection}/dbt/environments"
        expected += [
            {
                "connection_id": connection,
                "dbt_environment_id": one["id"],
                "name": one["name"],
                "is_default_environment": one["isDefaultEnvironment"],
                "owner_id": one["ownerId"],
                "target_schema": one["targetSchema"],
                "target_database": one["targetDatabase"],
                "target_name": one["targetName"],
                "target_role": one["targetRole"],
                "variables": json.dumps(one["variables"], separators=(",", ":")),
                "extra": None,
            }
            for one in walk(server, path, pageSize="1", sortDirection="desc")
        ]
    df = omnipd.read_dbt_environments(with_dbt, direction="desc")
    assert plain(df) == expected
    held = [one for text in df["variables"] for one in json.loads(text)]
    assert {one["isSecret"] for one in held} == {True, False}
    assert {one["value"] for one in held if one["isSecret"]} == {None}


def test_a_database_that_cannot_have_dbt_is_named(omni):
    dbt = omnipd.read_dbt(omnipd.read_connections())
    without = dbt.loc[~dbt["supports_dbt"], "connection_id"].tolist()
    with pytest.raises(omnipd.ForbiddenError, match="does not support dbt"):
        omnipd.read_dbt_environments(dbt)
    with pytest.warns(omnipd.OmniWarning, match="could not be read"):
        df = omnipd.read_dbt_environments(dbt, errors="collect")
    assert list(df.attrs["omni"]["failures"]) == without
    assert len(df) > 0


def upload_row(kind, one):
    user = one["uploaded_by_user"] or {}
    same = {key: one[key] for key in UPLOAD.keys() - {"uploaded_by_user", "id", "view_name"}}
    return {
        **same,
        "upload_id": one["id"],
        "view": one["view_name"],
        "type": kind,
        "created_at": moment(one["created_at"]),
        "updated_at": moment(one["updated_at"]),
        "uploaded_by_id": user.get("id"),
        "uploaded_by_name": user.get("name"),
        "extra": None,
    }


def test_uploads_are_those_of_two_hand_written_walks(omni, server):
    expected = [
        upload_row(kind, one)
        for kind in ("csv", "spreadsheet")
        for one in walk(server, "/api/v1/uploads", type=kind, sortField="fileName")
    ]
    df = omnipd.read_uploads(sort="file_name")
    assert plain(df) == expected
    assert set(df["type"]) == {"csv", "spreadsheet"}
    assert df["size_bytes"].max() > 2**31
    for name in ("model_id", "in_db_as_table_name", "size_bytes", "uploaded_by_id"):
        assert df[name].isna().any()
        assert df[name].notna().any()
    known = set(omnipd.read_users()["user_id"])
    assert set(df["uploaded_by_id"].dropna()) <= known


def test_a_limit_of_uploads_counts_over_both_types(omni):
    everything = omnipd.read_uploads()
    csv = int((everything["type"] == "csv").sum())
    for limit in (1, csv, csv + 2, len(everything) + 9):
        df = omnipd.read_uploads(limit=limit, refresh=True)
        pd.testing.assert_frame_equal(df, everything.head(limit))
        assert df.attrs["omni"]["complete"] is True


# --- parameters

SORTED = {"sortField": "name", "sortDirection": "asc"}


@pytest.mark.parametrize(
    ("arguments", "wire"),
    [
        ({}, {"includeDeleted": "false"}),
        ({"include_deleted": True}, {"includeDeleted": "true"}),
        (
            {"name": "sales", "database": "x", "dialect": ["duckdb", "mysql"]},
            {
                "includeDeleted": "false",
                "name": "sales",
                "database": "x",
                "dialect": "duckdb,mysql",
            },
        ),
        (
            {"sort": "dialect", "direction": "desc"},
            {"includeDeleted": "false", "sortField": "dialect", "sortDirection": "desc"},
        ),
    ],
)
def test_parameters_of_connections_reach_the_wire(omni, server, arguments, wire):
    before = len(server.requests)
    omnipd.read_connections(**arguments, refresh=True)
    assert sent(server, before) == [("/api/v1/connections", SORTED | wire)]


def test_parameters_below_a_connection_reach_the_wire(omni, server):
    dbt = omnipd.read_dbt(omnipd.read_connections())
    one = dbt.loc[dbt["supports_dbt"], "connection_id"].iloc[0]
    path = f"/api/v1/connections/{one}"
    before = len(server.requests)
    omnipd.read_dbt_environments(one, direction="desc", refresh=True)
    omnipd.read_dbt(one, refresh=True)
    omnipd.read_connection_schedules(one, refresh=True)
    assert sent(server, before) == [
        (
            f"{path}/dbt/environments",
            {"pageSize": "100", "sortField": "name", "sortDirection": "desc"},
        ),
        (f"{path}/dbt", {}),
        (f"{path}/schedules", {}),
    ]


NEWEST = {"pageSize": "100", "sortField": "updatedAt", "sortDirection": "desc"}


@pytest.mark.parametrize(
    ("arguments", "wires"),
    [
        ({}, [{"type": "csv"}, {"type": "spreadsheet"}]),
        ({"upload_type": "spreadsheet"}, [{"type": "spreadsheet"}]),
        (
            {"upload_type": "csv", "connection_id": USER, "model": USER, "search_term": "a b"},
            [{"type": "csv", "connectionId": USER, "modelId": USER, "searchTerm": "a b"}],
        ),
        (
            {"upload_type": "csv", "sort": "created_at", "direction": "asc"},
            [{"type": "csv", "sortField": "createdAt", "sortDirection": "asc"}],
        ),
    ],
)
def test_parameters_of_uploads_reach_the_wire(omni, server, arguments, wires):
    before = len(server.requests)
    omnipd.read_uploads(**arguments, refresh=True)
    assert sent(server, before) == [("/api/v1/uploads", NEWEST | wire) for wire in wires]


@pytest.mark.parametrize(
    ("name", "parents", "arguments", "message"),
    [
        ("read_connections", (), {"include_deleted": "no"}, "include_deleted='no' must be True or"),
        ("read_connections", (), {"include_deleted": 0}, "include_deleted=0 must be True or False"),
        ("read_connections", (), {"sort": "names"}, "Did you mean 'name'"),
        ("read_connections", (), {"dialect": []}, "dialect=\\[\\] is empty"),
        ("read_connections", (), {"name": ""}, "name='' is empty"),
        ("read_dbt_environments", (["c1"],), {"direction": "down"}, "direction='down' is not"),
        ("read_dbt_environments", (["c1"],), {"sort": "id"}, "sort='id' is not known"),
        ("read_uploads", (), {"upload_type": "xlsx"}, "upload_type='xlsx' is not known"),
        ("read_uploads", (), {"upload_type": ["csv"]}, "must be text, not list"),
        ("read_uploads", (), {"connection_id": ".."}, "connection_id='..' is not an id"),
        ("read_uploads", (), {"model": ""}, "model='' is empty"),
        ("read_uploads", (), {"search_term": "x" * 257}, "longer than 256"),
        ("read_uploads", (), {"search_term": 7}, "search_term=7 must be text"),
        ("read_uploads", (), {"sort": "size"}, "sort='size' is not known"),
        ("read_uploads", (), {"limit": 0}, "1 or more"),
    ],
)
def test_bad_parameters_are_refused_by_name(omni, server, name, parents, arguments, message):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match=message):
        getattr(omnipd, name)(*parents, **arguments)
    assert len(server.requests) == before
