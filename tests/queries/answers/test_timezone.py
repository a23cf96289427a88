"""A query in a time zone: what is sent, what a sandbox makes of it, and which names are known."""

import datetime as dt
import warnings

import pytest
from queries.answers.built import assert_is_answered
from queries.answers.timezone_cases import CASES, ORDERED
from queries.query_cases import NOW, ORDERS

import omnipd
from omnipd import Query, field
from omnipd.queries.language import time_zones
from omnipd.queries.language.request import build_request
from omnipd_sandbox.engine.engine import Engine
from omnipd_sandbox.server import Server

DAYS = Query(ORDERS, "orders").select(f"{ORDERED}[date]", "order_items.count")
HERE = "America/New_York"


@pytest.fixture(scope="module")
def server():
    with Server(documents=0, now=lambda: NOW, query_timezones="applied") as server:
        yield server
        assert server.failures == []


@pytest.fixture(scope="module")
def zoned(server, tmp_path_factory):
    with omnipd.connect(
        server.url,
        server.api_key,
        requests_per_minute=None,
        cache_dir=tmp_path_factory.mktemp("disk"),
    ) as client:
        yield client


@pytest.mark.parametrize(("zone", "built"), CASES, ids=[built.case.name for _, built in CASES])
def test_a_query_in_a_zone_answers_as_sql_written_by_hand(zoned, zone, built):
    assert_is_answered(built, zoned, timezone=zone)


def test_today_is_what_the_calendars_there_say():
    # Half past ten in UTC is the next day on Kiritimati, fourteen hours ahead.
    query = Query(ORDERS, "orders").select("order_items.count")
    today = query.where(field(ORDERED).in_the("today"))
    the_16th = query.where(field(ORDERED).in_the("2024-11-16"))
    with omnipd.sandbox(documents=0, now=lambda: NOW, query_timezones="applied") as client:
        for named, meant in ((today, the_16th), (today, today)):
            zone = "Pacific/Kiritimati"
            assert named.run(client=client, timezone=zone).equals(
                meant.run(client=client, timezone=zone)
            )
        plan = omnipd.explain(today, client=client, timezone="Pacific/Kiritimati")
        assert "2024-11-16 00:00:00" in plan.sql
        assert "2024-11-15 00:00:00" in omnipd.explain(today, client=client).sql


def test_a_zone_is_sent_beside_the_query():
    body = build_request(DAYS, timezone=HERE).body
    assert body["timezone"] == HERE
    assert "timezone" not in body["query"]
    assert "timezone" not in build_request(DAYS).body
    outer = {"query": DAYS.to_dict(), "timezone": "Asia/Tokyo"}
    assert build_request(outer).body["timezone"] == "Asia/Tokyo"
    assert build_request(outer, timezone=HERE).body["timezone"] == HERE


def test_all_that_runs_a_query_takes_a_zone(zoned, tmp_path):
    there = DAYS.run(client=zoned, timezone=HERE)
    assert not there.equals(DAYS.run(client=zoned))
    table = omnipd.run_query_arrow(DAYS, client=zoned, timezone=HERE)
    assert table.column(0).to_pylist() == there.iloc[:, 0].to_list()
    batches = omnipd.iter_batches(DAYS, client=zoned, timezone=HERE)
    assert sum(len(batch) for batch in batches) == len(there)
    path = tmp_path / "rows.parquet"
    omnipd.query_to_parquet(DAYS, path, client=zoned, timezone=HERE)
    assert path.exists()
    [several] = omnipd.run_queries([DAYS], client=zoned, timezone=HERE)
    assert several.equals(there)
    assert HERE in omnipd.explain(DAYS, client=zoned, timezone=HERE).sql
    assert omnipd.schema(DAYS, client=zoned, timezone=HERE).dtypes.equals(there.dtypes)


def test_a_stored_result_is_of_one_zone(zoned):
    DAYS.run(client=zoned, ttl="1h")
    there = DAYS.run(client=zoned, ttl="1h", timezone=HERE)
    assert not there.attrs["omni"]["from_cache"]
    assert DAYS.run(client=zoned, ttl="1h", timezone=HERE).attrs["omni"]["from_cache"]


def test_the_connection_may_refuse_it_and_the_organization_ignore_it():
    with (
        omnipd.sandbox(documents=0) as client,
        pytest.raises(omnipd.BadRequestError, match="user-specific timezones to be enabled") as no,
    ):
        DAYS.run(client=client, timezone=HERE)
    assert no.value.hint.startswith("An administrator allows it in the settings of the connection")
    with omnipd.sandbox(documents=0, query_timezones="ignored") as client:
        assert DAYS.run(client=client, timezone=HERE).equals(DAYS.run(client=client))


def test_times_of_which_a_model_says_so_stay_in_utc():
    engine = Engine()
    files = engine.models[ORDERS].files
    path = next(each for each in files if each.startswith("order_items.view"))
    kept = files[path].replace("  created_at:\n", "  created_at:\n    convert_tz: false\n")
    assert kept != files[path]
    model = engine.model_with(ORDERS, {path: kept})
    query = DAYS.where(field(ORDERED).in_the("2024-03")).to_dict()
    plain = engine.plan(query, now=NOW)
    assert engine.plan(query, now=NOW, zone=HERE, model=model).sql == plain.sql
    assert engine.plan(query, now=NOW, zone=HERE).sql != plain.sql


REFUSED = {
    "europe/berlin": "'Europe/Berlin'",
    "Europe/Berln": "'Europe/Berlin'",
    "Berlin": "'Europe/Berlin'",
    "new_york": "'America/New_York'",
    "+02:00": "Europe/Berlin",
    "Central European Time": "Europe/Berlin",
    "": "",
}


@pytest.mark.parametrize(("zone", "hint"), REFUSED.items())
def test_what_is_no_zone_is_refused_with_what_is_meant(zone, hint):
    with pytest.raises(omnipd.ArgumentError, match="time zone") as caught:
        build_request(DAYS, timezone=zone)
    assert hint in (caught.value.hint or "")


def test_a_zone_that_this_machine_does_not_have_is_sent_with_a_warning(monkeypatch):
    with pytest.warns(omnipd.OmniWarning, match="not among the time zones of this machine"):
        assert build_request(DAYS, timezone="Mars/Olympus").body["timezone"] == "Mars/Olympus"
    # Windows has none without a package of its own: nothing is known, and nothing said.
    monkeypatch.setattr(time_zones, "_known", frozenset)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert build_request(DAYS, timezone="Mars/Olympus").body["timezone"] == "Mars/Olympus"


def test_a_sandbox_refuses_what_is_no_zone(zoned):
    with (
        pytest.warns(omnipd.OmniWarning, match="it is sent"),
        pytest.raises(omnipd.BadRequestError, match="Invalid timezone"),
    ):
        DAYS.run(client=zoned, timezone="Mars/Olympus")


def test_pieces_are_cut_in_utc(zoned):
    with pytest.raises(omnipd.ArgumentError, match="pieces are cut in UTC"):
        omnipd.run_query_in_pieces(
            {"query": DAYS.to_dict(), "timezone": HERE}, split_on=ORDERED, client=zoned
        )


def test_the_types_of_a_result_stay(zoned):
    hours = Query(ORDERS, "orders").select(f"{ORDERED}[hour]", ORDERED).limit("all")
    there = omnipd.run_query_arrow(hours, client=zoned, timezone=HERE)
    assert there.schema.types == omnipd.run_query_arrow(hours, client=zoned).schema.types
    at = there.to_pylist()
    # What is cut is what the clocks show; the time itself is the instant.
    five_hours = dt.timedelta(hours=5)
    new_year = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    [found] = [row for row in at if row[ORDERED] == new_year]
    assert found[f"{ORDERED}[hour]"] == new_year - five_hours
