"""What all of Omni's model files are made of: mappings, SQL, filters and grants, read with care.

What cannot be read, and what the sandbox does not model, becomes an issue, never an exception.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

import yaml

from omnipd_sandbox.engine.model.grants import Grant
from omnipd_sandbox.engine.model.model import Issue
from omnipd_sandbox.engine.model.references import BadSql, SqlText
from omnipd_sandbox.engine.model.yaml_filters import problems

# The one in C is ten times as fast; not every build of PyYAML has it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_LONGEST_SHOWN = 100

# What has no bearing on an answer.
_DISPLAY = {
    "ai_context", "all_values", "aliases", "colors", "default_drill_fields", "default_filters",
    "description", "display_order", "drill_fields", "drill_queries", "group_label", "hidden",
    "label", "links", "sample_queries", "sample_values", "skills", "synonyms", "tags",
    "view_label",
}  # fmt: skip


@dataclass
class Parts:
    """Read parts of model files, and note what is wrong with them."""

    known_grants: Mapping[str, Grant] = dataclass_field(default_factory=dict)
    issues: list[Issue] = dataclass_field(default_factory=list)
    # The file that is being read.
    path: str = ""

    def grants(
        self, body: Mapping[str, Any], view: str | None, field: str | None
    ) -> tuple[str, ...]:
        """List the grants that something needs; all of them (assumed)."""
        names = body.get("required_access_grants") or []
        found = tuple(str(each) for each in (names if isinstance(names, list) else [names]))
        for each in found:
            # Nobody has a grant that is not there, so that it opens nothing.
            if "|" in each or "&" in each:
                self.issue(f'Not modeled: the grant "{each}"', view, field)
            elif each not in self.known_grants:
                self.issue(f'The model has no grant "{each}"', view, field)
        return found

    def filters(
        self, document: Any, view: str | None = None, field: str | None = None
    ) -> dict[str, Mapping[str, Any]]:
        """Read filters by field; one that is wrong is refused when it is used."""
        filters = {}
        for name, operators in self.mapping(document).items():
            if not isinstance(operators, Mapping):
                self.issue(f'The filter on "{name}" must name an operator, such as is', view, field)
                operators = {"a bare value": operators}  # noqa: PLW2901 - refused when used
            for problem in problems(operators):
                self.issue(f'Not modeled: {problem} on "{name}"', view, field)
            filters[name] = operators
        return filters

    def unmodeled(
        self,
        body: Mapping[str, Any],
        modeled: Collection[str],
        *,
        view: str | None,
        field: str | None = None,
    ) -> tuple[str, ...]:
        """List the keys that change answers and that the sandbox does not know."""
        unknown = tuple(str(key) for key in body if key not in modeled and key not in _DISPLAY)
        for key in unknown:
            self.issue(f"Not modeled: {key}", view, field)
        return unknown

    def optional_sql(self, text: Any, view: str | None, field: str | None) -> SqlText | None:
        """Read SQL; None for none, and for what cannot be read."""
        return None if text is None else self.sql(str(text), view, field)

    def sql(self, text: str, view: str | None, field: str | None = None) -> SqlText | None:
        """Read SQL; None for what cannot be read."""
        try:
            return SqlText.parse(text)
        except BadSql as error:
            self.issue(str(error), view, field)
            return None

    def document(self, text: str) -> Any:
        """Read a file; None for what is not YAML."""
        try:
            return yaml.load(text, Loader=_LOADER)  # noqa: S506 - both loaders are safe ones
        # A date that is none and a number that is too long are ValueErrors.
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self.issue(f"This file is not YAML: {error}")
            return None

    def mapping(self, document: Any) -> Mapping[str, Any]:
        """Give a mapping; an empty one for none, and for anything else."""
        if document is None:
            return {}
        if not isinstance(document, Mapping):
            self.issue(f"A mapping is needed here, not {_kind(document)}")
            return {}
        return document

    def issue(self, message: str, view: str | None = None, field: str | None = None) -> None:
        """Note what is wrong, in the file that is being read."""
        self.issues.append(Issue(message, view, field, self.path or None))


def _kind(document: Any) -> str:
    """Name what YAML made of something; itself it may be of any length."""
    if isinstance(document, list):
        return "a list"
    text = repr(document)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def titled(name: str) -> str:
    """Write a name as a label: ``dep_delay`` reads "Dep Delay"."""
    return name.replace("__", " ").replace("_", " ").title()
