"""Messages of the shell speak the shell's words: options, and commands."""

import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import omnipd
from omnipd.arguments import argument, function
from omnipd.errors import ArgumentError, warn
from omnipd.shell.cli import main
from omnipd.shell.words import in_words_of

KEY = "omni_osk_0123456789abcdef"
FLIGHTS = {
    "modelId": "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613",
    "join_paths_from_topic_name": "flights",
}
#: Arguments, functions and values as Python writes them. A function without a command is named as Python's.
PYTHON = re.compile(
    rf"\b[a-z_]+=|\b(?:True|False|None)\b|(?<!Python's omnipd\.)\b(?:audit\.\w+|{'|'.join(omnipd.__all__)})\("
)

_CONNECTION = {
    "--base-url": ["nope nope", "http://example.com", KEY],
    "--api-key-file": ["missing", "spaced", "unknown", KEY],
    "--profile": ["", "missing", KEY],
    "--cache": ["x", "99y", KEY],
    "--requests-per-minute": ["0", "x"],
    "--timeout": ["0", "nan", "1e-9"],
    "--cache-dir": ["", "query.json", KEY],
}
# What is wrong with the two profiles themselves is said where they are tried.
_OF_TWO = {option: () for option in _CONNECTION if option not in ("--base-url", "--api-key-file")}
#: What is wrong for each option that takes a value, and the beginning of a line.
WRONG = {
    ("content",): {
        "--labels": ["", "a,b", KEY],
        "--scope": ["x", "restricted", "all --path /a", "all --limit 3"],
        "--creator-id": ["", "x", KEY],
        "--folder-id": ["..", "x", "x --path /a"],
        "--path": ["", "/nowhere", KEY],
        "--include": ["", "x"],
        "--sort": ["", "x"],
        "--direction": ["des"],
        "--limit": ["0", "x"],
        "--errors": ["x", "collect"],
        "--checkpoint": ["", "query.json/x", KEY],
        "--max-calls": ["0 --scope all", "x"],
        "--output": ["x.foo", "query.json/x.csv", f"{KEY}.csv"],
        "--format": ["x"],
        **_CONNECTION,
    },
    ("inventory", "--output", "out"): {
        "--output": ["", "x.foo", "query.json/x.xlsx", KEY],
        "--include": ["", "x"],
        "--scope": ["x"],
        "--errors": ["x"],
        "--checkpoint": ["", "query.json/x", KEY],
        "--max-calls": ["0", "x"],
        "--format": ["x"],
        **dict.fromkeys(_CONNECTION, ()),
    },
    ("export", "--output", "exports"): {
        "--output": ["", "query.json/x", KEY],
        "--include": ["", "x"],
        "--scope": ["x"],
        "--format": ["x"],
        "--keep": ["0", "x"],
        "--since": ["x"],
        "--full-every": ["x"],
        "--errors": ["x"],
        "--max-calls": ["0", "x"],
        **dict.fromkeys(_CONNECTION, ()),
    },
    ("read",): {},
    ("plan",): {},
    ("apply", "query.json"): {
        "--journal": ["", KEY],
        "--output": ["x.foo"],
        "--format": ["x"],
        **dict.fromkeys(_CONNECTION, ()),
    },
    ("undo", "query.json"): {"--output": ["", "x.foo", "query.json/x.csv", KEY], "--format": ["x"]},
    ("journal", "query.json"): {
        "--output": ["x.foo"],
        "--format": ["x"],
        **dict.fromkeys(_CONNECTION, ()),
    },
    ("compare",): {"--output": ["x.foo"], "--format": ["x"], **_OF_TWO},
    ("promote", "report-4"): {
        "--output": (),
        "--model": (),
        "--rights": (),
        **_OF_TWO,
    },
    ("report", "--to", "r.html"): {
        "--output": ["", "query.json/x.html", KEY],
        "--from": ["missing", "query.json"],
        "--at": ["x"],
        "--before": ["x"],
        "--days": ["0", "x"],
        "--scope": ["x"],
        "--checkpoint": ["", "query.json/x", KEY],
        "--max-calls": ["0", "x", "1"],
        **dict.fromkeys(_CONNECTION, ()),
    },
    ("record",): {},
    ("estimate",): {},
    ("audit",): {},
    ("embed",): {},
    ("query", "query.json"): {
        "--limit": ["0", "x", "1"],
        "--model": ["", "flihgts", KEY],
        "--branch-id": ["", "x", KEY],
        "--user-id": ["", "x", KEY],
        "--timezone": ["", "europe/berlin", "+02:00", KEY],
        "--omni-cache": ["x"],
        "--pivot": ["tall"],
        "--names": ["x"],
        "--decimals": ["x"],
        "--ttl": ["x"],
        "--output": ["x.foo"],
        "--format": ["x"],
        **dict.fromkeys(_CONNECTION, ()),
        "--cache": ["x"],
        "--timeout": ["0"],
    },
    ("topics",): {
        "--model": ["", "flihgts", KEY],
        "--branch-id": ["x", "x --model flights", KEY],
        "--output": ["x.foo"],
        "--format": ["x"],
        **dict.fromkeys(_CONNECTION, ()),
    },
    ("fields", "flights"): {
        "--model": ["", "orders", KEY],
        "--branch-id": ["x", "x --model flights", KEY],
        "--output": ["x.foo"],
        "--format": ["x"],
        **dict.fromkeys(_CONNECTION, ()),
    },
    ("doctor",): dict.fromkeys(_CONNECTION, ()),
    ("whoami",): {"--model": ["", "x", KEY], **dict.fromkeys(_CONNECTION, ())},
    ("sandbox",): {
        "--port": ["-1", "99999"],
        "--size": ["x"],
        "--documents": ["-1", "x"],
        "--org": ["missing", "query.json", "missing --documents 3"],
        "--state": ["query.json", KEY],
        "--requests-per-minute": ["0", "x"],
    },
    ("sandbox init",): {},
    ("cache",): {"--cache-dir": ["", "~nosuch/x", KEY]},
    ("demo",): {"--output": ["", "query.json", KEY]},
}


@pytest.fixture
def shell(server, monkeypatch, tmp_path):
    """Run a command against the shared sandbox; return what it says and its code."""
    monkeypatch.setenv("OMNI_BASE_URL", server.url)
    monkeypatch.setenv("OMNI_API_KEY", server.api_key)
    monkeypatch.chdir(tmp_path)
    Path("query.json").write_text(json.dumps(FLIGHTS | {"fields": ["flights.origin"]}))
    Path("spaced").write_text("a b")
    Path("unknown").write_text(KEY)

    def run(*arguments, **given):
        result = CliRunner().invoke(main, arguments, **given)
        assert isinstance(result.exception, SystemExit | None), result.exception
        return result.stderr, result.exit_code

    return run


def _options():
    """Return the options that take a value, of each command and those below it."""
    commands = dict(main.commands)
    for name, command in main.commands.items():
        for below, one in getattr(command, "commands", {}).items():
            commands[f"{name} {below}"] = one
    return {
        name: {
            max(param.opts, key=len)
            for param in command.params
            if isinstance(param, click.Option) and not param.is_flag
        }
        for name, command in commands.items()
    }


def test_each_option_is_given_wrongly_here():
    assert {command[0]: set(options) for command, options in WRONG.items()} == _options()


@pytest.mark.parametrize("command", WRONG, ids=lambda command: command[0])
def test_what_is_given_wrongly_is_named_as_the_option(shell, command):
    for option, values in WRONG[command].items():
        for value in values:
            first, *more = value.split(" --")
            words = [word for each in more for word in f"--{each}".split()]
            said, _ = shell(*command, option, first, *words)
            assert said, (option, value)
            assert not PYTHON.search(said), said
            assert KEY not in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["content", "--limit", "0"], 2, "omnipd: --limit 0 must be a whole number of rows"),
        (["content", "--labels", "a b,c"], 2, "omnipd: --labels 'a b,c' holds a comma"),
        (["content", "--creator-id", "x"], 1, "\n--creator-id takes an id, not a name."),
        (["content", "--scope", "restricted"], 2, "--scope restricted needs --creator-id"),
        (["content", "--scope", "restricted"], 2, "`omnipd whoami` shows your own."),
        (["content", "--timeout", "1e-9"], 5, "\nAllow more time with --timeout."),
        (["content", "--cache-dir", KEY], 2, "Only --api-key-file takes one."),
        (["content", "--cache-dir", "query.json"], 0, "or pass --cache off."),
        (
            ["content", "--labels", KEY],
            2,
            "omnipd: --labels holds an API key.\nOnly --api-key-file",
        ),
        (["content", "--output", f"{KEY}.csv"], 2, "omnipd: --output holds an API key."),
        (["content", "--api-key-file", KEY], 3, "omnipd: --api-key-file is given a key.\n"),
        (["content", "--api-key-file", "unknown"], 3, "\nCompare the key with those in Omni:"),
        (["cache", "--cache-dir", KEY], 2, "\nOnly --api-key-file takes one."),
        (["cache", "--cache-dir", ""], 2, "Invalid value for '--cache-dir': it is empty."),
        (["cache", "--limit", "3"], 2, "No such option"),
        (["inventory", "-o", "x.foo"], 2, "omnipd: --output x.foo has an unknown ending."),
        (
            ["query", "missing.json"],
            2,
            "omnipd: There is no file 'missing.json'.\nName a JSON file",
        ),
        (["query", '{"limit": 1}'], 2, "Name a JSON file that holds the query, or - for standard"),
        (["query", KEY], 2, "omnipd: There is no file '"),
        (["query", "query.json", "--limit", "-3"], 2, "whole number, 1 or more, or 'all'."),
        (["query", "query.json", "--user-id", "x"], 1, "\n`omnipd read users` has the membership"),
        (["content", "--max-calls", "2", "--refresh"], 2, "requests, more than --max-calls 2."),
        (
            ["read", "topic-fields", "flights"],
            2,
            "\n`omnipd read topics` lists those of a model.\n",
        ),
        (["query", "query.json", "--cache", "x"], 2, "omnipd: --cache x is not a time"),
        (["query", "query.json", "--omni-cache", "x"], 2, "omnipd: --omni-cache x is not known"),
        (["query", "query.json", "--model", "x"], 2, "which `omnipd read models` has."),
        (["query", "query.json", "--model", KEY], 2, "omnipd: --model holds an API key."),
        (["query", "query.json", "--limit", "1"], 0, "Pass --limit all for all of them."),
        (["sandbox", "init", KEY], 2, "omnipd: FOLDER holds an API key."),
        (["sandbox", "--port", "-1"], 2, "Invalid value for '--port'"),
    ],
)
def test_options_and_commands_take_the_place_of_arguments_and_functions(
    shell, arguments, code, said
):
    words, ended = shell(*arguments)
    assert said in words
    assert ended == code


def test_a_query_that_lacks_what_an_option_gives_names_the_option(shell):
    for query, option in (
        ({"branchId": "x"}, "--branch-id"),
        ({"userId": "x"}, "--user-id"),
        ({"cache": "SkipCache"}, "--omni-cache"),
        ({"modelId": None}, "--model"),
    ):
        said, code = shell("query", "-", input=json.dumps(FLIGHTS | {"fields": ["a.b"]} | query))
        assert (f"Pass {option}" in said, code) == (True, 2)
    wrong = FLIGHTS | {"fields": ["flights.orgin"]}
    said, code = shell("query", "-", input=json.dumps(wrong))
    assert said.endswith(
        "Did you mean flights.origin? With --no-check the query is sent as it is.\n"
    )


@pytest.mark.parametrize("command", ["inventory", "export"])
def test_what_only_python_has_is_left_out(command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    asked = [command, "-o", "all", "--scope", "organization", "--requests-per-minute", "6000"]
    asked.append("--include")
    with omnipd.sandbox(documents=1) as omni:
        monkeypatch.setenv("OMNI_BASE_URL", omni.base_url)
        monkeypatch.setenv("OMNI_API_KEY", omni.personal_key)
        raised = CliRunner().invoke(main, [*asked, "labels,users"])
        collected = CliRunner().invoke(
            main, [*asked, "folder_permissions,api_keys", "--errors", "collect"]
        )
    assert (raised.exit_code, collected.exit_code) == (3, 4)
    assert "While reading users.\n" in raised.stderr
    assert "`omnipd whoami` shows its roles." in collected.stderr
    # 47 of the 54 folders are others'.
    first = r"marked incomplete: [-0-9a-f, ]{700,} …\. The first of them: 127\S+permissions answered 403: "
    assert re.search(first + r"Permission denied\.\n", collected.stderr)
    assert not PYTHON.search(raised.stderr + collected.stderr)


def test_no_address_and_no_key_name_options_and_the_sandbox(shell, monkeypatch):
    monkeypatch.delenv("OMNI_API_KEY")
    assert "or pass --api-key-file)" in shell("whoami")[0]
    monkeypatch.delenv("OMNI_BASE_URL")
    assert "(or pass --base-url; `omnipd sandbox` needs neither)" in shell("whoami")[0]


def test_one_of_what_is_stored_is_said_of_one(shell, tmp_path):
    count = [CliRunner().invoke(main, ["cache"]).stdout]
    shell("content", "--limit", "1")
    count += [CliRunner().invoke(main, ["cache", *more]).stdout for more in ([], ["--clear"])]
    assert [re.search(r"\d stored answers?\b", each)[0] for each in count] == [
        "0 stored answers",
        "1 stored answer",
        "1 stored answer",
    ]


@pytest.fixture
def command():
    return click.Command(
        "list",
        params=[
            click.Option(["--strict/--no-strict"], default=True),
            click.Option(["--refresh"], is_flag=True),
            click.Option(["--include"], multiple=True),
            click.Option(["--ttl"]),
            click.Argument(["folder"]),
        ],
    )


@pytest.mark.parametrize(
    ("text", "python", "shell"),
    [
        (argument("strict", False), "strict=False", "--no-strict"),
        (argument("strict", True), "strict=True", "--strict"),
        (argument("refresh", True), "refresh=True", "--refresh"),
        (argument("refresh", False), "refresh=False", "no --refresh"),
        (argument("ttl", False), "ttl=False", "--ttl off"),
        (argument("ttl", ...), "ttl=…", "--ttl"),
        (argument("ttl"), "ttl=", "--ttl"),
        (argument("ttl", 1.5), "ttl=1.5", "--ttl 1.5"),
        (argument("ttl", ""), "ttl=''", "--ttl ''"),
        (argument("ttl", "\x1b[2J"), "ttl='\\x1b[2J'", "--ttl '\\x1b[2J'"),
        (argument("include", ["a", "b c"]), "include=['a', 'b c']", "--include a --include 'b c'"),
        (argument("include", []), "include=[]", "--include"),
        (argument("folder", "x y"), "folder='x y'", "FOLDER 'x y'"),
        (argument("client", ...), "client=…", "client=…"),
        (
            argument("ttl", "ab" * 99),
            f"ttl='{'ab' * 29}a…{'ba' * 14}b'",
            f"--ttl '{'ab' * 30}…{'ab' * 15}'",
        ),
        (function("whoami"), "omnipd.whoami()", "`omnipd whoami`"),
        (function("connect"), "omnipd.connect()", "Python's omnipd.connect()"),
        (function("read_models"), "omnipd.read_models()", "`omnipd read models`"),
        (argument("timeout", ..., of="connect"), "connect(timeout=…)", "connect(timeout=…)"),
    ],
)
def test_code_is_said_by_python_and_by_the_shell(command, text, python, shell):
    assert str("Pass " + text + ".") == f"Pass {python}."
    assert in_words_of(command, "Pass " + text + ".") == f"Pass {shell}."


def test_notes_and_warnings_are_said_by_the_shell_too(shell, monkeypatch):
    def fails(**_):
        warn("Without " + argument("refresh", True) + " it is old.")
        error = ArgumentError(argument("limit", 0) + " is none.", hint="Pass " + argument("limit"))
        error.add_note("It was " + argument("limit", 1) + ".")
        raise error

    monkeypatch.setattr("omnipd.readers.content.read_content", fails)
    assert shell("content") == (
        "omnipd: Without --refresh it is old.\n"
        "omnipd: --limit 0 is none.\nPass --limit\nIt was --limit 1.\n",
        2,
    )
