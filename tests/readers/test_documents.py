"""The readers of documents: against the sandbox over HTTP, and against answers written by hand."""

import json
import urllib.error
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
    cursor_page,
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
from omnipd_sandbox.server import Server

USER = "11111111-2222-4333-8444-555555555555"
FOLDER = {"id": "f1", "name": "Reports", "path": "reports", "scope": "restricted"}
WHEN = "2026-01-02T03:04:05.678Z"
THEN = pd.Timestamp("2026-01-02 03:04:05.678", tz="UTC")
OF_D1 = {"document_identifier": "d1"}

DOCUMENT = {
    "type": "document",
    "identifier": "d1",
    "name": "Sales",
    "scope": "organization",
    "owner": {"id": "m1", "name": "Ada"},
    "folder": FOLDER,
    "connectionId": "c1",
    "description": "What is sold",
    "hasDashboard": True,
    "hasApp": False,
    "deleted": False,
    "labels": [{"name": "finance", "verified": True}, {"name": "a, b", "verified": False}],
    "_count": {"favorites": 0, "views": 12},
    "updatedAt": WHEN,
    "url": "https://acme.omniapp.co/dashboards/d1",
}
DOCUMENT_ROW = {
    "type": "document",
    "document_identifier": "d1",
    "name": "Sales",
    "scope": "organization",
    "owner_id": "m1",
    "owner_name": "Ada",
    "folder_id": "f1",
    "folder_name": "Reports",
    "folder_path": "/reports",
    "folder_scope": "restricted",
    "connection_id": "c1",
    "description": "What is sold",
    "has_dashboard": True,
    "has_app": False,
    "deleted": False,
    "labels": "finance,a%2C b",
    "labels_verified": "finance",
    "count_favorites": 0,
    "count_views": 12,
    "updated_at": THEN,
    "url": "https://acme.omniapp.co/dashboards/d1",
}
DETAILS = {
    "name": "Sales",
    "description": "What is sold",
    "modelId": "mo1",
    "facetFilters": True,
    "filterConfig": {"x": {"kind": "EQUALS"}},
    "filterOrder": ["x", "y"],
    "refreshInterval": 60,
    "documentMetadata": {"layout": "grid"},
    "queryPresentations": [{"name": "One"}, {"name": "Two"}],
}
QUERY = {
    "modelId": "mo1",
    "table": "orders",
    "join_paths_from_topic_name": "sales",
    "fields": ["orders.count", "orders.state"],
    "limit": 10,
    "userEditedSQL": "",
    "whatever": 1,
}
PRINCIPAL = {
    "id": "m1",
    "name": "Ada",
    "email": "ada@example.com",
    "type": "user",
    "role": "EDITOR",
    "accessBoost": False,
    "accessSource": "folder",
    "isOwner": True,
    "folderInfo": {"id": "f1", "name": "Reports", "path": "/reports"},
}
PERMIT = {
    "id": "m1",
    "name": "Ada",
    "description": "ada@example.com",
    "type": "user",
    "direct": {"role": "EDITOR", "isOwner": True, "accessBoost": False},
}
ABILITIES = {
    "canAnalyze": True,
    "canDownload": False,
    "canDrill": True,
    "canDuplicate": False,
    "canRequestAccess": True,
    "canSaveSpreadsheets": False,
    "canSchedule": True,
    "canUpload": False,
    "canUseDashboardAi": True,
    "canUseTimezoneOverride": False,
    "canViewWorkbook": True,
    "requirePullRequestToPublish": False,
}
DRAFT = {
    "identifier": "dr1",
    "publishedIdentifier": "d1",
    "status": "active",
    "draftOutOfDate": False,
    "branch": {"id": "b1", "name": "try"},
    "createdBy": {"id": "m1", "name": "Ada"},
    "lastEditedBy": {"id": "m2", "name": "Jo"},
    "createdAt": WHEN,
    "updatedAt": "2026-02-02T01:00:00+01:00",
    "workbookModelId": "w1",
}
FILTERS = {
    "identifier": "d1",
    "filterOrder": ["c", "f"],
    "filters": {
        "f": {
            "label": "State",
            "fieldName": "state",
            "viewName": "users",
            "kind": "EQUALS",
            "defaultValue": ["CA"],
        }
    },
    "controls": {"c": {"controlType": "FIELD_PICKER", "filterId": "f", "label": "By"}},
}


def itself(record):
    """Return a record as the whole body of an answer."""
    return record


CASES = [
    Case("read_documents", DOCUMENT, [DOCUMENT_ROW], {"identifier": "d1"}),
    Case(
        "read_document_queries",
        {
            "id": "q1",
            "name": "Orders by state",
            "query": QUERY,
            "queryIdentifierMapKey": "1",
            "url": "https://acme.omniapp.co/dashboards/d1?tile=1",
        },
        [
            {
                **OF_D1,
                "query_id": "q1",
                "name": "Orders by state",
                "query_identifier_map_key": "1",
                "url": "https://acme.omniapp.co/dashboards/d1?tile=1",
                "model_id": "mo1",
                "table": "orders",
                "topic": "sales",
                "fields": "orders.count,orders.state",
                "limit": 10,
                "user_edited_sql": "",
                "query": json.dumps(QUERY, separators=(",", ":")),
            }
        ],
        {"id": "q1"},
        under("queries"),
        parents=(["d1"],),
    ),
    Case(
        "read_document_access",
        PRINCIPAL,
        [
            {
                **OF_D1,
                "principal_type": "user",
                "principal_id": "m1",
                "principal_name": "Ada",
                "email": "ada@example.com",
                "role": "EDITOR",
                "access_boost": False,
                "access_source": "folder",
                "is_owner": True,
                "folder_id": "f1",
                "folder_name": "Reports",
                "folder_path": "/reports",
            }
        ],
        {"id": "m1"},
        lambda *records: cursor_page(*records, key="principals"),
        parents=(["d1"],),
    ),
    Case(
        "read_document_permissions",
        PERMIT,
        [
            {
                **OF_D1,
                "user_id": USER,
                "principal_id": "m1",
                "principal_name": "Ada",
                "principal_type": "user",
                "description": "ada@example.com",
                "source": "direct",
                "role": "EDITOR",
                "is_owner": True,
                "access_boost": False,
            }
        ],
        {"id": "m1"},
        under("permits", abilities=ABILITIES),
        parents=(["d1"],),
        arguments={"user_id": USER},
    ),
    Case(
        "read_document_favorites",
        {"userId": "m1", "name": "Ada", "email": "ada@example.com", "favoritedAt": WHEN},
        [
            {
                **OF_D1,
                "user_id": "m1",
                "name": "Ada",
                "email": "ada@example.com",
                "favorited_at": THEN,
            }
        ],
        {"userId": "m1"},
        parents=(["d1"],),
    ),
    Case(
        "read_document_drafts",
        DRAFT,
        [
            {
                **OF_D1,
                "draft_identifier": "dr1",
                "published_identifier": "d1",
                "status": "active",
                "draft_out_of_date": False,
                "branch_id": "b1",
                "branch_name": "try",
                "created_by_id": "m1",
                "created_by_name": "Ada",
                "last_edited_by_id": "m2",
                "last_edited_by_name": "Jo",
                "created_at": THEN,
                "updated_at": pd.Timestamp("2026-02-02", tz="UTC"),
                "workbook_model_id": "w1",
            }
        ],
        {"identifier": "dr1"},
        lambda *records: list(records),
        parents=(["d1"],),
    ),
    Case(
        "read_dashboard_filters",
        FILTERS,
        [
            {
                **OF_D1,
                "item": "filter",
                "item_id": "f",
                "position": 2,
                "label": "State",
                "field": "state",
                "view": "users",
                "kind": "EQUALS",
                "filter_id": None,
                "default_value": '["CA"]',
                "config": json.dumps(FILTERS["filters"]["f"], separators=(",", ":")),
            },
            {
                **OF_D1,
                "item": "control",
                "item_id": "c",
                "position": 1,
                "label": "By",
                "field": None,
                "view": None,
                "kind": "FIELD_PICKER",
                "filter_id": "f",
                "default_value": None,
                "config": json.dumps(FILTERS["controls"]["c"], separators=(",", ":")),
            },
        ],
        {"filters": {"f": {}}},
        itself,
        parents=(["d1"],),
        empty={"identifier": "d1", "filterOrder": [], "filters": {}, "controls": {}},
    ),
]
#: Whose answer is always one row, so that only no parents give none.
SINGLES = [
    Case(
        "read_document_details",
        DETAILS,
        [
            {
                **OF_D1,
                "name": "Sales",
                "description": "What is sold",
                "model_id": "mo1",
                "facet_filters": True,
                "refresh_interval_s": 60,
                "filter_order": "x,y",
                "filter_config": '{"x":{"kind":"EQUALS"}}',
                "document_metadata": '{"layout":"grid"}',
                "query_presentations": '[{"name":"One"},{"name":"Two"}]',
                "query_count": 2,
            }
        ],
        {"name": "Sales"},
        itself,
        parents=(["d1"],),
    ),
    Case(
        "read_document_abilities",
        ABILITIES,
        [
            {
                **OF_D1,
                "can_analyze": True,
                "can_download": False,
                "can_drill": True,
                "can_duplicate": False,
                "can_request_access": True,
                "can_save_spreadsheets": False,
                "can_schedule": True,
                "can_upload": False,
                "can_use_dashboard_ai": True,
                "can_use_timezone_override": False,
                "can_view_workbook": True,
                "require_pull_request_to_publish": False,
            }
        ],
        {},
        lambda record: {"abilities": record},
        parents=(["d1"],),
    ),
]
FAN_OUTS = [case for case in [*CASES, *SINGLES] if case.parents]


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@each([*CASES, *SINGLES])
def test_every_key_of_a_record_has_its_column(case, scripted):
    check_every_key_has_a_column(case, scripted)


@each(CASES)
def test_the_types_are_the_same_whatever_comes(case, scripted):
    check_the_types_stay(case, scripted)


@each(SINGLES)
def test_the_types_of_one_row_each_are_the_same_whatever_comes(case, scripted):
    for parents, record in [
        ([], case.full),
        (["d1"], case.least),
        (["d1"], case.full),
        (["d1"], case.nulled()),
    ]:
        df = replace(case, parents=(parents,)).read(scripted, record)
        assert types_of(df) == documented_columns(case.name)
        assert len(df) == len(parents)


@pytest.mark.thorough
@each([*CASES, *SINGLES])
def test_any_part_of_a_record_gives_the_same_types(case, scripted):
    check_any_part_of_a_record(case, scripted)


@each([*CASES, *SINGLES])
def test_a_key_that_nobody_knows_is_kept(case, scripted):
    check_a_new_key_is_kept(case, scripted)


@each(FAN_OUTS)
def test_parents_are_a_list_a_series_or_a_frame(case, scripted):
    expected = case.read(scripted, case.full)
    wanted = ["d1", "d1", None]
    for parents in [
        "d1",
        pd.Series(wanted, dtype="string[pyarrow]"),
        pd.DataFrame({"identifier": wanted}),
        pd.DataFrame({"identifier": ["other", "other", "other"], "document_identifier": wanted}),
    ]:
        before = len(scripted.requests)
        df = replace(case, parents=(parents,)).read(scripted, case.full)
        pd.testing.assert_frame_equal(df, expected)
        assert len(scripted.requests) - before == 1  # the same parent is asked once


@each(FAN_OUTS)
def test_what_is_no_identifier_is_refused_before_anything_is_sent(case, scripted):
    with client_of(scripted):
        for parents in [[7], [""], pd.DataFrame({"name": ["d1"]})]:
            with pytest.raises(omnipd.ArgumentError, match="document_identifier"):
                getattr(omnipd, case.name)(parents, **case.arguments)
    assert scripted.requests == []


@each(FAN_OUTS)
def test_one_that_may_not_be_seen_fails_the_whole_or_is_named(case, scripted):
    def by_target(target):
        if "/d2/" in target or target.endswith("/d2"):
            return answer({"detail": "Permission denied", "status": 403}, 403)
        return answer(case.body(case.full))

    scripted.by_target = by_target
    reader = getattr(omnipd, case.name)
    with client_of(scripted):
        with pytest.raises(omnipd.ForbiddenError, match="2 of 3") as caught:
            reader(["d1", "d2", "d3"], **case.arguments)
        assert plain(caught.value.partial) == [{**row, "extra": None} for row in case.rows]
        with pytest.warns(omnipd.OmniWarning, match="1 of 3 could not be read"):
            df = reader(["d1", "d2", "d3"], errors="collect", **case.arguments)
    assert df["document_identifier"].unique().tolist() == ["d1", "d3"]
    facts = df.attrs["omni"]
    assert (facts["complete"], facts["failed"]) == (False, 1)
    [(failed, why)] = facts["failures"].items()
    assert failed.split("/")[0] == "d2"
    assert "Permission denied" in why


@each(FAN_OUTS)
def test_a_404_is_none_only_where_a_document_need_not_have_any(case, scripted):
    words = "Document with identifier d1 does not have a dashboard"
    scripted.script(answer({"detail": words, "status": 404}, 404))
    reader = getattr(omnipd, case.name)
    with client_of(scripted):
        if case.name in {"read_document_queries", "read_dashboard_filters"}:
            df = reader(["d1"], **case.arguments)
            assert (len(df), types_of(df)) == (0, documented_columns(case.name))
        else:
            with pytest.raises(omnipd.NotFoundError):
                reader(["d1"], **case.arguments)


def test_both_names_of_the_list_of_principals_are_read(scripted):
    case = next(case for case in CASES if case.name == "read_document_access")
    expected = case.read(scripted, PRINCIPAL)
    pd.testing.assert_frame_equal(
        replace(case, body=cursor_page).read(scripted, PRINCIPAL), expected
    )


def test_permits_of_every_age_are_read(scripted):
    case = next(case for case in CASES if case.name == "read_document_permissions")
    held = {"role": "VIEWER", "isOwner": False, "accessBoost": True}
    df = case.read(scripted, {"id": "g1", "type": "userGroup", "direct": None, "folder": held})
    assert df[
        ["principal_id", "source", "role", "is_owner", "access_boost"]
    ].to_numpy().tolist() == [["g1", "folder", "VIEWER", False, True]]
    oldest = replace(case, body=lambda *records: list(records))
    df = oldest.read(
        scripted,
        {"role": "EDITOR", "accessBoost": False, "direct": True, "inherited": False},
        {"role": "VIEWER", "accessBoost": True, "direct": False, "inherited": True},
    )
    assert df[["source", "role", "access_boost"]].to_numpy().tolist() == [
        ["direct", "EDITOR", False],
        ["folder", "VIEWER", True],
    ]
    assert df["extra"].isna().all()
    assert types_of(df) == documented_columns(case.name)


def test_a_server_that_tells_no_abilities_is_not_one_without_any(scripted):
    scripted.script(answer({"permits": []}))
    with client_of(scripted), pytest.raises(omnipd.ResponseError, match="abilities"):
        omnipd.read_document_abilities(["d1"])


@pytest.mark.parametrize("filters", [["f"], "f", 7])
def test_filters_of_another_shape_are_an_error_of_ours(scripted, filters):
    scripted.script(answer({**FILTERS, "filters": filters}))
    with client_of(scripted), pytest.raises(omnipd.ResponseError, match="not an object"):
        omnipd.read_dashboard_filters(["d1"])


# --- the sandbox


def ask_or_none(server, path, /, **params):
    """Return an answer of the sandbox, or None for a 404."""
    try:
        return ask(server, path, **params)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return None


@pytest.fixture(scope="module")
def records(server):
    return walk(
        server,
        "/api/v1/documents",
        pageSize="61",
        include="_count,labels",
        sortField="name",
        sortDirection="asc",
    )


@pytest.fixture(scope="module")
def some(records):
    """A few documents, with a dashboard and without."""
    chosen = [one["identifier"] for one in records[:40]]
    assert {one["hasDashboard"] for one in records[:40]} == {True, False}
    return chosen


def document_row(one):
    folder = one["folder"] or {}
    return {
        "type": "document",
        "document_identifier": one["identifier"],
        "name": one["name"],
        "scope": one["scope"],
        "owner_id": one["owner"]["id"],
        "owner_name": one["owner"]["name"],
        "folder_id": folder.get("id"),
        "folder_name": folder.get("name"),
        "folder_path": f"/{folder['path']}" if folder else None,
        "folder_scope": folder.get("scope"),
        "connection_id": one["connectionId"],
        "description": one.get("description"),
        "has_dashboard": one["hasDashboard"],
        "has_app": one["hasApp"],
        "deleted": one["deleted"],
        "labels": ",".join(one["labels"]),
        "labels_verified": None if one["labels"] else "",
        "count_favorites": one["_count"]["favorites"],
        "count_views": one["_count"]["views"],
        "updated_at": moment(one["updatedAt"]),
        "url": one["url"],
        "extra": None,
    }


def test_documents_are_those_of_a_hand_written_walk(omni, records):
    assert len(records) > 500
    assert plain(omnipd.read_documents()) == [document_row(one) for one in records]


def test_queries_are_those_of_a_hand_written_loop(omni, server, some):
    df = omnipd.read_document_queries(some)
    expected = []
    for identifier in some:
        held = ask_or_none(server, f"/api/v1/documents/{identifier}/queries")
        for one in held["queries"] if held else ():
            query = one["query"]
            expected.append(
                {
                    "document_identifier": identifier,
                    "query_id": one["id"],
                    "name": one["name"],
                    "query_identifier_map_key": one["queryIdentifierMapKey"],
                    "url": one["url"],
                    "model_id": query["modelId"],
                    "table": query["table"],
                    "topic": query["join_paths_from_topic_name"],
                    "fields": ",".join(query["fields"]),
                    "limit": query["limit"],
                    "user_edited_sql": query["userEditedSQL"],
                    "extra": None,
                }
            )
    assert plain(df.drop(columns="query")) == expected
    assert set(df["document_identifier"]) < set(some)


def test_a_query_of_a_document_runs_as_it_stands(omni, some):
    queries = omnipd.read_document_queries(some)
    text = queries.loc[queries["limit"] == 10, "query"].iloc[0]
    with pytest.warns(omnipd.OmniWarning, match="exactly 10 rows"):
        assert len(omnipd.run_query(text)) == 10


def test_details_are_those_of_a_hand_written_loop(omni, server, records):
    dashboards = omnipd.read_documents(limit=40).query("has_dashboard")
    expected = []
    for identifier in dashboards["document_identifier"]:
        one = ask(server, f"/api/v1/documents/{identifier}")
        expected.append(
            {
                "document_identifier": identifier,
                "name": one["name"],
                "description": one.get("description"),
                "model_id": one["modelId"],
                "facet_filters": one["facetFilters"],
                "refresh_interval_s": one["refreshInterval"],
                "filter_order": ",".join(one["filterOrder"]),
                "query_count": len(one["queryPresentations"]),
                "extra": None,
            }
        )
    df = omnipd.read_document_details(dashboards)
    held = ["filter_config", "document_metadata", "query_presentations"]
    assert plain(df.drop(columns=held)) == expected
    assert (
        json.loads(df["query_presentations"][0])
        == ask(server, f"/api/v1/documents/{dashboards['document_identifier'].iloc[0]}")[
            "queryPresentations"
        ]
    )


def test_a_document_without_a_dashboard_has_no_details(omni, records):
    plain_one = next(one["identifier"] for one in records if not one["hasDashboard"])
    with pytest.raises(omnipd.BadRequestError, match="no dashboard"):
        omnipd.read_document_details([plain_one])


def test_access_is_that_of_a_hand_written_loop(omni, server, some):
    expected = []
    for identifier in some[:20]:
        raw = ask(server, f"/api/v1/documents/{identifier}/access-list", pageSize="100")
        assert not raw["pageInfo"]["hasNextPage"]
        for one in raw["principals"]:
            folder = one.get("folderInfo", {})
            expected.append(
                {
                    "document_identifier": identifier,
                    "principal_type": one["type"],
                    "principal_id": one["id"],
                    "principal_name": one["name"],
                    "email": one.get("email"),
                    "role": one["role"],
                    "access_boost": one["accessBoost"],
                    "access_source": one["accessSource"],
                    "is_owner": one.get("isOwner"),
                    "folder_id": folder.get("id"),
                    "folder_name": folder.get("name"),
                    "folder_path": f"/{folder['path']}" if folder else None,
                    "extra": None,
                }
            )
    df = omnipd.read_document_access(some[:20])
    assert plain(df) == expected
    assert set(df["access_source"]) == {"direct", "folder"}
    assert set(df["principal_type"]) == {"user", "userGroup"}


def test_permits_and_abilities_are_those_of_a_hand_written_loop(omni, server, some, records):
    user = records[0]["owner"]["id"]
    permits, abilities = [], []
    for identifier in some:
        raw = ask(server, f"/api/v1/documents/{identifier}/permissions", userId=user)
        for one in raw["permits"]:
            source = "direct" if "direct" in one else "folder"
            permits.append(
                {
                    "document_identifier": identifier,
                    "user_id": user,
                    "principal_id": one["id"],
                    "principal_name": one["name"],
                    "principal_type": one["type"],
                    "description": one["description"],
                    "source": source,
                    "role": one[source]["role"],
                    "is_owner": one[source]["isOwner"],
                    "access_boost": one[source]["accessBoost"],
                    "extra": None,
                }
            )
        abilities.append([identifier, *(raw["abilities"][name] for name in ABILITIES), None])
    df = omnipd.read_document_permissions(some, user_id=user)
    assert plain(df) == permits
    assert set(df["source"]) == {"direct", "folder"}
    df = omnipd.read_document_abilities(some, user_id=user)
    assert [list(row.values()) for row in plain(df)] == abilities


def test_favorites_and_drafts_are_those_of_a_hand_written_loop(omni, server, some):
    favorites, drafts = [], []
    for identifier in some:
        favorites += [
            [identifier, one["userId"], one["name"], one["email"], moment(one["favoritedAt"])]
            for one in walk(server, f"/api/v1/documents/{identifier}/favorites")
        ]
        for one in ask(server, f"/api/v1/documents/{identifier}/drafts", include="archived"):
            branch = one["branch"] or {}
            drafts.append(
                [
                    identifier,
                    one["identifier"],
                    one["status"],
                    one["draftOutOfDate"],
                    branch.get("id"),
                    one["lastEditedBy"]["name"],
                    moment(one["createdAt"]),
                ]
            )
    df = omnipd.read_document_favorites(some)
    assert [list(row.values())[:-1] for row in plain(df)] == favorites
    df = omnipd.read_document_drafts(some, include_archived=True)
    columns = [
        "document_identifier",
        "draft_identifier",
        "status",
        "draft_out_of_date",
        "branch_id",
        "last_edited_by_name",
        "created_at",
    ]
    assert [list(row.values()) for row in plain(df[columns])] == drafts
    assert df["published_identifier"].equals(df["document_identifier"])
    assert set(df["status"]) == {"active", "archived"}
    assert set(omnipd.read_document_drafts(some)["status"]) == {"active"}


def test_filters_are_those_of_a_hand_written_loop(omni, server, some):
    expected = []
    for identifier in some:
        raw = ask_or_none(server, f"/api/v1/dashboards/{identifier}/filters") or {
            "filters": {},
            "controls": {},
        }
        for item in ("filter", "control"):
            for name, config in raw[f"{item}s"].items():
                expected.append(
                    {
                        "document_identifier": identifier,
                        "item": item,
                        "item_id": name,
                        "position": raw["filterOrder"].index(name) + 1,
                        "label": config["label"],
                        "field": config.get("fieldName"),
                        "default_value": None
                        if config.get("defaultValue") is None
                        else json.dumps(config["defaultValue"], separators=(",", ":")),
                    }
                )
    df = omnipd.read_dashboard_filters(some)
    assert plain(df[list(expected[0])]) == expected
    assert set(df["item"]) == {"filter", "control"}
    assert df["extra"].isna().all()


def test_an_older_server_gives_the_same_columns(tmp_path, some):
    with Server(old_shapes=True) as old:
        client = omnipd.connect(old.url, old.api_key, requests_per_minute=None, cache_dir=tmp_path)
        documents = omnipd.read_documents(client=client)
        owner = documents["owner_id"][0]
        permits = omnipd.read_document_permissions(some, user_id=owner, client=client)
        with pytest.raises(omnipd.BadRequestError, match="userId"):
            omnipd.read_document_abilities(some, client=client)
        client.close()
    assert types_of(documents) == documented_columns("read_documents")
    assert documents["has_app"].isna().all()
    assert documents["labels_verified"].notna().all()
    assert types_of(permits) == documented_columns("read_document_permissions")
    assert len(permits) > 5
    assert documents["extra"].isna().all()
    assert permits["extra"].isna().all()


# --- parameters

SORTED = {"sortField": "name", "sortDirection": "asc"}
PAGED = {"pageSize": "100"}


@pytest.mark.parametrize(
    ("arguments", "wire"),
    [
        ({}, {"include": "_count,labels"}),
        ({"include": None}, {}),
        ({"include": []}, {}),
        ({"include": "labels"}, {"include": "labels"}),
        ({"include": None, "include_deleted": True}, {"include": "includeDeleted"}),
        (
            {"only_favorites": True, "user_id": "OWNER"},
            {"include": "_count,labels,onlyFavorites", "userId": "OWNER"},
        ),
        (
            {"only_shared_with_me": True, "include": (), "user_id": "OWNER"},
            {"include": "onlySharedWithMe", "userId": "OWNER"},
        ),
        (
            {"labels": ["finance", "重要"], "include": None, "creator_id": "OWNER"},
            {"labels": "finance,重要", "creatorId": "OWNER"},
        ),
        ({"folder_id": "FOLDER", "include": None}, {"folderId": "FOLDER"}),
        (
            {"sort": "updated_at", "direction": "desc", "include": None},
            {"sortField": "updatedAt", "sortDirection": "desc"},
        ),
    ],
)
def test_parameters_of_documents_reach_the_wire(omni, server, records, arguments, wire):
    first = next(one for one in records if one["folder"])
    real = {"OWNER": first["owner"]["id"], "FOLDER": first["folder"]["id"]}
    before = len(server.requests)
    omnipd.read_documents(
        **{name: real.get(str(value), value) for name, value in arguments.items()},
        limit=1,
        refresh=True,
    )
    wire = {name: real.get(value, value) for name, value in wire.items()}
    assert sent(server, before) == [("/api/v1/documents", SORTED | PAGED | wire)]


def test_what_is_in_the_trash_comes_only_when_asked_for(omni, records):
    assert not omnipd.read_documents()["deleted"].any()
    with_trash = omnipd.read_documents(include_deleted=True)
    assert len(with_trash) - len(records) == with_trash["deleted"].sum() > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sort": "updatedAt"}, "Did you mean 'updated_at'"),
        ({"direction": "down"}, "direction='down' is not known"),
        ({"include": "label"}, "Did you mean 'labels'"),
        ({"include_deleted": "no"}, "include_deleted='no' must be True or False"),
        ({"only_favorites": 1}, "only_favorites=1 must be True or False"),
        ({"only_favorites": True}, "needs user_id="),
        ({"only_shared_with_me": True, "folder_id": USER}, "excludes only_favorites= and folder"),
        (
            {"only_shared_with_me": True, "only_favorites": True, "user_id": USER},
            "excludes only_favorites=",
        ),
        ({"creator_id": ".."}, "creator_id='..' is not an id"),
        ({"user_id": ".."}, "user_id='..' is not an id"),
        ({"labels": []}, "labels=\\[\\] is empty"),
        ({"limit": 0}, "1 or more"),
        ({"include": 7}, "include=7 must be text"),
    ],
)
def test_bad_parameters_of_documents_are_refused_by_name(omni, server, arguments, message):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match=message):
        omnipd.read_documents(**arguments)
    assert len(server.requests) == before


@pytest.mark.parametrize(
    ("name", "arguments", "path", "wire"),
    [
        (
            "read_document_access",
            {"access_source": "folder", "principal_type": "userGroup", "sort": "role"},
            "/access-list",
            {
                "accessSource": "folder",
                "type": "userGroup",
                "sortField": "role",
                "sortDirection": "asc",
                "pageSize": "100",
            },
        ),
        ("read_document_permissions", {"user_id": "OWNER"}, "/permissions", {"userId": "OWNER"}),
        ("read_document_abilities", {}, "/permissions", {}),
        ("read_document_abilities", {"user_id": "OWNER"}, "/permissions", {"userId": "OWNER"}),
        ("read_document_favorites", {}, "/favorites", {"pageSize": "100"}),
        ("read_document_drafts", {}, "/drafts", {}),
        ("read_document_drafts", {"include_archived": True}, "/drafts", {"include": "archived"}),
        ("read_dashboard_filters", {"user_id": "OWNER"}, "/filters", {"userId": "OWNER"}),
        ("read_document_queries", {}, "/queries", {}),
        ("read_document_details", {}, "", {}),
    ],
)
def test_parameters_below_a_document_reach_the_wire(
    omni, server, records, name, arguments, path, wire
):
    first = next(one for one in records if one["hasDashboard"])
    real = {"OWNER": first["owner"]["id"]}
    before = len(server.requests)
    getattr(omnipd, name)(
        first["identifier"],
        **{key: real.get(str(value), value) for key, value in arguments.items()},
        refresh=True,
    )
    kind = "dashboards" if path == "/filters" else "documents"
    assert sent(server, before) == [
        (
            f"/api/v1/{kind}/{first['identifier']}{path}",
            {key: real.get(value, value) for key, value in wire.items()},
        )
    ]


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("read_document_access", {"access_source": "folders"}, "Did you mean 'folder'"),
        (
            "read_document_access",
            {"principal_type": "group"},
            "principal_type='group' is not known",
        ),
        ("read_document_access", {"sort": "mail"}, "Did you mean 'email'"),
        ("read_document_permissions", {"user_id": ".."}, "user_id='..' is not an id"),
        ("read_document_permissions", {"user_id": None}, "user_id= is missing"),
        ("read_document_abilities", {"user_id": ""}, "user_id='' is empty"),
        ("read_document_drafts", {"include_archived": "yes"}, "must be True or False"),
        ("read_dashboard_filters", {"user_id": 7}, "user_id=7 must be text"),
        ("read_document_queries", {"errors": "ignore"}, "errors='ignore' is not known"),
    ],
)
def test_bad_parameters_below_a_document_are_refused_by_name(
    omni, server, name, arguments, message
):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match=message):
        getattr(omnipd, name)(["d1"], **arguments)
    assert len(server.requests) == before
