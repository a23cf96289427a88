"""YAML as Omni's model files are written: version 1.2, no key twice, nothing shared.

PyYAML reads YAML 1.1, where ``No`` is false and ``010`` is eight. Its parser is kept; what plain
words mean is said here.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

# The one in C is ten times as fast; not every build of PyYAML has it.
_Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULL, _BOOL, _INT, _FLOAT, _TEXT, _LIST, _MAPPING = (
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "seq", "map")
)
_WORDS = (
    (_NULL, r"null|Null|NULL|~|", [*"nN~", ""]),
    (_BOOL, r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    (_INT, r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", [*"-+0123456789"]),
    (
        _FLOAT,
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        [*"-+.0123456789"],
    ),
)


class UnreadableYaml(ValueError):
    """Say why a text cannot be read as YAML."""


def parse_yaml(text: str) -> Any:
    """Read a YAML document into mappings, lists, texts, numbers, booleans and None.

    Raises
    ------
    UnreadableYaml
        For what is not YAML, for a key that is there twice, and for aliases.
    """
    try:
        # Before anything is made of it: a few aliases of aliases would fill the memory.
        if "*" in text and any(
            isinstance(each, yaml.AliasEvent) for each in yaml.parse(text, Loader=_Parser)
        ):
            raise UnreadableYaml("no aliases (*name) are taken")
        if "!" in text and any(map(_has_tag, yaml.parse(text, Loader=_Parser))):
            raise UnreadableYaml("no tags (!!name) are taken")
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - it makes plain values only
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f" (line {error.problem_mark.line + 1})"
        raise UnreadableYaml(f"{error.problem or error.context}{line}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnreadableYaml(str(error)) from None


def _has_tag(event: yaml.Event) -> bool:
    return getattr(event, "tag", None) not in {None, "!"}


class _Loader(_Parser):  # type: ignore[misc, valid-type]
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as PyYAML has it
    yaml_constructors: dict[str | None, Any] = {}  # noqa: RUF012

    def read_null(self, _: yaml.ScalarNode) -> None:
        return None

    def read_bool(self, node: yaml.ScalarNode) -> bool:
        return bool(node.value.lower() == "true")

    def read_int(self, node: yaml.ScalarNode) -> int:
        text = node.value
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)

    def read_float(self, node: yaml.ScalarNode) -> float:
        return float(node.value.lower().replace(".inf", "inf").replace(".nan", "nan"))

    def read_text(self, node: yaml.ScalarNode) -> str:
        return str(node.value)

    def read_list(self, node: yaml.SequenceNode) -> list[Any]:
        return list(self.construct_sequence(node, deep=True))

    def read_mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key, value in node.value:
            # A key is what is written: 2024 and No name fields as well as any word.
            if not isinstance(key, yaml.ScalarNode):
                raise _error(key, "a key must be a word")
            if key.value in mapping:
                raise _error(key, f'the key "{key.value}" is there twice')
            mapping[key.value] = self.construct_object(value, deep=True)
        return mapping


def _error(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


for _tag, _pattern, _first in _WORDS:
    _Loader.add_implicit_resolver(_tag, re.compile(f"(?:{_pattern})$"), _first)
_Loader.add_constructor(_NULL, _Loader.read_null)
_Loader.add_constructor(_BOOL, _Loader.read_bool)
_Loader.add_constructor(_INT, _Loader.read_int)
_Loader.add_constructor(_FLOAT, _Loader.read_float)
_Loader.add_constructor(_TEXT, _Loader.read_text)
_Loader.add_constructor(_LIST, _Loader.read_list)
_Loader.add_constructor(_MAPPING, _Loader.read_mapping)
