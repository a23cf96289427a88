"""Answer a browser: the organization at a glance, a query to try, and what was asked."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from omnipd_sandbox.http.loopback import check_loopback, is_of_another_page
from omnipd_sandbox.http.reply import Document
from omnipd_sandbox.http.request import Request
from omnipd_sandbox.page.content import show_content
from omnipd_sandbox.page.issues import show_issues
from omnipd_sandbox.page.markup import tag, written
from omnipd_sandbox.page.question import (
    MOST_ROWS,
    Answered,
    Ask,
    Question,
    answer,
    as_python,
    read_question,
)
from omnipd_sandbox.page.topics import (
    Subject,
    chosen,
    field_names,
    show_fields,
    show_tabs,
    some_fields,
    subjects,
)

if TYPE_CHECKING:
    from omnipd_sandbox.calls.world import World
    from omnipd_sandbox.http.request_log import Asked

_REQUESTS_SHOWN = 40


def is_browser(request: Request) -> bool:
    """Tell whether a request wants a page to look at; programs get the API's 404 there."""
    wants_page = "text/html" in request.headers.get("Accept", "")
    return request.path == "/" and request.method == "GET" and wants_page


def answer_browser(
    request: Request, world: World, url: str, asked: Sequence[Asked], ask: Ask
) -> Document:
    """Draw the page. It needs no key, so it is for browsers of this machine only.

    Raises
    ------
    Forbidden
        For anybody else.
    """
    check_loopback(request)
    known = subjects(world)
    question = read_question(request.query)
    subject = chosen(question, known)
    answered = None
    if subject is not None:
        was_asked = bool(question.fields)
        question = Question(
            subject.model.id,
            subject.topic.name,
            question.fields or some_fields(subject),
            question.sort,
            question.descending,
            question.limit,
        )
        if was_asked:
            answered = (
                # Whoever has a page anywhere could have anything run here.
                Answered(problem="Another page led here, so nothing was run. Press Run to ask.")
                if is_of_another_page(request)
                else answer(question, subject.topic.base_view, ask, field_names(subject))
            )
    return Document(
        written(_page(world, url, known, subject, question, answered, asked)),
        content_type="text/html; charset=utf-8",
        headers=_headers(),
    )


@cache
def _style() -> str:
    return files(__package__).joinpath("style.css").read_text(encoding="utf-8")


@cache
def _headers() -> dict[str, str]:
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return {
        # Nothing but our own style, and forms to nobody but us: a name cannot become a program.
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        # To ourselves: browsers that do not say which site asks say where they come from.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }


def _page(
    world: World,
    url: str,
    known: list[Subject],
    subject: Subject | None,
    question: Question,
    answered: Answered | None,
    asked: Sequence[Asked],
) -> Element:
    return tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", "Sandbox of Omni"),
            # Without one, a browser asks for /favicon.ico, and that would stand in the log.
            tag("link", rel="icon", href="data:,"),
            tag("style", _style()),
        ),
        tag(
            "body",
            _header(world, url),
            tag(
                "main",
                tag(
                    "div",
                    show_issues(world),
                    _ask_section(known, subject, question),
                    _answer_section(answered, subject, question) if answered else None,
                    _section("content", "Content", show_content(world.organization)),
                    class_="stack",
                ),
                tag(
                    "div",
                    _section(
                        "fields-of",
                        "Fields",
                        tag("p", "Click a field to ask for it.", class_="soft"),
                        show_fields(subject, question),
                    )
                    if subject
                    else None,
                    _log(asked),
                    class_="stack",
                ),
            ),
        ),
        lang="en",
    )


def _section(name: str, title: str, *children: Element | str | None) -> Element:
    return tag("section", tag("h2", title), *children, id=name)


def _header(world: World, url: str) -> Element:
    organization = world.organization
    in_trash = sum(document.deleted for document in organization.documents.values())
    facts = (
        (len(organization.documents) - in_trash, "document", "documents"),
        (len(organization.folders), "folder", "folders"),
        (len(organization.users), "person", "people"),
        (len(world.engine.models), "model", "models"),
    )
    return tag(
        "header",
        tag("h1", tag("span", "omnipd"), " sandbox"),
        tag(
            "p",
            "A small Omni that runs on this machine.",
            class_="soft",
        ),
        tag(
            "ul",
            *(
                tag("li", tag("b", f"{number:,}"), f" {one if number == 1 else many}")
                for number, one, many in facts
            ),
            class_="facts",
        ),
        tag(
            "div",
            tag("span", "Address ", tag("code", url)),
            # Never the whole key: a screen is seen by others.
            tag("span", "Key ", tag("code", f"omni_osk_…{world.keyring.api_key[-4:]}")),
            class_="access soft",
        ),
    )


def _ask_section(known: list[Subject], subject: Subject | None, question: Question) -> Element:
    if subject is None:
        return _section("ask", "Ask", tag("p", "No model has a topic.", class_="soft"))
    sorts = [("", "as it comes")]
    for field in question.fields:
        sorts += [(field, f"{field}, up"), (f"-{field}", f"{field}, down")]
    now = ("-" if question.descending else "") + question.sort
    form = tag(
        "form",
        tag("input", type="hidden", name="model", value=question.model_id),
        tag("input", type="hidden", name="topic", value=question.topic),
        tag("label", "Fields, with commas between them", for_="fields"),
        tag(
            "textarea",
            ", ".join(question.fields),
            id="fields",
            name="fields",
            rows=2,
            spellcheck="false",
            autocapitalize="off",
        ),
        tag(
            "div",
            tag(
                "div",
                tag("label", "Sorted by", for_="sort"),
                tag(
                    "select",
                    *(
                        tag("option", label, value=value, selected=value == now)
                        for value, label in sorts
                    ),
                    id="sort",
                    name="sort",
                ),
            ),
            tag(
                "div",
                tag("label", "Rows", for_="limit"),
                tag(
                    "input",
                    id="limit",
                    name="limit",
                    type="number",
                    min=1,
                    max=MOST_ROWS,
                    value=question.limit,
                ),
            ),
            tag("button", "Run"),
            class_="row",
        ),
        method="get",
        action="/#answer",
    )
    description = subject.topic.description or subject.topic.label
    about = tag(
        "p",
        tag("bdi", description),
        tag("br"),
        "Topic ",
        tag("code", subject.topic.name),
        " of the model ",
        tag("code", subject.model.name),
        class_="soft",
    )
    return _section(
        "ask",
        "Ask",
        show_tabs(known, subject),
        about,
        form,
    )


def _answer_section(answered: Answered, subject: Subject | None, question: Question) -> Element:
    rows = len(answered.rows)
    texts = {"SQL": answered.sql}
    if subject is not None:
        query = question.query(subject.topic.base_view)
        texts["Python"] = as_python(question, subject.model.name)
        texts["JSON"] = json.dumps(query, indent=2)
    return _section(
        "answer",
        "Answer",
        tag("p", answered.problem, class_="problem", role="alert") if answered.problem else None,
        _table(answered) if answered.labels else None,
        tag("p", f"{rows:,} row{'' if rows == 1 else 's'}", class_="soft")
        if answered.labels
        else None,
        *(
            tag(
                "details",
                tag("summary", name),
                tag("pre", tag("code", text), tabindex=0),
                open=True if name == "SQL" else None,
            )
            for name, text in texts.items()
            if text
        ),
    )


def _table(answered: Answered) -> Element:
    classes = ["n" if numeric else None for numeric in answered.numeric]
    head = tag(
        "tr",
        *(
            tag("th", tag("bdi", label), class_=kind, scope="col")
            for label, kind in zip(answered.labels, classes, strict=True)
        ),
    )
    body = [
        tag("tr", *(_cell(value, kind) for value, kind in zip(row, classes, strict=True)))
        for row in answered.rows
    ]
    return tag(
        "div",
        tag("table", tag("thead", head), tag("tbody", *body)),
        class_="scroll",
        tabindex=0,
    )


def _cell(value: object, kind: str | None) -> Element:
    if value is None:
        return tag("td", "null", class_=f"null {kind or ''}".strip())
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return tag("td", tag("bdi", text), class_=kind, title=text if len(text) > 40 else None)


def _log(asked: Sequence[Asked]) -> Element:
    if not asked:
        return _section(
            "requests",
            "Requests",
            tag("p", "No program has asked for anything yet.", class_="soft"),
        )
    latest = list(reversed(asked[-_REQUESTS_SHOWN:]))
    return _section(
        "requests",
        "Requests",
        tag("ul", *map(_asked, latest), class_="log long"),
    )


def _asked(asked: Asked) -> Element:
    query = f"?{urlencode(asked.query, errors='replace')}" if asked.query else ""
    outcome = f"{asked.status or '—'}{f' {asked.fault}' if asked.fault else ''}"
    return tag(
        "li",
        tag("span", asked.method, class_="method"),
        tag("span", asked.path + query, class_="path"),
        tag("span", outcome, class_="ok" if 200 <= asked.status < 400 else "bad"),
    )
