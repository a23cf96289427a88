"""What holds for every question of an administrator, whatever it is about."""

import inspect
import re
import warnings

import pytest
from audit.hand_made import lacking, table
from numpydoc.docscrape import FunctionDoc

import omnipd
from omnipd.admin.inventory_parts import ALL_PARTS
from omnipd_sandbox.server import Server

QUESTIONS = {
    name: function
    for name in omnipd.audit.__all__
    if hasattr(function := getattr(omnipd.audit, name), "needs")
}
#: What is asked about where a question is about somebody or something.
ABOUT = {
    "leaver": "ada@sandbox.example",
    "what_can_see": "ada@sandbox.example",
    "who_can_see": "/flights",
}
#: The only rows: those of what is asked about.
ROWS = {
    "users": {"user_id": "u1", "email": "ada@sandbox.example"},
    "content": {"type": "folder", "id": "f1", "path": "/flights"},
}
#: Those that are asked of one inventory.
ASKED = pytest.mark.parametrize(
    "name",
    [
        name
        for name, function in QUESTIONS.items()
        if "inventory" in inspect.signature(function).parameters
    ],
)


@pytest.fixture(scope="module")
def sandbox_inventory():
    taken = {one for question in QUESTIONS.values() for one in (*question.needs, *question.also)}
    with (
        Server(size="tiny") as server,
        omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client,
    ):
        return omnipd.read_inventory(include=sorted(taken), client=client)


def tables_of(name):
    """Return all tables that a question needs and takes, without rows but for what it is about."""
    question = QUESTIONS[name]
    rows = ROWS if name in ABOUT else {}
    return {one: table(one, *filter(None, [rows.get(one)])) for one in _taken(question)}


def _taken(question):
    return [*question.needs, *question.also]


def answer(name, inventory):
    about = [ABOUT[name]] if name in ABOUT else []
    return QUESTIONS[name](inventory, *about)


def test_there_are_questions():
    assert {"access", "leaver", "orphans", "schedule_health", "unused"} <= QUESTIONS.keys()


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_names_tables_that_can_be_read_each_once(name):
    taken = _taken(QUESTIONS[name])
    assert set(taken) <= ALL_PARTS.keys()
    assert len(taken) == len(set(taken))
    assert QUESTIONS[name].needs


@ASKED
def test_an_answer_has_the_same_columns_for_tables_without_rows(name, sandbox_inventory):
    bare = answer(name, omnipd.Inventory(tables_of(name)))
    full = answer(name, sandbox_inventory)
    assert bare.dtypes.equals(full.dtypes)
    assert bare.attrs["omni"]["complete"] is True
    assert full.attrs["omni"]["complete"] is True
    assert (len(full) > 0) == (name != "validate")  # in this sandbox nothing is broken


@ASKED
def test_every_column_of_an_answer_is_in_its_manual(name):
    [returned] = FunctionDoc(QUESTIONS[name])["Returns"]
    named = set(re.findall(r"``(\w+)``", " ".join(returned.desc)))
    assert set(answer(name, omnipd.Inventory(tables_of(name))).columns) <= named


@ASKED
@pytest.mark.parametrize("how", ["missing", "refused", "incomplete"])
def test_an_answer_is_incomplete_without_any_table_that_it_takes(name, how):
    tables = tables_of(name)
    why = {"missing": "not in the inventory"}.get(how, how)
    for one in QUESTIONS[name].also:
        with pytest.warns(omnipd.OmniWarning, match="Not all is known") as caught:
            found = answer(name, lacking(tables, one, how))
        assert len(caught) == 1
        assert found.attrs["omni"]["complete"] is False
        assert found.attrs["omni"]["failures"] == {one: why}


@ASKED
def test_without_a_table_that_it_needs_a_question_is_refused(name):
    tables = tables_of(name)
    for one in QUESTIONS[name].needs:
        for how in ("missing", "refused"):
            with pytest.raises(omnipd.ArgumentError, match=rf"has no {one}\."):
                answer(name, lacking(tables, one, how))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", omnipd.OmniWarning)
            found = answer(name, lacking(tables, one, "incomplete"))
        assert found.attrs["omni"]["complete"] is False
