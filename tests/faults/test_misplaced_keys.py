"""The key given as any other argument: in no message, warning, repr or file, and never sent or looked up."""

import inspect
import json
import os
import socket
import warnings
from pathlib import Path

import pandas as pd
import pytest
from faults.given import KEY, MODEL, QUERY, client_of
from scripted_server import answer

import omnipd
from omnipd.errors import held_warnings

#: A key as Omni makes no more, or another maker's: known to nobody but as that of the environment.
OPAQUE = "h7Qw-zL2p_vK9x.T4mB8nR1cY6dF3gJ5"
#: Enough of the key to tell, in the letters of a host.
PART = KEY[9:15].lower()
#: What each argument without a default takes.
USUAL = {
    "query": QUERY,
    "queries": [QUERY],
    "question": "How many?",
    "sql": "select 1",
    "split_on": "users.created_at[date]",
    "model": MODEL,
    "path": "/api/v1/labels",
    "name": "users.state",
    "df": pd.DataFrame({"id": [1]}),
    "records": [],
    "folder": "nowhere",
}
NOT_CALLED = {"Client", "Sandbox", "Query", "Field", "Inventory", "Identity", "Answer", "Condition"}
#: A key is what it takes.
TAKES_A_KEY = {("connect", "api_key")}


def functions():
    for name in sorted(omnipd.__all__):
        function = getattr(omnipd, name)
        if callable(function) and not inspect.isclass(function):
            yield name, function


def given_to(function, cases):
    """Return every argument of a function, with the key alone and where several are taken."""
    for name, param in inspect.signature(function).parameters.items():
        if param.kind is not param.VAR_KEYWORD:
            cases += [(name, KEY), (name, [KEY]), (name, {KEY: KEY}), (name, Path(KEY))]
        else:
            options = ("model", "branch_id", "user_id", "cache", "timeout", "names", "decimals", "ttl")
            cases += [(option, KEY) for option in (*options, "model_name", "seed")]
            cases += [(KEY, KEY)]
    return cases


@pytest.fixture
def nobody_hears(monkeypatch, tmp_path, scripted):
    """A client of a server that knows nothing, and the names that were looked up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMNI_BASE_URL", scripted.url)
    monkeypatch.setenv("OMNI_API_KEY", KEY)
    scripted.script(answer({"detail": "Not found"}, 404))
    asked = []
    resolve = socket.getaddrinfo

    def look_up(host, *rest, **more):
        asked.append(str(host))
        if host != "127.0.0.1":
            raise socket.gaierror(socket.EAI_NONAME, "no such host")
        return resolve(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def said_of(call):
    """Return all that a call says, and what it returns."""
    texts = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            returned = call()
            if inspect.isgenerator(returned) or hasattr(returned, "__next__"):
                returned = list(returned)
            texts.append(repr(returned))
            if isinstance(returned, omnipd.Client):
                texts.append(f"{returned.base_url}")
                returned.close()
        except Exception as error:
            one = error
            while one is not None:
                texts += [str(one), repr(one), *getattr(one, "__notes__", ())]
                texts += [str(value) for value in vars(one).values() if not isinstance(value, pd.DataFrame)]
                one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return texts + [str(one.message) for one in caught]


FUNCTIONS = dict(functions())


@pytest.mark.parametrize(("name", "function"), FUNCTIONS.items(), ids=FUNCTIONS)
def test_no_argument_that_is_the_key_is_shown_sent_or_looked_up(
    nobody_hears, scripted, tmp_path, name, function
):
    required = {
        param.name: USUAL.get(param.name, ["one"])
        for param in inspect.signature(function).parameters.values()
        if param.default is param.empty and param.kind is not param.VAR_KEYWORD
    }
    loud = []
    for argument, value in given_to(function, []):
        if (name, argument) in TAKES_A_KEY:
            continue
        nobody_hears.clear()
        scripted.requests.clear()
        with client_of(scripted):
            texts = said_of(lambda: function(**required | {argument: value}))
        texts += nobody_hears
        for method, target, headers, body in scripted.requests:
            headers.pop("authorization", None)
            texts += [target, str(headers), body.decode()]
        texts += [str(path) for path in tmp_path.rglob("*")]
        loud += [(argument, type(value).__name__, text) for text in texts if PART in text.lower()]
    assert not loud, loud[:5]
