"""How the files of a model are found, read and laid over the database's own tables."""

from typing import Any

import pytest
from queries.query_cases import NOW
from sandbox.semantic import every_form

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.model.yaml_text import UnreadableYaml, parse_yaml

SALES = "measures: {count: {aggregate_type: count}}\n"
JOINED = (
    "- {join_from_view: sales, join_to_view: shops, on_sql: '${sales.shop_id} = ${shops.id}',"
    " relationship_type: many_to_one}\n"
)
TOPIC = "base_view: sales\njoins: {shops: {}}\n"
FILES = {"sales.view": SALES, "relationships": JOINED, "sales.topic": TOPIC}


@pytest.fixture(scope="module")
def shops() -> Warehouse:
    return every_form.shops()


def read(shops: Warehouse, **changed: str) -> Model:
    """Read the model with some files replaced; a name's last underscore is its dot."""
    files = FILES | {".".join(name.rsplit("_", 1)): text for name, text in changed.items()}
    return every_form.read(shops, files)


def messages(model: Model) -> list[tuple[str | None, str]]:
    return [(each.yaml_path, each.message) for each in model.issues]


def answer(shops: Warehouse, model: Model, **query: Any) -> list[tuple[Any, ...]]:
    engine = Engine([(model, shops)])
    plan = engine.plan(
        {"modelId": every_form.MODEL_ID, **query}, now=NOW, user_attributes={"region": "south"}
    )
    assert plan.missing_fields == []
    return [tuple(row.values()) for row in engine.execute(plan).to_pylist()]


# Which fields a topic offers.


@pytest.mark.parametrize(
    ("fields", "offered"),
    [
        ("[all_views.*]", {"sales.id", "sales.count", "shops.id", "shops.name", "shops.rent"}),
        ("[all_views.*, -shops.name]", {"sales.id", "sales.count", "shops.id", "shops.rent"}),
        ("[-shops.name, all_views.*]", {"sales.id", "sales.count", "shops.id", "shops.rent"}),
        ("[-shops.*]", {"sales.id", "sales.count"}),
        ("[all_views.*, -shops.*, shops.rent]", {"sales.id", "sales.count", "shops.rent"}),
        ("[shops.rent, -shops.*, all_views.*]", {"sales.id", "sales.count", "shops.rent"}),
        ("[sales.count]", {"sales.count"}),
        ("[tag:money]", {"shops.rent"}),
        ("[tag:all of it]", {"sales.id", "sales.count"}),
        ("[all_views.*, -tag:money]", {"sales.id", "sales.count", "shops.id", "shops.name"}),
        # A tag goes before a single field, and after a view.
        ("[shops.rent, -tag:money]", {"shops.rent"}),
        ("[shops.*, -tag:money]", {"shops.id", "shops.name"}),
    ],
)
def test_the_fields_of_a_topic(shops: Warehouse, fields: str, offered: set[str]) -> None:
    model = read(
        shops,
        sales_view=f"tags: all of it\n{SALES}",
        shops_view="dimensions: {rent: {tags: [money]}}",
        sales_topic=f"{TOPIC}fields: {fields}\n",
    )
    assert messages(model) == []
    of_interest = {"sales.id", "sales.count", "shops.id", "shops.name", "shops.rent"}
    topic = model.topics["sales"]
    assert {each for each in of_interest if topic.offers(each)} == offered


@pytest.mark.parametrize(
    ("fields", "issue", "refusal"),
    [
        ("all_views.*", "fields must be a list of texts, not 'all_views.*'", "fields that cannot"),
        ("[]", "Not modeled: an empty list of fields", "an empty list of fields"),
        ("[sal*.id]", 'Not modeled: the fields "sal*.id"', r'the fields "sal\*\.id"'),
        (
            "[shops.opened[month]]",
            "This file cannot be read as YAML: ",
            "a file that cannot be read",
        ),
        ("['shops.opened[month]']", 'Not modeled: the fields "shops.opened[month]"', "the fields"),
        # What was to be taken away would still be there.
        ("[-nothing.*]", 'The topic has no field for "-nothing.*" in its fields', "which are none"),
        ("[all_views.*, -shops.nam]", 'The topic has no field for "-shops.nam"', "which are none"),
        ("[all_views.*, ' -shops.nam']", 'The topic has no field for "-shops.nam"', "which are"),
        ("[all_views.*, tag:x]", 'The topic has no field for "tag:x" in its fields', None),
    ],
)
def test_a_list_of_fields_that_is_wrong(
    shops: Warehouse, fields: str, issue: str, refusal: str | None
) -> None:
    model = read(shops, sales_topic=f"{TOPIC}fields: {fields}\n")
    ((path, message),) = messages(model)
    assert path == "sales.topic"
    assert message.startswith(issue)
    query = {"join_paths_from_topic_name": "sales", "fields": ["sales.count"]}
    if refusal is None:
        assert answer(shops, model, **query) == [(4,)]
    else:
        with pytest.raises(Refused, match=refusal):
            answer(shops, model, **query)


def test_a_field_under_its_old_name_is_offered_with_the_new_one(shops: Warehouse) -> None:
    model = read(
        shops,
        shops_view="dimensions: {name: {aliases: [title]}}",
        sales_topic=f"{TOPIC}fields: [all_views.*, -shops.name]\n",
    )
    query = {"modelId": every_form.MODEL_ID, "join_paths_from_topic_name": "sales"}
    engine = Engine([(model, shops)])
    plan = engine.plan({**query, "fields": ["shops.title", "sales.count"]}, now=NOW)
    assert plan.missing_fields == ["shops.title"]


# The layer of the database's tables.


def test_a_model_without_files_has_a_view_for_each_table(shops: Warehouse) -> None:
    model = every_form.read(shops, {})
    assert messages(model) == []
    assert list(model.views) == [
        "archive__orders", "notes", "order__items", "raw__orders", "sales", "scratch__tries",
        "secrets", "shops",
    ]  # fmt: skip
    assert answer(shops, model, table="archive__orders", fields=["archive__orders.id"]) == [(7,)]


@pytest.mark.parametrize(
    ("path", "view", "table"),
    [
        ("raw__orders.view", "raw__orders", ("raw", "orders")),
        ("RAW/orders.view", "raw__orders", ("raw", "orders")),
        ("raw/raw__orders.view.yaml", "raw__orders", ("raw", "orders")),
        ("models/Raw/orders.view.yml", "raw__orders", ("raw", "orders")),
        ("order__items.view", "order__items", (None, "order__items")),
        ("anywhere/order__items.view", "order__items", (None, "order__items")),
        ("main__shops.view", "main__shops", (None, "shops")),
        ("main/shops.view", "shops", (None, "shops")),
    ],
)
def test_the_view_and_the_table_of_a_file(
    shops: Warehouse, path: str, view: str, table: tuple[str | None, str]
) -> None:
    model = every_form.read(shops, {path: "label: Here\n"})
    assert messages(model) == []
    found = model.views[view]
    assert (found.label, found.schema, found.table) == ("Here", *table)
    # No other view is on the table.
    assert [each.name for each in model.views.values() if (each.schema, each.table) == table] == [
        view
    ]


@pytest.mark.parametrize(
    ("body", "table"),
    [
        ("{table_name: shops}", (None, "shops")),
        ("{table_name: SHOPS, schema: Main}", (None, "shops")),
        ("{table_name: orders, schema: RAW}", ("raw", "orders")),
        ("{table_name: orders, schema: archive}", ("archive", "orders")),
    ],
)
def test_a_view_says_its_table(shops: Warehouse, body: str, table: tuple[str | None, str]) -> None:
    model = read(shops, other_view=body)
    assert messages(model) == []
    assert (model.views["other"].schema, model.views["other"].table) == table


def test_one_stem_in_two_schemas_is_two_views(shops: Warehouse) -> None:
    model = every_form.read(
        shops, {"raw/orders.view": "label: New", "archive/orders.view": "label: Old"}
    )
    assert [model.views[each].label for each in ("raw__orders", "archive__orders")] == [
        "New",
        "Old",
    ]


def test_what_a_model_leaves_out(shops: Warehouse) -> None:
    def views(settings: str) -> list[str]:
        model = every_form.read(shops, {"model": settings})
        assert messages(model) == []
        return list(model.views)

    assert views("included_schemas: [raw, ARCHIVE]") == ["archive__orders", "raw__orders"]
    assert views("included_views: [shops, raw.orders]") == ["raw__orders", "shops"]
    assert "secrets" not in views("ignored_views: [secrets]")
    assert "secrets" not in views("ignored_views: [main__secrets]")
    assert "raw__orders" not in views("ignored_views: [raw.*]")
    assert "scratch__tries" not in views("ignored_schemas: [scratch]")


def test_an_extended_view_may_have_no_file_or_be_a_template(shops: Warehouse) -> None:
    model = read(
        shops,
        northern_view="extends: [shops]\ndimensions: {name: {label: Northern}}",
        common_view="ignored: true\ndimensions: {id: {primary_key: true}}",
        notes_view="extends: [common]",
    )
    assert messages(model) == []
    assert model.views["northern"].table == "shops"
    assert model.views["northern"].dimensions["name"].label == "Northern"
    # Its own name is that of a table, too.
    assert model.views["notes"].table == "notes"
    assert len(model.views["notes"].primary_key) == 1


# What cannot be read.


@pytest.mark.parametrize(
    ("name", "text", "issue", "query"),
    [
        ("shops_view", "label: [", "This file cannot be read as YAML: ", {"table": "shops"}),
        ("shops_view", "label: a\nlabel: b", 'the key "label" is there twice', {"table": "shops"}),
        ("shops_view", "- a", "A mapping is needed here, not a list", {"table": "shops"}),
        ("shops_view", "dimensions: 5", "dimensions must be a mapping", {"table": "shops"}),
        ("shops_view", "tabel_name: x", "did you mean 'table_name'", {"table": "shops"}),
        ("shops_view", "extends: [nothing]", 'extends "nothing"', {"table": "shops"}),
        ("shops_view", "extends: [shops]", "extends itself", {"table": "shops"}),
        ("sales_topic", "base_view: [", "This file cannot be read as YAML: ", {}),
        ("sales_topic", f"{TOPIC}joins: [shops]", 'the key "joins" is there twice', {}),
        ("sales_topic", "base_view: sales\njoins: [shops]", "joins must be a mapping", {}),
        ("sales_topic", "base_view: sales\njoins: {shops: 1}", 'The join of "shops" must be', {}),
        ("sales_topic", f"{TOPIC}week_start_day: Sunday", "Not modeled: week_start_day", {}),
        ("sales_topic", f"{TOPIC}required_access_grants:", "required_access_grants must be", {}),
        ("sales_topic", f"{TOPIC}access_filters: {{}}", "access_filters must be a list", {}),
        ("sales_topic", f"{TOPIC}always_where_sql:", "always_where_sql must be a text", {}),
        ("model", "sql_preamble: SET x = 1", "Not modeled: sql_preamble", {}),
        ("model", "default_topic_acess_filters: []", "did you mean 'default_topic_access", {}),
        ("model", "access_grants: [", "This file cannot be read as YAML: ", {}),
        ("model", "default_group_by: nevr", "Not modeled: default_group_by", {}),
    ],
)
def test_what_cannot_be_read_is_refused_where_it_is_needed(
    shops: Warehouse, name: str, text: str, issue: str, query: dict[str, Any]
) -> None:
    model = read(shops, **{name: text})
    assert any(issue in message for _, message in messages(model)), messages(model)
    asked = query or {"join_paths_from_topic_name": "sales"}
    field = "shops.name" if query else "sales.count"
    with pytest.raises(Refused):
        answer(shops, model, **asked, fields=[field])


@pytest.mark.parametrize(
    ("name", "text", "issue"),
    [
        ("sales_topic", f"{TOPIC}cache_policy: [1]", "cache_policy must be a text"),
        ("sales_topic", f"{TOPIC}auto_run: maybe", "auto_run must be true or false"),
        ("sales_topic", f"{TOPIC}hidden: No", "hidden must be true or false, not 'No'"),
        ("sales_view", f"{SALES}label: {{}}", "label must be a text"),
        ("model", "cache_policies: daily", "cache_policies must be a mapping"),
        ("model", "topics: {old: {}}", "Not modeled: topics"),
        ("relationships", JOINED + "- {join_from_view: sales}\n", "needs join_from_view and"),
        ("relationships", JOINED.replace("sales,", "sales, reversible: x,"), "reversible must be"),
        ("sales_topic", f"{TOPIC[:-2]}, notes: {{}}}}", 'No relationship joins "notes" to "sales"'),
        ("sales_topic", f"{TOPIC}default_filters: {{shops.nam: {{is: x}}}}", "default_filters: No"),
    ],
)
def test_what_has_no_bearing_on_an_answer_refuses_nothing(
    shops: Warehouse, name: str, text: str, issue: str
) -> None:
    model = read(shops, **{name: text})
    assert any(issue in message for _, message in messages(model)), messages(model)
    query = {"join_paths_from_topic_name": "sales", "fields": ["sales.count"]}
    assert answer(shops, model, **query) == [(4,)]


def test_an_empty_list_of_timeframes_is_an_issue(shops: Warehouse) -> None:
    model = read(shops, shops_view="dimensions: {opened: {timeframes: }}")
    assert messages(model) == [("shops.view", "timeframes must be a list of texts, not nothing")]
    with pytest.raises(Refused, match="timeframes that cannot be read"):
        answer(shops, model, table="shops", fields=["shops.opened"])


def test_relationships_as_a_mapping_are_an_issue(shops: Warehouse) -> None:
    model = read(shops, relationships="sales_to_shops: {join_from_view: sales}")
    assert messages(model) == [
        ("relationships", "Relationships must be a list, not a mapping"),
    ]
    query = {"join_paths_from_topic_name": "sales", "fields": ["sales.count"]}
    assert answer(shops, model, **query) == [(4,)]
    with pytest.raises(Refused, match="relationships that cannot be read"):
        answer(shops, model, **query | {"fields": ["shops.name"]})


@pytest.mark.parametrize(
    ("other", "kind"), [("a/sales.view.yaml", "view"), ("sales.view.yml", "view")]
)
def test_two_files_of_one_view_are_refused(shops: Warehouse, other: str, kind: str) -> None:
    model = every_form.read(shops, FILES | {other: SALES})
    assert any(f"holds the {kind} sales, too" in message for _, message in messages(model))
    with pytest.raises(Refused, match="two files of one name"):
        answer(shops, model, table="sales", fields=["sales.count"])


def test_joins_that_do_not_run_are_issues_with_the_databases_reason(shops: Warehouse) -> None:
    model = read(shops, relationships=JOINED.replace("${shops.id}", "nmae"))
    assert [path for path, _ in messages(model)] == ["relationships"]
    assert 'does not have a column named "nmae"' in messages(model)[0][1]
    model = read(shops, relationships=JOINED.replace("shops.id", "shops.idd"))
    assert messages(model) == [
        (
            "relationships",
            'The relationship from sales to shops: No such field "shops.idd" in the join of "shops"',
        )
    ]


def test_the_grants_of_the_model_hold_where_a_topic_says_none(shops: Warehouse) -> None:
    grants = (
        "access_grants: {north: {user_attribute: region, allowed_values: [north]}}\n"
        "default_topic_required_access_grants: [north]\n"
    )
    query = {"join_paths_from_topic_name": "sales", "fields": ["sales.count"]}
    with pytest.raises(Refused, match="Topic sales not found"):
        answer(shops, read(shops, model=grants), **query)
    # A text in place of a list of one means the same.
    with pytest.raises(Refused, match="Topic sales not found"):
        answer(shops, read(shops, model=grants.replace("[north]\n", "north\n")), **query)
    opened = read(shops, model=grants, sales_topic=f"{TOPIC}required_access_grants: []\n")
    assert answer(shops, opened, **query) == [(4,)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("No", "No"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2024-01-31", "2024-01-31"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ("{No: 1, 2024: 2}", {"No": 1, "2024": 2}),
    ],
)
def test_yaml_is_read_as_of_version_1_2(text: str, value: Any) -> None:
    found = parse_yaml(text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\na: 2",
        "a: &x 1\nb: *x",
        "a: !!binary aGk=",
        "? [a]\n: 1",
        "a: [",
        "9" * 6000,
        "[" * 9999,
    ],
)
def test_what_is_no_such_yaml(text: str) -> None:
    with pytest.raises(UnreadableYaml):
        parse_yaml(text)


def test_a_duration_in_weeks_counts_mondays(shops: Warehouse) -> None:
    def weeks(start: str, end: str) -> int:
        duration = (
            f"{{sql_start: \"DATE '{start}'\", sql_end: \"DATE '{end}'\", intervals: [weeks]}}"
        )
        model = read(shops, shops_view=f"dimensions: {{d: {{duration: {duration}}}}}")
        ((found,),) = answer(shops, model, table="shops", fields=["shops.d[weeks]"])
        return found

    # 4 March 2024 is a Monday; DuckDB itself begins its weeks on Thursdays.
    assert weeks("2024-03-03", "2024-03-04") == 1
    assert weeks("2024-03-04", "2024-03-10") == 0
    assert weeks("2024-03-01", "2024-03-11") == 2
    assert weeks("2024-03-04", "2024-03-03") == -1
