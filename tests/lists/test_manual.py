"""The manual of every reader is whole: all parameters, all columns, the usual errors."""

import inspect
import pydoc
import subprocess
import sys
from collections import Counter

import pandas as pd
import pytest
from numpydoc.docscrape import FunctionDoc
from readers.reader_checks import documented_columns

import omnipd
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual

READERS = [name for name in omnipd.__all__ if name.startswith("read_")]
LISTED = [name for name in READERS if name not in {"read_inventory", "read_records"}]

#: Parameters of the wire that have other names in the signature.
SPELLED_OTHERWISE = {"read_document_drafts": {"include"}}


def lists_of(name):
    """The endpoints that a reader's body works with."""
    function = getattr(omnipd, name)
    named = (function.__globals__.get(one) for one in function.__code__.co_names)
    return [one for one in named if isinstance(one, Endpoint | FanOut)]


@pytest.mark.parametrize("name", READERS)
def test_every_parameter_is_explained_once_in_the_order_of_the_signature(name):
    function = getattr(omnipd, name)
    explained = FunctionDoc(function)["Parameters"]
    names = [one.strip() for item in explained for one in item.name.split(",")]
    assert names == list(inspect.signature(function).parameters)
    for item in explained:
        assert item.type
        assert item.desc
        assert "As for" not in " ".join(item.desc)


@pytest.mark.parametrize("name", READERS)
def test_a_default_is_explained_as_it_is(name):
    function = getattr(omnipd, name)
    defaults = {
        parameter.name: parameter.default
        for parameter in inspect.signature(function).parameters.values()
    }
    for item in FunctionDoc(function)["Parameters"]:
        kind, _, default = item.type.partition(", default ")
        for one in item.name.split(", "):
            if default:
                assert eval(default) == defaults[one]
            elif kind.endswith("optional"):
                assert defaults[one] is None or name in {"read_models"}


@pytest.mark.parametrize("name", LISTED)
def test_a_signature_is_that_of_its_lists(name):
    signature = set(inspect.signature(getattr(omnipd, name)).parameters)
    for one in lists_of(name):
        endpoint = one.endpoint if isinstance(one, FanOut) else one
        assert set(endpoint.params) - SPELLED_OTHERWISE.get(name, set()) <= signature
        assert {"refresh", "client"} <= signature
        if isinstance(one, FanOut) and name != "read_uploads":
            assert "errors" in signature


@pytest.mark.parametrize("name", LISTED)
def test_every_column_is_explained_once(name):
    columns = dict(documented_columns(name))
    for one in lists_of(name)[:1]:
        endpoint = one.endpoint if isinstance(one, FanOut) else one
        parents = one.parent if isinstance(one, FanOut) else ()
        assert list(columns) == [*dict.fromkeys([*parents, *endpoint.columns]), "extra"]
    assert max(Counter(one for one, _ in documented_columns(name)).values()) == 1


#: In a list of documents and folders folder_id is where a row is; a folder's own id needs another name.
BARE = {"read_content"}


@pytest.mark.parametrize("name", LISTED)
def test_ids_say_what_they_are_of_and_times_end_alike(name):
    columns = documented_columns(name)
    names = {one for one, _ in columns}
    assert ("id" in names) == (name in BARE)
    assert "identifier" not in names
    assert [one for one, kind in columns if "timestamp" in kind and not one.endswith("_at")] == []


@pytest.mark.parametrize("name", LISTED)
def test_the_usual_errors_are_explained(name):
    raised = [
        error
        for item in FunctionDoc(getattr(omnipd, name))["Raises"]
        for error in item.type.split(", ")
    ]
    assert {"ArgumentError", "APIError", "NetworkError", "ResponseError"} <= set(raised)
    assert max(Counter(raised).values()) == 1


def test_help_shows_the_whole():
    shown = pydoc.plain(pydoc.render_doc(omnipd.read_users))
    for part in (
        "filter : str, optional",
        "limit : int, optional",
        "refresh : bool, default False",
        "- ``group_ids`` (string): Ids of the groups, comma-joined.",
        "ForbiddenError",
        "IncompleteReadError",
        ">>> import omnipd",
    ):
        assert part in shown


def test_what_is_written_by_hand_is_not_replaced():
    @manual()
    def read_them(*, limit: int = 3, strict: bool = True) -> pd.DataFrame:
        """Read them.

        Parameters
        ----------
        limit : int, default 3
            Three are enough.

        Raises
        ------
        APIError
            On Sundays.

        Notes
        -----
        Few.
        """

    parsed = FunctionDoc(read_them)
    limit, strict = parsed["Parameters"]
    assert (limit.type, limit.desc) == ("int, default 3", ["Three are enough."])
    assert (strict.name, strict.type) == ("strict", "bool, default True")
    assert [item.type for item in parsed["Raises"]] == [
        "APIError",
        "ArgumentError",
        "IncompleteReadError",
        "NetworkError, ResponseError",
    ]
    assert parsed["Notes"] == ["Few."]


@pytest.mark.thorough  # Python compiles pandas anew
def test_readers_work_without_docstrings():
    code = "import omnipd; read = omnipd.read_users; print(read.__name__, read.__doc__)"
    done = subprocess.run(
        [sys.executable, "-OO", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "read_users None\n"
