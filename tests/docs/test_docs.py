"""The pages and the docstrings say what the code does. Their Python blocks are run by conftest.py."""

import ast
import contextlib
import dataclasses
import datetime as datetime_module
import importlib.util
import inspect
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc
from public_names import PUBLIC

import omnipd
from omnipd import errors
from omnipd.shell import cli
from omnipd.shell.exit_codes import ENDED_BY, exit_code
from omnipd_sandbox.moods.behavior import Behavior
from omnipd_sandbox.moods.faults import KINDS as FAULTS
from omnipd_sandbox.moods.knobs import KNOBS
from omnipd_sandbox.server import Server

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("*/*.md"))]

FUNCTIONS = [name for name, value in PUBLIC.items() if inspect.isfunction(value)]
# Deleting what is not there, or cannot be deleted, is not an error.
NEVER_RAISE = {"clear_cache"}


def text_of(page):
    return (DOCS / page).read_text(encoding="utf-8")


def section(text, title):
    """What stands under a heading, up to the next of its level."""
    level = re.search(rf"^(#+) {re.escape(title)}$", text, re.MULTILINE)
    assert level, f"no heading {title!r}"
    rest = text[level.end() :]
    following = re.search(rf"^#{{1,{len(level[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def table_rows(text):
    """The cells of every row of the tables in a text, without their headings."""
    rows = []
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        lines = table.strip().splitlines()
        assert re.fullmatch(r"[|\- ]+", lines[1]), lines[0]
        rows += [
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines[2:]
        ]
    return rows


# --- docstrings


def documented_parameters(parsed, part="Parameters"):
    names = [name.strip() for item in parsed[part] for name in item.name.split(",")]
    return [name.lstrip("*") for name in names]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_names_the_parameters_of_its_signature(name):
    function = PUBLIC[name]
    assert documented_parameters(FunctionDoc(function)) == list(
        inspect.signature(function).parameters
    )


@pytest.mark.parametrize("name", ["Client", "Inventory", "OmniError"])
def test_a_class_documents_the_parameters_of_its_making(name):
    kind = getattr(omnipd, name)
    assert documented_parameters(ClassDoc(kind, config={"show_class_members": False})) == list(
        inspect.signature(kind).parameters
    )


def test_identity_documents_its_fields():
    documented = ClassDoc(omnipd.Identity, config={"show_class_members": False})
    assert documented_parameters(documented, "Attributes") == [
        field.name for field in dataclasses.fields(omnipd.Identity)
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_says_what_comes_back_what_may_fail_and_how_it_is_used(name):
    function = PUBLIC[name]
    parsed = FunctionDoc(function)
    returns = inspect.signature(function).return_annotation != "None"
    assert bool(parsed["Returns"]) == returns
    assert bool(parsed["Raises"]) == (name not in NEVER_RAISE)
    assert any(line.startswith(">>>") for line in parsed["Examples"])
    assert parsed["Summary"][0].endswith(".")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_raises_only_errors_that_exist(name):
    for item in FunctionDoc(PUBLIC[name])["Raises"]:
        for error in item.type.split(","):
            assert issubclass(getattr(omnipd, error.strip()), omnipd.OmniError)


# --- the reference and the shell


def test_every_public_name_stands_in_the_reference_once():
    listed = {"omnipd": ["audit", "calc"], "omnipd.audit": [], "omnipd.calc": []}
    for block in re.findall(r"```\{eval-rst\}\n(.*?)```", text_of("reference.md"), re.DOTALL):
        named = re.search(r"currentmodule:: (omnipd\.\w+)", block)
        module = named[1] if named else "omnipd"
        listed[module] += re.findall(r"^ +(\w+)$", block, re.MULTILINE)
    assert sorted(listed["omnipd"]) == omnipd.__all__
    assert sorted(listed["omnipd.audit"]) == sorted(omnipd.audit.__all__)
    assert sorted(listed["omnipd.calc"]) == sorted(omnipd.calc.__all__)


@pytest.fixture(scope="module")
def paste_help():
    spec = importlib.util.spec_from_file_location("paste_help", DOCS / "paste_help.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shell_page_holds_the_help_of_every_command(paste_help):
    page = text_of("shell.md")
    known = [
        " ".join([name, *below])
        for name, command in cli.main.commands.items()
        for below in ([], *([each] for each in getattr(command, "commands", ())))
    ]
    assert sorted(paste_help.commands_in(page)) == ["", *sorted(known)]
    assert paste_help.with_help(page) == page, "run: python docs/paste_help.py"


def flags(command):
    """The names of a command's options, but for those of its output."""
    return {option.name for option in cli.main.commands[command].params} - {
        "output",
        "style",
        "raw",
        "help",
    }


def parameters(function):
    return set(inspect.signature(function).parameters)


CONNECTION = {
    "base_url",
    "api_key",
    "profile",
    "connect_cache",  # a command may be of a function with a cache= of its own
    "requests_per_minute",
    "timeout",
    "cache_dir",
}


def test_the_flags_of_the_connection_are_parameters_of_connect():
    names = {name.removeprefix("connect_") for name in CONNECTION}
    assert names <= parameters(omnipd.connect)
    assert flags("content") >= CONNECTION
    assert flags("whoami") >= CONNECTION


def test_the_flags_of_content_are_the_parameters_of_read_content():
    assert flags("content") - CONNECTION == parameters(omnipd.read_content) - {"client"}


def test_the_flags_of_inventory_are_the_parameters_of_read_inventory():
    own = flags("inventory") - CONNECTION - {"to"}
    assert own == parameters(omnipd.read_inventory) - {"client"}


def test_the_flags_of_query_are_the_parameters_of_run_query():
    own = flags("query") - CONNECTION | {"timeout"}
    assert own == parameters(omnipd.run_query) - {"client"}


def test_the_flags_of_the_sandbox_are_parameters_of_sandbox():
    assert flags("sandbox") <= parameters(omnipd.sandbox)


def test_the_exit_codes_are_those_that_the_shell_gives():
    rows = table_rows(section(text_of("shell.md"), "Exit codes"))
    assert [int(code) for code, *_ in rows] == [*range(9), *ENDED_BY.values()]
    named = set()
    for code, _, raised in rows:
        for name in re.findall(r"`(\w+)`", raised):
            named.add(name)
            assert exit_code(getattr(omnipd, name)("x")) == int(code), name
    assert {"ArgumentError", "SettingsError", "QueryError", "NetworkError"} <= named


# --- the page on queries

MODEL_AND_TOPIC = {"flights": ("flights", "flights"), "users": ("orders", "users")}
FILTERS = [
    (field.strip("`"), ast.literal_eval(condition.strip("`")), int(rows))
    for field, condition, _, rows in (
        cells
        for cells in table_rows(section(text_of("queries/conditions.md"), "Filters"))
        if len(cells) == 4
    )
]


@pytest.fixture(scope="module")
def omni_of_the_page():
    # The Friday that the page calls today.
    friday = datetime(2013, 11, 15, 10, 30, tzinfo=UTC)
    # Not as a with block: no other test shall find it as the default.
    with contextlib.closing(omnipd.sandbox(now=lambda: friday)) as omni:
        yield omni


def run_on_the_page(omni, view, fields, filters):
    model, topic = MODEL_AND_TOPIC[view]
    return omnipd.run_query(
        {
            "modelId": omni.models[model],
            "join_paths_from_topic_name": topic,
            "fields": fields,
            "filters": filters,
        },
        client=omni,
    )


@pytest.mark.parametrize(
    ("field", "condition", "rows"),
    FILTERS,
    ids=[f"{field} {condition}" for field, condition, _ in FILTERS],
)
def test_a_filter_on_the_page_keeps_as_many_rows_as_it_says(
    omni_of_the_page, field, condition, rows
):
    view = field.split(".")[0]
    found = run_on_the_page(omni_of_the_page, view, [f"{view}.count"], {field: condition})
    assert found[f"{view}.count"].tolist() == [rows]


CONDITIONS = [
    (condition.strip("`").replace(r"\|", "|"), int(rows))
    for condition, _, rows in (
        cells
        for cells in table_rows(section(text_of("queries/conditions.md"), "Conditions"))
        if len(cells) == 3
    )
]


@pytest.mark.parametrize(("condition", "rows"), CONDITIONS, ids=[one for one, _ in CONDITIONS])
def test_a_condition_on_the_page_keeps_as_many_rows_as_it_says(omni_of_the_page, condition, rows):
    view = re.search(r'field\("(\w+)\.', condition)[1]
    model, topic = MODEL_AND_TOPIC[view]
    query = omnipd.Query(omni_of_the_page.models[model], topic).select(f"{view}.count")
    kept = eval(condition, {"field": omnipd.field, "datetime": datetime_module})
    assert query.where(kept).run(client=omni_of_the_page)[f"{view}.count"].tolist() == [rows]


def test_the_page_has_a_filter_of_every_type_and_kind():
    def parts(condition):
        yield condition["type"], condition.get("kind")
        for inner in condition.get("filters", ()):
            yield from parts(inner)

    shown = {part for _, condition, _ in FILTERS for part in parts(condition)}
    kinds = {
        "string": "EQUALS CONTAINS STARTS_WITH ENDS_WITH SQL_LIKE IS_EMPTY",
        "number": "EQUALS GREATER_THAN LESS_THAN BETWEEN",
        "date": "BETWEEN ON_OR_AFTER BEFORE TIME_FOR_UNIT_DURATION TIME_FOR_INTERVAL_DURATION "
        "IS_ON_DAY_OF_WEEK IS_ON_DAY_OF_MONTH IS_ON_DAY_OF_QUARTER IS_ON_DAY_OF_YEAR "
        "IS_IN_MONTH_OF_YEAR IS_IN_QUARTER_OF_YEAR IS_AT_HOUR_OF_DAY",
    }
    assert shown == {(kind, each) for kind, all_ in kinds.items() for each in all_.split()} | {
        ("boolean", None),
        ("null", None),
        ("composite", None),
    }


def test_the_timeframes_on_the_page_are_what_the_sandbox_answers(omni_of_the_page):
    rows = table_rows(section(text_of("queries/build.md"), "Fields and timeframes"))
    assert len(rows) == 21
    fields = [f"flights.time_hour[{timeframe.strip('`')}]" for timeframe, *_ in rows]
    hour = {"type": "date", "kind": "TIME_FOR_UNIT_DURATION", "left_side": "2013-02-03 17"}
    [found] = run_on_the_page(
        omni_of_the_page, "flights", fields, {"flights.time_hour": hour}
    ).itertuples(index=False)
    types = {"time": datetime, "number": int, "text": str}
    assert [str(value) for value in found] == [value for *_, value in rows]
    assert all(
        isinstance(value, types[kind]) for value, (_, kind, _) in zip(found, rows, strict=True)
    )


# --- the pages


def test_the_tree_of_errors_is_that_of_the_code():
    drawn = section(text_of("failures.md"), "The errors")
    parents, above = {}, {}
    for line in drawn.splitlines():
        found = re.match(r"([├└│─ ]*)(\w+Error|OmniWarning)\b", line)
        if found and not line.startswith("`"):
            depth = len(found[1])
            above = {at: name for at, name in above.items() if at < depth}
            parents[found[2]] = above[max(above)] if above else None
            above[depth] = found[2]
    for name, parent in parents.items():
        kind = getattr(errors, name)
        assert parent is None or getattr(errors, parent) in kind.__bases__
    assert set(parents) == {
        name
        for name in omnipd.__all__
        if inspect.isclass(getattr(omnipd, name)) and issubclass(getattr(omnipd, name), Exception)
    }


def test_every_fact_on_the_wire_has_a_mark():
    facts = text_of("wire.md").split("## Addresses")[1]
    rows = table_rows(facts)
    assert len(rows) > 100
    for *_, mark in rows:
        assert re.match(r"(documented|observed|assumed)\b", mark), mark


def test_every_folder_stands_in_the_house_and_says_what_it_is_for():
    page = section(text_of("contributing.md"), "Where things live")
    named = {cells[0].strip("`"): cells[1] for cells in table_rows(page) if cells[0].endswith("/`")}
    said = {}
    for package in ("omnipd", "omnipd_sandbox"):
        for file in (ROOT / package).rglob("__init__.py"):
            place = f"{file.parent.relative_to(ROOT).as_posix()}/"
            said[place] = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert all(said[place] == sentence for place, sentence in named.items())
    # A resource of the sandbox's API is a folder like its neighbors, and so are data and records.
    alike = ("omnipd/", "omnipd_sandbox/", "omnipd_sandbox/api/", "omnipd_sandbox/engine/data/")
    assert {place for place in said if not place.startswith(alike[2:]) and place not in alike} | {
        "omnipd_sandbox/api/",
        "omnipd_sandbox/engine/data/",
    } == set(named)
    files = re.findall(r"`((?:omnipd|omnipd_sandbox)/[\w/]+\.py)`", page)
    assert len(files) > 10
    assert all((ROOT / one).is_file() for one in files)


def test_the_floors_of_the_house_are_those_that_are_checked():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    checked = [set(re.findall(r"\w+", layer)) for layer in layers]
    floors = re.split(
        r"^\d+\. ", section(text_of("contributing.md"), "Imports point down"), flags=re.M
    )
    # The last floor is followed by prose after an empty line.
    written = [set(re.findall(r"`(\w+)`", floor.split("\n\n")[0])) for floor in floors[1:]]
    assert written == checked


def test_the_sandbox_page_lists_every_knob_and_every_fault():
    rows = table_rows(section(text_of("sandbox.md"), "Moods and faults"))
    named = {word for first, *_ in rows for word in re.findall(r"`(\w+)`", first)}
    assert named == {*KNOBS, *FAULTS} - {"faults"}
    assert {field.name for field in dataclasses.fields(Behavior)} == set(KNOBS)


def test_the_sandbox_page_counts_as_the_sandbox_does():
    organization = Server().organization
    documents, folders = organization.documents.values(), organization.folders.values()
    rows = {
        what: (count, note)
        for what, count, note in table_rows(section(text_of("sandbox.md"), "Its organization"))
    }
    assert rows["People"][0] == str(len(organization.users))
    assert rows["Labels"][0] == str(len(organization.labels))
    assert rows["Documents"][0] == str(len(documents))
    trashed = sum(one.deleted for one in documents)
    personal = sum(one.scope == "restricted" for one in documents)
    assert rows["Documents"][1].startswith(f"{trashed} in the trash, {personal} of one person only")
    assert rows["Folders"][0] == str(len(folders))
    alone = sum(one.scope == "restricted" for one in folders)
    assert max(one.path.count("/") + 1 for one in folders) == 5
    assert rows["Folders"][1] == f"Up to five levels deep; {alone} of one person only."
    assert {organization.administrator.name, organization.token_holder.name} == {
        "Ada Byrne",
        "Priya Nair",
    }


def test_the_changelog_begins_with_this_version():
    assert re.findall(r"^## (\S+)", text_of("changelog.md"), re.MULTILINE)[0] == omnipd.__version__


def test_the_readme_has_one_command_for_the_tests():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^<!-- test command -->\n```bash\n(.*?)^```$", readme, re.M | re.DOTALL)
    assert command.splitlines()[-1] == ".venv/bin/python -m tests"


def anchors(page):
    """The anchors that GitHub and Sphinx give to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_page_of_ours_leads_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        # Notebooks are copied beside the pages when these are built.
        found = (page.parent / path).resolve() if path else page
        if found.parent == DOCS / "notebooks":
            found = ROOT / "notebooks" / found.name
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target
