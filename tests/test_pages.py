"""Pages that are parsed many at a time: the same frame as record by record, whatever they hold."""

import json
import pickle
import urllib.parse

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_server import answer

import omnipd
from omnipd.cache.lists import LARGEST_WALK
from omnipd.lists.deferred_page import glance
from omnipd.lists.parse_pages import ArrowPages
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


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_a_list_is_the_same_parsed_together_and_record_by_record(scripted):
    client = client_of(scripted)

    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    @given(RECORDS, st.integers(1, 4), st.booleans(), st.booleans())
    def holds(records, size, info_first, escaped):
        records = [{"identifier": f"d{n}"} | record for n, record in enumerate(records)]
        escaped = escaped or "\\ud83d" in json.dumps(records)  # it has no UTF-8
        frames = []
        for limit in (None, 1000):  # with a limit, rows are read record by record
            scripted.requests.clear()
            scripted.script(*pages_of(records, size, info_first=info_first, escaped=escaped))
            frames.append(omnipd.read_content(limit=limit, client=client))
        together, one_by_one = frames
        pd.testing.assert_frame_equal(together, one_by_one)
        assert together["document_identifier"].tolist() == [
            record["identifier"] for record in records
        ]

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


def columns_of(*bodies):
    read = ArrowPages.of(CONTENT.columns, "records").read(bodies)
    return read and {name: array.to_pylist() for name, array in read[0].items()}


def test_usual_pages_are_read_together():
    other = {"identifier": "d2", "ownerId": "m2", "labels": []}
    columns = columns_of(body([DOCUMENT]), body([other], info_first=True))
    assert columns["document_identifier"] == ["d1", "d2"]
    assert columns["owner_id"] == ["m1", "m2"]
    assert columns["labels"] == ["a,b%2C c", ""]
    assert columns["labels_verified"] == [None, ""]
    assert columns["count_views"] == [0, None]
    assert [str(moment) for moment in columns["updated_at"]] == [
        "2026-03-01 11:00:00.500000+00:00",
        "None",
    ]
    assert columns["extra"] == [None, None]


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
        {"owner": {"id": "m1", "team": "t"}},
        {"labels": ["a", None]},
        {"labels": [{"name": "a", "verified": True}]},
        {"updatedAt": "soon"},
        {"updatedAt": 1_700_000_000_000},
        {"updatedAt": "9999-12-31T23:59:59-10:00"},
        {"name": "half \ud83d"},
    ],
)
def test_an_odd_record_is_left_to_the_other_reader(odd):
    assert columns_of(body([DOCUMENT])) is not None
    assert columns_of(body([DOCUMENT, DOCUMENT | odd])) is None


def test_what_is_no_json_is_left_to_the_other_reader():
    good = body([DOCUMENT])
    assert columns_of(good.replace(b'"d1"', b'"d\xff"')) is None
    assert columns_of(good.replace(b'"views":0', b'"views":NaN')) is None
    assert columns_of(good[:-40], good[-40:]) is None
    assert columns_of(good, good[:-1]) is None


def test_a_key_that_comes_twice_in_a_record_is_left_to_the_other_reader():
    assert columns_of(body([DOCUMENT]).replace(b'"d1",', b'"d1","identifier":"d2",')) is None


@pytest.mark.parametrize("info_first", [False, True])
@pytest.mark.parametrize("indent", [None, 2])
def test_the_page_info_is_read_without_the_rows(info_first, indent):
    page = json.loads(body([DOCUMENT, {"name": '}],"pageInfo":{"hasNextPage":true}}'}], 7, "next"))
    page = dict(reversed(page.items())) if info_first else page
    info = glance(json.dumps(page, indent=indent).encode(), "records").info
    assert info == {"hasNextPage": True, "nextCursor": "next", "totalRecords": 7}


@pytest.mark.parametrize(
    "unusual",
    [
        b"",
        b"[]",
        b"<html>",
        b'{"records":[],"pageInfo":{"hasNextPage":false}}',
        b'{"records":[{"pageInfo":{"hasNextPage":false}}]}',
        b'{"records":[{"x":[{}],"pageInfo":{"hasNextPage":false}}]}',
        b'{"records":[{}],"pageInfo":{"hasNextPage":false},"more":1}',
        b'{"records":[{}],"pageInfo":{"hasNextPage":false}',
        b'{"records":[{}],"pageInfo":{"hasNextPage":false}}{}',
        b'{"records":[{}],"pageInfo":null}',
        b'{"pageInfo":{"hasNextPage":false},"more":[],"records":[{}]}',
        b'{"pageInfo":{"hasNextPage":false},"records":[{}],"more":{}}',
        b'{"data":[{}],"pageInfo":{"hasNextPage":false}}',
    ],
)
def test_any_other_body_is_for_the_parser(unusual):
    assert glance(unusual, "records") is None


def test_a_row_that_comes_again_on_a_later_page_is_seen(scripted):
    first, second = body([DOCUMENT], 2, "c"), body([DOCUMENT], 2)
    scripted.script(*[answer(first), answer(second)] * 2)
    with pytest.raises(omnipd.IncompleteReadError, match="came twice") as caught:
        omnipd.read_content(client=client_of(scripted))
    assert caught.value.partial["document_identifier"].tolist() == ["d1"]


def test_an_error_carries_the_pages_that_were_not_parsed_yet(scripted):
    scripted.script(answer(body([DOCUMENT], 2, "c")), answer(b"", 403))
    with pytest.raises(omnipd.ForbiddenError, match="Read before it: 1 page") as caught:
        omnipd.read_content(client=client_of(scripted))
    assert caught.value.partial["document_identifier"].tolist() == ["d1"]


GARBLED = body([DOCUMENT | {"identifier": "d2"}], 2).replace(b'"views":0', b'"views":')


def test_a_page_garbled_in_its_middle_is_asked_for_once_more(scripted):
    good = body([DOCUMENT | {"identifier": "d2"}], 2)
    scripted.script(answer(body([DOCUMENT], 2, "c")), answer(GARBLED), answer(good))
    df = omnipd.read_content(client=client_of(scripted))
    assert df["document_identifier"].tolist() == ["d1", "d2"]
    assert df.attrs["omni"]["requests"] == len(scripted.requests) == 3
    assert "cursor=c" in scripted.requests[2][1]


def test_a_page_that_stays_garbled_is_an_error_with_the_pages_before_it(scripted):
    scripted.script(answer(body([DOCUMENT], 2, "c")), answer(GARBLED))
    with pytest.raises(omnipd.ResponseError, match="not JSON") as caught:
        omnipd.read_content(client=client_of(scripted))
    assert caught.value.partial["document_identifier"].tolist() == ["d1"]
    assert len(scripted.requests) > 2


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
    long = {"identifier": "d1", "description": "x" * LARGEST_WALK}
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
        pickle.dumps(client._transport._blank)
