"""What all of Omni's model files are made of: mappings, SQL, filters and grants, read with care.

What cannot be read, and what the sandbox does not model, becomes an issue, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from omnipd_sandbox.engine.model.grants import Grant
from omnipd_sandbox.engine.model.keys import WHOLE, Bearing, Keys, NotModeled
from omnipd_sandbox.engine.model.model import Issue
from omnipd_sandbox.engine.model.references import BadSql, SqlText
from omnipd_sandbox.engine.model.yaml_filters import problems
from omnipd_sandbox.engine.model.yaml_text import UnreadableYaml, parse_yaml
from omnipd_sandbox.engine.shortened import shown
from omnipd_sandbox.near_matches import near

Body = Mapping[str, Any]


@dataclass
class Parts:
    """Read parts of model files, and note what is wrong with them."""

    known_grants: Mapping[str, Grant] = dataclass_field(default_factory=dict)
    issues: list[Issue] = dataclass_field(default_factory=list)
    # The file that is being read.
    path: str = ""

    def document(self, text: str) -> Any:
        """Read a file; what is not YAML stands for itself."""
        try:
            return parse_yaml(text)
        except UnreadableYaml as error:
            self.issue(f"This file cannot be read as YAML: {error}")
            return NotModeled("a file that cannot be read")

    def checked(
        self, document: Any, keys: Keys, view: str | None = None, field: str | None = None
    ) -> dict[str, Any]:
        """Read a mapping by the keys that its kind may have.

        Returns
        -------
        dict
            What is said, each value as its key wants it; in place of what cannot be gone by, a
            `NotModeled`.
        """
        if document is None:
            return {}
        if isinstance(document, NotModeled):
            return {WHOLE: document}
        if not isinstance(document, Mapping):
            self.issue(f"A mapping is needed here, not {kind_of(document)}", view, field)
            return {WHOLE: NotModeled(f"{kind_of(document)} in place of a mapping")}
        read = {}
        for key, value in document.items():
            known = keys.get(key)
            if known is None:
                meant = near(key, keys)
                self.issue(
                    f"There is no key {key}{meant}" if meant else f"Not modeled: {key}", view, field
                )
                read[key] = NotModeled(key)
            elif value is None and known.bearing in {Bearing.UNMODELED, Bearing.ADDITION}:
                # It says nothing.
                continue
            elif not known.check.fits(value):
                self.issue(f"{key} must be {known.check.wanted}, not {kind_of(value)}", view, field)
                if known.bearing in {Bearing.ANSWER, Bearing.UNMODELED}:
                    read[key] = NotModeled(f"{key} that cannot be read")
            elif known.bearing in {Bearing.UNMODELED, Bearing.ADDITION}:
                self.issue(f"Not modeled: {key}", view, field)
                if known.bearing is Bearing.UNMODELED:
                    read[key] = NotModeled(key)
            else:
                read[key] = value
        return read

    def by_name(self, document: Any, view: str | None = None) -> Any:
        """Read a mapping of named things, which may be written as a list of ``{name, …}``.

        None is for a list that cannot be read: what one without a name is about is not known.
        """
        if not isinstance(document, list):
            return document or {}
        named: dict[str, Any] = {}
        for each in document:
            name = each.get("name") if isinstance(each, Mapping) else None
            if not isinstance(name, str):
                self.issue(f"A mapping with a name is needed here, not {kind_of(each)}", view)
                return None
            if name in named:
                self.issue("This name is there twice", view, name)
                named[name] = NotModeled("a name that is there twice")
            else:
                named[name] = {key: value for key, value in each.items() if key != "name"}
        return named

    def grants(
        self, body: Body, view: str | None = None, field: str | None = None
    ) -> tuple[str, ...]:
        """List the grants that something needs; all of them (assumed)."""
        found = texts(said(body, "required_access_grants"))
        for each in found:
            # Nobody has a grant that is not there, so that it opens nothing.
            if "|" in each or "&" in each:
                self.issue(f'Not modeled: the grant "{each}"', view, field)
            elif each not in self.known_grants:
                self.issue(f'The model has no grant "{each}"', view, field)
        return found

    def filters(
        self,
        document: Any,
        view: str | None = None,
        field: str | None = None,
        problems: Callable[[Mapping[str, Any]], Iterator[str]] = problems,
    ) -> dict[str, Mapping[str, Any]]:
        """Read filters by field; one that is wrong is refused when it is used."""
        filters = {}
        for name, operators in (document or {}).items():
            if not isinstance(operators, Mapping):
                self.issue(f'The filter on "{name}" must name an operator, such as is', view, field)
                operators = {"a bare value": operators}  # noqa: PLW2901 - refused when used
            for problem in problems(operators):
                self.issue(f'Not modeled: {problem} on "{name}"', view, field)
            filters[name] = operators
        return filters

    def optional_sql(
        self, text: Any, view: str | None = None, field: str | None = None
    ) -> SqlText | None:
        """Read SQL; None for none, and for what cannot be read."""
        return None if text is None else self.sql(str(text), view, field)

    def sql(self, text: str, view: str | None = None, field: str | None = None) -> SqlText | None:
        """Read SQL; None for what cannot be read."""
        try:
            return SqlText.parse(text)
        except BadSql as error:
            self.issue(str(error), view, field)
            return None

    def issue(self, message: str, view: str | None = None, field: str | None = None) -> None:
        """Note what is wrong, in the file that is being read."""
        self.issues.append(Issue(message, view, field, self.path or None))


def said(body: Body, key: str, default: Any = None) -> Any:
    """Give what a body says, or the default where it says nothing that can be gone by."""
    value = body.get(key, default)
    return default if isinstance(value, NotModeled) else value


def unmodeled(body: Body) -> tuple[str, ...]:
    """List what a body says and this sandbox cannot go by."""
    return tuple(each.what for each in body.values() if isinstance(each, NotModeled))


def texts(value: Any) -> tuple[str, ...]:
    """Give a list of texts as it is, one text as a list of it."""
    if value is None:
        return ()
    return tuple(str(each) for each in (value if isinstance(value, list) else [value]))


def optional_text(value: Any) -> str | None:
    """Give a text; a number may be written where one is meant."""
    return None if value is None else str(value)


def kind_of(value: Any) -> str:
    """Name what YAML made of something; itself it may be of any length."""
    match value:
        case None:
            return "nothing"
        case list():
            return "a list"
        case Mapping():
            return "a mapping"
    return shown(value)


def titled(name: str) -> str:
    """Write a name as a label: ``dep_delay`` reads "Dep Delay"."""
    return name.replace("__", " ").replace("_", " ").title()
