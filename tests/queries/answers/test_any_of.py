"""An *or* across fields answers as SQL written by hand, and equal queries are equal."""

import itertools
import random

import pytest
from queries.answers.any_of_cases import CASES, GIFT, ITEMS, QUANTITY, STATE, STATUS
from queries.answers.built import assert_is_answered, assert_sends
from queries.query_cases import ORDERS, number, text

import omnipd
from omnipd import Query, field
from omnipd.queries.language.where import where_of

A, B, C = STATUS == "complete", STATE == "Texas", QUANTITY > 3
QUERY = Query(ORDERS, "orders").select("order_items.count")


@pytest.mark.parametrize("built", CASES, ids=lambda built: built.case.name)
def test_an_or_across_fields_answers_as_sql_written_by_hand(dated, built):
    assert_sends(built, "filters", "controls")
    assert_is_answered(built, dated)


def _truths():
    """Every way in which a few conditions are true of a row, false or unknown."""
    for held in itertools.product((True, False, None), repeat=4):
        yield dict(zip("abcd", held, strict=True))


def _any(values):
    values = list(values)
    return True if True in values else None if None in values else False


def _all(values):
    values = list(values)
    return False if False in values else None if None in values else True


V = {name: field(f"v.{name}") == 1 for name in "abcd"}
FORMS = {
    "(a & b) | c": (
        (V["a"] & V["b"]) | V["c"],
        lambda t: _any([_all([t["a"], t["b"]]), t["c"]]),
    ),
    "(a & b) | (c & d)": (
        (V["a"] & V["b"]) | (V["c"] & V["d"]),
        lambda t: _any([_all([t["a"], t["b"]]), _all([t["c"], t["d"]])]),
    ),
    "(a & (b | (c & d))) | d": (
        (V["a"] & (V["b"] | (V["c"] & V["d"]))) | V["d"],
        lambda t: _any([_all([t["a"], _any([t["b"], _all([t["c"], t["d"]])])]), t["d"]]),
    ),
    "(a | b) & (a | b | c)": (
        (V["a"] | V["b"]) & (V["a"] | V["b"] | V["c"]),
        lambda t: _all([_any([t["a"], t["b"]]), _any([t["a"], t["b"], t["c"]])]),
    ),
    "(a & b) | (a & c) | (a & d)": (
        (V["a"] & V["b"]) | (V["a"] & V["c"]) | (V["a"] & V["d"]),
        lambda t: _any([_all([t["a"], t["b"]]), _all([t["a"], t["c"]]), _all([t["a"], t["d"]])]),
    ),
}


@pytest.mark.parametrize(("condition", "meant"), FORMS.values(), ids=FORMS)
def test_what_is_distributed_means_the_same_of_the_unknown_too(condition, meant):
    wire = Query("m", "t").select("v.a").where(condition).to_dict()
    for truth in _truths():
        by_field = {f"v.{name}": value for name, value in truth.items()}
        controls = [
            _any(by_field[one["fieldName"]] for one in control["filters"])
            for control in wire.get("controls", [])
        ]
        assert _all([*(by_field[name] for name in wire["filters"]), *controls]) == meant(truth)


ROWS = [dict(zip("abcd", row, strict=True)) for row in itertools.product((0, 1, None), repeat=4)]


def _condition(chance, depth):
    """A condition put together by chance, and what it is of a row."""
    name, value = chance.choice("abcd"), chance.choice((0, 1))
    of = field(f"v.{name}")
    if depth == 0 or chance.random() < 0.25:
        return chance.choice(
            [
                (of == value, lambda row: row[name] == value),
                (of > 0, lambda row: row[name] == 1),
                (of.isna(), lambda row: row[name] is None),
                (of.is_true(), lambda row: row[name] == 1),
            ]
        )
    one, holds = _condition(chance, depth - 1)
    if chance.random() < 0.3:
        return ~one, lambda row: not holds(row)
    other, too = _condition(chance, depth - 1)
    if chance.random() < 0.5:
        return one & other, lambda row: holds(row) and too(row)
    return one | other, lambda row: holds(row) or too(row)


def _holds(filter_, value):
    """What a filter object is of a value."""
    if filter_["type"] == "boolean":
        return value == (0 if filter_["is_negative"] else 1)
    if filter_["type"] == "composite":
        inner = [_holds(one, value) for one in filter_["filters"]]
        return all(inner) if filter_["conjunction"] == "AND" else any(inner)
    if filter_["type"] == "null":
        held = value is None
    elif filter_["kind"] == "EQUALS":
        held = str(value) in filter_["values"]
    else:
        held = value is not None and value > int(filter_["values"][0])
    return held != filter_.get("is_negative", False)


def test_conditions_put_together_by_chance_keep_the_rows_that_are_meant():
    chance, seen = random.Random(20), 0
    for _ in range(400):
        condition, meant = _condition(chance, chance.choice((2, 3, 4)))
        wanted = where_of([condition])
        seen += bool(wanted.controls)
        for row in ROWS:
            held = [_holds(one, row[name[2:]]) for name, one in wanted.filters.items()]
            held += [
                any(_holds(one["filter"], row[one["fieldName"][2:]]) for one in control["filters"])
                for control in wanted.controls
            ]
            assert all(held) == bool(meant(row)), condition
    assert seen > 100


def test_what_holds_anyway_is_not_sent():
    wire = QUERY.where((A & B) | (A & C)).to_dict()
    assert list(wire["filters"]) == ["order_items.status"]
    assert len(wire["controls"]) == 1
    assert len(QUERY.where((A | B) & (A | B | C)).to_dict()["controls"]) == 1


def test_equal_queries_are_equal_and_keep_their_ids():
    once, again = (QUERY.where((A & C) | B) for _ in range(2))
    assert once == again
    assert hash(once) == hash(again)
    assert once.to_dict() == again.to_dict()
    assert once.where(A | B) == once
    ids = [control["id"] for control in once.to_dict()["controls"]]
    assert len(set(ids)) == 2
    inner = [one["id"] for control in once.to_dict()["controls"] for one in control["filters"]]
    assert len({*ids, *inner}) == 6
    assert QUERY.where(A | B) != QUERY.where(A | C)
    assert QUERY.where(A | B).where(B | C) != QUERY.where(A | B)


def test_a_query_object_makes_the_same_query_again():
    query = QUERY.where((A & C) | B, GIFT.is_true())
    assert Query.from_dict(query.to_dict()) == query
    own = {
        "id": "mine",
        "type": "MULTI_FIELD_FILTER",
        "label": "Any",
        "conjunction": "OR",
        "filters": [
            {"id": "1", "fieldName": "users.state", "filter": text("EQUALS", "Texas")},
            {"id": "2", "fieldName": "users.age", "filter": number("LESS_THAN", "9")},
        ],
    }
    given = Query.from_dict({**QUERY.to_dict(), "controls": [own]})
    assert given.to_dict()["controls"] == [own]
    assert given.where(A | B).to_dict()["controls"][0] == own
    assert Query.from_dict({**QUERY.to_dict(), "controls": []}) == QUERY


def test_a_query_says_what_any_of_its_conditions_is():
    shown = repr(QUERY.where((A & C) | B))
    assert "any of  order_items.status: = 'complete' or users.state: = 'Texas'" in shown
    assert "order_items.quantity: > 3 or users.state: = 'Texas'" in shown


def test_what_would_take_too_many_controls_is_refused_with_the_way_out():
    pairs = [(field(f"a.f{n}") == 1) & (field(f"b.g{n}") == 1) for n in range(5)]
    four = pairs[0] | pairs[1] | pairs[2] | pairs[3]
    assert len(QUERY.where(four).to_dict()["controls"]) == 16
    with pytest.raises(omnipd.ArgumentError, match="more than 16 controls") as caught:
        QUERY.where(four | pairs[4])
    assert "run_sql" in caught.value.hint
    assert "(a & b) | c is (a | c) & (b | c)" in caught.value.hint


def test_many_that_must_all_hold_are_no_distribution():
    query = QUERY.where(*((field(f"a.f{n}") == 1) | (field("a.g") == n) for n in range(40)))
    assert len(query.to_dict()["controls"]) == 40


def test_rows_and_groups_in_one_or_are_refused_by_name(dated):
    query = QUERY.select("users.state").where((STATE == "Texas") | (ITEMS > 50))
    with pytest.raises(omnipd.ArgumentError, match=r"users\.state, which is a dim") as caught:
        query.run(client=dated)
    assert "order_items.count, which is a measure" in caught.value.message
    with pytest.raises(omnipd.PlanError, match="Measures and dimensions in one control"):
        query.run(client=dated, check=False)


def test_a_filter_that_does_not_fit_its_field_is_refused_in_an_or_too(dated):
    with pytest.raises(omnipd.ArgumentError, match=r"users\.state is STRING, and its filter is"):
        QUERY.where((STATE == 5) | (QUANTITY > 3)).run(client=dated)
    with pytest.raises(omnipd.ArgumentError, match=r"no field users\.stat"):
        QUERY.where((field("users.stat") == "x") | (QUANTITY > 3)).run(client=dated)
    selected = QUERY.select("users.state").where((STATE == 5) | (QUANTITY > 3))
    with pytest.raises(omnipd.QueryError, match=r"users\.state"):
        selected.run(client=dated, check=False)


def test_a_stored_result_of_the_same_or_is_found(dated):
    first = QUERY.where(A | B).run(client=dated, ttl="1h")
    again = QUERY.where(A | B).run(client=dated, ttl="1h")
    assert again.attrs["omni"]["from_cache"]
    assert again.equals(first)
    assert not QUERY.where(A | C).run(client=dated, ttl="1h").attrs["omni"]["from_cache"]


def test_pieces_along_a_time_keep_to_it(dated):
    query = (
        Query(ORDERS, "orders")
        .select("order_items.created_at[month]", "order_items.count")
        .where((A & C) | B)
        .where((ITEMS > 1) | (field("order_items.total_quantity") > 2))
    )
    whole = query.sort("order_items.created_at[month]").run(client=dated)
    pieces = omnipd.run_query_in_pieces(
        query, split_on="order_items.created_at", by="quarter", client=dated
    )
    assert pieces.attrs["omni"]["pieces"] > 3
    assert pieces.equals(whole)
