"""Composite topics: their fields pass every check, and a sandbox that has one in a model says so."""

import pyarrow as pa
import pytest
from faults.given import MODEL, arrow, client_of, whole_answer
from sandbox.shop_folder import SHOP
from scripted_server import answer

import omnipd
from omnipd import Query, field
from omnipd.queries.language.check_fields import KnownField, check_fields
from omnipd.queries.language.dashboard_filters import DashboardFilters, control_of
from omnipd.queries.language.named_fields import named_fields
from omnipd_sandbox.server import Server

MONTH, STATE, COUNT = (
    "@_shared_dimensions_.ordered_at[month]",
    "@_shared_views_.users.state",
    "@orders.order_items.count",
)
QUERY = (
    Query(MODEL, "everything")
    .select(MONTH, STATE, COUNT)
    .where(
        field(STATE) == "Texas",
        field("@_shared_dimensions_.ordered_at").in_the("2024"),
        (field(COUNT) > 3) | (field("@returns.returned.count") > 3),
    )
    .sort(MONTH)
)
ROWS = pa.table({MONTH: [1, 2], STATE: ["Texas", "Texas"], COUNT: [5, 7]})
LABELS = {
    name: {"field_name": name, "label": label, "data_type": kind}
    for name, label, kind in (
        (MONTH, "Month", "NUMBER"),
        (STATE, "State", "STRING"),
        (COUNT, "Orders", "NUMBER"),
    )
}


def test_a_query_on_one_has_no_base_view():
    wire = QUERY.to_dict()
    assert (wire["join_paths_from_topic_name"], wire["table"]) == ("everything", "")
    assert wire["fields"] == [MONTH, STATE, COUNT]
    assert list(wire["filters"]) == [STATE, "@_shared_dimensions_.ordered_at"]
    [control] = wire["controls"]
    assert [one["fieldName"] for one in control["filters"]] == [COUNT, "@returns.returned.count"]
    assert Query.from_dict(wire) == QUERY
    assert {one.name for one in named_fields(wire).found} >= {MONTH, STATE, COUNT}


@pytest.mark.parametrize("known", [{}, {"users.state": KnownField("dimension", "STRING")}])
def test_its_fields_pass_where_the_topic_speaks_of_others(known):
    query = QUERY.pivot(STATE).fill(MONTH).totals(MONTH)
    check_fields(query.to_dict(), known, "The topic everything")
    with pytest.raises(omnipd.ArgumentError, match=r"has no field users\.age"):
        check_fields(query.select("users.age").to_dict(), known, "The topic everything")


def test_what_the_topic_says_of_them_counts():
    known = {STATE: KnownField("dimension", "STRING"), COUNT: KnownField("measure", "NUMBER")}
    where = "The topic everything"
    check_fields(QUERY.to_dict(), known, where)
    with pytest.raises(omnipd.ArgumentError, match="is STRING, and its filter is of type number"):
        check_fields(QUERY.where(field(STATE) == 3).to_dict(), known, where)
    with pytest.raises(omnipd.ArgumentError, match=f"and {COUNT} is a measure"):
        check_fields(QUERY.ungrouped().to_dict(), known, where)


@pytest.mark.parametrize(
    "details",
    [
        answer({"success": True, "topic": {"name": "everything", "is_composite": True}}),
        answer({"detail": "Not found"}, status=404),
    ],
)
@pytest.mark.parametrize(("names", "columns"), [("field", [*LABELS]), ("label", None)])
def test_one_is_queried_whatever_omni_says_of_it(scripted, fake_time, details, names, columns):
    done = answer(whole_answer(arrow(ROWS), summary={"fields": LABELS}), content_type="text/ndjson")
    listed = answer({"success": True, "topics": [{"name": "everything", "is_composite": True}]})

    def told(target):
        if "/topic/" in target:
            return details
        return listed if "/topic" in target else done

    scripted.by_target = told
    with client_of(scripted, fake_time) as client:
        df = QUERY.run(client=client, names=names)
    assert list(df.columns) == (columns or ["Month", "State", "Orders"])
    assert df.iloc[:, 2].tolist() == [5, 7]


def test_a_filter_of_a_dashboard_reaches_them():
    control = control_of("filter", "f", {"type": "string", "kind": "EQUALS", "fieldName": STATE,
                                         "values": ["Texas"]})  # fmt: skip
    filters = DashboardFilters("d", [control], {})
    filters.bind({})
    done = filters.on({"fields": [MONTH]}, "1", {"users.state": KnownField("dimension", "STRING")})
    assert done.not_applied == []
    assert list(done.query["filters"]) == [STATE]
    assert filters.needed("1") == []


# --- a sandbox with one in a model

FILES = {
    **SHOP,
    "models/shop/rents.topic": "base_view: shops\nlabel: Rents\n",
    "models/shop/both.composite_topic": "label: Both\ntopics: [shops, rents]\n",
    "models/shop/odd.topic": "topics: [shops, rants]\n",
}


@pytest.fixture
def shop(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with Server(org=tmp_path) as server:
        with omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client:
            yield client
        assert server.failures == []


def test_a_sandbox_lists_it_validates_it_and_refuses_queries_on_it_by_name(shop):
    topics = omnipd.read_topics("shop", client=shop).set_index("topic")
    assert topics["topics"].fillna("").to_dict() == {
        "both": "shops,rents",
        "odd": "shops,rants",
        "rents": "",
        "shops": "",
    }
    assert topics["is_composite"].fillna(False).to_dict() == {
        "both": True,
        "odd": True,
        "rents": False,
        "shops": False,
    }
    assert topics["base_view"].isna().to_dict() == topics["is_composite"].fillna(False).to_dict()
    assert topics.loc["both", "label"] == "Both"
    issues = omnipd.read_model_issues("shop", client=shop)
    assert set(issues["message"]) == {
        "both.composite_topic: Not modeled: composite topics",
        "odd.topic: Not modeled: composite topics",
        'odd.topic: Topic "odd" is made of "rants", which is no topic of views',
    }
    for check in (True, False):
        with pytest.raises(omnipd.PlanError, match='topic "both" uses topics made of topics'):
            Query("shop", "both").select("@_shared_views_.shops.name").run(client=shop, check=check)
