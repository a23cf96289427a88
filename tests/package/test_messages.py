"""What of a message is Python's code is known as such, wherever the message goes."""

import pickle
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import omnipd
from omnipd.arguments import argument, function
from omnipd.errors import OmniError, QueryError, held_warnings, warn
from omnipd.lists.read_parents import kept
from omnipd.message import Code, Text, changed, join
from omnipd.queries.run_queries import _tell as tell

ROOT = Path(omnipd.__file__).parent
KEY = "omni_osk_0123456789abcdef"
TEXT = "Pass " + argument("limit", 1) + ", as " + function("run_query") + " takes it."


def code(text):
    return [str(part) for part in getattr(text, "parts", ()) if isinstance(part, Code)]


def test_a_text_is_what_python_says():
    assert TEXT == "Pass limit=1, as omnipd.run_query() takes it."
    assert type(str(TEXT)) is type(f"{TEXT}") is type(TEXT.upper()) is str
    assert {TEXT: 1}[str(TEXT)] == 1


def test_an_error_knows_its_code_in_any_part_and_after_a_pickle():
    error = QueryError(TEXT, hint=TEXT, sql="select 1")
    error.add_note(TEXT)
    again = pickle.loads(pickle.dumps(error))
    for one in (error, again):
        assert str(one) == f"{TEXT}\n{TEXT}"
        assert one.sql == "select 1"
        for text in (one.message, one.hint, one.__notes__[0]):
            assert code(text) == ["limit=1", "omnipd.run_query()"]
        assert one.args == (str(TEXT),)


def test_a_warning_knows_its_code_held_or_not():
    with pytest.warns(omnipd.OmniWarning) as given:
        warn(TEXT)
    assert code(given[0].message.args[0]) == ["limit=1", "omnipd.run_query()"]
    with held_warnings() as texts:
        warn(TEXT)
    assert code(texts[0]) == ["limit=1", "omnipd.run_query()"]


def test_no_key_is_in_a_message_whichever_part_it_is_in():
    text = f"{KEY} " + argument("limit", KEY) + f" {KEY}, " + argument("include", [KEY, f"x{KEY}"])
    error = OmniError(text, hint=text)
    error.add_note(text)
    error.message = text
    assert str(error) == "\n".join(["*** limit='***' ***, include=['***', 'x***']"] * 2)
    assert KEY not in repr(vars(error))
    assert KEY.encode() not in pickle.dumps(error)
    assert [part.value for part in error.message.parts if isinstance(part, Code)] == [
        ("***",),
        ("***", "x***"),
    ]


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (None, "x=None"),
        ("a\nb", "x='a\\nb'"),
        ("y" * 200, f"x='{'y' * 59}…{'y' * 29}'"),
        (pd.DataFrame({"a": [1, 2]}), "x=DataFrame"),
        pytest.param(10**5000, "x=a int of thousands of digits", id="a long number"),
        (Path("a") / "b", f"x={Path('a') / 'b'!r}"),
    ],
)
def test_any_value_is_on_one_line_of_a_screen(given, written):
    assert argument("x", given) == written


def test_texts_are_joined_and_changed_with_their_code():
    assert code(join([None, "", TEXT, TEXT], ", ")) == code(TEXT) * 2
    assert join([None, ""]) == ""
    assert join(["a", None, argument("b")]) == "a b="
    shouted = changed(TEXT, str.upper)
    assert shouted == "PASS limit=1, AS omnipd.run_query() TAKES IT."
    assert isinstance(shouted, Text)
    assert type(changed("a", str.upper)) is str


def test_what_is_said_of_an_interrupt_and_of_several_queries_knows_its_code():
    cache = SimpleNamespace(works=True, lifetime=timedelta(minutes=10))
    assert code(kept(SimpleNamespace(cache=cache), refresh=True)) == ["refresh=True"]
    with held_warnings() as texts:
        tell([["Cut. " + TEXT], []], ["one", "two"])
    assert texts == [f"Of 2 queries: one. Cut. {TEXT}"]
    assert code(texts[0]) == code(TEXT)


_STRING = re.compile(r'''"""(?:.|\n)*?"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\#[^\n]*''')
# A condition, field(…), is no argument.
_NAMES = "|".join([r"audit\.\w+", *(name for name in omnipd.__all__ if name != "field")])
_WRITTEN = re.compile(rf"(?<![\w.])[a-z_]+=|\}}=\{{|(?:omnipd\.|(?<![`.\w]))(?:{_NAMES})\(")
#: Of manuals, pages, pandas, SQLite, headers, names of files, and of what has a repr.
_NO_MESSAGE = re.compile(
    r"(?i:with) (?:``|include=)|<t[ar]|^.style=|dtype=str|drop=True|PRAGMA|mode=|;q=|hexdigest|json\.dumps|pickled|\.use\(client|\{word\}|Query\(|self\.user_id|shortened\(one|\{name\}=\{one\}"
)


def test_no_message_has_an_argument_or_a_function_as_plain_text():
    """With ``limit=`` in plain text, the shell would speak Python."""
    found = [
        f"{file.relative_to(ROOT)}: {text}"
        for file in sorted(ROOT.rglob("*.py"))
        if file.parent.name != "shell" and file.name not in {"pytest_plugin.py", "arguments.py"}
        for text in _STRING.findall(file.read_text(encoding="utf-8"))
        if not text.startswith(('"""', "#"))
        and _WRITTEN.search(text)
        and not _NO_MESSAGE.search(text)
    ]
    assert not found, "\n".join(found)
