"""A list comes whole or not at all, whatever the server does to its pages."""

import warnings

import numpy as np
import pytest
from faults.given import client_of
from scripted_server import after, answer, document, hang_up, page, reset

import omnipd
from omnipd import (
    BadRequestError,
    IncompleteReadError,
    NetworkError,
    OmniWarning,
    ResponseError,
    ServerError,
)


def documents(*names):
    return [document(name) for name in names]


def raw_page(records, **info):
    return answer({"records": records, "pageInfo": info})


def nothing_is_kept(client):
    return not list(client.cache.folder.glob("*")) if client.cache.folder.exists() else True


def read(client, **more):
    return omnipd.read_content(client=client, **more)


def cursors(scripted):
    return [request[1].partition("cursor=")[2] for request in scripted.requests]


def test_a_list_of_many_pages_is_one_frame_and_one_request_a_page(scripted, fake_time):
    scripted.script(
        page(*documents("a", "b"), cursor="é/+=& 1", total=5),
        page(*documents("c", "d"), cursor="2", total=5),
        page(*documents("e"), total=5),
    )
    with client_of(scripted, fake_time) as client:
        assert read(client)["document_identifier"].tolist() == list("abcde")
    assert cursors(scripted) == ["", "%C3%A9%2F%2B%3D%26+1", "2"]
    same = {request[1].partition("&cursor=")[0] for request in scripted.requests}
    assert len(same) == 1


CONTRADICTIONS = {
    "the same cursor again": [
        page(*documents("a"), cursor="c", total=3),
        page(*documents("b"), cursor="c", total=3),
    ],
    "cursors in a circle": [
        page(*documents("a"), cursor="1", total=9),
        page(*documents("b"), cursor="2", total=9),
        page(*documents("c"), cursor="1", total=9),
    ],
    "a promised page without a cursor": [
        page(*documents("a"), cursor="c", total=3),
        raw_page(documents("b"), hasNextPage=True, nextCursor=None, totalRecords=3),
    ],
    "an empty cursor": [
        page(*documents("a"), cursor="c", total=3),
        raw_page(documents("b"), hasNextPage=True, nextCursor="", totalRecords=3),
    ],
    "a cursor that is a list": [
        page(*documents("a"), cursor="c", total=3),
        raw_page(documents("b"), hasNextPage=True, nextCursor=["x"], totalRecords=3),
    ],
    "a cursor that is true": [
        page(*documents("a"), cursor="c", total=3),
        raw_page(documents("b"), hasNextPage=True, nextCursor=True, totalRecords=3),
    ],
    "no pageInfo": [
        page(*documents("a"), cursor="c", total=2),
        answer({"records": documents("b")}),
    ],
    "pageInfo that is null": [
        page(*documents("a"), cursor="c", total=2),
        answer({"records": documents("b"), "pageInfo": None}),
    ],
    "hasNextPage as text": [
        page(*documents("a"), cursor="c", total=2),
        raw_page(documents("b"), hasNextPage="false", totalRecords=2),
    ],
    "hasNextPage missing": [
        page(*documents("a"), cursor="c", total=2),
        raw_page(documents("b"), nextCursor=None, totalRecords=2),
    ],
    "no records": [
        page(*documents("a"), cursor="c", total=2),
        answer({"pageInfo": {"hasNextPage": False, "totalRecords": 2}}),
    ],
    "records that are null": [
        page(*documents("a"), cursor="c", total=2),
        answer({"records": None, "pageInfo": {"hasNextPage": False, "totalRecords": 2}}),
    ],
    "records that are an object": [
        page(*documents("a"), cursor="c", total=2),
        answer({"records": {"0": document("b")}, "pageInfo": {"hasNextPage": False}}),
    ],
    "a record that is null": [
        page(*documents("a"), cursor="c", total=2),
        answer({"records": [None], "pageInfo": {"hasNextPage": False, "totalRecords": 2}}),
    ],
    "a record that is text": [
        page(*documents("a"), cursor="c", total=2),
        answer({"records": ["b"], "pageInfo": {"hasNextPage": False, "totalRecords": 2}}),
    ],
    "a record without any key": [
        page(*documents("a"), cursor="c", total=2),
        page({"type": "document", "name": "nameless"}, total=2),
    ],
    "four empty pages": [
        page(*documents("a"), cursor="1", total=9),
        *[page(cursor=f"{number}", total=9) for number in range(2, 6)],
    ],
}


@pytest.mark.failure("circling-cursor", "no-rows")
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("steps", CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_contradiction_is_a_response_error_and_ends_the_read(scripted, fake_time, steps, strict):
    scripted.script(*steps)
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError) as caught:
        read(client, strict=strict)
    assert len(scripted.requests) == len(steps)
    assert caught.value.partial["document_identifier"].tolist()[0] == "a"
    assert caught.value.partial.attrs["omni"]["complete"] is False
    assert "page(s)" in caught.value.__notes__[-1]
    assert caught.value.url == f"{scripted.url}/api/v1/content"
    assert nothing_is_kept(client)


@pytest.mark.failure("good-status")
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("no", ["success", "ok"])
def test_a_failure_with_a_good_status_keeps_its_words(scripted, fake_time, no, strict):
    scripted.script(
        page(*documents("a"), cursor="c", total=2), answer({"error": "Index is rebuilt", no: False})
    )
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(BadRequestError, match="200 with a failure: Index is rebuilt") as caught,
    ):
        read(client, strict=strict)
    assert len(scripted.requests) == 2
    assert caught.value.partial["document_identifier"].tolist() == ["a"]
    assert nothing_is_kept(client)


def test_a_list_that_is_a_failure_with_a_good_status_is_no_empty_list(scripted, fake_time):
    scripted.script(answer({"success": False, "records": [], "pageInfo": {"hasNextPage": False}}))
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(BadRequestError, match="no reason given"),
    ):
        read(client)


def test_a_contradiction_on_the_first_page_has_nothing_read_before_it(scripted, fake_time):
    scripted.script(answer({"records": documents("a")}))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError) as caught:
        read(client)
    assert caught.value.partial is None


@pytest.mark.failure("empty-page")
@pytest.mark.parametrize("number", [1, 3])
def test_a_few_empty_pages_are_passed_over(scripted, fake_time, number):
    empty = [page(cursor=f"e{index}", total=2) for index in range(number)]
    scripted.script(
        page(*documents("a"), cursor="e", total=2), *empty, page(*documents("b"), total=2)
    )
    with client_of(scripted, fake_time) as client:
        assert read(client)["document_identifier"].tolist() == ["a", "b"]


def test_empty_pages_that_are_not_in_a_row_do_not_add_up(scripted, fake_time):
    steps = []
    for index in range(4):
        steps += [
            page(cursor=f"e{index}", total=4),
            page(*documents(f"d{index}"), cursor=f"d{index}", total=4),
        ]
    scripted.script(*steps, page(total=4))
    with client_of(scripted, fake_time) as client:
        assert len(read(client)) == 4


def test_a_next_cursor_on_the_last_page_is_not_followed(scripted, fake_time):
    scripted.script(raw_page(documents("a"), hasNextPage=False, nextCursor="more", totalRecords=1))
    with client_of(scripted, fake_time) as client:
        assert len(read(client)) == 1
    assert len(scripted.requests) == 1


def test_an_empty_list_is_a_frame_with_all_its_columns(scripted, fake_time):
    scripted.script(page(total=0))
    with client_of(scripted, fake_time) as client:
        df = read(client)
    assert len(df) == 0
    assert df["name"].dtype == "string[pyarrow]"


# --- a cursor that is refused

REFUSED = answer({"detail": "Bad Request: cursor: Invalid cursor", "status": 400}, 400)


@pytest.mark.failure("lost-cursor")
def test_a_refused_cursor_restarts_the_list_once(scripted, fake_time):
    scripted.script(
        page(*documents("a"), cursor="old", total=2),
        REFUSED,
        page(*documents("a"), cursor="new", total=2),
        page(*documents("b"), total=2),
    )
    with client_of(scripted, fake_time) as client:
        df = read(client)
        assert df["document_identifier"].tolist() == ["a", "b"]
        assert df.attrs["omni"]["complete"] is True
        assert cursors(scripted) == ["", "old", "", "new"]
        again = read(client)
    assert len(scripted.requests) == 4
    assert again["document_identifier"].tolist() == ["a", "b"]


@pytest.mark.failure("lost-cursor")
@pytest.mark.parametrize("strict", [True, False])
def test_a_cursor_that_is_refused_twice_is_an_incomplete_read(scripted, fake_time, strict):
    first = page(*documents("a"), cursor="old", total=2)
    scripted.script(first, REFUSED, first, REFUSED)
    with client_of(scripted, fake_time) as client, pytest.raises(IncompleteReadError) as caught:
        read(client, strict=strict)
    assert len(scripted.requests) == 4
    assert caught.value.partial["document_identifier"].tolist() == ["a"]
    assert "Invalid cursor" in str(caught.value)
    assert nothing_is_kept(client)


def test_a_first_page_that_is_refused_is_not_asked_for_again(scripted, fake_time):
    scripted.script(answer({"detail": "Bad Request: pageSize: cannot exceed 50"}, 400))
    with client_of(scripted, fake_time) as client, pytest.raises(BadRequestError):
        read(client)
    assert len(scripted.requests) == 1


# --- lists that do not add up

ODD = {
    "fewer than the total": [
        page(*documents("a"), cursor="c", total=3),
        page(*documents("b"), total=3),
    ],
    "more than the total": [
        page(*documents("a", "b"), cursor="c", total=3),
        page(*documents("c", "d"), total=3),
    ],
    "none of many": [page(cursor="c", total=3), page(total=3)],
    "the total changes": [
        page(*documents("a"), cursor="c", total=3),
        page(*documents("b"), total=2),
    ],
    "the total vanishes": [
        page(*documents("a"), cursor="c", total=2),
        raw_page(documents("b"), hasNextPage=False),
    ],
    "a row comes twice": [
        page(*documents("a", "b"), cursor="c", total=3),
        page(*documents("b"), total=3),
    ],
    "a row twice and one too few, so that the count agrees": [
        page(*documents("a", "b"), cursor="c", total=3),
        page(*documents("b", "c"), total=3),
    ],
    "a row twice on one page": [
        page(*documents("a", "a"), cursor="c", total=3),
        page(*documents("b"), total=3),
    ],
}


@pytest.mark.failure("wrong-total")
@pytest.mark.parametrize("steps", ODD.values(), ids=ODD.keys())
def test_a_list_that_does_not_add_up_twice_is_an_incomplete_read(scripted, fake_time, steps):
    scripted.script(*steps, *steps)
    with client_of(scripted, fake_time) as client, pytest.raises(IncompleteReadError) as caught:
        read(client)
    assert len(scripted.requests) == 4
    assert "/api/v1/content does not add up" in str(caught.value)
    assert caught.value.partial is not None
    assert caught.value.partial["document_identifier"].is_unique
    assert nothing_is_kept(client)


@pytest.mark.failure("wrong-total")
@pytest.mark.parametrize("steps", ODD.values(), ids=ODD.keys())
def test_a_list_that_adds_up_the_second_time_is_taken(scripted, fake_time, steps):
    good = [page(*documents("a", "b"), cursor="c", total=3), page(*documents("c"), total=3)]
    scripted.script(*steps, *good)
    with client_of(scripted, fake_time) as client:
        df = read(client)
        assert df["document_identifier"].tolist() == ["a", "b", "c"]
        assert df.attrs["omni"]["complete"] is True
        assert df.attrs["omni"]["requests"] == len(steps) + 2
        # What is kept is the second reading, and it alone.
        assert read(client)["document_identifier"].tolist() == ["a", "b", "c"]
    assert len(scripted.requests) == len(steps) + 2


@pytest.mark.failure("wrong-total")
@pytest.mark.parametrize("steps", ODD.values(), ids=ODD.keys())
def test_not_strict_takes_what_there_is_and_marks_it(scripted, fake_time, steps):
    scripted.script(*steps, *steps)
    with (
        client_of(scripted, fake_time) as client,
        pytest.warns(OmniWarning, match="does not add up"),
    ):
        df = read(client, strict=False)
    assert df["document_identifier"].is_unique
    assert df.attrs["omni"]["complete"] is False
    assert nothing_is_kept(client)


def test_what_is_marked_incomplete_is_not_exported_by_accident(scripted, fake_time, tmp_path):
    scripted.script(page(*documents("a"), total=2))
    with client_of(scripted, fake_time) as client, pytest.warns(OmniWarning):
        df = read(client, strict=False)
    with pytest.raises(omnipd.ExportIncompleteError):
        omnipd.to_parquet(df, tmp_path / "x.parquet")
    assert list(tmp_path.glob("*.parquet")) == []


@pytest.mark.failure("wrong-total")
def test_a_long_list_is_not_read_twice(scripted, fake_time):
    pages = [page(*documents(f"d{n}"), cursor=f"c{n}", total=99) for n in range(11)]
    scripted.script(*pages, page(*documents("last"), total=99))
    with client_of(scripted, fake_time) as client, pytest.raises(IncompleteReadError):
        read(client)
    assert len(scripted.requests) == 12


def test_a_limit_stops_early_and_needs_no_total(scripted, fake_time):
    scripted.script(page(*documents("a", "b"), cursor="c", total=999))
    with client_of(scripted, fake_time) as client:
        df = read(client, limit=1)
    assert df["document_identifier"].tolist() == ["a"]
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("total", ["2", 2.0, True, -1, None, [2]])
def test_an_odd_total_is_never_a_crash(scripted, fake_time, total):
    scripted.script(raw_page(documents("a", "b"), hasNextPage=False, totalRecords=total))
    with client_of(scripted, fake_time) as client:
        try:
            assert len(read(client)) == 2
        except IncompleteReadError:
            assert total in {-1, "2"} or isinstance(total, float)


# --- a page that fails after its retries

FAILURES = {
    "reset": (reset, NetworkError, 5),
    "cut": (after(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{", hang_up), NetworkError, 5),
    "503": (answer(b"", 503), ServerError, 5),
    "500": (answer(b"", 500), ServerError, 3),
    "garbage": (answer(b"{"), ResponseError, 2),
}


@pytest.mark.parametrize(("fault", "kind", "tries"), FAILURES.values(), ids=FAILURES.keys())
@pytest.mark.parametrize("strict", [True, False])
def test_a_page_that_fails_fails_the_list(scripted, fake_time, fault, kind, tries, strict):
    scripted.script(
        page(*documents("a", "b"), cursor="1", total=5),
        page(*documents("c"), cursor="2", total=5),
        fault,
    )
    with client_of(scripted, fake_time) as client:
        with pytest.raises(kind) as caught:
            read(client, strict=strict)
        assert len(scripted.requests) == 2 + tries
        assert caught.value.partial["document_identifier"].tolist() == ["a", "b", "c"]
        assert "2 page(s), 3 of 5 rows" in caught.value.__notes__[-1]
        assert nothing_is_kept(client)
        # The next call reads from the start: no half of the first reading is taken.
        scripted.requests.clear()
        scripted.script(page(*documents("x"), total=1))
        assert read(client)["document_identifier"].tolist() == ["x"]


# --- lists of endpoints that omnipd does not know


def test_an_empty_bare_list_is_asked_for_once(scripted, fake_time):
    scripted.script(answer([]))
    with client_of(scripted, fake_time) as client:
        assert len(omnipd.read_records("/api/v1/drafts", client=client)) == 0
    assert len(scripted.requests) == 1


def test_no_value_of_an_unknown_list_is_lost_to_a_name_that_meets_another(scripted, fake_time):
    scripted.script(answer([{"ownerId": "a", "owner": {"id": "b"}, "owner_id": "c"}]))
    with client_of(scripted, fake_time) as client:
        df = omnipd.read_records("/api/v1/new", client=client)
    assert sorted(df.iloc[0].astype(str)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "body",
    [{}, {"a": 1}, {"a": [], "b": []}, {"a": [1, 2]}, [1, 2], [[]], {"records": {}}, [None]],
)
def test_what_is_no_list_of_objects_is_a_response_error(scripted, fake_time, body):
    scripted.script(answer(body))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError):
        omnipd.read_records("/api/v1/new", client=client)


def test_an_unknown_list_is_read_with_the_same_rules(scripted, fake_time):
    scripted.script(
        raw_page([{"n": 1}], hasNextPage=True, nextCursor="2", totalRecords=3),
        raw_page([{"n": 2}], hasNextPage=True, nextCursor="2", totalRecords=3),
    )
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError) as caught:
        omnipd.read_records("/api/v1/new", client=client)
    assert caught.value.partial["n"].tolist() == [1, 2]


def test_a_limit_may_be_a_whole_number_of_numpy(scripted, fake_time):
    scripted.script(page(*documents("a", "b", "c"), cursor="2", total=9))
    with client_of(scripted, fake_time) as client:
        assert read(client, limit=np.int64(2))["document_identifier"].tolist() == ["a", "b"]
        for limit in (np.True_, np.float64(2.0), 2.0, "2", True, 0):
            with pytest.raises(omnipd.ArgumentError, match="whole number of rows, 1 or more"):
                read(client, limit=limit)


ODD_RECORDS = {
    "types that differ": [{"a": 1}, {"a": "x"}, {"a": [1]}, {"a": {"b": 1}}, {"a": None}],
    "huge numbers": [{"a": 2**70}, {"a": -(2**70)}],
    "no keys": [{}, {}],
    "an empty key": [{"": 1, "_": 2, "__": 3}],
    "nested empty keys": [{"a": {"": 1}, "a_": 2}],
    "floats and whole numbers": [{"a": 1}, {"a": 1.5}],
    "whole numbers beyond a double": [{"a": 2**60 + 1}, {"a": 0.5}],
}


@pytest.mark.parametrize("records", ODD_RECORDS.values(), ids=ODD_RECORDS.keys())
def test_odd_records_of_an_unknown_list_become_a_frame(scripted, fake_time, tmp_path, records):
    scripted.script(answer(records))
    with client_of(scripted, fake_time) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", OmniWarning)
        df = omnipd.read_records("/api/v1/new", client=client)
    assert len(df) == len(records)
    leaves = sum(
        len(value) if isinstance(value, dict) else value is not None
        for record in records
        for value in record.values()
    )
    assert df.notna().to_numpy().sum() == leaves
    assert df.columns.is_unique
    omnipd.to_parquet(df, tmp_path / "x.parquet")


ODD_CONTENT = {
    "an owner that is text": {"owner": "Ann"},
    "an owner that is a list": {"owner": [{"id": 1}]},
    "labels that are text": {"labels": "finance"},
    "labels that are numbers": {"labels": [1, None, True]},
    "labels without names": {"labels": [{"verified": True}]},
    "labels that are objects of null": {"labels": [{"name": None}]},
    "labels that are an object": {"labels": {"finance": True}},
    "counts that are text": {"_count": {"views": "many"}},
    "counts that are fractions": {"_count": {"views": 1.5}},
    "counts that are a number": {"_count": 7},
    "a flag that is a number": {"deleted": 1},
    "a name that is an object": {"name": {"en": "Sales"}},
    "a path that is a list": {"path": ["a", "b"]},
    "a folder that is a list": {"folder": ["x"]},
    "a date that is a list": {"updatedAt": [2026, 1, 1]},
    "an identifier that is a number": {"identifier": 17},
    "an identifier that is a list": {"identifier": [17]},
    "a key named extra": {"extra": {"a": 1}},
    "everything null": dict.fromkeys(("name", "owner", "labels", "_count", "folder", "path")),
}


@pytest.mark.parametrize("odd", ODD_CONTENT.values(), ids=ODD_CONTENT.keys())
def test_odd_records_of_the_content_list_lose_nothing(scripted, fake_time, tmp_path, odd):
    plain = document("plain")
    scripted.script(page(document("d") | odd, plain))
    with client_of(scripted, fake_time) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", OmniWarning)
        df = read(client)
    assert len(df) == 2
    assert df["name"][1] == "plain"
    omnipd.to_parquet(df, tmp_path / "x.parquet")
    everything = df.iloc[0].to_json()
    for key, value in odd.items():
        if value is not None and key != "labels":
            inner = next(iter(value.values())) if isinstance(value, dict) else value
            leaf = inner[0] if isinstance(inner, list) else inner
            leaf = next(iter(leaf.values())) if isinstance(leaf, dict) else leaf
            assert str(leaf) in everything


def test_a_scim_list_without_its_total_has_no_known_end(scripted, fake_time):
    scripted.script(answer({"Resources": [{"id": "u", "userName": "u@x.example"}]}))
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(ResponseError, match="has no totalResults"),
    ):
        omnipd.read_users(client=client)
