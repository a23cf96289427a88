"""A result is served from disk when that was asked for, to who may see it, and only whole."""

import os
import stat
import warnings

import pandas as pd
import pyarrow as pa
import pytest
from faults.given import KEY, QUERY, ROWS, arrow, client_of, complete, footer, header, whole_answer
from scripted_server import answer

import omnipd
from omnipd import OmniError, OmniWarning
from omnipd.cache.clear import stored_answers
from omnipd.client.client import Client
from omnipd.client.settings import resolve

OTHER = pa.table({"users.state": ["TX"], "users.count": [9]})
SUMMARY = {"fields": {"users.state": {"label": "State"}}, "display_sql": "SELECT 1"}


def serve(scripted, *tables):
    scripted.requests.clear()
    scripted.script(*[answer(whole_answer(arrow(table), summary=SUMMARY)) for table in tables])


def stored(client):
    return sorted(client.result_folder.glob("*"))


def test_nothing_is_stored_unless_asked_for(scripted, fake_time):
    serve(scripted, ROWS, OTHER)
    with client_of(scripted, fake_time) as client:
        assert len(omnipd.run_query(QUERY, client=client)) == 3
        assert len(omnipd.run_query(QUERY, client=client)) == 1
        assert not client.result_folder.exists()


def test_a_stored_result_is_the_result_and_asks_nobody(scripted, fake_time):
    serve(scripted, ROWS, OTHER)
    with client_of(scripted, fake_time) as client:
        first = omnipd.run_query(QUERY, ttl="1h", client=client)
        table = omnipd.run_query_arrow(QUERY, ttl="1h", client=client)
        again = omnipd.run_query(QUERY, ttl="1h", client=client)
    assert len(scripted.requests) == 1
    pd.testing.assert_frame_equal(first, again)
    assert table.replace_schema_metadata(None).equals(ROWS)
    facts, later = first.attrs["omni"], again.attrs["omni"]
    assert (facts.pop("from_cache"), later.pop("from_cache")) == (False, True)
    assert facts == later
    assert facts["labels"] == {"users.state": "State"}


def test_a_stored_result_runs_out(scripted, fake_time):
    serve(scripted, ROWS, OTHER, ROWS)
    with client_of(scripted, fake_time) as client:
        assert len(omnipd.run_query(QUERY, ttl="10m", client=client)) == 3
        fake_time.now += 599
        assert len(omnipd.run_query(QUERY, ttl="10m", client=client)) == 3
        assert len(omnipd.run_query(QUERY, ttl="9m", client=client)) == 1  # too old for this one
        fake_time.now += 541
        assert len(omnipd.run_query(QUERY, ttl="1d", client=client)) == 3  # had nine minutes
        assert len(scripted.requests) == 3
        assert len(stored(client)) == 1


def test_a_clock_that_was_set_back_makes_no_result_young(scripted, fake_time):
    serve(scripted, ROWS, OTHER)
    with client_of(scripted, fake_time) as client:
        omnipd.run_query(QUERY, ttl="10m", client=client)
        fake_time.now -= 3600
        assert len(omnipd.run_query(QUERY, ttl="10m", client=client)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"limit": 5},
        {"branch_id": "b-1"},
        {"user_id": "someone"},
        {"totals": True},
        {"names": "label"},
    ],
    ids=str,
)
def test_another_question_is_another_result(scripted, fake_time, other):
    serve(scripted, ROWS, OTHER)
    with client_of(scripted, fake_time) as client:
        assert len(omnipd.run_query(QUERY, ttl="1h", client=client)) == 3
        assert len(omnipd.run_query(QUERY, ttl="1h", client=client, **other)) == 1
    assert len(scripted.requests) == 2


def test_another_key_or_another_person_is_never_served(scripted, fake_time):
    serve(scripted, ROWS, OTHER)
    with client_of(scripted, fake_time) as client:
        omnipd.run_query(QUERY, ttl="1h", client=client)
    with client_of(scripted, fake_time, user_id="someone") as person:
        assert len(omnipd.run_query(QUERY, ttl="1h", client=person)) == 1
    serve(scripted, OTHER)
    settings = resolve(scripted.url, KEY[:-1] + "0")
    with Client(settings, requests_per_minute=None, clock=fake_time.clock()) as stranger:
        assert len(omnipd.run_query(QUERY, ttl="1h", client=stranger)) == 1


def test_the_same_question_in_other_words_is_the_same_result(scripted, fake_time):
    serve(scripted, ROWS)
    with client_of(scripted, fake_time) as client:
        omnipd.run_query(QUERY, ttl="1h", client=client)
        turned = dict(reversed(QUERY.items())) | {"limit": 1000}
        omnipd.run_query({"query": turned}, ttl=3600, cache="Standard", client=client)
    assert len(scripted.requests) == 1


def test_skipping_omnis_cache_skips_this_one_and_stores_anew(scripted, fake_time):
    serve(scripted, ROWS, OTHER)
    with client_of(scripted, fake_time) as client:
        omnipd.run_query(QUERY, ttl="1h", client=client)
        assert len(omnipd.run_query(QUERY, ttl="1h", cache="SkipCache", client=client)) == 1
        assert len(omnipd.run_query(QUERY, ttl="1h", client=client)) == 1
    assert len(scripted.requests) == 2


@pytest.mark.parametrize("ttl", ["soon", -1, "1w", [], float("nan")])
def test_a_ttl_that_is_no_time_is_refused(scripted, fake_time, ttl):
    with client_of(scripted, fake_time) as client, pytest.raises(omnipd.ArgumentError, match="ttl"):
        omnipd.run_query(QUERY, ttl=ttl, client=client)
    assert scripted.requests == []


def test_files_are_private_and_hold_no_key(scripted, fake_time):
    serve(scripted, ROWS)
    with client_of(scripted, fake_time) as client:
        omnipd.run_query(QUERY, ttl="1h", client=client)
        [file] = stored(client)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert KEY.encode() not in file.read_bytes()
        assert KEY not in str(file)


def test_a_result_that_failed_is_not_stored(scripted, fake_time):
    cut = answer(whole_answer(arrow(end=False)))
    failed = answer(header() + complete().replace(b'"COMPLETE"', b'"ERROR"') + footer())
    scripted.script(cut, failed)
    with client_of(scripted, fake_time) as client:
        for _ in range(2):
            with pytest.raises(OmniError):
                omnipd.run_query(QUERY, ttl="1h", client=client)
        assert not client.result_folder.exists()


def damage(content, place):
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"",
        lambda content: b"nonsense" * 99,
        lambda content: content[:-8],
        lambda content: content[: len(content) // 2],
        lambda content: content + b"more",
        lambda content: damage(content, 4),
        lambda content: damage(content, 8),
        lambda content: arrow(),
    ],
    ids=["empty", "nonsense", "no end", "half", "more", "length", "schema", "another stream"],
)
def test_a_damaged_file_is_set_aside_and_the_query_run_again(scripted, fake_time, change):
    serve(scripted, ROWS, OTHER)
    with client_of(scripted, fake_time) as client:
        omnipd.run_query(QUERY, ttl="1h", client=client)
        [file] = stored(client)
        file.write_bytes(change(file.read_bytes()))
        with pytest.warns(OmniWarning, match="set aside"):
            assert len(omnipd.run_query(QUERY, ttl="1h", client=client)) == 1
        assert file.with_suffix(".damaged").exists()
        assert len(omnipd.run_query(QUERY, ttl="1h", client=client)) == 1
        assert file.with_suffix(".damaged").exists()
    assert len(scripted.requests) == 2


def test_what_was_damaged_is_named_where_it_is_and_goes_in_time(scripted, fake_time):
    serve(scripted, ROWS, OTHER, OTHER)
    with client_of(scripted, fake_time) as client:
        omnipd.run_query(QUERY, ttl="1h", client=client)
        [file] = stored(client)
        file.write_bytes(b"nonsense")
        os.utime(file, (1.0, 1.0))  # damaged long ago
        with pytest.warns(OmniWarning, match="set aside") as caught:
            omnipd.run_query(QUERY, ttl="1h", client=client)
        aside = file.with_suffix(".damaged")
        assert str(aside) in str(caught[0].message)
        assert aside.read_bytes() == b"nonsense"
        fake_time.now += 8 * 86_400
        omnipd.run_query(QUERY, ttl="1h", client=client)
        assert not aside.exists()


def test_a_disk_that_takes_nothing_is_a_warning(scripted, fake_time, tmp_path):
    serve(scripted, ROWS)
    file = tmp_path / "a-file"
    file.write_text("")
    with (
        client_of(scripted, fake_time, cache=False, cache_dir=file) as client,
        pytest.warns(OmniWarning, match="could not be stored"),
    ):
        assert len(omnipd.run_query(QUERY, ttl="1h", client=client)) == 3


def test_clear_cache_leaves_what_is_not_omnipds(scripted, tmp_path):
    own = [tmp_path / "results" / "2026" / "sums.arrow", tmp_path / "lists" / "mine" / "all.json"]
    for file in own:
        file.parent.mkdir(parents=True)
        file.write_text("by hand")
    serve(scripted, ROWS)
    with client_of(scripted, cache_dir=tmp_path) as client:
        omnipd.run_query(QUERY, ttl="1h", client=client)
    assert stored_answers(tmp_path)[0] == 1
    assert omnipd.clear_cache(cache_dir=tmp_path) == 1
    assert [file.read_text() for file in own] == ["by hand"] * 2


def test_clear_cache_deletes_results_too(scripted, fake_time):
    serve(scripted, ROWS, ROWS, OTHER)
    with client_of(scripted, fake_time) as client:
        omnipd.run_query(QUERY, ttl="1h", client=client)
        assert omnipd.clear_cache(client) == 1
        omnipd.run_query(QUERY, ttl="1h", client=client)
        assert omnipd.clear_cache() == 1
        assert len(omnipd.run_query(QUERY, ttl="1h", client=client)) == 1


def test_a_frame_outlives_the_file_that_it_came_from(scripted, fake_time):
    serve(scripted, ROWS)
    with client_of(scripted, fake_time) as client:
        omnipd.run_query(QUERY, ttl="1h", client=client)
        df = omnipd.run_query(QUERY, ttl="1h", client=client)
        omnipd.clear_cache(client)
    assert df["users.state"].tolist() == ["CA", "NY", "🌴 Ōsaka"]


def test_a_stored_result_at_its_limit_warns_again(scripted, fake_time):
    serve(scripted, ROWS)
    with client_of(scripted, fake_time) as client:
        for _ in range(2):
            with pytest.warns(OmniWarning, match="exactly 3 rows"):
                df = omnipd.run_query(QUERY, limit=3, ttl="1h", client=client)
        assert df.attrs["omni"]["limit_reached"]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            omnipd.clear_cache(client)
