"""The key given as any other argument: in no message, warning, repr or file, and never sent or looked up."""

import inspect
import socket
import warnings
from pathlib import Path

import pandas as pd
import pytest
from audit.hand_made import table
from click.testing import CliRunner
from faults.given import KEY, MODEL, QUERY, client_of
from public_names import PUBLIC
from scripted_server import answer

import omnipd
from omnipd.admin.inventory_parts import ALL_PARTS
from omnipd.queries.language.request import build_request
from omnipd.shell.cli import main

#: A key as Omni makes no more, or another maker's: known to nobody but as that of the environment.
OPAQUE = "h7Qw-zL2p_vK9x.T4mB8nR1cY6dF3gJ5"
#: Enough of the key to tell, in the letters of a host.
PART = KEY[9:15].lower()
#: An inventory of all tables, without rows.
EMPTY = omnipd.Inventory({name: table(name) for name in ALL_PARTS})
#: One table only: all of them are not compared for a call that is refused.
ONE_TABLE = omnipd.Inventory({"users": table("users")})
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
    "inventory": EMPTY,
    "before": EMPTY,
    "after": EMPTY,
    "diff": omnipd.audit.diff(ONE_TABLE, ONE_TABLE),
    "person": "one",
    "item": "one",
}
#: What ``**options`` holds.
OPTIONS = ("model", "branch_id", "user_id", "cache", "timeout", "names", "decimals", "check", "ttl")
#: Arguments of nearly all functions, whose checks are the same in each.
SINGLE = {"client", "strict", "refresh", "errors", "limit", "direction", "sort", "scope"}
#: A key is what it takes.
TAKES_A_KEY = {("connect", "api_key")}


def functions():
    for name, function in PUBLIC.items():
        # A sandbox starts a server each time; its own test is below.
        if callable(function) and not inspect.isclass(function) and name != "sandbox":
            yield name, function


def given_to(function):
    """Yield every argument of a function with the key, alone and where several values are taken."""
    for name, param in inspect.signature(function).parameters.items():
        if param.kind is param.VAR_KEYWORD:
            yield from ((option, KEY) for option in (*OPTIONS, KEY))
        else:
            yield name, KEY
            if name not in SINGLE:
                yield from [(name, [KEY]), (name, {KEY: KEY}), (name, Path(KEY))]


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


def holds_key(text):
    return PART in text.lower() or OPAQUE.lower() in text.lower()


def sent(server):
    """Return all that came to a server, but for the header that the key belongs in."""
    texts = []
    for _, target, headers, body in server.requests:
        assert headers.pop("authorization").startswith("Bearer ")
        texts += [target, str(headers), body.decode()]
    return texts


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
                texts += [
                    str(value)
                    for value in vars(one).values()
                    if not isinstance(value, pd.DataFrame)
                ]
                one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return texts + [str(one.message) for one in caught]


@pytest.mark.thorough
def test_no_argument_that_is_the_key_is_shown_sent_or_looked_up(nobody_hears, scripted, tmp_path):
    loud = []
    with client_of(scripted):
        for name, function in functions():
            required = {
                param.name: USUAL.get(param.name, ["one"])
                for param in inspect.signature(function).parameters.values()
                if param.default is param.empty and param.kind is not param.VAR_KEYWORD
            }
            for argument, value in given_to(function):
                if (name, argument) not in TAKES_A_KEY:
                    said = said_of(lambda: function(**required | {argument: value}))  # noqa: B023
                    loud += [(name, argument, text) for text in said if holds_key(text)]
    assert not loud, loud[:5]
    files = [str(path) for path in tmp_path.rglob("*")]
    assert not [text for text in nobody_hears + files + sent(scripted) if holds_key(text)]


def test_no_argument_of_a_sandbox_that_is_the_key_is_shown(nobody_hears, tmp_path):
    names = [
        "port",
        "documents",
        "size",
        "org",
        "state",
        "requests_per_minute",
        "faults",
        "control",
    ]
    for name in (*names, "now", "seed", "model_name", "retry_after", "nonsense", KEY):
        if name != "model_name":
            texts = said_of(lambda: omnipd.sandbox(**{name: KEY}))  # noqa: B023
            assert not [text for text in texts if holds_key(text)], name
    assert not [path for path in tmp_path.rglob("*") if holds_key(str(path))]


METHODS = {
    "asc": [],
    "before": [KEY],
    "between": [KEY, KEY],
    "contains": [KEY],
    "in_the": [KEY, KEY],
    "is_attribute": [KEY],
    "in_month": [KEY],
    "isin": [[KEY]],
    "like": [KEY],
    "on_or_after": [KEY],
    "startswith": [KEY],
    "__eq__": [KEY],
    "__gt__": [KEY],
}


@pytest.mark.parametrize(("method", "arguments"), METHODS.items(), ids=METHODS)
def test_no_method_of_a_field_shows_the_key(method, arguments):
    for name in ("users.state", f"users.{KEY}", f"{KEY}.state"):
        texts = said_of(lambda: getattr(omnipd.field(name), method)(*arguments))  # noqa: B023
        assert not [text for text in texts if holds_key(text)]


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("select", KEY),
        ("select", f"users.{KEY}"),
        ("where", KEY),
        ("sort", KEY),
        ("pivot", KEY),
        ("fill", KEY),
        ("limit", KEY),
        ("offset", KEY),
        ("totals", KEY),
        ("compare", KEY),
        ("transpose", KEY),
        ("from_dict", KEY),
    ],
)
def test_no_method_of_a_query_shows_the_key(method, value):
    query = omnipd.Query(MODEL, "users").select("users.state")
    assert not [text for text in said_of(lambda: getattr(query, method)(value)) if holds_key(text)]
    assert not [text for text in said_of(lambda: omnipd.Query(value, value)) if holds_key(text)]


@pytest.mark.parametrize(
    "make",
    [
        lambda query: query.compare("users.at", 1, KEY),
        lambda query: query.compare("users.at", KEY, "month"),
        lambda query: query.pivot("users.at", column_limit=KEY),
        lambda query: query.run(pivot=KEY),
        lambda query: build_request(
            query.to_dict() | {"period_over_period_computations": [{"periods_ago": KEY}]}
        ),
        lambda query: build_request(query.to_dict() | {"column_limit": KEY}),
    ],
)
def test_no_pivot_and_no_comparison_shows_the_key(make, scripted):
    query = omnipd.Query(MODEL, "users").select("users.state")
    with pytest.raises(omnipd.ArgumentError) as caught, omnipd.connect(scripted.url, KEY):
        make(query)
    assert not holds_key(f"{caught.value} {caught.value!r}")


def test_a_frame_that_an_inventory_lacks_is_named_but_for_a_key():
    with pytest.raises(KeyError, match=r"\*\*\* is not in this inventory"):
        omnipd.Inventory({})[KEY]


@pytest.mark.parametrize("key", [KEY, OPAQUE])
@pytest.mark.parametrize(
    "argument", ["base_url", "profile", "user_id", "cache", "cache_dir", "timeout"]
)
def test_the_key_of_the_environment_is_known_whatever_it_looks_like(
    nobody_hears, monkeypatch, tmp_path, argument, key
):
    monkeypatch.setenv("OMNI_API_KEY", key)
    (tmp_path / "no-profile.json").write_text('{"profiles": {"work": {"apiKey": "x"}}}')
    with pytest.raises(omnipd.OmniError) as caught:
        omnipd.whoami(client=omnipd.connect(**{argument: key}))
    assert not [
        text for text in said_of(lambda: omnipd.connect(**{argument: key})) if holds_key(text)
    ]
    assert not holds_key(
        f"{caught.value} {caught.value!r} {nobody_hears} {list(tmp_path.iterdir())}"
    )


def test_an_address_and_a_key_in_each_others_place_are_told(nobody_hears, scripted):
    with pytest.raises(omnipd.SettingsError, match=r"^The base URL is an API key"):
        omnipd.connect(KEY)
    with pytest.raises(omnipd.SettingsError, match=r"^The base URL is an API key"):
        omnipd.connect(KEY, "https://acme.omniapp.co")
    with pytest.raises(omnipd.SettingsError, match=r"^The API key is an address"):
        omnipd.connect(scripted.url, "https://acme.omniapp.co")
    assert nobody_hears == []


def test_an_id_that_only_begins_as_a_key_does_is_taken(scripted):
    key, model = "11111111-2222-4333-8444-000000000000", "11111111-2222-4333-8444-555555555555"
    scripted.script(answer({"topics": []}))
    omnipd.read_topics(model, client=omnipd.connect(scripted.url, key))
    assert scripted.requests[0][1] == f"/api/v1/models/{model}/topic"
    with pytest.raises(omnipd.ArgumentError, match="holds an API key"):
        omnipd.read_topics(key, client=omnipd.connect(scripted.url, key))


@pytest.mark.parametrize(
    "call",
    [
        omnipd.clear_cache,
        lambda odd: omnipd.read_content(client=odd),
        lambda odd: omnipd.read_models(include=odd),
        lambda odd: omnipd.ask("How many?", model=MODEL, all_views=odd),
        lambda odd: omnipd.run_document_query("d", "q", model=odd),
        lambda odd: omnipd.import_documents(".", model=odd),
    ],
)
def test_what_is_looked_through_for_a_key_may_be_of_any_kind(scripted, call):
    deep = []
    for _ in range(5000):
        deep = [deep]
    scripted.script(answer({"detail": "Not found"}, 404))
    with client_of(scripted):
        for odd in (5, deep, [5]):
            with pytest.raises(omnipd.OmniError):
                call(odd)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--profile", KEY, "content"],
        [KEY],
        ["content", KEY],
        ["content", "--profile", KEY],
        ["content", "--base-url", KEY],
        ["content", "--api-key-file", KEY],
        ["content", f"--{KEY}"],
        ["content", "--timeout", KEY],
        ["content", "--limit", KEY],
        ["content", "--format", KEY],
        ["content", "--cache", KEY],
        ["content", "--cache-dir", KEY],
        ["content", "--labels", KEY],
        ["content", "--path", KEY],
        ["content", "--output", KEY],
        ["query", KEY],
        ["query", "-", "--model", KEY],
        ["query", "-", "--limit", KEY],
        ["whoami", "--model", KEY],
        ["inventory", "--output", KEY],
        ["inventory", "--include", KEY],
        ["sandbox", "--size", KEY],
        ["sandbox", "--org", KEY],
        ["sandbox", "init", KEY],
        ["sandbox", KEY],
        ["cache", "--cache-dir", KEY],
        ["demo", "--folder", KEY],
    ],
    ids=lambda arguments: " ".join(arguments).replace(KEY, "KEY"),
)
def test_the_shell_never_echoes_the_key(nobody_hears, scripted, tmp_path, arguments):
    result = CliRunner().invoke(main, arguments, input='{"modelId": "m", "fields": ["a.b"]}')
    assert result.exit_code != 0
    assert not holds_key(f"{result.output} {result.stderr} {result.exception!r}")
    assert not [text for text in nobody_hears + sent(scripted) if holds_key(text)]
    assert not [path for path in tmp_path.rglob("*") if holds_key(str(path))]
