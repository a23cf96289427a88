"""Whether two SQL texts mean the same to DuckDB: its own reading of both, compared."""

from __future__ import annotations

import json
import threading
from functools import cache, lru_cache
from typing import Any

import duckdb

from omnipd_sandbox.engine.shortened import first_line

# Where something stands in a text, and how it is spelled, says nothing of what it means.
_SPELLING = {"query_location", "query_location_length", "syntax_type", "is_operator"}
_LISTS = {"ARRAY_CONSTRUCTOR": "list_value"}
# A comparison, and what it is the opposite of.
_OPPOSITES = {
    "OPERATOR_IS_NOT_NULL": "OPERATOR_IS_NULL",
    "COMPARE_NOT_IN": "COMPARE_IN",
    "COMPARE_DISTINCT_FROM": "COMPARE_NOT_DISTINCT_FROM",
}
_OPPOSITE_CALLS = {"!~~": "~~", "!~~*": "~~*"}
# What comes of a form of JSON that nobody has met; it is not the same, then.
_NOT_KNOWN = (AttributeError, IndexError, KeyError, TypeError)
# How ORDER BY sorts where it says nothing.
_SORTED = {"type": "ASCENDING", "null_order": "NULLS LAST"}
# Of what INTERVAL '1' DAY is made.
_OF_INTERVALS = {"trunc", *(f"to_{unit}" for unit in (
    "millennia", "centuries", "decades", "years", "quarters", "months", "weeks", "days", "hours",
    "minutes", "seconds", "milliseconds", "microseconds",
))}  # fmt: skip

# How many pairs of texts are remembered: branches and extending views say the same again.
_REMEMBERED = 8192

_lock = threading.Lock()


class NotRead(ValueError):
    """Say why DuckDB cannot read a text."""


@lru_cache(maxsize=_REMEMBERED)
def same_meaning(one: str, other: str) -> bool:
    """Tell whether two statements are the same to DuckDB, whatever they look like.

    Rather no than yes: of what is written differently, only a few forms are known to be alike.

    Raises
    ------
    NotRead
        When DuckDB cannot read the first.
    """
    if one == other:
        return True
    read, again = _serialized(one, other)
    statements = _statements(read)
    try:
        return bool(_plain(statements) == _plain(_statements(again)))
    except (NotRead, *_NOT_KNOWN):
        return False


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _rows(sql: str, *parameters: str) -> list[tuple[Any, ...]]:
    with _lock:
        rows: list[tuple[Any, ...]] = _connection().execute(sql, parameters).fetchall()
    return rows


@cache
def _calls() -> dict[str, str]:
    """Give the functions that are others by another name."""
    return dict(
        _rows(
            "SELECT DISTINCT function_name, alias_of FROM duckdb_functions() WHERE alias_of <> ''"
        )
    )


@cache
def _types() -> dict[str, str]:
    return {
        name.upper(): kind
        for name, kind in _rows("SELECT type_name, logical_type FROM duckdb_types()")
    }


def _serialized(*texts: str) -> tuple[str, ...]:
    """Give what DuckDB reads in each text, or why it cannot, asked for at once."""
    asked = ", ".join("json_serialize_sql(?)" for _ in texts)
    try:
        [row] = _rows(f"SELECT {asked}", *texts)
    except duckdb.Error as error:
        raise NotRead(first_line(error)) from error
    return row


def _statements(serialized: str) -> Any:
    read = json.loads(serialized)
    if read["error"]:
        raise NotRead(first_line(read.get("error_message")))
    return read["statements"]


def _plain(node: Any) -> Any:
    """Write what DuckDB read in one way, where there are several that mean the same."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    if _is_interval(node):
        return {"interval": _evaluated(node)}
    if "null_order" in node:
        unsaid = {key: said for key, said in _SORTED.items() if node[key] == "ORDER_DEFAULT"}
        node = {**node, **unsaid}
    # What is empty here may be left out there.
    plain = {
        key: _plain(value)
        for key, value in node.items()
        if key not in _SPELLING and value not in ("", None, [], False)
    }
    return _renamed(plain)


def _renamed(node: dict[str, Any]) -> Any:
    kind, call = node.get("type"), node.get("function_name")
    if kind == "OPERATOR_NOT":
        return {"not": node["children"][0]}
    if isinstance(kind, dict):
        # Of a value, such as how large a sample is, the type is a mapping.
        return node
    if kind in _OPPOSITES:
        return {"not": {**node, "type": _OPPOSITES[kind]}}
    if kind in _LISTS:
        arguments = [{"expression": each} for each in node.get("children", [])]
        return {"call": _LISTS[kind], "arguments": arguments}
    if "type_name" in node:
        return _type(node)
    if node.get("kind") in {"INTEGER", "NUMERIC"}:
        return {**node, "text": _digits(node["text"])}
    if call is None:
        return node
    if call in _OPPOSITE_CALLS:
        return {"not": _renamed({**node, "function_name": _OPPOSITE_CALLS[call]})}
    name = call.lower()
    known = _calls()
    while known.get(name, name) != name:
        name = known[name]
    left_out = {"function_name", "qualified_name", "class", "type"}
    if name == "date_part":
        node = {**node, "arguments": _folded(node.get("arguments", []))}
    # An order that nothing is sorted by.
    rest = {
        key: value
        for key, value in node.items()
        if key not in left_out and value != {"type": "ORDER_MODIFIER"}
    }
    return {"call": name, **rest}


def _digits(text: str) -> str:
    """Write a number in one way: .5 as 0.5, and 1_000 as 1000."""
    plain = text.replace("_", "")
    return f"0{plain}" if plain.startswith(".") else plain


def _folded(arguments: list[Any]) -> list[Any]:
    """Write the name of a part of a date, such as ``YEAR``, in small letters."""
    literal = arguments[0].get("expression", {}).get("literal") if arguments else None
    if literal is None:
        return arguments
    literal = {**literal, "text": literal.get("text", "").lower()}
    return [{"expression": {**arguments[0]["expression"], "literal": literal}}, *arguments[1:]]


def _type(node: dict[str, Any]) -> dict[str, Any]:
    name = _types().get(node["type_name"].upper(), node["type_name"].upper())
    found = {"type": name, "of": node.get("children", [])}
    if name == "VARCHAR":
        # DuckDB does not heed how long a text may be.
        return {"type": name}
    if name == "DECIMAL" and not found["of"]:
        # What DuckDB takes where nothing is said.
        return {"type": name, "of": _numbers(18, 3)}
    return found


@cache
def _numbers(*digits: int) -> Any:
    """Give what DuckDB reads for the numbers of a DECIMAL, in the form of its version."""
    [read] = _serialized(f"SELECT CAST(x AS DECIMAL({', '.join(map(str, digits))}))")
    return _plain(_statements(read))[0]["node"]["select_list"][0]["type_expr"]["of"]


def _is_interval(node: dict[str, Any]) -> bool:
    """Tell whether a node is an interval written out, which can be so in several ways."""
    is_call = node.get("function_name") in _OF_INTERVALS - {"trunc"}
    kind = node.get("type_expr") or node.get("cast_type") or {}
    is_cast = "INTERVAL" in (kind.get("type_name"), kind.get("id"))
    return (is_call or is_cast) and _constant(node)


def _constant(node: Any) -> bool:
    if isinstance(node, list):
        return all(map(_constant, node))
    if not isinstance(node, dict):
        return True
    if node.get("class") not in {None, "CONSTANT", "CAST", "TYPE", "FUNCTION"}:
        return False
    if node.get("class") == "FUNCTION" and node["function_name"] not in _OF_INTERVALS:
        return False
    return all(map(_constant, node.values()))


def _evaluated(node: dict[str, Any]) -> str:
    [(text,)] = _rows("SELECT json_serialize_sql('SELECT 1')")
    statement = json.loads(text)
    statement["statements"][0]["node"]["select_list"] = [node]
    try:
        [(sql,)] = _rows("SELECT json_deserialize_sql(?)", json.dumps(statement))
        [(value,)] = _rows(f"SELECT CAST(v AS VARCHAR) FROM ({sql}) t(v)")  # noqa: S608 - a constant
    except duckdb.Error as error:
        raise NotRead(first_line(error)) from error
    return str(value)
