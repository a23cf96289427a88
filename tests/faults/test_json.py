"""A 200 whose body is not what Omni promises is refused, and asked for once more where that may help."""

import sys
import warnings

import pytest
from faults.given import client_of
from scripted_server import answer, page

import omnipd
from omnipd import ResponseError

DAMAGED = {
    "nothing": b"",
    "blanks": b"  \n ",
    "cut": b'{"records": [',
    "bad UTF-8": b'{"records": [], "a": "\xff"}',
    "UTF-16": '{"records": []}'.encode("utf-16"),
    "Latin-1": '{"records": [], "a": "é"}'.encode("latin-1"),
    "NaN": b'{"records": [], "a": NaN}',
    "Infinity": b'{"records": [], "a": -Infinity}',
    "1e999": b'{"records": [], "a": 1e999}',
    "200 thousand lists": b"[" * 200_000 + b"]" * 200_000,
    "200 thousand objects": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "a number of 5000 digits": b'{"records": [], "a": ' + b"9" * 5000 + b"}",
    "two documents": b'{"records": []} {"records": []}',
    "single quotes": b"{'records': []}",
    "a comment": b'{"records": [] /* all of them */}',
    "a bare control character": b'{"records": [], "a": "\x01"}',
}
SCALARS = {"null": b"null", "true": b"true", "number": b"42", "text": b'"records"'}


@pytest.mark.failure("not-json")
@pytest.mark.parametrize("body", (DAMAGED | SCALARS).values(), ids=(DAMAGED | SCALARS).keys())
def test_a_damaged_body_gets_one_more_try_and_is_a_response_error(scripted, fake_time, body):
    scripted.script(answer(body))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError) as caught:
        omnipd.read_content(client=client)
    assert len(scripted.requests) == 2
    assert caught.value.status == 200
    assert len(str(caught.value)) < 600


@pytest.mark.failure("not-json")
@pytest.mark.parametrize("body", (DAMAGED | SCALARS).values(), ids=(DAMAGED | SCALARS).keys())
def test_a_body_that_was_damaged_once_is_read_the_second_time(scripted, fake_time, body):
    scripted.script(answer(body), page({"type": "folder", "id": "f", "name": "F"}))
    with client_of(scripted, fake_time) as client:
        assert omnipd.read_content(client=client)["id"].tolist() == ["f"]


@pytest.mark.failure("web-page")
@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE html><title>Sign in</title>", b"\n\n <html lang=en>"], ids=["doc", "blank"]
)
def test_a_sign_in_page_is_named_as_one_and_not_asked_for_again(
    scripted, fake_time, body, content_type
):
    scripted.script(answer(body, content_type=content_type))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError) as caught:
        omnipd.read_content(client=client)
    assert "OMNI_BASE_URL" in str(caught.value)
    assert "sign" in str(caught.value)
    assert len(scripted.requests) == 1
    assert list(client.cache.folder.glob("*.json")) == []


@pytest.mark.failure("not-json")
def test_a_top_level_list_is_no_list_of_records(scripted, fake_time):
    scripted.script(answer([{"type": "folder", "id": "f", "name": "F"}]))
    with client_of(scripted, fake_time) as client, pytest.raises(ResponseError):
        omnipd.read_content(client=client)


@pytest.mark.failure("new-shape")
def test_numbers_that_arrow_cannot_hold_are_kept_as_text(scripted, fake_time):
    huge = 10**40
    record = {"type": "document", "identifier": "d", "name": "D", "_count": {"views": huge}}
    scripted.script(page(record))
    with (
        client_of(scripted, fake_time) as client,
        pytest.warns(omnipd.OmniWarning, match="count_views"),
    ):
        df = omnipd.read_content(client=client)
    assert df["count_views"].tolist() == [str(huge)]


@pytest.mark.parametrize(
    "value",
    [
        1e18,
        -1e18,
        10**300,
        -(10**18),
        253402300800000,
        "soon",
        "",
        [],
        {},
        True,
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_an_instant_that_is_none_is_kept_as_text(scripted, fake_time, value):
    record = {"type": "document", "identifier": "d", "name": "D", "updatedAt": value}
    scripted.script(page(record))
    with (
        client_of(scripted, fake_time) as client,
        pytest.warns(omnipd.OmniWarning, match="updated_at"),
    ):
        df = omnipd.read_content(client=client)
    assert df["updated_at"].notna().all()


def test_half_a_surrogate_beside_another_type_is_kept(scripted, fake_time):
    scripted.script(
        answer(
            b'{"records": [{"type": "folder", "id": "a", "name": "x\\ud800"},'
            b'{"type": "folder", "id": "b", "name": 5}],'
            b'"pageInfo": {"hasNextPage": false, "totalRecords": 2}}'
        )
    )
    with client_of(scripted, fake_time) as client, pytest.warns(omnipd.OmniWarning):
        df = omnipd.read_content(client=client)
    assert df["name"].tolist() == ["x\ufffd", "5"]


@pytest.mark.failure("half-character")
@pytest.mark.parametrize("where", ["name", "unknown", "labels", "id"])
def test_half_a_surrogate_anywhere_leaves_a_frame_that_can_be_written(
    scripted, fake_time, tmp_path, where
):
    half = '"\\ud800!"'
    fields = {"type": '"folder"', "id": '"f"', "name": '"F"', where: half}
    if where == "labels":
        fields["labels"] = f"[{half}]"
    record = ",".join(f'"{name}": {value}' for name, value in fields.items())
    body = '{"records": [{' + record + '}], "pageInfo": {"hasNextPage": false}}'
    scripted.script(answer(body.encode()))
    with client_of(scripted, fake_time) as client, pytest.warns(omnipd.OmniWarning):
        df = omnipd.read_content(client=client)
    omnipd.to_parquet(df, tmp_path / "x.parquet")
    assert "\ufffd!" in str(df.to_dict("records"))


def test_half_a_surrogate_in_the_name_of_a_key_is_no_crash(scripted, fake_time):
    scripted.script(answer(b'{"records": [{"a\\ud800": 1, "b": 2}]}'))
    with client_of(scripted, fake_time) as client:
        df = omnipd.read_records("/api/v1/new", client=client)
    assert df["b"].tolist() == [2]
    df.to_parquet("/dev/null")


def test_nesting_at_the_edge_of_what_can_be_parsed_stays_inside_the_tree(scripted, fake_time):
    limit = sys.getrecursionlimit()
    escaped = []
    with client_of(scripted, fake_time, cache=False) as client:
        for depth in range(limit - 250, limit + 1, 3):
            deep = b"[" * depth + b"]" * depth
            scripted.script(
                answer(
                    b'{"records": [{"type": "folder", "id": "f", "name": "F", "new": %s}],'
                    b'"pageInfo": {"hasNextPage": false}}' % deep
                )
            )
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", omnipd.OmniWarning)
                    omnipd.read_content(client=client)
            except ResponseError:
                break  # from here on it is too deep to be read at all
            except RecursionError:
                escaped.append(depth)
    assert escaped == []


EDGE = [*range(sys.getrecursionlimit() - 250, sys.getrecursionlimit() + 1, 25), 100_000]
READINGS = {
    "the details of a document": (
        b'{"name": "D", "documentMetadata": %s, "filterConfig": {}}',
        lambda client: omnipd.read_document_details("d", client=client),
    ),
    "the queries of a document": (
        b'{"queries": [{"id": "q", "name": "Q", "query": {"modelId": "m", "fields": %s}}]}',
        lambda client: omnipd.read_document_queries("d", client=client),
    ),
    "a tile": (
        b'{"queries": [{"id": "q", "name": "Q", "query": {"modelId": "m", "newer": %s}}]}',
        lambda client: omnipd.run_document_query("d", "Q", filters=None, client=client),
    ),
    "a job": (
        b'{"jobs_submitted": {"j": null}}\n{"job_id": "j", "status": "COMPLETE", "summary": '
        b'{"fields": {"a.b": %s}, "missing_fields": ["a.b"]}}\n'
        b'{"remaining_job_ids": [], "timed_out": "false"}\n',
        lambda client: omnipd.run_query({"modelId": "m", "fields": ["a.b"]}, client=client),
    ),
    "records": (
        b'{"records": [{"id": "x", "a": %s}], "pageInfo": {"hasNextPage": false}}',
        lambda client: omnipd.read_records("/api/v1/new", client=client),
    ),
}


@pytest.mark.parametrize(("body", "read"), READINGS.values(), ids=READINGS)
def test_nesting_at_the_edge_is_an_error_of_the_library_whatever_is_read(
    scripted, fake_time, body, read
):
    ended = set()
    with client_of(scripted, fake_time, cache=False) as client:
        for depth in EDGE:
            scripted.script(answer(body % (b"[" * depth + b"]" * depth)))
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", omnipd.OmniWarning)
                    read(client)
                ended.add("read")
            except omnipd.OmniError:
                ended.add("refused")
    # Anything else has left the loop.
    assert "refused" in ended
