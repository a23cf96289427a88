"""Whether the calls that are made are those that were estimated, by the server's own count."""

import warnings

import pytest
from estimates import SERVERS, of_export, of_inventory, of_reader
from faults.given import client_of
from scripted_server import answer

import omnipd
from omnipd.client.client import Client
from omnipd.client.settings import resolve
from omnipd_sandbox.server import Server

#: What depends on how a server counts, cuts and spells its lists.
LISTS = ["documents", "users", "email_only_users", "schedules", "dashboard_filters", "folders"]


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", omnipd.OmniWarning)
        yield


@pytest.fixture(scope="module")
def server():
    with Server(size="tiny", documents=8, control=True) as running:
        yield running
        assert running.failures == []


@pytest.mark.parametrize("include", ["people", "ai", "models:all", "connections:all"])
@pytest.mark.parametrize("cache", [True, False])
def test_an_inventory_makes_the_calls_that_were_estimated(server, include, cache):
    outcome = of_inventory(server, include, cache=cache)
    assert outcome.calls == outcome.made
    assert outcome.faults() == []


@pytest.mark.parametrize("include", [None, "all"])
def test_an_export_makes_the_calls_that_were_estimated(server, include):
    outcome = of_export(server, include)
    assert outcome.faults() == []
    assert outcome.calls <= outcome.made <= 1.05 * outcome.calls


@pytest.mark.parametrize("kind", [kind for kind in SERVERS if kind != "usual"])
def test_servers_that_hand_out_lists_otherwise_are_estimated_as_well(kind):
    with Server(size="tiny", documents=8, control=True, **SERVERS[kind]) as server:
        assert of_export(server, LISTS).faults() == []
        assert of_reader(server, "users").faults() == []
        assert of_reader(server, "content", scope="all").faults() == []
        assert of_reader(server, "topics", "flights").faults() == []


def test_lists_of_several_pages_are_counted_by_what_a_page_holds():
    # 130 people: four pages of 40, twice. 210 documents of 230: three pages.
    with Server(documents=230, scim_count_at_most=40, control=True) as server:
        outcome = of_reader(server, "users")
        assert (outcome.calls, outcome.at_least, outcome.made) == (8, False, 8)
        outcome = of_inventory(server, ["documents", "users"], cache=True)
        assert outcome.estimated["calls"].tolist() == [3, 8]
        assert outcome.made == 11
        outcome = of_reader(server, "documents", limit=150)
        assert (outcome.calls, outcome.made) == (2, 2)


def page(count, total, cursor=None):
    records = [{"identifier": f"{cursor}-{number}", "name": "x"} for number in range(count)]
    info = {"hasNextPage": cursor != "end", "nextCursor": "end" if cursor != "end" else None}
    return answer(
        {"records": records, "pageInfo": info | ({"totalRecords": total} if total else {})}
    )


@pytest.mark.parametrize(
    ("total", "calls", "why"), [(None, 2, "Omni does not count this list"), (250, 5, None)]
)
def test_a_list_that_is_not_counted_is_at_least_two_pages(scripted, total, calls, why):
    # Of 250 records 50 on a page, whatever was asked: five pages.
    scripted.script(page(50, total))
    with client_of(scripted, cache=False) as client:
        [cost] = omnipd.estimate("documents", client=client).to_dict("records")
        below = omnipd.estimate("inventory", include="document_queries", client=client)
    assert (cost["calls"], cost["at_least"]) == (calls, why is not None)
    assert (None if why is None else cost["why_more"]) == why
    assert below["calls"].tolist() == [calls, total or 50]
    assert below["at_least"].tolist() == [why is not None] * 2
    assert len(scripted.requests) == 2


def test_what_is_below_is_counted_by_the_first_parents_and_is_at_least_that(server, monkeypatch):
    monkeypatch.setattr("omnipd.admin.inventory_cost._MOST_PARENTS", 1)
    outcome = of_inventory(server, "models:all", cache=True)
    rows = outcome.estimated.set_index("name")
    assert rows.loc["topic_fields", "why_more"] == "only a part of topics was looked at"
    assert 0 < rows.loc["topic_fields", "calls"] < outcome.tables["topic_fields"]


def test_max_calls_is_the_figure_of_the_estimate(server):
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client:
        for name, options in (
            ("inventory", {"include": "ai"}),
            ("content", {"scope": "all"}),
            ("topics", {"models": ["flights", "orders"]}),
        ):
            read = getattr(omnipd, f"read_{name}")
            omnipd.clear_cache(client)
            cost = omnipd.estimate(read, **options, client=client)
            calls, most = int(cost["calls"].sum()), "at least " * cost["at_least"].any()
            with pytest.raises(omnipd.ArgumentError, match=f"It needs {most}{calls} requests"):
                read(**options, max_calls=calls - 1, client=client)
            read(**options, max_calls=calls, client=client)


def test_what_was_not_counted_is_said_when_it_is_known(server, monkeypatch, fake_time):
    monkeypatch.setattr("omnipd.admin.inventory_cost._MOST_PARENTS", 0)
    settings = resolve(server.url, server.api_key)
    client = Client(settings, clock=fake_time.clock(), requests_per_minute=20, cache=False)
    with client, pytest.warns(omnipd.OmniWarning) as said:
        jobs = omnipd.read_inventory(include="ai_jobs", client=client)["ai_jobs"]
    conversations = len(omnipd.read_ai_conversations(client=client))
    assert len(jobs) > conversations > 20
    whole, of_jobs = [str(one.message) for one in said]
    calls = conversations + 1
    assert whole.startswith(
        f"The inventory is at least {calls} calls (ai_messages {conversations}, "
    )
    assert of_jobs.startswith(f"/api/v1/ai/jobs/{{job_id}} needs {len(jobs)} requests")


def test_an_inventory_in_a_checkpoint_is_counted_without_what_is_there(server, tmp_path):
    folder = tmp_path / "checkpoint"
    include = ["labels", "users", "model_roles"]

    def stop(what, *_):
        if "model-roles" in what:
            raise KeyError

    with omnipd.connect(server.url, server.api_key, cache=False, progress=stop) as client:
        before = omnipd.estimate("inventory", include=include, checkpoint=folder, client=client)
        assert not folder.exists()
        with pytest.raises(KeyError):
            omnipd.read_inventory(include=include, checkpoint=folder, client=client)
        client.progress = False
        cost = omnipd.estimate("inventory", include=include, checkpoint=folder, client=client)
        asked = client.requests_sent
        omnipd.read_inventory(include=include, checkpoint=folder, client=client)
        made = client.requests_sent - asked
    assert before["calls"].sum() > cost["calls"].sum() == made
    assert cost["stored"].sum() == before["calls"].sum() - made
    assert cost["calls"].tolist()[:2] == [0, 0]
