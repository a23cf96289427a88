"""What a read would cost: what is counted, what is stored, and that nothing is read for it."""

import warnings

import pytest
from faults.given import client_of
from lists.test_checkpoint import BROKEN
from scripted_server import answer

import omnipd
from omnipd_sandbox.server import Server


@pytest.fixture(scope="module")
def small():
    with Server(size="tiny", documents=30) as running:
        yield running
        assert running.failures == []


@pytest.fixture
def own(small):
    with omnipd.connect(small.url, small.api_key, requests_per_minute=6000) as client:
        yield client


def row(frame):
    [one] = frame.to_dict("records")
    return one


def test_a_fan_out_is_counted_without_a_request(own, small, tmp_path):
    documents = omnipd.read_documents()
    since = len(small.requests)
    cost = row(omnipd.estimate(omnipd.read_document_access, documents))
    assert (cost["name"], cost["calls"], cost["stored"]) == ("document_access", len(documents), 0)
    assert cost["minutes"] == pytest.approx(len(documents) / 5700)
    assert len(small.requests) == since
    omnipd.read_document_access(documents[:7])
    cost = row(omnipd.estimate("document_access", documents))
    assert (cost["calls"], cost["stored"]) == (len(documents) - 7, 7)
    assert row(omnipd.estimate("document_access", documents[:7]))["calls"] == 0
    # The calls that are made are those that were said.
    since = len(small.requests)
    omnipd.read_document_access(documents)
    assert len(small.requests) - since == cost["calls"]


def test_a_list_asks_for_its_first_page(own, small):
    since = len(small.requests)
    assert row(omnipd.estimate("content"))["calls"] == 1
    assert row(omnipd.estimate(omnipd.read_labels))["calls"] == 1
    assert len(small.requests) - since == 1
    omnipd.read_labels()
    cost = row(omnipd.estimate("labels"))
    assert (cost["calls"], cost["stored"]) == (0, 1)


def test_an_inventory_is_what_its_own_estimate_says(own):
    told = omnipd.estimate("inventory", include="access")
    plain = omnipd.estimate_inventory(include="access")
    assert told["name"].tolist() == plain["name"].tolist()
    assert told["calls"].tolist() == plain["calls"].tolist()
    # An export asks anew for the people, of whom the folders of each are asked for.
    also = omnipd.estimate(omnipd.export_inventory, include="access", keep=3)
    more = dict.fromkeys(plain["name"], 0) | {"folders": 1}
    assert also["calls"].tolist() == [
        calls + more[name] for name, calls in zip(plain["name"], plain["calls"], strict=True)
    ]


def test_what_is_in_a_checkpoint_needs_no_call(scripted, fake_time, tmp_path):
    from lists.test_checkpoint import NAMES, broken_off

    folder = tmp_path / "checkpoint"
    broken_off(scripted, folder, fake_time)
    with client_of(scripted, cache=False, requests_per_minute=60) as client:
        cost = row(omnipd.estimate("document_abilities", NAMES, checkpoint=folder, client=client))
        assert (cost["calls"], cost["stored"]) == (7, 5)
        assert scripted.requests == []
        with (
            pytest.warns(omnipd.OmniWarning, match="Answers taken"),
            pytest.raises(omnipd.ArgumentError, match="needs 7 requests"),
        ):
            omnipd.read_document_abilities(NAMES, checkpoint=folder, max_calls=6)
        with pytest.warns(omnipd.OmniWarning, match="Answers taken"):
            omnipd.read_document_abilities(NAMES, checkpoint=folder, max_calls=7)


@pytest.mark.parametrize("wrong", ["document_acess", "read_nothing", print, 7, omnipd.run_query])
def test_what_is_no_reader_is_refused(own, wrong):
    with pytest.raises(omnipd.ArgumentError, match="is no reader"):
        omnipd.estimate(wrong)


def test_what_the_reader_would_refuse_is_refused(own):
    with pytest.raises(omnipd.ArgumentError, match="direction="):
        omnipd.estimate("document_access", "d1", direction="up")


def test_a_list_that_is_read_twice_or_for_each_person_is_counted_so():
    # Of 130 people two pages are read, and once more: Omni counts these pages.
    with Server(documents=30) as running:
        for cache, name, options in (
            ("10m", "users", {}),
            ("10m", "user_groups", {}),
            (False, "users", {}),
            (False, "content", {"scope": "all"}),
        ):
            with omnipd.connect(
                running.url, running.api_key, requests_per_minute=None, cache=cache
            ) as client:
                omnipd.clear_cache(client)
                told = row(omnipd.estimate(name, client=client, **options))["calls"]
                omnipd.clear_cache(client)
                since = len(running.requests)
                getattr(omnipd, f"read_{name}")(client=client, **options)
                assert len(running.requests) - since == told


def test_an_estimate_leaves_the_checkpoint_as_it_is(scripted, fake_time, tmp_path):
    from lists.test_checkpoint import NAMES, broken_off

    folder = tmp_path / "checkpoint"
    broken_off(scripted, folder, fake_time)
    with client_of(scripted, cache=False, requests_per_minute=60) as client:
        for names, calls in ((NAMES[:3], 0), (NAMES, 7)):
            cost = omnipd.estimate("document_abilities", names, checkpoint=folder, client=client)
            assert row(cost)["calls"] == calls


def test_an_inventory_of_all_is_counted_and_read_with_an_empty_cache(own):
    asked = {"include": ["uploads", "topic_fields", "ai_jobs"], "errors": "collect"}
    omnipd.clear_cache(own)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", omnipd.OmniWarning)  # what the sandbox does not have
        inventory = omnipd.read_inventory(max_calls=1000, **asked)
    assert list(inventory) == ["uploads", "topic_fields", "ai_jobs"]


def test_an_estimate_makes_no_checkpoint_of_what_the_cache_has(own, tmp_path):
    folder = tmp_path / "checkpoint"
    documents = omnipd.read_documents()[:9]
    omnipd.read_document_access(documents[:5])
    for parents in (documents, documents[:5]):
        omnipd.estimate("document_access", parents, checkpoint=folder)
        omnipd.estimate("inventory", include="documents", checkpoint=folder)
        assert not folder.exists()


MODELS = [f"1111111{number}-2222-4333-8444-555555555555" for number in range(3)]
NONE = answer({"records": [], "pageInfo": {"hasNextPage": False, "totalRecords": 0}})
REFUSED = answer({"detail": "not yours", "status": 403}, 403)


def test_a_parent_that_is_refused_while_it_is_counted_takes_a_call_still(
    scripted, fake_time, tmp_path
):
    asked = {"models": MODELS, "checkpoint": tmp_path}
    scripted.by_target = lambda target: BROKEN if MODELS[1] in target else NONE
    with client_of(scripted, fake_time, cache=False, requests_per_minute=60) as client:
        with pytest.raises(omnipd.ServerError):
            omnipd.read_dbt_exposures(**asked, client=client)
        scripted.by_target = lambda target: REFUSED if MODELS[1] in target else NONE
        for _ in range(2):  # the checkpoint has nothing of it either
            cost = row(omnipd.estimate("dbt_exposures", **asked, errors="collect", client=client))
            assert (cost["calls"], cost["stored"]) == (2, 1)
        since = len(scripted.requests)
        with (
            pytest.warns(omnipd.OmniWarning, match="Answers taken from the checkpoint"),
            pytest.warns(omnipd.OmniWarning, match="1 of 3 could not be read"),
        ):
            omnipd.read_dbt_exposures(**asked, errors="collect", client=client)
        assert len(scripted.requests) - since == 2


def test_what_an_inventory_does_not_take_is_refused(own):
    for arguments, options in (((), {"inclde": "labels"}), (("labels",), {})):
        for name in ("inventory", omnipd.read_inventory):
            with pytest.raises(TypeError):
                omnipd.estimate(name, *arguments, **options)
    with pytest.raises(TypeError):
        omnipd.estimate(omnipd.export_inventory, "folder", inclde="labels")


def test_what_is_made_of_a_list_that_is_refused_is_not_counted_as_stored(scripted):
    scripted.script(REFUSED)
    with client_of(scripted) as client:
        cost = omnipd.estimate("inventory", include=["groups", "group_members"], client=client)
    assert cost["calls"].isna().all()
    assert cost["at_least"].all()
