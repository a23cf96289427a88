"""What a traceback shows of omnipd: few frames, and no second error."""

import sys
import traceback
from pathlib import Path

import pytest

import omnipd
from omnipd import Query, field
from omnipd.errors import ArgumentError, MissingFieldsError, OmniError

pytestmark = pytest.mark.skipif(sys.flags.dev_mode, reason="python -X dev shows all frames")
INSIDE = Path(omnipd.__file__).parent
FLIGHTS = Query("flights", "flights")
COUNTS = FLIGHTS.select("flights.origin", "flights.count")
MISSPELT = FLIGHTS.select("flights.orign")
AS_DICT = {
    "modelId": "flights",
    "join_paths_from_topic_name": "flights",
    "fields": ["flights.orign"],
}

CALLS = {
    "a field": MISSPELT.run,
    "a field of a dict": lambda: omnipd.run_query(AS_DICT, check=True),
    "a field as Arrow": lambda: omnipd.run_query_arrow(MISSPELT),
    "a field, explained": lambda: omnipd.explain(MISSPELT),
    "the schema of a field": lambda: omnipd.schema(MISSPELT),
    "a field in batches": lambda: omnipd.iter_batches(MISSPELT),
    "a field among queries": lambda: omnipd.run_queries([COUNTS, MISSPELT]),
    "a field in pieces": lambda: omnipd.run_query_in_pieces(
        MISSPELT, split_on="flights.date", by="month"
    ),
    "a field in a dataset": lambda: omnipd.query_to_dataset(
        MISSPELT, "nowhere", split_on="flights.date"
    ),
    "a condition": lambda: COUNTS.where(field("flights.orign") == "JFK").run(),
    "the type of a value": lambda: COUNTS.where(field("flights.origin") == 3).run(),
    "a timeframe": lambda: FLIGHTS.select("flights.date[mnth]").run(),
    "a sort": lambda: COUNTS.sort("flights.cont").run(),
    "no condition": lambda: COUNTS.where("flights.origin = 'JFK'"),
    "a topic": lambda: Query("flights", "flihgts").select("flights.origin").run(),
    "a model": lambda: Query("flihgts", "flights").select("flights.origin").run(),
    "a model of a reader": lambda: omnipd.read_topics("flihgts"),
    "a choice of a reader": lambda: omnipd.read_content(sort="naem"),
    "a keyword": lambda: COUNTS.run(limti=5),
    "a limit": lambda: COUNTS.run(limit=0),
    "a timeout": lambda: COUNTS.run(timeout=-1),
    "a dashboard": lambda: omnipd.run_document("no-such-dashboard"),
}


def frames_inside(error):
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    return [file for file in files if Path(file).is_relative_to(INSIDE)]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_what_is_misspelt_shows_few_frames_and_no_inner_error(omni, call):
    with pytest.raises(OmniError) as caught:
        call()
    assert 1 <= len(frames_inside(caught.value)) <= 4
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_field_that_only_omni_finds_missing_shows_few_frames(omni, tmp_path):
    with pytest.raises(MissingFieldsError) as caught:
        MISSPELT.run(check=False)
    assert len(frames_inside(caught.value)) <= 4
    with pytest.raises(ArgumentError) as caught:
        omnipd.query_to_parquet(MISSPELT, tmp_path / "x.parquet")
    assert len(frames_inside(caught.value)) <= 4
    batches = omnipd.iter_batches(MISSPELT, check=False)
    with pytest.raises(MissingFieldsError) as caught:
        next(batches)
    assert len(frames_inside(caught.value)) <= 4


def test_the_error_that_the_caller_was_handling_is_still_shown(omni):
    def handling():
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            MISSPELT.run()

    with pytest.raises(ArgumentError) as caught:
        handling()
    assert isinstance(caught.value.__context__, ZeroDivisionError)
    assert not caught.value.__suppress_context__


def ids_that_are_read():
    yield "flights"
    omnipd.read_topics("flihgts")


def test_the_frames_of_the_caller_are_shown_wherever_they_are(omni):
    def told(*_):
        omnipd.read_topics("flihgts")

    with pytest.raises(OmniError) as caught:
        omnipd.read_topics(ids_that_are_read())
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert "ids_that_are_read" in names
    omni.progress = told
    with pytest.raises(OmniError) as caught:
        omnipd.read_labels()
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert "told" in names


def test_what_is_no_error_of_omnipd_keeps_its_frames(omni, monkeypatch):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("omnipd.queries.check_topic.check_fields", broken)
    with pytest.raises(ZeroDivisionError) as caught:
        COUNTS.run()
    assert any(file.endswith("check_topic.py") for file in frames_inside(caught.value))
