"""Lists whose pages are counted: what is deleted and added while they are read loses no row in silence."""

import json
import urllib.parse

import pytest
from faults.given import client_of
from scripted_server import answer

import omnipd
from omnipd import IncompleteReadError, OmniWarning
from omnipd_sandbox.server import Server

SIZE = 3


class ChangingList:
    """Hands out a list by page number or by start index, and may change it after any answer."""

    def __init__(self, count, change=None, key="id"):
        self.rows = [f"r{number}" for number in range(count)]
        self.added = count
        self.asked = 0
        self.change = change or (lambda _: None)
        self.key = key

    def delete_first_and_add(self):
        """Do what no count shows: one row leaves before the reader, another comes behind."""
        del self.rows[0]
        self.rows.append(f"r{self.added}")
        self.added += 1

    def __call__(self, target):
        asked = dict(urllib.parse.parse_qsl(target.partition("?")[2]))
        scim = "startIndex" in asked
        start = int(asked["startIndex"]) - 1 if scim else (int(asked.get("cursor", 1)) - 1) * SIZE
        records, total = (
            [{self.key: row} for row in self.rows[start : start + SIZE]],
            len(self.rows),
        )
        more = start + SIZE < total
        self.asked += 1
        self.change(self)
        if scim:
            return answer({"Resources": records, "totalResults": total, "startIndex": start + 1})
        following = str(start // SIZE + 2) if more else None
        info = {"hasNextPage": more, "nextCursor": following, "totalRecords": total}
        return answer({"records": records, "pageInfo": info})


def after(number):
    """Change the list once, behind so many answers."""
    return lambda each: each.delete_first_and_add() if each.asked == number else None


READERS = {
    "schedules": (omnipd.read_schedules, "schedule_id"),
    "users": (omnipd.read_users, "user_id"),
    "groups": (omnipd.read_groups, "group_id"),
    "embed users": (omnipd.read_embed_users, "user_id"),
}


@pytest.mark.parametrize(("reader", "key"), READERS.values(), ids=READERS)
@pytest.mark.parametrize("when", [1, 3, 4])
def test_a_row_that_slips_past_the_reader_is_found(scripted, reader, key, when):
    scripted.by_target = ChangingList(8, after(when))
    with client_of(scripted) as client:
        df = reader(client=client)
    # r0 was read before it was deleted, and r3 or r6 went to a page that was read already.
    assert sorted(df[key]) == sorted(f"r{number}" for number in range(1, 9))
    assert (df.attrs["omni"]["complete"], df.attrs["omni"]["shifts_checked"]) == (True, True)
    # 8 rows are 3 pages. What was read before the change, and across it, agrees with nothing.
    assert df.attrs["omni"]["requests"] == (9 if when <= 3 else 12)


def test_a_list_that_does_not_come_to_rest_is_an_error(scripted):
    scripted.by_target = ChangingList(8, ChangingList.delete_first_and_add)
    with client_of(scripted) as client:
        with pytest.raises(
            IncompleteReadError, match="each reading of it gave other rows"
        ) as caught:
            omnipd.read_schedules(client=client)
        assert client.requests_sent == 12
        with pytest.warns(OmniWarning, match="each reading of it gave other rows"):
            df = omnipd.read_schedules(strict=False, client=client)
    assert len(caught.value.partial) == len(df) == 8
    assert (df.attrs["omni"]["complete"], df.attrs["omni"]["shifts_checked"]) == (False, False)


def test_a_list_that_shrinks_to_one_page_which_does_not_add_up_is_an_error(scripted):
    asked = []

    def shrink(target):
        asked.append(target)
        if len(asked) > 20:
            return answer({"detail": "It is asked for ever."}, 403)
        more = len(asked) in {1, 3}  # two readings of two pages, and then one page is left
        info = {"hasNextPage": more, "nextCursor": "2" if more else None, "totalRecords": 2}
        return answer({"records": [{"id": f"r{len(asked)}"}], "pageInfo": info})

    scripted.by_target = shrink
    with (
        client_of(scripted) as client,
        pytest.raises(IncompleteReadError, match="the server counts 2 and sent 1"),
    ):
        omnipd.read_schedules(client=client)
    assert len(asked) == 5


def test_a_list_of_one_page_is_read_once(scripted):
    scripted.by_target = ChangingList(SIZE)
    with client_of(scripted) as client:
        for reader, _ in READERS.values():
            facts = reader(client=client).attrs["omni"]
            assert (facts["requests"], facts["shifts_checked"]) == (1, True)


@pytest.mark.parametrize(("pages", "requests", "checked"), [(10, 20, True), (11, 11, False)])
def test_a_long_list_is_read_once_and_says_so(scripted, pages, requests, checked):
    scripted.by_target = ChangingList(SIZE * pages)
    with client_of(scripted) as client:
        fresh = omnipd.read_schedules(client=client).attrs["omni"]
        stored = omnipd.read_schedules(client=client).attrs["omni"]
    assert (fresh["requests"], fresh["shifts_checked"]) == (requests, checked)
    assert (stored["from_cache"], stored["shifts_checked"]) == (True, checked)


def test_rows_that_sort_alike_may_come_in_another_order(scripted):
    def turn(each):
        if each.asked == 3:
            each.rows.reverse()

    scripted.by_target = ChangingList(8, turn)
    with client_of(scripted) as client:
        assert omnipd.read_schedules(client=client).attrs["omni"]["requests"] == 6


def test_the_cache_holds_one_reading(scripted):
    scripted.by_target = ChangingList(8, after(1))
    with client_of(scripted) as client:
        df = omnipd.read_schedules(client=client)
        pages = [json.loads(file.read_bytes()) for file in client.cache.folder.glob("*.json")]
        again = omnipd.read_schedules(client=client)
    assert len(pages) == 3
    assert again["schedule_id"].tolist() == df["schedule_id"].tolist()
    assert again.attrs["omni"]["from_cache"]


def test_with_a_limit_what_is_read_is_read_twice(scripted):
    scripted.by_target = ChangingList(8, after(1))
    with client_of(scripted) as client:
        assert omnipd.read_schedules(limit=2, client=client).attrs["omni"]["requests"] == 1
        df = omnipd.read_schedules(limit=5, client=client)
    assert df["schedule_id"].tolist() == ["r1", "r2", "r3", "r4", "r5"]


def test_of_an_unknown_list_nothing_is_promised(scripted):
    scripted.by_target = ChangingList(8)
    with client_of(scripted) as client:
        facts = omnipd.read_records("/api/v1/things", client=client).attrs["omni"]
        assert (facts["requests"], facts["shifts_checked"]) == (3, False)
        scripted.by_target = ChangingList(SIZE)
        facts = omnipd.read_records("/api/v1/things", client=client, refresh=True).attrs["omni"]
        assert (facts["requests"], facts["shifts_checked"]) == (1, True)


def test_a_sandbox_can_shift_its_pages_and_no_row_is_lost():
    shift = {"kind": "shift", "path": "/api/scim/v2/Users", "after": 2}
    with Server(documents=1, scim_count_at_most=50, faults=[shift]) as server:
        client = omnipd.connect(server.url, server.api_key, requests_per_minute=None, cache=False)
        df = omnipd.read_users(client=client)
        quiet = omnipd.read_users(client=client)
    assert [asked.fault for asked in server.requests].count("shift") == 1
    # 130 users are three pages of fifty. The first reading met no fault, the second did.
    assert (df.attrs["omni"]["requests"], quiet.attrs["omni"]["requests"]) == (12, 6)
    assert df["user_id"].tolist() == quiet["user_id"].tolist()
    assert len(df) == 130
