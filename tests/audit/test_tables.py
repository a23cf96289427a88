"""The tables behind a question: needed ones are there, gaps are said, what is missing is not none."""

import pandas as pd
import pyarrow as pa
import pytest

import omnipd
from omnipd.audit.find import find_item, find_person
from omnipd.audit.tables import Tables, question
from omnipd.frames.to_pandas import marked_incomplete


@question("labels", also=("groups",))
def asked(inventory):
    """Stand for a question."""
    return Tables(inventory, asked)


@pytest.fixture(scope="module")
def frames(server):
    with omnipd.connect(server.url, server.api_key, cache=False) as client:
        return {
            "labels": omnipd.read_labels(client=client),
            "groups": omnipd.read_groups(client=client),
        }


SCHEMA = pa.schema({"label": pa.string(), "count": pa.int64()})


def test_a_question_says_what_it_needs():
    assert (asked.needs, asked.also) == (("labels",), ("groups",))


def test_what_is_known_whole_makes_an_answer_without_a_mark(frames):
    tables = asked(omnipd.Inventory(frames))
    assert tables.is_known("labels", "groups")
    assert len(tables.rows("groups")) == len(frames["groups"])
    answer = tables.answer(SCHEMA, [{"label": "a"}])
    assert [*answer.dtypes] == [pd.ArrowDtype(pa.string()), pd.ArrowDtype(pa.int64())]
    assert answer.attrs["omni"]["complete"] is True
    assert answer.attrs["omni"]["instance"] == frames["labels"].attrs["omni"]["instance"]


def test_an_answer_of_no_rows_has_the_same_columns(frames):
    tables = asked(omnipd.Inventory(frames))
    assert tables.answer(SCHEMA, []).dtypes.equals(tables.answer(SCHEMA, [{"count": 1}]).dtypes)


@pytest.mark.parametrize(
    ("held", "failures", "why"),
    [
        (["labels"], {}, "not in the inventory"),
        (["labels"], {"groups": "refused"}, "refused"),
        (["labels", "groups"], {}, "incomplete"),
    ],
)
def test_what_is_not_known_whole_marks_the_answer(frames, held, failures, why):
    kept = {name: frames[name] for name in held}
    if "groups" in kept:
        kept["groups"] = marked_incomplete(kept["groups"])
    tables = asked(omnipd.Inventory(kept, failures))
    assert not tables.is_known("groups")
    assert tables.is_known("labels")
    assert tables["groups"].schema.names[0] == "group_id"
    with pytest.warns(omnipd.OmniWarning, match=rf"Not all is known: groups \({why}\)"):
        answer = tables.answer(SCHEMA, [])
    assert answer.attrs["omni"]["complete"] is False
    assert answer.attrs["omni"]["failures"] == {"groups": why}


def test_without_what_is_needed_nothing_is_answered(frames):
    with pytest.raises(
        omnipd.ArgumentError, match=r"has no labels\. Not read: labels: refused"
    ) as error:
        asked(omnipd.Inventory({"groups": frames["groups"]}, {"labels": "refused"}))
    assert error.value.hint == (
        "It takes an inventory or export with include=['labels']; without groups less is known."
    )


def test_only_an_inventory_as_readers_made_it_is_taken(frames):
    with pytest.raises(omnipd.ArgumentError, match=r"Expected an Inventory, not DataFrame\.\n"):
        asked(frames["labels"])
    with pytest.raises(omnipd.ArgumentError, match=r"Expected an Inventory, not 'exports'\.\n"):
        asked("exports")
    with pytest.raises(omnipd.ArgumentError, match="labels has no column verified"):
        asked(omnipd.Inventory({"labels": frames["labels"].drop(columns="verified")}))


PEOPLE = [
    {"user_id": "1", "email": "ann@x.example", "user_name": "ann@x.example", "display_name": "Ann"},
    {"user_id": "2", "email": "bob@x.example", "user_name": None, "display_name": "Bob"},
    {"user_id": "3", "email": None, "user_name": None, "display_name": "Bob"},
]


@pytest.mark.parametrize(
    ("person", "user_id"),
    [("1", "1"), ("ANN@x.example", "1"), ("ann", "1"), ("bob@x.example", "2")],
)
def test_a_person_is_found_by_id_address_or_name(person, user_id):
    assert find_person(PEOPLE, person) == user_id


def test_a_person_that_is_nobody_or_several_is_refused():
    with pytest.raises(omnipd.ArgumentError, match="is the name of 2") as error:
        find_person(PEOPLE, "Bob")
    assert "2, 3" in error.value.hint
    with pytest.raises(omnipd.ArgumentError, match="nobody") as error:
        find_person(PEOPLE, "bop@x.example")
    assert "'bob@x.example'" in error.value.hint


ITEMS = [
    {"type": "document", "document_identifier": "d1", "id": None, "path": None, "name": "Sales"},
    {"type": "folder", "document_identifier": None, "id": "f1", "path": "/emea", "name": "EMEA"},
]


@pytest.mark.parametrize(
    ("item", "row"), [("d1", 0), ("sales", 0), ("f1", 1), ("/emea", 1), ("EMEA", 1)]
)
def test_an_item_is_found_by_identifier_id_path_or_name(item, row):
    assert find_item(ITEMS, item) is ITEMS[row]


def test_columns_of_one_name_are_refused():
    frame = pd.DataFrame({"label": ["a"]})
    twice = omnipd.Inventory({"labels": pd.concat([frame, frame], axis=1)})
    with pytest.raises(omnipd.ArgumentError, match="columns of one name"):
        asked(twice)
