"""Pages of JSON: the same frame however the records are spread over them, whatever they hold."""

import json
import pickle
import urllib.parse
import warnings

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_server import answer

import omnipd
from omnipd.cache.lists import LARGEST_LIST
from omnipd.frames.records import TableBuilder
from omnipd.readers.content import CONTENT

TEXTS = st.sampled_from(["", "a", "a,b", "ü 🦆", "\x00", "\ud83d", '"', "\\", "None", "/x", "//x/"])
MOMENTS = st.sampled_from(
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00.123+02:00",
        "2026-03-01",
        "soon",
        0,
        1.5,
        "",
        "10000",
    ]
)
ODD = st.sampled_from([None, True, 0, 1.0, 2.5, 10**30, 1e300, [], {}, ["x"], {"id": 5}, "text"])
LABEL_LISTS = st.lists(
    st.sampled_from(
        ["a", "b, c", "%2C", "%252C,%", None, {"name": "d", "verified": True}, {"name": "e"}]
    )
)
USUAL = {
    "type": TEXTS,
    "name": TEXTS,
    "path": TEXTS,
    "ownerId": TEXTS,
    "owner": st.one_of(st.none(), st.fixed_dictionaries({}, optional={"id": TEXTS, "name": TEXTS})),
    "folder": st.one_of(
        st.none(), st.fixed_dictionaries({}, optional={"path": TEXTS, "id": TEXTS})
    ),
    "hasDashboard": st.booleans(),
    "labels": LABEL_LISTS,
    "_count": st.fixed_dictionaries({}, optional={"views": st.integers(0, 2**63 - 1)}),
    "visits": st.integers(-5, 2**64),
    "updatedAt": MOMENTS,
    "lastViewedAt": MOMENTS,
}
RECORDS = st.lists(
    st.one_of(
        st.fixed_dictionaries({}, optional=USUAL),
        st.fixed_dictionaries(
            {},
            optional={name: st.one_of(usual, ODD) for name, usual in USUAL.items()} | {"new": ODD},
        ),
    ),
    max_size=8,
)


def body(records, total=None, cursor=None, *, info_first=False, escaped=True):
    info = {"hasNextPage": cursor is not None, "nextCursor": cursor, "totalRecords": total}
    page = {"records": records, "pageInfo": info}
    page = dict(reversed(page.items())) if info_first else page
    text = json.dumps(page, separators=(",", ":"), ensure_ascii=escaped)
    return text.encode("utf-8", "surrogatepass")


def pages_of(records, size, **form):
    starts = range(0, max(1, len(records)), size)
    return [
        answer(
            body(
                records[start : start + size],
                len(records),
                str(start) if start + size < len(records) else None,
                **form,
            )
        )
        for start in starts
    ]


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_a_list_is_the_same_from_pages_of_any_size(scripted):
    client = client_of(scripted)

    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    @given(RECORDS, st.integers(1, 4), st.booleans(), st.booleans())
    def holds(records, size, info_first, escaped):
        records = [{"identifier": f"d{n}"} | record for n, record in enumerate(records)]
        escaped = escaped or "\\ud83d" in json.dumps(records)  # it has no UTF-8
        scripted.requests.clear()
        scripted.script(*pages_of(records, size, info_first=info_first, escaped=escaped))
        read = omnipd.read_content(client=client)
        pd.testing.assert_frame_equal(read, omnipd.flatten_content(records))
        assert read["document_identifier"].tolist() == [record["identifier"] for record in records]

    holds()


DOCUMENT = {
    "type": "document",
    "identifier": "d1",
    "owner": {"id": "m1", "name": "Ann"},
    "folder": None,
    "labels": ["a", "b, c"],
    "_count": {"views": 0},
    "updatedAt": "2026-03-01T12:00:00.5+01:00",
}


def client_of(scripted):
    return omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)


def table_of(records, together):
    """Return the table of some records that are read together, and what is warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        builder = TableBuilder(CONTENT.columns, together=together)
        builder.add(records)
        table = builder.finish()
    return table, [str(one.message) for one in caught]


@pytest.mark.thorough
def test_a_table_does_not_depend_on_which_records_are_read_together():
    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    @given(RECORDS)
    def holds(records):
        alone, said = table_of(records, 1)
        for together in (2, 3, 500):
            table, also_said = table_of(records, together)
            assert table.equals(alone)
            assert table.schema.equals(alone.schema)
            assert also_said == said

    holds()


@pytest.mark.parametrize(
    "odd",
    [
        {"brandNew": 1},
        {"name": 5},
        {"visits": 1.5},
        {"visits": True},
        {"visits": 2**63},
        {"hasApp": 1},
        {"owner": "m1"},
        {"owner": []},
        {"owner": [["id", "m1"]]},
        {"owner": {"id": "m1", "team": "t"}},
        {"labels": ["a", None]},
        {"labels": [{"name": "a", "verified": True}]},
        {"updatedAt": "soon"},
        {"updatedAt": 1_700_000_000_000},
        {"updatedAt": "9999-12-31T23:59:59-10:00"},
        {"name": "half \ud83d"},
    ],
)
def test_an_odd_record_changes_nothing_of_the_others(odd):
    records = [DOCUMENT, DOCUMENT | odd, DOCUMENT]
    alone, said = table_of(records, 1)
    together, also_said = table_of(records, 3)
    assert together.equals(alone)
    assert also_said == said
    for name in CONTENT.columns:
        first, _, last = together[name].to_pylist()
        assert first == last
    usual, _ = table_of([DOCUMENT], 1)
    untouched = [
        name
        for name in usual.column_names
        if together.schema.field(name).type == usual.schema.field(name).type
    ]
    assert together.slice(0, 1).select(untouched).equals(usual.select(untouched))


PLAIN = ["a", "b, c"]
OBJECTS = [{"name": "a", "verified": True}, {"name": "b, c", "verified": False}]
#: Labels as they are sent → as they are held, and which of them are held as verified.
LABEL_SHAPES = [
    (PLAIN, "a,b%2C c", None),
    (OBJECTS, "a,b%2C c", "a"),
    ([*OBJECTS, "d"], "a,b%2C c,d", None),
    ([{"name": "a"}], "a", None),
    ([{"name": "a", "verified": None}], "a", ""),
    ([], "", ""),
    (None, None, None),
]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_labels_of_every_shape_are_read_on_one_page_and_over_pages(scripted, size):
    records = [
        {"identifier": f"d{place}", "labels": labels}
        for place, (labels, _, _) in enumerate(LABEL_SHAPES)
    ]
    scripted.script(*pages_of(records, size))
    df = omnipd.read_content(client=client_of(scripted))
    assert [held(value) for value in df["labels"]] == [names for _, names, _ in LABEL_SHAPES]
    assert [held(value) for value in df["labels_verified"]] == [sure for *_, sure in LABEL_SHAPES]


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_keys_that_are_on_some_pages_only_are_kept_where_they_were(scripted, size):
    records = [
        {"identifier": "d0", "owner": {"id": "m"}},
        {"identifier": "d1", "owner": {"id": "m", "team": None}, "pinned": True},
        {"identifier": "d2", "pinned": False, "old": {"b": 2, "a": [1.0, 10**30]}},
        {"identifier": "d3", "pinned": None},
        {"identifier": "d4", "owner": "Ann", "pinned": 1, "owner.team": "x"},
        {"identifier": "d5", "owner": None},
    ]
    scripted.script(*pages_of(records, size))
    with pytest.warns(omnipd.OmniWarning, match="'extra': old, owner, owner.team, pinned$") as said:
        df = omnipd.read_content(client=client_of(scripted))
    assert len(said) == 1
    assert [held(value) for value in df["extra"]] == [
        None,
        '{"owner.team":null,"pinned":true}',
        '{"old":{"b":2,"a":[1.0,1000000000000000000000000000000]},"pinned":false}',
        '{"pinned":null}',
        '{"owner":"Ann","owner.team":"x","pinned":1}',
        None,
    ]
    assert [held(value) for value in df["owner_id"]] == ["m", "m", None, None, None, None]


def test_a_key_with_a_dot_never_makes_a_name_come_twice_in_the_extra():
    record = {"owner": {"id": "m", "team": 1}, "owner.team": 2}
    for records in ([record], [record, {"owner.team": 3}], [{"owner": {"team": 4}}, record]):
        table, _ = table_of(records, 500)
        for owner, extra in zip(
            table["owner_id"].to_pylist(), table["extra"].to_pylist(), strict=True
        ):
            if owner is not None:
                assert json.loads(extra, object_pairs_hook=list) == [("owner.team", 1)]


def held(value):
    return None if pd.isna(value) else value


def test_a_row_that_comes_again_on_a_later_page_is_seen(scripted):
    first, second = body([DOCUMENT], 2, "c"), body([DOCUMENT], 2)
    scripted.script(*[answer(first), answer(second)] * 2)
    with pytest.raises(omnipd.IncompleteReadError, match="came twice") as caught:
        omnipd.read_content(client=client_of(scripted))
    assert caught.value.partial["document_identifier"].tolist() == ["d1"]


def test_an_error_carries_the_pages_before_it(scripted):
    scripted.script(answer(body([DOCUMENT], 2, "c")), answer(b"", 403))
    with pytest.raises(omnipd.ForbiddenError, match="Read before it: 1 page") as caught:
        omnipd.read_content(client=client_of(scripted))
    assert caught.value.partial["document_identifier"].tolist() == ["d1"]


GARBLED = body([DOCUMENT | {"identifier": "d2"}], 2).replace(b'"views":0', b'"views":')


def test_a_page_garbled_in_its_middle_is_asked_for_once_more(scripted):
    good = body([DOCUMENT | {"identifier": "d2"}], 2)
    scripted.script(answer(body([DOCUMENT], 2, "c")), answer(GARBLED), answer(good))
    client = client_of(scripted)
    df = omnipd.read_content(client=client)
    assert df["document_identifier"].tolist() == ["d1", "d2"]
    assert client.requests_sent == len(scripted.requests) == 3
    assert "cursor=c" in scripted.requests[2][1]


@pytest.mark.failure("cut-body")
def test_a_page_that_stays_garbled_is_an_error_with_the_pages_before_it(scripted):
    scripted.script(answer(body([DOCUMENT], 2, "c")), answer(GARBLED))
    with pytest.raises(omnipd.ResponseError, match="not JSON") as caught:
        omnipd.read_content(client=client_of(scripted))
    assert caught.value.partial["document_identifier"].tolist() == ["d1"]
    assert len(scripted.requests) > 2


@pytest.mark.failure("cut-body")
def test_a_garbled_page_is_never_served_from_the_cache(scripted, tmp_path):
    good = answer(body([DOCUMENT | {"identifier": "d2"}], 2))
    scripted.script(answer(body([DOCUMENT], 2, "c")), answer(GARBLED), good)
    client = omnipd.connect(scripted.url, "key", requests_per_minute=None, cache_dir=tmp_path)
    first = omnipd.read_content(client=client)
    again = omnipd.read_content(client=client)
    assert (again.attrs["omni"]["from_cache"], len(scripted.requests)) == (True, 3)
    pd.testing.assert_frame_equal(again, first)


@pytest.mark.parametrize("escaped", [True, False])
def test_a_cursor_in_any_script_is_sent_back_as_it_came(scripted, escaped):
    first = body([DOCUMENT], 2, "Überblick|1 🦆", escaped=escaped)
    scripted.script(answer(first), answer(body([DOCUMENT | {"identifier": "d2"}], 2)))
    omnipd.read_content(client=client_of(scripted))
    query = urllib.parse.parse_qs(scripted.requests[1][1].partition("?")[2])
    assert query["cursor"] == ["Überblick|1 🦆"]


@pytest.mark.parametrize(
    ("reader", "key", "record", "column"),
    [
        (omnipd.read_labels, "labels", {"name": "a"}, "label"),
        (omnipd.read_connections, "connections", {"id": "c", "name": "a"}, "name"),
    ],
)
def test_a_list_in_one_piece_may_have_a_page_info(scripted, reader, key, record, column):
    scripted.script(
        answer({key: [record], "pageInfo": {"hasNextPage": False, "totalRecords": 1}}),
    )
    with client_of(scripted):
        assert reader()[column].tolist() == ["a"]


@pytest.mark.parametrize(
    "more",
    [{"hasNextPage": True}, {"nextCursor": "x"}, {"pageInfo": {"hasNextPage": True}}],
)
def test_a_list_in_one_piece_that_says_there_is_more_is_no_list(scripted, more):
    scripted.script(answer({"connections": [{"id": "a", "name": "a"}]} | more))
    with pytest.raises(omnipd.ResponseError, match="there is more"):
        omnipd.read_connections(client=client_of(scripted))


@pytest.mark.parametrize("word", ["hasMore", "has_next_page", "next", "nextLink", "cursor"])
def test_an_unknown_list_that_says_there_is_more_is_no_list(scripted, word):
    scripted.script(answer({"records": [{"id": "a"}], word: "yes"}))
    with pytest.raises(omnipd.ResponseError, match="there is more"):
        omnipd.read_records("/api/v1/things", client=client_of(scripted))


@pytest.mark.parametrize("word", ["total", "totalCount", "total_records", "totalRecords"])
def test_an_unknown_list_is_held_to_its_own_count(scripted, word):
    scripted.script(answer({"records": [{"id": "a"}], word: 5}))
    with pytest.raises(omnipd.IncompleteReadError, match="counts 5 and sent 1"):
        omnipd.read_records("/api/v1/things", client=client_of(scripted))


@pytest.mark.parametrize("limit", [None, 50])
def test_a_list_that_only_repeats_itself_comes_to_an_end(scripted, limit):
    def step(target):
        return answer(body([DOCUMENT, {"identifier": "d2"}], 50, f"c{len(scripted.requests)}"))

    scripted.by_target = step
    with pytest.raises(omnipd.ResponseError, match="no new row") as caught:
        omnipd.read_content(limit=limit, client=client_of(scripted))
    assert caught.value.partial["document_identifier"].tolist() == ["d1", "d2"]
    assert len(scripted.requests) < 50


def test_a_redirect_that_names_no_query_keeps_the_filters(scripted):
    scripted.script(answer(b"", 301, Location="/api/v2/content"), answer(body([DOCUMENT], 1)))
    omnipd.read_content(path="/finance", client=client_of(scripted))
    (_, first, *_), (_, second, *_) = scripted.requests
    assert second == first.replace("/api/v1/", "/api/v2/")


def test_a_list_too_large_for_the_cache_is_not_kept_in_memory(scripted, tmp_path):
    long = {"identifier": "d1", "description": "x" * LARGEST_LIST}
    scripted.script(answer(body([long], 1)))
    client = omnipd.connect(scripted.url, "key", requests_per_minute=None, cache_dir=tmp_path)
    assert len(omnipd.read_content(client=client)) == 1
    assert not list(tmp_path.rglob("*.json"))


def test_a_null_beside_a_value_of_another_type_stays_null(scripted):
    people = [{"id": "u1", "emails": []}, {"id": "u2", "emails": "x@y"}]
    scripted.script(answer({"Resources": people, "totalResults": 2}))
    with pytest.warns(omnipd.OmniWarning, match="another type"):
        df = omnipd.read_users(client=client_of(scripted))
    assert df["email"].isna().tolist() == [True, False]


def test_a_request_that_was_made_cannot_be_pickled(scripted):
    scripted.script(answer(body([DOCUMENT], 1)))
    client = client_of(scripted)
    omnipd.read_content(client=client)
    with pytest.raises(TypeError, match="holds a key"):
        pickle.dumps(client._transport._last_get)
