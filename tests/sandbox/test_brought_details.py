"""What a folder can say beyond people and content, and what is not invented where it does not."""

import base64
import gc
import json
import urllib.request
import weakref
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from sandbox.shop_folder import PEOPLE, SHOP

from omnipd_sandbox.folder.problems import BadOrganization
from omnipd_sandbox.folder.reading import read_organization
from omnipd_sandbox.folder.writing import write_organization
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.prompts import KnownPrompt
from omnipd_sandbox.server import Server

pytestmark = pytest.mark.thorough


EPOCH = "2023-01-09T08:00:00.000Z"
VISITS = {
    "models/shop/visits.view": "dimensions: {id: {primary_key: true}, at: {timeframes: [date, month,"
    " year, hour_of_day]}}\nmeasures: {count: {aggregate_type: count}}\n",
    "models/shop/visits.topic": "base_view: visits\n",
    "data/visits.csv": "id,at\n1,2025-01-03 10:00:00\n2,2025-01-20 11:00:00\n3,2025-02-01 09:00:00\n",
}
TWO_MODELS = {
    **SHOP,
    "models/lease/shops.view": "measures: {count: {aggregate_type: count}}\n",
    "models/lease/leases.topic": "base_view: shops\n",
}
ON_ONE = [
    {"name": "shop", "connection": "warehouse"},
    {"name": "lease", "connection": "warehouse"},
]


def again(organization):
    """Read back what was written, as the same models would be beside it."""
    models = [each.name for each in organization.shared_models.values()]
    return read_organization(
        json.loads(json.dumps(write_organization(organization))), models, "written"
    )


def result(wire, **query):
    answer = wire.ask("POST", "/api/v1/query/run", body=json.dumps({"query": query}))
    assert answer.status == 200, answer.body
    job = json.loads(answer.body.splitlines()[1])
    assert job["status"] == "COMPLETE", job
    return job, pa.ipc.open_stream(base64.b64decode(job["result"])).read_all()


def generate(wire, prompt, **rest):
    body = json.dumps({"prompt": prompt, **rest})
    return wire.ask("POST", "/api/v1/ai/generate-query", body=body)


def said(folder):
    with pytest.raises(BadOrganization) as refused:
        Server(org=folder)
    return str(refused.value)


# Prompts of the AI

RENT = {
    "topic": "shops",
    "prompts": ["Which rent is paid?", "Rent by shop"],
    "query": {"fields": ["shops.name", "shops.rent_paid"]},
}
PART = {"topic": "shops", "contains": ["how many shops"], "query": {"fields": ["shops.name"]}}


def test_the_ai_answers_the_prompts_that_a_folder_says(mine, serve, connect):
    started = serve(org=mine({"users": PEOPLE, "prompts": [RENT, PART]}, SHOP))
    wire, model_id = connect(started), started.models["shop"]
    answer = generate(wire, "  RENT by   shop?", modelId=model_id).json
    assert (answer["topic"], answer["baseView"], answer["error"]) == ("shops", "shops", None)
    assert answer["query"]["fields"] == ["shops.name", "shops.rent_paid"]
    assert sorted(row["Rent Paid"] for row in answer["result"]["rows"]) == [100.5, 200.25]
    asked = "Tell me how many   Shops there are, please"
    part = generate(wire, asked, modelId=model_id, runQuery=False).json
    assert part["query"]["fields"] == ["shops.name"]
    assert generate(wire, "Rent", modelId=model_id).status == 400
    assert generate(wire, "Rent by shop of mine", modelId=model_id).status == 400


def test_the_first_prompt_that_matches_is_meant_on_its_own_model_and_topic(mine, serve, connect):
    prompts = [
        {"model": "lease", "topic": "leases", "contains": ["rent"], "query": {"fields": ["a.b"]}},
        {"model": "shop", **RENT, "prompts": [], "contains": ["rent"]},
        {"model": "shop", **PART, "contains": ["rent by"]},
    ]
    started = serve(org=mine({"prompts": prompts}, TWO_MODELS))
    wire = connect(started)
    fields = {
        name: generate(wire, "Rent by shop", modelId=started.models[name], runQuery=False).json[
            "query"
        ]["fields"]
        for name in started.models
    }
    assert fields == {"lease": ["a.b"], "shop": ["shops.name", "shops.rent_paid"]}
    narrowed = generate(wire, "rent", modelId=started.models["shop"], currentTopicName="nope")
    assert (narrowed.status, narrowed.json["detail"]) == (404, "Topic nope not found")


def test_a_model_called_as_a_bundled_one_has_no_prompts_of_it(mine, serve, connect):
    # Even with a topic of the same name: what a folder does not say is not there.
    named = {
        name.replace("models/shop/", "models/orders/").replace("shops.topic", "orders.topic"): text
        for name, text in SHOP.items()
    }
    started = serve(org=mine(files=named))
    answer = generate(connect(started), "Revenue by month", modelId=started.models["orders"])
    assert answer.status == 400
    assert answer.json["detail"].startswith("No query generated")


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (
            {"topic": "shops", "query": {}},
            "prompts[0]: it needs prompts, or what a prompt contains",
        ),
        ({**RENT, "topic": "shop"}, "prompts[0].topic: there is no topic 'shop'; did you mean"),
        ({**RENT, "model": "shob"}, "prompts[0].model: there is no model 'shob'"),
        ({**RENT, "promts": []}, "prompts[0]: unknown key 'promts'; did you mean 'prompts'"),
        ({**RENT, "prompts": "Rent"}, "prompts[0].prompts: a list is needed here"),
        ({key: RENT[key] for key in ("topic", "prompts")}, "prompts[0].query: this is missing"),
        ({**RENT, "query": None}, "prompts[0].query: Expected object, received null"),
        (
            {**RENT, "query": {"filters": {"shops.name": "North"}}},
            "prompts[0].query.filters.shops.name: Expected object, received string",
        ),
        (
            {**RENT, "query": {"userEditedSQL": 5}},
            "prompts[0].query.userEditedSQL: Expected string, received number",
        ),
        (
            {**RENT, "query": {"filters": {"shops.name": None}}},
            "prompts[0].query.filters.shops.name: Expected object, received null",
        ),
        ({**RENT, "query": {"modelId": "x"}}, "prompts[0].query.modelId: the query is on the"),
        ({**RENT, "query": {"model_id": None}}, "prompts[0].query.model_id: the query is on"),
        ({**RENT, "prompts": ["a", ""]}, "prompts[0].prompts[1]: a text with words is needed"),
        ({**PART, "contains": [" ?"]}, "prompts[0].contains[0]: a text with words is needed"),
    ],
)
def test_prompts_that_cannot_be_used_are_refused_by_name(mine, prompt, words):
    assert words in said(mine({"prompts": [prompt]}, SHOP))


def test_a_prompt_whose_query_says_null_is_as_without(mine, serve, connect):
    query = {**RENT["query"], **dict.fromkeys(("table", "userEditedSQL", "filters", "sorts"))}
    started = serve(org=mine({"prompts": [{**RENT, "query": query}]}, SHOP))
    answer = generate(connect(started), "Rent by shop", modelId=started.models["shop"])
    assert answer.status == 200
    assert sorted(row["Rent Paid"] for row in answer.json["result"]["rows"]) == [100.5, 200.25]
    assert answer.json["query"]["table"] == "shops"


def test_a_filter_that_the_planner_refuses_is_400(mine, serve, connect):
    started = serve(org=mine(files=SHOP))
    model_id = started.models["shop"]
    # No folder can say so.
    query = {"fields": ["shops.name"], "filters": {"shops.name": "North"}}
    started.organization.prompts = [KnownPrompt(model_id, "shops", query, ("Rent",))]
    answer = generate(connect(started), "Rent", modelId=model_id)
    assert (answer.status, answer.json["detail"]) == (400, "Unable to parse data stream")


# Formats of timeframes


def test_a_format_concerns_its_own_timeframe_alone(mine, serve, connect):
    models = [{"name": "shop", "formats": {"visits.at[month]": "%Y-%m"}}]
    started = serve(org=mine({"models": models}, VISITS))
    wire, model_id = connect(started), started.models["shop"]
    job, table = result(
        wire,
        modelId=model_id,
        table="visits",
        fields=["visits.at[month]", "visits.count", "visits.at[year]"],
        sorts=[{"column_name": "visits.at[month]", "sort_descending": True}],
    )
    january, february = (
        datetime(2025, month, 1, tzinfo=UTC).replace(tzinfo=None) for month in (1, 2)
    )
    assert table.to_pydict() == {
        "visits.at[month]__raw": [february, january],
        "visits.count": [1, 2],
        "visits.at[year]": [january, january],
        "visits.at[month]": ["2025-02", "2025-01"],
    }
    described = job["summary"]["fields"]
    assert described["visits.at[month]"]["format"] == "%Y-%m"
    assert "format" not in described["visits.at[year]"]
    # SQL over the model has the pair, too.
    sql = "SELECT ${visits.at[MONTH]}, ${visits.at[date]} FROM ${visits} GROUP BY 1, 2 ORDER BY 2"
    _, table = result(wire, modelId=model_id, fields=[], userEditedSQL=sql)
    assert table.column_names == ["visits.at[MONTH]__raw", "visits.at[date]", "visits.at[MONTH]"]


def test_a_format_of_the_field_itself_makes_no_pairs(mine, serve, connect):
    view = VISITS["models/shop/visits.view"].replace("timeframes", "format: '%d.%m.', timeframes")
    started = serve(org=mine(files={**VISITS, "models/shop/visits.view": view}))
    fields = ["visits.at", "visits.at[month]", "visits.at[date]", "visits.at[hour_of_day]"]
    job, table = result(
        connect(started), modelId=started.models["shop"], table="visits", fields=fields
    )
    assert table.column_names == fields
    described = job["summary"]["fields"]
    assert {name: described[name].get("format") for name in fields} == {
        "visits.at": "%d.%m.",
        "visits.at[month]": None,
        "visits.at[date]": None,
        "visits.at[hour_of_day]": None,
    }


def test_a_branch_keeps_the_formats_of_its_model(mine, serve, connect):
    models = [{"name": "shop", "formats": {"visits.at[month]": "%b"}}]
    branch = {
        "name": "b", "kind": "BRANCH", "connection": "shop", "base": "shop",
        "files": {"visits.view": VISITS["models/shop/visits.view"] + "label: Calls\n"},
    }  # fmt: skip
    without = {**branch, "name": "c", "files": {"visits.view": "dimensions: {at: {ignored: true}}"}}
    folder = mine({"models": models, "other_models": [branch, without]}, VISITS)
    started = serve(org=folder)
    ids = {each.name: each.id for each in started.organization.fixed_models.values()}
    _, table = result(
        connect(started), modelId=ids["b"], table="visits", fields=["visits.at[month]"]
    )
    assert sorted(table["visits.at[month]"].to_pylist()) == ["Feb", "Jan"]
    assert connect(started).get(f"/api/v1/models/{ids['shop']}/validate").status == 200


@pytest.mark.parametrize(
    ("formats", "words"),
    [
        ({"visits.at[month]": "YYYY-MM"}, "formats.visits.at[month]: 'YYYY-MM' is not a pattern"),
        ({"visits.at[month]": "%Q"}, "formats.visits.at[month]: '%Q' is not a pattern"),
        ({"visits.at": "%Y"}, "formats.visits.at: a timeframe that cuts a time is needed"),
        ({"visits.at[hour_of_day]": "%H"}, "formats.visits.at[hour_of_day]: a timeframe that cuts"),
        ({"visits.at[week]": "%Y"}, "formats.visits.at[week]: a timeframe that cuts"),
        ({"visits.count[month]": "%Y"}, "formats.visits.count[month]: there is no such dimension"),
        ({"visit.at[month]": "%Y"}, "formats.visit.at[month]: there is no such dimension"),
        ({"visits.at[month]": 5}, "models[0].formats: an object of texts is needed"),
        (["visits.at[month]"], "models[0].formats: an object of texts is needed"),
    ],
)
def test_formats_that_cannot_be_used_are_refused_by_name(mine, formats, words):
    models = [{"name": "shop", "formats": formats}]
    assert words in said(mine({"models": models}, VISITS))


# Several models on one connection


def test_several_models_share_a_connection(mine, serve, connect):
    document = {"name": "Doc", "queries": [{"query": {"table": "shops", "fields": ["shops.name"]}}]}
    folder = mine(
        {
            "users": [*PEOPLE, {"email": "cid@shop.example", "model_role": None}],
            "groups": [
                {
                    "name": "Lessors",
                    "members": ["cid@shop.example"],
                    "model_roles": {"lease": "QUERIER", "shop": "VIEWER"},
                }
            ],
            "connections": [{"name": "warehouse"}],
            "models": ON_ONE,
            "other_models": [
                {"name": "tables", "kind": "SCHEMA", "connection": "warehouse"},
                {"name": "b", "kind": "BRANCH", "connection": "warehouse", "base": "lease"},
            ],
            "documents": [
                {**document, "identifier": "of-shop", "model": "shop"},
                {**document, "identifier": "of-lease", "model": "lease"},
            ],
        },
        TWO_MODELS,
    )
    started = serve(org=folder)
    wire, models = connect(started), started.models
    assert list(models) == ["shop", "lease"]
    (connection,) = wire.get("/api/v1/connections").json["connections"]
    shared = wire.get("/api/v1/models", modelKind="SHARED").json["records"]
    assert {each["connectionId"] for each in shared} == {connection["id"]}
    # Each document, its workbook and its content belong to its own model.
    for name in models:
        (query,) = wire.get(f"/api/v1/documents/of-{name}/queries").json["queries"]
        assert query["query"]["modelId"] == models[name]
        workbooks = wire.get("/api/v1/models", modelKind="WORKBOOK", baseModelId=models[name]).json[
            "records"
        ]
        assert len(workbooks) == 1
        content = wire.get(f"/api/v1/models/{models[name]}/content-validator").json["content"]
        assert [each["identifier"] for each in content] == [f"of-{name}"]
        exposures = wire.get(f"/api/v1/models/{models[name]}/dbt-exposures").json["records"]
        assert [each["dashboard_identifier"] for each in exposures] == [f"of-{name}"]
        exported = wire.get(f"/api/unstable/documents/of-{name}/export").json
        assert exported["workbookModel"]["base_model_id"] == models[name]
    # A model has the topics of its own files; a branch stands on its own base.
    topics = {
        name: [each["name"] for each in wire.get(f"/api/v1/models/{key}/topic").json["topics"]]
        for name, key in models.items()
    }
    assert topics == {"shop": ["shops"], "lease": ["leases"]}
    ids = {each.name: each.id for each in started.organization.fixed_models.values()}
    opened = {
        name: wire.send("POST", f"/api/v1/documents/of-{name}/draft", {"branchId": ids["b"]}).status
        for name in models
    }
    assert opened == {"shop": 404, "lease": 200}
    # Roles are those on the model, not on the connection.
    cid = list(started.organization.users)[2]
    query = {"table": "shops", "fields": ["shops.name"], "join_paths_from_topic_name": "x"}
    status = {
        name: wire.ask(
            "POST",
            "/api/v1/query/run",
            {"userId": cid},
            body=json.dumps({"query": {**query, "modelId": key}}),
        ).status
        for name, key in models.items()
    }
    assert status == {"shop": 403, "lease": 200}
    # A schema is below both; whoever may see one of them may see it.
    assert wire.get(f"/api/v1/models/{ids['tables']}/view").status == 200
    made = wire.send(
        "POST",
        "/api/v1/models",
        {
            "connectionId": connection["id"],
            "modelKind": "BRANCH",
            "baseModelId": models["lease"],
            "modelName": "mine",
        },
    ).json["model"]
    assert made["name"] == "mine"
    assert list(again(started.organization).shared_models) == list(models.values())


def test_a_model_that_stands_on_itself_is_refused(mine):
    others = [
        {"name": "a", "kind": "SHARED_EXTENSION", "base": "b"},
        {"name": "b", "kind": "SHARED_EXTENSION", "base": "a"},
    ]
    words = said(mine({"other_models": others}, SHOP))
    assert "other_models[0].base: the model stands on itself" in words


# What is not said is not invented


def documents(*given):
    return [{"name": name, "identifier": name.lower(), **rest} for name, rest in given]


def test_models_of_documents_are_as_the_folder_says(mine, serve, connect):
    dated = {"name": "Rents", "created_at": "2025-03-01T10:00:00.000Z"}
    app = {"created_at": "2025-03-02T10:00:00.000Z"}
    folder = mine(
        {
            "documents": documents(
                ("Plain", {"has_app": True}),
                ("Changed", {"updated_at": "2025-04-01T00:00:00.000Z"}),
                ("Dated", {"workbook": dated, "query_model": app, "has_app": True}),
            )
        },
        SHOP,
    )
    started = serve(org=folder)
    wire = connect(started)
    records = wire.get("/api/v1/models", pageSize=100).json["records"]
    shown = [
        (each["modelKind"], each["name"], each["createdAt"], each["updatedAt"])
        for each in records
        if each["modelKind"] != "SHARED"
    ]
    # "Plain" has an app, but nobody said that it has a query model.
    assert sorted(shown, key=str) == [
        ("QUERY", None, app["created_at"], app["created_at"]),
        ("WORKBOOK", "Rents", dated["created_at"], dated["created_at"]),
        ("WORKBOOK", None, EPOCH, EPOCH),
        ("WORKBOOK", None, EPOCH, "2025-04-01T00:00:00.000Z"),
    ]
    # Made by a call, a document's workbook is as old as the call.
    copied = wire.send("POST", "/api/v1/documents/plain/duplicate", {"name": "Copy"}).json
    made = started.organization.models[copied["workbookId"]]
    assert made.created_at == started.organization.documents[copied["identifier"]].updated_at


def test_dates_of_favorites_and_folders_are_as_the_folder_says(mine, serve, connect):
    since = "2025-05-01T00:00:00.000Z"
    fans = [each["email"] for each in PEOPLE]
    folder = mine(
        {
            "users": PEOPLE,
            "folders": [
                {"path": "new", "created_at": "2025-01-02T00:00:00.000Z"},
                {"path": "old"},
            ],
            "documents": documents(
                ("Rent", {"favorites": fans, "favorited_at": {"bob@shop.example": since}})
            ),
        },
        SHOP,
    )
    started = serve(org=folder)
    wire = connect(started)
    favorites = wire.get("/api/v1/documents/rent/favorites").json["records"]
    assert [(each["name"], each["favoritedAt"]) for each in favorites] == [
        ("Ann", EPOCH),
        ("Bob", since),
    ]
    ordered = wire.get("/api/v1/folders", sortField="createdAt", sortDirection="asc").json
    assert [each["path"] for each in ordered["records"]] == ["old", "new"]
    new, old = started.organization.folders.values()
    assert (new.updated_at, old.created_at, old.updated_at) == (new.created_at, EPOCH, EPOCH)


def test_the_ai_of_a_folder_has_cost_nothing_unless_it_says_so(mine, serve, connect):
    def controls(organization):
        started = serve(org=mine(organization, SHOP))
        return connect(started).get("/api/v1/ai/credit-controls").json

    assert controls({}) == {
        "accountCreditLimit": 0,
        "creditsUsed": 0,
        "downgradeCredits": None,
        "shutoffCredits": None,
        "userDefaultCredits": None,
        "entityGroupDefaultCredits": None,
        "periodStart": 1_672_531_200_000,
        "periodEnd": 1_675_209_600_000,
    }
    told = controls({"credit_controls": {"account_limit": 9, "used": 7, "user_default": 1}})
    assert [told[key] for key in ("accountCreditLimit", "creditsUsed", "userDefaultCredits")] == [
        9,
        7,
        1,
    ]


def test_a_member_without_a_role_has_that_of_a_group_or_none(mine, serve, connect):
    people = [*PEOPLE, {"email": "cid@shop.example"}, {"email": "dee@shop.example"}]
    groups = [
        {"name": "g", "members": ["cid@shop.example"], "model_roles": {"shop": "QUERY_TOPICS"}}
    ]
    started = serve(org=mine({"users": people, "groups": groups}, SHOP))
    wire = connect(started)
    resolved = []
    for user_id in list(started.organization.users)[2:]:
        rows = wire.get(f"/api/v1/users/{user_id}/model-roles").json["results"]
        resolved.append([each["roleName"] for each in rows if each["resolved"]])
    assert resolved == [["QUERY_TOPICS"], []]


def test_the_topic_of_an_answer_is_the_one_that_is_said(mine, serve, connect):
    job, other = "11111111-1111-4111-8111-111111111111", "21111111-1111-4111-8111-111111111111"

    def turns(job_id, **rest):
        return [
            {"role": "user", "text": "Rent?", "created_at": EPOCH},
            {"role": "assistant", "text": "Much.", "created_at": EPOCH, "job_id": job_id, **rest},
        ]

    conversations = [
        {"user": "ann@shop.example", "messages": turns(job, model="shop", topic="shops")},
        {"user": "ann@shop.example", "messages": turns(other, model="shop")},
    ]
    started = serve(org=mine({"users": PEOPLE, "conversations": conversations}, SHOP))
    wire = connect(started)
    assert wire.get(f"/api/v1/ai/jobs/{job}").json["topicName"] == "shops"
    assert wire.get(f"/api/v1/ai/jobs/{other}").json["topicName"] is None
    assert wire.get(f"/api/v1/ai/jobs/{other}/result").json["topic"] is None


@pytest.mark.parametrize(
    ("organization", "words"),
    [
        ({"documents": [{"name": "x", "workbook": []}]}, "documents[0].workbook: an object"),
        (
            {"documents": [{"name": "x", "workbook": {"nam": "y"}}]},
            "documents[0].workbook: unknown key 'nam'; did you mean 'name'",
        ),
        (
            {"documents": [{"name": "x", "query_model": {"created_at": "soon"}}]},
            "documents[0].query_model.created_at: 'soon' is not a date and time",
        ),
        (
            {"documents": [{"name": "x", "favorited_at": {"nobody": EPOCH}}]},
            "documents[0].favorited_at.nobody: there is no user 'nobody'",
        ),
        (
            {
                "users": PEOPLE,
                "documents": [{"name": "x", "favorited_at": {"bob@shop.example": "x"}}],
            },
            "documents[0].favorited_at.bob@shop.example: 'x' is not a date and time",
        ),
        (
            {
                "users": PEOPLE,
                "documents": [
                    {
                        "name": "x",
                        "favorites": ["ann@shop.example"],
                        "favorited_at": {
                            "ann@shop.example": EPOCH,
                            "bob@shop.example": EPOCH,
                        },
                    }
                ],
            },
            "documents[0].favorited_at.bob@shop.example: the document is no favorite of theirs",
        ),
        ({"documents": [{"name": "x", "permits": {}}]}, "documents[0].permits: a list is needed"),
        ({"documents": [{"name": "x", "drafts": {}}]}, "documents[0].drafts: a list is needed"),
        (
            {"documents": [{"name": "x", "forbidden": "canDrill"}]},
            "documents[0].forbidden: a list is needed",
        ),
        (
            {"documents": [{"name": "x", "forbidden": ["canDril"]}]},
            "documents[0].forbidden[0]: 'canDril' is none of",
        ),
        (
            {"groups": [{"name": "g", "model_roles": []}]},
            "groups[0].model_roles: an object of texts",
        ),
        (
            {"groups": [{"name": "g", "model_roles": {"shop": "QUERRIER"}}]},
            "groups[0].model_roles.shop: 'QUERRIER' is none of",
        ),
        ({"folders": [{"path": "a", "permits": "all"}]}, "folders[0].permits: a list is needed"),
        (
            {"documents": [{"name": "x", "queries": [{"query": None}]}]},
            "documents[0].queries[0].query: an object is needed here, not None",
        ),
        (
            {"prompt_sets": [{"name": "x", "model_id": "shop", "prompts": None}]},
            "prompt_sets[0].prompts: a list is needed here, not None",
        ),
        (
            {"environments": [{"userAttributeValues": "abc"}]},
            "environments[0].userAttributeValues: a list is needed here, not 'abc'",
        ),
        ({"refresh_jobs": ["x"]}, "refresh_jobs: an object of texts is needed"),
        ({"credit_controls": []}, "credit_controls: an object is needed"),
        (
            {"credit_controls": {"usd": 1}},
            "credit_controls: unknown key 'usd'; did you mean 'used'",
        ),
        (
            {"credit_controls": {"period_start": "May"}},
            "credit_controls.period_start: 'May' is not a date and time",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_name_and_place(mine, organization, words):
    assert words in said(mine(organization, SHOP))


def test_what_a_folder_says_is_written_back(mine, serve):
    folder = mine(
        {
            "users": PEOPLE,
            "models": [{"name": "shop", "formats": {"visits.at[month]": "%Y-%m"}}],
            "folders": [{"path": "a", "created_at": "2025-01-02T00:00:00.000Z"}],
            "documents": documents(
                (
                    "Rent",
                    {
                        "workbook": {"name": "W"},
                        "query_model": {},
                        "favorites": ["bob@shop.example"],
                        "favorited_at": {"bob@shop.example": EPOCH},
                    },
                )
            ),
            "prompts": [PART],
            "credit_controls": {"used": 3},
        },
        {**SHOP, **VISITS},
    )
    organization: Organization = serve(org=folder).organization
    written = again(organization)
    for name in (
        "users", "folders", "documents", "prompts", "formats", "own_models", "favorited_at",
        "credit_controls", "shared_models", "fixed_models",
    ):  # fmt: skip
        assert getattr(written, name) == getattr(organization, name), name
    assert organization.own_models["rent"].query is not None


# Other names


def test_the_model_and_topic_of_a_folder_can_have_other_names(mine, serve, connect):
    query = {"join_paths_from_topic_name": "shops", "table": "shops", "fields": ["shops.name"]}
    folder = mine(
        {
            "users": PEOPLE,
            "groups": [{"name": "g", "model_roles": {"shop": "QUERIER"}}],
            "models": [
                {
                    "name": "shop",
                    "formats": {"visits.at[month]": "%Y"},
                    "git": {"clone_url": "git@x", "base_branch": "main", "webhook_secret": "s"},
                }
            ],
            "other_models": [{"name": "b", "kind": "BRANCH", "connection": "shop", "base": "shop"}],
            "documents": [{"name": "Rent", "identifier": "rent", "queries": [{"query": query}]}],
            "prompts": [{**RENT, "model": "shop"}],
            "routines": [
                {
                    "userId": "ann@shop.example",
                    "name": "r",
                    "prompt": "?",
                    "modelId": "shop",
                    "topicName": "shops",
                    "schedule": "0 7 ? * MON *",
                    "recipientCount": 0,
                    "destination": {"type": "email"},
                }
            ],
        },
        {**SHOP, **VISITS},
    )
    # The topic of the model's own name, else the only one.
    (folder / "models" / "shop" / "visits.topic").unlink()
    plain, named = serve(org=folder), serve(org=folder, model_name="My shop", topic_name="My topic")
    model_id = plain.models["shop"]
    assert named.models == {"My shop": model_id}
    wire = connect(named)
    topics = wire.get(f"/api/v1/models/{model_id}/topic").json["topics"]
    assert [each["name"] for each in topics] == ["My topic"]
    (stored,) = wire.get("/api/v1/documents/rent/queries").json["queries"]
    assert stored["query"]["join_paths_from_topic_name"] == "My topic"
    _, table = result(wire, **stored["query"])
    assert sorted(table["shops.name"].to_pylist()) == ["North", "South"]
    answer = generate(wire, "Rent by shop", modelId=model_id).json
    assert (answer["topic"], answer["error"]) == ("My topic", None)
    (routine,) = wire.get("/api/v1/ai/routines").json["records"]
    assert routine["topicName"] == "My topic"
    assert wire.get(f"/api/v1/models/{model_id}/git").status == 200
    (group,) = named.organization.groups
    roles = wire.get(f"/api/v1/user-groups/{group}/model-roles").json["results"]
    assert [each["roleName"] for each in roles] == ["QUERIER"]
    files = wire.get(f"/api/v1/models/{model_id}/yaml").json["files"]
    assert "My topic.topic" in {name.removesuffix(".yaml") for name in files}
    # Each organization on one server has its own names.
    tenant = plain.open_tenant(topic_name="Another")
    names = connect(tenant).get(f"/api/v1/models/{model_id}/topic").json["topics"]
    assert [each["name"] for each in names] == ["Another"]
    assert tenant.models == {"shop": model_id}


@pytest.mark.parametrize(
    ("files", "knobs", "words"),
    [
        (
            TWO_MODELS,
            {"model_name": "x"},
            "model_name: the folder has 2 models and none is 'flights'",
        ),
        (TWO_MODELS, {"topic_name": "x"}, "topic_name: the folder has 2 models and none is"),
        ({**SHOP, **VISITS}, {"topic_name": "x"}, "has 2 topics and none of its own name"),
        (
            {**SHOP, **VISITS, "models/shop/shop.topic": "base_view: shops\n"},
            {"topic_name": "visits"},
            "topic_name: there is a topic 'visits' already",
        ),
        (
            {
                **SHOP,
                "models/shop/shop.topic": "base_view: shops\n",
                "models/shop/more.topic": "extends: [shop]\n",
            },
            {"topic_name": "x"},
            "topic_name: more.topic names the topic 'shop'",
        ),
        (SHOP, {"documents": 3}, "documents is for what is invented"),
        (SHOP, {"folders": 3}, "folders is for what is invented"),
        (SHOP, {"seed": 3}, "seed is for what is invented"),
        (SHOP, {"size": "tiny"}, "size is for what is invented"),
        (SHOP, {"engine": object()}, "engine is for what is invented"),
    ],
)
def test_a_knob_that_makes_no_sense_with_a_folder_is_refused_by_name(mine, files, knobs, words):
    with pytest.raises(ValueError, match=words.replace("(", "\\(")):
        Server(org=mine(files=files), **knobs)


@pytest.mark.thorough
def test_tenants_share_the_data_and_keep_nothing_when_they_are_closed(mine, serve, connect):
    started = serve(org=mine({"users": PEOPLE}, SHOP))
    model_id = started.models["shop"]
    query = {"modelId": model_id, "table": "shops", "fields": ["shops.name"]}
    opened, foundations = [], [weakref.ref(started._own._foundation)]
    for number in range(3):
        tenant = started.open_tenant(topic_name=f"topic {number}")
        named = {**query, "join_paths_from_topic_name": f"topic {number}"}
        body = json.dumps({"query": named, "resultType": "json"}).encode()
        headers = {"Authorization": f"Bearer {tenant.api_key}"}
        asked = urllib.request.Request(f"{tenant.url}/api/v1/query/run", body, headers)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert len(json.load(answer)) == 2
        opened.append(tenant.id)
        foundations.append(weakref.ref(tenant._foundation))
        del tenant
    assert len({id(each()) for each in foundations}) == 4
    assert len({id(each().engine._databases[model_id]) for each in foundations}) == 1
    for each in opened:
        started.close_tenant(each)
    # Whoever waits at the doors knows which was the last that somebody came to.
    assert connect(started).get("/api/v1/whoami").status == 200
    gc.collect()
    assert [each() is None for each in foundations] == [False, True, True, True]


def test_another_name_is_given_to_a_topic_where_it_is_one(mine, serve):
    query = {
        "join_paths_from_topic_name": "shops",
        "table": "shops",
        "fields": ["shops.name"],
        "staticQueryReferences": {
            "topic": {"join_paths_from_topic_name": "shops", "fields": ["shops.name"]}
        },
    }
    message = {"role": "user", "text": "shops", "created_at": EPOCH}
    folder = mine(
        {
            "users": [{**PEOPLE[0], "attributes": {"topic": "shops", "target": "topics.shops"}}],
            "user_attributes": [
                {"name": "topic", "label": "Topic"},
                {"name": "target", "label": "Target"},
            ],
            "documents": [
                {
                    "name": "Rent",
                    "identifier": "rent",
                    "queries": [{"query": query}],
                    "drafts": [{"queries": [{"query": query}]}],
                    "dashboard": {"filters": {"topic": {"topicName": "shops"}}},
                }
            ],
            "conversations": [
                {"user": PEOPLE[0]["email"], "messages": [{**message, "topic": "shops"}]}
            ],
            "prompts": [{**RENT, "query": query}],
        },
        SHOP,
    )
    found = serve(org=folder, topic_name="T").organization
    renamed = {
        **query,
        "join_paths_from_topic_name": "T",
        "staticQueryReferences": {
            "topic": {"join_paths_from_topic_name": "T", "fields": ["shops.name"]}
        },
    }
    document = found.documents["rent"]
    for stored in (*document.queries, *found.drafts["rent"][0].queries):
        assert {**stored.query, "modelId": None} == {**renamed, "modelId": None}
    (prompt,) = found.prompts
    assert (prompt.topic, prompt.query) == ("T", renamed)
    (conversation,) = found.conversations.values()
    assert conversation.messages[0].topic == "T"
    # And nothing else of these names.
    assert document.dashboard.filters == {"topic": {"topicName": "shops"}}
    (ann,) = found.users.values()
    assert ann.attributes == {"topic": "shops", "target": "topics.shops"}


@pytest.mark.thorough
def test_the_demo_in_a_folder_is_renamed_as_the_demo_is(tmp_path, server, serve, connect):
    from omnipd_sandbox.folder.demo import write_folder

    write_folder(tmp_path / "demo", server.organization)
    names = {"model_name": "trips", "topic_name": "journeys"}
    invented, brought = serve(**names), serve(org=tmp_path / "demo", **names)
    one, other = connect(invented), connect(brought)
    (model_id,) = {invented.models["trips"], brought.models["trips"]}
    for path in (
        f"/api/v1/models/{model_id}/topic",
        f"/api/v1/models/{model_id}/topic/journeys",
        "/api/v1/models?modelKind=SHARED&include=activeBranches",
        f"/api/v1/models/{model_id}/git",
        "/api/v1/ai/routines",
    ):
        assert one.get(path).json == other.get(path).json, path
    targets = [
        {
            edit["target"]
            for each in wire.get(f"/api/v1/models/{model_id}/suggestions").json["records"]
            for edit in each["proposedChanges"]["edits"]
        }
        for wire in (one, other)
    ]
    assert targets[0] == targets[1]
    assert "topics.journeys" in targets[0]
    stored = [
        query.query.get("join_paths_from_topic_name")
        for document in brought.organization.documents.values()
        for query in document.queries
    ]
    assert "journeys" in stored
    assert "flights" not in stored
