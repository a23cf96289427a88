"""What the sandbox cannot do of query views and of topics' views is an issue, and refused by name."""

from dataclasses import dataclass
from typing import Any

import pytest
from queries.query_cases import NOW, ORDERS, date, number, text
from sandbox.semantic.view_cases import (
    ACCESS,
    ROLES,
    VIEW,
    asked,
    on_items,
    on_topic,
    on_view,
    pushed,
    related,
)

from omnipd_sandbox.engine.engine import Engine, Refused


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@dataclass(frozen=True)
class Refuses:
    """Hold the files of a model, the issue that they have, and what a query is told."""

    name: str
    files: dict[str, str]
    issue: str
    refusal: str
    fields: tuple[str, ...] = ("asked.state",)
    is_error: bool = True


ANY = "measures: {people: {aggregate_type: count}}\n"
STATES = "base_view: users, fields: {users.state: state}"
NOT_PLANNED = '"asked.state" uses a query that cannot be planned'
UNREADABLE = '"asked.state" uses a query that cannot be read'

REFUSES = [
    *(
        Refuses(
            f"{key} in a query",
            asked(f"{STATES}, {key}: {value}", "state: {}"),
            f"Not modeled: {key}",
            f'"asked.state" uses {key}',
            is_error=False,
        )
        for key, value in (
            ("join_via_map", "{users: [order_items]}"),
            ("materialized", "true"),
        )
    ),
    Refuses(
        "a bare value in a filter",
        asked(f"{STATES}, filters: {{users.state: Texas}}", "state: {}"),
        'The filter on "users.state" must name an operator, such as is',
        UNREADABLE,
    ),
    Refuses(
        "a bind beside an operator",
        asked(f"{STATES}, filters: {{users.state: {{bind: users.name, is: x}}}}", "state: {}"),
        'Not modeled: bind beside other operators on "users.state"',
        UNREADABLE,
        is_error=False,
    ),
    Refuses(
        "a bind to no field",
        asked(f"{STATES}, filters: {{users.state: {{bind: [x]}}}}", "state: {}"),
        'The filter on "users.state" must be bound to a field, such as view.field',
        UNREADABLE,
    ),
    Refuses(
        "a bind of a field that is not there",
        asked(f"{STATES}, filters: {{users.town: {{bind: users.name}}}}", "state: {}"),
        'The query: No such field "users.town"',
        NOT_PLANNED,
    ),
    Refuses(
        "an operator that is not known",
        asked(f"{STATES}, filters: {{users.state: {{sounds_like: x}}}}", "state: {}"),
        'Not modeled: the filter "sounds_like" on "users.state"',
        UNREADABLE,
        is_error=False,
    ),
    Refuses(
        "a field that is not there",
        asked("base_view: users, fields: {users.town: state}", "state: {}"),
        'The query: No such field "users.town"',
        NOT_PLANNED,
    ),
    Refuses(
        "a field that the topic does not offer",
        asked("topic: completed_orders, fields: {users.age: state}", "state: {}"),
        'The query: No such field "users.age"',
        NOT_PLANNED,
    ),
    Refuses(
        "a topic that is not there",
        asked("topic: nowhere, fields: {users.state: state}", "state: {}"),
        "The query: Topic nowhere not found",
        NOT_PLANNED,
    ),
    Refuses(
        "a base view that is not the topic's",
        asked("topic: orders, base_view: users, fields: {users.state: state}", "state: {}"),
        'Not modeled: the query, because The base_view "users" beside a topic that begins at'
        ' "order_items" is not modeled by this sandbox',
        NOT_PLANNED,
        is_error=False,
    ),
    Refuses(
        "rows that stay apart beside a measure",
        asked(
            "base_view: users, default_group_by: false,"
            " fields: {users.state: state, users.count: n}",
            "state: {}, n: {}",
        ),
        'Not modeled: the query, because "default_group_by": false with the measure "users.count"'
        " is not modeled by this sandbox",
        NOT_PLANNED,
        is_error=False,
    ),
    Refuses(
        "a sort by what is not selected",
        asked(f"{STATES}, sorts: [{{field: users.age}}]", "state: {}"),
        'The query: Sorted by "users.age", which is not selected',
        NOT_PLANNED,
    ),
    Refuses(
        "a sort without a field",
        asked(f"{STATES}, sorts: [{{desc: true}}]", "state: {}"),
        "A sort needs a field",
        UNREADABLE,
    ),
    Refuses(
        "a limit of nothing",
        asked(f"{STATES}, limit: 0", "state: {}"),
        "limit must be a number of rows, at least 1, not 0",
        '"asked.state" uses limit that cannot be read',
    ),
    Refuses(
        "no fields",
        asked("base_view: users", "state: {}"),
        "A query needs fields",
        UNREADABLE,
    ),
    Refuses(
        "neither base view nor topic",
        asked("fields: {users.state: state}", "state: {}"),
        "A query needs base_view or topic",
        UNREADABLE,
    ),
    Refuses(
        "two columns of one name",
        asked("base_view: users, fields: {users.state: State, users.name: state}", "state: {}"),
        'Two fields of the query are called "state"',
        UNREADABLE,
    ),
    Refuses(
        "a timeframe without a name of its own",
        asked("base_view: users, fields: ['users.cohort[month]', users.state]", "state: {}"),
        'Not modeled: "users.cohort[month]" without a name of its own in the query',
        UNREADABLE,
        is_error=False,
    ),
    Refuses(
        "a dimension that is no column of the query",
        asked(STATES, "state: {}, name: {}"),
        "There is neither a column of this name nor sql",
        '"asked.name" uses a missing column',
        fields=("asked.name",),
    ),
    Refuses(
        "a query and a table",
        asked(STATES, "state: {}", "table_name: users\n"),
        "table_name has no place beside the other keys",
        '"asked.state" uses table_name out of place',
    ),
    Refuses(
        "a query that reads itself",
        asked("base_view: asked, fields: {asked.state: state}", "state: {}"),
        'Not modeled: the query, because "asked.state" uses a query that reads itself',
        NOT_PLANNED,
        is_error=False,
    ),
    Refuses(
        "two queries that read each other",
        {
            **asked("base_view: other, fields: {other.state: state}", "state: {}"),
            "other.query.view": "query: {base_view: asked, fields: {asked.state: state}}\n"
            "dimensions: {state: {}}\n",
        },
        'Not modeled: the query, because "other.state" uses a query that reads itself',
        NOT_PLANNED,
        is_error=False,
    ),
    Refuses(
        "a query over one that cannot be planned",
        {
            **asked("base_view: other, fields: {other.state: state}", "state: {}"),
            "other.query.view": "query: {base_view: users, fields: {users.town: state}}\n"
            "dimensions: {state: {}}\n",
        },
        'The query: No such field "users.town"',
        NOT_PLANNED,
    ),
    Refuses(
        "SQL that names a field of a view that it does not read",
        {
            "asked.view": "sql: SELECT ${products.name} AS state FROM ${users}\n"
            "dimensions: {state: {}}\n"
        },
        'The query: Binder Error: Referenced table "products" not found!',
        NOT_PLANNED,
    ),
    Refuses(
        "SQL that gives its view another name",
        {"asked.view": "sql: SELECT ${users.state} FROM ${users} AS u\ndimensions: {state: {}}\n"},
        'The query: Binder Error: Referenced table "users" not found!',
        NOT_PLANNED,
    ),
    Refuses(
        "SQL over a query view",
        {**VIEW, "asked.view": "sql: SELECT state FROM ${spenders}\ndimensions: {state: {}}\n"},
        "${spenders} is not a view on a table",
        '"asked.state" uses SQL that cannot be read',
    ),
]


@pytest.mark.parametrize("case", REFUSES, ids=lambda case: case.name)
def test_what_cannot_be_done_is_an_issue_and_refused_by_name(case: Refuses, engine: Engine) -> None:
    model = engine.model_with(ORDERS, case.files)
    about = [each for each in model.issues if each.message.startswith(case.issue)]
    assert about, [each.message for each in model.issues]
    assert [each.is_error for each in about] == [case.is_error] * len(about)
    with pytest.raises(Refused) as refused:
        engine.plan(on_view("asked", list(case.fields)), now=NOW, model=model)
    assert refused.value.message.startswith(case.refusal)


def refusal(
    engine: Engine,
    files: dict[str, str],
    query: dict[str, Any],
    attributes: dict[str, Any] | None = None,
) -> Refused:
    model = engine.model_with(ORDERS, files)
    with pytest.raises(Refused) as refused:
        engine.plan(query, now=NOW, user_attributes=attributes or {}, model=model)
    return refused.value


def test_a_query_that_a_join_repeats_needs_a_primary_key(engine: Engine) -> None:
    files = {
        **asked(
            "topic: orders, fields: {users.id: user_id, order_items.count: items}",
            "user_id: {}, items: {}",
            "measures: {all_items: {aggregate_type: sum, sql: '${items}'}}\n",
        ),
        "relationships.yaml": related(
            "- {join_from_view: users, join_to_view: asked, relationship_type: one_to_one,"
            " on_sql: '${users.id} = ${asked.user_id}'}\n"
        ),
    }
    found = refusal(engine, files, on_items(["order_items.status", "asked.all_items"]))
    assert found.error_type == "PLAN_PK_REQUIRED_DUE_TO_JOIN_FANOUT"
    assert found.message == 'View "asked" needs a primary key, because a join repeats its rows'


def test_who_may_not_ask_the_inner_topic_may_not_ask_the_view(engine: Engine) -> None:
    files = {
        **VIEW,
        "model.yaml": "access_grants: {hr: {user_attribute: team, allowed_values: [hr]}}\n",
        "orders.topic.yaml": f"{ACCESS}required_access_grants: [hr]\n",
        "states.query.view": "query: {base_view: spenders, fields: {spenders.state: state,"
        " spenders.count: people}}\ndimensions: {state: {}, people: {}}\n",
    }
    may = {"team": "hr", "region": "Texas"}
    model = engine.model_with(ORDERS, files)
    for field in ("spenders.count", "states.people"):
        query = on_view(field.partition(".")[0], [field])
        plan = engine.plan(query, now=NOW, user_attributes=may, model=model)
        assert engine.execute(plan).num_rows == 1
        for attributes in ({}, {"region": "Texas"}, {"team": "sales", "region": "Texas"}):
            found = refusal(engine, files, query, attributes)
            assert found.message == "Topic orders not found"
        found = refusal(engine, files, query, {"team": "hr"})
        assert found.message == 'No such user attribute "region"'


def test_who_may_not_ask_the_view_is_told_that_its_fields_are_missing(engine: Engine) -> None:
    files = {
        "model.yaml": "access_grants: {hr: {user_attribute: team, allowed_values: [hr]}}\n",
        "spenders.query.view.yaml": f"required_access_grants: [hr]\n{VIEW['spenders.query.view.yaml']}",
    }
    model = engine.model_with(ORDERS, files)
    plan = engine.plan(on_view("spenders", ["spenders.count"]), now=NOW, model=model)
    assert plan.missing_fields == ["spenders.count"]
    assert plan.sql == ""


@pytest.mark.parametrize(
    "rest", ["bind_all_filters: true", "filters: {order_items.status: {bind: order_items.status}}"]
)
def test_what_cannot_be_bound_is_refused(engine: Engine, rest: str) -> None:
    fields = ["order_items.count", "spenders.all_items"]
    one = {"id": "a", "fieldName": "order_items.status", "filter": text("EQUALS", "returned")}
    control = {"id": "c", "type": "MULTI_FIELD_FILTER", "conjunction": "OR", "filters": [one]}
    found = refusal(engine, pushed(rest), on_items(fields, controls=[control]))
    assert found.message == (
        "A control of a query that a query view binds is not modeled by this sandbox"
    )
    sql = {
        "modelId": ORDERS,
        "userEditedSQL": "SELECT ${order_items.count}, ${spenders.all_items} FROM ${order_items}"
        " WHERE ${order_items.status} = 'returned'",
    }
    assert refusal(engine, pushed(rest), sql).message == (
        "SQL with conditions of a query that a query view binds is not modeled by this sandbox"
    )


@pytest.mark.parametrize(
    "rest", ["bind_all_filters: true", "filters: {users.age: {bind: users.age}}"]
)
def test_a_filter_that_is_ignored_is_not_bound_for_whoever_may_not_ask_for_its_field(
    engine: Engine, rest: str
) -> None:
    files = {
        "model.yaml": "access_grants: {hr: {user_attribute: team, allowed_values: [hr]}}\n",
        "users.view.yaml": "dimensions: {id: {primary_key: true},"
        " age: {required_access_grants: [hr]}}\n",
        **asked(f"base_view: users, fields: {{users.id: id}}, {rest}", "id: {}", ANY),
    }
    old = number("GREATER_THAN", "1000") | {"ignore_if_unjoinable": True}
    query = on_view("asked", ["asked.people"], filters={"users.age": old})
    model = engine.model_with(ORDERS, files)
    plan = engine.plan(query, now=NOW, model=model)
    assert engine.execute(plan).to_pylist() == [{"asked.people": 40}]
    # Whether Omni binds it for others is not known.
    assert refusal(engine, files, query, {"team": "hr"}).message == (
        'The filter on "users.age", which the query around a query view ignores, is not modeled by'
        " this sandbox"
    )


def test_dates_are_moved_back_by_no_filter_on_a_field_that_may_not_be_asked_for(
    engine: Engine,
) -> None:
    files = {
        "model.yaml": "access_grants: {hr: {user_attribute: team, allowed_values: [hr]}}\n",
        "users.view.yaml": "dimensions: {id: {primary_key: true},"
        " signed_up_on: {required_access_grants: [hr]}}\nmeasures: {before: {aggregate_type: count,"
        " filters: {signed_up_on: {date_offset_from_query: 1 year, cancel_query_filter: true}}}}\n",
    }
    late = date("ON_OR_AFTER", "2024-01-01") | {"ignore_if_unjoinable": True}
    query = on_view("users", ["users.before"], filters={"users.signed_up_on": late})
    assert refusal(engine, files, query).message.endswith("and the query has none")
    engine.plan(
        query, now=NOW, user_attributes={"team": "hr"}, model=engine.model_with(ORDERS, files)
    )


def test_all_filters_with_one_on_a_measure_are_refused(engine: Engine) -> None:
    query = on_items(
        ["order_items.status", "spenders.all_items"],
        filters={"order_items.count": number("GREATER_THAN", "1")},
    )
    assert refusal(engine, pushed("bind_all_filters: true"), query).message == (
        'bind_all_filters with the filter on the measure "order_items.count" is not modeled by this'
        " sandbox"
    )


def test_a_field_of_one_topic_is_missing_elsewhere(engine: Engine) -> None:
    model = engine.model_with(ORDERS, ROLES)
    fields = ["users.initial", "users.state", "buyers.state", "spenders.spent"]
    for query in (on_topic("orders", fields), on_view("order_items", fields)):
        plan = engine.plan(query, now=NOW, model=model)
        assert plan.missing_fields == ["users.initial", "buyers.state", "spenders.spent"]


@pytest.mark.parametrize(
    ("views", "issue", "field", "refused"),
    [
        (
            "{users: {dimensions: {odd: {sql: nowhere}}}}",
            'Binder Error: Table "users" does not have a column named "nowhere"',
            "users.odd",
            '"users.odd" cannot be computed',
        ),
        (
            "{people: {extends: [nobody]}}",
            '"people" extends "nobody", which is not there',
            "users.count",
            "",
        ),
        (
            "{users: {materialized_query: {}}}",
            "Not modeled: materialized_query",
            "users.count",
            '"users.count" uses materialized_query',
        ),
        (
            "{users: [1]}",
            "A mapping is needed here, not a list",
            "users.count",
            '"users.count" uses a list in place of a mapping',
        ),
        (
            "[users]",
            "views must be a mapping, not a list",
            "users.count",
            'The topic "people" uses',
        ),
        (
            "{people: {dimensions: {a: {}}}}",
            'The database has no table "people"',
            "users.count",
            "",
        ),
        (
            "{users: {query: {base_view: users, fields: {users.state: state}}}}",
            'Not modeled: the query, because "users.state" uses a query that reads itself',
            "users.state",
            '"users.state" uses a query that cannot be planned',
        ),
    ],
)
def test_what_is_wrong_with_a_view_of_a_topic_is_told_with_its_place(
    engine: Engine, views: str, issue: str, field: str, refused: str
) -> None:
    files = {"people.topic": f"base_view: users\nviews: {views}\n"}
    model = engine.model_with(ORDERS, files)
    assert (issue, "people.topic") in [
        (each.message[: len(issue)], each.yaml_path) for each in model.issues
    ]
    if refused:
        found = refusal(engine, files, on_topic("people", [field]))
        assert found.message.startswith(refused)
    else:
        engine.plan(on_topic("people", [field]), now=NOW, model=model)


def test_what_is_wrong_with_a_view_is_told_once_however_many_topics_change_it(
    engine: Engine,
) -> None:
    files = {
        "users.view.yaml": "dimensions: {id: {primary_key: true}, odd: {sql: nowhere},"
        " bad: {sql: '${TABLE}.x'}}\n",
        "one.topic": "base_view: users\nviews: {users: {label: One}}\n",
        "two.topic": "base_view: users\nviews: {users: {label: Two}}\n",
    }
    issues = engine.model_with(ORDERS, files).issues
    about = [(each.field, each.yaml_path) for each in issues if each.view == "users"]
    assert sorted(about, key=str) == [("bad", "users.view"), ("odd", "users.view")]
