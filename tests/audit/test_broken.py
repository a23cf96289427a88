"""What is broken, with tile, field and owner, and since when; what earlier exports cannot tell is left open."""

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest
from audit.hand_made import at, lacking, rows, table

import omnipd
from omnipd.audit import validate

GONE = "Field 'orders.gone[month]' not found in model"


def content(issue=GONE, **more):
    return {
        "model_id": "m",
        "document_id": "x1",
        "document_identifier": "d1",
        "document_name": "Sales",
        "document_type": "Published",
        "owner_email": "Ann@x.example",
        "owner_name": "Ann",
        "issue_scope": "query",
        "query_name": "By month",
        "query_presentation_id": "t1",
        "query_identifier_map_key": "1",
        "issue": issue,
    } | more


def model(message="No such view", **more):
    return {"model_id": "m", "severity": "warning", "view": "orders", "message": message} | more


def tables(contents=(), models=(), **facts):
    return {
        "content_issues": table("content_issues", *contents, **facts),
        "model_issues": table("model_issues", *models, **facts),
        "documents": table("documents", {"document_identifier": "d1", "owner_id": "u1"}),
        "users": table(
            "users",
            {"user_id": "u1", "email": "ann@x.example"},
            {"user_id": "u2", "email": "bob@x.example"},
            {"user_id": "u3", "email": "BOB@x.example"},
        ),
    }


def day(number):
    return f"2026-05-{number:02}T12:00:00+00:00"


def issues_on(number, contents=(), models=(), **facts):
    """Return an inventory that was read on a day in May."""
    return omnipd.Inventory(tables(contents, models, fetched_at=day(number), **facts))


def test_an_issue_names_document_tile_field_and_owner():
    answer = validate(
        omnipd.Inventory(tables([content()], [model(field="id", yaml_path="a.view")]))
    )
    told = [{key: value for key, value in row.items() if value is not None} for row in rows(answer)]
    assert told == [
        {
            "issue_of": "content",
            "issue": GONE,
            "model_id": "m",
            "document_identifier": "d1",
            "document_name": "Sales",
            "document_type": "Published",
            "issue_scope": "query",
            "query_id": "t1",
            "query_name": "By month",
            "view": "orders",
            "field": "orders.gone",
            "owner_id": "u1",
            "owner_name": "Ann",
            "owner_email": "Ann@x.example",
        },
        {
            "issue_of": "model",
            "severity": "warning",
            "issue": "No such view",
            "model_id": "m",
            "view": "orders",
            "field": "orders.id",
            "yaml_path": "a.view",
        },
    ]


@pytest.mark.parametrize(
    ("issue", "field"),
    [
        ("Field `orders.gone` is gone", "orders.gone"),
        ("${orders.gone} and 'orders.gone[year]'", "orders.gone"),
        ("Field orders.gone is gone", None),
        ("'orders.a' is not 'orders.b'", None),
        ("'orders' has no 'gone'", None),
        ("It's gone. See orders.view; don't", None),
        (None, None),
    ],
)
def test_the_field_of_an_issue_is_the_only_one_that_it_puts_in_quotes(issue, field):
    answer = validate(omnipd.Inventory(tables([content(issue)])))
    assert [row["field"] for row in rows(answer)] == [field]


@pytest.mark.parametrize(
    ("more", "owner"),
    [
        ({"document_identifier": "draft"}, "u1"),
        ({"document_identifier": "draft", "owner_email": "bob@x.example"}, None),
        ({"document_identifier": "draft", "owner_email": "eve@x.example"}, None),
        ({"document_identifier": None, "owner_email": None}, None),
    ],
)
def test_the_owner_of_a_draft_is_the_only_user_of_that_address(more, owner):
    answer = validate(omnipd.Inventory(tables([content(**more)])))
    assert [row["owner_id"] for row in rows(answer)] == [owner]


@pytest.mark.parametrize("how", ["missing", "refused", "incomplete"])
def test_without_all_users_an_address_is_nobody_s(how):
    held = lacking(tables([content(document_identifier="draft")]), "users", how)
    with pytest.warns(omnipd.OmniWarning, match="users"):
        assert [row["owner_id"] for row in rows(validate(held))] == [None]


@pytest.mark.parametrize("how", ["missing", "refused", "incomplete"])
def test_without_documents_owners_are_found_by_their_address(how):
    held = lacking(tables([content()], [model()]), "documents", how)
    with pytest.warns(omnipd.OmniWarning, match="documents"):
        assert [row["owner_id"] for row in rows(validate(held))] == ["u1", None]


@pytest.mark.parametrize("name", ["content_issues", "model_issues"])
@pytest.mark.parametrize("how", ["missing", "refused"])
def test_without_what_a_validator_says_nothing_is_answered(name, how):
    with pytest.raises(omnipd.ArgumentError, match=f"has no {name}"):
        validate(lacking(tables(), name, how))


@pytest.mark.parametrize("name", ["content_issues", "model_issues"])
def test_that_nothing_is_broken_is_not_said_of_half_an_answer(name):
    with pytest.warns(omnipd.OmniWarning, match=name):
        answer = validate(lacking(tables(), name, "incomplete"))
    assert answer.attrs["omni"]["complete"] is False
    assert answer.attrs["omni"]["failures"] == {name: "incomplete"}


def first_seen(now, before):
    return [row["first_seen_at"] for row in rows(validate(now, before=before))]


def test_an_issue_was_first_seen_in_the_first_that_has_it():
    before = issues_on(1, [content()], [model()])
    now = issues_on(2, [content(), content("new")], [model(), model("new")])
    assert first_seen(now, before) == [at(day(one)) for one in (1, 2, 1, 2)]
    assert first_seen(now, None) == [None] * 4


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        ({"document_identifier": "renamed", "document_name": "Other"}, 1),
        ({"query_presentation_id": "another"}, 1),
        ({"document_id": "x2"}, 2),
        ({"query_identifier_map_key": "2"}, 2),
        ({"model_id": "n"}, 2),
        ({"branch_id": "b"}, 2),
        ({"issue": "Other words"}, 2),
    ],
)
def test_what_makes_an_issue_of_content_the_same_one(more, seen):
    now = issues_on(2, [content(**more)])
    assert first_seen(now, issues_on(1, [content()])) == [at(day(seen))]


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        ({"yaml_path": "moved"}, 1),
        ({"severity": "error"}, 1),
        ({"view": "x"}, 2),
        ({"field": "x"}, 2),
    ],
)
def test_what_makes_an_issue_of_a_model_the_same_one(more, seen):
    now = issues_on(2, [], [model(**more)])
    assert first_seen(now, issues_on(1, [], [model()])) == [at(day(seen))]


def test_what_an_earlier_frame_that_is_not_whole_lacks_is_not_new():
    before = issues_on(1, [content()], complete=False)
    assert first_seen(issues_on(2, [content(), content("new")]), before) == [at(day(1)), None]


def test_what_an_earlier_inventory_was_refused_is_not_new():
    held = {"model_issues": table("model_issues", fetched_at=day(1))}
    before = omnipd.Inventory(held, {"content_issues": "403"})
    assert first_seen(issues_on(2, [content()], [model()]), before) == [None, at(day(2))]
    # What was never asked for there is passed over.
    assert first_seen(issues_on(2, [content()]), omnipd.Inventory(held)) == [at(day(2))]


def test_a_frame_that_does_not_say_when_it_was_read_leaves_open_what_it_has():
    before = omnipd.Inventory(tables([content()], fetched_at=None))
    assert first_seen(issues_on(2, [content(), content("new")]), before) == [None, at(day(2))]


def test_what_was_read_later_does_not_count():
    assert first_seen(issues_on(2, [content()]), issues_on(3, [content()])) == [at(day(2))]


def test_an_earlier_one_is_of_the_same_omni():
    with pytest.raises(omnipd.ArgumentError, match="of another Omni"):
        validate(
            issues_on(2, [content()], instance="https://a"),
            before=issues_on(1, [content()], instance="https://b"),
        )


def test_before_is_an_inventory_or_a_folder_of_exports(tmp_path):
    with pytest.raises(
        omnipd.ArgumentError, match="neither an inventory nor a folder, but of the type int"
    ):
        validate(issues_on(1), before=3)
    with pytest.raises(omnipd.ArgumentError, match="no export in"):
        validate(issues_on(1), before=tmp_path)


def test_an_answer_without_rows_has_the_same_columns():
    empty = validate(omnipd.Inventory(tables()))
    assert empty.dtypes.equals(validate(omnipd.Inventory(tables([content()]))).dtypes)
    assert empty.dtypes["first_seen_at"] == pd.ArrowDtype(pa.timestamp("us", tz="UTC"))
    odd = validate(omnipd.Inventory(tables([{}, {}], [{}, {}])), before=omnipd.Inventory({}))
    assert len(odd) == 4


def test_the_exports_in_a_folder_say_since_when(server, tmp_path):
    include = ["content_issues", "model_issues", "documents", "users"]
    with omnipd.connect(server.url, server.api_key, cache=False, requests_per_minute=None):
        for _ in range(2):
            omnipd.export_inventory(tmp_path, include=include)
    now = omnipd.open_export(tmp_path)
    answer = validate(now, before=tmp_path)
    first = omnipd.open_export(
        tmp_path, sorted(one.name for one in tmp_path.iterdir() if one.is_dir())[0]
    )
    seen = dt.datetime.fromisoformat(first["content_issues"].attrs["omni"]["fetched_at"])
    assert len(answer) == len(now["content_issues"]) > 0
    assert set(answer["first_seen_at"]) == {pd.Timestamp(seen)}
    assert set(answer["field"]) == {"flights.tail_number", "order_items.sales_channel"}
    assert answer["owner_id"].notna().all()


def test_a_client_in_place_of_an_inventory_is_asked_now(server):
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client:
        inventory = omnipd.read_inventory(include=[*validate.needs, *validate.also])
        pd.testing.assert_frame_equal(validate(client), validate(inventory))
        assert len(validate(inventory)) > 0


def test_a_branch_is_held_against_its_own_model_only(server):
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client:
        model = client.models["flights"]
        branch = omnipd.read_models(model=model)["branch_ids"][0].split(",")[0]
        issues = validate(client, branch)
        content = issues[issues["issue_of"] == "content"]
        assert content["branch_id"].unique().tolist() == [branch]
        assert issues["model_id"].unique().tolist() == [model]
        by_hand = omnipd.read_content_issues(model, branch_id=branch)
        assert sorted(content["issue"]) == sorted(by_hand["issue"])
        with pytest.raises(omnipd.ArgumentError, match="is no branch of a shared model"):
            validate(client, model)
        with pytest.raises(omnipd.ArgumentError, match="an inventory is read already"):
            validate(omnipd.read_inventory(include=[*validate.needs, *validate.also]), branch)
