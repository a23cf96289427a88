import uuid

import pytest

ADA_OTHER = "6934138b-2d5a-4853-8dfc-133c984bcf44"


def refusal(wire, **query):
    answer = wire.content(**query)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json["status"] == answer.status
    assert set(answer.json) == {"detail", "status"}
    return answer.status, answer.json["detail"]


def test_an_unknown_parameter_is_400(wire):
    assert refusal(wire, pagesize=10, ownerId="x") == (
        400,
        "Bad Request: Unrecognized key(s) in object: 'pagesize', 'ownerId'",
    )


def test_a_repeated_parameter_is_400(wire):
    answer = wire.get("/api/v1/content?scope=organization&scope=organization")
    assert answer.status == 400
    assert answer.json["detail"] == "Bad Request: scope: Expected string, received array"


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ("0", "Page size must be at least 1"),
        ("-5", "Page size must be at least 1"),
        ("", "Page size must be at least 1"),
        ("101", "Page size cannot exceed 100"),
        ("9" * 5000, "Page size cannot exceed 100"),
        ("2.5", "Expected integer, received float"),
        ("ten", "Expected number, received nan"),
        ("٣", "Expected number, received nan"),
        ("1_0", "Expected number, received nan"),
    ],
)
def test_page_sizes_are_whole_numbers_from_1_to_100(wire, size, reason):
    assert refusal(wire, pageSize=size) == (400, f"Bad Request: pageSize: {reason}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scope", "public"),
        ("scope", ""),
        ("scope", "Organization"),
        ("sortField", "updatedAt"),
        ("sortField", "createdAt"),
        ("sortDirection", "DESC"),
    ],
)
def test_words_outside_the_list_are_400(wire, name, value):
    status, detail = refusal(wire, **{name: value})
    assert status == 400
    assert detail.startswith(f"Bad Request: {name}: Invalid enum value. Expected ")
    assert detail.endswith(f"received '{value}'")


def test_an_unknown_thing_to_include_is_400(wire):
    status, detail = refusal(wire, include="_count,owner")
    assert status == 400
    assert detail.startswith("Bad Request: include.1: ")


@pytest.mark.parametrize("name", ["creatorId", "folderId"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "6934138b2d5a48538dfc133c984bcf44",  # no dashes
        "{6934138b-2d5a-4853-8dfc-133c984bcf44}",
        "urn:uuid:6934138b-2d5a-4853-8dfc-133c984bcf44",
        "6934138b-2d5a-0853-8dfc-133c984bcf44",  # version 0
        "6934138b-2d5a-9853-8dfc-133c984bcf44",  # version 9
        "6934138b-2d5a-4853-7dfc-133c984bcf44",  # variant 7
        "6934138b-2d5a-4853-cdfc-133c984bcf44",  # variant c
        " 6934138b-2d5a-4853-8dfc-133c984bcf44",
        "6934138b-2d5a-4853-8dfc-133c984bcf44\n",
    ],
)
def test_ids_that_are_no_uuid_for_omni_are_400(wire, name, value):
    assert refusal(wire, **{name: value}) == (400, f"Bad Request: {name}: Invalid uuid")


@pytest.mark.parametrize(
    "value",
    [
        "00000000-0000-0000-0000-000000000000",
        "FFFFFFFF-ffff-FFFF-ffff-FFFFFFFFFFFF",
        "6934138B-2D5A-8853-BDFC-133C984BCF44",
    ],
)
def test_nil_max_and_capital_letters_are_uuids(wire, value):
    assert refusal(wire, creatorId=value)[0] == 404


def test_restricted_content_needs_a_creator(wire):
    status, detail = refusal(wire, scope="restricted")
    assert status == 400
    assert "creatorId" in detail


def test_an_unknown_creator_is_404(wire):
    nobody = str(uuid.UUID(int=7, version=4))
    assert refusal(wire, creatorId=nobody) == (404, f"User with id {nobody} does not exist")


def test_the_person_behind_a_membership_is_no_creator(server, wire):
    person = server.organization.administrator.user_id
    assert refusal(wire, creatorId=person)[0] == 404


def test_folder_and_path_exclude_one_another(server, wire):
    folder = next(iter(server.organization.folders))
    status, detail = refusal(wire, folderId=folder, path="/flights")
    assert status == 400
    assert "folderId" in detail
    assert "path" in detail


@pytest.mark.parametrize("path", ["/nowhere", "/nowhere/*", "/Flights", "//flights", "/flights/"])
def test_an_unknown_path_is_404(wire, path):
    assert refusal(wire, path=path)[0] == 404


def test_filtering_by_label_is_400_unless_the_server_is_one_that_can(wire):
    assert refusal(wire, labels="finance") == (
        400,
        "Bad Request: Unrecognized key(s) in object: 'labels'",
    )
