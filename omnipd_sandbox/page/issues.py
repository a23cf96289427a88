"""What is wrong in the files of the models, for whoever wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from omnipd_sandbox.engine.model.placed_issues import PlacedIssue, issues_by_model
from omnipd_sandbox.page.markup import tag

if TYPE_CHECKING:
    from omnipd_sandbox.calls.world import World

_MOST_ISSUES = 100


def show_issues(world: World) -> Element | None:
    """Draw the issues of all models; nothing where there are none."""
    found = issues_by_model(world.engine.models.values())
    if not found:
        return None
    ids = {each.name: each.id for each in world.engine.models.values()}
    return tag(
        "section",
        tag("h2", "Issues"),
        tag("p", "A query that needs what an issue is about is refused.", class_="soft"),
        *(_of_model(name, ids[name], issues) for name, issues in found.items()),
        id="issues",
    )


def _of_model(name: str, model_id: str, issues: Sequence[PlacedIssue]) -> Element:
    rest = len(issues) - _MOST_ISSUES
    return tag(
        "details",
        tag(
            "summary",
            "Model ",
            tag("bdi", name),
            " ",
            tag("span", str(len(issues)), class_="count"),
        ),
        tag(
            "ul",
            *(_issue(each) for each in issues[:_MOST_ISSUES]),
            tag("li", f"… and {rest:,} more", class_="soft") if rest > 0 else None,
            class_="issues",
        ),
        tag(
            "p",
            "For programs: ",
            tag("code", f"GET /api/v1/models/{model_id}/validate"),
            class_="soft",
        ),
        open=True,
    )


def _issue(issue: PlacedIssue) -> Element:
    place = [each for each in (issue.file, issue.about) if each]
    return tag(
        "li",
        tag("span", issue.severity, class_="mark bad" if issue.is_error else "mark"),
        " ",
        tag("code", tag("bdi", place[0])) if place else None,
        *((" ", tag("code", tag("bdi", place[1]))) if len(place) > 1 else ()),
        tag("div", tag("bdi", issue.message)),
    )
