"""The folders and documents on the page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from omnipd_sandbox.calls.query_object import QueryObject
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Document, Folder
from omnipd_sandbox.page.markup import tag
from omnipd_sandbox.page.question import LIMIT, Question

# A page is for looking; programs ask the API.
_MOST_FOLDERS, _MOST_DOCUMENTS = 300, 40


def show_content(organization: Organization) -> Element:
    """Draw the tree of folders with the documents in each, and those in none."""
    return _Tree(organization).drawn()


class _Tree:
    def __init__(self, organization: Organization) -> None:
        self._organization = organization
        self._below: defaultdict[str | None, list[Folder]] = defaultdict(list)
        self._inside: defaultdict[str | None, list[Document]] = defaultdict(list)
        for folder in organization.folders.values():
            self._below[folder.parent_id].append(folder)
        for document in organization.documents.values():
            if not document.deleted:
                self._inside[document.folder_id].append(document)
        self._left = _MOST_FOLDERS

    def drawn(self) -> Element:
        loose = self._inside[None]
        return tag(
            "div",
            *self._folders(None),
            tag(
                "details",
                tag("summary", "In no folder ", _count(len(loose))),
                _list(map(self._document, _first(loose)), len(loose)),
            )
            if loose
            else None,
            class_="tree",
        )

    def _folders(self, parent: str | None) -> Iterable[Element]:
        for folder in self._below[parent]:
            if self._left <= 0:
                yield tag("p", "… and more folders", class_="soft")
                return
            self._left -= 1
            inside = self._inside[folder.id]
            yield tag(
                "details",
                tag(
                    "summary",
                    tag("bdi", folder.name),
                    " ",
                    _count(len(inside)),
                    " " if folder.scope == "restricted" else None,
                    tag("span", "personal", class_="mark")
                    if folder.scope == "restricted"
                    else None,
                ),
                *self._folders(folder.id),
                _list(map(self._document, _first(inside)), len(inside)),
            )

    def _document(self, document: Document) -> Element:
        owner = self._organization.users.get(document.owner_id)
        marks = [
            word
            for word, has in (
                ("dashboard", document.has_dashboard),
                ("app", document.has_app),
                ("personal", document.scope == "restricted"),
            )
            if has
        ]
        parts: list[Element | str | None] = [tag("bdi", document.name)]
        for mark in marks:
            parts += [" ", tag("span", mark, class_="mark")]
        parts += [
            tag("span", " · ", tag("bdi", owner.name), class_="count") if owner else None,
            _queries(document),
        ]
        return tag("li", *parts)


def _queries(document: Document) -> Element | None:
    """Draw a link for each query that the page can ask, with its fields."""
    links: list[Element | str] = []
    for each in document.queries:
        query = QueryObject(each.query)
        if query.topic is None or query.sql:
            continue
        question = Question(
            model_id=query.model_id, topic=query.topic, fields=query.fields, limit=LIMIT
        )
        links += [" · "] if links else []
        links.append(tag("a", tag("bdi", each.name), href=question.address))
    return tag("div", *links, class_="asks") if links else None


def _first(documents: Sequence[Document]) -> Sequence[Document]:
    return documents[:_MOST_DOCUMENTS]


def _list(items: Iterable[Element], in_all: int) -> Element | None:
    if not in_all:
        return None
    rest = in_all - _MOST_DOCUMENTS
    more = tag("li", f"… and {rest:,} more", class_="soft") if rest > 0 else None
    return tag("ul", *items, more)


def _count(number: int) -> Element:
    return tag("span", f"{number:,}" if number else "", class_="count")
