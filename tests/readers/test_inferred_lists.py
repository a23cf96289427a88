"""Lists of which no source says what they look like, and of some not even where they are."""

import json

import pytest
from faults.given import client_of
from readers.reader_checks import cursor_page, plain
from scripted_server import answer, page

import omnipd

NO_PATH = answer({"detail": "Not Found", "status": 404}, 404)
TIMES = {"createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-02-02T00:00:00Z"}
SKILL = {
    "id": "s1",
    "identifier": "triage",
    "name": "Triage",
    "description": "Who answers what",
    "creatorId": "u1",
    **TIMES,
}
PALETTE = {"id": "p1", "name": "House", "colors": ["#fff", "#000"], "isDefault": True, **TIMES}
FOUND = {
    "type": "document",
    "identifier": "d1",
    "name": "Delays",
    "owner": {"id": "u1", "name": "Ada"},
    "folder": {"id": "f1", "path": "a/b"},
    "labels": [{"name": "x", "verified": True}],
    "score": 0.5,
    "updatedAt": "2026-02-02T00:00:00Z",
}
READERS = {
    "read_ai_skills": ((), SKILL, ("skill_id", "s1")),
    "read_color_palettes": ((), PALETTE, ("palette_id", "p1")),
    "read_content_search": (("delay",), FOUND, ("document_identifier", "d1")),
}
EACH = [(name, *each) for name, each in READERS.items()]
SHAPES = {
    "bare": lambda one: [one],
    "records": lambda one: {"records": [one]},
    "results": lambda one: {"results": [one]},
    "the only list": lambda one: {"query": "x", "hits": [one], "took": 3},
    "in pages": cursor_page,
}


def read(scripted, name, asked, *steps, **more):
    scripted.script(*steps)
    with client_of(scripted, cache=False):
        return getattr(omnipd, name)(*asked, **more)


def targets(scripted):
    return [target for _, target, *_ in scripted.requests]


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize(("name", "asked", "record", "key"), EACH, ids=READERS.keys())
def test_the_rows_are_found_whatever_they_stand_under(scripted, name, asked, record, key, shape):
    df = read(scripted, name, asked, answer(shape(record)))
    assert df[key[0]].tolist() == [key[1]]
    assert df["extra"].isna().all()


@pytest.mark.parametrize(("name", "asked", "record", "key"), EACH, ids=READERS.keys())
def test_what_is_not_known_is_kept_and_not_warned_of(scripted, name, asked, record, key):
    df = read(scripted, name, asked, answer([{**record, "new": {"a": 1}}]))
    assert df["extra"].tolist() == ['{"new":{"a":1}}']


@pytest.mark.parametrize(("name", "asked", "record", "key"), EACH, ids=READERS.keys())
def test_without_a_row_the_columns_are_the_same(scripted, name, asked, record, key):
    full = read(scripted, name, asked, answer([record]))
    none = read(scripted, name, asked, answer([]))
    assert (none.dtypes.to_dict(), len(none)) == (full.dtypes.to_dict(), 0)


@pytest.mark.parametrize(("name", "asked", "record", "key"), EACH, ids=READERS.keys())
def test_rows_without_a_key_are_told_apart_by_all_that_they_hold(
    scripted, name, asked, record, key
):
    df = read(scripted, name, asked, answer([{"name": "a"}, {"name": "b"}]))
    assert df["name"].tolist() == ["a", "b"]


def test_a_skill_and_a_palette_and_what_is_found(scripted):
    [skill] = plain(read(scripted, "read_ai_skills", (), answer([SKILL])))
    assert (skill["skill_identifier"], skill["description"], skill["creator_id"]) == (
        "triage",
        "Who answers what",
        "u1",
    )
    [palette] = plain(read(scripted, "read_color_palettes", (), answer([PALETTE])))
    assert (palette["colors"], palette["is_default"]) == ('["#fff","#000"]', True)
    [found] = plain(read(scripted, "read_content_search", ("x",), answer([FOUND])))
    assert (found["folder_path"], found["labels"], found["owner_name"], found["score"]) == (
        "/a/b",
        "x",
        "Ada",
        0.5,
    )


def test_what_a_search_and_a_list_of_skills_ask(scripted):
    read(scripted, "read_content_search", ("late & more",), answer([FOUND]), limit=3)
    read(
        scripted,
        "read_ai_skills",
        (),
        answer([SKILL]),
        query="a b",
        identifier="triage",
        creator_id="u1",
    )
    assert targets(scripted) == [
        "/api/v1/content/search?q=late+%26+more&limit=3",
        "/api/v1/skills?q=a+b&identifier=triage&creatorId=u1",
    ]


def test_a_limit_holds_where_the_server_sends_more(scripted):
    many = [{**FOUND, "identifier": f"d{n}"} for n in range(5)]
    df = read(scripted, "read_content_search", ("x",), answer(many), limit=2)
    assert df["document_identifier"].tolist() == ["d0", "d1"]


def test_another_address_is_tried_and_kept_to(scripted):
    scripted.script(NO_PATH, answer([SKILL]))
    with client_of(scripted, cache=False):
        assert len(omnipd.read_ai_skills()) == len(omnipd.read_ai_skills()) == 1
    assert targets(scripted) == ["/api/v1/skills", "/api/v1/ai/skills", "/api/v1/ai/skills"]


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("read_ai_skills", ["/api/v1/skills", "/api/v1/ai/skills"]),
        ("read_color_palettes", ["/api/v1/color-palettes"]),
    ],
)
def test_where_a_list_is_at_none_of_its_addresses_it_is_said_so(scripted, name, paths, status):
    refused = answer({"detail": "Not Found", "status": status}, status)
    with pytest.raises(omnipd.NotFoundError) as error:
        read(scripted, name, (), refused)
    assert targets(scripted) == paths
    assert error.value.message.startswith("This Omni does not have the list: ")
    assert all(path in error.value.message for path in paths)
    assert "omnipd.read_records() reads any path" in error.value.hint


def test_another_refusal_is_what_it_is(scripted):
    with pytest.raises(omnipd.ForbiddenError):
        read(scripted, "read_ai_skills", (), answer({"detail": "Permission denied"}, 403))
    assert targets(scripted) == ["/api/v1/skills"]


def test_a_404_behind_the_first_page_is_none_of_the_address(scripted):
    with pytest.raises(omnipd.NotFoundError) as error:
        read(scripted, "read_color_palettes", (), page(PALETTE, cursor="c", total=2), NO_PATH)
    assert "does not have the list" not in error.value.message
    assert len(error.value.partial) == 1


def test_an_omni_without_the_search_is_named(scripted):
    with pytest.raises(omnipd.NotFoundError) as error:
        read(scripted, "read_content_search", ("x",), NO_PATH)
    assert error.value.hint == "This Omni does not have the search; it is a newer call."


@pytest.mark.parametrize(
    ("name", "asked", "given", "words"),
    [
        ("read_content_search", (" ",), {}, "query=' ' is empty"),
        ("read_content_search", (None,), {}, "query=None must be text"),
        ("read_content_search", ("x",), {"limit": 0}, "limit=0 must be a whole number of rows"),
        ("read_content_search", ("omni_osk_0123456789abcdef",), {}, "holds an API key"),
        ("read_ai_skills", (), {"creator_id": ".."}, "is not an id"),
        ("read_color_palettes", (), {"limit": "3"}, "must be a whole number of rows"),
    ],
)
def test_what_cannot_be_asked_is_refused(scripted, name, asked, given, words):
    with pytest.raises(omnipd.ArgumentError) as error:
        read(scripted, name, asked, **given)
    assert words in error.value.message
    assert scripted.requests == []


@pytest.fixture(scope="module")
def omni(server):
    with omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, cache=False
    ) as client:
        yield client


def test_the_sandbox_finds_dashboards_by_all_that_is_written_on_them(server, omni):
    found = omnipd.read_content_search("arrival DELAYS", limit=100, client=omni)
    for identifier in found["document_identifier"]:
        document = server.organization.documents[identifier]
        held = [document.name, str(document.description), *(one.name for one in document.queries)]
        assert document.has_dashboard
        assert not document.deleted
        assert {"arrival", "delays"} <= set(" ".join(held).casefold().replace(",", " ").split())
    assert len(found) > 10
    by_creator = omnipd.read_content_search("Priya Nair", limit=100, client=omni)
    assert {*by_creator["owner_name"]} >= {"Priya Nair"}
    assert len(omnipd.read_content_search("no such words anywhere", client=omni)) == 0


def test_the_sandbox_gives_20_unless_more_is_asked_for(omni):
    with pytest.warns(omnipd.OmniWarning, match="the best 20 dashboards, and there may be more"):
        assert len(omnipd.read_content_search("a", client=omni)) == 20
    assert len(omnipd.read_content_search("a", limit=33, client=omni)) == 33


def test_the_sandbox_shows_a_member_their_own_skills(server, omni):
    assert omnipd.read_ai_skills(client=omni)["skill_identifier"].tolist() == [
        "monthly-review",
        "plain-words",
        "triage",
    ]
    assert omnipd.read_ai_skills(query="TRI", client=omni)["name"].tolist() == ["Triage"]
    assert len(omnipd.read_ai_skills(identifier="tri", client=omni)) == 0
    with omnipd.connect(server.url, server.personal_key, cache=False) as member:
        own = omnipd.read_ai_skills(client=member)
    assert own["skill_identifier"].tolist() == ["plain-words"]
    assert own["creator_id"].tolist() == [server.organization.token_holder.membership_id]


def test_the_sandbox_has_palettes(server, omni):
    palettes = omnipd.read_color_palettes(client=omni)
    held = server.organization.tables["color_palettes"]
    assert [json.loads(one) for one in palettes["colors"]] == [row["colors"] for row in held]
