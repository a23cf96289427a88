"""Pages that are parsed many at a time: the same frame as record by record, whatever they hold."""

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_server import answer

import omnipd
from omnipd.arrowpages import ArrowPages
from omnipd.content import CONTENT
from omnipd.unread import glance

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


def body(records, total=None, cursor=None, *, info_first=False):
    info = {"hasNextPage": cursor is not None, "nextCursor": cursor, "totalRecords": total}
    page = {"records": records, "pageInfo": info}
    page = dict(reversed(page.items())) if info_first else page
    return json.dumps(page, separators=(",", ":")).encode()


def pages_of(records, size, *, info_first):
    starts = range(0, max(1, len(records)), size)
    return [
        answer(
            body(
                records[start : start + size],
                len(records),
                str(start) if start + size < len(records) else None,
                info_first=info_first,
            )
        )
        for start in starts
    ]


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_a_list_is_the_same_parsed_together_and_record_by_record(scripted):
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)

    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    @given(RECORDS, st.integers(1, 4), st.booleans())
    def holds(records, size, info_first):
        records = [{"identifier": f"d{n}"} | record for n, record in enumerate(records)]
        frames = []
        for limit in (None, 1000):  # with a limit, rows are read record by record
            scripted.requests.clear()
            scripted.script(*pages_of(records, size, info_first=info_first))
            frames.append(omnipd.read_content(limit=limit, client=client))
        together, one_by_one = frames
        pd.testing.assert_frame_equal(together, one_by_one)
        assert together["identifier"].tolist() == [record["identifier"] for record in records]

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


def columns_of(*bodies):
    arrays = ArrowPages.of(CONTENT.columns, "records").read(bodies)
    return arrays and {name: array.to_pylist() for name, array in arrays.items()}


def test_usual_pages_are_read_together():
    other = {"identifier": "d2", "ownerId": "m2", "labels": []}
    columns = columns_of(body([DOCUMENT]), body([other], info_first=True))
    assert columns["identifier"] == ["d1", "d2"]
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
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    with pytest.raises(omnipd.IncompleteReadError, match="came twice") as caught:
        omnipd.read_content(client=client)
    assert caught.value.partial["identifier"].tolist() == ["d1"]


def test_an_error_carries_the_pages_that_were_not_parsed_yet(scripted):
    scripted.script(answer(body([DOCUMENT], 2, "c")), answer(b"", 403))
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    with pytest.raises(omnipd.ForbiddenError, match="Read before it: 1 page") as caught:
        omnipd.read_content(client=client)
    assert caught.value.partial["identifier"].tolist() == ["d1"]


def test_a_page_garbled_in_its_middle_is_an_error_with_the_pages_before_it(scripted):
    garbled = body([DOCUMENT | {"identifier": "d2"}], 2).replace(b'"views":0', b'"views":')
    scripted.script(answer(body([DOCUMENT], 2, "c")), answer(garbled))
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    with pytest.raises(omnipd.ResponseError, match="not JSON") as caught:
        omnipd.read_content(client=client)
    assert caught.value.partial["identifier"].tolist() == ["d1"]
