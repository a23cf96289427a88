"""A recording: none of an organization's texts are in it, and it is answered as Omni answered."""

import json
import os
import re
import stat
from itertools import pairwise
from urllib.parse import unquote

import pandas as pd
import pytest
from click.testing import CliRunner
from openapi.openapi_file import openapi_file
from readers.test_every_list import READ
from scripted_server import answer

import omnipd
from omnipd.client.client import Client
from omnipd.client.settings import Secret, resolve
from omnipd.recording import api_words
from omnipd.shell.cli import main
from omnipd_sandbox.api.endpoints import endpoints
from omnipd_sandbox.moods.behavior import Behavior
from omnipd_sandbox.server import Server

pytestmark = pytest.mark.filterwarnings("error")
READERS = (
    "content",
    "users",
    "groups",
    "schedules",
    "models",
    "api_keys",
    "connections",
    "uploads",
)
#: Columns of texts that the API defines, which stay.
STAYS = {"type", "scope", "folder_scope", "labels_verified", "model_kind", "dialect", "base_role"}
STAYS |= {"content", "format", "schedule", "timezone", "last_status", "alert_condition_type"}
STAYS |= {"destination_type", "principal_type", "role", "access_source"}


def read_all():
    read = {name: getattr(omnipd, f"read_{name}")() for name in READERS}
    return read | {"access": omnipd.read_document_access(read["content"].head(60))}


def query():
    return (
        omnipd.Query("flights", "flights")
        .select(
            "flights.origin", "flights.date[month]", "flights.count", "flights.average_dep_delay"
        )
        .limit("all")
        .run(check=False)
    )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """What was read while it was recorded, the file, and what the sandbox knows of itself."""
    file = tmp_path_factory.mktemp("recorded") / "odd.har"
    with omnipd.sandbox(documents=30) as omni:
        with omnipd.record(file):
            read = read_all() | {"query": query()}
        return read, file, omni.api_key


@pytest.fixture(scope="module")
def replayed(recorded):
    with omnipd.sandbox(replay=recorded[1]):
        return read_all()


def is_text(column):
    return pd.api.types.is_string_dtype(column.dtype) and column.notna().any()


@pytest.mark.parametrize("name", [*READERS, "access"])
def test_what_is_answered_again_has_the_same_form(recorded, replayed, name):
    before, after = recorded[0][name], replayed[name]
    assert len(before) > 0
    assert list(before) == list(after)
    assert before.dtypes.equals(after.dtypes)
    for column in before:
        one, other = before[column], after[column]
        assert one.isna().equals(other.isna()), column
        # The same where it was the same, and another where it was another.
        groups = one.groupby(one, sort=False).ngroup(), other.groupby(other, sort=False).ngroup()
        assert groups[0].equals(groups[1]), column
        if not is_text(one):
            assert one.equals(other), column


def test_columns_refer_to_one_another_as_before(recorded, replayed):
    def owned(read):
        return read["content"].merge(read["users"], left_on="owner_id", right_on="user_id").shape

    assert owned(recorded[0])[0] > 50
    assert owned(recorded[0]) == owned(replayed)


def test_no_text_of_the_organization_is_in_the_file(recorded):
    read, file, key = recorded
    entries = json.loads(file.read_text(encoding="utf-8"))["log"]["entries"]
    assert len(entries) > 30
    pieces = [file.read_text(encoding="utf-8")]
    for entry in entries:
        pieces += [unquote(entry["request"]["url"]), entry["response"]["content"]["text"]]
        pieces += [entry["request"].get("postData", {}).get("text", "")]
    text = "\n".join(pieces)
    assert key not in text
    looked = 0
    for name, df in read.items():
        for column in df:
            if not is_text(df[column]) or column in STAYS:
                continue
            for value in {str(one).strip() for one in df[column].dropna()}:
                # A short word may be a part of what another one became; what is no word or a day stays.
                if len(value) > 5 and re.search(r"[^\W\d_]", value) and not value.startswith("20"):
                    looked += 1
                    assert json.dumps(value, ensure_ascii=False)[1:-1] not in text, (name, column)
    assert looked > 700


def test_the_file_is_for_its_owner_alone_and_of_har(recorded):
    log = json.loads(recorded[1].read_text(encoding="utf-8"))["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "omnipd")
    for entry in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
        assert entry["request"]["url"].startswith("https://omni.example/api/")
    if os.name == "posix":
        assert stat.S_IMODE(recorded[1].stat().st_mode) == 0o600


def replayed_query(file):
    """Ask again what was asked, by the names that it has in the file."""
    entries = json.loads(file.read_text(encoding="utf-8"))["log"]["entries"]
    asked = [one["request"] for one in entries if one["request"]["url"].endswith("/query/run")]
    with omnipd.sandbox(replay=file):
        return omnipd.run_query(
            json.loads(asked[0]["postData"]["text"])["query"], limit="all", check=False
        )


def test_a_query_has_the_same_schema_days_and_nulls_and_other_numbers(recorded):
    before, after = recorded[0]["query"], replayed_query(recorded[1])
    assert before.dtypes.tolist() == after.dtypes.tolist()
    assert before.shape == after.shape == (36, 4)
    origin, month, count, delay = after
    assert month.endswith("[month]")
    assert not {"flights.origin", "flights.count"} & set(after)
    assert before["flights.date[month]"].equals(after[month].rename("flights.date[month]"))
    assert after[origin].str.fullmatch("[A-Z]{3}").all()
    assert after[origin].nunique() == 3
    assert not set(after[origin]) & {"EWR", "JFK", "LGA"}
    assert not (before["flights.count"].to_numpy() == after[count].to_numpy()).any()
    assert after[delay].notna().all()


def test_numbers_of_results_stay_where_that_is_asked_for(tmp_path):
    file = tmp_path / "numbers.har"
    with omnipd.sandbox(documents=0), omnipd.record(file, results=True):
        before = query()
    after = replayed_query(file)
    assert before["flights.count"].to_list() == after.iloc[:, 2].to_list()
    assert before["flights.average_dep_delay"].to_list() == after.iloc[:, 3].to_list()
    assert not set(after.iloc[:, 0]) & {"EWR", "JFK", "LGA"}


KEY = "omni_osk_of_this_test_0123456789"


@pytest.fixture
def client_of(fake_time, tmp_path):
    """A function of an address that makes a client which waits for nothing."""

    def make(url, key=KEY):
        given = {"cache": False, "requests_per_minute": None, "state_dir": tmp_path}
        return Client(resolve(url, Secret(key)), clock=fake_time.clock(), **given)

    return make


def test_errors_are_answered_in_their_order_and_the_last_again_and_again(
    scripted, tmp_path, fake_time, client_of
):
    file = tmp_path / "errors.har"
    scripted.script(
        answer({"detail": "Rate limit exceeded"}, status=429, Retry_After="7"),
        answer({"labels": [{"name": "Board of Umbrella", "verified": False, "usage_count": 3}]}),
        answer({"detail": "Umbrella may not do this: permission denied"}, status=403),
    )
    with client_of(scripted.url), omnipd.record(file):
        omnipd.read_labels()
        with pytest.raises(omnipd.ForbiddenError, match="Umbrella"):
            omnipd.read_labels()
    assert "mbrella" not in file.read_text(encoding="utf-8")
    assert fake_time.slept == [7.0]
    with omnipd.sandbox(replay=file) as omni:
        with client_of(omni.base_url):
            assert omnipd.read_labels()["usage_count"].to_list() == [3]
            for _ in range(2):
                with pytest.raises(omnipd.ForbiddenError, match=r"not .. this: permission denied"):
                    omnipd.read_labels()
        assert [one.status for one in omni.server.requests] == [429, 200, 403, 403]
    assert fake_time.slept == [7.0, 7.0]


def test_what_breaks_off_breaks_off_again(tmp_path, client_of):
    file = tmp_path / "cut.har"
    faults = [{"kind": kind, "path": "/api/v1/labels"} for kind in ("cut", "reset")]
    with (
        Server(documents=3, faults=faults) as server,
        client_of(server.url, server.api_key),
        omnipd.record(file),
    ):
        before = omnipd.read_labels()
    entries = json.loads(file.read_text(encoding="utf-8"))["log"]["entries"]
    assert [one.get("_failure") for one in entries] == ["lost", "lost", None]
    with omnipd.sandbox(replay=file) as omni:
        with client_of(omni.base_url):
            after = omnipd.read_labels()
        assert len(omni.server.requests) == 3
    assert before["usage_count"].equals(after["usage_count"])


def test_an_answer_that_is_no_json_is_the_same_again(scripted, tmp_path):
    file = tmp_path / "page.har"
    page = b"<!doctype html><html><head><title>Sign in to Umbrella</title></head></html>"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page)
    scripted.script(head + page)
    with (
        omnipd.connect(scripted.url, KEY, requests_per_minute=None),
        omnipd.record(file),
        pytest.raises(omnipd.ResponseError, match="web page"),
    ):
        omnipd.read_labels()
    assert "Umbrella" not in file.read_text(encoding="utf-8")
    with omnipd.sandbox(replay=file), pytest.raises(omnipd.ResponseError, match="web page"):
        omnipd.read_labels()


def test_what_was_not_recorded_is_named(recorded):
    with omnipd.sandbox(replay=recorded[1]) as omni:
        with pytest.raises(
            omnipd.ServerError, match="has no answer to GET /api/v1/labels"
        ) as raised:
            omnipd.read_labels()
        assert raised.value.status == 501
        assert [one.status for one in omni.server.requests] == [501]


def test_lists_are_asked_for_and_not_taken_from_the_cache(tmp_path):
    with omnipd.sandbox(documents=3) as omni:
        omnipd.read_labels()
        with omnipd.record(tmp_path / "asked.har"):
            omnipd.read_labels()
        assert len(omni.server.requests) == 2
        assert omnipd.read_labels().attrs["omni"]["from_cache"]


def test_a_folder_that_is_missing_is_made(tmp_path):
    file = tmp_path / "new" / "odd.har"
    with omnipd.sandbox(documents=3), omnipd.record(file):
        omnipd.read_labels()
    assert len(json.loads(file.read_text(encoding="utf-8"))["log"]["entries"]) == 1


def test_an_error_of_the_block_leaves_the_recording(tmp_path):
    file = tmp_path / "error.har"

    def fail():
        with omnipd.record(file):
            omnipd.read_labels()
            raise ZeroDivisionError

    with omnipd.sandbox(documents=3), pytest.raises(ZeroDivisionError):
        fail()
    assert len(json.loads(file.read_text(encoding="utf-8"))["log"]["entries"]) == 1


def test_a_second_recording_and_one_of_nothing_are_said(tmp_path):
    with (
        pytest.warns(omnipd.OmniWarning, match="Nothing was asked"),
        omnipd.record(tmp_path / "first.har"),
        pytest.raises(omnipd.SettingsError, match="recorded already"),
        omnipd.record(tmp_path / "second.har"),
    ):
        pytest.fail("it began")
    assert not (tmp_path / "second.har").exists()


def test_a_key_that_would_be_in_it_is_refused(scripted, tmp_path):
    # A key that looks like a word of the API is not replaced where a value may be that word.
    file = tmp_path / "key.har"
    scripted.script(answer({"records": [{"type": "SkipCacheAndRebuildExtracts"}]}))
    with (
        omnipd.connect(
            scripted.url, "SkipCacheAndRebuildExtracts", requests_per_minute=None
        ) as omni,
        pytest.raises(omnipd.ExportError, match="an API key would be in it"),
        omnipd.record(file),
    ):
        omni.get("/api/v1/uploads")
    assert not file.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"replay": "nowhere.har"}, "nowhere.har cannot be read"),
        (
            {"replay": "nowhere.har", "documents": 5},
            "answers what was recorded, and takes no argument",
        ),
        (
            {"replay": "nowhere.har", "slow_job_polls": 5},
            "answers what was recorded, and takes no argument",
        ),
        ({"replay": 5}, "replay=5 is not a path"),
    ],
)
def test_what_cannot_be_answered_again_is_refused(given, said):
    with pytest.raises(omnipd.ArgumentError, match=said):
        omnipd.sandbox(**given)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is not JSON"),
        ("[]", "it has no log with entries"),
        ('{"log": {"entries": [{}]}}', r"entries\[0\] cannot be read \(KeyError"),
        ('{"log": {"entries": [], "_recording": {"format": 9}}}', "has the format 9"),
    ],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path, text, said):
    file = tmp_path / "no.har"
    file.write_text(text)
    with pytest.raises(omnipd.ArgumentError, match=said):
        omnipd.sandbox(replay=file)


def test_the_shell_records_a_command_with_its_exit_code(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with omnipd.sandbox(documents=3, faults=[{"kind": "status", "code": 403}]) as omni:
        monkeypatch.setenv("OMNI_BASE_URL", omni.base_url)
        monkeypatch.setenv("OMNI_API_KEY", omni.api_key)

        def shell(*line):
            return CliRunner().invoke(main, line, prog_name="omnipd")

        refused = shell("record", "one.har", "--", "read", "labels")
        done = shell("record", "two.har", "omnipd", "read", "labels", "--format", "csv")
        other = shell("record", "three.har", "nosuch")
    assert refused.exit_code == 3, refused.stderr
    assert (done.exit_code, done.stdout.count("\n")) == (0, 13), done.stderr
    assert other.exit_code == 2
    assert "one command of omnipd" in other.stderr
    assert sorted(one.name for one in tmp_path.glob("*.har")) == ["one.har", "two.har"]
    with omnipd.sandbox(replay="one.har"), pytest.raises(omnipd.ForbiddenError):
        omnipd.read_labels()


def test_the_words_of_the_api_are_those_that_omni_has():
    for path in {*READ, *(one.path for one in endpoints(Behavior()))}:
        parts = ["*" if "{" in one else one for one in path.split("/")]
        steps = {f"{one}/{two}" for one, two in pairwise(parts) if two != "*"}
        assert steps <= api_words.PATH_STEPS, path


def test_the_keys_of_omnis_own_description_stay():
    keys = set()

    def look(value):
        if isinstance(value, dict):
            keys.update(value.get("properties") or ())
            for one in value.values():
                look(one)
        elif isinstance(value, list):
            for one in value:
                look(one)

    look(openapi_file())
    assert len(keys) > 300
    assert {one for one in keys if one.isidentifier()} <= api_words.KEYS
