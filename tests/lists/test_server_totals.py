"""What servers count in a total, both ways: the whole list on every page, or what is left of it."""

import json
import urllib.parse
import urllib.request

import pytest
from declared_lists import declared_lists
from faults.given import client_of
from scripted_server import answer, document, page

import omnipd
from omnipd import IncompleteReadError, OmniWarning
from omnipd.lists import paging
from omnipd.lists.fanout import FanOut
from omnipd_sandbox.server import Server

SIZE = 100


def paged_lists():
    """Return every list of omnipd that comes in pages with a total, by its name and path."""
    found = {}
    for name, one in declared_lists():
        listed = one.below(("parent",) * len(one.parent)) if isinstance(one, FanOut) else one
        if listed.pages in paging.PAGE_SIZE_PARAMS:
            found[f"{name} {listed.path}"] = listed
    return found


LISTS = paged_lists()


def record_of(endpoint, number):
    """Return a record with nothing in it but what tells it from others."""
    if "group_id" in endpoint.columns:  # a group is a record, and each of its members a row
        return {"id": f"group {number}", "members": [{"value": f"user {number}"}]}
    if "attribute_name" in endpoint.columns:
        return {"id": f"user {number}", "urn:omni:params:1.0:UserAttribute": {"team": "a"}}
    record = {}
    names = endpoint.key or list(endpoint.columns)[:1]
    for name in names:
        *parents, last = endpoint.columns[name].paths[0].split(".")
        place = record
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = f"{name} {number}"
    return record


class PagedList:
    """Hands out so many records of a list, page by page, with totals of one kind."""

    def __init__(self, endpoint, records, counted):
        self.records = [record_of(endpoint, number) for number in range(records)]
        self.counted = counted
        self.key = endpoint.rows if isinstance(endpoint.rows, str) else endpoint.rows[0]
        self.asked = []

    def __call__(self, target):
        asked = dict(urllib.parse.parse_qsl(target.partition("?")[2]))
        self.asked.append(asked)
        start = int(asked.get("cursor", 0)) or int(asked.get("startIndex", 1)) - 1
        # A SCIM server may send fewer than were asked for.
        part = self.records[start : start + SIZE]
        total = len(self.records) - (start if self.counted == "remaining" else 0)
        more = start + SIZE < len(self.records)
        if "startIndex" in asked:
            body = {"totalResults": total, "itemsPerPage": len(part), "startIndex": start + 1}
        else:
            cursor = str(start + SIZE) if more else None
            info = {"hasNextPage": more, "nextCursor": cursor, "pageSize": SIZE}
            body = {"pageInfo": info | {"totalRecords": total}}
        return answer({self.key: part} | body)


def test_the_lists_are_those_of_omni():
    wanted = {
        "/api/v1/content",
        "/api/v1/documents",
        "/api/v1/folders",
        "/api/v1/models",
        "/api/v1/schedules",
        "/api/v1/uploads",
        "/api/v1/api-keys",
        "/api/v1/documents/parent/access-list",
        "/api/v1/documents/parent/favorites",
        "/api/v1/users/email-only",
        "/api/v1/ai/conversations",
        "/api/scim/v2/Users",
        "/api/scim/v2/Groups",
    }
    assert wanted <= {endpoint.path for endpoint in LISTS.values()}


@pytest.mark.parametrize("counted", ["all", "remaining"])
@pytest.mark.parametrize("pages", [1, pytest.param(2, marks=pytest.mark.thorough), 3, 11])
@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_is_whole_whatever_its_totals_count(scripted, name, pages, counted):
    endpoint = LISTS[name]
    count = SIZE * pages - 37
    scripted.by_target = PagedList(endpoint, count, counted)
    # Where pages are counted, a short list is read twice.
    twice = 2 if endpoint.pages in paging.BY_OFFSET and 1 < pages <= 10 else 1
    with client_of(scripted) as client:
        table, facts = endpoint.read_table({"client": client})
        again, stored = endpoint.read_table({"client": client})
    assert (table.num_rows, facts["total"], facts["complete"], facts["requests"]) == (
        count,
        count,
        True,
        pages * twice,
    )
    assert again.equals(table)
    assert (stored["from_cache"], stored["total"]) == (True, count)


MIXTURES = {
    "the whole, then the rest": [5, 5, 1],
    "the rest, then the whole": [5, 3, 5],
    "too few are left": [5, 2, 0],
    "more than at first": [5, 6, 6],
    "no total at the end": [5, 3, None],
    "no total at first": [None, 3, 1],
}


@pytest.mark.parametrize("totals", MIXTURES.values(), ids=MIXTURES)
def test_totals_of_two_kinds_in_one_list_are_an_error(scripted, fake_time, totals):
    pages = [
        page_with(total, names, cursor)
        for total, names, cursor in zip(totals, ["ab", "cd", "e"], ["1", "2", None], strict=True)
    ]
    scripted.script(*pages, *pages)
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(IncompleteReadError, match="the total changed while it was read") as caught,
    ):
        omnipd.read_content(client=client)
    assert caught.value.partial["document_identifier"].tolist() == list("abcde")


def page_with(total, names, cursor):
    info = {"hasNextPage": cursor is not None, "nextCursor": cursor, "totalRecords": total}
    return answer({"records": [document(name) for name in names], "pageInfo": info})


def test_what_is_left_is_reckoned_from_all_records_that_came(scripted, fake_time):
    # "b" moved onto the second page while the list was read: it comes twice, and is counted twice.
    moved = [
        page(*map(document, "ab"), cursor="1", total=5),
        page(*map(document, "bc"), cursor="2", total=3),
        page(*map(document, "d"), total=1),
    ]
    scripted.script(*moved, *moved)
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(IncompleteReadError, match="came twice") as caught,
    ):
        omnipd.read_content(client=client)
    assert "total changed" not in str(caught.value)


@pytest.mark.failure("scim-count", "wrong-total")
def test_a_list_that_ends_early_is_an_error_also_when_its_totals_count_down(scripted, fake_time):
    short = [
        page(*map(document, "ab"), cursor="1", total=5),
        page(*map(document, "cd"), total=3),
    ]
    scripted.script(*short, *short)
    with (
        client_of(scripted, fake_time) as client,
        pytest.raises(IncompleteReadError, match="the server counts 5 and sent 4"),
    ):
        omnipd.read_content(client=client)


def test_progress_is_told_of_the_whole_whatever_later_pages_count(scripted, fake_time):
    scripted.script(
        page(*map(document, "ab"), cursor="1", total=3), page(*map(document, "c"), total=1)
    )
    told = []
    with client_of(scripted, fake_time) as client:
        client.progress = lambda _, rows, total: told.append((rows, total))
        omnipd.read_content(client=client)
    assert told == [(2, 3), (3, 3)]


@pytest.mark.parametrize("counted", ["all", "remaining"])
def test_the_sandbox_counts_in_both_ways(counted):
    with Server(total_records=counted, documents=250) as server:
        with omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client:
            documents = omnipd.read_documents(client=client)
            facts = documents.attrs["omni"]
            assert (facts["requests"], facts["total"]) == (3, len(documents))
            schedules = omnipd.read_schedules(client=client)
            assert schedules.attrs["omni"]["total"] == len(schedules)
        seen = json.loads(ask(server, "/api/v1/documents?pageSize=100"))["pageInfo"]
        after = json.loads(
            ask(server, f"/api/v1/documents?pageSize=100&cursor={seen['nextCursor']}")
        )["pageInfo"]
    fewer = 100 if counted == "remaining" else 0
    assert seen["totalRecords"] - after["totalRecords"] == fewer
    assert seen["totalRecords"] == len(documents)


def ask(server, target):
    request = urllib.request.Request(
        server.url + target, headers={"Authorization": f"Bearer {server.api_key}"}
    )
    with urllib.request.urlopen(request) as response:
        return response.read()


def test_strict_false_names_what_does_not_agree(scripted, fake_time):
    pages = [
        page(*map(document, "ab"), cursor="1", total=3),
        page(*map(document, "c"), total=2),
    ]
    scripted.script(*pages, *pages)
    with (
        client_of(scripted, fake_time) as client,
        pytest.warns(OmniWarning, match=r"the total changed while it was read \(3, 2\)"),
    ):
        content = omnipd.read_content(client=client, strict=False)
    assert content.attrs["omni"]["complete"] is False


@pytest.mark.parametrize(
    ("beside", "whole"),
    [
        ({"hasNextPage": False, "nextCursor": "c"}, True),
        ({"hasNextPage": True, "nextCursor": "c"}, False),
        ({"nextCursor": "c"}, False),
        ({"nextCursor": None}, True),
    ],
)
def test_a_cursor_after_the_last_page_does_not_make_a_list_go_on(scripted, beside, whole):
    scripted.script(answer({"labels": [{"name": "a"}], "pageInfo": beside}))
    with client_of(scripted) as client:
        if whole:
            assert len(omnipd.read_labels(client=client)) == 1
        else:
            with pytest.raises(omnipd.ResponseError, match="there is more"):
                omnipd.read_labels(client=client)
