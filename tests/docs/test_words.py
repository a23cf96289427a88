"""The code and the pages use the words of docs/words.md, and none of those that it refuses."""

import ast
import contextlib
import inspect
import re
from collections import defaultdict
from pathlib import Path

import pytest
from numpydoc.docscrape import FunctionDoc
from public_names import PUBLIC
from readers.reader_checks import documented_columns

import omnipd

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *sorted(DOCS.glob("*/*.md"))]
# The page of words has to name what it refuses.
PROSE = [page for page in PAGES if page.name != "words.md"]

# Omni's own names, which keep their spelling.
OF_OMNI = {"cancelled_at", "cancelled_by_id"}


def refused(section):
    """Return what the tables of a section of the page of words refuse, one set for each table."""
    page = (DOCS / "words.md").read_text(encoding="utf-8").split("\n## ")
    (text,) = [part for part in page if part.startswith(section)]
    tables = [part for part in text.split("\n\n") if part.startswith("|")]
    return [set(re.findall(r"`([^`]+)`", _last_cells(table))) for table in tables]


def _last_cells(table):
    return " ".join(row.split("|")[-2] for row in table.splitlines())


WORDS, PHRASES, BRITISH = refused("In the code")


def parts_of(name):
    """Return the words of a name, in snake_case or CamelCase."""
    return [part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def words_in(name):
    """Return what is refused of a name. An argument is given with its ``=``."""
    if name.rstrip("=") in OF_OMNI:
        return set()
    parts = "_".join(["", *parts_of(name), ""])
    found = {name} & WORDS
    for word in WORDS | BRITISH:
        if f"_{word}_" in parts or f"_{word}s_" in parts:
            found.add(word)
    return found


def names_in(package):
    """Yield the names of all modules, classes, functions and arguments, and where they are."""
    for file in sorted((ROOT / package).rglob("*.py")):
        place = file.relative_to(ROOT).as_posix()
        for name in (file.stem, *file.relative_to(ROOT).parent.parts):
            yield name, place
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, f"{place}:{node.lineno}"
            elif isinstance(node, ast.ClassDef):
                yield node.name, f"{place}:{node.lineno}"
                # The fields of a dataclass are arguments of its making.
                for one in node.body:
                    if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                        yield f"{one.target.id}=", f"{place}:{one.lineno}"
            elif isinstance(node, ast.arg):
                yield f"{node.arg}=", f"{place}:{node.lineno}"


def public_names():
    """Yield the public names, those of what public classes have, and the arguments of all."""
    for name, value in PUBLIC.items():
        yield name.removeprefix("audit."), name
        for member in [one for one in dir(value) if not one.startswith("_")]:
            if inspect.isclass(value):
                yield member, f"{name}.{member}"
                yield from _arguments(getattr(value, member), f"{name}.{member}")
        yield from _arguments(value, name)


def _arguments(value, place):
    # What a public class takes from a builtin one is Python's.
    if inspect.isroutine(value) or inspect.isclass(value):
        with contextlib.suppress(ValueError):
            signature = inspect.signature(value)
            yield from ((f"{argument}=", place) for argument in signature.parameters)


def column_names():
    """Yield the columns of every reader's frame, and what answers of audit hold."""
    for reader in omnipd.__all__:
        if reader.startswith("read_"):
            yield from ((name, reader) for name, _ in documented_columns(reader))
    for name in omnipd.audit.__all__:
        [returned] = FunctionDoc(getattr(omnipd.audit, name))["Returns"]
        yield from ((word, name) for word in re.findall(r"``(\w+)``", " ".join(returned.desc)))


def page_titles():
    """Yield the title of each page."""
    for page in PAGES:
        title = re.search(r"^# (.+)", page.read_text(encoding="utf-8"), re.MULTILINE)[1]
        yield "_".join(title.split()), page.name


def listed(found):
    """Return what is found, in order."""
    return {word: sorted(places) for word, places in sorted(found.items())}


NAMES = {
    "omnipd": lambda: names_in("omnipd"),
    "omnipd_sandbox": lambda: names_in("omnipd_sandbox"),
    "public names": public_names,
    "columns": column_names,
    "titles": page_titles,
}


@pytest.mark.parametrize("where", NAMES)
def test_no_name_holds_a_word_that_is_not_used(where):
    found = defaultdict(set)
    for name, place in NAMES[where]():
        for word in words_in(name):
            found[word].add(f"{name} ({place})")
    assert listed(found) == {}


TEXTS = {
    "text of omnipd": sorted((ROOT / "omnipd").rglob("*.py")),
    "text of omnipd_sandbox": sorted((ROOT / "omnipd_sandbox").rglob("*.py")),
    "text of pages": PROSE,
}


@pytest.mark.parametrize("where", TEXTS)
def test_no_message_and_no_page_holds_a_phrase_that_is_not_used(where):
    found = defaultdict(set)
    for file in TEXTS[where]:
        # A phrase may go on in the next line, of a comment or a string too.
        text = re.sub(r"[\s\"'#]+", " ", file.read_text(encoding="utf-8"))
        for phrase in PHRASES | BRITISH:
            # Omni's statuses are in capitals, and Omni's own.
            if re.search(rf"\b(?:{phrase}|{phrase.capitalize()})s?\b", text):
                found[phrase].add(file.relative_to(ROOT).as_posix())
    assert listed(found) == {}


def test_a_refused_word_is_found_in_any_name():
    assert words_in("WalkCache") == {"walk"}
    assert words_in("_is_dear") == {"dear"}
    assert words_in("some_moments") == {"moment"}
    assert words_in("run_at_once") == {"at_once"}
    assert words_in("most=") == {"most="}
    assert words_in("most_rows=") == words_in("cancelled_at=") == words_in("boardwalk") == set()
