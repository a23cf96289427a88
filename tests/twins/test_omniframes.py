"""omniframes 0.2.0, Omni's own lazy frames, at work on the sandbox over HTTP.

It was written against the real Omni and knows nothing of this one. What it does here is what its
published pages show; each answer is held to SQL over the base tables, written by hand.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from inspect import isfunction
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omnipd_sandbox.engine.data.warehouse import warehouse
from omnipd_sandbox.server import Server

pytest.importorskip("omniframes", reason="omniframes comes with the extra dev")

import omniframes as of
from omniframes import functions as F  # noqa: N812 - as its pages import it
from omniframes.catalog import Catalog
from omniframes.dataframe import GroupedData
from omniframes.io.writers import DataFrameWriter
from omniframes.session import DataFrameReader, SessionBuilder
from omniframes.transport.http import HttpTransport

ORDERS = "c83e5b70-91fd-4a2c-b6e4-05a7d19c3f82"
FLIGHTS = "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613"


@pytest.fixture(scope="module")
def session(server):
    with of.OmniSession.builder.base_url(server.url).api_key(server.api_key).get_or_create() as one:
        yield one


@pytest.fixture
def orders(session):
    return session.read.topic("orders", "orders")


@pytest.fixture
def connect():
    """Build sessions of one's own; they are closed when the test ends."""
    opened = []

    def build(server, key=None, **transport):
        builder = of.OmniSession.builder
        if transport:
            builder = builder.transport(
                HttpTransport(server.url, key or server.api_key, **transport)
            )
        else:
            builder = builder.base_url(server.url).api_key(key or server.api_key)
        opened.append(builder.get_or_create())
        return opened[-1]

    yield build
    for each in opened:
        each.close()
        each._transport.close()


def rows(table: pa.Table) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


def from_sql(sql: str, dataset: str = "orders") -> list[tuple[object, ...]]:
    return rows(warehouse(dataset).run(sql))


# --- frames, and the SQL that gives their rows


@dataclass(frozen=True)
class Case:
    name: str
    frame: Callable[[of.OmniSession], of.DataFrame]
    sql: str
    ordered: bool = False


def _orders(session: of.OmniSession) -> of.DataFrame:
    return session.read.topic("orders", "orders")


def _items(condition: Callable[[], object]) -> Callable[[of.OmniSession], of.DataFrame]:
    return lambda session: _orders(session).select("order_items.id").filter(condition())


def _ids(condition: str) -> str:
    return f"SELECT id::BIGINT FROM order_items WHERE {condition}"


QUANTITY, PRICE, NOTE = (f"order_items.{name}" for name in ("quantity", "sale_price", "note"))
STATUS, CREATED, GIFT = (f"order_items.{name}" for name in ("status", "created_at", "is_gift"))
_JOINED = """order_items i LEFT JOIN users u ON u.id = i.user_id
             LEFT JOIN products p ON p.sku = i.sku"""

CASES = [
    Case(
        "a dimension and a measure",
        lambda session: _orders(session).select("users.state", F.measure("order_items.count")),
        f"SELECT u.state, count(*) FROM {_JOINED} GROUP BY 1",
    ),
    Case(
        "grouped, aggregated, sorted and cut",
        lambda session: (
            _orders(session)
            .group_by("products.category")
            .agg(F.measure("order_items.total_sale_price").alias("revenue"))
            .sort(F.col("revenue").desc())
            .limit(2)
        ),
        f"""SELECT category, revenue FROM (
                SELECT p.category, sum(i.sale_price) AS revenue FROM {_JOINED} GROUP BY 1)
            ORDER BY revenue DESC LIMIT 2""",
        ordered=True,
    ),
    Case(
        "an offset",
        lambda session: _orders(session).select("products.sku").sort("products.sku").offset(3),
        """SELECT DISTINCT p.sku FROM order_items i LEFT JOIN products p USING (sku)
           ORDER BY 1 NULLS FIRST OFFSET 3""",
        ordered=True,
    ),
    Case(
        "no keys at all",
        lambda session: _orders(session).group_by().agg(F.measure("users.count")),
        "SELECT count(DISTINCT u.id) FROM order_items i JOIN users u ON u.id = i.user_id",
    ),
    Case(
        "a month",
        lambda session: (
            _orders(session)
            .group_by(F.col(CREATED).grain("month").alias("month"))
            .agg(F.measure("order_items.total_quantity"))
            .sort(F.col("month").asc())
        ),
        """SELECT date_trunc('month', created_at), sum(quantity)::BIGINT FROM order_items
           GROUP BY 1 ORDER BY 1""",
        ordered=True,
    ),
    Case(
        "a formatted grain keeps its instants",
        lambda session: session.read.topic("orders", "users").select(
            F.col("users.cohort").grain("year"), F.measure("users.count")
        ),
        "SELECT date_trunc('year', signed_up_on)::TIMESTAMP, count(*) FROM users GROUP BY 1",
    ),
    Case(
        "a measure filtered after grouping",
        lambda session: (
            _orders(session)
            .group_by("users.state")
            .agg(F.measure("order_items.count"))
            .filter(F.measure("order_items.total_sale_price") > 1400)
        ),
        f"SELECT u.state, count(*) FROM {_JOINED} GROUP BY 1 HAVING sum(sale_price) > 1400",
    ),
    Case(
        "a measure filtered before grouping",
        lambda session: (
            _orders(session)
            .filter(F.measure("order_items.count") >= 30)
            .group_by("users.state")
            .agg(F.measure("order_items.gifts"))
        ),
        f"""SELECT u.state, count(*) FILTER (WHERE is_gift) FROM {_JOINED}
            GROUP BY 1 HAVING count(*) >= 30""",
    ),
    Case("equal", _items(lambda: F.col(STATUS) == "returned"), _ids("status = 'returned'")),
    Case(
        "unequal leaves null out or not, as the wire does",
        _items(lambda: F.col(STATUS) != "returned"),
        _ids("status IS DISTINCT FROM 'returned'"),
    ),
    Case("less", _items(lambda: F.col(QUANTITY) < 2), _ids("quantity < 2")),
    Case("at most", _items(lambda: F.col(QUANTITY) <= 2), _ids("quantity <= 2")),
    Case("more", _items(lambda: F.col(PRICE) > Decimal("80.5")), _ids("sale_price > 80.5")),
    Case("at least", _items(lambda: F.col(PRICE) >= Decimal("89.94")), _ids("sale_price >= 89.94")),
    Case("one of", _items(lambda: F.col(QUANTITY).isin(1, 5)), _ids("quantity IN (1, 5)")),
    Case("is null", _items(lambda: F.col(NOTE).is_null()), _ids("note IS NULL")),
    Case("is not null", _items(lambda: F.col(PRICE).is_not_null()), _ids("sale_price IS NOT NULL")),
    Case("a boolean by name", _items(lambda: GIFT), _ids("is_gift")),
    Case("contains", _items(lambda: F.col(NOTE).contains("50%")), _ids("note = 'it''s 50% off'")),
    Case(
        "starts with, whatever the case",
        _items(lambda: F.col(NOTE).starts_with("GIFT", case_insensitive=True)),
        _ids("note = 'gift wrap'"),
    ),
    Case("ends with", _items(lambda: F.col(NOTE).ends_with("\\b")), _ids("note = 'a\\b'")),
    Case("like", _items(lambda: F.col(NOTE).like("a_b")), _ids("note IN ('a_b', 'a\\b')")),
    Case(
        "numbers between, both ends",
        _items(lambda: F.col(QUANTITY).between(2, 3)),
        _ids("quantity IN (2, 3)"),
    ),
    Case(
        "dates between, without the end",
        _items(lambda: F.col(CREATED).between(date(2024, 3, 1), date(2024, 4, 1))),
        _ids("created_at >= '2024-03-01' AND created_at < '2024-04-01'"),
    ),
    Case(
        "an instant",
        _items(lambda: F.col(CREATED) >= datetime(2024, 12, 30, tzinfo=UTC)),
        _ids("created_at >= '2024-12-30'"),
    ),
    Case(
        "and, or, not on one field and on several",
        _items(
            lambda: (
                ((F.col(QUANTITY) == 1) | (F.col(QUANTITY) == 4)) & ~(F.col(STATUS) == "complete")
            )
        ),
        _ids("quantity IN (1, 4) AND status IS DISTINCT FROM 'complete'"),
    ),
    Case(
        "or across fields, which takes SQL",
        _items(lambda: (F.col(QUANTITY) == 5) | (F.col(STATUS) == "pending")),
        _ids("quantity = 5 OR status = 'pending'"),
    ),
    Case(
        "aggregates of one's own, which take SQL",
        lambda session: (
            _orders(session)
            .group_by("products.category")
            .agg(
                F.sum(PRICE).alias("total"),
                F.min(PRICE).alias("least"),
                F.max(PRICE).alias("most"),
                F.count(PRICE).alias("priced"),
                F.count_distinct("order_items.order_id").alias("orders"),
            )
        ),
        f"""SELECT p.category, sum(sale_price), min(sale_price), max(sale_price), count(sale_price),
                   count(DISTINCT order_id) FROM {_JOINED} GROUP BY 1""",
    ),
    Case(
        "an average of one's own beside a measure",
        lambda session: (
            _orders(session)
            .group_by(STATUS)
            .agg(F.avg(QUANTITY).alias("mean"), F.measure("order_items.gifts"))
        ),
        """SELECT status, avg(quantity), count(*) FILTER (WHERE is_gift) FROM order_items
           GROUP BY 1""",
    ),
    Case(
        "a computed column, which takes SQL",
        lambda session: (
            _orders(session)
            .select("order_items.id", QUANTITY, PRICE)
            .with_column("amount", F.col(QUANTITY) * F.col(PRICE))
        ),
        "SELECT id::BIGINT, quantity::BIGINT, sale_price, quantity * sale_price FROM order_items",
    ),
    Case(
        "a constant beside a column",
        lambda session: _orders(session).select("order_items.id").with_column("one", F.lit(1)),
        "SELECT id::BIGINT, 1::BIGINT FROM order_items",
    ),
    Case(
        "a Python function",
        lambda session: (
            _orders(session)
            .select("products.category")
            .with_column("loud", F.udf(lambda text: text and text.upper())("products.category"))
        ),
        f"SELECT DISTINCT p.category, upper(p.category) FROM {_JOINED}",
    ),
    Case(
        "a function over the frame",
        lambda session: (
            _orders(session)
            .select("products.sku")
            .filter(F.col("products.sku").is_not_null())
            .map_pandas(lambda frame: frame.tail(2))
        ),
        "SELECT sku FROM (VALUES ('P-10'), ('P-11')) AS last(sku)",
    ),
    Case(
        "two queries joined",
        lambda session: (
            _orders(session)
            .select(F.col("users.state").alias("state"), F.measure("order_items.count").alias("n"))
            .join(
                session.read.view("orders", "users").select(
                    F.col("users.state").alias("state"), F.measure("users.count").alias("people")
                ),
                on="state",
            )
        ),
        """SELECT state, n, people FROM
             (SELECT u.state, count(*) AS n FROM order_items i JOIN users u ON u.id = i.user_id
              GROUP BY 1) JOIN (SELECT state, count(*) AS people FROM users GROUP BY 1) USING (state)""",
    ),
    Case(
        "two queries stacked",
        lambda session: _orders(session).select(GIFT).union(_orders(session).select(GIFT)),
        "SELECT v FROM (VALUES (true), (false), (NULL), (true), (false), (NULL)) AS gifts(v)",
    ),
    Case(
        "a view without a topic",
        lambda session: session.read.view("orders", "products").select("products.sku"),
        "SELECT sku FROM products",
    ),
    Case(
        "SQL as it is",
        lambda session: session.read.sql(
            "orders", "SELECT status, count(*) AS n FROM order_items GROUP BY 1"
        ),
        "SELECT status, count(*) FROM order_items GROUP BY 1",
    ),
    Case(
        "SQL as it is, and a frame on top",
        lambda session: (
            session.read.sql("orders", "SELECT id, quantity FROM order_items")
            .select("id", "quantity")
            .filter(F.col("quantity") > 4)
        ),
        "SELECT id::BIGINT, quantity::BIGINT FROM order_items WHERE quantity > 4",
    ),
]


@pytest.mark.filterwarnings("ignore::omniframes.TruncationWarning")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_frame_has_the_rows_of_the_sql_written_by_hand(case, session):
    got, wanted = rows(case.frame(session).limit(None).to_arrow()), from_sql(case.sql)
    assert got == wanted if case.ordered else Counter(got) == Counter(wanted)


def test_flights_by_airport(session):
    flights = session.read.topic("flights", "flights")
    counted = flights.select("flights.origin", F.measure("flights.count")).to_arrow()
    assert rows(counted) == [("EWR", 120835), ("JFK", 111279), ("LGA", 104662)]


def test_the_total_of_distinct_users_is_not_the_sum_of_the_groups(orders):
    frame = orders.select("products.category", F.measure("users.count")).with_totals()
    assert frame.columns == ("products.category", "users.count", "row_type")
    table = frame.collect()
    data = [row for row in rows(table) if row[2] == "data"]
    total = [row for row in rows(table) if row[2] != "data"]
    people = "count(DISTINCT u.id)"
    assert Counter((category, n) for category, n, _ in data) == Counter(
        from_sql(f"SELECT p.category, {people} FROM {_JOINED} GROUP BY 1")
    )
    assert [row[:2] for row in total] == from_sql(f"SELECT NULL, {people} FROM {_JOINED}")
    assert frame.schema.names[-1] == "row_type"


def test_a_result_as_large_as_its_limit_is_a_warning(orders):
    with pytest.warns(of.TruncationWarning, match="exactly 2 rows"):
        orders.select("products.sku").limit(2).to_pandas()


def test_a_frame_comes_in_every_form(orders, tmp_path, capsys):
    frame = orders.select("products.category").sort("products.category")
    wanted = from_sql(f"SELECT DISTINCT p.category FROM {_JOINED} ORDER BY 1 NULLS FIRST")
    assert frame.columns == ("products.category",)
    assert frame.session is orders.session
    assert repr(frame) == "DataFrame[products.category]"
    assert "Sort" in type(frame.logical_plan).__name__
    assert frame.count() == len(wanted) == 4
    assert frame.first() == {"products.category": None}
    assert frame.to_pandas()["products.category"].tolist()[1:] == ["Extras", "Shirts", "Socks"]
    assert rows(frame.to_polars().to_arrow()) == wanted
    frame.write.csv(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        '"products.category"',
        "",
        '"Extras"',
        '"Shirts"',
        '"Socks"',
    ]
    frame.write.parquet(tmp_path / "out.parquet")
    assert rows(pq.read_table(tmp_path / "out.parquet")) == wanted
    frame.show(2)
    assert "only showing top 2 rows" in capsys.readouterr().out


def test_a_schema_is_planned_and_nothing_is_run(connect):
    with Server() as server:
        frame = (
            connect(server)
            .read.topic("orders", "orders")
            .select(
                "users.state", CREATED, "users.signed_up_on", GIFT, F.measure("order_items.count")
            )
        )
        types = [(each.name, each.data_type.value, each.is_dimension) for each in frame.schema]
        asked = Counter(each.path for each in server.requests)
    assert types == [
        ("users.state", "STRING", True),
        (CREATED, "TIMESTAMP", True),
        ("users.signed_up_on", "TIMESTAMP", True),
        (GIFT, "BOOLEAN", True),
        ("order_items.count", "NUMBER", False),
    ]
    assert asked["/api/v1/query/run"] == 1


def test_the_schema_of_sql_is_planned_too(session):
    frame = session.read.sql("orders", "SELECT 'a' AS word, 1.5 AS number")
    assert [(each.name, each.data_type.value) for each in frame.schema] == [
        ("word", "STRING"),
        ("number", "NUMBER"),
    ]


def test_a_plan_says_what_runs_where(orders):
    frame = orders.group_by("users.state").agg(F.sum(PRICE).alias("total"))
    assert "tier 2" in frame.explain()
    assert 'LEFT JOIN "users"' in frame.explain(analyze=True)


def test_without_the_right_to_see_sql_the_plan_says_so(connect):
    with Server(redact_sql=True) as server:
        frame = connect(server).read.topic("orders", "orders").select("users.state")
        assert "VIEW_SQL" in frame.explain(analyze=True)
        assert "SELECT" not in frame.explain(analyze=True)


def test_a_query_opens_in_a_workbook(orders):
    assert re.fullmatch(r"https://[^/]+/e/\w+/\d+", orders.select("users.state").omni_url())


# --- the catalog


def test_the_catalog_lists_what_the_sandbox_has(session):
    catalog = session.catalog
    catalog.refresh()
    listed = catalog.models()
    assert len(listed) > 100, "more than one page"
    assert len({each.id for each in listed}) == len(listed)
    shared = {each.name: each.id for each in listed if each.model_kind == "SHARED"}
    assert shared == {"orders": ORDERS, "flights": FLIGHTS}
    assert catalog.model("orders").id == ORDERS
    assert catalog.model_id(FLIGHTS) == FLIGHTS
    with pytest.raises(of.CompileError, match="no model named 'nope'"):
        catalog.model("nope")
    assert [each.name for each in catalog.topics("orders")] == [
        "completed_orders",
        "orders",
        "users",
    ]
    assert catalog.view_names("orders") == ("order_items", "products", "users")
    assert {each.name for each in catalog.views("flights")} == {
        "flights",
        "airlines",
        "planes",
        "weather",
        "origin_airport",
        "dest_airport",
    }


def test_a_model_is_found_with_one_request(connect):
    with Server() as server:
        catalog = connect(server).catalog
        assert (catalog.model("orders").id, catalog.model(FLIGHTS).name) == (ORDERS, "flights")
        asked = [each.path for each in server.requests]
    assert asked == ["/api/v1/whoami", "/api/v1/models", "/api/v1/models"]


def test_a_topic_tells_its_fields_and_joins(session):
    topic = session.catalog.topic("orders", "orders")
    assert (topic.base_view_name, topic.is_detailed) == ("order_items", True)
    assert [(each.left_view_name, each.right_view_name) for each in topic.relationships] == [
        ("order_items", "users"),
        ("order_items", "products"),
    ]
    assert topic.relationships[0].relationship_type == "MANY_TO_ONE"
    assert topic.relationships[0].join_type == "ALWAYS_LEFT"
    assert topic.field("order_items.total_sale_price").aggregate_type == "SUM"
    assert topic.field(CREATED).data_type is of.OmniDataType.TIMESTAMP
    assert topic.view("users").field("state").label == "State"


@pytest.mark.parametrize(
    "build",
    [
        lambda session: session.read.topic("orders", "nope"),
        lambda session: session.read.view("orders", "nope"),
        lambda session: session.read.topic("nope", "orders"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(build, session):
    with pytest.raises(of.CompileError, match="orders"):
        build(session)


# --- saved queries and questions


def document(read, server, *, with_dashboard):
    records = read(server, "/api/v1/documents?pageSize=100")["records"]
    return next(each["identifier"] for each in records if each["hasDashboard"] is with_dashboard)


def test_saved_queries_run_as_they_were_stored(server, session, read):
    identifier = document(read, server, with_dashboard=True)
    saved = session.read.saved_queries(identifier)
    assert [index for _, index in saved] == list(range(len(saved)))
    first = session.read.saved_query(identifier)
    by_name = session.read.saved_query(identifier, saved[0][0])
    assert first.count() == by_name.count() > 0
    assert first.schema.names == tuple(first.to_arrow().column_names)


@pytest.mark.filterwarnings("ignore::omniframes.TruncationWarning")
def test_what_is_stored_on_many_dashboards_runs(server, session, read):
    records = read(server, "/api/v1/documents?pageSize=100")["records"]
    dashboards = [each["identifier"] for each in records if each["hasDashboard"]][:20]
    stored = [
        (identifier, index)
        for identifier in dashboards
        for _, index in session.read.saved_queries(identifier)
    ]
    assert len(stored) > 30
    for identifier, index in stored:
        frame = session.read.saved_query(identifier, index)
        assert frame.to_arrow().column_names == list(frame.schema.names)


def test_a_document_without_a_dashboard_is_told_from_one_that_is_not_there(server, session, read):
    identifier = document(read, server, with_dashboard=False)
    with pytest.raises(of.OmniframesError, match="exists but has no dashboard"):
        session.read.saved_queries(identifier)
    with pytest.raises(of.OmniframesError, match="no document 'no-such-document' is visible"):
        session.read.saved_queries("no-such-document")


def test_a_question_becomes_a_query_that_runs_here(session):
    frame = session.ask("Flights by origin", model="flights", topic="flights")
    assert rows(frame.to_arrow()) == [("EWR", 120835), ("JFK", 111279), ("LGA", 104662)]
    assert "Flights by origin" in frame.explain()
    with pytest.raises(of.OmniframesError, match="could not generate a query"):
        session.ask("What is the weather on Mars?", model="flights")


def test_without_credits_a_question_says_who_can_help(connect):
    with (
        Server(ai_credits_exhausted=True) as server,
        pytest.raises(of.OmniframesError, match="credits are exhausted"),
    ):
        connect(server).ask("Flights by origin", model="flights")


# --- sessions


@pytest.mark.parametrize("form", ["{}", "{}/", "{}/api", "{}/api/v1", "{}/api/v1/?x=1#y"])
def test_an_address_is_taken_in_every_form(form, server):
    builder = of.OmniSession.builder.host(form.format(server.url)).api_key(server.api_key)
    with builder.getOrCreate() as session:
        assert session.whoami["orgRole"] == "ORG_ADMIN"


def test_address_and_key_come_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("OMNI_BASE_URL", server.url)
    monkeypatch.setenv("OMNI_API_KEY", server.api_key)
    with of.OmniSession.builder.base_url_from_env().api_key_from_env().get_or_create() as session:
        assert session.verify()["keyScope"] == "organization"
        assert server.api_key not in repr(session)
    with of.OmniSession.builder.secrets(None).get_or_create() as session:
        assert session.verify()["keyScope"] == "organization"


def test_a_session_may_set_cache_and_user(server, read):
    people = read(server, "/api/scim/v2/Users")["Resources"]
    member = next(each["id"] for each in people if each["displayName"] == "Priya Nair")
    builder = of.OmniSession.builder.base_url(server.url).api_key(server.api_key)
    builder = builder.cache("SkipCache").user_id(member).rate_limit_wait(1)
    with builder.decomposition_row_cap(1000).get_or_create() as session:
        frame = session.read.topic("orders", "orders").select(F.measure("order_items.count"))
        assert rows(frame.to_arrow()) == [(240,)]


def test_a_timezone_that_the_sandbox_does_not_know_is_no_silent_answer(server):
    builder = of.OmniSession.builder.base_url(server.url).api_key(server.api_key)
    with builder.timezone("Europe/Paris").get_or_create() as session:
        frame = session.read.topic("orders", "orders").select("users.state")
        with pytest.raises(of.TransportError, match="timezone") as error:
            frame.collect()
    assert error.value.status == 400


def test_a_branch_is_asked_by_its_id_or_as_a_model_of_its_own(server, read):
    branches = read(server, "/api/v1/models?modelKind=BRANCH&pageSize=100")["records"]
    known = {each["name"]: each["id"] for each in branches}
    builder = of.OmniSession.builder.base_url(server.url).api_key(server.api_key)
    with builder.branch(known["tidy labels"]).get_or_create() as session:
        frame = session.read.topic("orders", "orders").select(F.measure("order_items.count"))
        assert rows(frame.collect()) == [(240,)]
    builder = of.OmniSession.builder.base_url(server.url).api_key(server.api_key)
    with builder.get_or_create() as session:
        # A topic that only the branch has.
        weather = session.read.topic("governance/weather-topic", "weather_by_hour")
        hours = weather.select("weather.origin", F.measure("weather.count")).to_arrow()
    assert Counter(rows(hours)) == Counter(
        from_sql("SELECT origin, count(*) FROM weather GROUP BY 1", "flights")
    )


def test_a_branch_that_does_not_exist_is_no_silent_answer(server):
    builder = of.OmniSession.builder.base_url(server.url).api_key(server.api_key)
    with builder.branch("5f0d7f3e-3b1c-4a8e-9d55-0c4b7a9e2f10").get_or_create() as session:
        frame = session.read.topic("orders", "orders").select("users.state")
        with pytest.raises((of.TransportError, of.QueryError)):
            frame.collect()


def test_a_wrong_key_is_an_error_of_the_key(server, connect):
    with pytest.raises(of.AuthError, match="Invalid bearer token"):
        connect(server, "omni_osk_wrong").verify()


def test_a_personal_token_works_as_well(server, connect):
    session = connect(server, server.personal_key)
    assert session.whoami["keyScope"] == "user"
    frame = session.read.topic("orders", "orders").select(F.measure("order_items.count"))
    assert rows(frame.collect()) == [(240,)]


def test_an_organization_without_the_query_api_is_told_apart(connect):
    with Server(feature_flag_off=True) as server:
        session = connect(server)
        assert session.verify()["user"]
        frame = session.read.topic("orders", "orders").select("users.state")
        with pytest.raises(of.FeatureFlagError):
            frame.collect()


def test_an_unknown_field_and_an_unknown_filter_are_errors(orders):
    with pytest.raises(of.QueryError, match=r"users\.nope"):
        orders.select("users.nope").collect()
    with pytest.raises(of.QueryError, match=r"users\.nope"):
        orders.select("users.state").filter(F.col("users.nope") == 1).collect()


def test_broken_sql_is_an_error_of_the_query(session):
    with pytest.raises(of.QueryError, match="no_such_table"):
        session.read.sql("orders", "SELECT * FROM no_such_table").collect()


def test_a_query_that_takes_its_time_is_waited_for(connect):
    slept = []
    with Server(slow_job_polls=3) as server:
        session = connect(server, sleep=slept.append)
        frame = session.read.topic("orders", "orders").select(F.measure("order_items.count"))
        assert rows(frame.collect()) == [(240,)]
        asked = Counter(each.path for each in server.requests)
    assert (asked["/api/v1/query/run"], asked["/api/v1/query/wait"]) == (1, 3)
    # The first wait follows at once; those that brought nothing new are a second apart.
    assert slept == [1.0, 1.0]


@pytest.mark.parametrize("retry_after", ["seconds", "none"])
def test_the_limit_of_requests_is_kept_and_waited_for(retry_after, connect):
    now = [datetime(2024, 11, 15, 10, 30, tzinfo=UTC)]
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += timedelta(seconds=seconds)

    with Server(requests_per_minute=2, retry_after=retry_after, now=lambda: now[0]) as server:
        session = connect(server, sleep=sleep)
        assert [session.catalog.model(each).name for each in ("orders", "flights")] == [
            "orders",
            "flights",
        ]
    assert 0 < sum(slept) <= 65


# --- what is covered

SPELLED_TWICE = {
    of.DataFrame: {
        "where": "filter",
        "orderBy": "sort",
        "groupBy": "group_by",
        "toPandas": "to_pandas",
        "toArrow": "to_arrow",
        "toPolars": "to_polars",
        "withColumn": "with_column",
        "mapInPandas": "map_pandas",
        "unionAll": "union",
    },
    SessionBuilder: {"getOrCreate": "get_or_create"},
}
NOT_ASKED = {
    "to_sort_key": "its compiler calls it",
    "run": "its frames call it",
    "plan": "its frames call it",
    "document_queries": "saved_queries calls it",
    "envelope_options": "its frames call it",
}


def test_names_spelled_twice_are_the_same_function():
    for owner, pairs in SPELLED_TWICE.items():
        for spelled, known in pairs.items():
            assert vars(owner)[spelled] is vars(owner)[known]


def test_every_public_function_is_asked_for_here():
    source = Path(__file__).read_text(encoding="utf-8")
    owners = [
        of.OmniSession,
        SessionBuilder,
        DataFrameReader,
        of.DataFrame,
        GroupedData,
        DataFrameWriter,
        Catalog,
        of.Column,
    ]
    public = {
        name
        for owner in owners
        for name, value in vars(owner).items()
        if not name.startswith("_") and isfunction(value)
    }
    public |= set(F.__all__)
    twice = {name for pairs in SPELLED_TWICE.values() for name in pairs}
    unused = {name for name in public - twice if not re.search(rf"\.{name}\b", source)}
    assert unused <= set(NOT_ASKED) <= public
