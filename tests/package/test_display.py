"""What is shown of objects: text of 80 columns, small HTML, and never a key."""

import sys

import pandas as pd
import pytest

import omnipd
from omnipd import Query, field, key_texts
from omnipd.errors import NotFoundError
from omnipd.queries.ask import Answer
from omnipd.queries.explain import QueryPlan
from omnipd.readers.whoami import Identity

KEY = "omni_osk_0123456789abcdefghijklmnop"
#: A key of which HTML writes a letter otherwise, and that is known by itself alone.
SPECIAL_KEY = "0123456789'<abcdefghijklmnopqrstuvwxyz"
LATE = (
    Query("flights", "flights")
    .select("airlines.name", "flights.count")
    .where(
        field("flights.date").in_the("2013-07"),
        field("flights.date").between("2013-07-01", "2013-08-01"),
        field("flights.count") >= 4500,
        ~field("flights.origin").isin(["JFK", "<b>"]),
        (field("flights.distance") == 5) | field("flights.distance").isna(),
        field("flights.is_late").is_false(),
        field("users.id").is_attribute("team"),
        field("flights.carrier").startswith("A", case=False),
    )
    .sort("-flights.count", nulls="last")
    .totals()
    .limit(50)
)


def plan(sql="SELECT 1\nFROM a < b", warnings=()):
    told = {"name": ["a.<b>"], "label": ["B"], "kind": ["dimension"], "data_type": ["STRING"]}
    return QueryPlan(sql, pd.DataFrame(told), tuple(warnings))


def identity(roles=2, *, cut=False):
    held = {f"model-{number}": {"roleName": "QUERIER"} for number in range(roles)}
    return Identity("https://x.example", "u-1", None, "user", "MEMBER", held, cut)


def inventory(failures=()):
    frames = {"content": pd.DataFrame({"a": range(1200)}), "labels": pd.DataFrame({"a": [1]})}
    return omnipd.Inventory(frames, dict(failures))


def test_a_query_says_what_it_asks_for():
    assert repr(LATE) == "\n".join(
        [
            "omnipd.Query",
            "  model   flights",
            "  topic   flights",
            "  fields  airlines.name, flights.count",
            "  where   flights.date: (in 2013-07 and from 2013-07-01 to before 2013-08-01)",
            "          flights.count: >= 4500",
            "          flights.origin: not = 'JFK', '<b>'",
            "          flights.distance: (= 5 or null)",
            "          flights.is_late: false",
            "          users.id: the user attribute team",
            '          flights.carrier: {"type": "string", "kind": "STARTS_WITH", "values":',
            '          ["A"], "case_insensitive": true}',
            "  sort    flights.count descending, nulls last",
            "  totals  all",
            "  limit   50",
        ]
    )
    assert repr(LATE.limit(None)).endswith("limit   none")
    assert repr(LATE.limit(1000)).endswith("limit   1,000, Omni's default")


def test_long_lists_of_a_query_are_cut_with_a_count():
    fields = [f"a.field_{number}" for number in range(2000)]
    long = Query("m", "t").select(*fields).where(field("a.b").isin(range(5000)))
    assert "a.field_19 … and 1980 more" in " ".join(repr(long).split()).replace("1,980", "1980")
    assert "= 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 … and 4,990 more" in " ".join(repr(long).split())
    assert len(repr(long)) < 1000
    assert len(long._repr_html_()) < 2000


def test_a_plan_shows_its_sql_in_lines():
    assert repr(plan(warnings=["a", "b"])) == "\n".join(
        [
            "omnipd.QueryPlan: 1 field",
            "  warnings  a",
            "            b",
            " name label      kind data_type",
            "a.<b>     B dimension    STRING",
            "",
            "SELECT 1",
            "FROM a < b",
        ]
    )
    assert repr(plan(sql=None)).endswith("The key may not see the SQL.")
    long = "\n".join(f"-- {number}" for number in range(1000))
    assert repr(plan(long)).endswith("-- 59\n-- 940 more lines: .sql has all")


def test_a_plan_in_a_notebook_has_its_sql_as_sql(monkeypatch):
    marked = plan()._repr_html_()
    assert '<span class="k">SELECT</span>' in marked
    assert "&lt;" in marked
    monkeypatch.setitem(sys.modules, "pygments.lexers.sql", None)  # as if it were not installed
    assert "<pre>SELECT 1\nFROM a &lt; b</pre>" in plan()._repr_html_()


def test_an_identity_names_its_roles():
    assert repr(identity()) == "\n".join(
        [
            "omnipd.Identity",
            "  instance      https://x.example",
            "  user_id       u-1",
            "  base_user_id  not told",
            "  key_scope     user",
            "  org_role      MEMBER",
            "  roles         QUERIER on model-0",
            "                QUERIER on model-1",
        ]
    )
    many = repr(identity(200, cut=True))
    assert "QUERIER on model-9\n                … and 190 more\n" in many
    assert many.endswith("Omni left some out: it stops at 200 models.")


def test_an_inventory_lists_its_frames_and_what_is_missing():
    assert repr(inventory({"users": "Omni refused it.\nTry " + "again " * 50})) == "\n".join(
        [
            "omnipd.Inventory: 2 frames, incomplete",
            "  content  1,200 rows x  1 columns",
            "  labels       1 rows x  1 columns",
            "  users    not read: Omni refused it. Try again again again again again again",
            "           again again again again again again again again again again again",
            "           again again again again again again again again again again again",
            "           again agai…",
        ]
    )


def test_an_error_in_a_list_is_one_short_line():
    error = NotFoundError("No <b>\nhere.", hint="Look elsewhere.", status=404)
    assert repr([error]) == "[NotFoundError('No <b> here.', hint='Look elsewhere.', status=404)]"
    assert repr(NotFoundError("No.")) == "NotFoundError('No.')"
    assert len(repr(NotFoundError("x" * 10_000, hint="y " * 10_000, status=404))) < 500


HOSTILE = "\x1b[31mred\x1b]0;title\x07\r\ud83d\u202e"
WRITTEN = "\\x1b[31mred\\x1b]0;title\\x07 \\ud83d\\u202e"


@pytest.mark.parametrize(
    "one",
    [
        Query._of({"modelId": HOSTILE, "fields": [HOSTILE], HOSTILE: HOSTILE}),
        Query._of({"filters": {HOSTILE: {"type": "string", "kind": HOSTILE, "values": [HOSTILE]}}}),
        QueryPlan(HOSTILE, pd.DataFrame({"name": [HOSTILE.replace("\ud83d", "")]}), (HOSTILE,)),
        Identity(*[HOSTILE] * 5, {HOSTILE: {"roleName": HOSTILE}}),
        inventory({HOSTILE: HOSTILE}),
        Answer(HOSTILE, {"fields": [HOSTILE]}, HOSTILE, pd.DataFrame()),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_name_cannot_write_to_the_terminal(one):
    shown = repr(one)
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
    assert WRITTEN[:12] in shown
    one._repr_html_().encode()


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ({"x" * 10_000: 1}, f"  {'x' * 39}…  1\n"),
        ({"fields": ["x" * 10_000] * 1000}, "… and 980 more\n"),
        ({"filters": {"x" * 10_000: {"type": "null"}}}, "x…\n"),
        ({"filters": {"a.b": {"type": "date", "kind": "IN_{0}", "left_side": "1"}}}, "in {0} 1\n"),
        ({"filters": {"a.b": {"type": ["x"]}}}, 'a.b: {"type": ["x"]}\n'),
        ({"sorts": [{"column_name": "a.b", "null_sort": 5}]}, "a.b, nulls 5\n"),
    ],
)
@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_whatever_a_query_holds_is_shown_and_is_not_long(part, shown):
    query = Query.from_dict({"modelId": "m", "fields": ["a.b"], **part})
    assert shown in repr(query)
    assert max(map(len, repr(query).splitlines())) <= 80
    assert len(repr(query)) < 5000
    assert len(query._repr_html_()) < 6000


SHOWN = {
    "a query": LATE,
    "a plan": plan(warnings=["w" * 1000]),
    "an identity": identity(300),
    "an inventory": inventory({"users": "<b>" * 500}),
    "an answer": Answer("<b>" * 500, LATE.to_dict(), "t", pd.DataFrame({"a": [1]})),
}


@pytest.mark.parametrize("one", SHOWN.values(), ids=SHOWN.keys())
def test_text_fits_a_terminal_and_html_is_a_plain_table(one):
    assert max(map(len, repr(one).splitlines())) <= 80
    shown = one._repr_html_()
    assert shown.startswith("<div>")
    assert 'class="dataframe"' in shown
    assert "<b>" not in shown.replace(f"<b>{repr(one).splitlines()[0]}</b>", "")
    assert "<script" not in shown
    assert "background" not in shown  # the notebook's own, in the dark, too
    assert len(shown) < 5000


@pytest.mark.parametrize(
    "one",
    [
        Query._of({"modelId": KEY, "fields": ["a.b"], "filters": {KEY: {"type": KEY}}, "x": KEY}),
        plan(f"SELECT '{KEY}'", [f"{'w ' * 35}{KEY}"]),
        Identity(KEY, KEY, KEY, KEY, KEY, {KEY: {"roleName": KEY}}),
        inventory({KEY: f"{'w ' * 30}{KEY}"}),
        Answer(KEY, {"fields": [KEY]}, KEY, pd.DataFrame()),
        NotFoundError(KEY, hint=KEY),
    ],
    ids=lambda one: type(one).__name__,
)
def test_no_key_is_shown(one):
    shown = repr(one) + getattr(one, "_repr_html_", str)()
    assert KEY[:20] not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    "one",
    [
        Query._of({"modelId": SPECIAL_KEY, "fields": [SPECIAL_KEY], SPECIAL_KEY: 1}),
        QueryPlan(f"SELECT {SPECIAL_KEY}", pd.DataFrame({"name": []}), (SPECIAL_KEY,)),
        Identity(*[SPECIAL_KEY] * 5, {SPECIAL_KEY: {"roleName": SPECIAL_KEY}}),
    ],
    ids=lambda one: type(one).__name__,
)
def test_no_letters_of_a_key_hide_it_from_what_hides_keys(one):
    key_texts.remember_key(SPECIAL_KEY)
    for shown in (repr(one), one._repr_html_()):
        assert "0123456789" not in shown
        assert "klmnop" not in shown
        assert "***" in shown
