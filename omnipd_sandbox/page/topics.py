"""The topics that can be asked, and their fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from omnipd_sandbox.page.markup import tag
from omnipd_sandbox.page.question import Question

if TYPE_CHECKING:
    from omnipd_sandbox.calls.world import World

# The timeframe that a time is added with: a column of instants says little.
_TIMEFRAME = "month"


@dataclass(frozen=True)
class Subject:
    """Hold a topic of a model."""

    model: Any
    topic: Any

    @property
    def question(self) -> Question:
        """Give the question that starts with this topic."""
        return Question(model_id=self.model.id, topic=self.topic.name)


def subjects(world: World) -> list[Subject]:
    """List the topics of all models."""
    models: Any = world.engine.models
    return [
        Subject(model, topic)
        for model in models.values()
        for topic in model.topics.values()
        if topic.base_view in model.within(topic).views
    ]


def chosen(question: Question, known: list[Subject]) -> Subject | None:
    """Give the topic that a question is about; the first one when it names none."""
    for each in known:
        if (each.model.id, each.topic.name) == (question.model_id, question.topic):
            return each
    return known[0] if known else None


def show_tabs(known: list[Subject], current: Subject | None) -> Element:
    """Draw a link for each topic."""
    return tag(
        "ul",
        *(
            tag(
                "li",
                tag(
                    "a",
                    tag("bdi", each.topic.label),
                    href=each.question.address.replace("#answer", ""),
                    title=f"{each.topic.name}, of the model {each.model.name}",
                    aria_current="page" if each == current else None,
                ),
            )
            for each in known
        ),
        class_="tabs",
    )


def show_fields(subject: Subject, question: Question) -> Element:
    """Draw the fields of a topic; a link adds one to the question, or takes it away."""
    return tag("div", *_views(subject, question), class_="fields")


def some_fields(subject: Subject) -> tuple[str, ...]:
    """Give two fields to start from: a measure, and a text to see it by."""
    names = list(_offered(subject))
    texts = [name for name, field in names if _kind(field) == "text"]
    measures = [name for name, field in names if _kind(field) == "measure"]
    return (*texts[:1], *measures[:1])


def field_names(subject: Subject) -> list[str]:
    """Give the names of all fields."""
    return [name for name, _ in _offered(subject)]


def _views(subject: Subject, question: Question) -> Iterator[Element]:
    by_view: dict[str, list[tuple[str, Any]]] = {}
    for name, field in _offered(subject):
        by_view.setdefault(name.partition(".")[0], []).append((name, field))
    asked = {name.partition(".")[0] for name in question.fields}
    for view, fields in by_view.items():
        yield tag(
            "details",
            tag(
                "summary",
                tag("bdi", view),
                " ",
                tag("span", str(len(fields)), class_="count"),
            ),
            tag("ul", *(_field(name, field, question) for name, field in fields)),
            open=view in asked,
        )


def _field(name: str, field: Any, question: Question) -> Element:
    kind = _kind(field)
    asked = next((each for each in question.fields if each.partition("[")[0] == name), None)
    name_asked = asked or (f"{name}[{_TIMEFRAME}]" if kind == "time" else name)
    return tag(
        "li",
        tag(
            "a",
            tag("bdi", field.label),
            href=question.toggled(name_asked).address,
            title=name_asked,
            role="button",
            aria_pressed="true" if asked else "false",
        ),
        " ",
        tag("span", kind, class_="count"),
    )


def _offered(subject: Subject) -> Iterator[tuple[str, Any]]:
    # Late: it needs the database's packages.
    from omnipd_sandbox.engine.model.joins import tree_of_topic  # noqa: PLC0415
    from omnipd_sandbox.refused_query import Refused  # noqa: PLC0415

    try:
        tree = tree_of_topic(subject.model, subject.topic)
    except Refused:
        return
    for alias, node in tree.nodes.items():
        for field in (*node.view.measures.values(), *node.view.dimensions.values()):
            name = f"{alias}.{field.name}"
            if subject.topic.offers(name) and not field.hidden and not node.view.hidden:
                yield name, field


def _kind(field: Any) -> str:
    if hasattr(field, "aggregate_type"):
        return "measure"
    kind: str = field.sql_type
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return "time"
    return {"VARCHAR": "text", "BOOLEAN": "yes or no"}.get(kind, "number")
