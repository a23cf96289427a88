"""The readers of models: against the sandbox over HTTP, and against answers written by hand."""

import json

import pandas as pd
import pytest
from faults.given import client_of
from readers.reader_checks import (
    UNKNOWN_ID,
    Case,
    ask,
    check_a_new_key_is_kept,
    check_any_part_of_a_record,
    check_every_key_has_a_column,
    check_the_types_stay,
    cursor_page,
    moment,
    plain,
    sent,
    under,
    walk,
)
from scripted_server import answer

import omnipd
from omnipd_sandbox.server import Server

MODEL = "11111111-2222-4333-8444-555555555555"
BRANCH = "bbbbbbbb-2222-4333-8444-555555555555"
IN_MODEL = {"model_id": MODEL}
IN_TOPIC = {"model_id": MODEL, "topic": "orders"}
TIMES = {"createdAt": "2026-01-02T03:04:05.678Z", "updatedAt": "2026-02-02T00:00:00Z"}
MOMENTS = {
    "created_at": pd.Timestamp("2026-01-02 03:04:05.678", tz="UTC"),
    "updated_at": pd.Timestamp("2026-02-02", tz="UTC"),
}
DELETED = pd.Timestamp("2026-03-01", tz="UTC")

FIELD = {
    "field_name": "created_at",
    "view_name": "orders",
    "fully_qualified_name": "orders.created_at",
    "data_type": "TIMESTAMP",
    "is_dimension": True,
    "is_calc": False,
    "label": "Created",
    "description": "When it was ordered",
    "view_label": "Orders",
    "group_label": "Times",
    "aggregate_type": "MAX",
    "date_type": "timestamp",
    "time_frames": [None, "date", "month"],
    "format": "%Y",
    "sql": "${TABLE}.created_at",
    "expr": {"type": "field", "of": ["created_at"]},
    "parent_field": "orders.times",
    "parent_label": "All times",
    "is_group_parent_field": False,
    "display_order": 3,
    "filter_only_field": False,
    "hidden": True,
    "tags": ["pii", "a, b"],
    "synonyms": ["ordered"],
}
FIELD_ROW = {
    **IN_TOPIC,
    "view": "orders",
    "field": "created_at",
    "fully_qualified_name": "orders.created_at",
    "kind": "dimension",
    "data_type": "TIMESTAMP",
    "date_type": "timestamp",
    "time_frames": "date,month",
    "aggregate_type": "MAX",
    "label": "Created",
    "description": "When it was ordered",
    "group_label": "Times",
    "format": "%Y",
    "hidden": True,
    "sql": "${TABLE}.created_at",
    "tags": "pii,a%2C b",
    "synonyms": "ordered",
    "view_label": "Orders",
    "is_calc": False,
    "parent_field": "orders.times",
    "parent_label": "All times",
    "is_group_parent_field": False,
    "display_order": 3,
    "expr": '{"type":"field","of":["created_at"]}',
}
NO_FIELD = dict.fromkeys(FIELD_ROW)
TOPIC = {
    "name": "orders",
    "base_view_name": "orders",
    "views": [
        {
            "name": "orders",
            "label": "Orders",
            "dimensions": [FIELD],
            "measures": [{"field_name": "count", "fully_qualified_name": "orders.count"}],
            "filter_only_fields": [
                {"field_name": "since", "fully_qualified_name": "orders.since", "view_name": "o"}
            ],
        },
        {"name": "empty"},
    ],
    "relationships": [
        {
            "id": "rel1",
            "left_view_name": "orders",
            "right_view_name": "users",
            "join_type": "ALWAYS_LEFT",
            "type": "MANY_TO_ONE",
            "sql": "${orders.user_id} = ${users.id}",
            "bidirectional": True,
            "reversible": False,
            "ignored": False,
            "join_from_base_view": True,
        }
    ],
}


def topic_answer(*topics):
    """Return a topic's detail; without one, a topic that has nothing in it."""
    nothing = {"name": "orders", "views": [], "relationships": []}
    return {"success": True, "topic": topics[0] if topics else nothing}


def itself(record):
    return record


CONTENT_ENTRY = {
    "document_id": "d1",
    "identifier": "delays",
    "name": "Delays",
    "type": "Draft",
    "updated_at": "2026-02-02T00:00:00Z",
    "folder": {"name": "Ops", "path": "ops"},
    "owner": {"name": "Ada", "email": "ada@example.com"},
    "require_pull_request_to_publish": True,
    "queries_and_issues": [
        {
            "query_name": "By month",
            "query_presentation_id": "q1",
            "query_id_map_key": "1",
            "issues": ["No such field", "No such view"],
        },
        {
            "query_name": "Fine",
            "query_presentation_id": "q2",
            "query_id_map_key": "2",
            "issues": [],
        },
    ],
    "dashboard_filter_issues": [{"message": "No such filter"}],
    "error": "It cannot be opened",
}
CONTENT_HEAD = {
    **IN_MODEL,
    "branch_id": BRANCH,
    "document_id": "d1",
    "document_identifier": "delays",
    "document_name": "Delays",
    "document_type": "Draft",
    "folder_name": "Ops",
    "folder_path": "/ops",
    "owner_name": "Ada",
    "owner_email": "ada@example.com",
    "updated_at": pd.Timestamp("2026-02-02", tz="UTC"),
    "require_pull_request_to_publish": True,
}
NO_QUERY = {"query_name": None, "query_presentation_id": None, "query_identifier_map_key": None}
BY_MONTH = {
    "query_name": "By month",
    "query_presentation_id": "q1",
    "query_identifier_map_key": "1",
}


def content_answer(*answers):
    return answers[0] if answers else {"model_id": MODEL, "branch": None, "content": []}


CASES = [
    Case(
        "read_models",
        {
            "id": MODEL,
            "name": "orders",
            "modelKind": "SHARED",
            "connectionId": "c1",
            "baseModelId": "b1",
            **TIMES,
            "deletedAt": "2026-03-01T00:00:00Z",
            "branches": [{"id": "b2", "name": "one"}, {"id": "b3", "name": "a, b", "more": 1}],
        },
        [
            {
                "model_id": MODEL,
                "name": "orders",
                "model_kind": "SHARED",
                "connection_id": "c1",
                "base_model_id": "b1",
                **MOMENTS,
                "deleted_at": DELETED,
                "branch_ids": "b2,b3",
                "branch_names": "one,a%2C b",
            }
        ],
        {"id": MODEL},
    ),
    Case(
        "read_topics",
        {
            "name": "orders",
            "base_view_name": "order_items",
            "label": "Orders",
            "description": "What was sold",
            "group_label": "Sales",
            "hidden": True,
            "is_composite": True,
            "topics": ["orders", "us,ers"],
        },
        [
            {
                **IN_MODEL,
                "topic": "orders",
                "base_view": "order_items",
                "label": "Orders",
                "description": "What was sold",
                "group_label": "Sales",
                "hidden": True,
                "is_composite": True,
                "topics": "orders,us%2Cers",
            }
        ],
        {"name": "orders"},
        under("topics", success=True),
        parents=([MODEL],),
    ),
    Case(
        "read_topic_fields",
        TOPIC,
        [
            FIELD_ROW,
            NO_FIELD
            | IN_TOPIC
            | {
                "view": "orders",
                "field": "count",
                "fully_qualified_name": "orders.count",
                "kind": "measure",
            },
            NO_FIELD
            | IN_TOPIC
            | {
                "view": "o",
                "field": "since",
                "fully_qualified_name": "orders.since",
                "kind": "filter",
            },
        ],
        {"views": [{"dimensions": [{"fully_qualified_name": "orders.id"}]}]},
        topic_answer,
        parents=([(MODEL, "orders")],),
        place=("views", 0, "dimensions", 0),
    ),
    Case(
        "read_relationships",
        TOPIC,
        [
            {
                **IN_TOPIC,
                "relationship_id": "rel1",
                "left_view": "orders",
                "right_view": "users",
                "join_type": "ALWAYS_LEFT",
                "cardinality": "MANY_TO_ONE",
                "sql": "${orders.user_id} = ${users.id}",
                "bidirectional": True,
                "reversible": False,
                "ignored": False,
                "join_from_base_view": True,
            }
        ],
        {"relationships": [{"id": "rel1"}]},
        topic_answer,
        parents=([(MODEL, "orders")],),
        place=("relationships", 0),
    ),
    Case(
        "read_views",
        {
            "name": "orders",
            "label": "Orders",
            "description": "One row per order",
            "hidden": False,
            "fields": [{"name": "id", "type": "dimension"}, {"name": "count", "type": "measure"}],
        },
        [
            {
                **IN_MODEL,
                "view": "orders",
                "view_label": "Orders",
                "view_description": "One row per order",
                "view_hidden": False,
                "field": field,
                "kind": kind,
            }
            for field, kind in [("id", "dimension"), ("count", "measure")]
        ],
        {"name": "orders"},
        under("views", success=True),
        parents=([MODEL],),
        known_as="view.brandNew",
    ),
    Case(
        "read_schemas",
        {"schemas": ["db.main", "db.other"]},
        [{**IN_MODEL, "schema": "db.main"}, {**IN_MODEL, "schema": "db.other"}],
        {"schemas": ["db.main"]},
        itself,
        parents=([MODEL],),
        empty={"schemas": []},
    ),
    Case(
        "read_model_files",
        {
            "files": {"model": "name: orders", "orders.view": "# Größe\n"},
            "version": 7,
            "viewNames": {"orders.view": "orders"},
            "checksums": {"orders.view": "c0ffee"},
        },
        [
            {
                **IN_MODEL,
                "file_name": "model",
                "yaml": "name: orders",
                "checksum": None,
                "view": None,
                "version": 7,
            },
            {
                **IN_MODEL,
                "file_name": "orders.view",
                "yaml": "# Größe\n",
                "checksum": "c0ffee",
                "view": "orders",
                "version": 7,
            },
        ],
        {"files": {"model": None}},
        itself,
        parents=([MODEL],),
        empty={"files": {}, "version": 1},
    ),
    Case(
        "read_model_issues",
        {
            "severity": "warning",
            "message": "Not used",
            "view": "orders",
            "field": "id",
            "yaml_path": "orders.view",
            "auto_fix": {"remove": "id"},
        },
        [
            {
                **IN_MODEL,
                "severity": "warning",
                "message": "Not used",
                "view": "orders",
                "field": "id",
                "yaml_path": "orders.view",
                "auto_fix": '{"remove":"id"}',
            }
        ],
        {"message": "Not used"},
        under("issues", valid=True),
        parents=([MODEL],),
    ),
    Case(
        "read_content_issues",
        {
            "model_id": MODEL,
            "branch": {"id": BRANCH, "name": "fix"},
            "content": [CONTENT_ENTRY, {"identifier": "fine", "queries_and_issues": []}],
        },
        [
            {
                **CONTENT_HEAD,
                "issue_scope": "document",
                **NO_QUERY,
                "issue": "It cannot be opened",
            },
            {**CONTENT_HEAD, "issue_scope": "query", **BY_MONTH, "issue": "No such field"},
            {**CONTENT_HEAD, "issue_scope": "query", **BY_MONTH, "issue": "No such view"},
            {
                **CONTENT_HEAD,
                "issue_scope": "dashboard_filter",
                **NO_QUERY,
                "issue": "No such filter",
            },
        ],
        {"content": [{"identifier": "delays", "error": "It cannot be opened"}]},
        content_answer,
        parents=([MODEL],),
        place=("content", 0),
    ),
    Case(
        "read_model_git",
        {
            "authMethod": "ssh",
            "baseBranch": "main",
            "branchPerPullRequest": True,
            "cloneUrl": "git@git.example:a.git",
            "gitFollower": False,
            "gitServiceProvider": "github",
            "modelPath": "omni",
            "publicKey": "ssh-ed25519 AAAA",
            "requirePullRequest": "users-only",
            "sshUrl": "git@git.example:a.git",
            "webUrl": "https://git.example/a",
            "webhookUrl": "https://org.omni.co/hook",
            "webhookSecret": "never-shown",
        },
        [
            {
                **IN_MODEL,
                "auth_method": "ssh",
                "base_branch": "main",
                "branch_per_pull_request": True,
                "clone_url": "git@git.example:a.git",
                "git_follower": False,
                "git_service_provider": "github",
                "model_path": "omni",
                "public_key": "ssh-ed25519 AAAA",
                "require_pull_request": "users-only",
                "web_url": "https://git.example/a",
                "webhook_url": "https://org.omni.co/hook",
            }
        ],
        {},
        itself,
        parents=([MODEL],),
        always=True,
    ),
    Case(
        "read_dbt_exposures",
        {
            "dashboard_identifier": "delays",
            "deduplication_name": "dashboard_delays",
            "exposure": {
                "name": "delays",
                "type": "dashboard",
                "label": "Delays",
                "url": "https://org.omni.co/dashboards/delays",
                "depends_on": ["ref('flights')", "ref('planes')"],
                "owner": {"name": "Ada", "email": "ada@example.com"},
            },
        },
        [
            {
                **IN_MODEL,
                "document_identifier": "delays",
                "deduplication_name": "dashboard_delays",
                "exposure_name": "delays",
                "exposure_type": "dashboard",
                "label": "Delays",
                "url": "https://org.omni.co/dashboards/delays",
                "depends_on": "ref('flights'),ref('planes')",
                "owner_name": "Ada",
                "owner_email": "ada@example.com",
            }
        ],
        {"deduplication_name": "dashboard_delays"},
        parents=([MODEL],),
        place=("exposure",),
        known_as="exposure.brandNew",
    ),
    Case(
        "read_model_suggestions",
        {
            "id": "s1",
            "category": "missing_context",
            "title": "Say what it means",
            "rationale": "People asked",
            "priority": 2,
            "proposedChanges": {"edits": []},
            "evidence": [{"type": "ai_chat"}],
            "ignoreReason": "Known",
            "ignoredAt": "2026-03-01T00:00:00Z",
            "ignoredBy": "m1",
            "aiModifiedAt": "2026-03-01T00:00:00Z",
            **TIMES,
        },
        [
            {
                **IN_MODEL,
                "suggestion_id": "s1",
                "category": "missing_context",
                "title": "Say what it means",
                "rationale": "People asked",
                "priority": 2,
                "proposed_changes": '{"edits":[]}',
                "evidence": '[{"type":"ai_chat"}]',
                "ignore_reason": "Known",
                "ignored_at": DELETED,
                "ignored_by_id": "m1",
                "ai_modified_at": DELETED,
                **MOMENTS,
            }
        ],
        {"id": "s1"},
        parents=([MODEL],),
    ),
]
CASE = {case.name: case for case in CASES}
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
# The first two have no records of their own; the fields of suggestions may change.
CLOSED = [
    case
    for case in CASES
    if case.name not in {"read_schemas", "read_model_files", "read_model_suggestions"}
]


@each_case
def test_every_key_of_a_record_has_its_column(case, scripted):
    check_every_key_has_a_column(case, scripted)


@each_case
def test_the_types_are_the_same_whatever_comes(case, scripted):
    check_the_types_stay(case, scripted)


@each_case
def test_any_part_of_a_record_gives_the_same_types(case, scripted):
    check_any_part_of_a_record(case, scripted)


@pytest.mark.parametrize("case", CLOSED, ids=lambda case: case.name)
def test_a_key_that_nobody_knows_is_kept(case, scripted):
    check_a_new_key_is_kept(case, scripted)


def test_a_new_key_of_a_suggestion_is_kept_without_a_word(scripted):
    case = CASE["read_model_suggestions"]
    df = case.read(scripted, case.with_something_new())
    assert df["extra"].tolist() == ['{"brandNew":{"a":[1,null]}}']


# --- other shapes


def test_an_older_issue_says_by_a_flag_what_it_is(scripted):
    case = CASE["read_model_issues"]
    older = [{"message": text, "is_warning": flag} for text, flag in [("a", True), ("b", False)]]
    for body in ({"issues": older, "valid": False}, older):
        scripted.script(answer(body))
        with client_of(scripted):
            df = omnipd.read_model_issues(MODEL, refresh=True)
        assert df["severity"].tolist() == ["warning", "error"]
        assert df["extra"].isna().all()
    assert list(df.columns) == [*case.rows[0], "extra"]


def test_an_unknown_kind_of_issue_is_not_lost_with_its_document(scripted):
    entry = {"identifier": "delays", "newIssues": ["What is it?"]}
    scripted.script(answer({"model_id": MODEL, "content": [entry]}))
    with client_of(scripted), pytest.warns(omnipd.OmniWarning, match="newIssues"):
        df = omnipd.read_content_issues(MODEL)
    assert df["issue_scope"].tolist() == ["document"]
    assert df["issue"].isna().all()
    assert json.loads(df["extra"][0]) == {"newIssues": ["What is it?"]}


def test_an_exposure_of_nothing_in_dbt_has_its_dashboard_only(scripted):
    record = {"dashboard_identifier": "d", "deduplication_name": "dashboard_d", "exposure": None}
    [row] = plain(CASE["read_dbt_exposures"].read(scripted, record))
    assert {name for name, value in row.items() if value is not None} == {
        "model_id",
        "document_identifier",
        "deduplication_name",
    }


def test_an_older_repository_has_the_older_name_of_its_address(scripted):
    case = CASE["read_model_git"]
    older = {key: value for key, value in case.full.items() if key != "cloneUrl"}
    assert case.read(scripted, older)["clone_url"].tolist() == ["git@git.example:a.git"]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("read_topics", {"success": False, "error": "no"}),
        ("read_topic_fields", {"success": False}),
        ("read_topic_fields", {"topic": {"name": "orders"}}),
        ("read_topic_fields", {"topic": {"views": [{"name": "v", "dimensions": ["id"]}]}}),
        ("read_relationships", {"topic": {"views": []}}),
        ("read_views", {"views": [{"name": "v", "fields": "id"}]}),
        ("read_schemas", {"schemas": None}),
        ("read_model_files", {"version": 1}),
        ("read_model_files", {"files": {"a": "b"}, "checksums": []}),
        ("read_model_issues", {"valid": True}),
        ("read_content_issues", {"model_id": MODEL}),
        ("read_content_issues", {"content": [{"queries_and_issues": [{"issues": "x"}]}]}),
        ("read_content_issues", {"content": [{"dashboard_filter_issues": "x"}]}),
        ("read_model_git", []),
        ("read_dbt_exposures", cursor_page({"deduplication_name": "a", "exposure": "b"})),
    ],
)
def test_an_answer_without_what_omni_promises_is_an_error_and_not_no_rows(scripted, name, body):
    scripted.script(answer(body))
    said_so = "success" in body and not body["success"]
    error = omnipd.BadRequestError if said_so else omnipd.ResponseError
    with client_of(scripted), pytest.raises(error):
        getattr(omnipd, name)(*CASE[name].parents)


# --- the sandbox


@pytest.fixture
def shared(server):
    """The ids of the models that people work on."""
    return sorted(server.models.values())


@pytest.fixture
def topics(omni, shared):
    return omnipd.read_topics(shared)


def raw_topics(server, topics):
    for model, name in zip(topics["model_id"], topics["topic"], strict=True):
        yield model, name, ask(server, f"/api/v1/models/{model}/topic/{name}")["topic"]


def test_models_are_those_of_a_hand_written_walk(omni, server):
    raw = walk(
        server,
        "/api/v1/models",
        sortField="createdAt",
        sortDirection="asc",
        include="activeBranches",
    )
    df = omnipd.read_models()
    assert plain(df) == [
        {
            "model_id": one["id"],
            "name": one["name"],
            "model_kind": one["modelKind"],
            "connection_id": one["connectionId"],
            "base_model_id": one["baseModelId"],
            "created_at": moment(one["createdAt"]),
            "updated_at": moment(one["updatedAt"]),
            "deleted_at": None,
            "branch_ids": ",".join(branch["id"] for branch in one["branches"]),
            "branch_names": ",".join(branch["name"] for branch in one["branches"]),
            "extra": None,
        }
        for one in raw
    ]
    assert set(df["base_model_id"].dropna()) <= set(
        omnipd.read_models(include_deleted=True)["model_id"]
    )
    assert (df["branch_ids"] != "").any()


def test_branches_that_were_not_asked_for_are_null(omni):
    for nothing in (None, []):
        df = omnipd.read_models(include=nothing, refresh=True)
        assert df["branch_ids"].isna().all()
        assert df["branch_names"].isna().all()


def test_topics_are_those_that_the_server_sends(topics, server, shared):
    assert plain(topics) == [
        {
            "model_id": model,
            "topic": one["name"],
            "base_view": one["base_view_name"],
            "label": one["label"],
            "description": one.get("description"),
            "group_label": one.get("group_label"),
            "hidden": one.get("hidden"),
            "is_composite": None,
            "topics": None,
            "extra": None,
        }
        for model in shared
        for one in ask(server, f"/api/v1/models/{model}/topic")["topics"]
    ]
    assert set(topics["model_id"]) == set(shared)


def test_fields_are_those_that_the_server_sends(topics, server):
    df = omnipd.read_topic_fields(topics)
    assert plain(df[["model_id", "topic", "view", "field", "fully_qualified_name", "kind"]]) == [
        {
            "model_id": model,
            "topic": name,
            "view": view["name"],
            "field": field["field_name"],
            "fully_qualified_name": f"{view['name']}.{field['field_name']}",
            "kind": kind,
        }
        for model, name, topic in raw_topics(server, topics)
        for view in topic["views"]
        for kind, listed in [("dimension", "dimensions"), ("measure", "measures")]
        for field in view[listed]
    ]
    raw = [
        field
        for _, _, topic in raw_topics(server, topics)
        for view in topic["views"]
        for field in [*view["dimensions"], *view["measures"]]
    ]
    rows = plain(df)
    for name in ("data_type", "date_type", "aggregate_type", "label", "description", "sql"):
        assert [row[name] for row in rows] == [field.get(name) for field in raw]
    assert [row["time_frames"] for row in rows] == [
        ",".join(field["time_frames"][1:]) if "time_frames" in field else None for field in raw
    ]
    assert df["time_frames"].notna().any()
    assert df["extra"].isna().all()


def test_relationships_are_those_that_the_server_sends_and_cost_nothing_more(topics, server):
    omnipd.read_topic_fields(topics)
    before = len(server.requests)
    df = omnipd.read_relationships(topics)
    assert len(server.requests) == before
    assert plain(
        df[["model_id", "topic", "relationship_id", "left_view", "right_view", "cardinality"]]
    ) == [
        {
            "model_id": model,
            "topic": name,
            "relationship_id": one["id"],
            "left_view": one["left_view_name"],
            "right_view": one["right_view_name"],
            "cardinality": one["type"],
        }
        for model, name, topic in raw_topics(server, topics)
        for one in topic["relationships"]
    ]
    assert len(df) > 2


def test_topics_may_be_pairs_or_a_frame(topics):
    frames = [
        omnipd.read_topic_fields(topics),
        omnipd.read_topic_fields(topics[["topic", "model_id"]]),
        omnipd.read_topic_fields(list(zip(topics["model_id"], topics["topic"], strict=True))),
    ]
    for df in frames:
        pd.testing.assert_frame_equal(df, frames[0])


def test_the_name_of_a_model_is_not_taken_for_a_topic(omni, server):
    models = omnipd.read_models(model_kind="SHARED")
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match="none of the columns topic"):
        omnipd.read_topic_fields(models)
    assert len(server.requests) == before


def test_records_as_omni_sends_them_name_parents_too(omni, shared):
    raw = omnipd.read_records("/api/v1/models", params={"modelKind": "SHARED"})
    assert "model_id" not in raw.columns
    assert set(omnipd.read_topics(raw)["model_id"]) == set(shared)


@pytest.mark.parametrize("name", ["read_topic_fields", "read_relationships"])
def test_one_topic_may_be_named_by_model_and_topic(topics, name):
    [model, topic] = topics[["model_id", "topic"]].iloc[0]
    read = getattr(omnipd, name)
    pd.testing.assert_frame_equal(read(model, topic), read([(model, topic)]))


def test_views_are_those_that_the_server_sends(omni, server, shared):
    df = omnipd.read_views(shared)
    assert plain(df) == [
        {
            "model_id": model,
            "view": view["name"],
            "view_label": view["label"],
            "view_description": view.get("description"),
            "view_hidden": view.get("hidden"),
            "field": field["name"],
            "kind": field["type"],
            "extra": None,
        }
        for model in shared
        for view in ask(server, f"/api/v1/models/{model}/view")["views"]
        for field in view["fields"]
    ]


def test_models_may_be_ids_a_series_or_a_frame(omni, shared):
    models = omnipd.read_models(model_kind="SHARED")
    frames = [
        omnipd.read_schemas(models),
        omnipd.read_schemas(models["model_id"]),
        omnipd.read_schemas(models["model_id"].tolist()),
        omnipd.read_schemas(models.rename(columns={"id": "model_id"})),
    ]
    for df in frames:
        pd.testing.assert_frame_equal(df, frames[0])
    assert set(frames[0]["model_id"]) == set(shared)
    one = omnipd.read_schemas(shared[0])
    assert one["model_id"].tolist() == [shared[0]]
    assert list(omnipd.read_schemas([]).columns) == list(one.columns)


def test_schemas_are_those_that_the_server_sends(omni, server, shared):
    assert plain(omnipd.read_schemas(shared)) == [
        {"model_id": model, "schema": schema, "extra": None}
        for model in shared
        for schema in ask(server, f"/api/v1/models/{model}/schemas")["schemas"]
    ]


def test_files_are_those_that_the_server_sends(omni, server, shared):
    expected = []
    for model in shared:
        raw = ask(server, f"/api/v1/models/{model}/yaml", includeChecksums="true")
        expected += [
            {
                "model_id": model,
                "file_name": name,
                "yaml": text,
                "checksum": raw["checksums"][name],
                "view": raw["viewNames"].get(name),
                "version": raw["version"],
                "extra": None,
            }
            for name, text in raw["files"].items()
        ]
    assert plain(omnipd.read_model_files(shared)) == expected
    assert len({row["file_name"] for row in expected}) > 5


def test_issues_of_models_are_those_that_the_server_sends(tmp_path, omni, server):
    models = omnipd.read_models(model_kind="BRANCH")
    df = omnipd.read_model_issues(models)
    raw = [
        (model, one)
        for model in models["model_id"]
        for one in ask(server, f"/api/v1/models/{model}/validate")["issues"]
    ]
    columns = ["model_id", "severity", "message", "view", "field"]
    assert plain(df[columns]) == [
        {
            "model_id": model,
            "severity": one["severity"],
            "message": one["message"],
            "view": one.get("view"),
            "field": one.get("field"),
        }
        for model, one in raw
    ]
    with Server(old_shapes=True) as older:
        client = omnipd.connect(
            older.url, older.api_key, requests_per_minute=None, cache_dir=tmp_path
        )
        old = omnipd.read_model_issues(models["model_id"], client=client)
        client.close()
    # The newer form has no key for the file, and says it before what is wrong.
    said = [
        message if isinstance(view, str) else f"{path}: {message}"
        for path, message, view in zip(old["yaml_path"], old["message"], df["view"], strict=True)
    ]
    assert said == list(df["message"])
    assert old["yaml_path"].notna().all()
    pd.testing.assert_frame_equal(old[columns[:2]], df[columns[:2]], check_index_type=False)


def test_issues_of_content_are_those_of_the_whole_answer(omni, server, shared):
    expected = []
    for model in shared:
        raw = ask(server, f"/api/v1/models/{model}/content-validator")
        for one in raw["content"]:
            head = (model, one["identifier"], one["owner"]["email"])
            for query in one["queries_and_issues"]:
                expected += [
                    (*head, "query", query["query_presentation_id"], issue)
                    for issue in query["issues"]
                ]
            expected += [
                (*head, "dashboard_filter", None, issue) for issue in one["dashboard_filter_issues"]
            ]
    df = omnipd.read_content_issues(shared)
    columns = [
        "model_id",
        "document_identifier",
        "owner_email",
        "issue_scope",
        "query_presentation_id",
        "issue",
    ]
    assert [tuple(row.values()) for row in plain(df[columns])] == expected
    assert {"query", "dashboard_filter"} == set(df["issue_scope"])
    assert df["extra"].isna().all()
    assert df["branch_id"].isna().all()


def test_a_model_without_git_has_no_row(omni, server, shared):
    df = omnipd.read_model_git(shared)
    flights = server.models["flights"]
    assert df["model_id"].tolist() == [flights]
    raw = ask(server, f"/api/v1/models/{flights}/git")
    assert df["clone_url"][0] == raw["cloneUrl"]
    assert df["public_key"][0] == raw["publicKey"]
    assert df["extra"].isna().all()


def test_the_secret_of_the_webhook_is_neither_asked_for_nor_kept(omni, server, shared, scripted):
    before = len(server.requests)
    omnipd.read_model_git(shared)
    assert [query for _, query in sent(server, before)] == [{}] * len(shared)
    case = CASE["read_model_git"]
    assert "never-shown" not in str(case.read(scripted, case.full).to_dict())


def test_exposures_are_those_of_a_hand_written_walk(omni, server, shared):
    df = omnipd.read_dbt_exposures(shared)
    columns = ["model_id", "document_identifier", "exposure_name", "depends_on", "owner_email"]
    assert [tuple(row.values()) for row in plain(df[columns])] == [
        (
            model,
            one["dashboard_identifier"],
            one["exposure"] and one["exposure"]["name"],
            one["exposure"] and ",".join(one["exposure"]["depends_on"]),
            one["exposure"] and one["exposure"]["owner"]["email"],
        )
        for model in shared
        for one in walk(server, f"/api/v1/models/{model}/dbt-exposures", sortDirection="asc")
    ]
    assert 0 < df["exposure_name"].isna().sum() < len(df)
    documents = omnipd.read_content()
    assert set(df["document_identifier"]) <= set(documents["document_identifier"].dropna())


def test_suggestions_are_those_of_a_hand_written_walk(omni, server, shared):
    df = omnipd.read_model_suggestions(shared, status="all")
    raw = [
        (model, one)
        for model in shared
        for one in walk(server, f"/api/v1/models/{model}/suggestions", status="all")
    ]
    rows = plain(df)
    assert [(row["model_id"], row["suggestion_id"], row["title"]) for row in rows] == [
        (model, one["id"], one["title"]) for model, one in raw
    ]
    assert [row["proposed_changes"] and json.loads(row["proposed_changes"]) for row in rows] == [
        one["proposedChanges"] for _, one in raw
    ]
    assert [row["ignored_at"] for row in rows] == [moment(one["ignoredAt"]) for _, one in raw]
    assert df["extra"].isna().all()
    assert len(omnipd.read_model_suggestions(shared)) < len(df)


FANNED = [case.name for case in CASES if case.parents]


@pytest.mark.parametrize("name", [name for name in FANNED if name != "read_model_git"])
def test_a_model_that_nobody_made_fails_all_or_is_named(omni, shared, name):
    known, unknown = shared[0], UNKNOWN_ID
    if CASE[name].parents[0] == [(MODEL, "orders")]:
        [known] = omnipd.read_topics(shared[0])[["model_id", "topic"]].itertuples(index=False)
        known, unknown = tuple(known), (UNKNOWN_ID, "flights")
    read = getattr(omnipd, name)
    with pytest.raises(omnipd.NotFoundError) as caught:
        read([known, unknown])
    assert list(caught.value.partial.columns) == list(read([known]).columns)
    with pytest.warns(omnipd.OmniWarning, match="1 of 2 could not be read"):
        df = read([known, unknown], errors="collect")
    assert df.attrs["omni"]["complete"] is False
    pd.testing.assert_frame_equal(df, read([known]))


def test_a_model_that_is_not_shared_is_told_where_only_shared_ones_are_taken(omni):
    [branch, *_] = omnipd.read_models(model_kind="BRANCH")["model_id"]
    for name in ("read_model_git", "read_content_issues", "read_dbt_exposures"):
        with pytest.raises(omnipd.BadRequestError, match="shared"):
            getattr(omnipd, name)(branch)


# --- parameters


def test_the_parameters_of_models_arrive_in_omnis_spelling(omni, server, shared):
    connection = omnipd.read_models(model=shared[0])["connection_id"][0]
    before = len(server.requests)
    omnipd.read_models(
        model=shared[0],
        name="ORDERS",
        model_kind="SHARED",
        base_model_id=UNKNOWN_ID,
        connection_id=connection,
        include_deleted=True,
        sort="model_kind",
        direction="desc",
    )
    assert sent(server, before) == [
        (
            "/api/v1/models",
            {
                "modelId": shared[0],
                "name": "ORDERS",
                "modelKind": "SHARED",
                "baseModelId": UNKNOWN_ID,
                "connectionId": connection,
                "include": "activeBranches",
                "includeDeleted": "true",
                "sortField": "modelKind",
                "sortDirection": "desc",
                "pageSize": "100",
            },
        )
    ]
    assert omnipd.read_models(name="ORDERS")["name"].str.lower().unique().tolist() == ["orders"]
    deleted = omnipd.read_models(include_deleted=True)
    assert deleted["deleted_at"].notna().any()
    assert len(omnipd.read_models(limit=3)) == 3


BRANCHED = {
    "read_topics": "branch_id",
    "read_views": "branch_id",
    "read_schemas": "branch_id",
    "read_content_issues": "branch_id",
    "read_dbt_exposures": "branch_id",
    "read_model_files": "branchId",
    "read_model_issues": "branchId",
}


@pytest.mark.parametrize("name", BRANCHED)
def test_a_branch_arrives_in_the_spelling_of_its_endpoint(omni, server, name):
    branches = omnipd.read_models(model_kind="BRANCH")
    of_shared = branches[branches["base_model_id"].isin(list(server.models.values()))]
    branch, model = of_shared["model_id"].iloc[0], of_shared["base_model_id"].iloc[0]
    before = len(server.requests)
    df = getattr(omnipd, name)(model, branch_id=branch)
    assert sent(server, before)[0][1][BRANCHED[name]] == branch
    if name == "read_content_issues":
        assert set(df["branch_id"]) <= {branch}


def test_a_branch_has_its_own_topics_and_fields(omni, server):
    branches = omnipd.read_models(model_kind="BRANCH")
    of_shared = branches[branches["base_model_id"].isin(list(server.models.values()))]
    branch, model = of_shared["model_id"].iloc[0], of_shared["base_model_id"].iloc[0]
    topics = omnipd.read_topics(model, branch_id=branch)
    before = len(server.requests)
    omnipd.read_topic_fields(topics, branch_id=branch)
    omnipd.read_relationships(topics, branch_id=branch, refresh=True)
    assert [query for _, query in sent(server, before)] == [{"branch_id": branch}] * (
        2 * len(topics)
    )


def test_the_parameters_of_files_arrive_in_omnis_spelling(omni, server, shared, scripted):
    before = len(server.requests)
    df = omnipd.read_model_files(shared, file_name=r".*\.topic", mode="extension")
    assert sent(server, before)[0][1] == {
        "fileName": r".*\.topic",
        "mode": "extension",
        "includeChecksums": "true",
    }
    assert df["file_name"].str.endswith(".topic").all()
    assert len(df) >= len(shared)
    scripted.script(answer({"files": {}}))
    with client_of(scripted):
        omnipd.read_model_files(MODEL, fully_resolved=True, include_schemas="db.main")
    assert "fullyResolved=true" in scripted.requests[0][1]
    assert "includeSchemas=db.main" in scripted.requests[0][1]


def test_the_parameters_of_the_content_validator_arrive_in_omnis_spelling(omni, server):
    model = server.models["flights"]
    user = server.organization.administrator.membership_id
    before = len(server.requests)
    df = omnipd.read_content_issues(
        model,
        find="flights",
        find_type="topic",
        folder_path="/finance",
        include_personal_folders=True,
        labels=["finance", "marketing"],
        user_id=user,
    )
    assert sent(server, before)[0][1] == {
        "find": "flights",
        "find_type": "TOPIC",
        "folder_paths": "/finance",
        "include_personal_folders": "true",
        "labels": "finance,marketing",
        "userId": user,
        "content_filter_mode": "WITH_ISSUES",
    }
    assert len(df) < len(omnipd.read_content_issues(model))
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None, user_id=user):
        before = len(server.requests)
        omnipd.read_content_issues(model, refresh=True)
    assert sent(server, before)[0][1]["userId"] == user


def test_the_direction_of_exposures_turns_the_list_round(omni, server):
    model = server.models["flights"]
    up = omnipd.read_dbt_exposures(model)["deduplication_name"].tolist()
    down = omnipd.read_dbt_exposures(model, direction="desc")["deduplication_name"].tolist()
    assert up == down[::-1]
    assert len(up) > 2


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("read_models", {"model_kind": "shared"}, "model_kind='shared' is not known"),
        ("read_models", {"model": ".."}, "model='..' is not an id"),
        ("read_models", {"base_model_id": ".."}, "base_model_id='..' is not an id"),
        ("read_models", {"connection_id": ".."}, "connection_id='..' is not an id"),
        ("read_models", {"name": ""}, "name='' is empty"),
        ("read_models", {"sort": "createdAt"}, "Did you mean 'created_at'"),
        ("read_models", {"direction": "down"}, "direction='down' is not known"),
        ("read_models", {"include": "branches"}, "Did you mean 'active_branches'"),
        ("read_models", {"include_deleted": "yes"}, "include_deleted='yes'"),
        ("read_models", {"limit": 0}, "1 or more"),
        ("read_topics", {"models": MODEL, "branch_id": ".."}, "branch_id='..' is not an id"),
        ("read_topics", {"models": pd.DataFrame({"x": []})}, "model_id, id"),
        ("read_topic_fields", {"model": [MODEL]}, "is not a model_id and a topic"),
        ("read_topic_fields", {"model": pd.DataFrame({"model_id": []})}, "columns topic"),
        ("read_topic_fields", {"model": MODEL}, "topic= is missing"),
        ("read_topic_fields", {"model": [MODEL], "topic": "orders"}, "one model"),
        ("read_topic_fields", {"model": MODEL, "topic": ""}, "is not a model_id and a topic"),
        ("read_model_files", {"models": MODEL, "mode": "merge"}, "Did you mean 'merged'"),
        (
            "read_model_files",
            {"models": MODEL, "mode": "staged", "fully_resolved": True},
            "fully_resolved=True",
        ),
        ("read_content_issues", {"models": MODEL, "find": "a.b"}, "go together"),
        ("read_content_issues", {"models": MODEL, "find_type": "field"}, "go together"),
        (
            "read_content_issues",
            {"models": MODEL, "find": "a", "find_type": "FIELD"},
            "find_type='FIELD'",
        ),
        ("read_content_issues", {"models": MODEL, "user_id": ".."}, "user_id='..'"),
        ("read_content_issues", {"models": MODEL, "labels": []}, "is empty"),
        ("read_dbt_exposures", {"models": MODEL, "direction": "up"}, "direction='up'"),
        ("read_model_suggestions", {"models": MODEL, "status": "new"}, "status='new'"),
        ("read_model_git", {"models": MODEL, "errors": "warn"}, "errors='warn'"),
    ],
)
def test_bad_arguments_are_refused_by_name_before_anything_is_sent(
    omni, server, name, arguments, message
):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match=message):
        getattr(omnipd, name)(**arguments)
    assert len(server.requests) == before
